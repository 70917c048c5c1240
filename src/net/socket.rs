//! Opens the sockets of this program: non-blocking, from the wished source, through the wished
//! interface. Whatever fails here happened on this machine, never on the network.

use std::net::{IpAddr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};

use crate::code::Code;
use crate::net::failure::Failure;
use crate::net::platform::{self, Errno};

/// A socket for `to`, not yet connected.
pub(crate) fn open(
    to: SocketAddr,
    protocol: Protocol,
    source: Option<IpAddr>,
    interface: Option<&str>,
) -> Result<Socket, Failure> {
    let kind = if protocol == Protocol::UDP {
        Type::DGRAM
    } else {
        Type::STREAM
    };
    let socket = Socket::new(Domain::for_address(to), kind, Some(protocol))
        .map_err(|error| unopened(&error))?;
    let internal = |error| {
        Failure::new(
            Code::LocalInternal,
            format!("could not set up a socket: {error}"),
        )
    };
    socket.set_nonblocking(true).map_err(internal)?;
    if kind == Type::STREAM {
        socket.set_tcp_nodelay(true).map_err(internal)?;
    }
    if let Some(name) = interface {
        platform::bind_interface(&socket, name, to.ip())
            .map_err(|error| unusable(&format!("interface {name}"), &error.to_string()))?;
    }
    if let Some(address) = source {
        if address.is_ipv4() != to.is_ipv4() {
            return Err(unusable(
                &format!("source {address}"),
                &format!("{} is of the other family", to.ip()),
            ));
        }
        socket
            .bind(&SocketAddr::new(address, 0).into())
            .map_err(|error| unusable(&format!("source {address}"), &error.to_string()))?;
    }
    Ok(socket)
}

/// Too many open files are waited for by whoever asks; anything else is a mistake.
fn unopened(error: &std::io::Error) -> Failure {
    let code = match platform::errno_of(error) {
        Errno::Descriptors => Code::LocalDescriptors,
        _ => Code::LocalInternal,
    };
    Failure::new(code, format!("could not open a socket: {error}"))
}

fn unusable(what: &str, why: &str) -> Failure {
    Failure::new(
        Code::LocalSourceUnusable,
        format!("{what} cannot be used: {why}"),
    )
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_want_of_descriptors_is_told_from_any_other_trouble() {
        for (number, name) in [
            (libc::EMFILE, "local_descriptors"),
            (libc::ENFILE, "local_descriptors"),
            (libc::EAFNOSUPPORT, "local_internal"),
            (libc::EACCES, "local_internal"),
        ] {
            let error = std::io::Error::from_raw_os_error(number);
            assert_eq!(unopened(&error).code.name(), name, "{error}");
        }
    }
}
