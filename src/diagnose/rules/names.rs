//! Causes in the look-up of names.

use std::collections::BTreeSet;

use super::super::Cause;
use super::super::argument::Argument;
use super::super::facts::{Facts, Row, list, owners};
use crate::code::{Code, Owner};
use crate::finding::Confidence;
use crate::net::counted;

pub(super) const FAILURES: [Code; 5] = [
    Code::DnsServfail,
    Code::DnsRefused,
    Code::DnsFormerr,
    Code::DnsNotimp,
    Code::DnsOther,
];

pub(super) fn any_of(row: &Row<'_>, codes: &[Code]) -> bool {
    row.check.code.is_some_and(|code| codes.contains(&code))
}

/// The servers that were asked and that no row got an answer from.
pub(super) fn servers(facts: &Facts<'_>, answered: bool) -> BTreeSet<String> {
    let stages = facts
        .all
        .iter()
        .filter_map(|row| row.check.stages.dns.as_ref());
    stages
        .flat_map(|dns| &dns.queries)
        .filter(|query| query.rcode.is_some() == answered)
        .map(|query| query.resolver.to_string())
        .collect()
}

/// Every look-up on the wire went unanswered, at every configured server.
pub(in super::super) fn resolver_silent(facts: &Facts<'_>) -> Vec<Cause> {
    let codes = [Code::DnsTimeout, Code::DnsUnreachable];
    let rows = facts.find(|row| any_of(row, &codes));
    if rows.is_empty() || !servers(facts, true).is_empty() {
        return Vec::new();
    }
    let silent = list(servers(facts, false));
    let mut argument = Argument::default();
    argument.note(format!(
        "no answer from {silent} to any question within 3 s"
    ));
    argument.notes(facts.said(&rows).into_iter().take(1));
    argument.signal("nothing came back over UDP");
    argument.signal("nor over TCP, which was tried beside it");
    vec![Cause {
        code: "resolver_silent",
        title: "No DNS server answers".to_owned(),
        summary: "No configured DNS server answered any question, so nothing that needs a name can work or \
                  be judged."
            .to_owned(),
        confidence: argument.confidence(),
        owner: Owner::Dns,
        rows,
        evidence: argument.lines(),
        remedy: format!(
            "Have the DNS server {silent} answer this machine, or give it another one."
        ),
        request: None,
    }]
}

/// The server answers, and fails for every name alike.
pub(in super::super) fn resolver_failing(facts: &Facts<'_>) -> Vec<Cause> {
    let rows = facts.find(|row| any_of(row, &FAILURES));
    let resolved = facts.all.iter().any(|row| {
        let dns = row.check.stages.dns.as_ref();
        dns.is_some_and(|dns| !dns.addresses.is_empty())
    });
    if rows.len() < 2 || resolved {
        return Vec::new();
    }
    let said = list(facts.each(&rows).filter_map(|row| row.check.code));
    // What cannot be read has no response code.
    let answered = servers(facts, true);
    let server = list(if answered.is_empty() {
        servers(facts, false)
    } else {
        answered
    });
    let mut argument = Argument::default();
    argument.note(format!(
        "{server}: {said} for {}, and no name that resolves",
        counted(rows.len(), "row")
    ));
    for owner in owners(facts.each(&rows)) {
        argument.signal(format!("names of {owner} fail"));
    }
    for contradiction in contradictions(facts, &rows) {
        argument.signal(contradiction);
    }
    vec![Cause {
        code: "resolver_failing",
        title: "The DNS server fails for every name".to_owned(),
        summary: "The DNS server answers, but with an error for every name that was asked."
            .to_owned(),
        confidence: argument.confidence(),
        owner: Owner::Dns,
        evidence: argument.lines(),
        rows,
        remedy: format!("Look at the forwarders, the validation and the log of {server}."),
        request: None,
    }]
}

/// What the server of `--compare-dns` says against the answers of these rows.
pub(super) fn contradictions(facts: &Facts<'_>, rows: &[usize]) -> Vec<String> {
    let findings = rows
        .iter()
        .flat_map(|index| &facts.rows[*index].check.findings);
    let differs = findings.filter(|finding| finding.code == Code::DnsResolversDiffer);
    let said: BTreeSet<&str> = differs.map(|finding| finding.actual.as_str()).collect();
    said.into_iter().take(2).map(ToOwned::to_owned).collect()
}

/// One of several configured servers says nothing.
pub(in super::super) fn one_server_silent(facts: &Facts<'_>) -> Vec<Cause> {
    let cause = |rows: Vec<usize>, said: String| Cause {
        code: "resolver_partly_silent",
        title: "One of the configured DNS servers does not answer".to_owned(),
        summary: "A configured DNS server is silent while another answers: every look-up that \
                  meets it first waits for seconds."
            .to_owned(),
        confidence: Confidence::High,
        owner: Owner::Dns,
        rows,
        evidence: vec![said],
        remedy: "Repair that server, or take it out of the configuration that clients get."
            .to_owned(),
        request: None,
    };
    with_code(facts, Code::DnsServerSilent, cause)
}

