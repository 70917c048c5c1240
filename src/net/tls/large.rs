//! A second hello, as large as those that Macs send since they offer a post-quantum key: does it arrive at all?
//!
//! It is written by hand, since no cipher is wanted: whatever comes back, even an alert, shows that it arrived.

use std::io;
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{TlsOptions, server_name};
use crate::code::Code;
use crate::net::failure::Failure;
use crate::net::platform::{TcpInfo, tcp_info};
use crate::net::trust::provider;
use hello::client_hello;

mod hello;

/// Of the whole hello with the header of its record; a Mac's is a little over 1,700.
const BYTES: usize = 1764;
/// Copies that were sent again in vain before the hello counts as lost, and how long that must have taken:
/// a burst of loss is over sooner.
const REPEATS: u64 = 3;
const LEAST: Duration = Duration::from_millis(1200);
/// How often the kernel's counters are read.
const LOOK: Duration = Duration::from_millis(100);

/// What became of the large hello.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct LargeHelloSeen {
    pub ms: f64,
    pub bytes: usize,
    /// Whether the peer's kernel confirmed it; null where this system cannot tell.
    pub acked: Option<bool>,
    pub retransmits: Option<u32>,
    /// How many bytes came back.
    pub received: u64,
}

/// How the waiting for an answer ended.
enum Heard {
    Answer(usize),
    Closed,
    Broken(io::Error),
    Nothing,
}

/// Sends the hello on a connection that is open. A failure means that it was lost on the way, and nothing less;
/// a peer that has it and says nothing is no loss.
pub async fn send_large_hello(
    mut stream: TcpStream,
    options: &TlsOptions,
) -> (LargeHelloSeen, Result<(), Failure>) {
    let mut seen = LargeHelloSeen::default();
    let name = match server_name(&options.server_name) {
        Ok(name) => name,
        Err(failure) => return (seen, Err(failure)),
    };
    let mut random = [0; 96];
    if provider().secure_random.fill(&mut random).is_err() {
        let failure = Failure::new(Code::LocalInternal, "no random numbers for a hello");
        return (seen, Err(failure));
    }
    let hello = client_hello(&name, &options.alpn, &random, BYTES);
    seen.bytes = hello.len();
    let before = tcp_info(&stream);
    let started = Instant::now();
    let heard = match stream.write_all(&hello).await {
        Ok(()) => listen(&mut stream, started, options.timeout).await,
        Err(error) => Heard::Broken(error),
    };
    let after = tcp_info(&stream);
    seen.ms = started.elapsed().as_secs_f64() * 1000.0;
    describe(&heard, before, after, &mut seen);
    let end = judge(&heard, before, after, &seen);
    (seen, end)
}

/// Until something comes back, until it is certain that nothing will, or until patience ends.
async fn listen(stream: &mut TcpStream, started: Instant, patience: Duration) -> Heard {
    let mut buffer = [0; 256];
    loop {
        match timeout(LOOK, stream.read(&mut buffer)).await {
            Ok(Ok(0)) => return Heard::Closed,
            Ok(Ok(bytes)) => return Heard::Answer(bytes),
            Ok(Err(error)) => return Heard::Broken(error),
            Err(_) => {}
        }
        let waited = started.elapsed();
        let lost = tcp_info(stream).is_some_and(|now| is_unconfirmed(&now));
        if waited >= patience || (lost && waited >= LEAST) {
            return Heard::Nothing;
        }
    }
}

fn is_unconfirmed(now: &TcpInfo) -> bool {
    now.unacked > 0 && now.retransmits >= REPEATS
}

fn describe(
    heard: &Heard,
    before: Option<TcpInfo>,
    after: Option<TcpInfo>,
    seen: &mut LargeHelloSeen,
) {
    if let Heard::Answer(bytes) = heard {
        seen.received = *bytes as u64;
    }
    let confirmed = |now: TcpInfo| now.unacked == 0 && !untouched(before, now);
    seen.acked = match heard {
        Heard::Answer(_) => Some(true),
        _ => after.map(confirmed),
    };
    seen.retransmits = after.and_then(|now| u32::try_from(now.retransmits).ok());
}

/// Whether the peer's kernel confirmed not one byte since the connection stood.
fn untouched(before: Option<TcpInfo>, now: TcpInfo) -> bool {
    now.bytes_acked <= before.map_or(1, |before| before.bytes_acked.max(1))
}

fn judge(
    heard: &Heard,
    before: Option<TcpInfo>,
    after: Option<TcpInfo>,
    seen: &LargeHelloSeen,
) -> Result<(), Failure> {
    let lost = |what: String| {
        let detail = format!("a hello of {} bytes {what}", seen.bytes);
        Err(Failure::new(Code::TlsLargeHelloLost, detail))
    };
    match (heard, after) {
        (Heard::Nothing, Some(now)) if is_unconfirmed(&now) => {
            lost(format!("is unconfirmed after {} repeats", now.retransmits))
        }
        (Heard::Broken(error), Some(now))
            if error.kind() == io::ErrorKind::ConnectionReset && untouched(before, now) =>
        {
            lost("is reset before the peer confirms any of it".to_owned())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_peer_that_has_the_hello_and_says_nothing_is_no_loss() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let at = listener.local_addr().expect("its address");
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        let stream = socket.connect(at).await.expect("a connection");
        let options = TlsOptions {
            server_name: "manage.microsoft.com".to_owned(),
            alpn: Vec::new(),
            strict: false,
            timeout: Duration::from_millis(300),
        };
        let (seen, end) = send_large_hello(stream, &options).await;
        assert_eq!(end, Ok(()));
        assert_eq!((seen.bytes, seen.received), (BYTES, 0));
        if cfg!(target_os = "linux") {
            assert_eq!(seen.acked, Some(true));
        }
    }
}
