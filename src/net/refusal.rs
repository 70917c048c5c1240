//! What the end of a connect means: the measured table from error numbers and ICMP messages to
//! codes, with the sentence that the reader sees.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::code::Code;
use crate::net::elapsed;
use crate::net::failure::Failure;
use crate::net::platform::{self, Errno, QueuedError};

/// The meaning of an ICMP error whose sender is known. `local` is our end of the connection.
pub(crate) fn by_icmp(icmp: &QueuedError, local: Option<SocketAddr>, after: Duration) -> Failure {
    let code = icmp_code(icmp);
    let name = icmp_name(icmp);
    let after = elapsed::text(after);
    let own = local.is_some_and(|local| local.ip() == icmp.from);
    match code {
        Code::TcpRefusedIcmp | Code::TcpAdminProhibited if own => Failure::new(
            Code::LocalPolicyDenied,
            format!(
                "{name} after {after} from this machine itself ({}): its own firewall refused the connection",
                icmp.from
            ),
        ),
        // The own kernel reports so that no neighbour answered for the address.
        _ if own => Failure::new(
            code,
            format!(
                "{name} after {after} from this machine itself ({}): nobody on the link has the address",
                icmp.from
            ),
        ),
        _ => Failure::new(code, format!("{name} from {} after {after}", icmp.from)),
    }
}

/// `ICMP 3/13`, as every table of firewalls writes it.
pub(crate) fn icmp_name(icmp: &QueuedError) -> String {
    let protocol = if icmp.from.is_ipv6() {
        "ICMPv6"
    } else {
        "ICMP"
    };
    format!("{protocol} {}/{}", icmp.kind, icmp.code)
}

fn icmp_code(icmp: &QueuedError) -> Code {
    match (icmp.from, icmp.kind, icmp.code) {
        (IpAddr::V4(_), 3, 3) | (IpAddr::V6(_), 1, 4) => Code::TcpRefusedIcmp,
        // 14 and 15 are about precedence: a policy too.
        (IpAddr::V4(_), 3, 9 | 10 | 13 | 14 | 15) | (IpAddr::V6(_), 1, 1 | 5 | 6) => {
            Code::TcpAdminProhibited
        }
        (IpAddr::V4(_), 3, 1 | 7 | 12) | (IpAddr::V6(_), 1, 3) => Code::TcpHostUnreachable,
        (IpAddr::V4(_), 3, 0 | 6 | 11) | (IpAddr::V6(_), 1, 0 | 2) => Code::TcpNetUnreachable,
        (IpAddr::V4(_), 3, 2) => Code::TcpProtoUnreachable,
        (IpAddr::V4(_), 11, 0) | (IpAddr::V6(_), 3, 0) => Code::TcpTtlExceeded,
        _ => Code::TcpOther,
    }
}

/// Whether the socket's error queue was read before the error number was believed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Queue {
    Empty,
    Unread,
}

/// The meaning of an error that came after the packet had left, when no ICMP message is known.
pub(crate) fn by_error(error: &io::Error, after: Duration, queue: Queue) -> Failure {
    let code = match error.kind() {
        io::ErrorKind::ConnectionRefused => Code::TcpRefusedRst,
        io::ErrorKind::ConnectionReset => Code::TcpResetAtConnect,
        io::ErrorKind::HostUnreachable => Code::TcpHostUnreachable,
        io::ErrorKind::NetworkUnreachable => Code::TcpNetUnreachable,
        io::ErrorKind::PermissionDenied => Code::TcpAdminProhibited,
        io::ErrorKind::TimedOut => Code::TcpSilent,
        _ => match platform::errno_of(error) {
            Errno::ProtocolUnreachable => Code::TcpProtoUnreachable,
            Errno::HostDown => Code::TcpHostUnreachable,
            Errno::Descriptors | Errno::Other => Code::TcpOther,
        },
    };
    let after = elapsed::text(after);
    let detail = match code {
        Code::TcpRefusedRst if queue == Queue::Empty => format!("refused by a reset after {after}"),
        Code::TcpRefusedRst => {
            format!("refused after {after}; by a reset, as far as this system tells")
        }
        Code::TcpResetAtConnect => format!("opened and reset at once, after {after}"),
        Code::TcpSilent => format!("no answer; the system gave up after {after}"),
        _ => format!("{error}, after {after}, without an ICMP message seen"),
    };
    Failure::new(code, detail)
}

