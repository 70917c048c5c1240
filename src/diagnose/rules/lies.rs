//! Causes in answers that lead astray: filters, missing names, and a system that says otherwise than the DNS server.

use std::collections::{BTreeMap, BTreeSet};

use super::super::argument::Argument;
use super::super::facts::{Facts, Row, list, owners};
use super::super::request::Wish;
use super::super::{Cause, has_code};
use super::names::{any_of, contradictions};
use crate::code::{Code, Owner};
use crate::finding::Verdict;
use crate::net::space;

/// Answers that a vendor's public name does not have.
const LIES: [Code; 5] = [
    Code::DnsSinkhole,
    Code::DnsBogon,
    Code::DnsNxdomain,
    Code::DnsNodata,
    Code::DnsOutsideBlock,
];

fn is_lied_to(row: &Row<'_>) -> bool {
    any_of(row, &LIES) && space::vendor(row.host()).is_some()
}

/// The zone that a name is in, as far as rules know zones: its last two labels.
fn zone(name: &str) -> String {
    let labels: Vec<&str> = name.rsplit('.').take(2).collect();
    labels.into_iter().rev().collect::<Vec<_>>().join(".")
}

/// Where a name leads by aliases, if that is out of its own zone.
fn alias<'a>(row: &Row<'a>) -> Option<&'a str> {
    let dns = row.check.stages.dns.as_ref()?;
    let last = dns.cname.last()?;
    (zone(last) != zone(row.host())).then_some(last)
}

/// Some names of one numbered pattern resolve and others do not: the filter judges what they are aliases of.
pub(in super::super) fn alias_filtered(facts: &Facts<'_>) -> Vec<Cause> {
    let is_range = |row: &Row<'_>| row.check.probe == "range";
    let lied = facts.find(|row| is_lied_to(row) && !is_range(row));
    let mut patterns: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for index in &lied {
        let row = &facts.rows[*index];
        patterns.entry(row.pattern()).or_default().push(*index);
    }
    let found: Vec<Aliases> = patterns
        .into_iter()
        .filter_map(|(pattern, rows)| argued(facts, &pattern, rows))
        .collect();
    // What only the other numbers show is no proof while names of other patterns are denied too.
    let all = found.iter().map(|one| one.rows.len()).sum::<usize>() == lied.len();
    let found = found.into_iter().filter(|one| one.shown || all);
    let mut argument = Argument::default();
    let mut rows = Vec::new();
    for one in found {
        rows.extend(one.rows);
        argument = argument.or(one.argument);
    }
    if rows.is_empty() {
        return Vec::new();
    }
    let rows = with_samples(facts, rows);
    let subject = facts.subject(&rows);
    vec![Cause {
        code: "dns_alias_filtered",
        title: format!("DNS filters what {subject} are aliases of"),
        summary: format!(
            "Some names of {subject} resolve and others do not, or the answer itself shows that an alias \
             is denied: the DNS server judges the names that they lead to, which are on a content network \
             and on filter lists by mistake, and not the vendor's own."
        ),
        confidence: argument.confidence(),
        owner: Owner::Dns,
        evidence: argument.lines(),
        rows,
        remedy: "Allow the names that the vendor's names are aliases of, with their whole zone, on the DNS \
                 filter."
            .to_owned(),
        request: Some(Wish::Resolve),
    }]
}

/// The denied names of one pattern.
struct Aliases {
    rows: Vec<usize>,
    argument: Argument,
    /// The answer itself shows the alias that is denied.
    shown: bool,
}

fn argued(facts: &Facts<'_>, pattern: &str, rows: Vec<usize>) -> Option<Aliases> {
    let denied: BTreeSet<String> = facts
        .each(&rows)
        .filter_map(|row| {
            let code = row.check.code?;
            Some(format!("{} leads to {}: {code}", row.host(), alias(row)?))
        })
        .collect();
    let resolve: BTreeSet<String> = facts
        .all
        .iter()
        .filter(|row| row.pattern() == pattern && row.host() != pattern && !is_lied_to(row))
        .filter_map(|row| Some(format!("{} resolves through {}", row.host(), alias(row)?)))
        .collect();
    if denied.is_empty() && resolve.is_empty() {
        return None;
    }
    let mut argument = Argument::default();
    argument.notes(facts.said(&rows));
    argument.signal_if(!denied.is_empty(), || list(denied.iter().take(2)));
    argument.signal_if(!resolve.is_empty(), || list(resolve.iter().take(2)));
    Some(Aliases {
        rows,
        argument,
        shown: !denied.is_empty(),
    })
}

