//! `dns`: does a name resolve, or does it not exist, as the row expects?

use serde::Deserialize;

use super::ask::{Ask, Seen};
use super::context::{Context, finding, verdict_of};
use super::fill::{Fill, Text, Unfilled};
use super::{compare, names, proxied};
use crate::code::Code;
use crate::finding::{Expectation, Finding, Verdict};
use crate::net::endpoint::Host;
use crate::net::wire::Family;

/// The probe's table in a profile.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub name: Text,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Spec {
    pub name: Host,
}

impl Settings {
    pub fn resolve(&self, fill: &Fill<'_>) -> Result<Spec, Unfilled> {
        Ok(Spec {
            name: fill.host(&self.name)?,
        })
    }
}

impl Spec {
    pub(super) async fn observe(&self, ask: &Ask) {
        ask.name(&self.name, None);
        for family in [Family::V4, Family::V6] {
            ask.addresses(&self.name, None, family).await;
        }
        ask.note_carrier(&self.name).await;
    }

    pub(super) fn judge(&self, seen: &Seen, context: &Context<'_>) -> Vec<Finding> {
        let mut findings = names::judge(seen, context);
        findings.extend(compare::judge(seen, &[], context));
        if context.expect != Expectation::Nxdomain {
            return proxied::looked_up_elsewhere(findings, seen);
        }
        let resolved = seen.names.iter().any(|name| !name.addresses.is_empty());
        if resolved {
            let actual = format!("{} has an address", self.name);
            let expected = context.expect.name();
            return vec![finding(Code::DnsResolves, Verdict::Fail, expected, actual)];
        }
        if findings.iter().any(|f| f.code == Code::DnsNxdomain) {
            return Vec::new();
        }
        if verdict_of(&findings) == Verdict::Fail {
            for one in &mut findings {
                one.verdict = Verdict::Inconclusive;
            }
        }
        findings
    }
}
