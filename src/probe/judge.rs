//! Judging what a row has seen: the rules that every kind shares, as pure functions of data.

mod eyeballs;
mod ladder;
mod ways;

use std::collections::BTreeSet;
use std::net::IpAddr;

use eyeballs::{Application, Said};
use ladder::one_ladder;

use super::ask::{LadderSeen, Rung, Seen, why_unrouted};
use super::context::{Context, cut_code, finding, verdict_of};
use super::{compare, names, negative, proxied};
use crate::code::{Code, Stage};

use crate::finding::{Finding, Verdict, deciding};
use crate::net::http::{HttpSeen, Request};
use crate::net::space::{self, Kind};
use crate::net::trust::StoreName;
use crate::net::tunnel::Via;

/// What a row of the common kind demands of each ladder.
pub(super) struct Demand<'a> {
    pub(super) rung: Rung,
    pub(super) accepts: &'a [StoreName],
    /// What the answer must be, beyond being one; and whether a chain proves that the host itself gave it.
    pub(super) answer: &'a dyn Fn(&HttpSeen, bool) -> Vec<Finding>,
}

/// The findings of a row that asks for ladders.
pub(super) fn ladders(seen: &Seen, demand: &Demand<'_>, context: &Context<'_>) -> Vec<Finding> {
    if context.expect.is_negative() {
        return negative::judge(seen, context);
    }
    let mut findings = names::judge(seen, context);
    findings.extend(proxied::judge(seen, context));
    findings.extend(compare::judge(seen, demand.accepts, context));
    let all = each_address(seen, demand, context);
    proxied::not_tried(combined(findings, all, seen, context), seen)
}

/// What is said of the names, and of each address: where some of them work, the row does. Of several ways one decides.
pub(super) fn combined(
    mut findings: Vec<Finding>,
    all: Vec<Vec<Finding>>,
    seen: &Seen,
    context: &Context<'_>,
) -> Vec<Finding> {
    ways::not_decisive(&mut findings, seen);
    let of_ways = ways::tally(&all, seen);
    let (own, others) = ways::apart(all, seen);
    let count = own.iter().filter(|(_, found)| works(found)).count();
    if own.is_empty() {
        let said = |one: &Finding| one.verdict != Verdict::Pass;
        if !findings.iter().any(said) {
            findings.push(nothing_dialled(seen, context));
        }
    } else if count > 0 {
        let of_addresses = (count, own.len(), "addresses");
        let is_working = |at: usize| own.get(at).is_none_or(|(_, found)| works(found));
        let application = Application::of(seen, ways::order(&own, seen), is_working);
        for (at, (ladder, found)) in own.iter().enumerate() {
            let unnoticed = ladder.is_some_and(|one| ways::is_unnoticed(one, &own));
            findings.extend(found.iter().map(|one| {
                let mut one = soften(one.clone(), of_addresses, application.says(at));
                if unnoticed {
                    one.verdict = Verdict::Pass;
                }
                ways::at_address(one, *ladder, &own)
            }));
        }
        names::forgive(&mut findings);
    } else {
        findings.extend(ways::none_works(own));
    }
    for mut other in others.into_iter().flatten() {
        if of_ways.0 > 0 {
            other = soften(other, of_ways, Said::Nothing);
        }
        ways::soften(&mut other);
        findings.push(other);
    }
    findings.sort_by_key(Finding::stage);
    ways::once_each(&mut findings);
    findings
}

fn works(found: &[Finding]) -> bool {
    !matches!(verdict_of(found), Verdict::Fail | Verdict::Inconclusive)
}

/// Behind one proxy there may be several peers.
pub(super) fn place(seen: &LadderSeen) -> (IpAddr, &Via) {
    (seen.ladder.address, &seen.ladder.via)
}

