//! Negative tests: they pass only on evidence of a block, never on a failure of another kind.

use std::net::IpAddr;

use super::ask::{LadderSeen, Seen};
use super::context::{Context, finding, verdict_of};
use super::names;
use crate::code::Code;
use crate::finding::{Expectation, Finding, Verdict};

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
    let connected = observation.seen.tcp.as_ref().is_some_and(|tcp| {
        tcp.local.is_some() && tcp.connects.iter().any(|c| c.end == "connected")
    });
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
        Code::TcpSilent => format!(
            "{peer}: {}, but nothing shows that this address is up: it answered on no other port",
            failure.detail
        ),
        Code::TcpRefusedRst => format!("{peer}: the host itself refuses; nothing blocks the way"),
        _ => format!("{peer}: {}", failure.detail),
    };
    Some(unproven(context, why))
}

fn satisfies(code: Code, ladder: &LadderSeen, context: &Context<'_>) -> bool {
    let rejected = rejected_by_policy(code, ladder);
    let silent = code == Code::TcpSilent && answers_elsewhere(ladder, context);
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
    let tcp = ladder.observation.seen.tcp.as_ref()?;
    tcp.icmp.as_ref().map(|icmp| icmp.from)
}

/// The same address answered on another port in this run, so its silence here is a filter's.
fn answers_elsewhere(ladder: &LadderSeen, context: &Context<'_>) -> bool {
    let ports = context.run.answered.get(&ladder.ladder.address);
    ports.is_some_and(|ports| ports.iter().any(|port| *port != ladder.ladder.port))
}

fn unproven(context: &Context<'_>, actual: String) -> Finding {
    finding(
        Code::InconclusiveControl,
        Verdict::Inconclusive,
        context.expect.name(),
        actual,
    )
}
