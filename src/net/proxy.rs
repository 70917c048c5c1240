//! Proxies: what one is, and which way a connection may take.

mod choice;
mod environment;
mod listed;
mod pac;
mod parse;
mod system;

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use choice::{Choice, Decision, Unused};
pub use listed::{Exempt, Listed};
pub use pac::Pac;
pub use parse::ProxyError;
pub use system::{Raw, Setting, Settings, System};

use super::endpoint::Host;
use super::secret::Secret;

/// How a proxy is spoken to.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Scheme {
    /// `CONNECT` over plain TCP.
    Http,
    /// `CONNECT` inside TLS with the proxy itself.
    Https,
    /// SOCKS version 5 (RFC 1928); the proxy looks names up.
    Socks5,
}

impl Scheme {
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Socks5 => "socks5",
        }
    }
}

/// Who named a proxy.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// A proxy auto-configuration file.
    Pac,
    /// The operating system's settings.
    System,
    /// The environment's variables.
    Env,
    /// The command line.
    Option,
}

/// What a proxy is told to let this machine through.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Login {
    pub user: Secret,
    pub password: Secret,
}

/// A proxy; it prints without what it is told.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Proxy {
    pub scheme: Scheme,
    pub host: Host,
    pub port: u16,
    pub from: Origin,
    pub login: Option<Login>,
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.scheme.name();
        write!(f, "{scheme}://{}:{}", self.host.authority(), self.port)
    }
}

/// One way that a connection may take.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Way {
    Direct,
    Through(Arc<Proxy>),
}

/// Where a connection is to lead.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Destination {
    pub tls: bool,
    pub host: Host,
    pub port: u16,
}
