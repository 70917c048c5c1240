//! One root cause behind many rows: rules over what all rows of a run have seen, as pure functions.

use crate::code::{Code, Owner};
use crate::finding::{Confidence, Diagnosis, Verdict};
use crate::report::{Check, Prerequisite, Vantage};

/// A rule: the rows of a run in, a cause with the rows it explains out.
type Rule = fn(&[Prerequisite], &Vantage) -> Option<Diagnosis>;

/// In the order in which they claim rows.
const RULES: &[Rule] = &[offline, resolver_silent];

/// The causes that the rules find; each row that one explains points to it.
pub fn diagnose(prerequisites: &mut [Prerequisite], vantage: &Vantage) -> Vec<Diagnosis> {
    let mut found = Vec::new();
    for rule in RULES {
        let Some(diagnosis) = rule(prerequisites, vantage) else {
            continue;
        };
        for prerequisite in &mut *prerequisites {
            for check in &mut prerequisite.checks {
                let id = format!("{}/{}", prerequisite.id, check.id);
                if check.explained_by.is_none() && diagnosis.affects.contains(&id) {
                    check.explained_by = Some(diagnosis.id.clone());
                }
            }
        }
        found.push(diagnosis);
    }
    found
}

fn rows_with(prerequisites: &[Prerequisite], wanted: impl Fn(&Check) -> bool) -> Vec<String> {
    let mut ids = Vec::new();
    for prerequisite in prerequisites {
        let checks = prerequisite.checks.iter().filter(|check| wanted(check));
        ids.extend(checks.map(|check| format!("{}/{}", prerequisite.id, check.id)));
    }
    ids
}

/// Nothing was asked, since the machine is on no network.
fn offline(prerequisites: &[Prerequisite], vantage: &Vantage) -> Option<Diagnosis> {
    let affects = rows_with(prerequisites, |check| check.code == Some(Code::NetOffline));
    if affects.is_empty() {
        return None;
    }
    let addresses: Vec<String> = vantage.addresses.iter().map(ToString::to_string).collect();
    Some(Diagnosis {
        id: "net_offline".to_owned(),
        code: "net_offline".to_owned(),
        title: "This machine is on no network".to_owned(),
        confidence: Confidence::Certain,
        owner: Owner::Device,
        affects,
        evidence: vec![
            format!(
                "addresses: {}",
                if addresses.is_empty() {
                    "none".to_owned()
                } else {
                    addresses.join(", ")
                }
            ),
            "no default route and no route to a resolver".to_owned(),
        ],
        remedy: "Connect this machine to the network under test and run again.".to_owned(),
        change_request: None,
    })
}

/// Every look-up on the wire went unanswered, at every configured server.
fn resolver_silent(prerequisites: &[Prerequisite], _: &Vantage) -> Option<Diagnosis> {
    let silent =
        |check: &Check| check.code == Some(Code::DnsTimeout) && check.verdict == Verdict::Fail;
    let mut servers: Vec<String> = Vec::new();
    for check in prerequisites.iter().flat_map(|p| &p.checks) {
        let queries = check.stages.dns.iter().flat_map(|dns| &dns.queries);
        for query in queries {
            match query.failure.as_ref().map(|failure| failure.code) {
                Some(Code::DnsTimeout) => servers.push(query.resolver.to_string()),
                _ => return None,
            }
        }
    }
    let affects = rows_with(prerequisites, silent);
    if affects.is_empty() || servers.is_empty() {
        return None;
    }
    servers.sort();
    servers.dedup();
    Some(Diagnosis {
        id: "resolver_silent".to_owned(),
        code: "resolver_silent".to_owned(),
        title: "No DNS server answers".to_owned(),
        confidence: Confidence::Certain,
        owner: Owner::Dns,
        affects,
        evidence: vec![format!(
            "no answer from {} to any question within 3 s",
            servers.join(", ")
        )],
        remedy: format!(
            "Have the DNS servers {} answer this machine, or give it others; nothing else can be told before.",
            servers.join(", ")
        ),
        change_request: None,
    })
}
