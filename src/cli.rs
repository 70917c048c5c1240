//! The command line: what can be typed, and the help that says so. No behaviour.

mod format;
mod rules;
mod saved;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::finding::{Expectation, Verdict};
use crate::net::Detour;
use crate::net::endpoint::{Host, address_and_port};
use crate::net::pacer::Pace;
use crate::net::trust::StoreName;

pub use format::FormatName;
pub use rules::{RulesArgs, RulesFormat};
pub use saved::{DiffArgs, DiffFormat, MergeArgs, MergeFormat, RenderArgs};

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
    /// Say what a code means, how it is seen, who owns it and what to do
    Explain {
        /// A code such as `tcp_silent`; without one, all codes are listed
        code: Option<String>,
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
}

#[derive(Debug, Subcommand)]
pub enum ProfilesCommand {
    /// One line a built-in profile
    List,
    /// What a profile asks, from where and why
    Show {
        /// A built-in profile's name or a file
        name: String,
    },
    /// Read a profile and say what is wrong with it; exit 1 if anything is
    Lint {
        /// A profile file or a built-in's name
        file: String,
        /// A source that was read longer ago is to be read again
        #[arg(long, value_name = "N", default_value_t = 730)]
        max_age_days: u32,
    },
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum SchemaOf {
    Report,
    Profile,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum RoleName {
    /// A Mac's network
    Client,
    /// The Jamf Pro server's network
    JamfServer,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FailOn {
    Verdict(Verdict),
    Never,
}

/// `[F:]PATH` of `--output`: the format counts only if it is a known one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Output {
    pub format: Option<FormatName>,
    pub path: PathBuf,
}

#[derive(Args, Debug)]
pub struct CheckArgs {
    /// Ask only these: `tls://HOST:PORT` `tcp://HOST:PORT` `https://HOST` `dns:NAME`
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,
    /// What the targets should do [default: what their kind usually does]
    #[arg(long, value_name = "E", requires = "targets", value_parser = expectation)]
    pub expect: Option<Expectation>,
    #[command(flatten)]
    pub what: WhatArgs,
    #[command(flatten)]
    pub network: NetworkArgs,
    #[command(flatten)]
    pub report: ReportArgs,
}

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
    /// Send nothing; print every destination
    #[arg(long)]
    pub list: bool,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Network")]
pub struct NetworkArgs {
    /// Ask this DNS server instead of the system's; repeatable
    #[arg(long, value_name = "ADDR[:PORT]", value_parser = dns_server)]
    pub dns: Vec<std::net::SocketAddr>,
    /// Use this address for a host; repeatable
    #[arg(long, value_name = "HOST:ADDR", value_parser = resolve)]
    pub resolve: Vec<(String, std::net::IpAddr)>,
    /// Connect to ADDR:PORT instead; repeatable
    #[arg(long, value_name = "HOST|ADDR:PORT:ADDR:PORT")]
    pub connect_to: Vec<Detour>,
    /// Replace a trust store (public, apple or system) by a PEM file; repeatable
    #[arg(long, value_name = "STORE=FILE", value_parser = roots)]
    pub roots: Vec<(StoreName, PathBuf)>,
    /// Only IPv4
    #[arg(short = '4', conflicts_with = "v6")]
    pub v4: bool,
    /// Only IPv6
    #[arg(short = '6')]
    pub v6: bool,
    /// Dial every address of a name, not one a family
    #[arg(long)]
    pub all_addresses: bool,
    /// How long a connect and a TLS handshake may take [default: 3.3s]
    #[arg(long, value_name = "D", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// When the whole run ends
    #[arg(long, value_name = "D", default_value = "30s", value_parser = duration)]
    pub deadline: Duration,
    /// How often each address is tried
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=20))]
    pub attempts: u32,
    /// How many connections work at once
    #[arg(long, value_name = "N", default_value_t = 128, value_parser = clap::value_parser!(u32).range(1..=10000))]
    pub concurrency: u32,
    /// New connections: a burst, then so many a second; or `off`
    #[arg(long, value_name = "BURST/PER_SECOND", default_value = "64/200")]
    pub rate: Pace,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Report")]
