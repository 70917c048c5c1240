//! One root cause behind many rows: small rules over what all rows of a run have seen, as pure functions.
//!
//! A rule sees observations only, never the name of a profile or a prerequisite. The first rule that
//! claims a row explains it; a row that none claims stays visible as such.

mod argument;
mod beside;
mod facts;
mod impact;
mod merges;
mod reach;
mod reasoning;
mod request;
mod rules;
mod telling;
mod vocabulary;

use std::collections::{BTreeMap, BTreeSet};

use crate::code::{Code, Owner};
use crate::finding::{Confidence, Diagnosis, Verdict};
use crate::report::{Prerequisite, Vantage};
use facts::{Facts, Row};

pub use merges::{MERGES, Merge, One, merge_of};
pub use reasoning::reasoning;
pub use vocabulary::{MEANINGS, Meaning, meaning};

/// When and how the run was asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked<'a> {
    pub started: &'a str,
    /// As `run.arguments` of the report has them.
    pub arguments: &'a [String],
}

/// What a rule says of the rows it explains; the rest of a diagnosis is made of them.
struct Cause {
    code: &'static str,
    title: String,
    /// One paragraph in plain words.
    summary: String,
    confidence: Confidence,
    owner: Owner,
    rows: Vec<usize>,
    evidence: Vec<String>,
    remedy: String,
    /// Whether a change of rules on the network mends it, and which.
    request: Option<request::Wish>,
}

/// A rule: the rows that nothing has explained yet in, causes out.
type Rule = fn(&Facts<'_>) -> Vec<Cause>;

/// In the order in which they claim rows: what explains later stages comes first.
const RULES: &[Rule] = &[
    rules::local::offline,
    rules::servers::unreachable,
    rules::http::captive_portal,
    rules::names::resolver_silent,
    rules::names::resolver_failing,
    rules::lies::system_fails,
    rules::lies::system_differs,
    rules::names::dnssec,
    rules::names::tcp_blocked,
    rules::lies::alias_filtered,
    rules::lies::filtered,
    rules::lies::missing,
    rules::servers::differ,
    rules::names::one_server_silent,
    rules::names::one_family,
    rules::names::udp_blocked,
    rules::local::network_privacy,
    rules::local::family_missing,
    rules::local::policy,
    rules::proxies::no_pac,
    rules::proxy_addresses::differ,
    rules::proxies::proxies,
    rules::proxies::tunnels,
    rules::proxies::http2_lost,
    rules::way_out::by_proxy_only,
    rules::tls::inspection,
    rules::tcp::rejected,
    rules::tcp::ipv6_broken,
    rules::tcp::transparent_proxy,
    rules::unreachable::host_down,
    rules::unreachable::route_missing,
    rules::silence::nothing_gets_out,
    rules::silence::port_filtered,
    rules::partly::name_object,
    rules::partly::narrow,
    rules::silence::destination_filtered,
    rules::tcp::loops,
    rules::rare::protocol_refused,
    rules::partly::member_fails,
    rules::refusals::resets,
    rules::refusals::refused,
    rules::refusals::open,
    rules::rare::uneven,
    rules::tls::name_filtered,
    rules::tls::hello_lost,
    rules::tls::large_hello_lost,
    rules::idle::forgotten,
    rules::tls::broken_on_way,
    rules::tls::stalled,
    rules::clock::clock,
    rules::tls::certificate,
    rules::http::block_page,
    rules::time::blocked,
    rules::time::forged,
    rules::time::server_fault,
    rules::http::tenant,
    rules::jamf::state,
    rules::jamf::transport,
    rules::identity::told,
    rules::device::state,
    rules::device::push,
    rules::http::outage,
    rules::http::trouble,
];

/// What came of looking for causes.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Reasoned {
    /// Ordered by how many rows each explains.
    pub diagnoses: Vec<Diagnosis>,
    /// The rows in trouble that no rule explains, as `prerequisite/check`.
    pub unexplained: Vec<String>,
}

