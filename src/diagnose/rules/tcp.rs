//! Causes on the way to a port.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::super::argument::Argument;
use super::super::facts::{Facts, Row, named, owners};
use super::super::request::Wish;
use super::super::{Cause, has_code};
use super::partly::tells;
use crate::code::{Code, Owner};
use crate::finding::{Confidence, Verdict};
use crate::probe::NOTICED_MS;
use crate::report::Address;

/// A box on the way refuses by policy and names itself. ICMP is rationed by its sender, so silent rows
/// of the same port or the same owner's addresses are joined to it.
pub(in super::super) fn rejected(facts: &Facts<'_>) -> Vec<Cause> {
    let policy = |row: &Row<'_>| {
        // Only the target can know that it lacks the protocol: from another box that is a rule's word.
        has_code(row, Code::TcpAdminProhibited)
            || has_code(row, Code::TcpRefusedIcmp)
            || has_code(row, Code::TcpProtoUnreachable)
    };
    let groups = facts.group(|row| row.refused_by().filter(|_| policy(row)));
    let cause = |(sender, own): (IpAddr, Vec<usize>)| {
        let ports = facts.ports(&own);
        let joined = joined(facts, &own, &ports);
        let ports = named(&ports);
        Cause {
            code: "firewall_rejects",
            title: format!("A firewall at {sender} refuses connections"),
            summary: format!(
                "The box at {sender} answers connects to {ports} with an ICMP error that means a rule \
                 forbids them."
            ),
            // Certain for the rows that got the error themselves; the joined ones share port or owner with them.
            confidence: if joined.is_empty() {
                Confidence::Certain
            } else {
                Confidence::High
            },
            owner: Owner::Network,
            evidence: facts.said(&own),
            rows: [own, joined].concat(),
            remedy: format!("Have the rule at {sender} allow these destinations and ports."),
            request: Some(Wish::Allow),
        }
    };
    groups.into_iter().map(cause).collect()
}

/// Silent rows of the same owners, and on the same ports: the same rule drew no error for them, since the box rations
/// its errors.
pub(super) fn joined(facts: &Facts<'_>, own: &[usize], ports: &BTreeSet<u16>) -> Vec<usize> {
    let known = owners(facts.each(own));
    let silent = facts.find(|row| {
        let port = row.check.target.port;
        let same_port = port.is_some_and(|port| ports.contains(&port));
        row.is_silent() && (known.contains(&row.owner()) || same_port)
    });
    [silent, facts.timeless(&known)].concat()
}

/// IPv6 is offered and does not work, while IPv4 does.
pub(in super::super) fn ipv6_broken(facts: &Facts<'_>) -> Vec<Cause> {
    let broken = |row: &Row<'_>| {
        let of_family = |v6: bool| {
            let addresses = row.check.addresses.iter();
            addresses.filter(move |a| a.address.is_ipv6() == v6)
        };
        let fails = |one: &Address| one.verdict == Verdict::Fail;
        let works = |one: &Address| matches!(one.verdict, Verdict::Pass | Verdict::Degraded);
        // A server that says itself what is wrong with it was reached.
        let lost = |one: &Address| fails(one) && !one.code.is_some_and(tells);
        !row.check.expect.is_negative()
            && of_family(true).any(lost)
            && !of_family(false).any(fails)
            && of_family(false).any(works)
    };
    let rows = facts.find(broken);
    if rows.is_empty() {
        return Vec::new();
    }
    let mut argument = Argument::default();
    argument.notes(facts.said(&rows));
    for owner in owners(facts.each(&rows)) {
        argument.signal(format!("{owner} is reached over IPv4 and not over IPv6"));
    }
    let races = || {
        let checks = facts.each(&rows).map(|row| row.check);
        checks.filter_map(|check| check.application.as_ref())
    };
    let felt = if races().any(|race| !race.works) {
        "applications connect over it, and fail with what comes then".to_owned()
    } else {
        let late = races().map(|race| race.late_ms).fold(0.0, f64::max);
        match races().count() {
            0 => "applications lose time or fail on it".to_owned(),
            _ if late < NOTICED_MS => "applications fall back to IPv4 at once".to_owned(),
            _ => format!("each new connection of an application takes {late:.0} ms longer for it"),
        }
    };
    vec![Cause {
        code: "ipv6_broken",
        title: "IPv6 is offered here and does not work".to_owned(),
        summary: format!(
            "This machine has an IPv6 route and the names have IPv6 addresses, but those fail where IPv4 \
             works; {felt}."
        ),
        confidence: argument.confidence(),
        owner: Owner::Network,
        evidence: argument.lines(),
        rows,
        remedy: "Allow the same destinations over IPv6, or do not announce IPv6 on this network."
            .to_owned(),
        request: Some(Wish::Allow),
    }]
}

/// Something on the way accepts connections to an address that nobody may answer.
pub(in super::super) fn transparent_proxy(facts: &Facts<'_>) -> Vec<Cause> {
    let rows = facts.find(|row| has_code(row, Code::TcpTransparentProxy));
    if rows.is_empty() {
        return Vec::new();
    }
    vec![Cause {
        code: "transparent_proxy",
        title: "A transparent proxy accepts every connection".to_owned(),
        summary: "A connect to an address that belongs to nobody was accepted, so an accepted \
                  connection proves nothing here."
            .to_owned(),
        confidence: Confidence::Certain,
        owner: Owner::Network,
        evidence: facts.said(&rows),
        rows,
        remedy: "Judge by the rows that go on to TLS, and ask for an exemption of these hosts."
            .to_owned(),
        request: Some(Wish::Allow),
    }]
}

/// The packet went round in circles until its time to live was used up.
pub(in super::super) fn loops(facts: &Facts<'_>) -> Vec<Cause> {
    let groups = facts.group(|row| {
        let sender = row.check.stages.tcp.as_deref()?.icmp?.from;
        has_code(row, Code::TcpTtlExceeded).then_some(sender)
    });
    let cause = |(sender, rows): (IpAddr, Vec<usize>)| {
        let subject = facts.subject(&rows);
        let mut argument = Argument::default();
        argument.notes(facts.said(&rows));
        argument.proof(format!(
            "{sender} reports that a packet with the usual time to live has used it up"
        ));
        Cause {
            code: "routing_loop",
            title: format!("Packets to {subject} go round in circles"),
            summary: format!(
                "A router at {sender} reports that packets to {subject} have passed as many routers as a \
                 packet may: two routers on the way send them to each other."
            ),
            confidence: argument.confidence(),
            owner: Owner::Network,
            evidence: argument.lines(),
            rows,
            remedy: format!(
                "Compare the routes to these addresses on {sender} and on its neighbours."
            ),
            request: None,
        }
    };
    groups.into_iter().map(cause).collect()
}