/// The meaning of an error that `connect` returned at once: no packet can have been answered yet,
/// so it is this machine that speaks, unless the peer is this machine.
pub(crate) fn at_once(error: &io::Error, is_source_chosen: bool, queue: Queue) -> Failure {
    let code = match error.kind() {
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => {
            Code::LocalRouteMissing
        }
        // Linux says so for a source that cannot reach the target; without one, a black hole route.
        io::ErrorKind::InvalidInput if is_source_chosen => Code::LocalSourceUnusable,
        io::ErrorKind::PermissionDenied | io::ErrorKind::InvalidInput => Code::LocalPolicyDenied,
        io::ErrorKind::AddrNotAvailable | io::ErrorKind::AddrInUse => Code::LocalSourceUnusable,
        io::ErrorKind::NetworkDown => Code::LocalRouteMissing,
        _ => return by_error(error, Duration::ZERO, queue),
    };
    Failure::new(code, format!("this machine refused to send: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn icmp(from: &str, kind: u8, code: u8) -> QueuedError {
        let from = from.parse().expect("an address");
        QueuedError {
            kind,
            code,
            from,
            errno: 0,
        }
    }

    fn code_of(from: &str, kind: u8, code: u8) -> Code {
        let local = "10.0.0.2:50000".parse().ok();
        by_icmp(&icmp(from, kind, code), local, Duration::from_micros(1234)).code
    }

    #[test]
    fn each_icmp_message_has_its_own_code() {
        for (kind, code, expected) in [
            (3, 0, Code::TcpNetUnreachable),
            (3, 1, Code::TcpHostUnreachable),
            (3, 2, Code::TcpProtoUnreachable),
            (3, 3, Code::TcpRefusedIcmp),
            (3, 6, Code::TcpNetUnreachable),
            (3, 9, Code::TcpAdminProhibited),
            (3, 10, Code::TcpAdminProhibited),
            (3, 13, Code::TcpAdminProhibited),
            (3, 7, Code::TcpHostUnreachable),
            (3, 11, Code::TcpNetUnreachable),
            (3, 12, Code::TcpHostUnreachable),
            (3, 14, Code::TcpAdminProhibited),
            (3, 15, Code::TcpAdminProhibited),
            (11, 0, Code::TcpTtlExceeded),
            (3, 4, Code::TcpOther),
        ] {
            assert_eq!(code_of("10.0.0.1", kind, code), expected, "{kind}/{code}");
        }
        for (kind, code, expected) in [
            (1, 0, Code::TcpNetUnreachable),
            (1, 1, Code::TcpAdminProhibited),
            (1, 2, Code::TcpNetUnreachable),
            (2, 0, Code::TcpOther),
            (1, 3, Code::TcpHostUnreachable),
            (1, 4, Code::TcpRefusedIcmp),
            (1, 5, Code::TcpAdminProhibited),
            (1, 6, Code::TcpAdminProhibited),
            (3, 0, Code::TcpTtlExceeded),
        ] {
            assert_eq!(
                code_of("2001:db8::1", kind, code),
                expected,
                "v6 {kind}/{code}"
            );
        }
    }

    #[test]
    fn a_refusal_by_this_machine_is_its_own_firewall_and_a_dead_neighbour_is_not() {
        assert_eq!(code_of("10.0.0.2", 3, 3), Code::LocalPolicyDenied);
        assert_eq!(code_of("10.0.0.2", 3, 13), Code::LocalPolicyDenied);
        assert_eq!(code_of("10.0.0.2", 3, 1), Code::TcpHostUnreachable);
    }

    #[test]
    fn the_sentence_names_the_sender() {
        let failure = by_icmp(&icmp("10.0.0.1", 3, 13), None, Duration::from_micros(1234));
        assert_eq!(failure.detail, "ICMP 3/13 from 10.0.0.1 after 1.2 ms");
    }

    #[test]
    fn an_error_at_once_is_local_and_the_same_error_later_is_not() {
        for (kind, now, later) in [
            (
                io::ErrorKind::HostUnreachable,
                Code::LocalRouteMissing,
                Code::TcpHostUnreachable,
            ),
            (
                io::ErrorKind::NetworkUnreachable,
                Code::LocalRouteMissing,
                Code::TcpNetUnreachable,
            ),
            (
                io::ErrorKind::PermissionDenied,
                Code::LocalPolicyDenied,
                Code::TcpAdminProhibited,
            ),
            (
                io::ErrorKind::InvalidInput,
                Code::LocalPolicyDenied,
                Code::TcpOther,
            ),
            (
                io::ErrorKind::AddrNotAvailable,
                Code::LocalSourceUnusable,
                Code::TcpOther,
            ),
            (
                io::ErrorKind::ConnectionRefused,
                Code::TcpRefusedRst,
                Code::TcpRefusedRst,
            ),
            (
                io::ErrorKind::ConnectionReset,
                Code::TcpResetAtConnect,
                Code::TcpResetAtConnect,
            ),
            (io::ErrorKind::TimedOut, Code::TcpSilent, Code::TcpSilent),
        ] {
            assert_eq!(
                at_once(&kind.into(), false, Queue::Empty).code,
                now,
                "{kind} at once"
            );
            assert_eq!(
                by_error(&kind.into(), Duration::ZERO, Queue::Empty).code,
                later,
                "{kind} later"
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn an_error_number_without_a_kind_has_its_code_all_the_same() {
        for (number, is_source_chosen, now, later) in [
            (
                libc::ENOPROTOOPT,
                false,
                "tcp_proto_unreachable",
                "tcp_proto_unreachable",
            ),
            (
                libc::EHOSTDOWN,
                false,
                "tcp_host_unreachable",
                "tcp_host_unreachable",
            ),
            (
                libc::EPERM,
                false,
                "local_policy_denied",
                "tcp_admin_prohibited",
            ),
            (libc::ENETDOWN, false, "local_route_missing", "tcp_other"),
            (
                libc::EADDRINUSE,
                false,
                "local_source_unusable",
                "tcp_other",
            ),
            (libc::EINVAL, true, "local_source_unusable", "tcp_other"),
            (libc::EINVAL, false, "local_policy_denied", "tcp_other"),
            (libc::EBADF, false, "tcp_other", "tcp_other"),
        ] {
            let error = io::Error::from_raw_os_error(number);
            let code = at_once(&error, is_source_chosen, Queue::Empty).code;
            assert_eq!(code.name(), now, "{error} at once");
            let code = by_error(&error, Duration::ZERO, Queue::Unread).code;
            assert_eq!(code.name(), later, "{error} later");
        }
    }
}
