//! Causes that are rarely met: a host that refuses TCP as such.

use super::super::facts::{Facts, Row, list};
use super::super::{Cause, has_code};
use crate::code::{Code, Owner};
use crate::finding::Confidence;
use crate::net::space;

/// The address itself says that it does not speak TCP. From another box the same message is a rule's,
/// which the rule about refusals has claimed already.
pub(in super::super) fn protocol_refused(facts: &Facts<'_>) -> Vec<Cause> {
    let groups = facts.group(|row| {
        row.peer()
            .filter(|_| has_code(row, Code::TcpProtoUnreachable))
    });
    let cause = |(peer, rows): (std::net::IpAddr, Vec<usize>)| Cause {
        code: "protocol_refused",
        title: format!("{peer} says that it does not speak TCP"),
        summary: format!(
            "Connects to {peer} are answered by ICMP protocol-unreachable in the address's own name. No \
             ordinary server does that: a filter with an odd rule answers, or the address is wrong."
        ),
        confidence: Confidence::Medium,
        owner: Owner::Network,
        evidence: facts.said(&rows),
        rows,
        remedy: format!(
            "Find the box that answers for {peer}, and see whether that is the right address."
        ),
        request: None,
    };
    groups.into_iter().map(cause).collect()
}

/// Codes of a mixed result, with who owns what differs, and where it is to be looked for.
const MIXED: [(Code, Owner, &str); 3] = [
    (
        Code::TcpMixed,
        Owner::Network,
        "one of several paths, firewalls or servers behind the address is at fault, not all of them",
    ),
    (
        Code::TlsMixed,
        Owner::Server,
        "every attempt connected, so one of several servers behind the address is set up otherwise, or one of \
         several paths loses hellos",
    ),
    (
        Code::HttpMixed,
        Owner::Server,
        "every attempt was served over TCP and TLS, so one of several servers behind the address is at fault",
    ),
];

/// The same question at the same address works at one time and not at another.
pub(in super::super) fn uneven(facts: &Facts<'_>) -> Vec<Cause> {
    let mixed = |row: &Row<'_>| MIXED.iter().position(|(code, ..)| has_code(row, *code));
    let groups = facts.group(|row| Some((row.owner(), mixed(row)?)));
    let cause = |((owner, kind), rows): ((String, usize), Vec<usize>)| {
        let (_, blamed, meaning) = MIXED[kind];
        let vendor = space::vendor(facts.rows[rows[0]].host()).is_some();
        Cause {
            code: "uneven_answers",
            title: format!("Some attempts at {owner} work and others do not"),
            summary: format!(
                "Attempts at the same address of {owner} in the same run do not end alike ({}): {meaning}.",
                list(facts.said(&rows))
            ),
            confidence: Confidence::High,
            owner: match blamed {
                Owner::Server if vendor => Owner::Vendor,
                blamed => blamed,
            },
            evidence: facts.said(&rows),
            rows,
            remedy: "Look for one bad path, firewall or load balancer member among several; each \
                     attempt comes from a source port of its own, which such boxes choose by."
                .to_owned(),
            request: None,
        }
    };
    groups.into_iter().map(cause).collect()
}
