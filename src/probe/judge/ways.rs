//! Of several ways to a peer one decides a row; what stopped the others is told beside it.

use super::place;
use crate::finding::{Finding, Verdict};
use crate::net::proxy::{Proxy, Way};
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

/// The findings of each address on the way that decides, and those on the others.
pub(super) fn apart(all: Vec<Vec<Finding>>, seen: &Seen) -> (Vec<Judged<'_>>, Vec<Vec<Finding>>) {
    let mut places: Vec<&LadderSeen> = Vec::new();
    for ladder in &seen.ladders {
        if places.iter().all(|known| place(known) != place(ladder)) {
            places.push(ladder);
        }
    }
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

/// The first address stands for those of the direct way. Of a proxy's the last one that was reached decides.
pub(super) fn none_works(mut own: Vec<Judged<'_>>) -> Vec<Finding> {
    let direct = |at: Option<&LadderSeen>| at.is_none_or(|one| one.ladder.via.is_direct());
    if own.iter().any(|(at, _)| direct(*at)) {
        return own.swap_remove(0).1;
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