/// The server has addresses of one family, and for the other one silence or an error.
pub(in super::super) fn one_family(facts: &Facts<'_>) -> Vec<Cause> {
    let rows = facts.find(|row| any_of(row, &[Code::DnsFamilySilent, Code::DnsFamilyFailed]));
    if rows.is_empty() {
        return Vec::new();
    }
    let server = match list(servers(facts, true)) {
        none if none.is_empty() => "the DNS server".to_owned(),
        servers => servers,
    };
    let mut argument = Argument::default();
    // Of however many rows a proxy is one name.
    let proxies: BTreeSet<String> = facts.each(&rows).filter_map(half_known).collect();
    for proxy in proxies {
        argument.signal(format!(
            "the name of {proxy} has an answer for one family alone"
        ));
    }
    let own = facts.each(&rows).filter(|row| half_known(row).is_none());
    for owner in owners(own) {
        argument.signal(format!(
            "names of {owner} have an answer for one family alone"
        ));
    }
    argument.notes(facts.said(&rows).into_iter().take(2));
    vec![Cause {
        code: "resolver_lacks_family",
        title: "The DNS server answers for one address family alone".to_owned(),
        summary: "The DNS server gives addresses of one family, and for the other one an error or no answer \
                  at all, where an empty answer is due: look-ups of applications wait seconds for it, or fail."
            .to_owned(),
        confidence: argument.confidence(),
        owner: Owner::Dns,
        evidence: argument.lines(),
        rows,
        remedy: format!(
            "Have {server}, or what filters questions on the way to it, answer questions for A and for AAAA; what does \
             not exist is an empty answer."
        ),
        request: None,
    }]
}

/// The proxy whose name it is that has an answer for one family alone, if that is not the row's own.
fn half_known(row: &Row<'_>) -> Option<String> {
    let half = [Code::DnsFamilySilent, Code::DnsFamilyFailed];
    let mut findings = row.check.findings.iter();
    let found = findings.find(|one| half.contains(&one.code))?;
    found.proxy.clone()
}

/// The server answers over TCP and not over UDP.
pub(in super::super) fn udp_blocked(facts: &Facts<'_>) -> Vec<Cause> {
    let cause = |rows: Vec<usize>, said: String| Cause {
        code: "dns_udp_blocked",
        title: "DNS works over TCP only".to_owned(),
        summary:
            "The DNS server answers over TCP while questions over UDP go unanswered: a filter \
                  on the way to it drops UDP 53."
                .to_owned(),
        confidence: Confidence::High,
        owner: Owner::Network,
        rows,
        evidence: vec![said],
        remedy: "Allow UDP 53 to the DNS server; look-ups that fall back to TCP take seconds."
            .to_owned(),
        request: None,
    };
    with_code(facts, Code::DnsUdpBlocked, cause)
}

/// Long answers do not fit into UDP, and the server cannot be asked over TCP.
pub(in super::super) fn tcp_blocked(facts: &Facts<'_>) -> Vec<Cause> {
    let cause = |rows: Vec<usize>, said: String| {
        Cause {
        code: "dns_tcp_blocked",
        title: "DNS over TCP is blocked".to_owned(),
        summary: "The DNS server cut its answer short and asked to be asked over TCP, and TCP to it does \
                  not work: long answers get lost."
            .to_owned(),
        // Two signals: the server's own mark on the short answer, and the end of the connect.
        confidence: Confidence::High,
        owner: Owner::Network,
        rows,
        evidence: vec![said],
        remedy: "Allow TCP 53 to the DNS server.".to_owned(),
        request: None,
    }
    };
    with_code(facts, Code::DnsTcpBlocked, cause)
}

/// The server refuses what the same server answers when it is told not to validate.
pub(in super::super) fn dnssec(facts: &Facts<'_>) -> Vec<Cause> {
    let cause = |rows: Vec<usize>, said: String| {
        Cause {
        code: "dnssec_fails",
        title: "The DNS server does not believe the signatures of some names".to_owned(),
        summary: "The DNS server fails for these names, and answers them when it is asked not to validate: \
                  the zone's signatures are at fault, or the server's clock or trust anchor is."
            .to_owned(),
        // Two signals: the failure, and the answer without validation.
        confidence: Confidence::High,
        owner: Owner::Dns,
        rows,
        evidence: vec![said],
        remedy: "Look at the server's clock and trust anchors.".to_owned(),
        request: None,
    }
    };
    with_code(facts, Code::DnsDnssecBogus, cause)
}

/// All rows with one code as one cause, with what the first of them said.
fn with_code(
    facts: &Facts<'_>,
    code: Code,
    cause: impl FnOnce(Vec<usize>, String) -> Cause,
) -> Vec<Cause> {
    let rows = facts.find(|row| row.check.code == Some(code));
    let Some(first) = rows.first() else {
        return Vec::new();
    };
    let said = facts.rows[*first].said();
    vec![cause(rows, said)]
}
