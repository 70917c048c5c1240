//! The arguments that say what to check, and as which side.

use std::path::PathBuf;

use clap::Args;

use super::RoleName;
use super::values::key_value;

#[derive(Args, Debug)]
#[command(next_help_heading = "What to check")]
pub struct WhatArgs {
    /// A built-in profile or a file; repeatable [default: jamf-intune]
    #[arg(long, value_name = "NAME|FILE", conflicts_with = "targets")]
    pub profile: Vec<String>,
    /// A variable of the profile
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    pub set: Vec<(String, String)>,
    /// Which side this machine stands for; repeatable
    #[arg(long, value_name = "VANTAGE", default_value = "client")]
    pub from: Vec<RoleName>,
    /// The Jamf Pro server's URL
    #[arg(long, value_name = "URL", env = "MDM_PREFLIGHT_JAMF")]
    pub jamf: Option<String>,
    /// A certificate authority of the Jamf Pro server, as PEM
    #[arg(long, value_name = "FILE", env = "MDM_PREFLIGHT_JAMF_CA")]
    pub jamf_ca: Option<PathBuf>,
    /// The Entra tenant: its id or one of its domains
    #[arg(long, value_name = "ID|DOMAIN", env = "MDM_PREFLIGHT_TENANT")]
    pub tenant: Option<String>,
    /// The Microsoft cloud: global, usgov, usdod or china
    #[arg(long, value_name = "CLOUD", env = "MDM_PREFLIGHT_CLOUD")]
    pub cloud: Option<String>,
    /// Only these prerequisites or checks; `*` matches anything
    #[arg(long, value_name = "ID|GLOB", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Not these prerequisites or checks; `canary` for the canary
    #[arg(long, value_name = "ID|GLOB", value_delimiter = ',')]
    pub skip: Vec<String>,
    /// A report of the last 15 minutes from another vantage: what it reached is up
    #[arg(long, value_name = "REPORT.json")]
    pub control: Option<PathBuf>,
    /// Ask every host of a pattern (all fifty couriers), not a sample, and dial all their addresses
    #[arg(long, conflicts_with = "targets")]
    pub thorough: bool,
    /// Send nothing; print every destination
    #[arg(long)]
    pub list: bool,
}
