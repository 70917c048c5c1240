//! A TCP connect that can be argued from: several sockets, one budget, and for each failure what
//! the network really said and who said it.

use std::future::{Future, poll_fn};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio::time::sleep_until;

use crate::code::{Code, Stage};
use crate::net::attempt::{self, End, Watch};
use crate::net::failure::Failure;
use crate::net::platform::QueuedError;
use crate::net::source::Source;
use crate::net::{Net, counted, elapsed, platform, socket};

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct ConnectOptions {
    pub source: Source,
    /// One budget for all sockets together.
    pub timeout: Duration,
    /// When further sockets are opened, counted from the first; each has a source port of its own.
    pub hedges: Vec<Duration>,
    pub evidence: Evidence,
    /// A time to live other than the system's, to find a hop on the way.
    pub ttl: Option<u8>,
}

/// Where the reason of a failure is read from.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Evidence {
    /// All that this system's kernel tells: on Linux the ICMP message and its sender.
    Kernel,
    /// Error numbers only, as on any system.
    Portable,
}

/// An ICMP error that ended a connect.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Icmp {
    #[serde(rename = "type")]
    pub kind: u8,
    pub code: u8,
    pub from: IpAddr,
}

impl From<&QueuedError> for Icmp {
    fn from(queued: &QueuedError) -> Self {
        Self {
            kind: queued.kind,
            code: queued.code,
            from: queued.from,
        }
    }
}

/// One socket of a connect.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct ConnectTry {
    /// When it was opened, counted from the first.
    pub at_ms: f64,
    pub local: Option<SocketAddr>,
    /// `connected`; `silent`: no answer by the deadline; `unanswered`: none yet when another
    /// socket ended the connect; or the name of a code.
    pub end: String,
}

/// What was seen of a connect, whether it succeeded or not.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct TcpSeen {
    pub ms: f64,
    /// The kernel's measure of the round trip; absent where it does not tell.
    pub rtt_ms: Option<f64>,
    pub rtt_us: Option<u64>,
    pub peer: SocketAddr,
    /// The address really dialled, where a rule put it in place of `peer`.
    pub dialled: Option<SocketAddr>,
    pub local: Option<SocketAddr>,
    pub icmp: Option<Icmp>,
    pub connects: Vec<ConnectTry>,
    /// Whether it is another row's connect, which this row waited for as well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shared: bool,
}

impl TcpSeen {
    /// Whether one of the sockets was accepted by the peer.
    pub fn is_connected(&self) -> bool {
        self.connects
            .iter()
            .any(|connect| connect.end == "connected")
    }
}

/// Whom a further socket has to ask: it uses up what the pace allows, and is of no use where the answer is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turns<'a> {
    pub net: &'a Net,
    /// As the row knows it, before any rule that leads elsewhere.
    pub peer: SocketAddr,
}

/// Connects to `to`. The first success wins; the first refusal that names its reason ends it.
/// Dropping the future closes every socket.
pub(super) async fn connect(
    to: SocketAddr,
    options: &ConnectOptions,
) -> (TcpSeen, Result<TcpStream, Failure>) {
    connect_in_turn(to, options, None).await
}

/// The same, with a pace for the sockets beyond the first.
pub(super) async fn connect_in_turn(
    to: SocketAddr,
    options: &ConnectOptions,
    turns: Option<Turns<'_>>,
) -> (TcpSeen, Result<TcpStream, Failure>) {
    let mut race = Race {
        to,
        options,
        turns,
        start: Instant::now(),
        running: Vec::new(),
        tries: Vec::new(),
        icmp: None,
        self_connected: false,
    };
    let result = race.run().await;
    let seen = race.seen(result.as_ref().ok());
    (seen, result)
}

struct Race<'a> {
    to: SocketAddr,
    options: &'a ConnectOptions,
    turns: Option<Turns<'a>>,
    start: Instant,
    running: Vec<Running>,
    tries: Vec<ConnectTry>,
    icmp: Option<Icmp>,
    self_connected: bool,
}

/// A socket that has not ended; `index` is its place among the tries.
struct Running {
    index: usize,
    socket: Watch,
    end: Pin<Box<dyn Future<Output = End> + Send>>,
}