pub struct ReportArgs {
    /// What goes to standard output
    #[arg(long, value_name = "F", default_value = "table")]
    pub format: FormatName,
    /// Write the report to a file as well; repeatable
    #[arg(long, value_name = "[F:]PATH", value_parser = output)]
    pub output: Vec<Output>,
    /// Exit 1 for this verdict and every worse one: degraded, inconclusive, fail; `never`: always 0
    #[arg(long, value_name = "V", value_parser = fail_on)]
    pub fail_on: Option<FailOn>,
    /// Leave out what names the organisation, this machine or a person
    #[arg(long)]
    pub redact: bool,
    /// Colour: auto, always or never
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true
    )]
    pub color: Color,
    /// No progress on standard error
    #[arg(short, long)]
    pub quiet: bool,
    /// Show notes and every address
    #[arg(short, long)]
    pub verbose: bool,
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

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE".to_owned()),
    }
}

fn expectation(text: &str) -> Result<Expectation, String> {
    serde_json::from_value(serde_json::Value::String(text.to_owned())).map_err(|_| {
        "expected connected, tls, http, token, resolves, path_open, not_intercepted, blocked, \
         silent, rejected, refused or nxdomain"
            .to_owned()
    })
}

fn dns_server(text: &str) -> Result<std::net::SocketAddr, String> {
    address_and_port(text, 53).map_err(|error| error.to_string())
}

fn resolve(text: &str) -> Result<(String, std::net::IpAddr), String> {
    let (host, address) = text.split_once(':').ok_or("expected HOST:ADDR")?;
    let host: Host = host.parse().map_err(|error| format!("{error}"))?;
    let address: Host = address.parse().map_err(|error| format!("{error}"))?;
    match (host, address) {
        (Host::Name(name), Host::Address(address)) => Ok((name, address)),
        _ => Err("expected a host name, a colon and a numeric address".to_owned()),
    }
}

fn roots(text: &str) -> Result<(StoreName, PathBuf), String> {
    let (store, file) = text.split_once('=').ok_or("expected STORE=FILE")?;
    match store.parse() {
        Ok(StoreName::JamfCa) | Err(_) => Err(format!(
            "`{store}` is none of the stores public, apple and system"
        )),
        Ok(store) => Ok((store, PathBuf::from(file))),
    }
}

fn output(text: &str) -> Result<Output, String> {
    let known = text.split_once(':').and_then(|(format, path)| {
        let format = FormatName::from_str(format, false).ok()?;
        Some((format, path))
    });
    let (format, path) = match known {
        Some((format, path)) => (Some(format), path),
        None => (None, text),
    };
    if path.is_empty() {
        return Err("the path is empty".to_owned());
    }
    Ok(Output {
        format,
        path: PathBuf::from(path),
    })
}

fn fail_on(text: &str) -> Result<FailOn, String> {
    match text {
        "never" => Ok(FailOn::Never),
        "degraded" => Ok(FailOn::Verdict(Verdict::Degraded)),
        "inconclusive" => Ok(FailOn::Verdict(Verdict::Inconclusive)),
        "fail" => Ok(FailOn::Verdict(Verdict::Fail)),
        _ => Err("expected degraded, inconclusive, fail or never".to_owned()),
    }
}

/// `3s`, `500ms`, `1m30s`, `3.3s`: at least a millisecond, at most a day.
fn duration(text: &str) -> Result<Duration, String> {
    let span: jiff::SignedDuration = text
        .parse()
        .map_err(|_| "expected a duration such as 3s, 500ms or 2m".to_owned())?;
    let duration = Duration::try_from(span).map_err(|_| "it must not be negative".to_owned())?;
    if duration < Duration::from_millis(1) || duration > Duration::from_secs(86_400) {
        return Err("it must be between 1ms and 24h".to_owned());
    }
    Ok(duration)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn durations_read_as_people_write_them() {
        for (text, ms) in [
            ("3s", 3000),
            ("500ms", 500),
            ("3.3s", 3300),
            ("1m30s", 90_000),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for wrong in ["", "3", "-1s", "0s", "2d", "x"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_format_before_a_path_counts_only_if_it_is_one() {
        let with = output("json:out").expect("an output");
        assert_eq!(
            (with.format, with.path),
            (Some(FormatName::Json), "out".into())
        );
        let without = output("C:out").expect("an output");
        assert_eq!((without.format, without.path), (None, "C:out".into()));
        assert!(output("json:").is_err());
    }
}