/// The causes that the rules find; each row that one explains points to it.
pub fn diagnose(
    prerequisites: &mut [Prerequisite],
    vantage: &Vantage,
    asked: Asked<'_>,
) -> Reasoned {
    let mut found = Vec::new();
    let mut explained = BTreeMap::new();
    let beside = beside::ways(prerequisites);
    let mut facts = Facts::of(prerequisites, vantage).with(prerequisites, &beside);
    for rule in RULES {
        let mut claimed = BTreeSet::new();
        for mut cause in rule(&facts) {
            // Two causes of one rule may both want a row: it goes to the first.
            cause
                .rows
                .retain(|row| !claimed.contains(&facts.rows[*row].key()));
            if cause.rows.is_empty() {
                continue;
            }
            claimed.extend(cause.rows.iter().map(|row| facts.rows[*row].key()));
            // A row that has several proxies at fault points to the cause that decides it.
            let decided = facts.each(&cause.rows).filter(|row| row.beside.is_none());
            explained.extend(decided.map(|row| (row.id.clone(), found.len())));
            let rows: Vec<&Row<'_>> = facts.in_order(&cause.rows);
            provisional(&mut cause, &rows);
            found.push(telling::told(&cause, &rows, &facts.all, vantage, asked));
        }
        facts.rows.retain(|row| !claimed.contains(&row.key()));
    }
    let unexplained = facts.unexplained();
    number(&mut found);
    point(prerequisites, &explained, &found);
    Reasoned {
        diagnoses: in_order(found, &explained),
        unexplained,
    }
}

/// What rests on silence alone, and on a short one, is not argued as firmly as what was waited for.
fn provisional(cause: &mut Cause, rows: &[&Row<'_>]) {
    if rows.iter().all(|row| row.check.provisional) {
        cause.confidence = cause.confidence.min(Confidence::Medium);
        cause.evidence.push(
            "provisional: no row was waited for to its end, and a later answer may say more"
                .to_owned(),
        );
    }
}

/// Lets each row point to the cause that explains it.
fn point(
    prerequisites: &mut [Prerequisite],
    explained: &BTreeMap<String, usize>,
    found: &[Diagnosis],
) {
    for prerequisite in prerequisites {
        for check in &mut prerequisite.checks {
            let id = format!("{}/{}", prerequisite.id, check.id);
            if let Some(cause) = explained.get(&id) {
                check.explained_by = Some(found[*cause].id.clone());
            }
        }
    }
}

/// By how many rows each explains: those that it decides come before those that it has a part in.
fn in_order(found: Vec<Diagnosis>, explained: &BTreeMap<String, usize>) -> Vec<Diagnosis> {
    let mut counted: Vec<(usize, Diagnosis)> = found
        .into_iter()
        .enumerate()
        .map(|(index, diagnosis)| {
            let decided = explained.values().filter(|cause| **cause == index);
            (decided.count(), diagnosis)
        })
        .collect();
    counted
        .sort_by_key(|(decided, diagnosis)| std::cmp::Reverse((*decided, diagnosis.affects.len())));
    counted
        .into_iter()
        .map(|(_, diagnosis)| diagnosis)
        .collect()
}

/// Identifiers that are unique in a report: the code, and a number where a code stands twice.
fn number(found: &mut [Diagnosis]) {
    let codes: Vec<String> = found
        .iter()
        .map(|diagnosis| diagnosis.code.clone())
        .collect();
    for (index, diagnosis) in found.iter_mut().enumerate() {
        let earlier = codes[..index]
            .iter()
            .filter(|code| **code == diagnosis.code)
            .count();
        diagnosis.id = match earlier {
            0 => diagnosis.code.clone(),
            more => format!("{}-{}", diagnosis.code, more + 1),
        };
    }
}

/// Whether a row could not be tested for a reason of this run's own: nothing that a cause could explain.
const fn is_untested(code: Code) -> bool {
    matches!(
        code,
        Code::InconclusiveDeadline
            | Code::InconclusiveInterrupted
            | Code::InconclusiveControl
            | Code::InconclusiveVariable
            | Code::InconclusiveFamily
            | Code::InconclusiveHold
            | Code::TlsIdleClosed
            | Code::LocalSourceUnusable
            | Code::LocalDescriptors
            | Code::LocalInternal
            | Code::ProxyNotTried
            | Code::DeviceToolFailed
            | Code::DeviceOutputUnknown
    )
}

/// Whether a row is in trouble that a cause could explain.
const fn is_trouble(verdict: Verdict) -> bool {
    matches!(
        verdict,
        Verdict::Fail | Verdict::Degraded | Verdict::Inconclusive
    )
}

/// The code of one way in which an observation fell short, for rules that look below the deciding one.
fn has_code(row: &Row<'_>, code: Code) -> bool {
    row.check.code == Some(code)
}
