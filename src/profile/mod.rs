//! What the user asked: variables, prerequisites and checks, read from TOML with every value's place kept.

mod builtin;
mod checks;
mod error;
mod file;
mod load;
mod nearest;
mod part;
mod read;
mod schema;
mod shape;
mod target;
mod variables;
mod words;
mod written;

pub use crate::finding::Source;
pub use crate::probe::fill::Sampling;
pub use builtin::{BUILTINS, Builtin, public_names};
pub use error::{ProfileError, Report as ErrorReport};
pub use load::{load, load_all, load_text};
pub use nearest::nearest;
pub use part::Values;
pub use schema::schema;
pub use target::target_profile;
pub use written::{Written, written, written_text};

use std::collections::BTreeSet;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::code::Owner;
use crate::finding::Expectation;
use crate::probe::{Inspection, ProxyPolicy, Spec};

/// How much a prerequisite counts.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Required,
    Recommended,
    Informational,
}

impl Severity {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Recommended => "recommended",
            Self::Informational => "informational",
        }
    }
}

/// From where a prerequisite is asked.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A Mac's network.
    Client,
    /// The Jamf Pro server's network.
    JamfServer,
}

impl Role {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::JamfServer => "jamf-server",
        }
    }
}

/// Where a check stands in a profile.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Place {
    pub file: Arc<str>,
    pub line: usize,
}

/// How the checks of a prerequisite stand for each other.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Group {
    /// Ordered: the first is the wish, the rest are fallbacks.
    Any(String),
    /// One suffices.
    Equal(String),
}

/// A service that is gone.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Retired {
    /// A date, YYYY-MM-DD.
    pub on: String,
    /// What took its place.
    #[serde(rename = "use")]
    pub instead: String,
}

/// Why a check has nothing to ask.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Absent {
    /// A variable that the user did not give.
    Variable(String),
    /// The same, of a variable that a complete run can do without.
    Optional(String),
    /// The vendor publishes no value of this variable for the chosen cloud.
    Unpublished(String),
}

/// One question.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Check {
    pub id: String,
    pub title: String,
    pub probe: Result<Arc<Spec>, Absent>,
    pub expect: Expectation,
    pub group: Option<Group>,
    /// Checks with the same word count as one member, which works only if all of them do.
    pub all: Option<String>,
    /// The checks that one pattern became; they count as one member of a group.
    pub sample_of: Option<String>,
    /// The pattern as it was written, where the hosts are a sample of one.
    pub pattern: Option<String>,
    pub control: Option<String>,
    pub inspection: Inspection,
    pub proxy: ProxyPolicy,
    pub retired: Option<Retired>,
    pub misprint: Option<String>,
    /// Only a Jamf Pro server of the organisation's own needs it; one on Jamf Cloud is Jamf's to look after.
    pub on_premises: bool,
    /// The wildcards of its vendor that the host is asked for, since no wildcard can be.
    pub stands_for: Vec<String>,
    pub owner: Option<Owner>,
    pub sources: Vec<Source>,
    pub place: Place,
}

impl Check {
    /// How much it adds to the size of a profile: a block's row asks several hosts.
    fn weight(&self) -> usize {
        match self.probe.as_deref() {
            Ok(Spec::Range(range)) => range.hosts.len(),
            _ => 1,
        }
    }
}

/// One line of the requirement as its vendor states it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Prerequisite {
    pub id: String,
    pub title: String,
    pub severity: Severity,
    /// The variable that makes it required.
    pub required_if: Option<String>,
    pub from: Vec<Role>,
    pub owner: Owner,
    pub why: String,
    pub remedy: String,
    pub sources: Vec<Source>,
    pub checks: Vec<Arc<Check>>,
    /// The variables that its texts name.
    pub variables: BTreeSet<String>,
    /// Switched off by an override.
    pub skip: bool,
}

/// Where a profile came from.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    BuiltIn,
    File(String),
    CommandLine,
}

/// A variable as `--help` of a profile shows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Variable {
    pub name: String,
    pub kind: String,
    pub description: String,
    pub default: Option<String>,
    /// The only values that are accepted; empty where any of its type is.
    pub one_of: Vec<String>,
    /// The variable that chooses the value.
    pub by: Option<String>,
    /// Whether a run without it is complete all the same.
    pub optional: bool,
}

/// A profile with all its variables filled in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Profile {
    pub name: String,
    pub title: String,
    pub version: String,
    pub description: String,
    pub origin: Origin,
    pub variables: Vec<Variable>,
    pub prerequisites: Vec<Prerequisite>,
}
