//! Causes in the TLS handshake.

use std::collections::BTreeSet;

use super::super::argument::Argument;
use super::super::facts::{Facts, Row, keeper, list, meanings, owners};
use super::super::request::Wish;
use super::super::{Cause, has_code};
use crate::code::{Code, Owner};
use crate::finding::Confidence;
use crate::net::tls::inspected_by;
use crate::net::{counted, space};

/// Chains that were made on the way, by the box that signed them.
pub(in super::super) fn inspection(facts: &Facts<'_>) -> Vec<Cause> {
    let groups = facts.group(|row| {
        let tls = row
            .check
            .stages
            .tls
            .as_ref()
            .filter(|tls| tls.intercepted)?;
        tls.seen.chain.last().map(|last| last.issuer.clone())
    });
    groups
        .into_iter()
        .map(|(issuer, rows)| inspected(facts, &issuer, rows))
        .collect()
}

fn inspected(facts: &Facts<'_>, issuer: &str, rows: Vec<usize>) -> Cause {
    let vendor = facts
        .each(&rows)
        .find_map(|row| inspected_by(&row.check.stages.tls.as_deref()?.seen));
    let owners = owners(facts.each(&rows));
    let untouched = untouched(facts, &rows);
    let product = vendor.map_or_else(String::new, |vendor| format!(" of {vendor}"));
    let mut argument = Argument::default();
    match vendor {
        Some(vendor) => argument.proof(format!("issuer {issuer}, a product of {vendor}")),
        None => argument.signal(format!("issuer {issuer}, which no public root vouches for")),
    }
    argument.signal_if(owners.len() > 1, || {
        format!("the same issuer on hosts of {}", list(&owners))
    });
    argument.note(format!("seen in {}", counted(rows.len(), "row")));
    let some = !untouched.is_empty();
    let (code, title, scope) = if some {
        argument.note(format!("not opened: {}", list(&untouched)));
        (
            "tls_inspection_partial",
            format!("TLS to some hosts is opened on the way by a box{product}"),
            " Other hosts are reached as they are, so exemptions work and do not cover these.",
        )
    } else {
        (
            "tls_inspection",
            format!("TLS is opened on the way by a box{product}"),
            " No host that was asked is left out of it.",
        )
    };
    Cause {
        code,
        title,
        summary: format!(
            "The certificates of {} were signed by {issuer}, not by the hosts' own authorities: a box on \
             the way decrypts the connections. Apple and Jamf do not support that, and Microsoft forbids \
             it for Intune.{scope}",
            facts.subject(&rows)
        ),
        confidence: argument.confidence(),
        owner: Owner::Network,
        evidence: argument.lines(),
        rows,
        remedy: "Leave these hosts out of TLS inspection; installing the box's authority on the Macs does \
                 not help, since the vendors' services refuse it."
            .to_owned(),
        request: Some(Wish::Exempt),
    }
}

/// Vendors' hosts whose own chain arrived, on the ports on which others' did not.
fn untouched(facts: &Facts<'_>, rows: &[usize]) -> BTreeSet<String> {
    let ports = facts.ports(rows);
    let own = facts.all.iter().filter(|row| {
        let tls = row.check.stages.tls.as_deref();
        let own = tls.is_some_and(|tls| !tls.intercepted && !tls.seen.trusted_by.is_empty());
        let port = row.check.target.port;
        own && port.is_some_and(|port| ports.contains(&port)) && space::vendor(row.host()).is_some()
    });
    own.map(Row::pattern).collect()
}

