//! What a row is judged against: its own expectation, the vendor's policies, the other rows of the run.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::advice;
use crate::code::Code;
use crate::finding::{Expectation, Finding, Verdict};
use crate::net::wire::Family;

/// What the vendor says of TLS inspection for a host.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Inspection {
    Forbidden,
    #[default]
    Tolerated,
}

impl Inspection {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Forbidden => "forbidden",
            Self::Tolerated => "tolerated",
        }
    }
}

/// Whether a configured proxy may carry the row; the stricter, the earlier.
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum ProxyPolicy {
    Never,
    /// Only where a PAC file names it; a fixed setting is not used.
    PacOnly,
    /// Only one that asks for no sign-in.
    Unauthenticated,
    #[default]
    Allowed,
}

impl ProxyPolicy {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::PacOnly => "pac-only",
            Self::Unauthenticated => "unauthenticated",
            Self::Allowed => "allowed",
        }
    }

    /// Whether a proxy that is set for the whole machine may carry the row.
    pub const fn allows_fixed(self) -> bool {
        matches!(self, Self::Unauthenticated | Self::Allowed)
    }
}

/// Why a row was cut short.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cut {
    Deadline,
    Interrupted,
}

/// What the other rows of a run say about one row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunFacts {
    /// The ports at which an address answered, by SYN-ACK or RST.
    pub answered: BTreeMap<IpAddr, BTreeSet<u16>>,
    /// Where the canary, an address of each family that nobody may answer, accepted a connection.
    pub canary: BTreeSet<(Family, u16)>,
    /// What a fresh report from another vantage showed to be open.
    pub elsewhere: Option<Elsewhere>,
    /// Whether the Jamf Pro server says that it is on Jamf Cloud.
    pub on_jamf_cloud: Option<bool>,
    /// What showed that a captive portal stands between this machine and the internet.
    pub portal: Option<String>,
    /// Issuers that no public or Apple root vouches for, with the owners of the hosts they signed.
    pub private_issuers: BTreeMap<String, BTreeSet<String>>,
    /// Authorities that chains which a public or Apple root vouches for lead through.
    pub public_issuers: BTreeSet<String>,
    /// DNS servers that answered some question over UDP.
    pub udp_resolvers: BTreeSet<SocketAddr>,
    pub clock: ClockFacts,
}

/// By how much a clock may differ: Entra tolerates five minutes.
pub(super) const TOLERATED_S: f64 = 300.0;

pub(super) const fn is_tolerated(skew_s: i64) -> bool {
    skew_s.unsigned_abs() <= 300
}

/// What the servers of a run say of this machine's clock.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClockFacts {
    /// The smallest skew of a `Date` header for each owner whose chain proves that its host wrote it.
    pub dates: BTreeMap<String, i64>,
    /// Time servers and how far their clocks are ahead.
    pub times: Vec<(String, f64)>,
}

impl ClockFacts {
    pub(super) fn note_date(&mut self, owner: String, skew_s: i64) {
        let known = self.dates.entry(owner).or_insert(skew_s);
        if skew_s.abs() < known.abs() {
            *known = skew_s;
        }
    }

    /// The owners whose `Date` agrees with this machine's clock, if they are more than those that speak against it.
    pub(super) fn vouched(&self) -> Option<String> {
        let agree = self.dates.iter().filter(|(_, skew)| is_tolerated(**skew));
        let owners: Vec<&str> = agree.map(|(owner, _)| owner.as_str()).collect();
        (owners.len() * 2 > self.dates.len()).then(|| owners.join(" and "))
    }

    /// A time server that agrees with this machine's clock, if none disagrees.
    pub(super) fn set_by(&self) -> Option<&str> {
        let agree = |(_, offset): &(String, f64)| offset.abs() <= TOLERATED_S;
        let (server, _) = self.times.first()?;
        self.times.iter().all(agree).then_some(server)
    }
}

/// `--control`: another vantage's report, which shows that a target is up.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Elsewhere {
    /// Where the report was made and how long ago, for the evidence.
    pub label: String,
    /// Hosts and ports that accepted a connection there.
    pub open: BTreeSet<(String, u16)>,
}

/// What a row is judged against, beside its own observations.
#[derive(Clone, Debug)]
pub struct Context<'a> {
    pub expect: Expectation,
    pub inspection: Inspection,
    pub proxy: ProxyPolicy,
    pub cut: Option<Cut>,
    /// `--fast`: nothing was waited for until its silence says something.
    pub fast: bool,
    pub now: Timestamp,
    pub run: &'a RunFacts,
}

/// A finding with the usual advice of its code.
pub(super) fn finding(code: Code, verdict: Verdict, expected: &str, actual: String) -> Finding {
    Finding {
        code,
        verdict,
        expected: expected.to_owned(),
        actual,
        advice: advice::of(code).next.to_owned(),
        proxy: None,
        address: None,
    }
}

pub(super) fn verdict_of(findings: &[Finding]) -> Verdict {
    Verdict::worst(
        findings
            .iter()
            .map(|finding| finding.verdict)
            .chain([Verdict::Pass]),
    )
}

pub(super) fn cut_code(context: &Context<'_>) -> (Code, &'static str) {
    match context.cut {
        Some(Cut::Interrupted) => (Code::InconclusiveInterrupted, "the run was interrupted"),
        _ => (Code::InconclusiveDeadline, "the run's deadline came"),
    }
}
