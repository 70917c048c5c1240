//! The time of a time server: one exchange of SNTP over UDP, checked as RFC 4330 and RFC 5905 want it.

mod message;

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant, SystemTime};

use ring::rand::SecureRandom as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::net::UdpSocket;
use tokio::time::sleep_until;

use self::message::{Reply, Unfit};
use super::connect::Icmp;
use super::datagram::{self, Refused};
use super::failure::Failure;
use super::memo::{Answer, End, Observation};
use super::{Net, counted, elapsed};
use crate::code::Code;

/// When the question is sent again, counted from the first; a public server wants to be asked rarely.
const RESEND: [Duration; 2] = [Duration::from_millis(800), Duration::from_secs(2)];

/// The question: what time is it there?
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct TimeQuestion {
    pub address: IpAddr,
    pub port: u16,
    /// Where a rule for the host's name leads instead.
    pub detour: Option<SocketAddr>,
}

/// What was seen of an exchange, whether it succeeded or not.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeSeen {
    pub ms: f64,
    pub peer: SocketAddr,
    /// The address really asked, where a rule put it in place of `peer`.
    pub dialled: Option<SocketAddr>,
    pub local: Option<SocketAddr>,
    pub tries: u32,
    /// Answers to a question that was not asked.
    pub foreign: u32,
    /// Datagrams that are no answer of a time server at all.
    pub malformed: u32,
    pub icmp: Option<Icmp>,
    pub told: Option<TimeTold>,
}

/// What a server says of the time and of itself.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct TimeTold {
    /// How far the server's clock is ahead of this machine's.
    pub offset_s: f64,
    pub round_trip_ms: f64,
    pub stratum: u8,
    /// Whether the server says that its clock is set by nothing.
    pub alarm: bool,
    /// Whom it follows: a name of four letters, an address, or a code in place of the time.
    pub reference: String,
    /// How far its time may be from the true one, by its own account: half the way to the primary server, and what
    /// has added up.
    pub distance_ms: f64,
}

impl Net {
    /// The answer of a time server, now or later.
    pub(crate) fn ask_time(&self, question: TimeQuestion) -> Answer<TimeSeen> {
        let blank = nothing_yet(question);
        self.inner.times.ask(&question, blank, |sender| {
            let net = self.clone();
            async move {
                let (seen, result) = ask(&net, question).await;
                sender.send_modify(|answer| {
                    answer.seen = seen;
                    answer.end = result.map_or_else(End::Failed, |()| End::Done);
                });
            }
        })
    }

    pub fn time_seen(&self, question: TimeQuestion) -> Option<Observation<TimeSeen>> {
        self.inner.times.known(&question)
    }

    /// This machine's clock, as it stood when the run began and has run on since.
    fn clock(&self) -> SystemTime {
        self.started_at() + self.elapsed()
    }
}

fn nothing_yet(question: TimeQuestion) -> TimeSeen {
    TimeSeen {
        ms: 0.0,
        peer: SocketAddr::new(question.address, question.port),
        dialled: None,
        local: None,
        tries: 0,
        foreign: 0,
        malformed: 0,
        icmp: None,
        told: None,
    }
}

async fn ask(net: &Net, question: TimeQuestion) -> (TimeSeen, Result<(), Failure>) {
    let mut seen = nothing_yet(question);
    let _descriptor = net.inner.pacer.descriptor().await;
    net.inner.pacer.token().await;
    let start = Instant::now();
    let result = exchange(net, question, start, &mut seen).await;
    seen.ms = elapsed::ms(start);
    (seen, result)
}

async fn exchange(
    net: &Net,
    question: TimeQuestion,
    start: Instant,
    seen: &mut TimeSeen,
) -> Result<(), Failure> {
    let to = net.destination(seen.peer, question.detour)?;
    seen.dialled = Some(to);
    let budget = net.budgets().connect;
    let socket = datagram::open(to, &net.settings().source, start + budget).await?;
    seen.local = socket.local_addr().ok();
    let mut sent: Vec<Sent> = Vec::new();
    for resend in RESEND.into_iter().map(Some).chain([None]) {
        let one = Sent::new(net)?;
        let asked = datagram::send(&socket, &message::request(one.cookie), start).await;
        asked.map_err(|refused| failed(&refused, to, seen))?;
        sent.push(one);
        seen.tries += 1;
        let until = resend.map_or(budget, |after| after.min(budget));
        if listen(&socket, &sent, start, until, seen).await? || until == budget {
            break;
        }
    }
    match seen.told {
        Some(_) => Ok(()),
        None => Err(unheard(seen, budget)),
    }
}

