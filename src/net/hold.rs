//! `--hold`: a connection that is kept silent after its handshake, and what becomes of what is sent on it then.
//!
//! What is sent is the orderly end of a TLS session (`close_notify`) and nothing else: any peer takes it, and its kernel
//! confirms it whether or not the server cares. A firewall, a NAT or a balancer that has forgotten the connection in the
//! meantime drops it, or resets it.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{timeout, timeout_at};

use super::ladder::{Climb, Ladder, Rungs};
use super::memo::{Answer, Memo, Observation, ended};
use super::platform::{TcpInfo, tcp_info};
use super::tls::{Secured, TlsOptions, handshake};
use super::{End, Failure, Net};

/// So many connections are held in a run: each is another's server.
const IN_A_RUN: usize = 8;
/// How often the kernel's counters are read.
const LOOK: Duration = Duration::from_millis(20);
/// What was sent counts as lost once it was repeated so often in vain, for at least so long: a burst of loss is over
/// sooner.
const REPEATS: u64 = 4;
const LEAST: Duration = Duration::from_secs(3);
/// How long a connection that was written to at once is listened to after the confirmation: of a peer that resets on
/// whatever it is sent, the kernel confirms first.
const AFTERMATH: Duration = Duration::from_millis(500);
/// After so long it is known or it never will be.
const PATIENCE: Duration = Duration::from_secs(10);

/// What became of silent connections to one address: the one that was asked for, and what that one's end raised.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct HeldSeen {
    pub tries: Vec<HeldTry>,
}

/// One connection.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct HeldTry {
    pub local: Option<SocketAddr>,
    /// For how long it was to be silent; 0 for one that was written to at once.
    pub planned_ms: f64,
    /// For how long it was.
    pub silent_ms: f64,
    pub end: HeldEnd,
    /// From what was sent to its confirmation, or to the end of the waiting for it.
    pub answer_ms: Option<f64>,
    /// How often it was sent again; null where this system does not tell.
    pub retransmits: Option<u64>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HeldEnd {
    /// What was sent after the silence was confirmed.
    Kept,
    /// It was never confirmed.
    Unacknowledged,
    /// It was answered by a reset, and nothing of it was confirmed.
    ResetOnWrite,
    /// The peer ended the connection in good order before anything was sent.
    ClosedBefore,
    /// The same by a reset.
    ResetBefore,
    /// This system does not tell whether it was confirmed, and nothing came back.
    Untold,
    /// The peer itself spoke again and again, so that there was no silence of that length.
    NeverSilent,
    /// There was no connection or no handshake.
    NotOpened,
}

#[derive(Debug)]
pub(super) struct Holds {
    asked: Memo<Arc<Ladder>, HeldSeen>,
    /// Held while it is decided whether one more is too many.
    gate: Mutex<()>,
}

impl Holds {
    pub(super) fn new() -> Self {
        Self {
            asked: Memo::new(),
            gate: Mutex::default(),
        }
    }
}

/// For how long a connection is kept silent, and what will become of it.
pub(crate) type Holding = (Duration, Answer<HeldSeen>);

impl Net {
    /// Begins to keep a connection silent to where this ladder went, if the run is asked for that and holds no more than
    /// it may.
    pub(crate) fn hold(&self, ladder: &Ladder) -> Option<Holding> {
        let silence = self.settings().hold?;
        if !ladder.via.is_direct() || ladder.hello.is_none() {
            return None;
        }
        let holds = &self.inner.holds;
        let _alone = holds.gate.lock().expect("no task panics while it decides");
        if holds.asked.count() >= IN_A_RUN && self.held(ladder).is_none() {
            return None;
        }
        let blank = HeldSeen::default();
        let answer = holds.asked.ask(&ladder.bare(), blank, |sender| {
            let holder = Holder {
                net: self.clone(),
                ladder: ladder.bare(),
                sender,
            };
            holder.run(silence)
        });
        Some((silence, answer))
    }

    /// What is known of it at this moment.
    pub(crate) fn held(&self, ladder: &Ladder) -> Option<Observation<HeldSeen>> {
        self.inner.holds.asked.known(&ladder.bare())
    }
}

/// Waits until it is known what becomes of it.
pub(crate) async fn held_to_end((_, answer): Holding) {
    drop(ended(answer).await);
}

struct Holder {
    net: Net,
    ladder: Arc<Ladder>,
    sender: watch::Sender<Observation<HeldSeen>>,
}

