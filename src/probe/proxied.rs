//! Judging what proxies did to a row beside carrying it: names of proxies, proxies not tried and proxies not used.

use std::net::IpAddr;

use super::ask::{LadderSeen, ProxyName, Seen, Undecided, why_unrouted};
use super::context::{Context, cut_code, finding, verdict_of};
use super::names;
use crate::code::Code;
use crate::finding::{Finding, Verdict};
use crate::net::proxy::{Proxy, Way};
use crate::net::space::{self, Kind};

/// What is said of the proxies that the row was sent to.
pub(super) fn judge(seen: &Seen, context: &Context<'_>) -> Vec<Finding> {
    // Those of a redirect's hops are not the row's.
    let host = seen.ladders.first().map(|ladder| &ladder.host);
    let mut ways = seen.ways.iter();
    let ways = ways.find(|(to, _)| host.is_none_or(|host| host == to));
    let is_way = |proxy: &Proxy| {
        let mut ways = ways.iter().flat_map(|(_, ways)| ways);
        ways.any(|way| matches!(way, Way::Through(known) if **known == *proxy))
    };
    let own = seen.proxies.iter().filter(|one| is_way(&one.proxy));
    let mut findings: Vec<Finding> = own
        .filter_map(|proxy| unreachable(proxy, seen, context).or_else(|| half_answered(proxy)))
        .collect();
    findings.extend(seen.undecided.iter().map(|problem| {
        let Undecided { failure, no_way } = problem;
        let (verdict, then) = if *no_way {
            let then = "as applications do, the direct way was taken";
            (Verdict::Degraded, then)
        } else {
            (Verdict::Pass, "the other ways of the answer were taken")
        };
        let expected = "a PAC file that names the way";
        let actual = format!("{}; {then}", failure.detail);
        finding(failure.code, verdict, expected, actual)
    }));
    findings.extend(seen.unused.iter().filter_map(unused));
    findings
}

/// Why a proxy was not connected to, if nothing was sent to it.
fn unreachable(proxy: &ProxyName, seen: &Seen, context: &Context<'_>) -> Option<Finding> {
    let through = |ladder: &LadderSeen| ladder.ladder.via.proxy() == Some(&proxy.proxy);
    if seen.ladders.iter().any(through) {
        return None;
    }
    let name = &proxy.proxy;
    let addresses = &proxy.name.addresses;
    let leads_nowhere = addresses
        .iter()
        .all(|address| space::kind(*address) == Kind::Undialable);
    let mut said = if addresses.is_empty() {
        let (pending, _) = cut_code(context);
        let said = names::no_address(&proxy.name, context);
        if said.code == pending {
            said
        } else {
            let actual = format!("{name}: {} ({})", said.actual, said.code);
            let expected = "an address of the proxy";
            finding(Code::ProxyUnresolved, Verdict::Fail, expected, actual)
        }
    } else if leads_nowhere {
        let actual = format!("{name}: its name leads nowhere, to {}", list(addresses));
        let expected = "an address of the proxy";
        finding(Code::ProxyUnresolved, Verdict::Fail, expected, actual)
    } else {
        no_family(proxy)
    };
    said.proxy = Some(name.to_string());
    Some(said)
}

/// None of the proxy's addresses is of a family over which this run can send anything.
fn no_family(proxy: &ProxyName) -> Finding {
    let (name, expected) = (&proxy.proxy, "a way to the proxy");
    match why_unrouted(&proxy.without_route) {
        Some((code @ Code::LocalRouteMissing, why)) => {
            let actual = format!("{name}: {why} ({code})");
            finding(Code::ProxyUnreachable, Verdict::Fail, expected, actual)
        }
        Some((code, why)) => {
            let actual = format!("{name}: {why}");
            finding(code, Verdict::Inconclusive, expected, actual)
        }
        None => {
            let addresses = list(&proxy.name.addresses);
            let actual = format!(
                "{name}: its address {addresses} is not of the family that -4 or -6 leaves"
            );
            let code = Code::InconclusiveFamily;
            finding(code, Verdict::Inconclusive, expected, actual)
        }
    }
}

fn list(addresses: &[IpAddr]) -> String {
    let texts: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    texts.join(", ")
}

/// Whoever connects to a proxy waits for both families of its name.
fn half_answered(proxy: &ProxyName) -> Option<Finding> {
    let said = names::one_family(&proxy.name)?;
    Some(Finding {
        actual: format!("{}: {}", proxy.proxy, said.actual),
        proxy: Some(proxy.proxy.to_string()),
        ..said
    })
}

/// A proxy that works is no way for a service that does not use it.
fn unused(ladder: &LadderSeen) -> Option<Finding> {
    let proxy = ladder.ladder.via.proxy()?;
    ladder.observation.is_done().then(|| {
        finding(
            Code::ProxyNotUsed,
            Verdict::Pass,
            "the direct way: only a PAC file brings this service to use a proxy",
            format!("{proxy} would carry it, and is not used because no PAC file names it"),
        )
    })
}

/// A row that may use the proxy this machine is told to use cannot be failed by the direct path alone.
pub(super) fn not_tried(mut findings: Vec<Finding>, seen: &Seen) -> Vec<Finding> {
    let Some(proxy) = &seen.not_tried else {
        return findings;
    };
    if verdict_of(&findings) != Verdict::Fail {
        return findings;
    }
    for one in &mut findings {
        if one.verdict == Verdict::Fail {
            one.verdict = Verdict::Pass;
        }
    }
    findings.push(finding(
        Code::ProxyNotTried,
        Verdict::Inconclusive,
        "the path that this machine's applications use",
        format!("the direct path fails, and the configured proxy {proxy} was not tried"),
    ));
    findings
}

/// Where a proxy carries whatever goes to a name, the proxy looks it up: that nobody here can is no failure.
pub(super) fn looked_up_elsewhere(findings: Vec<Finding>, seen: &Seen) -> Vec<Finding> {
    let Some(proxy) = &seen.carrier else {
        return findings;
    };
    if verdict_of(&findings) != Verdict::Fail {
        return findings;
    }
    vec![finding(
        Code::ProxyLooksUp,
        Verdict::Skipped,
        "nothing: the proxy looks this name up",
        format!("{proxy} looks this name up; this network's own DNS does not"),
    )]
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::finding::{Expectation, deciding};
    use crate::net::ladder::Rungs;
    use crate::net::proxy::{Origin, Proxy};
    use crate::net::{End, Failure};
    use crate::probe::RunFacts;
    use crate::probe::judge::calls;
    use crate::probe::tests::{context, ladder};

    #[test]
    fn a_call_that_would_have_gone_through_a_proxy_is_not_failed_by_the_direct_path() {
        let proxy = Proxy::parse("http://proxy.example:3128", Origin::Env);
        let proxy = Arc::new(proxy.expect("a proxy"));
        let silent = Failure::new(Code::TcpSilent, "no answer");
        let direct = ladder(0, Rungs::default(), End::Failed(silent));
        let run = RunFacts::default();
        let judged = |not_tried: Option<Arc<Proxy>>| {
            let seen = Seen {
                ladders: vec![direct.clone()],
                not_tried,
                ..Seen::default()
            };
            let context = context(Expectation::Token, &run, None);
            let found = calls(&seen, &[], &|_, _| Vec::new(), &context);
            deciding(&found).map(|one| (one.code, one.verdict))
        };
        assert_eq!(judged(None), Some((Code::TcpSilent, Verdict::Fail)));
        let inconclusive = (Code::ProxyNotTried, Verdict::Inconclusive);
        assert_eq!(judged(Some(proxy)), Some(inconclusive));
    }
}
