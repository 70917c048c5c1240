//! What differs between operating systems, and the only place with `unsafe`: the kernel's view of
//! a connection, the sender of an ICMP error, the system's own name look-up.

use std::io;
use std::net::IpAddr;

#[cfg(target_vendor = "apple")]
mod apple;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod portable;
#[cfg(unix)]
mod signals;
#[cfg(unix)]
mod unix;
#[cfg(not(unix))]
mod windows;

#[cfg(target_vendor = "apple")]
pub(crate) use apple::{proxy_settings, tcp_info};
#[cfg(target_os = "linux")]
pub(crate) use linux::{
    bind_interface, gateway, ignore_icmp, never_left, report_icmp, take_icmp, tcp_info,
};
#[cfg(all(not(target_os = "linux"), not(target_vendor = "apple")))]
pub(crate) use portable::tcp_info;
#[cfg(not(target_os = "linux"))]
pub(crate) use portable::{
    bind_interface, gateway, ignore_icmp, never_left, report_icmp, take_icmp,
};
#[cfg(unix)]
pub(crate) use signals::hangup_is_ignored;
#[cfg(unix)]
pub(crate) use unix::{errno, getaddrinfo, in_progress};
#[cfg(windows)]
pub(crate) use windows::proxy_settings;
#[cfg(not(unix))]
pub(crate) use windows::{errno, getaddrinfo, in_progress};

#[cfg(not(any(target_vendor = "apple", windows)))]
use crate::net::proxy::Raw;

/// Whether this system can name the sender of the ICMP error that ended a connect.
pub(crate) const NAMES_ICMP_SENDER: bool = cfg!(target_os = "linux");

/// The system's own settings of proxies; this one has none beside the environment.
#[cfg(not(any(target_vendor = "apple", windows)))]
pub(crate) const fn proxy_settings() -> Option<Raw> {
    None
}

/// What the kernel knows of an open connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct TcpInfo {
    /// The smoothed round trip time; right after the connect it is that of the SYN.
    pub rtt_us: u64,
    /// Bytes the peer's kernel has acknowledged; Linux counts the SYN as one.
    pub bytes_acked: u64,
    /// What was sent and is not acknowledged: segments on Linux, bytes on macOS.
    pub unacked: u64,
    /// Segments sent again over the life of the connection.
    pub retransmits: u64,
}

/// An ICMP error as the kernel queued it for a socket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct QueuedError {
    pub kind: u8,
    pub code: u8,
    pub from: IpAddr,
    /// The error number that the kernel made of it.
    pub errno: i32,
}

/// The addresses of a name and, where the system tells, the name it really has.
pub(crate) type Resolved = (Vec<IpAddr>, Option<String>);

/// Why the system's look-up gave no address.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum SystemError {
    NotFound,
    NoData,
    TryAgain,
    Fail,
    Other(i32),
}

/// Error numbers that `io::ErrorKind` has no stable name for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Errno {
    /// Too many open files, in this process or on this machine.
    Descriptors,
    /// ICMP 3/2.
    ProtocolUnreachable,
    /// The neighbour did not answer (macOS), or ICMP 3/7.
    HostDown,
    Other,
}

/// What an error says that its kind does not.
pub(crate) fn errno_of(error: &io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::Other, errno)
}
