//! The lab's proxy: it carries what it is asked for to the world's own endpoints, unless its rule says otherwise.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::{IpAddr, SocketAddr};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;

use super::listen::Attends;
use super::world::Name;

pub(super) const HOST: &str = "proxy.example.com";
pub(super) const PORT: u16 = 3128;
const ESTABLISHED: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";
/// A head of more than this is none that a client of the lab sends.
const LONGEST_HEAD: usize = 16 * 1024;
/// An alias that leads further than this leads in circles.
const ALIASES: usize = 8;

/// What the proxy makes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// Carries everything; nobody is told of it.
    Carries,
    /// Refuses this host.
    Denies(&'static str),
    /// Wants everybody to sign in, whatever they say.
    WantsSignIn,
}

/// What the proxy knows of the world.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) rule: Rule,
    /// The first address of each name.
    pub(super) names: BTreeMap<String, IpAddr>,
    /// Where an address and port really are; empty on real addresses.
    pub(super) routes: HashMap<SocketAddr, SocketAddr>,
}

/// The first address that each name leads to.
pub(super) fn addresses(names: &BTreeMap<String, Name>) -> BTreeMap<String, IpAddr> {
    let first = |name: &str| {
        let mut entry = names.get(name)?;
        for _ in 0..ALIASES {
            match &entry.alias {
                Some(next) => entry = names.get(next)?,
                None => break,
            }
        }
        entry.v4.first().map(|address| IpAddr::V4(*address))
    };
    let all = names.keys();
    all.filter_map(|name| Some((name.clone(), first(name)?)))
        .collect()
}

/// A request as a proxy is sent it.
struct Asked<'a> {
    host: &'a str,
    port: u16,
    /// What the server is to get first; none if the client speaks to it by itself.
    passed_on: Option<String>,
}

impl Attends for Desk {
    async fn attend(&self, stream: TcpStream) -> io::Result<()> {
        attend(stream, self).await
    }
}

async fn attend(mut client: TcpStream, desk: &Desk) -> io::Result<()> {
    client.set_nodelay(true)?;
    let (head, rest) = head_of(&mut client).await?;
    let Some(asked) = asked(&head) else {
        return refuse(&mut client, "400 Bad Request", "").await;
    };
    match desk.rule {
        Rule::WantsSignIn => {
            let schemes =
                "Proxy-Authenticate: Negotiate\r\nProxy-Authenticate: Basic realm=\"lab\"\r\n";
            return refuse(&mut client, "407 Proxy Authentication Required", schemes).await;
        }
        Rule::Denies(host) if host == asked.host => {
            return refuse(&mut client, "403 Forbidden", "").await;
        }
        _ => {}
    }
    let Some(mut server) = reached(desk, &asked).await else {
        return refuse(&mut client, "502 Bad Gateway", "").await;
    };
    match &asked.passed_on {
        Some(head) => server.write_all(head.as_bytes()).await?,
        None => client.write_all(ESTABLISHED).await?,
    }
    server.write_all(&rest).await?;
    copy_bidirectional(&mut client, &mut server).await.map(drop)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the lab's proxy opens connections of its own, to the lab's endpoints only"
)]
async fn reached(desk: &Desk, asked: &Asked<'_>) -> Option<TcpStream> {
    let typed = asked.host.parse().ok();
    let address = typed.or_else(|| desk.names.get(asked.host).copied())?;
    let vendor = SocketAddr::new(address, asked.port);
    let at = if desk.routes.is_empty() {
        vendor
    } else {
        *desk.routes.get(&vendor)?
    };
    let server = TcpStream::connect(at).await.ok()?;
    server.set_nodelay(true).ok()?;
    Some(server)
}

/// The head of a request, and what came with it.
async fn head_of(client: &mut TcpStream) -> io::Result<(String, Vec<u8>)> {
    let mut read = Vec::new();
    loop {
        let end = read.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(end) = end {
            let rest = read.split_off(end + 4);
            let head = String::from_utf8(read).map_err(io::Error::other)?;
            return Ok((head, rest));
        }
        if read.len() > LONGEST_HEAD || client.read_buf(&mut read).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// `CONNECT host:port`, or a method with a whole `http` address (RFC 9112, section 3.2).
fn asked(head: &str) -> Option<Asked<'_>> {
    let (first, fields) = head.split_once("\r\n")?;
    let mut words = first.split(' ');
    let (method, target, version) = (words.next()?, words.next()?, words.next()?);
    if method == "CONNECT" {
        let (host, port) = target.rsplit_once(':')?;
        return Some(Asked {
            host,
            port: port.parse().ok()?,
            passed_on: None,
        });
    }
    let rest = target.strip_prefix("http://")?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (host, port) = authority.rsplit_once(':').unwrap_or((authority, "80"));
    let path = if path.is_empty() { "/" } else { path };
    Some(Asked {
        host,
        port: port.parse().ok()?,
        passed_on: Some(format!("{method} {path} {version}\r\n{fields}")),
    })
}

async fn refuse(client: &mut TcpStream, status: &str, fields: &str) -> io::Result<()> {
    let page = format!("<html><head><title>{status}</title></head><body>{status}</body></html>");
    let head = format!(
        "HTTP/1.1 {status}\r\nVia: 1.1 {HOST}\r\n{fields}Content-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        page.len()
    );
    client.write_all((head + &page).as_bytes()).await?;
    client.shutdown().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tunnel_is_asked_for_by_its_end_and_a_plain_request_loses_the_address() {
        let tunnel = asked("CONNECT graph.microsoft.com:443 HTTP/1.1\r\nHost: x\r\n\r\n");
        let tunnel = tunnel.expect("a tunnel");
        assert_eq!((tunnel.host, tunnel.port), ("graph.microsoft.com", 443));
        assert_eq!(tunnel.passed_on, None);
        for (target, port, path) in [
            ("http://a.test", 80, "/"),
            ("http://a.test:81/x?y", 81, "/x?y"),
        ] {
            let head = format!("GET {target} HTTP/1.1\r\nHost: a.test\r\n\r\n");
            let plain = asked(&head).expect("a request");
            assert_eq!((plain.host, plain.port), ("a.test", port));
            let passed_on = format!("GET {path} HTTP/1.1\r\nHost: a.test\r\n\r\n");
            assert_eq!(plain.passed_on, Some(passed_on));
        }
        for nothing in [
            "GET / HTTP/1.1\r\n\r\n",
            "CONNECT a.test HTTP/1.1\r\n\r\n",
            "x\r\n\r\n",
        ] {
            assert!(asked(nothing).is_none(), "{nothing}");
        }
    }
}
