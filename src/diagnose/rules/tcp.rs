//! Causes on the way to a port.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::super::facts::{Facts, Row, list, owners};
use super::super::request::Wish;
use super::super::{Cause, has_code};
use crate::code::{Code, Owner};
use crate::finding::{Confidence, Verdict};
use crate::net::{counted, space};

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
        let joined = joined(facts, &own);
        Cause {
            code: "firewall_rejects",
            title: format!("A firewall at {sender} refuses connections"),
            summary: format!(
                "The box at {sender} answers connects to port {} with an ICMP error that means a \
                 rule forbids them.",
                list(ports(facts, &own))
            ),
            // Certain for the rows that got the error themselves; the joined ones share port or block.
            confidence: if joined.is_empty() {
                Confidence::Certain
            } else {
                Confidence::High
            },
            owner: Owner::Network,
            evidence: evidence(facts, &own),
            rows: [own, joined].concat(),
            remedy: format!("Have the rule at {sender} allow these destinations and ports."),
            request: Some(Wish::Allow),
        }
    };
    groups.into_iter().map(cause).collect()
}

/// Silent rows of the same owner's addresses, and of the same port where that port works nowhere: the
/// same rule drew no error for them, since the box rations its errors.
fn joined(facts: &Facts<'_>, own: &[usize]) -> Vec<usize> {
    let known = owners(own.iter().map(|index| &facts.rows[*index]));
    let refused = ports(facts, own);
    let works = facts.ports_that_work();
    facts.find(|row| {
        let same_port = row
            .check
            .target
            .port
            .is_some_and(|port| refused.contains(&port) && !works.contains(&port));
        row.is_silent() && (known.contains(&row.owner()) || same_port)
    })
}

/// One port is silent everywhere, while the same addresses or others answer on another port.
pub(in super::super) fn port_filtered(facts: &Facts<'_>) -> Vec<Cause> {
    let works = facts.ports_that_work();
    let groups = facts.group(|row| row.check.target.port.filter(|_| row.is_silent()));
    let alive = facts.addresses_that_work();
    let cause = |(port, rows): (u16, Vec<usize>)| {
        let peers: BTreeSet<IpAddr> = rows
            .iter()
            .filter_map(|index| facts.rows[*index].peer())
            .collect();
        if works.contains(&port) || works.is_empty() || peers.len() < 2 {
            return None;
        }
        // Silent at a port that works elsewhere as well: then it is the destination, not the port.
        let elsewhere = |row: &Row<'_>| {
            row.is_silent()
                && row.check.target.port != Some(port)
                && row.peer().is_some_and(|peer| peers.contains(&peer))
        };
        let answering = peers.intersection(&alive).count();
        if answering == 0 && facts.rows.iter().any(elsewhere) {
            return None;
        }
        let mut lines = evidence(facts, &rows);
        if answering > 0 {
            lines.push(format!(
                "{answering} of {} {} on another port in the same run",
                counted(peers.len(), "address"),
                if answering == 1 { "answers" } else { "answer" }
            ));
        }
        let others: Vec<String> = works.iter().map(ToString::to_string).collect();
        lines.push(format!(
            "no address answers on port {port}; ports {} work",
            others.join(", ")
        ));
        Some(Cause {
            code: "egress_port_filtered",
            title: format!("Port {port} is dropped on the way out"),
            summary: format!(
                "Every connect to port {port} goes unanswered, at {}, while other ports \
                 work: a firewall on the way out drops this port.",
                counted(peers.len(), "address")
            ),
            confidence: if answering > 0 {
                Confidence::High
            } else {
                Confidence::Medium
            },
            owner: Owner::Network,
            rows,
            evidence: lines,
            remedy: format!("Allow outbound TCP {port} to these destinations."),
            request: Some(Wish::Allow),
        })
    };
    groups.into_iter().filter_map(cause).collect()
}

