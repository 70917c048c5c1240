//! What happened: the report, which every format is drawn from and other programs read.
//!
//! Field names are a contract; more may be added, none renamed. Reading a report checks the schema
//! and the types, never the syntax of a host: its texts are text.

mod further;
mod stages;
mod times;

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::code::{Code, Stage};
use crate::finding::{Diagnosis, Expectation, Finding, Reasoning, Verdict};
use crate::net::path::Path;
use crate::net::wire::Family;
use crate::probe::{Inspection, ProxyPolicy};
use crate::profile::{Origin, Place, Role, Severity, Source};

pub use further::{FollowUp, HeldConnections, Hop, Instead, RedirectHop, WalkedPath};
pub use stages::{ComparedAnswer, DnsAddress, DnsStage, Query, Stages, SystemAnswer, TlsStage};

/// The name and version of this shape.
pub const SCHEMA: &str = "mdm-preflight/report/1";

#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Report {
    pub schema: String,
    pub tool: Tool,
    pub run: Run,
    pub profiles: Vec<UsedProfile>,
    pub vantage: Vantage,
    pub verdict: Verdict,
    /// What explains the verdict, and what was not tested, in one line; absent in older reports.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub headline: String,
    /// One sentence each: what the reader should know before the matrix.
    pub remarks: Vec<String>,
    pub counts: Counts,
    pub diagnoses: Vec<Diagnosis>,
    /// The rows in trouble that no diagnosis explains, as `prerequisite/check`; rows that this run itself
    /// left untested are not among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unexplained: Vec<String>,
    /// Why each cause there is is claimed or is not; empty if no row is in trouble.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasoning: Vec<Reasoning>,
    pub prerequisites: Vec<Prerequisite>,
}

#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Tool {
    pub version: String,
}

#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Run {
    pub id: String,
    /// What to type for the same run, where the report goes left out; no secret, for none can be typed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<String>,
    /// RFC 3339, UTC.
    pub started: String,
    pub duration_ms: u64,
    pub deadline_reached: bool,
    pub interrupted: bool,
    /// Whether some rows show only what was known when the run ended.
    pub provisional: bool,
    /// How many round trips the longest ladder needed, its look-up included.
    pub longest_ladder_round_trips: u32,
    pub canary: Vec<Canary>,
    /// `--compare-dns`: absent without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dns_comparison: Option<DnsComparison>,
}

/// What a second DNS server says of the names of the run.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct DnsComparison {
    pub server: SocketAddr,
    pub agree: Vec<String>,
    pub differ: Vec<String>,
    pub undecided: Vec<String>,
    /// Names of the organisation, which that server was not asked for.
    pub not_sent: Vec<String>,
}

/// An address that nobody may answer, and what became of a connect to it.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Canary {
    pub address: IpAddr,
    pub port: u16,
    pub connected: bool,
}

#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct UsedProfile {
    pub name: String,
    pub title: String,
    pub version: String,
    pub description: String,
    pub origin: Origin,
}

/// Where the program ran.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Vantage {
    pub roles: Vec<Role>,
    pub hostname: String,
    pub os: String,
    pub interface: Option<String>,
    /// `--source`, as it was typed; absent without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    pub addresses: Vec<IpAddr>,
    /// The networks that this machine has an address in; absent in older reports.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub networks: Vec<IpNet>,
    pub gateway: Option<IpAddr>,
    /// Whether the default route leaves through a tunnel, such as a VPN's.
    pub tunnel: bool,
    pub extensions: Vec<String>,
    pub resolvers: Vec<SocketAddr>,
    pub proxy: Option<String>,
    /// A proxy that this machine is told of, where the run uses none; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy_unused: Option<String>,
    /// Whether the system is set to ask the network for its proxies (WPAD), which the run does not do.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub proxy_discovery: bool,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Count {
    pub pass: usize,
    pub degraded: usize,
    pub fail: usize,
    pub inconclusive: usize,
    pub skipped: usize,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Counts {
    pub checks: Count,
    pub prerequisites: Count,
}