impl Holder {
    /// The silence that was asked for. If it ends badly, a connection that is written to at once shows whether the silence
    /// matters; and after a reset one more, of half the time.
    async fn run(self, silence: Duration) {
        let end = self.one(silence).await;
        if matches!(end, HeldEnd::Unacknowledged | HeldEnd::ResetOnWrite) {
            let at_once = self.one(Duration::ZERO).await;
            if end == HeldEnd::ResetOnWrite && at_once == HeldEnd::Kept {
                self.one(silence / 2).await;
            }
        }
        self.sender.send_modify(|answer| answer.end = End::Done);
    }

    async fn one(&self, silence: Duration) -> HeldEnd {
        let (rungs, _) = watch::channel(Observation::pending(Rungs::default()));
        let climb = Climb {
            net: self.net.clone(),
            ladder: self.ladder.clone(),
            sender: rungs,
        };
        let mut tried = match climb.open().await {
            Ok((secured, _descriptor)) => keep(secured, silence).await,
            Err(_) => HeldTry::of(HeldEnd::NotOpened),
        };
        let tcp = climb.sender.borrow().seen.tcp.clone();
        tried.local = tcp.and_then(|tcp| tcp.local);
        tried.planned_ms = ms(silence);
        let end = tried.end;
        self.sender
            .send_modify(|answer| answer.seen.tries.push(tried));
        end
    }
}

impl Climb {
    /// A connection whose handshake went through. It keeps its descriptor; the place among those that work is given back.
    async fn open(&self) -> Result<(Secured, tokio::sync::OwnedSemaphorePermit), Failure> {
        let (stream, mut places) = self.connect().await?;
        let hello = self.ladder.hello.clone();
        let hello = hello.expect("a ladder without a hello is not held");
        let settings = self.net.settings();
        let options = TlsOptions {
            server_name: hello.name,
            alpn: hello.alpn,
            strict: hello.strict,
            timeout: self.net.budgets().tls,
        };
        let shaking = Box::pin(handshake(stream, &options, &settings.trust));
        let (_, secured) = places.work(&self.net.inner.pacer, shaking).await;
        Ok((secured?, places.idle()))
    }
}

impl HeldTry {
    const fn of(end: HeldEnd) -> Self {
        Self {
            local: None,
            planned_ms: 0.0,
            silent_ms: 0.0,
            end,
            answer_ms: None,
            retransmits: None,
        }
    }
}

async fn keep(mut secured: Secured, silence: Duration) -> HeldTry {
    let begun = Instant::now();
    let mut quiet = begun;
    // The deadline of the run waits for no more.
    let patience = silence + silence / 2;
    let (silent, before) = loop {
        let mut buffer = [0; 1024];
        let until = tokio::time::Instant::from_std(quiet + silence);
        match timeout_at(until, secured.read(&mut buffer)).await {
            Err(_) => break (quiet.elapsed(), None),
            // Whatever the peer says, the silence begins anew.
            Ok(Ok(bytes)) if bytes > 0 => {
                let silent = quiet.elapsed();
                quiet = Instant::now();
                if begun.elapsed() + silence > patience {
                    break (silent, Some(HeldEnd::NeverSilent));
                }
            }
            Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionReset => {
                break (quiet.elapsed(), Some(HeldEnd::ResetBefore));
            }
            // An alert is the peer's own word too.
            Ok(_) => break (quiet.elapsed(), Some(HeldEnd::ClosedBefore)),
        }
    };
    let silent_ms = ms(silent);
    let tried = if let Some(end) = before {
        HeldTry::of(end)
    } else {
        let aftermath = silence.is_zero().then_some(AFTERMATH);
        end_session(secured, aftermath).await
    };
    HeldTry { silent_ms, ..tried }
}

