//! What can be asked and seen: one file a kind. A probe observes first and is judged later, by pure functions.

mod app;
mod application;
mod ask;
mod calling;
mod chain;
mod compare;
mod context;
pub mod device;
pub mod dns;
mod entra;
pub mod fill;
mod follow;
pub mod graph;
mod hold;
pub mod http;
pub mod jamf;
mod judge;
mod names;
mod negative;
pub mod ntp;
pub mod pattern;
mod portal;
mod proxied;
pub mod range;
mod redirect;
mod run;
mod summary;
pub mod tcp;
pub mod tls;
pub mod token;

pub use app::AppSeen;
pub use application::{NOTICED_MS, pick};
pub use ask::{Ask, Held, LadderSeen, ProxyName, Seen, TimeAsked, Want};
pub use compare::{Agreement, By, Compared, Comparison};
pub use context::{ClockFacts, Context, Cut, Elsewhere, Inspection, ProxyPolicy, RunFacts};
pub use follow::{FollowUp, Followed, Why};
pub use portal::gate;
pub use redirect::{HopWhy, Redirect};
pub use run::run_facts;

use std::fmt;

use crate::code::Code;
use crate::finding::{Expectation, Finding, Verdict};
use crate::net::endpoint::Host;
use crate::net::trust::StoreName;

/// A probe of one of the known kinds, with all variables filled in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Spec {
    Dns(dns::Spec),
    Tcp(tcp::Spec),
    Tls(tls::Spec),
    Http(http::Spec),
    Token(token::Spec),
    Jamf(jamf::Spec),
    Graph(graph::Spec),
    Range(range::Spec),
    Ntp(ntp::Spec),
    Device(device::Spec),
}

/// Where one endpoint is asked: the host, and the port where there is one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Target {
    pub host: String,
    pub port: Option<u16>,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) if self.host.contains(':') => write!(f, "[{}]:{port}", self.host),
            Some(port) => write!(f, "{}:{port}", self.host),
            None => f.write_str(&self.host),
        }
    }
}