impl Race<'_> {
    async fn run(&mut self) -> Result<TcpStream, Failure> {
        let patience = self.start + self.options.timeout;
        socket::patiently(patience, || {
            // The peer has all its time, however long a socket was waited for.
            self.start = Instant::now();
            self.open()
        })
        .await?;
        let deadline = self.start + self.options.timeout;
        let mut hedges = self.options.hedges.iter();
        let mut next = hedges.next();
        loop {
            let hedge_at = next.map_or(deadline, |after| self.start + *after);
            let hedge = turn(self.turns, hedge_at);
            tokio::select! {
                biased;
                (index, end) = first_to_end(&mut self.running) => {
                    if let Some(result) = self.settle(index, end, next.is_some()) {
                        return result;
                    }
                }
                () = sleep_until(deadline.into()) => return Err(self.silent()),
                wanted = hedge, if next.is_some() => {
                    next = if wanted { hedges.next() } else { None };
                    if wanted {
                        // The first socket is under way: a hedge that cannot be opened is not needed.
                        let _ = self.open();
                    }
                }
            }
        }
    }

    fn open(&mut self) -> Result<(), Failure> {
        let at_ms = elapsed::ms(self.start);
        let attempt = attempt::start(self.to, self.options)?;
        self.running.push(Running {
            index: self.tries.len(),
            socket: attempt.socket,
            end: attempt.end,
        });
        self.tries.push(ConnectTry {
            at_ms,
            local: attempt.local,
            end: "unanswered".to_owned(),
        });
        Ok(())
    }

    /// Takes the end of one socket; `Some` if it is the end of the connect.
    fn settle(
        &mut self,
        index: usize,
        end: End,
        more_to_come: bool,
    ) -> Option<Result<TcpStream, Failure>> {
        let place = &mut self.tries[index];
        if let End::Open(stream) = &end
            && place.local.is_none()
        {
            place.local = stream.local_addr().ok();
        }
        match end {
            // Loopback allows it when both ports coincide.
            End::Open(stream) if place.local == Some(self.to) => {
                Code::TcpSelfConnect.name().clone_into(&mut place.end);
                drop(stream);
                let again = !std::mem::replace(&mut self.self_connected, true);
                if again && self.open().is_ok() {
                    return None;
                }
                let detail = format!("the connection to {} met itself", self.to);
                Some(Err(Failure::new(Code::TcpSelfConnect, detail)))
            }
            End::Open(stream) => {
                "connected".clone_into(&mut place.end);
                Some(Ok(stream))
            }
            End::Refused(failure, icmp) => self.refuse(index, failure, icmp, more_to_come),
        }
    }

    fn refuse(
        &mut self,
        index: usize,
        failure: Failure,
        icmp: Option<Icmp>,
        more_to_come: bool,
    ) -> Option<Result<TcpStream, Failure>> {
        failure.code.name().clone_into(&mut self.tries[index].end);
        let says_nothing =
            icmp.is_none() && (failure.code == Code::TcpSilent || failure.stage == Stage::Local);
        let others = !self.running.is_empty() || (more_to_come && failure.code == Code::TcpSilent);
        if says_nothing && others {
            return None;
        }
        self.icmp = icmp;
        if icmp.is_none() && failure.code != Code::TcpRefusedRst {
            // An error without its sender: another socket may have been told more.
            if let Some(result) = self.told_by_another() {
                return Some(result);
            }
        }
        Some(Err(failure))
    }

    /// What has already reached another socket: an open connection, or a refusal with its sender.
    fn told_by_another(&mut self) -> Option<Result<TcpStream, Failure>> {
        let mut context = Context::from_waker(Waker::noop());
        for mut running in std::mem::take(&mut self.running) {
            let place = &mut self.tries[running.index];
            match running.end.as_mut().poll(&mut context) {
                Poll::Ready(End::Open(stream)) => {
                    "connected".clone_into(&mut place.end);
                    return Some(Ok(stream));
                }
                Poll::Ready(End::Refused(failure, Some(icmp))) => {
                    failure.code.name().clone_into(&mut place.end);
                    self.icmp = Some(icmp);
                    return Some(Err(failure));
                }
                Poll::Ready(End::Refused(..)) | Poll::Pending => {}
            }
        }
        None
    }

    fn silent(&mut self) -> Failure {
        for running in &self.running {
            "silent".clone_into(&mut self.tries[running.index].end);
        }
        let connects = counted(self.tries.len(), "connect");
        let within = elapsed::text(self.options.timeout);
        let detail = format!("no answer to {connects} in {within}");
        if self.options.evidence == Evidence::Kernel && self.never_left() {
            let detail =
                format!("{detail}, and no packet left this machine: its own firewall drops them");
            return Failure::new(Code::LocalPolicyDenied, detail);
        }
        Failure::new(Code::TcpSilent, detail)
    }

    /// Whether every socket whose kernel tells says that its packets went no further than this machine.
    fn never_left(&self) -> bool {
        let mut told = self
            .running
            .iter()
            .filter_map(|running| running.socket.never_left())
            .peekable();
        told.peek().is_some() && told.all(|never| never)
    }

    fn seen(self, stream: Option<&TcpStream>) -> TcpSeen {
        let info = stream.and_then(platform::tcp_info);
        let rtt_us = info.map(|info| info.rtt_us);
        let connected = self.tries.iter().find(|one| one.end == "connected");
        TcpSeen {
            ms: elapsed::ms(self.start),
            rtt_ms: rtt_us.map(|us| elapsed::in_ms(Duration::from_micros(us))),
            rtt_us,
            peer: self.to,
            dialled: None,
            local: connected
                .and_then(|connected| connected.local)
                .or_else(|| self.tries.iter().find_map(|one| one.local)),
            icmp: self.icmp,
            connects: self.tries,
            shared: false,
        }
    }
}

/// Waits until a further socket may be opened; whether it is still wanted then.
async fn turn(turns: Option<Turns<'_>>, at: Instant) -> bool {
    sleep_until(at.into()).await;
    match turns {
        Some(Turns { net, peer }) => net.may_hedge(peer).await,
        None => true,
    }
}

/// The first of the running sockets to end, taken out of the list; waits for ever if there is none.
async fn first_to_end(running: &mut Vec<Running>) -> (usize, End) {
    poll_fn(|context| {
        for place in 0..running.len() {
            if let Poll::Ready(end) = running[place].end.as_mut().poll(context) {
                return Poll::Ready((running.remove(place).index, end));
            }
        }
        Poll::Pending
    })
    .await
}

#[cfg(test)]
mod tests;
