//! The arguments that say how the network is asked.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::values::{dns_server, duration, goal, pause, resolve, roots, silence};
use crate::finding::Verdict;
use crate::net::Detour;
use crate::net::pacer::Pace;
use crate::net::trust::StoreName;

#[derive(Args, Debug)]
#[command(next_help_heading = "Network")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
pub struct NetworkArgs {
    /// Ask this DNS server instead of the system's; repeatable
    #[arg(long, value_name = "ADDR[:PORT]", value_parser = dns_server)]
    pub dns: Vec<SocketAddr>,
    #[command(flatten)]
    pub compare: CompareArgs,
    /// Use this address for a host; repeatable
    #[arg(long, value_name = "HOST:ADDR", value_parser = resolve)]
    pub resolve: Vec<(String, IpAddr)>,
    /// Connect to ADDR:PORT instead; repeatable
    #[arg(long, value_name = "HOST|ADDR:PORT:ADDR:PORT")]
    pub connect_to: Vec<Detour>,
    /// Replace a trust store (public, apple or system) by a PEM file; repeatable
    #[arg(long, value_name = "STORE=FILE", value_parser = roots)]
    pub roots: Vec<(StoreName, PathBuf)>,
    /// Which proxy to use: what the system is set to, the environment's variables, none, or a URL (`http://HOST:PORT`, https, socks5), or what a PAC file names (`pac:FILE`, `pac:URL`)
    ///
    /// `system` is the system's own settings on macOS and Windows, and the environment on Linux. Credentials come from --proxy-credentials-file, or stand in the environment's variables.
    #[arg(
        long,
        value_name = "system|env|none|URL|pac:FILE",
        env = "MDM_PREFLIGHT_PROXY",
        default_value = "system",
        hide_env_values = true
    )]
    pub proxy: String,
    /// Which ways out are tried: none but the direct one, each row's own, or both beside each other
    #[arg(long, value_name = "PATHS", default_value = "proxied")]
    pub paths: PathsName,
    /// Send from this address, or through this interface, of this machine
    ///
    /// DNS questions to each server go the same way; the system's own look-up goes as the system has it. An address decides only what
    /// packets are sent from, and the system's routes where they go; an interface decides both. A family that the source does not have is not tested.
    #[arg(long, value_name = "ADDR|IFACE")]
    pub source: Option<String>,
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
    /// End with the provisional verdicts: wait 1s, or four round trips, where nothing answers, and call no silence a block
    ///
    /// What then had not answered is marked as provisional, and a negative test that only silence would pass is inconclusive.
    /// Follow-ups are cut short when the last row has ended.
    #[arg(long, conflicts_with = "trace")]
    pub fast: bool,
    /// When the whole run ends; with --until, all runs [default: 30s; with --until 1h]
    ///
    /// With --until nothing else ends a run, and none begins that would not be over by then if it lasts somewhat longer than
    /// the one before.
    #[arg(long, value_name = "D", value_parser = duration)]
    pub deadline: Option<Duration>,
    #[command(flatten)]
    pub until: UntilArgs,
    /// Wait a random time, at most this long, before the first packet, and post nothing to Entra's token
    /// endpoint: for fleets
    #[arg(long, value_name = "D", value_parser = duration)]
    pub splay: Option<Duration>,
    /// How often each address is tried
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=20))]
    pub attempts: u32,
    /// Walk the path to each address whose connect fails, and say where the answers stop (Linux)
    ///
    /// At most eight addresses, and a port of each that answers, at the pace at which routers give such answers.
    #[arg(long)]
    pub trace: bool,
    /// Keep a connection to each courier's port 5223 silent for so long, and say whether it was forgotten on the way: 1s to 3h
    ///
    /// At most eight connections, none of them through a proxy; the deadline is extended by this and, since one that is reset
    /// is tried again with half the time, by half of it.
    #[arg(long, value_name = "D", value_parser = silence)]
    pub hold: Option<Duration>,
    /// How many connections work at once
    #[arg(long, value_name = "N", default_value_t = 128, value_parser = clap::value_parser!(u32).range(1..=10000))]
    pub concurrency: u32,
    /// New connections: a burst, then so many a second; or `off`
    #[arg(long, value_name = "BURST/PER_SECOND", default_value = "64/200")]
    pub rate: Pace,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum PathsName {
    /// No proxy, whatever is set
    Direct,
    /// Through the proxy that is set, where one may carry the row; else directly
    Proxied,
    /// The same, and directly beside it, in two columns
    Both,
}

/// A second DNS server, which decides nothing.
#[derive(Args, Debug)]
pub struct CompareArgs {
    /// Ask this DNS server for the public names too, and report where it says otherwise
    #[arg(long = "compare-dns", id = "compare_dns", value_name = "ADDR[:PORT]", value_parser = dns_server)]
    pub server: Option<SocketAddr>,
    /// Send it the organisation's own names as well
    #[arg(long = "compare-internal", requires = "compare_dns")]
    pub internal: bool,
}

/// The run again and again, for a change window.
#[derive(Args, Debug)]
pub struct UntilArgs {
    /// Run again and again until the verdict is this, or the deadline has come; say what changes, and report the last run
    ///
    /// Nothing is posted to Entra's token endpoint, and no secret is taken.
    #[arg(long = "until", value_name = "pass|fail", value_parser = goal)]
    pub verdict: Option<Verdict>,
    /// How long from the start of one run to that of the next, at least 1s [default: 10s]
    #[arg(long, value_name = "D", value_parser = pause, requires = "verdict")]
    pub every: Option<Duration>,
}