#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Prerequisite {
    pub id: String,
    pub title: String,
    pub severity: Severity,
    pub from: Vec<Role>,
    pub verdict: Verdict,
    pub reason: String,
    pub why: String,
    pub remedy: String,
    pub sources: Vec<Source>,
    pub checks: Vec<Check>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Check {
    pub id: String,
    pub title: String,
    pub probe: String,
    pub target: Target,
    pub path: Option<Path>,
    /// With `--paths both`: what each way out came to, the direct one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<PathVerdict>,
    pub expect: Expectation,
    /// What the vendor says of TLS inspection and of proxies here; absent in older reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
    pub verdict: Verdict,
    pub provisional: bool,
    /// That of the finding that decides; null on a clean pass.
    pub code: Option<Code>,
    pub stage: Option<Stage>,
    pub message: String,
    /// The wildcards of its vendor that the host is asked for, since no wildcard can be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stands_for: Vec<String>,
    pub findings: Vec<Finding>,
    pub control: Option<Control>,
    pub attempts: Attempts,
    pub stages: Stages,
    pub addresses: Vec<Address>,
    /// What an application sees that races these addresses; absent where there is no race.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<Application>,
    pub source: Option<Place>,
    pub follow_ups: Vec<FollowUp>,
    /// The `id` of a diagnosis.
    pub explained_by: Option<String>,
}

/// What one way out came to.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct PathVerdict {
    pub path: Path,
    pub verdict: Verdict,
    pub code: Option<Code>,
    pub message: String,
}

#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Target {
    pub host: Option<String>,
    pub port: Option<u16>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Policy {
    pub inspection: Inspection,
    pub proxy: ProxyPolicy,
}

#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Control {
    pub id: String,
    pub verdict: Verdict,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Attempts {
    pub made: usize,
    pub ok: usize,
}

/// The outcome of the race that RFC 8305 ("Happy Eyeballs") describes, over times that were measured side by side.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Application {
    /// The first to be connected.
    pub address: IpAddr,
    /// 4 or 6.
    pub family: Family,
    /// From the start of the look-ups to the connection.
    pub ms: f64,
    /// How much sooner one of the addresses would have been connected if it had been tried alone.
    pub late_ms: f64,
    /// Whether what the row demands works at that address: an application does not try the next one.
    pub works: bool,
}

/// What became of one address.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Address {
    pub address: IpAddr,
    /// 4 or 6.
    pub family: Family,
    pub verdict: Verdict,
    pub code: Option<Code>,
    pub ms: Option<f64>,
}

impl UsedProfile {
    /// Name and version; what is made of typed targets has none.
    pub fn release(&self) -> String {
        let release = format!("{} {}", self.name, self.version);
        release.trim_end().to_owned()
    }
}

impl Count {
    pub fn of(verdicts: impl Iterator<Item = Verdict>) -> Self {
        let mut count = Self::default();
        for verdict in verdicts {
            match verdict {
                Verdict::Pass => count.pass += 1,
                Verdict::Degraded => count.degraded += 1,
                Verdict::Fail => count.fail += 1,
                Verdict::Inconclusive => count.inconclusive += 1,
                Verdict::Skipped => count.skipped += 1,
            }
        }
        count
    }
}

impl Counts {
    pub fn of(prerequisites: &[Prerequisite]) -> Self {
        let checks = prerequisites.iter().flat_map(|p| &p.checks);
        Self {
            checks: Count::of(checks.map(|check| check.verdict)),
            prerequisites: Count::of(prerequisites.iter().map(|p| p.verdict)),
        }
    }
}

impl Report {
    /// Every check with the prerequisite it belongs to.
    pub fn checks(&self) -> impl Iterator<Item = (&Prerequisite, &Check)> {
        self.prerequisites.iter().flat_map(|prerequisite| {
            prerequisite
                .checks
                .iter()
                .map(move |check| (prerequisite, check))
        })
    }

    /// The JSON Schema of this shape.
    pub fn schema() -> serde_json::Value {
        let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
        settings
            .into_generator()
            .into_root_schema_for::<Self>()
            .to_value()
    }
}
