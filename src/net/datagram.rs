//! A UDP socket that knows its peer, and what refuses its datagrams.

use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use socket2::{Protocol, SockRef};
use tokio::net::UdpSocket;

use super::connect::Icmp;
use super::failure::Failure;
use super::source::Source;
use super::{elapsed, platform, refusal, socket};
use crate::code::Code;

/// Why a datagram did not reach its peer, as far as the kernel tells.
#[derive(Debug)]
pub(super) struct Refused {
    /// The message that came back, where the kernel names its sender.
    pub(super) icmp: Option<Icmp>,
    /// What forbids it is on this machine.
    pub(super) own: bool,
    pub(super) detail: String,
}

/// A socket for `to`, waited for until `deadline` where descriptors are short. Sends nothing yet.
pub(super) async fn open(
    to: SocketAddr,
    source: &Source,
    deadline: Instant,
) -> Result<UdpSocket, Failure> {
    let open = || socket::open(to, Protocol::UDP, source);
    let socket = socket::patiently(deadline, open).await?;
    // Without it only port-unreachable would be told.
    let _ = platform::report_icmp(&socket, to.ip());
    socket
        .connect(&to.into())
        .map_err(|error| refusal::at_once(&error, source.is_chosen(), refusal::Queue::Empty))?;
    UdpSocket::from_std(socket.into()).map_err(|error| {
        let detail = format!("could not watch a socket: {error}");
        Failure::new(Code::LocalInternal, detail)
    })
}

pub(super) async fn send(socket: &UdpSocket, bytes: &[u8], start: Instant) -> Result<(), Refused> {
    let sent = socket.send(bytes).await;
    sent.map(drop).map_err(|error| {
        // A firewall of this machine shows itself when a datagram is sent.
        if error.kind() == io::ErrorKind::PermissionDenied {
            return Refused {
                icmp: None,
                own: true,
                detail: error.to_string(),
            };
        }
        refused(socket, &error, start)
    })
}

/// What an error of a socket means: the ICMP message in its queue, or no more than the error says.
pub(super) fn refused(socket: &UdpSocket, error: &io::Error, start: Instant) -> Refused {
    let after = start.elapsed();
    let Some(queued) = platform::take_icmp(&SockRef::from(socket)) else {
        return Refused {
            icmp: None,
            own: false,
            detail: format!("{error} after {}", elapsed::text(after)),
        };
    };
    let local = socket
        .local_addr()
        .ok()
        .filter(|local| !local.ip().is_loopback());
    let meaning = refusal::by_icmp(&queued, local, after);
    Refused {
        icmp: Some(Icmp::from(&queued)),
        own: meaning.code == Code::LocalPolicyDenied,
        detail: meaning.detail,
    }
}
