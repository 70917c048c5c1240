//! Causes in the TLS handshake.

use std::collections::BTreeSet;

use super::super::facts::{Facts, Row, list, owners};
use super::super::request::Wish;
use super::super::{Cause, has_code};
use crate::code::{Code, Owner};
use crate::finding::Confidence;
use crate::net::counted;
use crate::net::tls::inspected_by;

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
    let of = |index: &usize| &facts.rows[*index];
    let tls = rows
        .first()
        .and_then(|index| of(index).check.stages.tls.as_ref());
    let vendor = tls.and_then(|tls| inspected_by(&tls.seen));
    let owners = owners(rows.iter().map(of));
    let product = vendor.map_or_else(String::new, |vendor| format!(" of {vendor}"));
    let confidence = match (vendor, owners.len()) {
        (Some(_), _) => Confidence::Certain,
        (None, 2..) => Confidence::High,
        (None, _) => Confidence::Medium,
    };
    Cause {
        code: "tls_inspection",
        title: format!("TLS is opened on the way by a box{product}"),
        summary: format!(
            "The certificates of {} were signed by {issuer}, not by the hosts' own authorities: a \
             box on the way decrypts the connections. Apple and Jamf do not support that, and \
             Microsoft forbids it for Intune.",
            list(rows.iter().map(|index| of(index).host().to_owned()))
        ),
        confidence,
        owner: Owner::Network,
        evidence: vec![
            format!("issuer {issuer} on hosts of {}", list(owners)),
            format!("seen in {}", counted(rows.len(), "row")),
        ],
        rows,
        remedy: "Leave these hosts out of TLS inspection; installing the box's authority on the \
                 Macs does not help, since the vendors' services refuse it."
            .to_owned(),
        request: Some(Wish::Exempt),
    }
}

/// The hello does not get through although the connection was accepted.
pub(in super::super) fn hello_lost(facts: &Facts<'_>) -> Vec<Cause> {
    let lost =
        |row: &Row<'_>| has_code(row, Code::TlsSilentPath) || has_code(row, Code::TlsResetPath);
    let rows = facts.find(lost);
    if rows.is_empty() {
        return Vec::new();
    }
    let first = &facts.rows[rows[0]];
    vec![Cause {
        code: "tls_hello_blocked",
        title: "The TLS hello is stopped on the way".to_owned(),
        summary: "The connection is accepted, and the hello that names the host does not reach \
                  the peer: a filter that reads the name, or a path that loses large packets."
            .to_owned(),
        confidence: Confidence::High,
        owner: Owner::Network,
        evidence: vec![first.check.message.clone()],
        rows,
        remedy: "Look for a filter by server name or protocol on the firewall, then for a smaller \
                 MTU on the way."
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
    let of = |index: &usize| &facts.rows[*index];
    let owners = owners(rows.iter().map(of));
    let said: BTreeSet<&str> = rows.iter().map(|i| of(i).check.message.as_str()).collect();
    let mut evidence: Vec<String> = said.into_iter().take(4).map(ToOwned::to_owned).collect();
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

/// The peer accepts and then says nothing, or breaks off after it has the question.
pub(in super::super) fn stalled(facts: &Facts<'_>) -> Vec<Cause> {
    let codes = [
        Code::TlsSilentPeer,
        Code::TlsResetPeer,
        Code::TlsEof,
        Code::TlsNotTls,
        Code::HttpTimeoutHeaders,
        Code::HttpTimeoutBody,
        Code::HttpEof,
    ];
    let groups = facts.group(|row| {
        let code = row.check.code.filter(|code| codes.contains(code))?;
        Some((row.host().to_owned(), code))
    });
    let cause = |((host, code), rows): ((String, Code), Vec<usize>)| Cause {
        code: "service_stalls",
        title: format!("{host} accepts connections and does not serve them"),
        summary: format!(
            "{host} is reached and has what it was sent, but does not answer as it should ({code}); \
             the way there is open."
        ),
        confidence: Confidence::Medium,
        owner: Owner::Server,
        evidence: vec![facts.rows[rows[0]].check.message.clone()],
        rows,
        remedy: format!(
            "Look at {host} and at whatever terminates its TLS, such as a load balancer."
        ),
        request: None,
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
        let code = row.check.code.filter(|code| codes.contains(code))?;
        Some((row.host().to_owned(), code))
    });
    let cause = |((host, code), rows): ((String, Code), Vec<usize>)| Cause {
        code: "certificate_fault",
        title: format!("The certificate of {host} is at fault"),
        summary: format!("{host} is reached, and what it shows is not in order: {code}."),
        confidence: Confidence::High,
        owner: Owner::Server,
        evidence: vec![facts.rows[rows[0]].check.message.clone()],
        rows,
        remedy: format!("Renew or complete the certificate chain of {host}."),
        request: None,
    };
    groups.into_iter().map(cause).collect()
}
