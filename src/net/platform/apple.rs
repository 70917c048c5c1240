//! macOS: `TCP_CONNECTION_INFO`. Written from the system's headers; not yet run on a Mac.

#![expect(unsafe_code, reason = "TCP_CONNECTION_INFO has no safe wrapper")]

use std::mem::{size_of_val, zeroed};
use std::os::fd::AsRawFd;
use std::ptr::from_mut;

use tokio::net::TcpStream;

use super::TcpInfo;

pub(crate) fn tcp_info(stream: &TcpStream) -> Option<TcpInfo> {
    // SAFETY: tcp_connection_info is plain integers, for which all zeros is a value.
    let mut info: libc::tcp_connection_info = unsafe { zeroed() };
    let mut length = libc::socklen_t::try_from(size_of_val(&info)).ok()?;
    // SAFETY: the pointer and the length describe `info`.
    let result = unsafe {
        libc::getsockopt(
            stream.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_CONNECTION_INFO,
            from_mut(&mut info).cast(),
            &raw mut length,
        )
    };
    let waiting = u64::from(info.tcpi_snd_sbbytes);
    (result == 0).then(|| TcpInfo {
        // This system counts round trips in milliseconds.
        rtt_us: u64::from(info.tcpi_srtt) * 1000,
        bytes_acked: info.tcpi_txbytes.saturating_sub(waiting),
        unacked: waiting,
        // The C library's bindings call the kernel's tcpi_txretransmitpackets so.
        retransmits: info.tcpi_rxretransmitpackets,
    })
}