/// Rows that could say nothing because their names were led astray belong to the same cause.
fn with_samples(facts: &Facts<'_>, mut rows: Vec<usize>) -> Vec<usize> {
    let lied = owners(facts.each(&rows));
    rows.extend(
        facts.find(|row| has_code(row, Code::InconclusiveSample) && lied.contains(&row.owner())),
    );
    rows
}

/// Vendors' public names have no address, or one that cannot be theirs.
pub(in super::super) fn filtered(facts: &Facts<'_>) -> Vec<Cause> {
    let rows = facts.find(is_lied_to);
    if rows.is_empty() {
        return Vec::new();
    }
    let mut argument = Argument::default();
    argument.notes(facts.said(&rows));
    for vendor in facts.vendors(&rows) {
        argument.signal(format!(
            "names of {vendor}, which the vendor publishes, are denied or led astray"
        ));
    }
    let impossible = facts
        .each(&rows)
        .any(|row| has_code(row, Code::DnsSinkhole) || has_code(row, Code::DnsBogon));
    argument.signal_if(impossible, || {
        "an answer is an address that no public host can have".to_owned()
    });
    for contradiction in contradictions(facts, &rows) {
        argument.signal(contradiction);
    }
    let rows = with_samples(facts, rows);
    vec![Cause {
        code: "dns_filtered",
        title: "DNS gives wrong answers for vendors' names".to_owned(),
        summary: format!(
            "The DNS server answers for {} with no address, or with one that is not the vendor's; a filter \
             or a local zone usually does that.",
            facts.subject(&rows)
        ),
        confidence: argument.confidence(),
        owner: Owner::Dns,
        evidence: argument.lines(),
        rows,
        remedy: "Have these names resolved as their owners publish them: look for a filter list, a response \
                 policy zone or a local zone on the DNS server."
            .to_owned(),
        request: Some(Wish::Resolve),
    }]
}

/// The organisation's own name has no address here, or one that leads nowhere.
pub(in super::super) fn missing(facts: &Facts<'_>) -> Vec<Cause> {
    let absent = [Code::DnsNxdomain, Code::DnsNodata, Code::DnsSinkhole];
    let groups = facts.group(|row| {
        let missing = any_of(row, &absent) && !row.check.expect.is_negative();
        missing.then(|| row.host().to_owned())
    });
    let cause = |(host, rows): (String, Vec<usize>)| {
        let mut argument = Argument::default();
        argument.signal(list(facts.said(&rows)));
        let sunk = |row: &Row<'_>| any_of(row, &[Code::DnsSinkhole]);
        let words = if facts.each(&rows).any(sunk) {
            led_nowhere(&host)
        } else {
            without_address(&host)
        };
        Cause {
            code: "name_missing",
            title: words.title,
            summary: words.summary,
            confidence: argument.confidence(),
            owner: Owner::Dns,
            evidence: argument.lines(),
            rows,
            remedy: words.remedy,
            request: None,
        }
    };
    groups.into_iter().map(cause).collect()
}

struct Words {
    title: String,
    summary: String,
    remedy: String,
}

fn without_address(host: &str) -> Words {
    Words {
        title: format!("DNS knows no address of {host}"),
        summary: format!(
            "The DNS server answers, and has no address for {host}: the name is misspelt, its record is \
             missing, or it is known to another DNS server only, such as the one inside the \
             organisation or outside it."
        ),
        remedy: format!(
            "Make a record for {host} on the DNS server that is asked here, if that is the name that \
             the Macs use."
        ),
    }
}

