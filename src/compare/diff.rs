//! What has changed between two reports of the same requirement: "what is different since it worked".
//!
//! Rows are matched by their ids; their order does not matter.

use std::collections::BTreeMap;
use std::net::IpAddr;

use jiff::Timestamp;
use serde::Serialize;

use crate::finding::Verdict;
use crate::net::space::is_neighbour;
use crate::report::{Check, Report, UsedProfile};

/// Below this difference a longer time is noise.
const NOISE_MS: f64 = 50.0;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Changes {
    pub schema: &'static str,
    pub old: Side,
    pub new: Side,
    /// What the reader should know before the changes: that the two can hardly be compared.
    pub remarks: Vec<String>,
    pub changes: Vec<Change>,
}

/// One of the two reports.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Side {
    pub run: String,
    pub started: String,
    pub hostname: String,
    /// Name and version of each.
    pub profiles: Vec<String>,
    pub verdict: Verdict,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    pub kind: Kind,
    /// `prerequisite/check`.
    pub id: String,
    pub before: String,
    pub after: String,
    /// Such things change by themselves all the time; shown only on request.
    pub minor: bool,
}

/// In the order in which a reader wants them.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    NewFailure,
    Worse,
    ChangedCause,
    IssuerChanged,
    BlockChanged,
    Slower,
    Fixed,
    Better,
    Added,
    Removed,
    AddressChanged,
}

impl Kind {
    pub const fn words(self) -> &'static str {
        match self {
            Self::NewFailure => "new failure",
            Self::Worse => "worse",
            Self::ChangedCause => "changed cause",
            Self::IssuerChanged => "issuer changed",
            Self::BlockChanged => "vendor block changed",
            Self::Slower => "slower",
            Self::Fixed => "fixed",
            Self::Better => "better",
            Self::Added => "added",
            Self::Removed => "removed",
            Self::AddressChanged => "address changed",
        }
    }
}

impl Changes {
    pub fn has_new_failure(&self) -> bool {
        self.changes
            .iter()
            .any(|change| change.kind == Kind::NewFailure)
    }
}

/// Compares two reports; a check that takes `slower` times as long as before is one of the changes.
pub fn diff(old: &Report, new: &Report, slower: f64) -> Changes {
    let (before, after) = (rows(old), rows(new));
    let mut changes = Vec::new();
    for (id, check) in &after {
        match before.get(id) {
            Some(earlier) => compare(id, earlier, check, slower, &mut changes),
            None if check.verdict == Verdict::Fail => {
                changes.push(change(Kind::NewFailure, id, "not asked", &state(check)));
            }
            None => changes.push(change(Kind::Added, id, "not asked", &state(check))),
        }
    }
    for (id, check) in &before {
        if !after.contains_key(id) {
            changes.push(change(Kind::Removed, id, &state(check), "not asked"));
        }
    }
    changes.sort_by(|a, b| (a.kind, &a.id).cmp(&(b.kind, &b.id)));
    let (old, new) = (side(old), side(new));
    Changes {
        schema: "mdm-preflight/diff/1",
        remarks: remarks(&old, &new),
        old,
        new,
        changes,
    }
}

fn remarks(old: &Side, new: &Side) -> Vec<String> {
    let mut remarks = Vec::new();
    if old.profiles != new.profiles {
        remarks.push(format!(
            "the profiles differ: {} before, {} now",
            old.profiles.join(", "),
            new.profiles.join(", ")
        ));
    }
    let time = |side: &Side| side.started.parse::<Timestamp>().ok();
    if let (Some(before), Some(after)) = (time(old), time(new))
        && before > after
    {
        remarks
            .push("the first report is the later one: are the two in the wrong order?".to_owned());
    }
    remarks
}

fn rows(report: &Report) -> BTreeMap<String, &Check> {
    report
        .checks()
        .map(|(prerequisite, check)| (format!("{}/{}", prerequisite.id, check.id), check))
        .collect()
}

fn side(report: &Report) -> Side {
    Side {
        run: report.run.id.clone(),
        started: report.run.started.clone(),
        hostname: report.vantage.hostname.clone(),
        profiles: report.profiles.iter().map(UsedProfile::release).collect(),
        verdict: report.verdict,
    }
}

