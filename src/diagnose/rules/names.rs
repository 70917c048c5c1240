//! Causes in the look-up of names.

use std::collections::BTreeSet;

use super::super::Cause;
use super::super::facts::{Facts, Row, list};
use super::super::request::Wish;
use crate::code::{Code, Owner};
use crate::finding::Confidence;
use crate::net::{counted, space};

const FAILURES: [Code; 4] = [
    Code::DnsServfail,
    Code::DnsRefused,
    Code::DnsFormerr,
    Code::DnsNotimp,
];
const LIES: [Code; 4] = [
    Code::DnsSinkhole,
    Code::DnsBogon,
    Code::DnsNxdomain,
    Code::DnsOutsideBlock,
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
    let said = rows
        .first()
        .map(|index| facts.rows[*index].check.message.clone());
    vec![Cause {
        code: "resolver_silent",
        title: "No DNS server answers".to_owned(),
        summary: "No configured DNS server answered any question, so nothing that needs a name \
                  can work or be judged."
            .to_owned(),
        confidence: Confidence::Certain,
        owner: Owner::Dns,
        rows,
        evidence: [format!(
            "no answer from {silent} to any question within 3 s"
        )]
        .into_iter()
        .chain(said)
        .collect(),
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
    let said = list(
        rows.iter()
            .filter_map(|index| facts.rows[*index].check.code),
    );
    let server = list(servers(facts, true));
    vec![Cause {
        code: "resolver_failing",
        title: "The DNS server fails for every name".to_owned(),
        summary: "The DNS server answers, but with an error for every name that was asked."
            .to_owned(),
        confidence: Confidence::High,
        owner: Owner::Dns,
        evidence: [format!(
            "{server}: {said} for {}",
            counted(rows.len(), "row")
        )]
        .into_iter()
        .chain(contradictions(facts, &rows))
        .collect(),
        rows,
        remedy: format!(
            "Ask whoever runs {server} for its forwarders, its validation and its log."
        ),
        request: None,
    }]
}

/// Vendors' public names have no address, or one that cannot be theirs, while others resolve.
pub(in super::super) fn filtered(facts: &Facts<'_>) -> Vec<Cause> {
    let rows = facts.find(|row| any_of(row, &LIES) && space::vendor(row.host()).is_some());
    if rows.is_empty() {
        return Vec::new();
    }
    // Rows that could say nothing because their names were led astray belong to the same cause.
    let lied: BTreeSet<String> = rows
        .iter()
        .map(|index| facts.rows[*index].owner())
        .collect();
    let sample = facts.find(|row| {
        row.check.code == Some(Code::InconclusiveSample) && lied.contains(&row.owner())
    });
    let names = list(
        rows.iter()
            .map(|index| facts.rows[*index].host().to_owned()),
    );
    let count: BTreeSet<&str> = rows.iter().map(|index| facts.rows[*index].host()).collect();
    let contradicted = contradictions(facts, &rows);
    let confidence = if count.len() > 1 || !contradicted.is_empty() {
        Confidence::High
    } else {
        Confidence::Medium
    };
    let evidence = rows
        .iter()
        .take(4)
        .map(|index| facts.rows[*index].check.message.clone());
    vec![Cause {
        code: "dns_filtered",
        title: "DNS gives wrong answers for vendors' names".to_owned(),
        summary: format!(
            "The DNS server answers for {names} with no address, or with one that is not the \
             vendor's; a filter or a local zone usually does that."
        ),
        confidence,
        owner: Owner::Dns,
        evidence: evidence.chain(contradicted).collect(),
        rows: [rows, sample].concat(),
        remedy: "Have these names resolved as their owners publish them: look for a filter list, \
                 a response policy zone or a local zone on the DNS server."
            .to_owned(),
        request: Some(Wish::Resolve),
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
        confidence: Confidence::Certain,
        owner: Owner::Dns,
        rows,
        evidence: vec![said],
        remedy: "Repair that server, or take it out of the configuration that clients get."
            .to_owned(),
        request: None,
    };
    with_code(facts, Code::DnsServerSilent, cause)
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
    let said = facts.rows[*first].check.message.clone();
    vec![cause(rows, said)]
}
