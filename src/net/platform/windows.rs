//! Systems that are not Unix: the standard library's look-up, with the error numbers of Windows.

use std::io;
use std::net::{IpAddr, ToSocketAddrs};

use super::{Errno, Resolved, SystemError};

pub(crate) fn errno(number: i32) -> Errno {
    match number {
        10024 => Errno::Descriptors,
        10042 => Errno::ProtocolUnreachable,
        10064 => Errno::HostDown,
        _ => Errno::Other,
    }
}

/// Whether a non-blocking connect has only begun.
pub(crate) fn in_progress(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}

/// The system's own look-up. It blocks.
pub(crate) fn getaddrinfo(name: &str) -> Result<Resolved, SystemError> {
    let found = (name, 0_u16).to_socket_addrs().map_err(|error| {
        match error.raw_os_error().unwrap_or_default() {
            11001 => SystemError::NotFound,
            11002 => SystemError::TryAgain,
            11003 => SystemError::Fail,
            11004 => SystemError::NoData,
            number => SystemError::Other(number),
        }
    })?;
    let addresses: Vec<IpAddr> = found.map(|address| address.ip()).collect();
    Ok((addresses, None))
}
