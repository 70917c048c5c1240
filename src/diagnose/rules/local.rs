//! Causes on this machine.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::super::argument::Argument;
use super::super::facts::{Facts, Row, list};
use super::super::{Cause, has_code};
use crate::code::{Code, Owner};
use crate::finding::{Confidence, Verdict};
use crate::net::counted;
use crate::net::wire::Family;

/// Nothing was asked, since the machine is on no network.
pub(in super::super) fn offline(facts: &Facts<'_>) -> Vec<Cause> {
    let rows = facts.find(|row| has_code(row, Code::NetOffline));
    if rows.is_empty() {
        return Vec::new();
    }
    let addresses = list(&facts.vantage.addresses);
    let addresses = if addresses.is_empty() {
        "none".to_owned()
    } else {
        addresses
    };
    vec![Cause {
        code: "net_offline",
        title: "This machine is on no network".to_owned(),
        summary: "Nothing was asked: the machine has no usable address, or no route to a DNS \
                  server or to the internet."
            .to_owned(),
        confidence: Confidence::Certain,
        owner: Owner::Device,
        rows,
        evidence: vec![
            format!("addresses: {addresses}"),
            "no default route and no route to a DNS server".to_owned(),
        ],
        remedy: "Connect this machine to the network under test and run again.".to_owned(),
        request: None,
    }]
}

/// What a router needs to look for a host on its own link, and less than a host takes that is not there.
const AT_ONCE_MS: f64 = 500.0;

/// macOS tells a program that may not use the local network that there is no route to a host on it, at once and without
/// sending anything.
pub(in super::super) fn network_privacy(facts: &Facts<'_>) -> Vec<Cause> {
    if !facts.vantage.os.starts_with("macOS") {
        return Vec::new();
    }
    let near = |row: &Row<'_>| {
        let on_link = |address: IpAddr| {
            facts
                .vantage
                .networks
                .iter()
                .any(|net| net.contains(&address))
        };
        row.peer().is_some_and(on_link)
    };
    let rows = facts.find(|row| {
        let refused =
            has_code(row, Code::TcpHostUnreachable) || has_code(row, Code::LocalRouteMissing);
        let tcp = row.check.stages.tcp.as_deref();
        let at_once = tcp.is_some_and(|tcp| tcp.icmp.is_none() && tcp.ms < AT_ONCE_MS);
        refused && at_once && near(row)
    });
    if rows.is_empty() {
        return Vec::new();
    }
    let subject = facts.subject(&rows);
    let far = facts.all.iter().any(|row| row.is_connected() && !near(row));
    let mut argument = Argument::default();
    argument.notes(facts.said(&rows));
    argument.signal("no route to a host on this machine's own network, at once and with no word from any router");
    let peers: BTreeSet<IpAddr> = facts.each(&rows).filter_map(Row::peer).collect();
    argument.signal_if(peers.len() > 1 && far, || {
        format!(
            "{} on it are alike in this, while hosts elsewhere connect",
            counted(peers.len(), "host")
        )
    });
    vec![Cause {
        code: "macos_local_network",
        title: "macOS keeps this program off the local network".to_owned(),
        summary: format!(
            "Connects to {subject}, on this Mac's own network, end at once with no route to the host. Since \
             version 15 macOS answers so for programs that lack the permission to use the local network; \
             other programs on this Mac reach the host."
        ),
        confidence: argument.confidence(),
        owner: Owner::Device,
        evidence: argument.lines(),
        rows,
        remedy:
            "Allow the terminal, or whatever starts this program, under System Settings, Privacy & \
                 Security, Local Network, and run again."
                .to_owned(),
        request: None,
    }]
}

/// The family of a row's addresses, if it is the only one that they have and none of them was dialled for want of a
/// route. Those that the chosen source has no address for are none that this run may use.
fn lacking(row: &Row<'_>) -> Option<Family> {
    let all = row.check.addresses.iter();
    let mut usable = all.filter(|one| one.code != Some(Code::InconclusiveFamily));
    let first = usable.clone().next()?.family;
    let unrouted = usable.all(|one| {
        let skipped = one.verdict == Verdict::Skipped;
        skipped && one.code == Some(Code::LocalRouteMissing) && one.family == first
    });
    (has_code(row, Code::LocalRouteMissing) && unrouted).then_some(first)
}