/// The hello that names this host does not get through, and one that names another host of the same vendor does, at the
/// very same address.
pub(in super::super) fn name_filtered(facts: &Facts<'_>) -> Vec<Cause> {
    let groups = facts.group(|row| {
        let lost = has_code(row, Code::TlsSilentPath)
            || has_code(row, Code::TlsResetPath)
            || has_code(row, Code::TlsSilent)
            || has_code(row, Code::TlsReset);
        (lost && passed_by_name(row).is_some()).then(|| row.owner())
    });
    let cause = |(_, rows): (String, Vec<usize>)| {
        let subject = facts.subject(&rows);
        let mut argument = Argument::default();
        argument.notes(facts.said(&rows));
        argument.signal(format!("the hello for {subject} does not reach the peer"));
        let passed: BTreeSet<String> = facts.each(&rows).filter_map(passed_by_name).collect();
        argument.signal(list(passed));
        Cause {
            code: "sni_filtered",
            title: format!("TLS to {subject} is stopped by the name in the hello"),
            summary: format!(
                "The connection is accepted, and a hello that names {subject} is lost, while one that names \
                 another host of the same vendor is answered at the very same address: a filter on the way \
                 reads the name."
            ),
            confidence: argument.confidence(),
            owner: Owner::Network,
            evidence: argument.lines(),
            rows,
            remedy: "Look for a filter by server name, application or category on the firewall, and let \
                     these names pass."
                .to_owned(),
            request: Some(Wish::Allow),
        }
    };
    groups.into_iter().map(cause).collect()
}

/// The other name that was let through to the address at which the row's own was not.
fn passed_by_name(row: &Row<'_>) -> Option<String> {
    let tried = row
        .check
        .follow_ups
        .iter()
        .filter_map(|one| one.instead.as_ref());
    let mut passed = tried.filter(|one| one.answered == Some(true));
    passed.find_map(|one| {
        let name = one.name.as_ref()?;
        Some(format!("the hello for {name} is answered at {}", one.at))
    })
}

/// The hello does not get through although the connection was accepted.
pub(in super::super) fn hello_lost(facts: &Facts<'_>) -> Vec<Cause> {
    let lost =
        |row: &Row<'_>| has_code(row, Code::TlsSilentPath) || has_code(row, Code::TlsResetPath);
    let rows = facts.find(lost);
    if rows.is_empty() {
        return Vec::new();
    }
    let mut argument = Argument::default();
    argument.notes(facts.said(&rows));
    for owner in owners(facts.each(&rows)) {
        argument.signal(format!(
            "this kernel had no confirmation of the hello to {owner}, or a reset before it"
        ));
    }
    let refused: BTreeSet<&str> = facts
        .each(&rows)
        .flat_map(|row| &row.check.follow_ups)
        .filter_map(|one| one.instead.as_ref())
        .filter(|one| one.answered == Some(false))
        .filter_map(|one| one.name.as_deref())
        .collect();
    argument.signal_if(!refused.is_empty(), || {
        format!(
            "a hello for {} is not answered there either, so it is not the name",
            list(&refused)
        )
    });
    vec![Cause {
        code: "tls_hello_blocked",
        title: "The TLS hello is stopped on the way".to_owned(),
        summary: "The connection is accepted, and the hello does not reach the peer: a path that loses \
                  larger packets, or a filter on TLS to these addresses."
            .to_owned(),
        confidence: argument.confidence(),
        owner: Owner::Network,
        evidence: argument.lines(),
        rows,
        remedy: "Look for a smaller MTU on the way, then for a filter by protocol or server name on the \
                 firewall."
            .to_owned(),
        request: Some(Wish::Allow),
    }]
}

/// The small hello arrives and the large one does not.
pub(in super::super) fn large_hello_lost(facts: &Facts<'_>) -> Vec<Cause> {
    let rows = facts.find(|row| has_code(row, Code::TlsLargeHelloLost));
    if rows.is_empty() {
        return Vec::new();
    }
    let owners = owners(facts.each(&rows));
    let mut evidence = facts.said(&rows);
    evidence.push(format!("seen on the way to hosts of {}", list(&owners)));
    vec![Cause {
        code: "large_hello_lost",
        title: "Large TLS hellos are lost on the way".to_owned(),
        summary: "A handshake that begins with a small packet works, and one that begins with more than \
                  1,700 bytes, as those of Macs do today, does not reach the same address: a link with a \
                  smaller MTU whose ICMP errors are dropped, or a device that drops hellos of more than \
                  one packet."
            .to_owned(),
        confidence: if owners.len() > 1 {
            Confidence::High
        } else {
            Confidence::Medium
        },
        owner: Owner::Network,
        rows,
        evidence,
        remedy: "Let ICMP \"fragmentation needed\" and \"packet too big\" through, or clamp the MSS to the \
                 smallest MTU on the way; then look for a firewall or balancer that reads only the first \
                 packet of a hello."
            .to_owned(),
        request: None,
    }]
}

