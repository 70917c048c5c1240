//! The command line: what can be typed, and the help that says so. No behaviour.

mod asked;
mod credentials;
mod format;
mod network;
mod report;
mod rules;
mod saved;
mod values;
mod what;

use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::finding::Expectation;
use values::{duration, expectation};

pub use asked::asked;
pub use credentials::CredentialArgs;
pub use format::FormatName;
pub use network::{NetworkArgs, PathsName, UntilArgs};
pub use report::{Color, FailOn, Output, ReportArgs};
pub use rules::{LintArgs, RulesArgs, RulesFormat};
pub use saved::{DiffArgs, DiffFormat, MergeArgs, MergeFormat, RenderArgs};
pub use what::WhatArgs;

/// Checks every network prerequisite of Jamf Pro, Apple push and Microsoft Intune from where it runs
///
/// Prints a pass/fail matrix with evidence. No subcommand runs `check`.
#[derive(Debug, Parser)]
#[command(
    name = "mdm-preflight",
    version,
    args_conflicts_with_subcommands = true,
    arg_required_else_help = true,
    after_help = EXIT_CODES
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub check: CheckArgs,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  pass or degraded
  1  fail
  2  a mistake in the arguments, the profile or a variable; or nothing ran
  3  inconclusive: something could not be tested honestly
  4  an internal error, or an output that failed after the run began";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check the prerequisites of a profile, or single targets, from this machine
    #[command(after_help = EXIT_CODES)]
    Check(Box<CheckArgs>),
    /// Run the whole program against an embedded lab on loopback; nothing leaves this machine
    #[cfg(feature = "demo")]
    Demo(DemoArgs),
    /// Say what a code means, how it is seen, who owns it and what to do; or tell the story of a saved report
    Explain {
        /// A code such as `tcp_silent`, a diagnosis such as `host_down`, `not-network`, or a report (`-`: standard
        /// input); without one, all names are listed
        #[arg(value_name = "CODE|REPORT.json")]
        what: Option<String>,
    },
    /// List the built-in profiles, show one, or check a file
    Profiles {
        #[command(subcommand)]
        command: ProfilesCommand,
    },
    /// Draw a saved report again, in any format
    #[command(after_help = EXIT_CODES)]
    Render(RenderArgs),
    /// Say what has changed between two reports; exit code 1 if something fails that did not
    Diff(DiffArgs),
    /// Lay reports from several vantages side by side
    Merge(MergeArgs),
    /// The firewall rules that a profile needs; or what is wrong with a list of them
    Rules(RulesArgs),
    /// Print the JSON Schema of the report or of a profile
    Schema { of: SchemaOf },
    /// Print what completes this program's words in a shell
    Completions { shell: Shell },
    /// Print the manual page, for `man`
    Man,
}

#[derive(Debug, Subcommand)]
pub enum ProfilesCommand {
    /// One line a built-in profile
    List,
    /// What a profile asks, from where and why
    Show {
        /// A built-in profile's name or a file
        name: String,
        /// For people, or as one file with all its includes and overrides in it
        #[arg(long, value_name = "F", default_value = "human")]
        format: ProfileFormat,
    },
    /// Read a profile and say what is wrong with it; exit 1 if anything is
    Lint(LintArgs),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum ProfileFormat {
    /// With the variables' defaults filled in
    Human,
    /// A profile that `--profile` reads
    Toml,
    /// The same keys, for programs
    Json,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum SchemaOf {
    Report,
    Profile,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum RoleName {
    /// A Mac's network
    Client,
    /// The Jamf Pro server's network
    JamfServer,
}

#[derive(Args, Debug)]
pub struct CheckArgs {
    /// Ask only these: `tls://HOST:PORT` `tcp://HOST:PORT` `https://HOST` `ntp://HOST` `dns:NAME`
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,
    /// What the targets should do [default: what their kind usually does]
    #[arg(long, value_name = "E", requires = "targets", value_parser = expectation)]
    pub expect: Option<Expectation>,
    #[command(flatten)]
    pub what: WhatArgs,
    #[command(flatten)]
    pub credentials: CredentialArgs,
    #[command(flatten)]
    pub network: NetworkArgs,
    #[command(flatten)]
    pub report: ReportArgs,
}

#[derive(Args, Debug)]
pub struct DemoArgs {
    /// Which fault the lab has; none: a healthy world
    #[arg(long, value_name = "NAME")]
    pub fault: Option<String>,
    /// List the faults
    #[arg(long)]
    pub list: bool,
    /// Which side to stand for; repeatable
    #[arg(long, value_name = "VANTAGE", default_value = "client")]
    pub from: Vec<RoleName>,
    /// When the whole run ends
    #[arg(long, value_name = "D", default_value = "30s", value_parser = duration)]
    pub deadline: Duration,
    #[command(flatten)]
    pub report: ReportArgs,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
