//! `tcp`: does the port accept a connection?

use serde::Deserialize;
use serde_spanned::Spanned;

use super::ask::{Ask, Rung, Seen, Want};
use super::context::Context;
use super::fill::{Fill, Number, Text, Unfilled};
use super::judge::{Demand, each_address as addresses, ladders};
use crate::finding::Finding;
use crate::net::endpoint::Host;

/// The probe's table in a profile.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub host: Text,
    pub port: Spanned<Number>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Spec {
    pub host: Host,
    pub port: u16,
    /// The ladder that another row climbs at the same endpoint; this one reads its first rung.
    shared: Option<Want>,
}

impl Settings {
    pub fn resolve(&self, fill: &Fill<'_>) -> Result<Spec, Unfilled> {
        let (host, port) = (fill.host(&self.host), fill.port(&self.port));
        Ok(Spec::new(host?, port?))
    }
}

impl Spec {
    pub fn new(host: Host, port: u16) -> Self {
        Self {
            host,
            port,
            shared: None,
        }
    }

    pub(super) fn want(&self) -> Want {
        self.shared.clone().unwrap_or_else(|| Want {
            host: self.host.clone(),
            port: self.port,
            hello: None,
            request: None,
        })
    }

    pub(super) fn share(&mut self, others: &[Want]) {
        let same = |want: &&Want| want.host == self.host && want.port == self.port;
        let here = || others.iter().filter(same);
        // A row that wants a handshake joins one that wants an answer as well, so that is the ladder to join.
        let furthest = here().find(|want| want.request.is_some());
        let further = || here().find(|want| want.hello.is_some());
        self.shared = furthest.or_else(further).cloned();
    }

    pub(super) async fn observe(&self, ask: &Ask) {
        ask.climb(&self.want(), Rung::Tcp).await;
    }

    #[expect(
        clippy::unused_self,
        reason = "every kind judges by the same signature"
    )]
    pub(super) fn judge(&self, seen: &Seen, context: &Context<'_>) -> Vec<Finding> {
        ladders(seen, &DEMAND, context)
    }
}

const DEMAND: Demand<'static> = Demand {
    rung: Rung::Tcp,
    accepts: &[],
    answer: &|_, _| Vec::new(),
};

pub(super) fn each_address(seen: &Seen, context: &Context<'_>) -> Vec<Vec<Finding>> {
    addresses(seen, &DEMAND, context)
}
