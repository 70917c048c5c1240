//! SOCKS version 5 (RFC 1928) with a user name and password where they were given (RFC 1929). The proxy looks names up.

use std::io;
use std::net::IpAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use zeroize::Zeroizing;

use super::{ProxySeen, Tunnel, closed};
use crate::code::Code;
use crate::net::endpoint::Host;
use crate::net::failure::Failure;
use crate::net::pipe::Pipe;
use crate::net::proxy::Login;
use crate::net::text::escaped;

const VERSION: u8 = 5;
const NO_SIGN_IN: u8 = 0;
const PASSWORD: u8 = 2;
const NONE_FITS: u8 = 0xff;
const CONNECT: u8 = 1;

pub(super) async fn ask(
    pipe: &mut Pipe,
    tunnel: &Tunnel,
    seen: &mut ProxySeen,
) -> Result<(), Failure> {
    let login = tunnel.proxy.login.as_ref();
    greet(pipe, login, seen).await?;
    let request = request(tunnel)?;
    write(pipe, &request, seen).await?;
    let [version, reply, _, kind] = read::<4>(pipe, seen).await?;
    if version != VERSION {
        return Err(no_socks(&[version, reply], seen));
    }
    seen.status = Some(u16::from(reply));
    seen.reason = Some(meaning(reply).to_owned());
    if reply != 0 {
        return Err(refused(reply, seen));
    }
    // The address that the proxy uses is of no interest, and it stands before the tunnel's bytes.
    let length = match kind {
        1 => 4,
        4 => 16,
        3 => usize::from(read::<1>(pipe, seen).await?[0]),
        _ => return Err(no_socks(&[version, reply, 0, kind], seen)),
    };
    let mut rest = vec![0; length + 2];
    let end = pipe.read_exact(&mut rest).await;
    end.map(|_| ()).map_err(|error| ended(&error, seen))
}

async fn greet(
    pipe: &mut Pipe,
    login: Option<&Login>,
    seen: &mut ProxySeen,
) -> Result<(), Failure> {
    let greeting: &[u8] = match login {
        None => &[VERSION, 1, NO_SIGN_IN],
        Some(_) => &[VERSION, 2, NO_SIGN_IN, PASSWORD],
    };
    write(pipe, greeting, seen).await?;
    let [version, method] = read::<2>(pipe, seen).await?;
    if version != VERSION {
        return Err(no_socks(&[version, method], seen));
    }
    match (method, login) {
        (NO_SIGN_IN, _) => Ok(()),
        (PASSWORD, Some(login)) => sign_in(pipe, login, seen).await,
        // That it wants one is likely, but nothing that it says.
        (NONE_FITS, None) => Err(wants_sign_in(
            "takes none of the methods it was offered: without a sign-in",
            seen,
        )),
        (PASSWORD, None) => Err(wants_sign_in("wants a user name and a password", seen)),
        (NONE_FITS, Some(_)) => Err(wants_sign_in(
            "takes neither a user name with a password nor access without one",
            seen,
        )),
        _ => {
            let detail = format!(
                "{}: chooses sign-in method {method}, which it was not offered",
                seen.proxy
            );
            seen.first_bytes = Some(escaped(&[version, method]));
            Err(Failure::new(Code::ProxyProtocol, detail))
        }
    }
}

fn wants_sign_in(how: &str, seen: &ProxySeen) -> Failure {
    Failure::new(Code::ProxyAuthRequired, format!("{}: {how}", seen.proxy))
}

async fn sign_in(pipe: &mut Pipe, login: &Login, seen: &mut ProxySeen) -> Result<(), Failure> {
    let (user, password) = (login.user.expose(), login.password.expose());
    let (Ok(users), Ok(passwords)) = (u8::try_from(user.len()), u8::try_from(password.len()))
    else {
        let detail = format!(
            "{}: the user name or the password is longer than 255 bytes",
            seen.proxy
        );
        return Err(Failure::new(Code::ProxyLoginRefused, detail));
    };
    let mut message = Zeroizing::new(Vec::with_capacity(3 + user.len() + password.len()));
    message.extend([1, users]);
    message.extend_from_slice(user.as_bytes());
    message.push(passwords);
    message.extend_from_slice(password.as_bytes());
    write(pipe, &message, seen).await?;
    seen.signed_in = true;
    let [_, status] = read::<2>(pipe, seen).await?;
    if status == 0 {
        return Ok(());
    }
    let detail = format!("{}: did not accept the user name and password", seen.proxy);
    Err(Failure::new(Code::ProxyLoginRefused, detail))
}

fn request(tunnel: &Tunnel) -> Result<Vec<u8>, Failure> {
    let mut request = vec![VERSION, CONNECT, 0];
    match &tunnel.host {
        Host::Address(IpAddr::V4(address)) => {
            request.push(1);
            request.extend(address.octets());
        }
        Host::Address(IpAddr::V6(address)) => {
            request.push(4);
            request.extend(address.octets());
        }
        Host::Name(name) => {
            let Ok(length) = u8::try_from(name.len()) else {
                let detail = format!("`{name}` is too long for SOCKS");
                return Err(Failure::new(Code::LocalInternal, detail));
            };
            request.extend([3, length]);
            request.extend_from_slice(name.as_bytes());
        }
    }
    request.extend(tunnel.port.to_be_bytes());
    Ok(request)
}

/// The replies of RFC 1928, section 6.
const fn meaning(reply: u8) -> &'static str {
    match reply {
        0 => "succeeded",
        1 => "general failure",
        2 => "not allowed by its rules",
        3 => "network unreachable",
        4 => "host unreachable",
        5 => "connection refused",
        6 => "time to live expired",
        7 => "command not supported",
        8 => "kind of address not supported",
        _ => "a reply that no standard names",
    }
}

fn refused(reply: u8, seen: &ProxySeen) -> Failure {
    let (proxy, target) = (&seen.proxy, &seen.target);
    match reply {
        2 => Failure::new(
            Code::ProxyDenied,
            format!("{proxy}: refuses {target}: {}", meaning(reply)),
        ),
        1 | 3..=6 => {
            let detail = format!("{proxy}: could not reach {target}: {}", meaning(reply));
            Failure::new(Code::ProxyBadGateway, detail)
        }
        _ => {
            let detail = format!("{proxy}: answers {target} with {reply}, {}", meaning(reply));
            Failure::new(Code::ProxyProtocol, detail)
        }
    }
}

fn no_socks(bytes: &[u8], seen: &mut ProxySeen) -> Failure {
    let shown = escaped(bytes);
    let detail = format!(
        "{}: answers with `{shown}`, which is not SOCKS version 5",
        seen.proxy
    );
    seen.first_bytes = Some(shown);
    Failure::new(Code::ProxyProtocol, detail)
}

async fn write(pipe: &mut Pipe, bytes: &[u8], seen: &ProxySeen) -> Result<(), Failure> {
    let end = pipe.write_all(bytes).await;
    end.map_err(|error| ended(&error, seen))
}

async fn read<const N: usize>(pipe: &mut Pipe, seen: &ProxySeen) -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    let end = pipe.read_exact(&mut bytes).await;
    end.map(|_| bytes).map_err(|error| ended(&error, seen))
}

fn ended(error: &io::Error, seen: &ProxySeen) -> Failure {
    let by_error = (error.kind() != io::ErrorKind::UnexpectedEof).then_some(error);
    closed(seen, by_error)
}
