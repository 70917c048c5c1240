//! What a cause does to managed Macs, and what it leaves alone: made of the rows that it explains and of those that work.

use std::collections::BTreeSet;

use super::facts::{Row, sentence};
use crate::code::{Code, Stage};
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
    Clock,
    ComingSystems,
    ThisMac,
}

impl Function {
    const ALL: [Self; 8] = [
        Self::Push,
        Self::CheckIn,
        Self::Enrolment,
        Self::Compliance,
        Self::Software,
        Self::Clock,
        Self::ComingSystems,
        Self::ThisMac,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::CheckIn => "check-in with Jamf Pro",
            Self::Enrolment => "enrolment",
            Self::Compliance => "compliance",
            Self::Software => "apps and updates",
            Self::Clock => "the Macs' clocks",
            Self::ComingSystems => "coming versions of macOS",
            Self::ThisMac => "this Mac",
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
            Self::Clock => {
                "the Macs' clocks: one that drifts by more than five minutes can no longer sign in"
            }
            Self::ComingSystems => "coming versions of macOS: they may refuse this server",
            Self::ThisMac => "this Mac: it stays out, whatever the network lets through",
        }
    }

    /// Whether a reader asks for it when something else is broken.
    const fn is_work(self) -> bool {
        !matches!(self, Self::Clock | Self::ComingSystems | Self::ThisMac)
    }
}

/// Which functions the built-in rows serve, by how `prerequisite/check` begins; the first line that fits counts. Those
/// of other profiles speak for themselves, by their titles.
const SERVES: &[(&str, &[Function])] = &[
    ("apple.push.", &[Function::Push]),
    ("apple.enrollment.", &[Function::Enrolment]),
    ("apple.attestation", &[Function::Enrolment]),
    ("apple.server.", &[Function::Enrolment]),
    ("apple.update.", &[Function::Software]),
    ("apple.apps.", &[Function::Software]),
    ("apple.sso.", &[Function::Compliance]),
    ("apple.time", &[Function::Clock]),
    ("entra.", &[Function::Compliance]),
    ("intune.content", &[Function::Software]),
    ("intune.company-portal.", &[Function::Software]),
    ("intune.", &[Function::Compliance]),
    ("jamf.cloud.", &[Function::Software]),
    ("jamf.version", &[Function::Compliance]),
    ("jamf.notifications/apple", &[Function::Push]),
    ("jamf.notifications/push-certificate", &[Function::Push]),
    (
        "jamf.notifications/certificates",
        &[Function::Enrolment, Function::Software],
    ),
    ("jamf.notifications/", &[Function::Compliance]),
    ("jamf.tls", &[Function::ComingSystems]),
    // What Jamf Pro does not hear of a Mac, it cannot tell Intune.
    (
        "jamf.",
        &[Function::CheckIn, Function::Enrolment, Function::Compliance],
    ),
    ("mac.", &[Function::ThisMac]),
];

/// Rows that read what a service knows: only what they learn counts, not the way there, which other rows ask.
const READINGS: [&str; 4] = [
    "entra.app/",
    "intune.connector/",
    "jamf.notifications/",
    "jamf.version",
];

fn served(id: &str) -> &'static [Function] {
    let fits = |line: &&(&str, &'static [Function])| id.starts_with(line.0);
    SERVES.iter().find(fits).map_or(&[], |line| line.1)
}

fn is_reading(row: &Row<'_>) -> bool {
    READINGS.iter().any(|reading| row.id.starts_with(reading))
}

/// What the cause did to what the row stands for; nothing, if it could not be read and no more than that is known.
fn done(row: &Row<'_>) -> Option<Verdict> {
    let untold = match row.check.code {
        Some(
            Code::GraphRefused
            | Code::GraphUnexpected
            | Code::EntraUnexpected
            | Code::JamfClientRefused
            | Code::JamfTokenRefused
            | Code::JamfUnexpected,
        ) => true,
        // What coming systems refuse is seen in a handshake that today's accept.
        Some(code) if row.id.starts_with("jamf.tls/") => code != Code::TlsBelowAts,
        Some(code) => {
            is_reading(row) && (code.stage() != Stage::App || code == Code::EntraNotGenuine)
        }
        None => false,
    };
    (!untold).then_some(row.check.verdict)
}

/// The rows of a prerequisite that counts and that serve the same; and the worst that the cause did to one, if anything.
struct Share<'a> {
    prerequisite: &'a Prerequisite,
    serves: &'static [Function],
    rows: Vec<&'a Row<'a>>,
    touched: Option<(Verdict, &'a Row<'a>)>,
    is_reading: bool,
}

impl<'a> Share<'a> {
    /// A group that has a fallback stands better than its worst row; rows that serve something of their own stand alone.
    fn standing(&self) -> Verdict {
        let ran = self.prerequisite.checks.iter();
        let ran = ran.filter(|check| check.verdict != Verdict::Skipped);
        if self.rows.len() == ran.count() {
            return self.prerequisite.verdict;
        }
        Verdict::worst(self.rows.iter().map(|row| row.check.verdict))
    }

    /// What the cause leaves of it.
    fn left(&self) -> Verdict {
        let worst = match (self.touched, self.prerequisite.severity) {
            (None, _) => return self.standing(),
            (Some((Verdict::Fail, _)), Severity::Recommended) => Verdict::Degraded,
            (Some((worst, _)), _) => worst,
        };
        let standing = self.standing();
        if standing.rank() < worst.rank() {
            standing
        } else {
            worst
        }
    }