const BROKEN_HANDSHAKES: [Code; 4] = [
    Code::TlsSilentPeer,
    Code::TlsResetPeer,
    Code::TlsEof,
    Code::TlsNotTls,
];

/// Handshakes with several vendors break alike after the peer had the hello: what took it was not the vendors.
pub(in super::super) fn broken_on_way(facts: &Facts<'_>) -> Vec<Cause> {
    let rows = facts.find(|row| {
        let broken = row
            .check
            .code
            .is_some_and(|code| BROKEN_HANDSHAKES.contains(&code));
        broken && space::vendor(row.host()).is_some()
    });
    let vendors = facts.vendors(&rows);
    if vendors.len() < 2 {
        return Vec::new();
    }
    let mut argument = Argument::default();
    argument.notes(facts.said(&rows));
    for vendor in &vendors {
        argument.signal(format!("handshakes with hosts of {vendor} break off"));
    }
    vec![Cause {
        code: "tls_broken_on_way",
        title: "A box on the way breaks TLS".to_owned(),
        summary: format!(
            "Connections to hosts of {} are accepted and take the hello, and the handshakes break off. The \
             vendors do not fail together: a box in their place takes the connections and cannot serve \
             them.",
            list(&vendors)
        ),
        confidence: argument.confidence(),
        owner: Owner::Network,
        evidence: argument.lines(),
        rows,
        remedy: "Look for a proxy or an inspecting firewall that takes these connections, and leave the \
                 hosts out of it."
            .to_owned(),
        request: Some(Wish::Exempt),
    }]
}

/// The peer accepts and then says nothing, or breaks off after it has the question.
pub(in super::super) fn stalled(facts: &Facts<'_>) -> Vec<Cause> {
    let later = [
        Code::HttpTimeoutHeaders,
        Code::HttpTimeoutBody,
        Code::HttpEof,
    ];
    let groups = facts.group(|row| {
        let code = row.check.code?;
        (BROKEN_HANDSHAKES.contains(&code) || later.contains(&code)).then(|| row.host().to_owned())
    });
    let cause = |(host, rows): (String, Vec<usize>)| {
        let codes: BTreeSet<Code> = facts.each(&rows).filter_map(|row| row.check.code).collect();
        let mut argument = Argument::default();
        argument.notes(facts.said(&rows));
        argument.signal(format!("{host} has what it was sent: {}", list(&codes)));
        Cause {
            code: "service_stalls",
            title: format!("{host} accepts connections and does not serve them"),
            summary: format!(
                "{host} is reached and has what it was sent, so the way there is open. {}",
                meanings(&codes)
            ),
            confidence: argument.confidence(),
            owner: keeper(&host),
            evidence: argument.lines(),
            rows,
            remedy: format!(
                "Look at {host} and at whatever terminates its TLS, such as a load balancer."
            ),
            request: None,
        }
    };
    groups.into_iter().map(cause).collect()
}

/// The host's own certificate is at fault.
pub(in super::super) fn certificate(facts: &Facts<'_>) -> Vec<Cause> {
    let codes = [
        Code::TlsCertExpired,
        Code::TlsCertNotYetValid,
        Code::TlsCertName,
        Code::TlsChainIncomplete,
        Code::TlsCertUntrusted,
        Code::TlsCertExpiring,
    ];
    let groups = facts.group(|row| {
        let fault = row.check.code.is_some_and(|code| codes.contains(&code));
        fault.then(|| row.host().to_owned())
    });
    let cause = |(host, rows): (String, Vec<usize>)| {
        let codes: BTreeSet<Code> = facts.each(&rows).filter_map(|row| row.check.code).collect();
        let mut argument = Argument::default();
        argument.notes(facts.said(&rows));
        argument.signal(format!("the chain that {host} showed: {}", list(&codes)));
        argument.signal("nothing in it is the mark of a box that inspects");
        Cause {
            code: "certificate_fault",
            title: format!("The certificate of {host} is at fault"),
            summary: format!(
                "{host} is reached, and what it shows is not in order. {}",
                meanings(&codes)
            ),
            confidence: argument.confidence(),
            owner: keeper(&host),
            evidence: argument.lines(),
            rows,
            remedy: format!("Renew or complete the certificate chain of {host}."),
            request: None,
        }
    };
    groups.into_iter().map(cause).collect()
}
