//! What became of each address of a row, and of each attempt at it.

use std::net::IpAddr;

use crate::finding::{Verdict, deciding};
use crate::net::wire::Family;
use crate::probe::{Context, LadderSeen, Seen, Spec, pick};
use crate::report;

/// The verdict of each address, in the order in which they were dialled.
pub(super) fn addresses(spec: &Spec, seen: &Seen, context: &Context<'_>) -> Vec<report::Address> {
    let mut order: Vec<(IpAddr, Option<f64>)> = Vec::new();
    // What address a proxy connects to is its own business.
    let mut seen = seen.clone();
    seen.ladders.retain(|ladder| ladder.ladder.via.is_direct());
    let seen = &seen;
    let ladders = seen.ladders.iter();
    let ladders = ladders.map(|ladder| (ladder.ladder.address, total(ladder)));
    let times = seen.times.iter().map(|asked| {
        let seen = &asked.observation;
        (
            asked.question.address,
            Some(seen.seen.ms).filter(|_| !seen.is_pending()),
        )
    });
    for (address, ms) in ladders.chain(times) {
        if !order.iter().any(|(known, _)| *known == address) {
            order.push((address, ms));
        }
    }
    let judged = spec.each_address(seen, context);
    order
        .into_iter()
        .zip(judged)
        .map(|((address, ms), findings)| {
            let verdicts = findings.iter().map(|finding| finding.verdict);
            report::Address {
                address,
                family: Family::of(address),
                verdict: Verdict::worst(verdicts.chain([Verdict::Pass])),
                code: deciding(&findings).map(|finding| finding.code),
                ms,
            }
        })
        .chain(seen.without_route.iter().map(|one| report::Address {
            address: one.address,
            family: Family::of(one.address),
            verdict: Verdict::Skipped,
            code: Some(one.code()),
            ms: None,
        }))
        .collect()
}

/// What an application gets that races them; nothing where no connection is wished for.
pub(super) fn application(
    seen: &Seen,
    addresses: &[report::Address],
    context: &Context<'_>,
) -> Option<report::Application> {
    let pick = pick(seen).filter(|_| !context.expect.is_negative())?;
    let chosen = addresses.iter().find(|one| one.address == pick.address)?;
    Some(report::Application {
        address: pick.address,
        family: chosen.family,
        ms: pick.ms,
        late_ms: pick.late_ms,
        works: !matches!(chosen.verdict, Verdict::Fail | Verdict::Inconclusive),
    })
}

fn total(ladder: &LadderSeen) -> Option<f64> {
    let rungs = &ladder.observation.seen;
    let tcp = rungs.tcp.as_deref()?.ms;
    let tls = rungs.tls.as_deref().map_or(0.0, |tls| tls.ms);
    let http = rungs.http.as_deref().map_or(0.0, |http| http.ms);
    Some(tcp + tls + http)
}

/// How often the first address was asked, and how often it did what the row demands.
pub(super) fn attempts(
    spec: &Spec,
    seen: &Seen,
    verdict: Verdict,
    context: &Context<'_>,
) -> report::Attempts {
    // Of a row that works, one that does: an address that refuses at once may stand before it, and is but a note.
    let passes =
        |ladder: &&LadderSeen| verdict == Verdict::Pass && works(alone(spec, ladder, context));
    let first = seen.on_taken().find(passes);
    let Some(first) = first.or_else(|| seen.on_taken().next()) else {
        return report::Attempts::default();
    };
    let first = &first.ladder;
    let same = |ladder: &&LadderSeen| {
        ladder.ladder.address == first.address && ladder.ladder.via == first.via
    };
    let tries: Vec<&LadderSeen> = seen.ladders.iter().filter(same).collect();
    report::Attempts {
        made: tries.len(),
        ok: tries
            .iter()
            .filter(|ladder| works(alone(spec, ladder, context)))
            .count(),
    }
}

const fn works(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Pass | Verdict::Degraded)
}

/// What the row would be if it had a single ladder.
pub(super) fn alone(spec: &Spec, ladder: &LadderSeen, context: &Context<'_>) -> Verdict {
    let alone = Seen {
        ladders: vec![ladder.clone()],
        ..Seen::default()
    };
    let found = spec.each_address(&alone, context);
    let verdicts = found.iter().flatten().map(|finding| finding.verdict);
    Verdict::worst(verdicts.chain([Verdict::Pass]))
}
