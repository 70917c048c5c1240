//! Linux: `TCP_INFO`, the socket's error queue, and the default route.

#![expect(
    unsafe_code,
    reason = "the error queue and TCP_INFO have no safe wrapper"
)]

use std::ffi::{c_int, c_void};
use std::io;
use std::mem::{size_of, size_of_val, zeroed};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::AsRawFd;
use std::ptr::from_mut;

use socket2::Socket;
use tokio::net::TcpStream;

use super::{QueuedError, TcpInfo};

pub(crate) fn tcp_info(stream: &TcpStream) -> Option<TcpInfo> {
    read_info(stream).map(|info| TcpInfo {
        rtt_us: info.tcpi_rtt.into(),
        bytes_acked: info.tcpi_bytes_acked,
        unacked: info.tcpi_unacked.into(),
        retransmits: info.tcpi_total_retrans.into(),
    })
}

/// Whether the packets of a connect under way were dropped on this machine. The kernel counts every
/// repeat of a SYN, but holds it to be under way only if the output path took it: a drop by the
/// machine's own firewall leaves no other trace. Unknown before the first repeat, after 1 s.
pub(crate) fn never_left(stream: &TcpStream) -> Option<bool> {
    let info = read_info(stream)?;
    // While the last SYN still waits for its neighbour's address nothing is repeated, whatever the timer
    // says: fewer packets were handed down than are due, which has nothing to do with a firewall.
    let all_handed_down = info.tcpi_segs_out > info.tcpi_retransmits.into();
    (info.tcpi_total_retrans > 0).then_some(info.tcpi_retrans == 0 && all_handed_down)
}

fn read_info(stream: &TcpStream) -> Option<libc::tcp_info> {
    // SAFETY: tcp_info is plain integers, for which all zeros is a value.
    let mut info: libc::tcp_info = unsafe { zeroed() };
    let mut length = libc::socklen_t::try_from(size_of_val(&info)).ok()?;
    // SAFETY: the pointer and the length describe `info`; older kernels write less of it.
    let result = unsafe {
        libc::getsockopt(
            stream.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            from_mut(&mut info).cast(),
            &raw mut length,
        )
    };
    (result == 0).then_some(info)
}

/// Asks the kernel to keep ICMP errors for this socket. Must come before the connect.
pub(crate) fn report_icmp(socket: &Socket, to: IpAddr) -> io::Result<()> {
    set_recverr(socket, to, 1)
}

/// Stops it: on an open connection a stray ICMP error would otherwise end it.
pub(crate) fn ignore_icmp(socket: &Socket, to: IpAddr) -> io::Result<()> {
    set_recverr(socket, to, 0)
}

fn set_recverr(socket: &Socket, to: IpAddr, value: c_int) -> io::Result<()> {
    let (level, option) = match to {
        IpAddr::V4(_) => (libc::IPPROTO_IP, libc::IP_RECVERR),
        IpAddr::V6(_) => (libc::IPPROTO_IPV6, libc::IPV6_RECVERR),
    };
    let length = libc::socklen_t::try_from(size_of::<c_int>()).map_err(io::Error::other)?;
    // SAFETY: the pointer and the length describe `value`, which outlives the call.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            option,
            (&raw const value).cast(),
            length,
        )
    };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// The first ICMP error in the socket's queue. Reading clears `SO_ERROR`, so the error number must
/// be taken from the entry.
pub(crate) fn take_icmp(socket: &Socket) -> Option<QueuedError> {
    const ENTRIES: usize = 8;
    (0..ENTRIES)
        .map_while(|_| next_entry(socket).ok())
        .flatten()
        .next()
}

/// An error if the queue is empty; nothing for an entry that no ICMP message caused.
fn next_entry(socket: &Socket) -> io::Result<Option<QueuedError>> {
    // Aligned for control messages, and large enough for one with its address.
    let mut control = [0_u64; 64];
    let mut payload = [0_u8; 256];
    let mut part = libc::iovec {
        iov_base: payload.as_mut_ptr().cast(),
        iov_len: payload.len(),
    };
    // SAFETY: msghdr is integers and pointers, for which all zeros is a value.
    let mut message: libc::msghdr = unsafe { zeroed() };
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    message.msg_control = control.as_mut_ptr().cast();
    message.msg_controllen = size_of_val(&control) as _;
    let flags = libc::MSG_ERRQUEUE | libc::MSG_DONTWAIT;
    // SAFETY: the header points to buffers that outlive the call, with their true lengths.
    let read = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut message, flags) };
    if read < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel filled the header, and the buffers it points to are still alive.
    Ok(unsafe { icmp_in(&message) })
}

