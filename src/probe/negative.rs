//! Negative tests: they pass only on evidence of a block, never on a failure of another kind.

use std::net::IpAddr;

use super::ask::{LadderSeen, Seen};
use super::context::{Context, finding, verdict_of};
use super::names;
use crate::code::Code;
use crate::finding::{Expectation, Finding, Verdict};
use crate::net::wire::Family;

pub(super) fn judge(seen: &Seen, context: &Context<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = seen
        .ladders
        .iter()
        .filter_map(|ladder| one(ladder, context))
        .collect();
    if seen.ladders.is_empty() {
        findings = names::judge(seen, context);
        if verdict_of(&findings) == Verdict::Pass {
            findings.push(unproven(context, "no address was dialled".to_owned()));
        }
        for one in &mut findings {
            one.verdict = Verdict::Inconclusive;
        }
    }
    findings
}

/// Nothing if the ladder proves what was expected.
fn one(ladder: &LadderSeen, context: &Context<'_>) -> Option<Finding> {
    let observation = &ladder.observation;
    let peer = format!("{}:{}", ladder.ladder.address, ladder.ladder.port);
    let tcp = observation.seen.tcp.as_deref();
    let connected = tcp.is_some_and(crate::net::TcpSeen::is_connected);
    if connected {
        let expected = context.expect.name();
        let actual = format!("{peer} accepts connections");
        return Some(finding(Code::TcpConnected, Verdict::Fail, expected, actual));
    }
    let Some(failure) = observation.failure() else {
        return Some(unproven(
            context,
            format!("{peer}: no answer when the run ended"),
        ));
    };
    if satisfies(failure.code, ladder, context) {
        return None;
    }
    let why = match failure.code {
        Code::TcpSilent if context.fast => format!(
            "{peer}: {}, and --fast does not wait until silence shows that something blocks the way",
            failure.detail
        ),
        Code::TcpSilent => format!(
            "{peer}: {}, but nothing shows that this address is up: it answered on no other port, \
             and no --control report shows it open",
            failure.detail
        ),
        Code::TcpRefusedRst => format!("{peer}: the host itself refuses; nothing blocks the way"),
        _ => format!("{peer}: {}", failure.detail),
    };
    Some(unproven(context, why))
}

fn satisfies(code: Code, ladder: &LadderSeen, context: &Context<'_>) -> bool {
    let rejected = rejected_by_policy(code, ladder);
    let silent = code == Code::TcpSilent && !context.fast && control(ladder, context).is_some();
    match context.expect {
        Expectation::Blocked => rejected || silent,
        Expectation::Silent => silent,
        Expectation::Rejected => rejected,
        Expectation::Refused => code == Code::TcpRefusedRst,
        _ => false,
    }
}

/// A policy error from a box that is neither the target nor this machine.
fn rejected_by_policy(code: Code, ladder: &LadderSeen) -> bool {
    let policy = matches!(code, Code::TcpAdminProhibited | Code::TcpRefusedIcmp);
    let sender = sender(ladder);
    let own = ladder
        .observation
        .seen
        .tcp
        .as_ref()
        .and_then(|tcp| tcp.local)
        .map(|local| local.ip());
    policy && sender.is_some_and(|from| from != ladder.ladder.address && Some(from) != own)
}

fn sender(ladder: &LadderSeen) -> Option<IpAddr> {
    let tcp = ladder.observation.seen.tcp.as_deref()?;
    tcp.icmp.as_ref().map(|icmp| icmp.from)
}

/// What shows that a silent address is up: it answered on another port in this run, or another
/// vantage reached this very target a short while ago.
fn control(ladder: &LadderSeen, context: &Context<'_>) -> Option<String> {
    let asked = ladder.ladder.port;
    let ports = context.run.answered.get(&ladder.ladder.address);
    // A port at which the canary answers too is answered by somebody else, such as a captive portal.
    let family = Family::of(ladder.ladder.address);
    let proves = |port: &&u16| **port != asked && !context.run.canary.contains(&(family, **port));
    if let Some(port) = ports.and_then(|ports| ports.iter().find(proves)) {
        return Some(format!("the same address answers on port {port}"));
    }
    let elsewhere = context.run.elsewhere.as_ref()?;
    let target = (ladder.host.to_string(), asked);
    elsewhere
        .open
        .contains(&target)
        .then(|| format!("it is open from {}", elsewhere.label))
}