/// Hosts have addresses of one family alone, for which this machine has no route at all.
pub(in super::super) fn family_missing(facts: &Facts<'_>) -> Vec<Cause> {
    let groups = facts.group(lacking).into_iter();
    let cause = |(family, rows): (Family, Vec<usize>)| {
        let subject = facts.subject(&rows);
        let (name, option, other) = match family {
            Family::V4 => ("IPv4", "-4", "IPv6"),
            Family::V6 => ("IPv6", "-6", "IPv4"),
        };
        let mut argument = Argument::default();
        argument.notes(facts.said(&rows));
        argument.proof(format!("this machine's routes lead nowhere over {name}"));
        if let Some(source) = &facts.vantage.source {
            argument.note(format!("the source that was asked for is {source}"));
        }
        Cause {
            code: "family_missing",
            title: format!(
                "This machine has no {name} here, and {subject} is asked for over nothing else"
            ),
            summary: format!(
                "All addresses of {subject} that this run may use are {name} addresses, and this machine has no route \
                 for {name}: nothing was sent. Other machines on this network fare no better if it offers no {name}."
            ),
            confidence: argument.confidence(),
            owner: Owner::Network,
            evidence: argument.lines(),
            rows,
            remedy: format!(
                "Give this network {name}, or give these hosts {other} addresses as well; if {option} or --source kept \
                 this run from the other family, leave it out."
            ),
            request: None,
        }
    };
    groups.map(cause).collect()
}

/// This machine itself does not let the connects out.
pub(in super::super) fn policy(facts: &Facts<'_>) -> Vec<Cause> {
    let rows = facts.find(|row| {
        // What nobody can dial was not tried on this machine either.
        let was_dialled = !row.check.addresses.is_empty() || row.check.stages.tcp.is_some();
        has_code(row, Code::LocalPolicyDenied)
            || (has_code(row, Code::LocalRouteMissing) && was_dialled)
    });
    if rows.is_empty() {
        return Vec::new();
    }
    vec![Cause {
        code: "local_policy",
        title: "This machine does not let the connections out".to_owned(),
        summary: "The connects failed on this machine, before any packet left it: a firewall or \
                  agent of its own, or a missing or forbidding route."
            .to_owned(),
        confidence: Confidence::Certain,
        owner: Owner::Device,
        evidence: facts.said(&rows),
        rows,
        remedy: "Look at this machine's routes, its firewall and its security agents; other \
                 machines on the same network may be fine."
            .to_owned(),
        request: None,
    }]
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::sync::Arc;

    use super::*;
    use crate::net::TcpSeen;
    use crate::report::{Prerequisite, Report, Vantage};

    /// Some report's rows, of which the first has met this end of a connect to a host.
    fn seen(peer: &str, code: Code, ms: f64, os: &str) -> Vec<Cause> {
        let text = include_str!("../../../tests/it/reports/v1.json");
        let report: Report = serde_json::from_str(text).expect("the recorded report");
        let mut prerequisites: Vec<Prerequisite> = report.prerequisites;
        let checks = prerequisites.iter_mut().flat_map(|p| &mut p.checks);
        let mut checks = checks.filter(|check| check.stages.tcp.is_some());
        let first = checks.next().expect("a row that was dialled");
        first.verdict = crate::finding::Verdict::Fail;
        first.code = Some(code);
        let tcp = TcpSeen {
            ms,
            peer: SocketAddr::new(peer.parse().expect(peer), 8443),
            icmp: None,
            connects: Vec::new(),
            ..first.stages.tcp.as_deref().expect("dialled").clone()
        };
        first.stages.tcp = Some(Arc::new(tcp));
        let vantage = Vantage {
            os: os.to_owned(),
            networks: vec!["10.0.4.0/22".parse().expect("a network")],
            ..Vantage::default()
        };
        network_privacy(&Facts::of(&prerequisites, &vantage))
    }

    #[test]
    fn a_mac_that_is_kept_off_its_own_network_is_told_by_how_soon_it_says_so() {
        let code = Code::TcpHostUnreachable;
        let found = seen("10.0.7.9", code, 0.4, "macOS 15.2");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].code, "macos_local_network");
        assert_eq!(found[0].owner, Owner::Device);
        assert_eq!(found[0].confidence, Confidence::Medium);
        for (peer, code, ms, os) in [
            // A host that is down is looked for first.
            ("10.0.7.9", code, 3010.0, "macOS 15.2"),
            // Nobody keeps a program off what is behind a router.
            ("10.0.8.9", code, 0.4, "macOS 15.2"),
            ("10.0.7.9", Code::TcpSilent, 0.4, "macOS 15.2"),
            ("10.0.7.9", code, 0.4, "Debian GNU/Linux 12"),
        ] {
            assert!(
                seen(peer, code, ms, os).is_empty(),
                "{peer} {code} {ms} {os}"
            );
        }
    }
}