impl Spec {
    /// The kind's name, as profiles and reports print it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Dns(_) => "dns",
            Self::Tcp(_) => "tcp",
            Self::Tls(_) => "tls",
            Self::Http(_) => "http",
            Self::Token(_) => "token",
            Self::Jamf(_) => "jamf",
            Self::Graph(_) => "graph",
            Self::Range(_) => "range",
            Self::Ntp(_) => "ntp",
            Self::Device(_) => "device",
        }
    }

    /// The endpoint; no host where this machine itself is asked.
    pub fn target(&self) -> Target {
        match self {
            Self::Dns(spec) => Target {
                host: spec.name.to_string(),
                port: None,
            },
            Self::Range(spec) => Target {
                host: spec.pattern.clone(),
                port: Some(spec.port),
            },
            Self::Ntp(spec) => Target {
                host: spec.host.to_string(),
                port: Some(spec.port),
            },
            Self::Device(_) => Target {
                host: String::new(),
                port: None,
            },
            _ => {
                let want = self.wants().into_iter().next();
                let want = want.expect("every other kind asks one endpoint");
                Target {
                    host: want.host.to_string(),
                    port: Some(want.port),
                }
            }
        }
    }

    /// What is asked, in a few words.
    pub fn asks(&self) -> String {
        match self {
            Self::Device(spec) => spec.asks(),
            _ => self.target().to_string(),
        }
    }

    /// Whether it goes on to wherever an answer redirects.
    pub fn follows(&self) -> bool {
        matches!(self, Self::Http(spec) if spec.follows == http::Follow::ToTheEnd)
    }

    /// The TCP endpoints that the probe may connect to; a range's hosts each at its port.
    pub fn wants(&self) -> Vec<Want> {
        match self {
            Self::Dns(_) | Self::Ntp(_) | Self::Device(_) => Vec::new(),
            Self::Tcp(spec) => vec![spec.want()],
            Self::Tls(spec) => vec![spec.want()],
            Self::Http(spec) => vec![spec.want()],
            Self::Token(spec) => vec![spec.want()],
            Self::Jamf(spec) => vec![spec.want()],
            Self::Graph(spec) => spec.wants(),
            Self::Range(spec) => spec.wants(),
        }
    }

    /// The hosts that the probe asks about.
    pub fn hosts(&self) -> Vec<Host> {
        match self {
            Self::Dns(spec) => vec![spec.name.clone()],
            Self::Ntp(spec) => vec![spec.host.clone()],
            _ => self.wants().into_iter().map(|want| want.host).collect(),
        }
    }

    /// The stores that this row accepts; empty where no chain is judged.
    pub fn accepts(&self) -> &[StoreName] {
        match self {
            Self::Dns(_) | Self::Tcp(_) | Self::Ntp(_) | Self::Device(_) => &[],
            Self::Tls(spec) => &spec.stores,
            Self::Http(spec) => &spec.stores,
            Self::Token(spec) => &spec.stores,
            Self::Jamf(spec) => &spec.stores,
            Self::Graph(spec) => &spec.stores,
            Self::Range(spec) => &spec.stores,
        }
    }

    /// The expectations that make sense for the kind; the first is the usual one.
    pub fn expectations(&self) -> &'static [Expectation] {
        expectations(self.kind())
    }

    /// A row that asks less of an endpoint joins the ladder of one that asks more of it.
    pub fn share(&mut self, others: &[Want]) {
        if let Self::Tcp(spec) = self {
            spec.share(others);
        }
        if let Self::Tls(spec) = self {
            spec.share(others);
        }
    }

    /// Asks for a document instead of posting to Entra's token endpoint; tells whether that changed anything.
    pub fn ask_by_discovery(&mut self) -> bool {
        match self {
            Self::Token(spec) => spec.ask_by_discovery(),
            _ => false,
        }
    }

    /// Boxed, since a row of a small kind would else be as large as one of the largest.
    pub async fn observe(&self, ask: &Ask) {
        match self {
            Self::Dns(spec) => Box::pin(spec.observe(ask)).await,
            Self::Tcp(spec) => Box::pin(spec.observe(ask)).await,
            Self::Tls(spec) => Box::pin(spec.observe(ask)).await,
            Self::Http(spec) => Box::pin(spec.observe(ask)).await,
            Self::Token(spec) => Box::pin(spec.observe(ask)).await,
            Self::Jamf(spec) => Box::pin(spec.observe(ask)).await,
            Self::Graph(spec) => Box::pin(spec.observe(ask)).await,
            Self::Range(spec) => Box::pin(spec.observe(ask)).await,
            Self::Ntp(spec) => Box::pin(spec.observe(ask)).await,
            Self::Device(spec) => Box::pin(spec.observe(ask)).await,
        }
        // A row of a machine without IPv6 is through before the answer for IPv6 is there.
        Box::pin(ask.names_heard()).await;
    }

    /// Whether `--hold` keeps connections of this row silent.
    pub fn holds(&self) -> bool {
        matches!(self, Self::Tls(spec) if spec.holds())
    }

    pub fn judge(&self, seen: &Seen, context: &Context<'_>) -> Vec<Finding> {
        match self {
            Self::Dns(spec) => spec.judge(seen, context),
            Self::Tcp(spec) => spec.judge(seen, context),
            Self::Tls(spec) => spec.judge(seen, context),
            Self::Http(spec) => spec.judge(seen, context),
            Self::Token(spec) => spec.judge(seen, context),
            Self::Jamf(spec) => spec.judge(seen, context),
            Self::Graph(spec) => spec.judge(seen, context),
            Self::Range(spec) => spec.judge(seen, context),
            Self::Ntp(_) => ntp::judge(seen, context),
            Self::Device(spec) => spec.judge(seen, context),
        }
    }

    /// One sentence of evidence for a row that is in order.
    pub fn evidence(&self, seen: &Seen, context: &Context<'_>) -> String {
        match self {
            Self::Dns(_) => summary::sentence(seen),
            _ if context.expect.is_negative() => negative::evidence(seen, context),
            Self::Range(spec) => spec.reach(seen),
            Self::Jamf(spec) => spec.evidence(seen),
            Self::Token(spec) => spec.evidence(seen),
            Self::Graph(spec) => spec.evidence(seen, context),
            Self::Ntp(_) => ntp::sentence(seen).unwrap_or_else(|| summary::sentence(seen)),
            Self::Device(spec) => spec.sentence(seen),
            Self::Http(spec) => spec.sentence(seen),
            Self::Tls(_) => {
                let parts = [Some(summary::sentence(seen)), hold::kept(seen)];
                parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
            }
            Self::Tcp(_) => summary::sentence(seen),
        }
    }

    /// The verdict of each address that was dialled.
    pub fn each_address(&self, seen: &Seen, context: &Context<'_>) -> Vec<Vec<Finding>> {
        if context.expect.is_negative() {
            let one = |ladder: &LadderSeen| {
                let alone = Seen {
                    ladders: vec![ladder.clone()],
                    ..Seen::default()
                };
                negative::judge(&alone, context)
            };
            return seen.ladders.iter().map(one).collect();
        }
        match self {
            Self::Dns(_) | Self::Device(_) => Vec::new(),
            Self::Ntp(_) => ntp::each_address(seen, context),
            Self::Tcp(_) => tcp::each_address(seen, context),
            Self::Tls(spec) => tls::each_address(&spec.stores, seen, context),
            Self::Http(spec) => spec.each_address(seen, context),
            Self::Token(spec) => spec.each_address(seen, context),
            Self::Jamf(spec) => spec.each_address(seen, context),
            Self::Graph(spec) => spec.each_address(seen, context),
            Self::Range(spec) => tls::each_address(&spec.stores, seen, context),
        }
    }
}