/// The findings of a row that makes calls one after the other: each must do, whichever address took it.
pub(super) fn calls(
    seen: &Seen,
    accepts: &[StoreName],
    answer: &dyn Fn(&Request, &HttpSeen) -> Vec<Finding>,
    context: &Context<'_>,
) -> Vec<Finding> {
    let mut made: Vec<(Option<&Request>, Seen)> = Vec::new();
    for ladder in &seen.ladders {
        let request = ladder.ladder.request.as_ref();
        let same = |(known, call): &&mut (Option<&Request>, Seen)| {
            *known == request && call.ladders[0].host == ladder.host
        };
        if let Some((_, call)) = made.iter_mut().find(same) {
            call.ladders.push(ladder.clone());
            continue;
        }
        let of_host = seen.names.iter().filter(|name| name.host == ladder.host);
        let call = Seen {
            names: of_host.cloned().collect(),
            ways: seen.ways.clone(),
            proxies: seen.proxies.clone(),
            ladders: vec![ladder.clone()],
            not_tried: seen.not_tried.clone(),
            ..Seen::default()
        };
        made.push((request, call));
    }
    // A host that no connection was begun to: what its name said is the row's end.
    for name in &seen.names {
        if seen.ladders.iter().all(|ladder| ladder.host != name.host) {
            let call = Seen {
                names: vec![name.clone()],
                without_route: seen.without_route.clone(),
                not_tried: seen.not_tried.clone(),
                ..Seen::default()
            };
            made.push((None, call));
        }
    }
    if made.is_empty() {
        made.push((None, seen.clone()));
    }
    let mut findings = Vec::new();
    for (request, call) in &made {
        let demand = Demand {
            rung: Rung::Http,
            accepts,
            answer: &|http, _| request.map_or_else(Vec::new, |request| answer(request, http)),
        };
        findings.extend(ladders(call, &demand, context));
    }
    // Between two calls nothing is pending, and the row is not whole all the same.
    if findings.is_empty() && context.cut.is_some() {
        let (code, end) = cut_code(context);
        let actual = format!("not all calls were made when {end}");
        findings.push(finding(
            code,
            Verdict::Inconclusive,
            context.expect.name(),
            actual,
        ));
    }
    findings.sort_by_key(Finding::stage);
    findings.dedup();
    findings
}

/// The same for each address, in the order in which they were asked.
pub(super) fn calls_of_each_address(
    seen: &Seen,
    judge: impl Fn(&Seen) -> Vec<Finding>,
) -> Vec<Vec<Finding>> {
    let mut order: Vec<IpAddr> = Vec::new();
    for ladder in &seen.ladders {
        if !order.contains(&ladder.ladder.address) {
            order.push(ladder.ladder.address);
        }
    }
    let alone = |address: &IpAddr| {
        let here = seen
            .ladders
            .iter()
            .filter(|one| one.ladder.address == *address);
        judge(&Seen {
            ladders: here.cloned().collect(),
            ..Seen::default()
        })
    };
    order.iter().map(alone).collect()
}

/// Some addresses work: what fails at the others makes the row degraded, not failed, unless it is what applications get.
fn soften(
    mut one: Finding,
    (works, total, what): (usize, usize, &str),
    application: Said,
) -> Finding {
    if !matches!(one.verdict, Verdict::Fail | Verdict::Inconclusive) {
        return one;
    }
    let more = match application {
        Said::Nothing => String::new(),
        Said::Late(ms) => format!("; applications connect {ms:.0} ms later for it"),
        Said::Fails if one.verdict == Verdict::Fail => {
            "; applications choose this one, and fail".to_owned()
        }
        Said::Fails => "; applications choose this one".to_owned(),
    };
    if application != Said::Fails {
        one.verdict = Verdict::Degraded;
    }
    one.actual = format!("{} ({works} of {total} {what} work{more})", one.actual);
    one
}

/// The findings of each address, in the order in which they were asked.
pub(super) fn each_address(
    seen: &Seen,
    demand: &Demand<'_>,
    context: &Context<'_>,
) -> Vec<Vec<Finding>> {
    let mut tries: Vec<(&LadderSeen, Vec<Vec<Finding>>)> = Vec::new();
    for ladder in &seen.ladders {
        let one = one_ladder(ladder, demand, context);
        let same = |(first, _): &&mut (&LadderSeen, _)| place(first) == place(ladder);
        match tries.iter_mut().find(same) {
            Some((_, found)) => found.push(one),
            None => tries.push((ladder, vec![one])),
        }
    }
    tries
        .into_iter()
        .map(|(first, found)| attempts(&first.ladder.address, found))
        .collect()
}