/// There is a record: whoever made one more would look in the wrong place.
fn led_nowhere(host: &str) -> Words {
    Words {
        title: format!("DNS leads {host} to an address that leads nowhere"),
        summary: format!(
            "The answer for {host} is an address at which nobody can be reached: a filter list or a \
             response policy zone answers so for names that it blocks, and so does a record or a line in \
             the hosts file that was meant to keep the name from being used."
        ),
        remedy: format!(
            "Take {host} off the filter list or the response policy zone of the DNS server that is asked \
             here, or mend its record; look at the hosts file of this machine too."
        ),
    }
}

/// The operating system leads elsewhere than the DNS server, and what it leads to does not work as it should.
pub(in super::super) fn system_differs(facts: &Facts<'_>) -> Vec<Cause> {
    let differs = |row: &Row<'_>| {
        let mut findings = row.check.findings.iter();
        findings.any(|one| one.code == Code::DnsSystemDiffers && one.verdict != Verdict::Pass)
    };
    let rows = facts.find(differs);
    if rows.is_empty() {
        return Vec::new();
    }
    let subject = facts.subject(&rows);
    let mut argument = Argument::default();
    let said: BTreeSet<&str> = facts
        .each(&rows)
        .flat_map(|row| &row.check.findings)
        .filter(|one| one.code == Code::DnsSystemDiffers)
        .map(|one| one.actual.as_str())
        .collect();
    argument.notes(said.into_iter().take(4).map(ToOwned::to_owned));
    for owner in owners(facts.each(&rows)) {
        argument.signal(format!("the system leads elsewhere for {owner}"));
    }
    let fail = facts
        .each(&rows)
        .any(|row| row.check.verdict == Verdict::Fail);
    argument.signal_if(fail, || "what it leads to does not work".to_owned());
    vec![Cause {
        code: "system_answers_differ",
        title: format!("This machine leads {subject} elsewhere than its DNS server"),
        summary: format!(
            "The operating system gives applications other addresses for {subject} than the configured DNS \
             server does: a line in the hosts file, a VPN's own resolver or an agent on this machine."
        ),
        confidence: argument.confidence(),
        owner: Owner::Device,
        evidence: argument.lines(),
        rows,
        remedy: "Look at the hosts file, the VPN and the security agents of this machine; other machines \
                 may be fine."
            .to_owned(),
        request: None,
    }]
}

/// The operating system's own look-up fails, with whatever error.
fn system_failed(row: &Row<'_>) -> bool {
    let dns = row.check.stages.dns.as_ref();
    let system = dns.and_then(|dns| dns.system.as_ref());
    system.is_some_and(|system| system.error.is_some())
}

/// The configured DNS server answers what the row asks.
fn wire_works(row: &Row<'_>) -> bool {
    let mut queries = row.check.stages.dns.iter().flat_map(|dns| &dns.queries);
    queries.any(|query| query.failure.is_none() && query.rcode.as_deref() == Some("NOERROR"))
}

/// The DNS server answers, and the operating system's own look-up does not.
pub(in super::super) fn system_fails(facts: &Facts<'_>) -> Vec<Cause> {
    let denied = [Code::DnsNxdomain, Code::DnsNodata];
    let rows = facts.find(|row| {
        let contradicted = any_of(row, &denied) && system_failed(row) && wire_works(row);
        has_code(row, Code::DnsSystemFailed) || contradicted
    });
    if rows.is_empty() {
        return Vec::new();
    }
    let answered = facts.each(&rows).any(wire_works);
    let mut argument = Argument::default();
    argument.notes(facts.said(&rows));
    argument.signal("the operating system's own look-up fails");
    argument.signal_if(answered, || {
        "the configured DNS server answers the same questions".to_owned()
    });
    vec![Cause {
        code: "system_resolver_broken",
        title: "This machine's own resolver is broken".to_owned(),
        summary: "The operating system cannot look up the names, though the DNS server that it is told to \
                  use answers them: applications on this machine reach nothing by name."
            .to_owned(),
        confidence: argument.confidence(),
        owner: Owner::Device,
        evidence: argument.lines(),
        rows,
        remedy: "Look at the resolver's own service on this machine.".to_owned(),
        request: None,
    }]
}
