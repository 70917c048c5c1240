//! Verdicts, expectations, findings and diagnoses: the words in which a run is judged.

use std::fmt;
use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::code::{Code, Owner, Stage};

/// The outcome of a check, a prerequisite or a run.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Pass,
    Degraded,
    Fail,
    Inconclusive,
    Skipped,
}

impl Verdict {
    pub const ALL: [Self; 5] = [
        Self::Pass,
        Self::Degraded,
        Self::Fail,
        Self::Inconclusive,
        Self::Skipped,
    ];

    /// `fail` > `inconclusive` > `degraded` > `pass`; a skipped check has no rank.
    pub const fn rank(self) -> Option<u8> {
        match self {
            Self::Pass => Some(0),
            Self::Degraded => Some(1),
            Self::Inconclusive => Some(2),
            Self::Fail => Some(3),
            Self::Skipped => None,
        }
    }

    /// The worst of them by rank; `skipped` if none of them has one.
    pub fn worst(verdicts: impl IntoIterator<Item = Self>) -> Self {
        verdicts
            .into_iter()
            .max_by_key(|verdict| verdict.rank().map_or(0, |rank| rank + 1))
            .unwrap_or(Self::Skipped)
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Degraded => "degraded",
            Self::Fail => "fail",
            Self::Inconclusive => "inconclusive",
            Self::Skipped => "skipped",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What would satisfy a check.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Expectation {
    /// A TCP connection is accepted.
    Connected,
    /// A TLS handshake ends with a chain that the row accepts.
    Tls,
    /// An HTTP answer of an accepted kind arrives over an accepted chain.
    Http,
    /// The token endpoint answers as Entra does.
    Token,
    /// The name has an address.
    Resolves,
    /// A time server tells a time that this machine's clock agrees with.
    Time,
    /// A fact of this machine is as the row wants it.
    Met,
    /// Connected, or refused by the host itself: nothing on the way objects.
    PathOpen,
    /// The chain is the vendor's own.
    NotIntercepted,
    /// `silent` or `rejected`.
    Blocked,
    /// No answer at an address that answers elsewhere.
    Silent,
    /// A box on the way refuses by policy.
    Rejected,
    /// The host itself refuses.
    Refused,
    /// The name does not exist.
    Nxdomain,
}

impl Expectation {
    /// Every one, the positive ones first.
    pub const ALL: [Self; 14] = [
        Self::Connected,
        Self::Tls,
        Self::Http,
        Self::Token,
        Self::Resolves,
        Self::Time,
        Self::Met,
        Self::PathOpen,
        Self::NotIntercepted,
        Self::Blocked,
        Self::Silent,
        Self::Rejected,
        Self::Refused,
        Self::Nxdomain,
    ];

    /// Whether the expectation is met by something not working.
    pub const fn is_negative(self) -> bool {
        matches!(
            self,
            Self::Blocked | Self::Silent | Self::Rejected | Self::Refused | Self::Nxdomain
        )
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Tls => "tls",
            Self::Http => "http",
            Self::Token => "token",
            Self::Resolves => "resolves",
            Self::Time => "time",
            Self::Met => "met",
            Self::PathOpen => "path_open",
            Self::NotIntercepted => "not_intercepted",
            Self::Blocked => "blocked",
            Self::Silent => "silent",
            Self::Rejected => "rejected",
            Self::Refused => "refused",
            Self::Nxdomain => "nxdomain",
        }
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One way in which what was seen falls short of what was expected, or is worth a note.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Finding {
    pub code: Code,
    /// What the finding makes of its check; `pass` is a note.
    pub verdict: Verdict,
    pub expected: String,
    pub actual: String,
    /// The next step for whoever reads it.
    pub advice: String,
    /// The proxy it is about, where that is one the row came to; absent in older reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// The address of that proxy's name that it is about, where another one works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
}

impl Finding {
    pub fn stage(&self) -> Stage {
        self.code.stage()
    }
}

/// The finding that decides a check: the worst, of these the earliest stage; but an earlier finding
/// that accounts for the later ones (an answer that leads astray, an opened TLS connection) comes first.
pub fn deciding(findings: &[Finding]) -> Option<&Finding> {
    let worst = Verdict::worst(findings.iter().map(|finding| finding.verdict));
    let decides = findings
        .iter()
        .filter(|finding| finding.verdict == worst && worst != Verdict::Pass)
        .min_by_key(|finding| finding.stage())?;
    findings
        .iter()
        .filter(|finding| finding.code.explains_later() && finding.stage() <= decides.stage())
        .min_by_key(|finding| finding.stage())
        .or(Some(decides))
}

/// A vendor's words, where they stand and when they were read.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    pub url: String,
    pub says: String,
    /// A date, YYYY-MM-DD.
    pub read: String,
}

/// How sure a diagnosis is.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    Low,
    Medium,
    High,
    Certain,
}

impl Confidence {
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Certain];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Certain => "certain",
        }
    }

    /// What each level is argued from, whatever the cause.
    pub const fn grounds(self) -> &'static str {
        match self {
            Self::Certain => "the kernel or a signature says so",
            Self::High => "two independent signals agree",
            Self::Medium => "one signal",
            Self::Low => "what is left when nothing else fits",
        }
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One root cause behind one or more findings.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Diagnosis {
    pub id: String,
    pub code: String,
    pub title: String,
    /// One paragraph in plain words.
    pub summary: String,
    pub confidence: Confidence,
    pub owner: Owner,
    /// The rows it explains, as `prerequisite/check`.
    pub affects: Vec<String>,
    /// What it does to managed Macs, and what it leaves alone; absent in older reports.
    #[serde(default, skip_serializing_if = "Impact::is_empty")]
    pub impact: Impact,
    pub evidence: Vec<String>,
    pub remedy: String,
    /// The remedy and what follows it, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<String>,
    /// The command that asks the same of these rows again.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub verify: String,
    /// The sentence of each vendor concerned that demands what fails.
    pub sources: Vec<Source>,
    /// Text to paste into a ticket.
    pub change_request: Option<String>,
}

