//! Sends one question over UDP, again and again, and over TCP beside it, until a reply is in.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UdpSocket;
use tokio::sync::Notify;
use tokio::time::{sleep, sleep_until};

use super::message::{Heard, Question, Reply};
use super::{WireOptions, WireSeen, record};
use crate::code::Code;
use crate::net::connect::{ConnectOptions, Evidence, Icmp, connect};
use crate::net::datagram::{self, Refused};
use crate::net::failure::Failure;
use crate::net::{counted, elapsed};

/// Noted by both transports at once.
#[derive(Default)]
struct Counts {
    sent: AtomicU32,
    ignored: AtomicU32,
    /// Answers that cannot be read.
    unreadable: AtomicU32,
    /// The first refusal by a box that named itself.
    refusal: OnceLock<Icmp>,
}

impl Counts {
    /// The reply, if it is one.
    fn note(&self, heard: Heard) -> Option<Reply> {
        match heard {
            Heard::Reply(reply) => return Some(reply),
            Heard::Unreadable => self.unreadable.fetch_add(1, Ordering::Relaxed),
            Heard::Other => self.ignored.fetch_add(1, Ordering::Relaxed),
        };
        None
    }
}

/// What each transport ended with other than a whole reply.
#[derive(Default)]
struct Ends {
    udp: Option<Failure>,
    cut: Option<Reply>,
    tcp: Option<String>,
}

impl Ends {
    const fn udp_is_over(&self) -> bool {
        self.udp.is_some() || self.cut.is_some()
    }

    const fn is_over(&self) -> bool {
        self.udp_is_over() && self.tcp.is_some()
    }
}

/// A whole reply by whichever transport is first. UDP that was cut short or refused starts TCP at
/// once.
pub(super) async fn run(
    question: &Question,
    options: &WireOptions,
    deadline: Instant,
    seen: &mut WireSeen,
) -> Result<Reply, Failure> {
    let resolver = seen.resolver;
    let counts = Counts::default();
    let start_tcp = Notify::new();
    let mut ends = Ends::default();
    let mut udp = pin!(over_udp(question, resolver, options, deadline, &counts));
    let mut tcp = pin!(async {
        tokio::select! {
            () = sleep(options.tcp_after) => {}
            () = start_tcp.notified() => {}
        }
        over_tcp(question, resolver, options, deadline, &counts).await
    });
    let (transport, reply) = loop {
        tokio::select! {
            biased;
            end = &mut udp, if !ends.udp_is_over() => {
                match end {
                    Ok(reply) if !reply.truncated => break ("udp", Some(reply)),
                    Ok(reply) => ends.cut = Some(reply),
                    Err(failure) => ends.udp = Some(failure),
                }
                start_tcp.notify_one();
            }
            end = &mut tcp, if ends.tcp.is_none() => match end {
                Ok(reply) => break ("tcp", Some(reply)),
                Err(why) => ends.tcp = Some(why),
            },
            () = sleep_until(deadline.into()) => break ("udp", None),
        }
        if ends.is_over() {
            break ("udp", None);
        }
    };
    transport.clone_into(&mut seen.transport);
    seen.tries += counts.sent.load(Ordering::Relaxed);
    seen.ignored += counts.ignored.load(Ordering::Relaxed);
    let unreadable = counts.unreadable.load(Ordering::Relaxed);
    seen.truncated |= ends.cut.is_some();
    seen.icmp = seen.icmp.or(counts.refusal.get().copied());
    if let Some(failure) = &ends.udp {
        seen.udp_error = Some(failure.detail.clone());
    }
    reply.ok_or_else(|| unheard(ends, options, unreadable, seen))
}

/// Why there is no whole reply.
fn unheard(ends: Ends, options: &WireOptions, unreadable: u32, seen: &mut WireSeen) -> Failure {
    let resolver = seen.resolver;
    let within = elapsed::text(options.timeout);
    let tcp = ends
        .tcp
        .map_or(String::new(), |why| format!("; over TCP: {why}"));
    if let Some(cut) = ends.cut {
        record(&cut, seen);
        let detail = format!("{resolver} cut its answer short, and gave no whole one{tcp}");
        return Failure::new(Code::DnsTcpBlocked, detail);
    }
    if let Some(failure) = ends.udp {
        return Failure {
            detail: format!("{}{tcp}", failure.detail),
            ..failure
        };
    }
    if unreadable > 0 {
        let answers = counted(number(unreadable), "answer");
        let detail = format!("{resolver} gave {answers} that cannot be read, and no other{tcp}");
        return Failure::new(Code::DnsOther, detail);
    }
    let ignored = match seen.ignored {
        0 => String::new(),
        count => format!(
            " ({} answered another question)",
            counted(number(count), "message")
        ),
    };
    let detail = format!(
        "{resolver} gave no answer to {} in {within}{ignored}{tcp}",
        counted(number(seen.tries), "question")
    );
    Failure::new(Code::DnsTimeout, detail)
}

