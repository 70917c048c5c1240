//! One ladder of stages to one address: connect, handshake, one request. The same ladder is climbed once.

use std::future::pending;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::watch;

use super::connect::TcpSeen;
use super::endpoint::Host;
use super::failure::Failure;
use super::http::{HttpOptions, HttpSeen, Request, exchange};
use super::memo::{Answer, End, Observation};
use super::pipe::Pipe;
use super::proxy::Proxy;
use super::tls::{TlsOptions, TlsSeen, handshake};
use super::tunnel::{self, Patience, ProxySeen, Via};
use super::{Net, Reach, detour};
use crate::code::{Code, Stage};

/// What a TLS hello says.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Hello {
    /// Sent as SNI and verified.
    pub name: String,
    pub alpn: Vec<String>,
    /// Whether a peer that speaks TLS 1.2 without extended master secret is refused.
    pub strict: bool,
}

/// The question: a connection to one address, and how far up to go on it.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Ladder {
    /// Of the peer, or of the proxy on the way to it.
    pub address: IpAddr,
    pub port: u16,
    /// Where a rule for the host's name leads instead, which another name of this address need not have.
    pub detour: Option<SocketAddr>,
    pub via: Via,
    pub hello: Option<Hello>,
    pub request: Option<Request>,
    pub attempt: u32,
    /// Whether further sockets are tried while the first is silent.
    pub hedged: bool,
}

impl Ladder {
    /// A connect that failed on the way to a proxy says nothing of the peer behind it.
    pub fn blame(&self, failure: Failure) -> Failure {
        match self.via.proxy() {
            Some(proxy)
                if failure.stage == Stage::Tcp || failure.code == Code::LocalRouteMissing =>
            {
                let Failure { code, detail, .. } = failure;
                let at = match proxy.host {
                    Host::Address(_) => String::new(),
                    Host::Name(_) => format!(" at {}", self.address),
                };
                Failure::new(
                    Code::ProxyUnreachable,
                    format!("{proxy}{at}: {detail} ({code})"),
                )
            }
            _ => failure,
        }
    }

    /// A connect to what stands first on the way, whatever lies behind it.
    pub fn connect_alone(&self) -> Arc<Self> {
        Arc::new(Self {
            via: Via::Direct,
            hello: None,
            request: None,
            ..self.clone()
        })
    }

    /// The way and the hello alone, for questions that are asked beside what the rows ask.
    pub(super) fn bare(&self) -> Arc<Self> {
        Arc::new(Self {
            request: None,
            attempt: 0,
            hedged: false,
            ..self.clone()
        })
    }
}

/// What was seen on the way up; a rung that was not reached is absent. Every row of the ladder reads it, and most
/// ladders of a large run have few rungs: what is large is shared, and stored apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rungs {
    /// When the first packet was sent.
    pub begun: Option<Instant>,
    pub tcp: Option<Arc<TcpSeen>>,
    pub proxy: Option<Arc<ProxySeen>>,
    pub tls: Option<Arc<TlsSeen>>,
    pub http: Option<Arc<HttpSeen>>,
}

impl Net {
    /// The answer to a ladder, now or later, stage by stage.
    pub(crate) fn climb(&self, ladder: &Arc<Ladder>) -> Answer<Rungs> {
        self.inner.ladders.ask(ladder, Rungs::default(), |sender| {
            let task = Climb {
                net: self.clone(),
                ladder: Arc::clone(ladder),
                sender,
            };
            task.run()
        })
    }

    /// Where a connection to a port of an address really goes, unless a rule for the host's name has led it elsewhere
    /// already; a closed net dials nothing that no rule names.
    pub(super) fn destination(
        &self,
        vendor: SocketAddr,
        detour: Option<SocketAddr>,
    ) -> Result<SocketAddr, Failure> {
        let settings = self.settings();
        let rule = || detour::for_address(&settings.detours, vendor);
        match (detour.or_else(rule), settings.reach) {
            (Some(to), _) => Ok(to),
            (None, Reach::Open) => Ok(vendor),
            (None, Reach::Closed) => Err(Failure::new(
                Code::LocalInternal,
                format!("{vendor} is outside the lab; nothing was sent"),
            )),
        }
    }

    /// What is known of a ladder at this moment.
    pub fn ladder_seen(&self, ladder: &Arc<Ladder>) -> Option<Observation<Rungs>> {
        self.inner.ladders.known(ladder)
    }
}

pub(super) struct Climb {
    pub(super) net: Net,
    pub(super) ladder: Arc<Ladder>,
    pub(super) sender: watch::Sender<Observation<Rungs>>,
}

impl Climb {
    async fn run(self) {
        let end = match self.all_rungs().await {
            Ok(()) => End::Done,
            Err(failure) => End::Failed(failure),
        };
        self.sender.send_modify(|answer| answer.end = end);
    }

