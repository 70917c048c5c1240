//! The stages of one check, as far as it came.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::net::http::HttpSeen;
use crate::net::names::Decider;
use crate::net::tls::{LargeHelloSeen, TlsSeen};
use crate::net::trust::StoreName;
use crate::net::tunnel::ProxySeen;
use crate::net::{Failure, Icmp, TcpSeen};
use crate::probe::{AppSeen, By};

/// The stages that were reached; one that was not is absent. What is large is stored apart, as most checks lack most.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Stages {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dns: Option<Box<DnsStage>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tcp: Option<Arc<TcpSeen>>,
    /// What a proxy said, where one carries the row; `tcp` is then the connection to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<Arc<ProxySeen>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Box<TlsStage>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<Arc<HttpSeen>>,
    /// What the service or the machine itself told, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<AppSeen>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct DnsStage {
    pub ms: f64,
    pub decided_by: Decider,
    pub resolver: Option<SocketAddr>,
    pub cname: Vec<String>,
    pub addresses: Vec<DnsAddress>,
    pub queries: Vec<Query>,
    pub system: Option<SystemAnswer>,
    /// What the server of `--compare-dns` says of the same name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compared: Option<ComparedAnswer>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct ComparedAnswer {
    pub server: SocketAddr,
    /// Null where one of the servers did not answer, or nothing shows which answer is right.
    pub agrees: Option<bool>,
    pub by: Option<By>,
    pub addresses: Vec<IpAddr>,
    pub queries: Vec<Query>,
}

#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct DnsAddress {
    pub address: IpAddr,
    /// Seconds; null where the operating system answered, which does not tell.
    pub ttl: Option<u32>,
}

/// One exchange with one server.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Query {
    /// `A` or `AAAA`.
    #[serde(rename = "type")]
    pub kind: String,
    pub resolver: SocketAddr,
    pub rcode: Option<String>,
    pub ms: f64,
    pub tries: u32,
    pub transport: String,
    pub failure: Option<Failure>,
    /// Who refused the question, where a box named itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icmp: Option<Icmp>,
    /// How many addresses of the answer are left out of the report, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more: Option<usize>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct SystemAnswer {
    pub addresses: Vec<IpAddr>,
    pub error: Option<Failure>,
    /// Whether it shares no address with the wire's answer.
    pub differs: bool,
}

#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct TlsStage {
    #[serde(flatten)]
    pub seen: Arc<TlsSeen>,
    pub accepts: Vec<StoreName>,
    pub intercepted: bool,
    /// A second hello of the size that Macs send, where it was tried on this address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub large_hello: Option<LargeHelloSeen>,
}
