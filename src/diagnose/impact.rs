//! What a cause does to managed Macs, and what it leaves alone: made of the rows that it explains and of those that work.

use std::collections::BTreeSet;

use super::facts::Row;
use crate::finding::{Impact, Verdict};
use crate::profile::Severity;
use crate::report::Prerequisite;

/// What an administrator's Macs do over the network.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Function {
    Push,
    CheckIn,
    Enrolment,
    Compliance,
    Software,
}

impl Function {
    const ALL: [Self; 5] = [
        Self::Push,
        Self::CheckIn,
        Self::Enrolment,
        Self::Compliance,
        Self::Software,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::CheckIn => "check-in with Jamf Pro",
            Self::Enrolment => "enrolment",
            Self::Compliance => "compliance",
            Self::Software => "apps and updates",
        }
    }

    /// What becomes of Macs without it.
    const fn lost(self) -> &'static str {
        match self {
            Self::Push => {
                "push: no Mac learns that a command, a profile or a wipe waits for it until it asks by itself"
            }
            Self::CheckIn => {
                "check-in with Jamf Pro: no policy runs, no inventory arrives, and after 24 hours a Mac counts as unresponsive"
            }
            Self::Enrolment => "enrolment: new and erased Macs do not become managed",
            Self::Compliance => {
                "compliance: Macs cannot register or report, so Conditional Access keeps their users out"
            }
            Self::Software => "apps and updates: what Macs are told to install does not arrive",
        }
    }
}

/// Which functions the built-in prerequisites serve, by how their ids begin; the first line that fits counts. Those of
/// other profiles speak for themselves, by their titles.
const SERVES: &[(&str, &[Function])] = &[
    ("apple.push.", &[Function::Push]),
    ("apple.enrollment.", &[Function::Enrolment]),
    ("apple.attestation", &[Function::Enrolment]),
    ("apple.server.", &[Function::Enrolment]),
    ("apple.update.", &[Function::Software]),
    ("apple.apps.", &[Function::Software]),
    ("apple.sso.", &[Function::Compliance]),
    ("entra.", &[Function::Compliance]),
    ("intune.content", &[Function::Software]),
    ("intune.company-portal.", &[Function::Software]),
    ("intune.", &[Function::Compliance]),
    ("jamf.cloud.", &[Function::Software]),
    ("jamf.version", &[Function::Compliance]),
    // What is lost depends on the notification, and its own words say it.
    ("jamf.notifications", &[]),
    // What coming systems will refuse, today's do not.
    ("jamf.tls", &[]),
    ("jamf.", &[Function::CheckIn, Function::Enrolment]),
];

fn served(prerequisite: &Prerequisite) -> &'static [Function] {
    let fits = |line: &&(&str, &'static [Function])| prerequisite.id.starts_with(line.0);
    SERVES.iter().find(fits).map_or(&[], |line| line.1)
}

/// A prerequisite that counts, and the worst that the cause did to a row of it, if anything.
struct Share<'a> {
    prerequisite: &'a Prerequisite,
    touched: Option<Verdict>,
}

impl Share<'_> {
    /// What the cause leaves of it: a group that has a fallback stands better than its worst row.
    fn left(&self) -> Verdict {
        let worst = match (self.touched, self.prerequisite.severity) {
            (None, _) => return self.prerequisite.verdict,
            (Some(Verdict::Fail), Severity::Recommended) => Verdict::Degraded,
            (Some(worst), _) => worst,
        };
        if self.prerequisite.verdict.rank() < worst.rank() {
            self.prerequisite.verdict
        } else {
            worst
        }
    }
}

pub(super) fn of(rows: &[&Row<'_>], all: &[Row<'_>]) -> Impact {
    let shares = shares(rows, all);
    let mut impact = Impact::default();
    for function in Function::ALL {
        let own: Vec<&Share<'_>> = shares
            .iter()
            .filter(|share| served(share.prerequisite).contains(&function))
            .collect();
        tell(function, &own, &mut impact);
    }
    for share in shares
        .iter()
        .filter(|share| served(share.prerequisite).is_empty())
    {
        let list = match (share.touched, share.left()) {
            (Some(_), Verdict::Fail) => &mut impact.breaks,
            (Some(_), Verdict::Degraded) => &mut impact.weakens,
            (Some(_), Verdict::Inconclusive) => &mut impact.unknown,
            (_, Verdict::Pass) => &mut impact.works,
            _ => continue,
        };
        let prerequisite = share.prerequisite;
        list.push(format!("{} ({})", prerequisite.title, prerequisite.id));
    }
    impact
}

fn shares<'a>(rows: &[&Row<'a>], all: &[Row<'a>]) -> Vec<Share<'a>> {
    let affected: BTreeSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let mut shares: Vec<Share<'a>> = Vec::new();
    for row in all
        .iter()
        .filter(|row| row.prerequisite.severity != Severity::Informational)
    {
        let touched = affected
            .contains(row.id.as_str())
            .then_some(row.check.verdict);
        let known = shares
            .iter_mut()
            .find(|share| std::ptr::eq(share.prerequisite, row.prerequisite));
        match known {
            Some(share) => {
                let both = share.touched.into_iter().chain(touched);
                share.touched = both.max_by_key(|verdict| verdict.rank());
            }
            None => shares.push(Share {
                prerequisite: row.prerequisite,
                touched,
            }),
        }
    }
    shares
}

fn tell(function: Function, own: &[&Share<'_>], impact: &mut Impact) {
    let touched: Vec<&&Share<'_>> = own.iter().filter(|share| share.touched.is_some()).collect();
    if touched.is_empty() {
        let works = |share: &&Share<'_>| share.left() == Verdict::Pass;
        if !own.is_empty() && own.iter().all(works) {
            impact.works.push(function.name().to_owned());
        }
        return;
    }
    let worst = Verdict::worst(touched.iter().map(|share| share.left()));
    let of_worst = || touched.iter().filter(|share| share.left() == worst);
    let ids: Vec<&str> = of_worst()
        .map(|share| share.prerequisite.id.as_str())
        .collect();
    let ids = ids.join(", ");
    match worst {
        Verdict::Fail => impact.breaks.push(format!("{} ({ids})", function.lost())),
        Verdict::Degraded => {
            let mut reasons = of_worst().map(|share| share.prerequisite.reason.as_str());
            let reason = reasons.find(|reason| !reason.is_empty()).unwrap_or(&ids);
            let name = function.name();
            impact.weakens.push(format!(
                "{name}, which works, but not as it should: {reason}"
            ));
        }
        Verdict::Inconclusive => impact.unknown.push(format!("{} ({ids})", function.name())),
        Verdict::Pass | Verdict::Skipped => impact.works.push(function.name().to_owned()),
    }
}