/// The expectations that make sense for a kind of probe; the first is the usual one.
pub fn expectations(kind: &str) -> &'static [Expectation] {
    use Expectation::{
        Blocked, Connected, Http, Met, NotIntercepted, Nxdomain, PathOpen, Refused, Rejected,
        Resolves, Silent, Time, Tls, Token,
    };
    match kind {
        "dns" => &[Resolves, Nxdomain],
        "tcp" => &[Connected, PathOpen, Blocked, Silent, Rejected, Refused],
        "http" => &[Http, NotIntercepted, Blocked, Silent, Rejected, Refused],
        "token" => &[Token],
        "range" => &[Tls],
        "graph" | "jamf" => &[Http],
        "ntp" => &[Time],
        "device" => &[Met],
        _ => &[
            Tls,
            NotIntercepted,
            PathOpen,
            Blocked,
            Silent,
            Rejected,
            Refused,
        ],
    }
}

/// A service that its vendor retired: its absence is what is expected, and nothing here can fail.
pub fn judge_retired(findings: &[Finding], seen: &Seen, on: &str, instead: &str) -> Vec<Finding> {
    // An answer is a note, so that nobody takes it for evidence.
    let verdict = match context::verdict_of(findings) {
        Verdict::Pass if !seen.ladders.is_empty() => Verdict::Pass,
        _ => Verdict::Skipped,
    };
    vec![context::finding(
        Code::LocalRetired,
        verdict,
        "nothing: the service is gone",
        format!("retired {on}, use {instead}"),
    )]
}

/// A port that the documentation prints by mistake: any answer is in order, silence says nothing.
pub fn judge_misprint(findings: &[Finding], sentence: &str) -> Vec<Finding> {
    // An answer is a note, so that nobody takes it for evidence.
    let verdict = match context::verdict_of(findings) {
        Verdict::Pass => Verdict::Pass,
        _ => Verdict::Skipped,
    };
    vec![context::finding(
        Code::LocalMisprint,
        verdict,
        "nothing: no product needs this port",
        format!("misprint, {sentence}"),
    )]
}

/// What only a server of the organisation's own needs, where the server says that it is on Jamf Cloud.
pub fn judge_hosted(findings: Vec<Finding>, run: &RunFacts) -> Vec<Finding> {
    if run.on_jamf_cloud != Some(true) {
        return findings;
    }
    vec![context::finding(
        Code::LocalVendorHosted,
        Verdict::Skipped,
        "nothing: this is Jamf's own traffic",
        "the Jamf Pro server is on Jamf Cloud, whose own connections are Jamf's business"
            .to_owned(),
    )]
}

/// Whether any ladder of the row ended in a chain that was made on the way.
pub fn is_intercepted(seen: &LadderSeen, accepts: &[StoreName], context: &Context<'_>) -> bool {
    let tls = seen.observation.seen.tls.as_deref();
    tls.is_some_and(|tls| chain::is_intercepted(&seen.host, tls, accepts, context))
}

#[cfg(test)]
mod tests;
