//! Causes on this machine.

use super::super::facts::{Facts, list};
use super::super::{Cause, has_code};
use crate::code::{Code, Owner};
use crate::finding::Confidence;

/// Nothing was asked, since the machine is on no network.
pub(in super::super) fn offline(facts: &Facts<'_>) -> Vec<Cause> {
    let rows = facts.find(|row| has_code(row, Code::NetOffline));
    if rows.is_empty() {
        return Vec::new();
    }
    let addresses = list(&facts.vantage.addresses);
    let addresses = if addresses.is_empty() {
        "none".to_owned()
    } else {
        addresses
    };
    vec![Cause {
        code: "net_offline",
        title: "This machine is on no network".to_owned(),
        summary: "Nothing was asked: the machine has no usable address, or no route to a DNS \
                  server or to the internet."
            .to_owned(),
        confidence: Confidence::Certain,
        owner: Owner::Device,
        rows,
        evidence: vec![
            format!("addresses: {addresses}"),
            "no default route and no route to a DNS server".to_owned(),
        ],
        remedy: "Connect this machine to the network under test and run again.".to_owned(),
        request: None,
    }]
}

/// This machine itself does not let the connects out.
pub(in super::super) fn policy(facts: &Facts<'_>) -> Vec<Cause> {
    let rows = facts.find(|row| {
        has_code(row, Code::LocalPolicyDenied) || has_code(row, Code::LocalRouteMissing)
    });
    if rows.is_empty() {
        return Vec::new();
    }
    let said = rows
        .iter()
        .take(4)
        .map(|index| facts.rows[*index].check.message.clone());
    vec![Cause {
        code: "local_policy",
        title: "This machine does not let the connections out".to_owned(),
        summary: "The connects failed on this machine, before any packet left it: a firewall or \
                  agent of its own, or a missing or forbidding route."
            .to_owned(),
        confidence: Confidence::Certain,
        owner: Owner::Device,
        evidence: said.collect(),
        rows,
        remedy: "Look at this machine's routes, its firewall and its security agents; other \
                 machines on the same network may be fine."
            .to_owned(),
        request: None,
    }]
}
