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
    /// The proxy that this machine is told to use and that this run did not try.
    pub proxy_not_tried: Option<&'a str>,
    pub cut: Option<Cut>,
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
