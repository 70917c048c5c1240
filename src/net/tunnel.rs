//! Through a proxy: what it is asked for, and what it says. The way to the peer behind it begins when it agrees.

mod forward;
mod request;
mod socks;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

pub(super) use forward::{conceal, forwarded, of_answer};

use super::endpoint::Host;
use super::failure::Failure;
use super::pipe::Pipe;
use super::proxy::{Origin, Proxy, Scheme};
use super::tls::{TlsOptions, TlsSeen, classify_chain, handshake};
use super::trust::{StoreName, Trust};
use crate::code::Code;

/// The roads that a ladder can take to its peer.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Via {
    Direct,
    /// The proxy passes bytes on to the host and port, and does not look at them.
    Tunnel(Arc<Tunnel>),
    /// The proxy is given the request itself, as it is for plain HTTP.
    Forward(Arc<Proxy>),
}

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Tunnel {
    pub proxy: Arc<Proxy>,
    pub host: Host,
    pub port: u16,
}

impl Via {
    pub fn proxy(&self) -> Option<&Proxy> {
        match self {
            Self::Direct => None,
            Self::Tunnel(tunnel) => Some(&tunnel.proxy),
            Self::Forward(proxy) => Some(proxy),
        }
    }

    pub const fn is_direct(&self) -> bool {
        matches!(self, Self::Direct)
    }
}

/// What was seen of a proxy, whether it agreed or not.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct ProxySeen {
    /// From the request to the answer, with the handshake before it where the proxy is spoken to over TLS.
    pub ms: f64,
    /// Such as `http://proxy.example.com:3128`.
    pub proxy: String,
    pub from: Origin,
    /// What it was asked for: `CONNECT`, `SOCKS5`, or the method of a request that it was given whole.
    pub method: String,
    /// Host and port behind it.
    pub target: String,
    /// Whether it took the connection or the request on to the peer.
    pub passed_on: bool,
    /// Whether it was sent a user name and a password, which a SOCKS proxy has to ask for.
    pub signed_in: bool,
    /// Of its answer to `CONNECT`; of SOCKS, the number of its reply.
    pub status: Option<u16>,
    /// What it said beside the number.
    pub reason: Option<String>,
    /// The kinds of sign-in that it offers.
    pub schemes: Vec<String>,
    /// As it names itself.
    pub software: Option<String>,
    /// What came back if it was no answer, as ASCII with escapes.
    pub first_bytes: Option<String>,
    /// The handshake with the proxy itself.
    pub tls: Option<TlsSeen>,
}

impl ProxySeen {
    fn new(proxy: &Proxy, method: &str, target: String) -> Self {
        Self {
            ms: 0.0,
            proxy: proxy.to_string(),
            from: proxy.from,
            method: method.to_owned(),
            target,
            passed_on: false,
            signed_in: false,
            status: None,
            reason: None,
            schemes: Vec::new(),
            software: None,
            first_bytes: None,
            tls: None,
        }
    }

    /// Its status and reason, for a sentence.
    fn said(&self) -> String {
        let status = self
            .status
            .map_or_else(String::new, |status| status.to_string());
        match &self.reason {
            Some(reason) => format!("{status} {reason}"),
            None => status,
        }
    }
}

impl fmt::Display for Tunnel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host.authority(), self.port)
    }
}

/// How long each part may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    pub(super) tls: Duration,
    /// The proxy looks the name up and connects before it answers.
    pub(super) answer: Duration,
}

/// Shakes hands with the proxy where it is spoken to over TLS. A proxy that cannot be believed is told nothing.
pub(super) async fn reach(
    pipe: Pipe,
    via: &Via,
    patience: Patience,
    trust: &Trust,
) -> (Option<ProxySeen>, Result<Pipe, Failure>) {
    let (proxy, mut seen) = match via {
        Via::Direct => return (None, Ok(pipe)),
        Via::Tunnel(tunnel) => {
            let method = match tunnel.proxy.scheme {
                Scheme::Socks5 => "SOCKS5",
                Scheme::Http | Scheme::Https => "CONNECT",
            };
            (
                &tunnel.proxy,
                ProxySeen::new(&tunnel.proxy, method, tunnel.to_string()),
            )
        }
        Via::Forward(proxy) => (proxy, ProxySeen::new(proxy, "", String::new())),
    };
    let started = Instant::now();
    let mut end = secured(pipe, proxy, patience.tls, trust, &mut seen).await;
    if let (Ok(pipe), Via::Tunnel(tunnel)) = (&mut end, via) {
        let asking = ask(pipe, tunnel, &mut seen);
        let answer = match timeout(patience.answer, asking).await {
            Ok(answer) => answer,
            Err(_) => Err(Failure::new(
                Code::ProxySilent,
                format!(
                    "{proxy}: no answer to {} {tunnel} in {:.1} s",
                    seen.method,
                    patience.answer.as_secs_f64()
                ),
            )),
        };
        match answer {
            Ok(()) => {
                seen.passed_on = true;
                end = end.map(Pipe::into_tunnel);
            }
            Err(failure) => end = Err(failure),
        }
    }
    seen.ms = started.elapsed().as_secs_f64() * 1000.0;
    (Some(seen), end)
}

async fn ask(pipe: &mut Pipe, tunnel: &Tunnel, seen: &mut ProxySeen) -> Result<(), Failure> {
    match tunnel.proxy.scheme {
        Scheme::Socks5 => socks::ask(pipe, tunnel, seen).await,
        Scheme::Http | Scheme::Https => request::ask(pipe, tunnel, seen).await,
    }
}

async fn secured(
    pipe: Pipe,
    proxy: &Proxy,
    patience: Duration,
    trust: &Trust,
    seen: &mut ProxySeen,
) -> Result<Pipe, Failure> {
    if proxy.scheme != Scheme::Https {
        return Ok(pipe);
    }
    let options = TlsOptions {
        server_name: proxy.host.to_string(),
        // A proxy that is offered more might speak more than CONNECT over HTTP/1.
        alpn: vec!["http/1.1".to_owned()],
        strict: false,
        timeout: patience,
    };
    let (tls, end) = handshake(pipe, &options, trust).await;
    let stream = end.map_err(|failure| {
        let Failure { code, detail, .. } = failure;
        Failure::new(Code::ProxyTlsFailed, format!("{proxy}: {detail} ({code})"))
    });
    let doubt = classify_chain(&tls, &[StoreName::Public, StoreName::System]);
    seen.tls = Some(tls);
    let stream = stream?;
    if let Some(code) = doubt {
        let detail =
            format!("{proxy}: its chain is not accepted ({code}), and it was told nothing");
        return Err(Failure::new(Code::ProxyTlsFailed, detail));
    }
    Ok(Pipe::Inner(Box::new(stream)))
}

/// A connection that ended before the proxy had answered.
fn closed(seen: &ProxySeen, error: Option<&std::io::Error>) -> Failure {
    let how = error.map_or_else(|| "closed the connection".to_owned(), ToString::to_string);
    let (proxy, method, target) = (&seen.proxy, &seen.method, &seen.target);
    Failure::new(
        Code::ProxyClosed,
        format!("{proxy}: {how} instead of answering {method} {target}"),
    )
}
