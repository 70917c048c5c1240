//! One socket's connect, from its SYN to its end, with the evidence that the kernel keeps.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Instant;

use socket2::{Protocol, SockRef, Socket};
use tokio::io::Interest;
use tokio::net::TcpStream;

use crate::code::Code;
use crate::net::connect::{ConnectOptions, Evidence, Icmp};
use crate::net::failure::Failure;
use crate::net::refusal::{self, Queue};
use crate::net::{platform, socket};

/// How one socket ended.
pub(crate) enum End {
    Open(TcpStream),
    Refused(Failure, Option<Icmp>),
}

/// A connect under way. Dropping it closes the socket.
pub(crate) struct Attempt {
    pub(crate) local: Option<SocketAddr>,
    pub(crate) socket: Watch,
    pub(crate) end: Pin<Box<dyn Future<Output = End> + Send>>,
}

/// A view of a socket whose connect is under way, which does not keep it open.
#[derive(Clone, Default)]
pub(crate) struct Watch(Arc<OnceLock<Weak<TcpStream>>>);

impl Watch {
    /// Whether none of its packets left this machine; unknown where the kernel does not tell.
    pub(crate) fn never_left(&self) -> Option<bool> {
        let stream = self.0.get()?.upgrade()?;
        platform::never_left(&stream)
    }
}

/// What is known of a socket from its start, for the sentence about its end.
#[derive(Clone, Copy)]
struct Context {
    to: SocketAddr,
    local: Option<SocketAddr>,
    start: Instant,
    evidence: Evidence,
}

/// Sends the SYN. An error is about this machine: the socket could not even be opened.
pub(crate) fn start(to: SocketAddr, options: &ConnectOptions) -> Result<Attempt, Failure> {
    let is_source_chosen = options.source.is_chosen();
    let socket = socket::open(to, Protocol::TCP, &options.source)?;
    if let Some(ttl) = options.ttl {
        limit_hops(&socket, to, ttl)?;
    }
    let start = Instant::now();
    if options.evidence == Evidence::Kernel {
        // Without the queue the error number is still known: no reason to give up.
        let _ = platform::report_icmp(&socket, to.ip());
    }
    let begun = socket.connect(&to.into());
    let local = local_of(&socket);
    let context = Context {
        to,
        local,
        start,
        evidence: options.evidence,
    };
    let watch = Watch::default();
    let watched = watch.clone();
    let end = async move {
        if let Err(error) = begun
            && !platform::in_progress(&error)
        {
            return context.refused(&socket).unwrap_or_else(|| {
                End::Refused(
                    refusal::at_once(&error, is_source_chosen, context.queue()),
                    None,
                )
            });
        }
        context
            .settled(socket, &watched)
            .await
            .unwrap_or_else(|error| {
                let failure = refusal::by_error(&error, start.elapsed(), context.queue());
                End::Refused(failure, None)
            })
    };
    Ok(Attempt {
        local,
        socket: watch,
        end: Box::pin(end),
    })
}

impl Context {
    /// Waits until the kernel has decided about a connect that is in progress. The runtime watches
    /// the socket as if it were open already; it becomes writable when the kernel has. (The
    /// runtime's own connect does the same, but closes the socket, and with it the queue, on
    /// failure.)
    async fn settled(&self, socket: Socket, watch: &Watch) -> io::Result<End> {
        let stream = Arc::new(TcpStream::from_std(socket.into())?);
        // An attempt settles once, so nothing is watched already.
        let _ = watch.0.set(Arc::downgrade(&stream));
        let mut woken = false;
        // Looked at before it is waited for: a peer that is near may have answered within the call.
        loop {
            // The queue first: reading it clears the error that the socket would tell.
            if let Some(end) = self.refused(&SockRef::from(&*stream)) {
                return Ok(end);
            }
            if let Some(error) = stream.take_error()? {
                return Err(error);
            }
            if stream.peer_addr().is_ok() {
                let _ = platform::ignore_icmp(&SockRef::from(&*stream), self.to.ip());
                let stream = Arc::into_inner(stream);
                return Ok(End::Open(
                    stream.expect("whoever looks at the socket lets go of it at once"),
                ));
            }
            if woken {
                // For nothing: an I/O that would block makes the runtime wait for the next event.
                let not_yet = || Err::<(), _>(io::ErrorKind::WouldBlock.into());
                let _ = stream.try_io(Interest::WRITABLE, not_yet);
            }
            stream.ready(Interest::WRITABLE).await?;
            woken = true;
        }
    }

    /// The end that an ICMP error in the socket's queue means.
    fn refused(&self, socket: &Socket) -> Option<End> {
        if self.evidence == Evidence::Portable {
            return None;
        }
        let queued = platform::take_icmp(socket)?;
        let icmp = Icmp::from(&queued);
        let failure = refusal::by_icmp(&queued, self.local, self.start.elapsed());
        Some(End::Refused(failure, Some(icmp)))
    }

    fn queue(&self) -> Queue {
        match self.evidence {
            Evidence::Kernel if platform::NAMES_ICMP_SENDER => Queue::Empty,
            Evidence::Kernel | Evidence::Portable => Queue::Unread,
        }
    }
}

fn limit_hops(socket: &Socket, to: SocketAddr, ttl: u8) -> Result<(), Failure> {
    let limited = if to.is_ipv4() {
        socket.set_ttl_v4(u32::from(ttl))
    } else {
        socket.set_unicast_hops_v6(u32::from(ttl))
    };
    limited.map_err(|error| {
        let detail = format!("could not set a time to live: {error}");
        Failure::new(Code::LocalInternal, detail)
    })
}

fn local_of(socket: &Socket) -> Option<SocketAddr> {
    let local = socket.local_addr().ok()?.as_socket()?;
    (local.port() != 0).then_some(local)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::source::Source;

    #[test]
    fn a_time_to_live_that_no_packet_can_have_is_our_own_fault() {
        for to in ["127.0.0.1:9", "[::1]:9"] {
            let to: SocketAddr = to.parse().expect("an address");
            let Ok(socket) = socket::open(to, Protocol::TCP, &Source::default()) else {
                assert!(to.is_ipv6(), "a machine without IPv4 is none");
                continue;
            };
            let refused = limit_hops(&socket, to, 0).err();
            // Only IPv4 forbids it.
            let code = refused.map(|failure| failure.code);
            assert!(code == Some(Code::LocalInternal) || to.is_ipv6() && code.is_none());
        }
    }
}
