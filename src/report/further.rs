//! Further questions that a failure raised, and their answers.

use std::net::{IpAddr, SocketAddr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::net::hold::HeldTry;

/// A further question that a failure raised, and its answer.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct FollowUp {
    pub question: String,
    pub answer: String,
    /// The hops, where the question was how far connects get.
    #[serde(default)]
    pub path: Option<WalkedPath>,
    /// The hop, where the question was where a redirect leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect: Option<RedirectHop>,
    /// What was tried in place of what had failed, where that was the question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead: Option<Instead>,
    /// The connections, where the question was whether they outlive a silence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<HeldConnections>,
}

/// `--hold`: the connections to one address that were kept silent, one after the other.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct HeldConnections {
    pub peer: SocketAddr,
    pub tries: Vec<HeldTry>,
}

/// Another port, address or name that was tried after a failure.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Instead {
    pub at: SocketAddr,
    /// The name in the hello, where one was sent.
    pub name: Option<String>,
    /// Whether it was answered: another port by SYN-ACK or RST, another address by SYN-ACK, a hello by TLS. Null: not by
    /// the end of the run.
    pub answered: Option<bool>,
}

/// One hop of a redirect that was followed by hand.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct RedirectHop {
    pub url: String,
    /// Null if no answer came.
    pub status: Option<u16>,
}

/// The path to a port, as SYNs with a small time to live found it.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct WalkedPath {
    pub to: SocketAddr,
    /// The routers that let such a SYN expire and said so.
    pub hops: Vec<Hop>,
    /// How many hops away the peer answered; null if it did not.
    pub reached: Option<u8>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Hop {
    pub ttl: u8,
    pub address: IpAddr,
}