/// A question that was sent: the mark by which its answer is known, and when.
struct Sent {
    cookie: u64,
    at: Instant,
    clock: SystemTime,
}

impl Sent {
    /// The mark is random in place of our time: nobody can answer who has not seen it.
    fn new(net: &Net) -> Result<Self, Failure> {
        let mut mark = [0; 8];
        if ring::rand::SystemRandom::new().fill(&mut mark).is_err() {
            let why = "no random numbers for a question of the time";
            return Err(Failure::new(Code::LocalInternal, why));
        }
        Ok(Self {
            cookie: u64::from_be_bytes(mark),
            at: Instant::now(),
            clock: net.clock(),
        })
    }
}

/// Until an answer to one of the questions has come, or the time is over.
async fn listen(
    socket: &UdpSocket,
    sent: &[Sent],
    start: Instant,
    until: Duration,
    seen: &mut TimeSeen,
) -> Result<bool, Failure> {
    let mut buffer = [0; 1024];
    let over = sleep_until((start + until).into());
    tokio::pin!(over);
    loop {
        let length = tokio::select! {
            biased;
            read = socket.recv(&mut buffer) => read.map_err(|error| {
                let to = seen.dialled.unwrap_or(seen.peer);
                failed(&datagram::refused(socket, &error, start), to, seen)
            })?,
            () = &mut over => return Ok(false),
        };
        let cookies: Vec<u64> = sent.iter().map(|one| one.cookie).collect();
        match message::reply(&buffer[..length], &cookies) {
            Ok((which, reply)) => {
                seen.told = Some(told(&sent[which], &reply));
                return Ok(true);
            }
            Err(Unfit::Foreign) => seen.foreign += 1,
            Err(Unfit::Malformed) => seen.malformed += 1,
        }
    }
}

/// The offset and the round trip of RFC 4330, section 5: the way there and the way back are taken to be alike.
fn told(sent: &Sent, reply: &Reply) -> TimeTold {
    let took = sent.at.elapsed();
    let unix = |time: SystemTime| match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => after.as_secs_f64(),
        Err(before) => -before.duration().as_secs_f64(),
    };
    let asked = unix(sent.clock);
    let answered = asked + took.as_secs_f64();
    let there = reply.received - asked;
    let back = reply.sent - answered;
    let held = (reply.sent - reply.received).max(0.0);
    TimeTold {
        offset_s: f64::midpoint(there, back),
        round_trip_ms: (took.as_secs_f64() - held).max(0.0) * 1000.0,
        stratum: reply.stratum,
        alarm: reply.alarm,
        reference: reply.reference.clone(),
        distance_ms: (reply.root_delay / 2.0 + reply.root_dispersion) * 1000.0,
    }
}

fn failed(refused: &Refused, to: SocketAddr, seen: &mut TimeSeen) -> Failure {
    seen.icmp = refused.icmp;
    let code = match refused.icmp {
        _ if refused.own => Code::LocalPolicyDenied,
        // A box on the way; what the target itself sends, or what nobody is named for, says that nothing listens.
        Some(icmp) if icmp.from != to.ip() => Code::NtpRejected,
        _ => Code::NtpRefused,
    };
    Failure::new(code, format!("over UDP: {}", refused.detail))
}

/// Why the time is over and nothing is known.
fn unheard(seen: &TimeSeen, budget: Duration) -> Failure {
    let number = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
    let asked = counted(number(seen.tries), "request");
    let within = elapsed::text(budget);
    // How many there were is chance.
    let (code, what) = match (seen.foreign, seen.malformed) {
        (0, 0) => {
            let detail = format!("no answer to {asked} over UDP in {within}");
            return Failure::new(Code::NtpSilent, detail);
        }
        (0, _) => (
            Code::NtpMalformed,
            "what came back is nothing that a time server sends",
        ),
        _ => (
            Code::NtpForeign,
            "what came back answers questions that were not asked",
        ),
    };
    Failure::new(code, format!("{what}; {asked} in {within}"))
}

#[cfg(test)]
mod tests;
