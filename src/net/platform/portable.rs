//! Systems without an error queue: nothing is known beyond the error number.

use std::io;
use std::net::IpAddr;

use socket2::Socket;

use super::QueuedError;

#[cfg(not(target_vendor = "apple"))]
pub(crate) fn tcp_info(_stream: &tokio::net::TcpStream) -> Option<super::TcpInfo> {
    None
}

pub(crate) fn never_left(_stream: &tokio::net::TcpStream) -> Option<bool> {
    None
}

#[expect(clippy::unnecessary_wraps, reason = "one signature for all systems")]
pub(crate) fn report_icmp(_socket: &Socket, _to: IpAddr) -> io::Result<()> {
    Ok(())
}

#[expect(clippy::unnecessary_wraps, reason = "one signature for all systems")]
pub(crate) fn ignore_icmp(_socket: &Socket, _to: IpAddr) -> io::Result<()> {
    Ok(())
}

pub(crate) fn take_icmp(_socket: &Socket) -> Option<QueuedError> {
    None
}

/// By index, which only Apple's systems offer to sockets; elsewhere `--source` takes an address.
#[cfg(target_vendor = "apple")]
pub(crate) fn bind_interface(socket: &Socket, name: &str, to: IpAddr) -> io::Result<()> {
    let index = if_addrs::get_if_addrs()?
        .into_iter()
        .find(|interface| interface.name == name)
        .and_then(|interface| std::num::NonZeroU32::new(interface.index?));
    if index.is_none() {
        return Err(io::Error::new(io::ErrorKind::NotFound, "no such interface"));
    }
    match to {
        IpAddr::V4(_) => socket.bind_device_by_index_v4(index),
        IpAddr::V6(_) => socket.bind_device_by_index_v6(index),
    }
}

#[cfg(not(target_vendor = "apple"))]
pub(crate) fn bind_interface(_socket: &Socket, _name: &str, _to: IpAddr) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(crate) fn gateway(_interface: Option<&str>) -> Option<IpAddr> {
    None
}
