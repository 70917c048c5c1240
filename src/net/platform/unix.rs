//! Unix: `getaddrinfo` with its own error codes, which the standard library hides.

#![expect(
    unsafe_code,
    reason = "only the C function tells a missing name from a silent resolver"
)]

use std::ffi::{CStr, CString, c_int};
use std::io;
use std::mem::zeroed;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ptr::{null, null_mut};

use super::{Errno, Resolved, SystemError};

pub(crate) fn errno(number: i32) -> Errno {
    match number {
        libc::EMFILE | libc::ENFILE => Errno::Descriptors,
        libc::ENOPROTOOPT => Errno::ProtocolUnreachable,
        libc::EHOSTDOWN => Errno::HostDown,
        _ => Errno::Other,
    }
}

/// Whether a non-blocking connect has only begun.
pub(crate) fn in_progress(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::EINPROGRESS)
}

/// The system's own look-up, as every application on this machine sees it. It blocks.
pub(crate) fn getaddrinfo(name: &str) -> Result<Resolved, SystemError> {
    // A name with a zero byte is none.
    let node = CString::new(name).map_err(|_| SystemError::NotFound)?;
    // SAFETY: addrinfo is integers and pointers, for which all zeros is a value.
    let mut hints: libc::addrinfo = unsafe { zeroed() };
    hints.ai_family = libc::AF_UNSPEC;
    hints.ai_socktype = libc::SOCK_STREAM;
    hints.ai_flags = libc::AI_CANONNAME;
    let mut list: *mut libc::addrinfo = null_mut();
    // SAFETY: the name ends in a zero byte, and `list` is read only after success.
    let result =
        unsafe { libc::getaddrinfo(node.as_ptr(), null(), &raw const hints, &raw mut list) };
    if result != 0 {
        return Err(system_error(result));
    }
    // SAFETY: a successful call made the list, and it is freed once, after its last use.
    let found = unsafe {
        let found = read_list(list);
        libc::freeaddrinfo(list);
        found
    };
    Ok(found)
}

/// # Safety
/// `list` must be what `getaddrinfo` returned, not yet freed.
unsafe fn read_list(list: *const libc::addrinfo) -> Resolved {
    let mut addresses = Vec::new();
    let mut canonical = None;
    let mut next = list;
    // SAFETY: the caller vouches for the list; each link of it is valid or null.
    while let Some(entry) = unsafe { next.as_ref() } {
        if !entry.ai_canonname.is_null() {
            // SAFETY: the library ends the name with a zero byte.
            let name = unsafe { CStr::from_ptr(entry.ai_canonname) };
            canonical = Some(name.to_string_lossy().into_owned());
        }
        // SAFETY: the family says which address the pointer leads to.
        addresses.extend(unsafe { address_of(entry) });
        next = entry.ai_next;
    }
    (addresses, canonical)
}

/// # Safety
/// `entry` must come from a list of `getaddrinfo`.
unsafe fn address_of(entry: &libc::addrinfo) -> Option<IpAddr> {
    if entry.ai_addr.is_null() {
        return None;
    }
    match entry.ai_family {
        libc::AF_INET => {
            // SAFETY: an entry of this family carries a sockaddr_in.
            let address = unsafe { entry.ai_addr.cast::<libc::sockaddr_in>().read_unaligned() };
            let bits = u32::from_be(address.sin_addr.s_addr);
            Some(IpAddr::V4(Ipv4Addr::from_bits(bits)))
        }
        libc::AF_INET6 => {
            // SAFETY: an entry of this family carries a sockaddr_in6.
            let address = unsafe { entry.ai_addr.cast::<libc::sockaddr_in6>().read_unaligned() };
            Some(IpAddr::V6(Ipv6Addr::from(address.sin6_addr.s6_addr)))
        }
        _ => None,
    }
}

fn system_error(code: c_int) -> SystemError {
    // glibc's "address family for hostname not supported": the name is there, with other records.
    #[cfg(target_os = "linux")]
    const NO_FAMILY: c_int = -9;
    #[cfg(not(target_os = "linux"))]
    const NO_FAMILY: c_int = libc::EAI_FAMILY;

    match code {
        libc::EAI_NONAME => SystemError::NotFound,
        NO_FAMILY => SystemError::NoData,
        libc::EAI_AGAIN => SystemError::TryAgain,
        libc::EAI_FAIL => SystemError::Fail,
        code if is_no_data(code) => SystemError::NoData,
        code => SystemError::Other(code),
    }
}

/// POSIX dropped `EAI_NODATA`, but glibc and macOS still answer with it.
fn is_no_data(code: c_int) -> bool {
    if cfg!(target_os = "linux") {
        code == -5
    } else {
        cfg!(target_vendor = "apple") && code == 7
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_address_needs_no_resolver() {
        let (addresses, _) = getaddrinfo("127.0.0.1").expect("an address is its own name");
        assert_eq!(addresses, [IpAddr::from([127, 0, 0, 1])]);
    }

    #[test]
    fn the_error_codes_of_the_library_keep_their_meaning() {
        assert_eq!(system_error(libc::EAI_NONAME), SystemError::NotFound);
        assert_eq!(system_error(libc::EAI_AGAIN), SystemError::TryAgain);
        assert_eq!(getaddrinfo("a\0b"), Err(SystemError::NotFound));
    }
}
