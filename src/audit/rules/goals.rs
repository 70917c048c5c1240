//! Where a check wants to go: a host, the wildcard that it is a sample of, or blocks.

use std::collections::BTreeSet;

use ipnet::IpNet;

use super::Row;
use crate::audit::{Destination, Transport, vendor};
use crate::probe::Spec;

/// Where a row wants to go.
pub(super) struct Goal {
    pub(super) to: Destination,
    pub(super) port: u16,
    pub(super) protocol: Transport,
    pub(super) or: BTreeSet<Destination>,
    /// Published beside the whole block, for networks that have this family.
    pub(super) beside: bool,
}

pub(super) fn goals(row: &Row<'_>, spec: &Spec) -> Vec<Goal> {
    let goal = |to: Destination, port: u16| Goal {
        to,
        port,
        protocol: Transport::Tcp,
        or: BTreeSet::new(),
        beside: false,
    };
    let stands_for = row.check.stands_for.iter();
    let wildcards = || stands_for.clone().cloned().map(Destination::Wildcard);
    if let Spec::Range(range) = spec {
        let names: BTreeSet<Destination> = match wildcard_of(&range.pattern) {
            _ if !row.check.stands_for.is_empty() => wildcards().collect(),
            Some(wildcard) => [wildcard].into(),
            None => range.hosts.iter().map(Destination::of_host).collect(),
        };
        let whole = |net: IpNet, beside: bool| Goal {
            to: Destination::Block(net),
            port: range.port,
            protocol: Transport::Tcp,
            or: names.clone(),
            beside,
        };
        let mut found = vec![whole(range.within, false)];
        let others = range.published.iter();
        found.extend(
            others
                .filter(|net| !range.within.contains(*net))
                .map(|net| whole(*net, true)),
        );
        return found;
    }
    if let Spec::Ntp(ntp) = spec {
        return vec![Goal {
            protocol: Transport::Udp,
            ..goal(Destination::of_host(&ntp.host), ntp.port)
        }];
    }
    let mut found = Vec::new();
    for want in spec.wants() {
        let to = Destination::of_host(&want.host);
        let Destination::Name(name) = &to else {
            found.push(goal(to, want.port));
            continue;
        };
        let sampled = row.check.sample_of.as_ref().and(wildcard_of_sample(name));
        // A zone of which the vendor asks for every name, whatever the profile says.
        let zone = vendor::whole_zone(name).map(|zone| Destination::Wildcard(format!("*.{zone}")));
        let known: BTreeSet<Destination> = match wildcards().next() {
            Some(_) => wildcards().chain(zone).collect(),
            None => sampled.into_iter().chain(zone).collect(),
        };
        if !known.iter().any(|wildcard| wildcard.covers(&to)) {
            found.push(goal(to.clone(), want.port));
        }
        found.extend(known.into_iter().map(|wildcard| goal(wildcard, want.port)));
    }
    found
}

/// The wildcard that the hosts of a pattern are a sample of; none for a single host.
fn wildcard_of(pattern: &str) -> Option<Destination> {
    // The numbers of a pattern have dots of their own.
    let (_, after) = pattern.rsplit_once('}')?;
    wildcard_of_sample(after)
}

fn wildcard_of_sample(name: &str) -> Option<Destination> {
    let (_, zone) = name
        .split_once('.')
        .filter(|(_, zone)| zone.contains('.'))?;
    Some(Destination::Wildcard(format!("*.{zone}")))
}