    /// Why it works and not as it should, and by which code: in the words of the prerequisite, where one row does not say
    /// it all.
    fn reason(&self) -> (Option<Code>, String) {
        let (code, said) = match self.touched {
            Some((verdict, row)) if verdict == self.left() => {
                (row.check.code, row.check.message.as_str())
            }
            _ => (None, self.prerequisite.reason.as_str()),
        };
        // What follows is for whoever looks into it, and stands with the evidence.
        let said = said.split(';').next().unwrap_or_default();
        (code, said.to_owned())
    }

    fn is_first(&self, other: &Row<'a>) -> bool {
        std::ptr::eq(self.prerequisite, other.prerequisite) && self.serves == served(&other.id)
    }
}

/// What is weakened for one reason: the code, or else the words.
struct Weak {
    code: Option<Code>,
    reason: String,
    functions: Vec<&'static str>,
}

pub(super) fn of(rows: &[&Row<'_>], all: &[Row<'_>]) -> Impact {
    let shares = shares(rows, all);
    let mut impact = Impact::default();
    let mut weak = Vec::new();
    for function in Function::ALL {
        let own: Vec<&Share<'_>> = shares
            .iter()
            .filter(|share| share.serves.contains(&function))
            .collect();
        tell(function, &own, &mut impact, &mut weak);
    }
    for one in weak {
        let line = format!("{}: {}", sentence(&one.functions), one.reason);
        impact.weakens.push(line);
    }
    others(&shares, &mut impact);
    unread(rows, &mut impact);
    impact
}

/// Where nothing else is said of the cause, what could not be read.
fn unread(rows: &[&Row<'_>], impact: &mut Impact) {
    if !(impact.breaks.is_empty() && impact.weakens.is_empty() && impact.unknown.is_empty()) {
        return;
    }
    let counted = rows
        .iter()
        .map(|row| row.prerequisite)
        .filter(|one| one.severity != Severity::Informational);
    let names: BTreeSet<String> = counted
        .map(|one| format!("{} ({})", one.title, one.id))
        .collect();
    impact.unknown.extend(names);
}

/// What a profile of the organisation's own asks for, by its titles.
fn others(shares: &[Share<'_>], impact: &mut Impact) {
    let alone = shares.iter().all(|share| share.serves.is_empty());
    for share in shares.iter().filter(|share| share.serves.is_empty()) {
        let list = match (share.touched, share.left()) {
            (Some(_), Verdict::Fail) => &mut impact.breaks,
            (Some(_), Verdict::Degraded) => &mut impact.weakens,
            (Some(_), Verdict::Inconclusive) => &mut impact.unknown,
            (_, Verdict::Pass) if alone => &mut impact.works,
            _ => continue,
        };
        let prerequisite = share.prerequisite;
        list.push(format!("{} ({})", prerequisite.title, prerequisite.id));
    }
}

fn shares<'a>(rows: &[&Row<'a>], all: &'a [Row<'a>]) -> Vec<Share<'a>> {
    let affected: BTreeSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let mut shares: Vec<Share<'a>> = Vec::new();
    let counts = |row: &&Row<'_>| row.prerequisite.severity != Severity::Informational;
    for row in all.iter().filter(counts) {
        let is_affected = affected.contains(row.id.as_str());
        let touched = done(row).filter(|_| is_affected).map(|done| (done, row));
        match shares.iter_mut().find(|share| share.is_first(row)) {
            Some(share) => {
                let both = share.touched.into_iter().chain(touched);
                share.touched = both.max_by_key(|(verdict, _)| verdict.rank());
                share.rows.push(row);
            }
            None => shares.push(Share {
                prerequisite: row.prerequisite,
                serves: served(&row.id),
                rows: vec![row],
                touched,
                is_reading: is_reading(row),
            }),
        }
    }
    shares
}

fn tell(function: Function, own: &[&Share<'_>], impact: &mut Impact, weak: &mut Vec<Weak>) {
    let touched: Vec<&&Share<'_>> = own.iter().filter(|share| share.touched.is_some()).collect();
    let worst = Verdict::worst(touched.iter().map(|share| share.left()));
    let of_worst = || touched.iter().filter(|share| share.left() == worst);
    let ids: BTreeSet<&str> = of_worst()
        .map(|share| share.prerequisite.id.as_str())
        .collect();
    let ids = ids.into_iter().collect::<Vec<_>>().join(", ");
    match worst {
        Verdict::Fail => impact.breaks.push(format!("{} ({ids})", function.lost())),
        Verdict::Degraded => {
            let mut reasons = of_worst().map(|share| share.reason());
            let found = reasons.find(|(_, reason)| !reason.is_empty());
            let (code, reason) = found.unwrap_or((None, ids));
            let same = |one: &&mut Weak| match one.code {
                Some(known) => Some(known) == code,
                None => code.is_none() && one.reason == reason,
            };
            match weak.iter_mut().find(same) {
                Some(one) => one.functions.push(function.name()),
                None => weak.push(Weak {
                    code,
                    reason,
                    functions: vec![function.name()],
                }),
            }
        }
        Verdict::Inconclusive => impact.unknown.push(format!("{} ({ids})", function.name())),
        Verdict::Pass | Verdict::Skipped => {
            let ways = || own.iter().filter(|share| !share.is_reading);
            let works = |share: &&Share<'_>| share.left() == Verdict::Pass;
            if function.is_work() && ways().count() > 0 && ways().all(works) {
                impact.works.push(function.name().to_owned());
            }
        }
    }
}