/// One owner's addresses are silent at every port, while others answer at the same ports.
pub(in super::super) fn destination_filtered(facts: &Facts<'_>) -> Vec<Cause> {
    let groups = facts.group(|row| row.is_silent().then(|| row.owner()));
    let cause = |(owner, rows): (String, Vec<usize>)| {
        let silent = ports(facts, &rows);
        let peers: BTreeSet<IpAddr> = rows
            .iter()
            .filter_map(|index| facts.rows[*index].peer())
            .collect();
        let several = peers.len() > 1;
        let others = facts
            .all
            .iter()
            .any(|row| row.is_connected() && row.owner() != owner);
        Cause {
            code: "egress_destination_filtered",
            title: format!("Connections to {owner} go unanswered"),
            summary: format!(
                "Connects to {} of {owner} on port {} get no answer of any kind{}.",
                counted(peers.len(), "address"),
                list(&silent),
                if others {
                    ", while other owners' hosts answer"
                } else {
                    ""
                }
            ),
            confidence: if several && others {
                Confidence::High
            } else {
                Confidence::Low
            },
            owner: Owner::Network,
            evidence: evidence(facts, &rows),
            rows,
            remedy: format!(
                "Look for a rule that drops {owner}; if there is none, ask whether the host is up."
            ),
            request: Some(Wish::Allow),
        }
    };
    groups.into_iter().map(cause).collect()
}

/// Only a part of a vendor's block is open; the silent rows of the same owner are in the other part.
pub(in super::super) fn narrow(facts: &Facts<'_>) -> Vec<Cause> {
    let partial = facts.find(|row| has_code(row, Code::RangePartial));
    if partial.is_empty() {
        return Vec::new();
    }
    let owners = owners(partial.iter().map(|index| &facts.rows[*index]));
    let silent = facts.find(|row| row.is_silent() && owners.contains(&row.owner()));
    let lines = evidence(facts, &partial);
    let rows = [partial, silent].concat();
    vec![Cause {
        code: "allow_list_narrow",
        title: "The rule is narrower than the vendor's block".to_owned(),
        summary: "Some addresses of the vendor's block answer and others do not; names move \
                  between them by the minute, so the failures come and go."
            .to_owned(),
        confidence: Confidence::High,
        owner: Owner::Network,
        evidence: lines,
        rows,
        remedy: "Allow the whole block that the vendor publishes, not a part of it.".to_owned(),
        request: Some(Wish::Allow),
    }]
}

/// A router that looks for a host on its own link gives up after three seconds; one that says no sooner never looked.
const SEARCH_MS: f64 = 2000.0;

fn unreachable_peer(row: &Row<'_>) -> Option<IpAddr> {
    let unreachable =
        has_code(row, Code::TcpHostUnreachable) || has_code(row, Code::TcpNetUnreachable);
    row.peer().filter(|_| unreachable)
}

/// Whether a router took its time to say that nobody has the address.
fn was_looked_for(facts: &Facts<'_>, rows: &[usize]) -> bool {
    let mut rows = rows.iter().map(|index| &facts.rows[*index]);
    rows.any(|row| {
        let waited = row.check.stages.tcp.as_ref().map_or(0.0, |tcp| tcp.ms);
        has_code(row, Code::TcpHostUnreachable) && waited >= SEARCH_MS
    })
}

/// The last router says that nobody has the address.
pub(in super::super) fn host_down(facts: &Facts<'_>) -> Vec<Cause> {
    let groups = facts.group(unreachable_peer).into_iter();
    let cause = |(peer, rows): (IpAddr, Vec<usize>)| Cause {
        code: "host_down",
        title: format!("{peer} cannot be reached behind its last router"),
        summary: format!("A router on the way looked for {peer} and reports that nobody is there."),
        confidence: Confidence::High,
        owner: Owner::Server,
        evidence: evidence(facts, &rows),
        rows,
        remedy: format!("Ask whether {peer} is up and has this address."),
        request: None,
    };
    groups
        .filter(|(_, rows)| was_looked_for(facts, rows))
        .map(cause)
        .collect()
}