fn change(kind: Kind, id: &str, before: &str, after: &str) -> Change {
    Change {
        kind,
        id: id.to_owned(),
        before: before.to_owned(),
        after: after.to_owned(),
        minor: kind == Kind::AddressChanged,
    }
}

/// The verdict, with the code where there is one.
fn state(check: &Check) -> String {
    match check.code {
        Some(code) => format!("{} [{code}]", check.verdict),
        None => check.verdict.to_string(),
    }
}

fn compare(id: &str, old: &Check, new: &Check, slower: f64, changes: &mut Vec<Change>) {
    let mut push = |kind, before: &str, after: &str| changes.push(change(kind, id, before, after));
    if let Some(kind) = turn(old, new) {
        push(kind, &state(old), &state(new));
    }
    if let (Some(before), Some(after)) = (issuer(old), issuer(new))
        && organisation(before) != organisation(after)
    {
        push(Kind::IssuerChanged, before, after);
    }
    if let Some((kind, before, after)) = moved(old, new) {
        push(kind, &before, &after);
    }
    let works = |check: &Check| matches!(check.verdict, Verdict::Pass | Verdict::Degraded);
    let (before, after) = (ms(old), ms(new));
    if works(old) && works(new) && after > before * slower && after - before > NOISE_MS {
        push(
            Kind::Slower,
            &format!("{before:.0} ms"),
            &format!("{after:.0} ms"),
        );
    }
}

/// How the verdict or its reason went from one to the other.
fn turn(old: &Check, new: &Check) -> Option<Kind> {
    let works = |check: &Check| matches!(check.verdict, Verdict::Pass | Verdict::Degraded);
    match (old.verdict, new.verdict) {
        (Verdict::Fail, Verdict::Fail) => (old.code != new.code).then_some(Kind::ChangedCause),
        (_, Verdict::Fail) => Some(Kind::NewFailure),
        (Verdict::Fail, _) if works(new) => Some(Kind::Fixed),
        (Verdict::Skipped, Verdict::Skipped) => None,
        (Verdict::Skipped, _) => Some(Kind::Added),
        (_, Verdict::Skipped) => Some(Kind::Removed),
        (before, after) if before.rank() < after.rank() => Some(Kind::Worse),
        (before, after) if before.rank() > after.rank() => Some(Kind::Better),
        (Verdict::Pass, _) => None,
        _ => (old.code != new.code).then_some(Kind::ChangedCause),
    }
}

fn issuer(check: &Check) -> Option<&str> {
    let chain = &check.stages.tls.as_deref()?.seen.chain;
    Some(chain.first()?.issuer.as_str())
}

/// Large authorities sign with many intermediates in turn: what counts is whose they are.
fn organisation(issuer: &str) -> &str {
    issuer
        .split(", ")
        .find_map(|part| part.strip_prefix("O="))
        .unwrap_or(issuer)
}

/// Whether the name's addresses left their blocks, or only moved within them.
fn moved(old: &Check, new: &Check) -> Option<(Kind, String, String)> {
    let (before, after) = (addresses(old), addresses(new));
    let same_family = |a: &IpAddr, b: &IpAddr| a.is_ipv4() == b.is_ipv4();
    let comparable: Vec<(&IpAddr, &IpAddr)> = before
        .iter()
        .flat_map(|a| after.iter().map(move |b| (a, b)))
        .filter(|(a, b)| same_family(a, b))
        .collect();
    if comparable.is_empty() || before == after {
        return None;
    }
    let near = comparable.iter().any(|(a, b)| is_neighbour(**a, **b));
    let kind = if near {
        Kind::AddressChanged
    } else {
        Kind::BlockChanged
    };
    let list = |all: &[IpAddr]| {
        let words: Vec<String> = all.iter().map(ToString::to_string).collect();
        words.join(", ")
    };
    Some((kind, list(&before), list(&after)))
}

fn addresses(check: &Check) -> Vec<IpAddr> {
    let mut all: Vec<IpAddr> = match &check.stages.dns {
        Some(dns) => dns.addresses.iter().map(|answer| answer.address).collect(),
        None => check.addresses.iter().map(|one| one.address).collect(),
    };
    all.sort_unstable();
    all.dedup();
    all
}

fn ms(check: &Check) -> f64 {
    check.stages.times().values().sum()
}
