//! Where a check wants to go: a host, the wildcard that it is a sample of, or blocks.

use std::collections::BTreeSet;

use ipnet::IpNet;

use super::Row;
use crate::audit::{Destination, vendor};
use crate::probe::Spec;

/// Where a row wants to go.
pub(super) struct Goal {
    pub(super) to: Destination,
    pub(super) port: u16,
    pub(super) or: BTreeSet<Destination>,
    /// Published beside the whole block, for networks that have this family.
    pub(super) beside: bool,
}

pub(super) fn goals(row: &Row<'_>, spec: &Spec) -> Vec<Goal> {
    let goal = |to: Destination, port: u16| Goal {
        to,
        port,
        or: BTreeSet::new(),
        beside: false,
    };
    if let Spec::Range(range) = spec {
        let whole = |net: IpNet, beside: bool| Goal {
            to: Destination::Block(net),
            port: range.port,
            or: wildcard_of(&range.pattern).into_iter().collect(),
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
    let mut found = Vec::new();
    for want in spec.wants() {
        let to = Destination::of_host(&want.host);
        let Destination::Name(name) = &to else {
            found.push(goal(to, want.port));
            continue;
        };
        let sampled = row.check.sample_of.as_ref().and(wildcard_of(name));
        match sampled.or_else(|| wildcard_in_words(row, name)) {
            Some(wildcard) => found.push(goal(wildcard, want.port)),
            None => found.push(goal(to.clone(), want.port)),
        }
        if vendor::WHOLE_ZONES.contains(&name.as_str()) {
            let zone = Destination::Wildcard(format!("*.{name}"));
            found.push(goal(zone, want.port));
        }
    }
    found
}

/// The wildcard that a numbered host is a sample of.
fn wildcard_of(name: &str) -> Option<Destination> {
    let (_, zone) = name
        .split_once('.')
        .filter(|(_, zone)| zone.contains('.'))?;
    // The numbers of a pattern have dots of their own.
    let zone = match zone.rsplit_once('}') {
        Some((_, after)) => after.split_once('.')?.1,
        None => zone,
    };
    Some(Destination::Wildcard(format!("*.{zone}")))
}

/// The wildcard that the host stands for: one of a whole zone, or one that the profile's words name.
fn wildcard_in_words(row: &Row<'_>, name: &str) -> Option<Destination> {
    let zones = vendor::WHOLE_ZONES.iter().map(|zone| format!("*.{zone}"));
    let words = [
        &row.check.title,
        &row.prerequisite.remedy,
        &row.prerequisite.why,
    ];
    let named = words
        .into_iter()
        .flat_map(|text| text.split_whitespace())
        .map(|word| word.trim_matches([',', '.', ';', ':', '(', ')', '`']))
        .filter(|word| word.starts_with("*."))
        .map(str::to_owned);
    zones
        .chain(named)
        .map(Destination::Wildcard)
        .find(|wildcard| wildcard.covers(&Destination::Name(name.to_owned())))
}