/// A router says at once that it knows no way: nobody has looked for the host.
pub(in super::super) fn route_missing(facts: &Facts<'_>) -> Vec<Cause> {
    let groups = facts.group(unreachable_peer).into_iter();
    let cause = |(peer, rows): (IpAddr, Vec<usize>)| Cause {
        code: "route_missing",
        title: format!("A router on the way knows no way to {peer}"),
        summary: format!(
            "A router reports at once, without having looked for it, that {peer} cannot be \
             reached: it has no route, or a rule of its own says so."
        ),
        confidence: Confidence::Medium,
        owner: Owner::Network,
        evidence: evidence(facts, &rows),
        rows,
        remedy: format!(
            "Look on the router that sent the message for its route to {peer} and for a rule that \
             rejects; if it has both in order, ask whether {peer} is up."
        ),
        request: None,
    };
    groups
        .filter(|(_, rows)| !was_looked_for(facts, rows))
        .map(cause)
        .collect()
}

/// The address answers with a refusal: nothing listens there, or a firewall answers for it.
pub(in super::super) fn refused(facts: &Facts<'_>) -> Vec<Cause> {
    let groups = facts.group(|row| {
        let port = row.check.target.port?;
        has_code(row, Code::TcpRefusedRst).then(|| (row.owner(), port))
    });
    let cause = |((owner, port), rows): ((String, u16), Vec<usize>)| Cause {
        code: "service_down",
        title: format!("Port {port} of {owner} refuses connections"),
        summary: format!(
            "Connects to port {port} of {owner} are answered by a reset at once: the way there is \
             open, and nothing listens, or a firewall resets in the host's name."
        ),
        confidence: Confidence::Medium,
        owner: if space::vendor(facts.rows[rows[0]].host()).is_some() {
            Owner::Network
        } else {
            Owner::Server
        },
        evidence: evidence(facts, &rows),
        rows,
        remedy: format!(
            "Ask whether a service listens on port {port}; a vendor's host that resets is more \
             likely a firewall's answer."
        ),
        request: None,
    };
    groups.into_iter().map(cause).collect()
}

/// IPv6 is offered and does not work, while IPv4 does.
pub(in super::super) fn ipv6_broken(facts: &Facts<'_>) -> Vec<Cause> {
    let broken = |row: &Row<'_>| {
        let failed = |v6: bool| {
            let mut of_family = row
                .check
                .addresses
                .iter()
                .filter(|a| a.address.is_ipv6() == v6);
            of_family.any(|address| address.verdict == Verdict::Fail)
        };
        row.check.verdict == Verdict::Degraded && failed(true) && !failed(false)
    };
    let rows = facts.find(broken);
    if rows.is_empty() {
        return Vec::new();
    }
    let several = owners(rows.iter().map(|index| &facts.rows[*index])).len() > 1;
    vec![Cause {
        code: "ipv6_broken",
        title: "IPv6 is offered here and does not work".to_owned(),
        summary: "This machine has an IPv6 route and the names have IPv6 addresses, but those do \
                  not answer while IPv4 does; applications lose time or fail on it."
            .to_owned(),
        confidence: if several || rows.len() > 2 {
            Confidence::High
        } else {
            Confidence::Medium
        },
        owner: Owner::Network,
        evidence: evidence(facts, &rows),
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
        evidence: evidence(facts, &rows),
        rows,
        remedy: "Judge by the rows that go on to TLS, and ask for an exemption of these hosts."
            .to_owned(),
        request: Some(Wish::Allow),
    }]
}

fn ports(facts: &Facts<'_>, rows: &[usize]) -> BTreeSet<u16> {
    let ports = rows
        .iter()
        .filter_map(|index| facts.rows[*index].check.target.port);
    ports.collect()
}

/// What some of the rows said, in their own words.
fn evidence(facts: &Facts<'_>, rows: &[usize]) -> Vec<String> {
    let said: BTreeSet<&str> = rows
        .iter()
        .map(|index| facts.rows[*index].check.message.as_str())
        .collect();
    said.into_iter().take(4).map(ToOwned::to_owned).collect()
}