fn number(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// Until the reply comes or the network refuses; the caller keeps the time.
async fn over_udp(
    question: &Question,
    resolver: SocketAddr,
    options: &WireOptions,
    deadline: Instant,
    counts: &Counts,
) -> Result<Reply, Failure> {
    let socket = datagram::open(resolver, &options.source, deadline).await?;
    let start = Instant::now();
    let mut times = options.resend.iter();
    let mut buffer = vec![0; 4096];
    send(&socket, question, resolver, start, counts).await?;
    loop {
        let mut next = pin!(later(start, times.next().copied()));
        loop {
            tokio::select! {
                biased;
                read = socket.recv(&mut buffer) => {
                    let length = read.map_err(|error| {
                        failed(datagram::refused(&socket, &error, start), resolver, counts)
                    })?;
                    if let Some(reply) = counts.note(question.reply_in(&buffer[..length])) {
                        return Ok(reply);
                    }
                }
                () = &mut next => break,
            }
        }
        send(&socket, question, resolver, start, counts).await?;
    }
}

/// At `after` from the start, or never.
async fn later(start: Instant, after: Option<Duration>) {
    match after {
        Some(after) => sleep_until((start + after).into()).await,
        None => std::future::pending().await,
    }
}

async fn send(
    socket: &UdpSocket,
    question: &Question,
    resolver: SocketAddr,
    start: Instant,
    counts: &Counts,
) -> Result<(), Failure> {
    let sent = datagram::send(socket, &question.bytes, start).await;
    sent.map_err(|refused| failed(refused, resolver, counts))?;
    counts.sent.fetch_add(1, Ordering::Relaxed);
    Ok(())
}

fn failed(refused: Refused, resolver: SocketAddr, counts: &Counts) -> Failure {
    let Refused { icmp, own, detail } = refused;
    if let Some(icmp) = icmp {
        // Nobody else can note one first but TCP, whose refusal says the same.
        let _ = counts.refusal.set(icmp);
    }
    if own && icmp.is_none() {
        let detail = format!("this machine refused to send to {resolver}: {detail}");
        return Failure::new(Code::LocalPolicyDenied, detail);
    }
    let code = if own {
        Code::LocalPolicyDenied
    } else {
        Code::DnsUnreachable
    };
    let detail = format!("{resolver} cannot be reached over UDP: {detail}");
    Failure::new(code, detail)
}

async fn over_tcp(
    question: &Question,
    resolver: SocketAddr,
    options: &WireOptions,
    deadline: Instant,
    counts: &Counts,
) -> Result<Reply, String> {
    let options = ConnectOptions {
        source: options.source.clone(),
        timeout: deadline.saturating_duration_since(Instant::now()),
        hedges: Vec::new(),
        evidence: Evidence::Kernel,
        ttl: None,
    };
    let (tcp, stream) = connect(resolver, &options).await;
    if let Some(icmp) = tcp.icmp {
        let _ = counts.refusal.set(icmp);
    }
    let mut stream = stream.map_err(|failure| failure.detail)?;
    let exchange = async {
        let length = u16::try_from(question.bytes.len()).map_err(io::Error::other)?;
        // In one piece: some servers read the length and the question at once or not at all.
        let framed = [&length.to_be_bytes(), question.bytes.as_slice()].concat();
        stream.write_all(&framed).await?;
        counts.sent.fetch_add(1, Ordering::Relaxed);
        loop {
            let length = stream.read_u16().await?;
            let mut bytes = vec![0; usize::from(length)];
            stream.read_exact(&mut bytes).await?;
            if let Some(reply) = counts.note(question.reply_in(&bytes)) {
                return Ok::<_, io::Error>(reply);
            }
        }
    };
    exchange.await.map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => "closed without an answer".to_owned(),
        _ => error.to_string(),
    })
}