/// The evidence that satisfied a negative test, one sentence for the first ladder.
pub(super) fn evidence(seen: &Seen, context: &Context<'_>) -> String {
    let Some(ladder) = seen.ladders.first() else {
        return "no address was dialled".to_owned();
    };
    let peer = format!("{}:{}", ladder.ladder.address, ladder.ladder.port);
    let said = ladder
        .observation
        .failure()
        .map_or("", |failure| &failure.detail);
    match (sender(ladder), control(ladder, context)) {
        (Some(from), _) => format!("{peer}: {from} refuses it: {said}"),
        (None, Some(control)) => format!("{peer}: {said}, and {control}"),
        (None, None) => format!("{peer}: {said}"),
    }
}

fn unproven(context: &Context<'_>, actual: String) -> Finding {
    finding(
        Code::InconclusiveControl,
        Verdict::Inconclusive,
        context.expect.name(),
        actual,
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::net::SocketAddr;
    use std::sync::Arc;

    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::net::endpoint::Host;
    use crate::net::ladder::{Ladder, Rungs};
    use crate::net::tunnel::Via;
    use crate::net::{ConnectTry, End, Failure, Icmp, Observation, TcpSeen};
    use crate::probe::context::{Elsewhere, Inspection, ProxyPolicy, RunFacts};

    const TARGET: &str = "203.0.113.7";
    const SELF: &str = "198.51.100.2";
    const ROUTER: &str = "198.51.100.1";

    fn seen(end: End, from: Option<&str>, connected: bool) -> Seen {
        let address: IpAddr = TARGET.parse().expect("an address");
        let local = SocketAddr::new(SELF.parse().expect("an address"), 4000);
        let tcp = TcpSeen {
            ms: 1.0,
            rtt_ms: None,
            rtt_us: None,
            peer: SocketAddr::new(address, 25),
            dialled: None,
            shared: false,
            local: Some(local),
            icmp: from.map(|from| Icmp {
                kind: 3,
                code: 13,
                from: from.parse().expect("an address"),
            }),
            connects: vec![ConnectTry {
                at_ms: 0.0,
                local: Some(local),
                end: if connected { "connected" } else { "silent" }.to_owned(),
            }],
        };
        let ladder = LadderSeen {
            host: Host::Name("mail.example".to_owned()),
            large: None,
            ladder: Arc::new(Ladder {
                address,
                port: 25,
                detour: None,
                via: Via::Direct,
                hello: None,
                request: None,
                attempt: 0,
                hedged: true,
            }),
            observation: Observation {
                seen: Rungs {
                    tcp: Some(Arc::new(tcp)),
                    ..Rungs::default()
                },
                end,
            },
        };
        Seen {
            ladders: vec![ladder],
            ..Seen::default()
        }
    }

    fn facts(port: Option<u16>, elsewhere: bool) -> RunFacts {
        let mut facts = RunFacts::default();
        if let Some(port) = port {
            let address = TARGET.parse().expect("an address");
            facts.answered.insert(address, BTreeSet::from([port]));
        }
        facts.elsewhere = elsewhere.then(|| Elsewhere {
            label: "office 60 s before".to_owned(),
            open: BTreeSet::from([("mail.example".to_owned(), 25)]),
        });
        facts
    }

    fn verdict(expect: Expectation, seen: &Seen, run: &RunFacts) -> Verdict {
        verdict_of(&found(expect, seen, run))
    }

    fn found(expect: Expectation, seen: &Seen, run: &RunFacts) -> Vec<Finding> {
        let context = Context {
            expect,
            inspection: Inspection::Tolerated,
            proxy: ProxyPolicy::Never,
            cut: None,
            fast: false,
            now: Timestamp::UNIX_EPOCH,
            run,
        };
        judge(seen, &context)
    }

    proptest! {
        /// Whatever is observed, a negative test passes only on the evidence that design.md names.
        #[test]
        fn no_observation_without_evidence_passes_a_negative_test(
            code in prop::sample::select(Code::ALL),
            from in prop::sample::select(vec![None, Some(TARGET), Some(SELF), Some(ROUTER)]),
            port in prop::sample::select(vec![None, Some(25_u16), Some(443)]),
            elsewhere: bool,
            connected: bool,
            pending: bool,
            expect in prop::sample::select(vec![
                Expectation::Blocked, Expectation::Silent, Expectation::Rejected, Expectation::Refused,
            ]),
        ) {
            let end = if pending { End::Pending } else { End::Failed(Failure::new(code, "said")) };
            let seen = seen(end, from, connected);
            let passes = verdict(expect, &seen, &facts(port, elsewhere)) == Verdict::Pass;
            let policy = matches!(code, Code::TcpAdminProhibited | Code::TcpRefusedIcmp);
            let rejected = policy && from == Some(ROUTER);
            let silent = code == Code::TcpSilent && (port == Some(443) || elsewhere);
            let proven = match expect {
                Expectation::Blocked => rejected || silent,
                Expectation::Silent => silent,
                Expectation::Rejected => rejected,
                _ => code == Code::TcpRefusedRst,
            };
            prop_assert_eq!(passes, proven && !connected && !pending);
        }
    }

    /// One ladder: its end, who sent an ICMP error, and whether it connected or is still pending.
    type Tried = (Code, Option<&'static str>, bool, bool);

    fn tried() -> impl Strategy<Value = Tried> {
        let codes = [
            Code::TcpSilent,
            Code::TcpAdminProhibited,
            Code::TcpRefusedIcmp,
            Code::TcpRefusedRst,
            Code::TcpHostUnreachable,
            Code::TcpProtoUnreachable,
            Code::LocalPolicyDenied,
            Code::LocalDescriptors,
            Code::TlsSilentPath,
        ];
        let from = prop::sample::select(vec![None, Some(TARGET), Some(SELF), Some(ROUTER)]);
        let rarely = || prop::bool::weighted(0.1);
        (
            prop::sample::select(codes.to_vec()),
            from,
            rarely(),
            rarely(),
        )
    }

    fn all_of(tries: &[Tried]) -> Seen {
        let one = |(code, from, connected, pending): &Tried| {
            let end = if *pending {
                End::Pending
            } else {
                End::Failed(Failure::new(*code, "said"))
            };
            self::seen(end, *from, *connected).ladders.remove(0)
        };
        Seen {
            ladders: tries.iter().map(one).collect(),
            ..Seen::default()
        }
    }

    proptest! {
        /// Every ladder has to be proven, whatever else the run has seen: other addresses that answer,
        /// ports at which the canary answers, private issuers.
        #[test]
        fn no_combination_of_observations_turns_an_inconclusive_into_a_pass(
            tries in prop::collection::vec(tried(), 1..4),
            more in prop::collection::vec(tried(), 0..4),
            others in prop::collection::btree_map(0_u8..6, prop::collection::btree_set(1_u16..9, 1..4), 0..4),
            own in prop::collection::btree_set(prop::sample::select(vec![25_u16, 80, 443]), 0..3),
            canary in prop::collection::btree_set(prop::sample::select(vec![80_u16, 443, 5223]), 0..3),
            elsewhere: bool,
            expect in prop::sample::select(vec![
                Expectation::Blocked, Expectation::Silent, Expectation::Rejected, Expectation::Refused,
            ]),
        ) {
            let mut run = facts(None, elsewhere);
            for (last, ports) in others {
                run.answered.insert(IpAddr::from([192, 0, 2, last]), ports);
            }
            run.private_issuers.insert("CN=x".to_owned(), BTreeSet::from(["a".to_owned(), "b".to_owned()]));
            run.canary = canary.iter().map(|port| (Family::V4, *port)).collect();
            let alive = elsewhere || own.iter().any(|port| *port != 25 && !canary.contains(port));
            run.answered.insert(TARGET.parse().expect("an address"), own);
            let proven = |(code, from, connected, pending): &Tried| {
                let policy = matches!(code, Code::TcpAdminProhibited | Code::TcpRefusedIcmp);
                let rejected = policy && *from == Some(ROUTER);
                let silent = *code == Code::TcpSilent && alive;
                !connected && !pending && match expect {
                    Expectation::Blocked => rejected || silent,
                    Expectation::Silent => silent,
                    Expectation::Rejected => rejected,
                    _ => *code == Code::TcpRefusedRst,
                }
            };
            let before = verdict(expect, &all_of(&tries), &run);
            prop_assert_eq!(before == Verdict::Pass, tries.iter().all(proven));
            let all = [tries, more].concat();
            let after = verdict(expect, &all_of(&all), &run);
            prop_assert_eq!(after == Verdict::Pass, all.iter().all(proven));
            prop_assert!(before == Verdict::Pass || after != Verdict::Pass);
        }
    }

    #[test]
    fn what_connects_fails_a_negative_test() {
        let seen = seen(End::Done, None, true);
        assert_eq!(
            verdict(Expectation::Blocked, &seen, &facts(None, true)),
            Verdict::Fail
        );
        let facts = facts(None, true);
        let found = found(Expectation::Blocked, &seen, &facts);
        assert_eq!(found[0].code, Code::TcpConnected);
    }
}
