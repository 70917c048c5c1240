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

/// Whether a configured proxy may carry the row.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ProxyPolicy {
    Never,
    #[default]
    Allowed,
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
    /// What showed that a captive portal stands between this machine and the internet.
    pub portal: Option<String>,
    /// Issuers that no public or Apple root vouches for, with the owners of the hosts they signed.
    pub private_issuers: BTreeMap<String, BTreeSet<String>>,
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
