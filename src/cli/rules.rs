//! The arguments of `rules` and `profiles lint`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::RoleName;
use super::values::key_value;

/// How rules are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum RulesFormat {
    /// For people
    Table,
    /// For spreadsheets; `--audit` reads it
    Csv,
    /// For tickets
    Markdown,
    /// For programs
    Json,
    /// A ruleset for Linux firewalls, with sets to be filled by name
    Nftables,
}

#[derive(Args, Debug)]
pub struct RulesArgs {
    /// A built-in profile or a file; repeatable [default: jamf-intune]
    #[arg(long, value_name = "NAME|FILE")]
    pub profile: Vec<String>,
    /// A variable of the profile
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    pub set: Vec<(String, String)>,
    /// Rules for connections from there; repeatable [default: both]
    #[arg(long, value_name = "VANTAGE")]
    pub from: Vec<RoleName>,
    /// The Jamf Pro server's URL
    #[arg(long, value_name = "URL", env = "MDM_PREFLIGHT_JAMF")]
    pub jamf: Option<String>,
    /// The Entra tenant: its id or one of its domains
    #[arg(long, value_name = "ID|DOMAIN", env = "MDM_PREFLIGHT_TENANT")]
    pub tenant: Option<String>,
    /// The Microsoft cloud: global, usgov, usdod or china
    #[arg(long, value_name = "CLOUD", env = "MDM_PREFLIGHT_CLOUD")]
    pub cloud: Option<String>,
    /// How the rules are written
    #[arg(long, value_name = "F", default_value = "table")]
    pub format: RulesFormat,
    /// Read your own list (CSV: destination, port, protocol) and say what is wrong with it; exit 1 if anything is
    #[arg(long, value_name = "FILE", conflicts_with = "format")]
    pub audit: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub struct LintArgs {
    /// A profile file or a built-in's name
    pub file: String,
    /// A source that was read longer ago is to be read again
    #[arg(long, value_name = "N", default_value_t = 730)]
    pub max_age_days: u32,
    /// A variable of the profile: rows that need one are only looked at with it
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    pub set: Vec<(String, String)>,
    /// The Jamf Pro server's URL
    #[arg(long, value_name = "URL", env = "MDM_PREFLIGHT_JAMF")]
    pub jamf: Option<String>,
    /// The Entra tenant: its id or one of its domains
    #[arg(long, value_name = "ID|DOMAIN", env = "MDM_PREFLIGHT_TENANT")]
    pub tenant: Option<String>,
    /// The Microsoft cloud: global, usgov, usdod or china
    #[arg(long, value_name = "CLOUD", env = "MDM_PREFLIGHT_CLOUD")]
    pub cloud: Option<String>,
}
