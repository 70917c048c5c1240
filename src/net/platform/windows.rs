//! Systems that are not Unix: the standard library's look-up, with the error numbers of Windows, and the proxies of its
//! settings.

use std::io;
use std::net::{IpAddr, ToSocketAddrs};

use super::{Errno, Resolved, SystemError};
#[cfg(windows)]
use crate::net::proxy::{Raw, Setting, Settings};

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

/// The settings of whoever runs this program.
#[cfg(windows)]
pub(crate) fn proxy_settings() -> Option<Raw> {
    const KEY: &str = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings";
    let key = windows_registry::CURRENT_USER.open(KEY).ok()?;
    let mut settings = Settings::new();
    for name in ["ProxyEnable", "AutoDetect"] {
        if let Ok(number) = key.get_u32(name) {
            settings.insert(name.to_owned(), Setting::Number(number.into()));
        }
    }
    for name in ["ProxyServer", "ProxyOverride", "AutoConfigURL"] {
        if let Ok(text) = key.get_string(name) {
            settings.insert(name.to_owned(), Setting::Text(text));
        }
    }
    Some(Raw::Windows(settings))
}