/// What a diagnosis does to managed Macs, made of the rows that it explains and of those that work.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Impact {
    pub breaks: Vec<String>,
    /// What works, but not as it should.
    pub weakens: Vec<String>,
    /// What could not be tested because of it.
    pub unknown: Vec<String>,
    pub works: Vec<String>,
}

impl Impact {
    pub const fn is_empty(&self) -> bool {
        self.breaks.is_empty()
            && self.weakens.is_empty()
            && self.unknown.is_empty()
            && self.works.is_empty()
    }
}

/// Why a cause is claimed in a report, or why it is not.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Reasoning {
    /// The name of the diagnosis.
    pub diagnosis: String,
    pub found: bool,
    /// The rows that it explains, or those that show its signs in vain.
    pub rows: Vec<String>,
    pub why: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(code: Code, verdict: Verdict) -> Finding {
        Finding {
            code,
            verdict,
            expected: String::new(),
            actual: String::new(),
            advice: String::new(),
            proxy: None,
            address: None,
        }
    }

    #[test]
    fn skipped_never_hides_a_verdict_and_fail_is_the_worst() {
        use Verdict::{Degraded, Fail, Inconclusive, Pass, Skipped};
        assert_eq!(Verdict::worst([Pass, Skipped]), Pass);
        assert_eq!(Verdict::worst([Skipped, Skipped]), Skipped);
        assert_eq!(Verdict::worst([]), Skipped);
        assert_eq!(Verdict::worst([Degraded, Inconclusive]), Inconclusive);
        assert_eq!(Verdict::worst([Inconclusive, Fail, Pass]), Fail);
    }

    #[test]
    fn a_bogus_answer_decides_before_the_connect_it_leads_to() {
        let findings = [
            finding(Code::TcpSilent, Verdict::Fail),
            finding(Code::DnsBogon, Verdict::Degraded),
        ];
        assert_eq!(deciding(&findings).map(|f| f.code), Some(Code::DnsBogon));
    }

    #[test]
    fn a_note_decides_nothing() {
        let findings = [finding(Code::TlsPrivateCa, Verdict::Pass)];
        assert_eq!(deciding(&findings), None);
    }
}