/// Sends the end of the session and waits for its confirmation.
async fn end_session(mut secured: Secured, aftermath: Option<Duration>) -> HeldTry {
    let (wire, session) = secured.get_mut();
    session.send_close_notify();
    let mut alert = Vec::new();
    while session.wants_write() {
        // Writing to a text in memory cannot fail.
        let _ = session.write_tls(&mut alert);
    }
    let before = tcp_info(wire.stream());
    let started = Instant::now();
    let end = match wire.write_all(&alert).await {
        Ok(()) => confirmation(wire.stream(), before, PATIENCE).await,
        Err(_) => HeldEnd::ResetOnWrite,
    };
    let answered = started.elapsed();
    let end = match aftermath.filter(|_| end == HeldEnd::Kept) {
        Some(aftermath) => match timeout(aftermath, heard(wire.stream())).await {
            Ok(Err(_)) => HeldEnd::ResetOnWrite,
            _ => end,
        },
        None => end,
    };
    let counters = before.zip(tcp_info(wire.stream()));
    HeldTry {
        answer_ms: Some(ms(answered)),
        retransmits: counters.map(|(before, now)| now.retransmits - before.retransmits),
        ..HeldTry::of(end)
    }
}

/// Whether what was just sent arrives. `before` are the counters of the time before it, where there are any.
async fn confirmation(stream: &TcpStream, before: Option<TcpInfo>, patience: Duration) -> HeldEnd {
    let started = Instant::now();
    loop {
        let heard = timeout(LOOK, heard(stream)).await;
        let counters = before.zip(tcp_info(stream));
        let confirmed = counters.is_some_and(|(before, now)| is_confirmed(before, now));
        match heard {
            // Whatever arrives has passed whoever keeps track of the connection.
            Ok(Ok(())) => return HeldEnd::Kept,
            _ if confirmed => return HeldEnd::Kept,
            Ok(Err(error)) if error.kind() == io::ErrorKind::TimedOut => {
                return HeldEnd::Unacknowledged;
            }
            Ok(Err(_)) => return HeldEnd::ResetOnWrite,
            Err(_) => {}
        }
        let waited = started.elapsed();
        let lost = counters.is_some_and(|(before, now)| is_lost(before, now));
        if lost && waited >= LEAST {
            return HeldEnd::Unacknowledged;
        }
        if waited >= patience {
            return HeldEnd::Untold;
        }
    }
}

/// Waits for bytes of the peer, or for its end of the stream.
async fn heard(stream: &TcpStream) -> io::Result<()> {
    let mut buffer = [0; 1024];
    loop {
        stream.readable().await?;
        match stream.try_read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            other => return other.map(|_| ()),
        }
    }
}

fn is_confirmed(before: TcpInfo, now: TcpInfo) -> bool {
    now.unacked == 0 && now.bytes_acked > before.bytes_acked
}

fn is_lost(before: TcpInfo, now: TcpInfo) -> bool {
    now.unacked > 0 && now.retransmits >= before.retransmits + REPEATS
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn info(bytes_acked: u64, unacked: u64, retransmits: u64) -> TcpInfo {
        TcpInfo {
            rtt_us: 1000,
            bytes_acked,
            unacked,
            retransmits,
        }
    }

    /// What is made of a peer that takes everything and then does this, without the kernel's counters and with them.
    async fn ends(leaves: bool) -> [HeldEnd; 2] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a port");
        let at = listener.local_addr().expect("its address");
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        let mut stream = socket.connect(at).await.expect("a connection");
        let (mut peer, _) = listener.accept().await.expect("it comes");
        let counters = tcp_info(&stream);
        stream.write_all(b"the end").await.expect("it is taken");
        peer.read_exact(&mut [0; 7]).await.expect("it arrives");
        let _peer = (!leaves).then_some(peer);
        let little = Duration::from_millis(100);
        [
            confirmation(&stream, None, little).await,
            confirmation(&stream, counters, little).await,
        ]
    }

    #[tokio::test]
    async fn where_the_kernel_does_not_count_only_an_answer_tells() {
        let [uncounted, counted] = ends(false).await;
        assert_eq!(uncounted, HeldEnd::Untold);
        if cfg!(target_os = "linux") {
            assert_eq!(counted, HeldEnd::Kept);
        }
        let [uncounted, _] = ends(true).await;
        assert_eq!(uncounted, HeldEnd::Kept, "its end of the stream is one");
    }

    #[test]
    fn what_was_lost_before_the_silence_is_no_loss_after_it() {
        let before = info(800, 0, 3);
        assert!(is_confirmed(before, info(824, 0, 4)));
        assert!(!is_confirmed(before, info(800, 0, 3)), "not yet sent");
        assert!(!is_confirmed(before, info(800, 1, 3)));
        assert!(is_lost(before, info(800, 1, 7)));
        assert!(
            !is_lost(before, info(800, 1, 6)),
            "three repeats of its own"
        );
        assert!(!is_lost(before, info(824, 0, 7)));
    }
}
