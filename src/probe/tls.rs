//! `tls`: does a handshake end with a chain that the row accepts?

use serde::Deserialize;
use serde_spanned::Spanned;

use super::ask::{Ask, Rung, Seen, Want};
use super::context::Context;
use super::fill::{Fill, Number, Text, Unfilled};
use super::hold;
use super::judge::{Demand, each_address as addresses, ladders};
use super::pattern::Pattern;
use crate::finding::Finding;
use crate::net::endpoint::Host;
use crate::net::ladder::Hello;
use crate::net::trust::StoreName;

/// Where couriers of Apple's push service listen.
const PUSH: u16 = 5223;

/// The probe's table in a profile.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub host: Text,
    pub port: Spanned<Number>,
    /// Sent and verified instead of the host's own name.
    pub sni: Option<Text>,
    #[serde(default)]
    pub alpn: Vec<String>,
    pub stores: Option<Vec<StoreName>>,
    /// How many hosts of the pattern stand for all of them.
    pub sample: Option<Spanned<u32>>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Spec {
    pub host: Host,
    pub port: u16,
    pub hello: Hello,
    pub stores: Vec<StoreName>,
    shared: Option<Want>,
}

impl Settings {
    /// One spec, or one for each sampled host with the host's number.
    pub fn resolve(&self, fill: &Fill<'_>) -> Result<Vec<(Option<u32>, Spec)>, Unfilled> {
        let port = fill.port(&self.port);
        let sni = self.sni.as_ref().map(|sni| fill.host(sni)).transpose();
        let hosts = self.hosts(fill)?;
        let (port, sni) = (port?, sni?);
        let spec = |(number, host): (Option<u32>, Host)| {
            let mut spec = Spec::new(host, port);
            if let Some(sni) = &sni {
                spec.hello.name = sni.to_string();
            }
            spec.hello.alpn.clone_from(&self.alpn);
            if let Some(stores) = &self.stores {
                spec.stores.clone_from(stores);
            }
            (number, spec)
        };
        Ok(hosts.into_iter().map(spec).collect())
    }

    fn hosts(&self, fill: &Fill<'_>) -> Result<Vec<(Option<u32>, Host)>, Unfilled> {
        let typed = fill.text(&self.host)?;
        let pattern = Pattern::parse(&typed).map_err(|problem| fill.wrong(&self.host, problem))?;
        let host = |host: String| fill.host(&Spanned::new(self.host.span(), host));
        match (pattern, &self.sample) {
            (None, None) => Ok(vec![(None, host(typed)?)]),
            (Some(pattern), Some(sample)) => pattern
                .sample(fill.sampling.size(*sample.get_ref()))
                .into_iter()
                .map(|(number, name)| Ok((Some(number), host(name)?)))
                .collect(),
            (None, Some(sample)) => Err(fill.wrong(
                sample,
                "`sample` needs a host pattern such as {1..50}-name".to_owned(),
            )),
            (Some(_), None) => Err(fill.wrong(
                &self.host,
                "a host pattern needs `sample`, the number of hosts to ask".to_owned(),
            )),
        }
    }
}

impl Spec {
    pub fn new(host: Host, port: u16) -> Self {
        let hello = Hello {
            name: host.to_string(),
            alpn: Vec::new(),
            strict: false,
        };
        Self {
            host,
            port,
            hello,
            stores: vec![StoreName::Public],
            shared: None,
        }
    }

    pub(super) fn want(&self) -> Want {
        self.shared.clone().unwrap_or_else(|| Want {
            host: self.host.clone(),
            port: self.port,
            hello: Some(self.hello.clone()),
            request: None,
        })
    }

    /// Joins a ladder that makes a request after a hello of the same name. What ALPN it offers is of
    /// no matter to a row that asks for none.
    pub(super) fn share(&mut self, others: &[Want]) {
        let same = |want: &&Want| {
            want.host == self.host
                && want.port == self.port
                && want.request.is_some()
                && want.hello.as_ref().is_some_and(|hello| {
                    hello.name == self.hello.name
                        && (self.hello.alpn.is_empty() || self.hello.alpn == hello.alpn)
                })
        };
        self.shared = others.iter().find(same).cloned();
    }

    /// Whether its connections are to outlive silence: those by which Macs wait for messages, on the port that nothing
    /// else has.
    pub(super) fn holds(&self) -> bool {
        self.port == PUSH
    }

    pub(super) async fn observe(&self, ask: &Ask) {
        ask.climb(&self.want(), Rung::Tls).await;
        if self.holds() {
            ask.hold().await;
        }
    }

    pub(super) fn judge(&self, seen: &Seen, context: &Context<'_>) -> Vec<Finding> {
        let mut findings = ladders(seen, &demand(&self.stores), context);
        if !context.expect.is_negative() {
            findings.extend(hold::judge(seen, context));
        }
        findings
    }
}

fn demand(stores: &[StoreName]) -> Demand<'_> {
    Demand {
        rung: Rung::Tls,
        accepts: stores,
        answer: &|_, _| Vec::new(),
    }
}

pub(super) fn each_address(
    stores: &[StoreName],
    seen: &Seen,
    context: &Context<'_>,
) -> Vec<Vec<Finding>> {
    addresses(seen, &demand(stores), context)
}
