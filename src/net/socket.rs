//! Opens the sockets of this program: non-blocking, from the wished source, through the wished
//! interface. Whatever fails here happened on this machine, never on the network.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::time::sleep;

use crate::code::Code;
use crate::net::failure::Failure;
use crate::net::platform::{self, Errno};
use crate::net::source::{Source, Tie};

/// A socket for `to`, not yet connected.
pub(crate) fn open(to: SocketAddr, protocol: Protocol, source: &Source) -> Result<Socket, Failure> {
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
    let tied = match source.tie(to.ip()) {
        Tie::Loose => Ok(()),
        Tie::Interface(name) => platform::bind_interface(&socket, name, to.ip()),
        Tie::Address(address) => socket.bind(&SocketAddr::new(address, 0).into()),
        Tie::Impossible => return Err(unusable(source, "it has no address of that family")),
    };
    tied.map_err(|error| unusable(source, &error.to_string()))?;
    Ok(socket)
}

/// How often a process out of descriptors looks for a free one.
const DESCRIPTOR_WAIT: Duration = Duration::from_millis(50);

/// Opens what needs a descriptor. Where there is none, it waits for one until the deadline: that is this program's own
/// trouble, and says nothing about a target.
pub(crate) async fn patiently<T>(
    deadline: Instant,
    mut open: impl FnMut() -> Result<T, Failure>,
) -> Result<T, Failure> {
    loop {
        match open() {
            Err(failure)
                if failure.code == Code::LocalDescriptors
                    && Instant::now() + DESCRIPTOR_WAIT < deadline =>
            {
                sleep(DESCRIPTOR_WAIT).await;
            }
            result => return result,
        }
    }
}

/// Anything but too many open files is a mistake.
fn unopened(error: &std::io::Error) -> Failure {
    let code = match platform::errno_of(error) {
        Errno::Descriptors => Code::LocalDescriptors,
        _ => Code::LocalInternal,
    };
    Failure::new(code, format!("could not open a socket: {error}"))
}

fn unusable(source: &Source, why: &str) -> Failure {
    Failure::new(
        Code::LocalSourceUnusable,
        format!("the source {source} cannot be used: {why}"),
    )
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_descriptor_is_waited_for_until_the_deadline_and_nothing_else_is() {
        let fails = |code| move || Err::<(), _>(Failure::new(code, "said"));
        let soon = Instant::now() + Duration::from_millis(30);
        let end = patiently(soon, fails(Code::LocalDescriptors)).await;
        assert_eq!(end.unwrap_err().code, Code::LocalDescriptors);
        let later = Instant::now() + Duration::from_secs(60);
        let end = patiently(later, fails(Code::LocalInternal)).await;
        assert_eq!(end.unwrap_err().code, Code::LocalInternal);
        let mut tries = 0;
        let third = || {
            tries += 1;
            if tries < 3 {
                return fails(Code::LocalDescriptors)();
            }
            Ok(())
        };
        assert_eq!(patiently(later, third).await, Ok(()));
        assert_eq!(tries, 3);
    }

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