/// The ICMP error among the control messages.
///
/// # Safety
/// `message` must come from a successful `recvmsg`, and its buffers must be alive.
unsafe fn icmp_in(message: &libc::msghdr) -> Option<QueuedError> {
    // SAFETY: the caller vouches for the header and what it points to.
    let mut header = unsafe { libc::CMSG_FIRSTHDR(message) };
    while !header.is_null() {
        // SAFETY: not null, so it points to a whole header within the control buffer.
        let (level, kind) = unsafe { ((*header).cmsg_level, (*header).cmsg_type) };
        if (level, kind) == (libc::IPPROTO_IP, libc::IP_RECVERR)
            || (level, kind) == (libc::IPPROTO_IPV6, libc::IPV6_RECVERR)
        {
            // SAFETY: a message of this kind carries a sock_extended_err and the sender's address.
            return unsafe { entry_at(libc::CMSG_DATA(header).cast()) };
        }
        // SAFETY: as for the first header.
        header = unsafe { libc::CMSG_NXTHDR(message, header) };
    }
    None
}

/// Reads one extended error and the address behind it.
///
/// # Safety
/// `data` must point to the data of an `IP_RECVERR` or `IPV6_RECVERR` message.
unsafe fn entry_at(data: *const c_void) -> Option<QueuedError> {
    let place = data.cast::<libc::sock_extended_err>();
    // SAFETY: the caller vouches for the place; the read does not ask for alignment.
    let error = unsafe { place.read_unaligned() };
    // SAFETY: the sender's address follows the error in the same message.
    let sender = unsafe { libc::SO_EE_OFFENDER(place) };
    let from = match error.ee_origin {
        libc::SO_EE_ORIGIN_ICMP => {
            // SAFETY: an ICMP error's sender is an IPv4 address.
            let address = unsafe { sender.cast::<libc::sockaddr_in>().read_unaligned() };
            IpAddr::V4(Ipv4Addr::from_bits(u32::from_be(address.sin_addr.s_addr)))
        }
        libc::SO_EE_ORIGIN_ICMP6 => {
            // SAFETY: an ICMPv6 error's sender is an IPv6 address.
            let address = unsafe { sender.cast::<libc::sockaddr_in6>().read_unaligned() };
            IpAddr::V6(Ipv6Addr::from(address.sin6_addr.s6_addr))
        }
        _ => return None,
    };
    Some(QueuedError {
        kind: error.ee_type,
        code: error.ee_code,
        from,
        errno: i32::try_from(error.ee_errno).ok()?,
    })
}

/// Sends this socket's packets through one interface; unprivileged since Linux 5.7.
pub(crate) fn bind_interface(socket: &Socket, name: &str, _to: IpAddr) -> io::Result<()> {
    socket.bind_device(Some(name.as_bytes()))
}

/// The next hop of the IPv4 default route with the least metric, through this interface if one is given.
pub(crate) fn gateway(interface: Option<&str>) -> Option<IpAddr> {
    default_route(&std::fs::read_to_string("/proc/net/route").ok()?, interface)
}

/// Columns: interface, destination, gateway, flags, three counters, metric, mask. Addresses are
/// hexadecimal in the machine's own byte order.
fn default_route(table: &str, interface: Option<&str>) -> Option<IpAddr> {
    const IS_GATEWAY: u32 = 2;
    table
        .lines()
        .skip(1)
        .filter_map(|line| {
            let columns: Vec<&str> = line.split_whitespace().collect();
            let hex = |index: usize| u32::from_str_radix(columns.get(index)?, 16).ok();
            let is_default =
                hex(1)? == 0 && hex(7).is_some_and(|mask| mask == 0) && hex(3)? & IS_GATEWAY != 0;
            let is_wanted = interface.is_none_or(|name| columns[0] == name);
            let metric: u32 = columns.get(6)?.parse().ok()?;
            (is_default && is_wanted).then_some((metric, hex(2)?))
        })
        .min()
        .map(|(_, next_hop)| IpAddr::from(Ipv4Addr::from(next_hop.to_ne_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn the_default_route_with_the_least_metric_names_the_gateway() {
        let table = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n\
            eth0\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n\
            wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n\
            eth0\t00000000\t0100000A\t0003\t0\t0\t100\t00000000\t0\t0\t0\n";
        let best = Some(IpAddr::from([10, 0, 0, 1]));
        assert_eq!(default_route(table, None), best);
        assert_eq!(default_route(table, Some("eth0")), best);
        let other = Some(IpAddr::from([192, 168, 1, 1]));
        assert_eq!(default_route(table, Some("wlan0")), other);
        assert_eq!(default_route(table, Some("eth1")), None);
        assert_eq!(default_route("", None), None);
    }
}
