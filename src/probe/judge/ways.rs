//! Of several ways to a peer one decides a row; what stopped the others is told beside it.

use std::net::IpAddr;

use super::{place, works};
use crate::finding::{Finding, Verdict};
use crate::net::proxy::{Proxy, Way};
use crate::probe::application::NOTICED_MS;
use crate::probe::ask::{LadderSeen, Seen};

/// What is said of the names that only other ways need does not decide.
pub(super) fn not_decisive(findings: &mut [Finding], seen: &Seen) {
    let Some(way) = seen.way() else { return };
    let through = match way {
        Way::Direct => None,
        Way::Through(proxy) => Some(Proxy::to_string(proxy)),
    };
    for one in findings {
        if one.proxy != through {
            soften(one);
        }
    }
}

/// The first ladder to an address, if there are ladders, and what was found there.
type Judged<'a> = (Option<&'a LadderSeen>, Vec<Finding>);

/// How many ways work, and how many there are.
pub(super) fn tally(all: &[Vec<Finding>], seen: &Seen) -> (usize, usize, &'static str) {
    let places = places(seen);
    let mut ways: Vec<(Option<&Proxy>, bool)> = Vec::new();
    for (at, found) in places.iter().zip(all) {
        let way = at.ladder.via.proxy();
        match ways.iter_mut().find(|(known, _)| *known == way) {
            Some((_, one)) => *one |= works(found),
            None => ways.push((way, works(found))),
        }
    }
    let count = ways.iter().filter(|(_, works)| *works).count();
    (count, ways.len(), "ways")
}

/// The first ladder to each address.
fn places(seen: &Seen) -> Vec<&LadderSeen> {
    let mut places: Vec<&LadderSeen> = Vec::new();
    for ladder in &seen.ladders {
        if places.iter().all(|known| place(known) != place(ladder)) {
            places.push(ladder);
        }
    }
    places
}

/// The findings of each address on the way that decides, and those on the others.
pub(super) fn apart(all: Vec<Vec<Finding>>, seen: &Seen) -> (Vec<Judged<'_>>, Vec<Vec<Finding>>) {
    let places = places(seen);
    // What is judged by other data than ladders has no place.
    let known = places.len() == all.len();
    let (mut own, mut others) = (Vec::new(), Vec::new());
    for (at, found) in all.into_iter().enumerate() {
        let at = places.get(at).copied().filter(|_| known);
        let elsewhere = at.zip(seen.way()).is_some_and(|(one, way)| !one.is_on(way));
        if elsewhere {
            others.push(found);
        } else {
            own.push((at, found));
        }
    }
    (own, others)
}

/// The addresses on the way that decides, in the order in which they are judged.
pub(super) fn order(own: &[Judged<'_>], seen: &Seen) -> Vec<IpAddr> {
    let places = own.iter().map(|(at, _)| at.map(|one| one.ladder.address));
    places.collect::<Option<Vec<IpAddr>>>().unwrap_or_else(|| {
        let mut order: Vec<IpAddr> = Vec::new();
        for ladder in &seen.ladders {
            if !order.contains(&ladder.ladder.address) {
                order.push(ladder.ladder.address);
            }
        }
        order
    })
}

/// Whether a proxy's address refuses at once, beside one of the other family that works: applications take that one, and
/// an agent on this machine whose name is `localhost` listens on one of them as a rule.
pub(super) fn is_unnoticed(one: &LadderSeen, own: &[Judged<'_>]) -> bool {
    let address = one.ladder.address;
    let refused = one.observation.seen.tcp.as_deref().is_some_and(|tcp| {
        let answered = tcp.connects.iter().all(|connect| connect.end != "silent");
        !tcp.is_connected() && answered && tcp.ms < NOTICED_MS
    });
    let beside = |(at, found): &Judged<'_>| {
        let other = at.is_some_and(|at| at.ladder.address.is_ipv4() != address.is_ipv4());
        other && works(found)
    };
    !one.ladder.via.is_direct() && refused && own.iter().any(beside)
}

/// What is wrong at one of several addresses of a proxy, and not at each of them, says at which one.
pub(super) fn at_address(mut one: Finding, at: Option<&LadderSeen>, own: &[Judged<'_>]) -> Finding {
    let Some(at) = at.filter(|at| !at.ladder.via.is_direct()) else {
        return one;
    };
    let said = |(_, found): &Judged<'_>| found.iter().any(|other| other.code == one.code);
    if one.verdict == Verdict::Pass || own.iter().all(said) {
        return one;
    }
    let address = at.ladder.address;
    if !one.actual.contains(&address.to_string()) {
        one.actual = format!("at {address}, {}", one.actual);
    }
    // What is wrong with the peer itself is no matter of the proxy's address, wherever it was seen.
    if one.proxy.is_some() && own.iter().any(|(_, found)| works(found)) {
        one.address = Some(address);
    }
    one
}

/// What is said of several addresses in the same words counts for its worst.
pub(super) fn once_each(findings: &mut Vec<Finding>) {
    let mut kept: Vec<Finding> = Vec::new();
    for one in findings.drain(..) {
        let same = |known: &&mut Finding| {
            let words = (&known.expected, &known.actual, &known.proxy);
            known.code == one.code && words == (&one.expected, &one.actual, &one.proxy)
        };
        match kept.iter_mut().find(same) {
            Some(known) => known.verdict = Verdict::worst([known.verdict, one.verdict]),
            None => kept.push(one),
        }
    }
    *findings = kept;
}

/// The first address stands for those of the direct way. Of a proxy's the last one that was reached decides.
pub(super) fn none_works(mut own: Vec<Judged<'_>>) -> Vec<Finding> {
    let direct = |at: Option<&LadderSeen>| at.is_none_or(|one| one.ladder.via.is_direct());
    if own.iter().any(|(at, _)| direct(*at)) {
        return own.swap_remove(0).1;
    }
    let said: Vec<Vec<Finding>> = own
        .iter()
        .map(|(at, found)| {
            let found = found.iter().cloned();
            found.map(|one| at_address(one, *at, &own)).collect()
        })
        .collect();
    for ((_, found), said) in own.iter_mut().zip(said) {
        *found = said;
    }
    let reached = own
        .iter()
        .rposition(|(at, _)| at.is_some_and(LadderSeen::is_connected));
    let (_, mut findings) = own.remove(reached.unwrap_or(own.len() - 1));
    for (_, others) in own {
        findings.extend(others.into_iter().map(|mut other| {
            soften(&mut other);
            other
        }));
    }
    findings
}

pub(super) fn soften(one: &mut Finding) {
    if matches!(one.verdict, Verdict::Fail | Verdict::Inconclusive) {
        one.verdict = Verdict::Degraded;
    }
}