/// Several attempts at one address: all alike count as one, a mixed result is a finding of its own.
/// An attempt that has not ended is no success, and no failure to blame on the address either.
fn attempts(address: &IpAddr, mut tries: Vec<Vec<Finding>>) -> Vec<Finding> {
    let count = |verdict| {
        let of = |found: &&Vec<Finding>| verdict_of(found) == verdict;
        tries.iter().filter(of).count()
    };
    let (clean, failed) = (count(Verdict::Pass), count(Verdict::Fail));
    let degraded = count(Verdict::Degraded);
    // What falls short is a failure beside attempts that work at all, and trouble beside those that work well.
    let (short, works) = match failed {
        0 => (Verdict::Degraded, clean),
        _ => (Verdict::Fail, clean + degraded),
    };
    if works == 0 || failed + degraded == 0 {
        let worst = Verdict::worst(tries.iter().map(|found| verdict_of(found)));
        let first = tries.iter().position(|found| verdict_of(found) == worst);
        return tries.swap_remove(first.unwrap_or(0));
    }
    let codes: BTreeSet<Code> = tries
        .iter()
        .filter(|found| verdict_of(found) == short)
        .filter_map(|found| deciding(found))
        .map(|finding| finding.code)
        .collect();
    let code = match codes.iter().map(|code| code.stage()).min() {
        Some(Stage::Http | Stage::App) => Code::HttpMixed,
        Some(Stage::Tls) => Code::TlsMixed,
        _ => Code::TcpMixed,
    };
    // How often the service asked for a pause says nothing about the way.
    let code = if codes.iter().eq([&Code::HttpThrottled]) {
        Code::HttpThrottled
    } else {
        code
    };
    let names: Vec<&str> = codes.iter().map(|code| code.name()).collect();
    let (made, names) = (tries.len(), names.join(", "));
    let said = match failed {
        0 => format!("{made} of {made} attempts work, {degraded} of them with {names}"),
        _ => format!("{works} of {made} attempts work; {failed} end with {names}"),
    };
    vec![finding(
        code,
        Verdict::Degraded,
        "every attempt alike",
        format!("{address}: {said}"),
    )]
}

/// What a failed stage makes of its row: most fail it; what may be this program's own doing does not.
pub(super) fn weight(code: Code) -> Verdict {
    match code {
        Code::LocalInternal
        | Code::LocalDescriptors
        | Code::LocalSourceUnusable
        | Code::TlsAlertOurs
        // What a secret would have shown is not known.
        | Code::HttpCredentialWithheld => Verdict::Inconclusive,
        _ => Verdict::Fail,
    }
}

fn nothing_dialled(seen: &Seen, context: &Context<'_>) -> Finding {
    let all: Vec<&IpAddr> = seen.names.iter().flat_map(|name| &name.addresses).collect();
    let nowhere = |one: &&IpAddr| space::kind(**one) == Kind::Undialable;
    if !all.is_empty() && all.iter().all(nowhere) {
        let all: Vec<String> = all.iter().map(ToString::to_string).collect();
        let actual = format!("{}: nobody can dial that", all.join(", "));
        let expected = "an address that can be dialled";
        return finding(Code::LocalRouteMissing, Verdict::Fail, expected, actual);
    }
    let unrouted = why_unrouted(&seen.without_route);
    if let Some((Code::LocalRouteMissing, actual)) = unrouted {
        let expected = "an address with a route";
        return finding(Code::LocalRouteMissing, Verdict::Fail, expected, actual);
    }
    let (code, actual) = if context.cut.is_some() {
        // An address of the other family may yet have come.
        let (code, end) = cut_code(context);
        (code, format!("nothing was dialled yet when {end}"))
    } else {
        let option = || "no address belongs to the family that -4 or -6 leaves".to_owned();
        let said = unrouted.map_or_else(option, |(_, said)| said);
        (Code::InconclusiveFamily, said)
    };
    finding(code, Verdict::Inconclusive, context.expect.name(), actual)
}