    /// Each rung in a box of its own: a ladder that waits for its place, as thousands may, is small.
    async fn all_rungs(&self) -> Result<(), Failure> {
        let pacer = &self.net.inner.pacer;
        let (stream, mut places) = self.connect().await?;
        let stream = match &self.ladder.via {
            Via::Direct => stream.into(),
            Via::Tunnel(_) | Via::Forward(_) => {
                let passing = Box::pin(self.pass_proxy(stream.into()));
                places.work(pacer, passing).await?
            }
        };
        let Some(hello) = &self.ladder.hello else {
            let Some(request) = &self.ladder.request else {
                return Ok(());
            };
            may_be_sent(request, None)?;
            return match &self.ladder.via {
                Via::Forward(proxy) => {
                    let forwarding = Box::pin(self.forward(stream, proxy, request));
                    places.work(pacer, forwarding).await
                }
                Via::Direct | Via::Tunnel(_) => {
                    let asking = Box::pin(self.exchange(stream, false, request));
                    places.work(pacer, asking).await
                }
            };
        };
        let options = TlsOptions {
            server_name: hello.name.clone(),
            alpn: hello.alpn.clone(),
            strict: hello.strict,
            timeout: self.net.budgets().tls,
        };
        let shaking = handshake(stream, &options, &self.net.settings().trust);
        let (tls, result) = places.work(pacer, Box::pin(shaking)).await;
        let tls = Arc::new(tls);
        let h2 = tls.alpn.as_deref() == Some("h2");
        self.sender
            .send_modify(|answer| answer.seen.tls = Some(Arc::clone(&tls)));
        let stream = result?;
        match &self.ladder.request {
            Some(request) => {
                may_be_sent(request, Some(&tls))?;
                let asking = Box::pin(self.exchange(stream, h2, request));
                places.work(pacer, asking).await
            }
            None => Ok(()),
        }
    }

    async fn exchange<S>(&self, stream: S, h2: bool, request: &Request) -> Result<(), Failure>
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        if request.credential.is_some() && !self.net.begins_to_send(&self.ladder) {
            // The run has ended before its turn came: that is no end of its own.
            return pending().await;
        }
        let budgets = self.net.budgets();
        let options = HttpOptions {
            headers_timeout: budgets.headers,
            body_timeout: budgets.body,
            ..HttpOptions::STANDARD
        };
        let (seen, result) = exchange(stream, h2, request, &options).await;
        self.sender
            .send_modify(|answer| answer.seen.http = Some(Arc::new(seen)));
        result
    }

    /// Through the proxy, if there is one on this way.
    async fn pass_proxy(&self, pipe: Pipe) -> Result<Pipe, Failure> {
        let budgets = self.net.budgets();
        let patience = Patience {
            tls: budgets.tls,
            answer: budgets.headers,
        };
        let via = &self.ladder.via;
        let trust = &self.net.settings().trust;
        let (seen, end) = tunnel::reach(pipe, via, patience, trust).await;
        if let Some(seen) = seen {
            self.sender
                .send_modify(|answer| answer.seen.proxy = Some(Arc::new(seen)));
        }
        end
    }

    /// Gives a proxy the whole request; what it says of itself is no answer of the peer.
    async fn forward(&self, pipe: Pipe, proxy: &Proxy, request: &Request) -> Result<(), Failure> {
        let forwarded = tunnel::forwarded(request, proxy);
        let end = self.exchange(pipe, false, &forwarded.0).await;
        let mut of_proxy = Ok(());
        self.sender.send_modify(|answer| {
            if let (Some(http), Some(login)) = (&mut answer.seen.http, &proxy.login) {
                tunnel::conceal(login, Arc::make_mut(http));
            }
            if let (Some(http), Some(seen)) = (&answer.seen.http, &mut answer.seen.proxy) {
                let seen = Arc::make_mut(seen);
                seen.signed_in = proxy.login.is_some();
                of_proxy = tunnel::of_answer(http, &end, request, seen);
            }
            if of_proxy.is_err() {
                answer.seen.http = None;
            }
        });
        of_proxy.and(end)
    }
}

/// A secret goes to nobody whose chain the row does not accept.
fn may_be_sent(request: &Request, tls: Option<&TlsSeen>) -> Result<(), Failure> {
    let credential = request.credential.as_ref();
    match credential.and_then(|credential| credential.held_back(tls)) {
        None => Ok(()),
        Some(why) => Err(Failure::new(
            Code::HttpCredentialWithheld,
            format!("the secret was not sent: {why}"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Settings;
    use super::super::memo::ended;
    use super::super::trust::{Trust, TrustOptions};
    use super::*;

    #[tokio::test]
    async fn a_closed_net_dials_nothing_that_no_rule_names() {
        let trust = Trust::new(&TrustOptions::default()).expect("no file to read");
        let mut settings = Settings::open(Arc::new(trust));
        settings.reach = Reach::Closed;
        let ladder = Arc::new(Ladder {
            address: IpAddr::from([127, 0, 0, 1]),
            port: 9,
            detour: None,
            via: Via::Direct,
            hello: None,
            request: None,
            attempt: 0,
            hedged: true,
        });
        let seen = ended(Net::new(settings).climb(&ladder)).await;
        let code = seen.failure().map(|failure| failure.code);
        assert_eq!(code, Some(Code::LocalInternal));
        assert_eq!(seen.seen, Rungs::default(), "not even a connect was tried");
    }
}
