//! The lab's sockets: what listens, what refuses, what stays silent, and what becomes of each accepted connection.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use socket2::{Domain, Socket, Type};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::answers::Desk;
use super::world::{Behaviour, COURIER, Service};

/// No connection outlives this, so that a forgotten one cannot hold the lab.
const LONGEST: Duration = Duration::from_secs(600);
/// More connections than the shortest queue holds, on any system.
const FILLERS: usize = 5;

/// Every request that reached a server of the lab, as `POST host/path`, and what its servers keep in mind.
#[derive(Clone, Debug, Default)]
pub(super) struct Journal(Arc<Mutex<Vec<String>>>, Arc<Mutex<Memory>>);

/// The tokens that were granted and are still good, and what clients did that no client should.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) granted: Vec<String>,
    pub(super) given_back: Vec<String>,
    pub(super) objections: Vec<String>,
}

impl Journal {
    pub(super) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.1.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, line: String) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(line);
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// Everything that one listening endpoint needs to treat a connection.
pub(super) struct Post {
    pub(super) behaviour: Behaviour,
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) desk: Desk,
    pub(super) journal: Journal,
}

/// The certificate of an endpoint, and what it demands of a hello before it shows it.
#[derive(Debug)]
struct Presents {
    key: Arc<CertifiedKey>,
    courier: bool,
}

impl ResolvesServerCert for Presents {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // A foreign protocol list is refused by the ALPN negotiation itself; a hello without one has to be refused here.
        let welcome =
            !self.courier || (hello.server_name() == Some(COURIER) && hello.alpn().is_some());
        welcome.then(|| Arc::clone(&self.key))
    }
}

pub(super) fn acceptor(service: Service, key: Arc<CertifiedKey>) -> io::Result<TlsAcceptor> {
    let courier = service == Service::Courier;
    let mut config =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Presents { key, courier }));
    let protocols: &[&str] = match service {
        Service::Courier => &["apns-security-v3"],
        Service::PushProvider => &["h2"],
        // Tomcat, which carries Jamf Pro, and the plain host of the captive portal's test speak no HTTP/2.
        Service::Jamf | Service::OlderJamf | Service::Captive => &["http/1.1"],
        _ => &["h2", "http/1.1"],
    };
    config.alpn_protocols = protocols
        .iter()
        .map(|protocol| protocol.as_bytes().to_vec())
        .collect();
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Somebody who treats the connections of a listener.
pub(super) trait Attends: Send + Sync + 'static {
    fn attend(&self, stream: TcpStream) -> impl Future<Output = io::Result<()>> + Send;
}

/// Listens, and keeps every connection in a task that ends with the listener.
pub(super) async fn open(
    at: SocketAddr,
    post: impl Attends,
    tasks: &mut JoinSet<()>,
) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(at).await?;
    let address = listener.local_addr()?;
    tasks.spawn(accept(listener, Arc::new(post)));
    Ok(address)
}

async fn accept(listener: TcpListener, post: Arc<impl Attends>) {
    let mut guests = JoinSet::new();
    loop {
        tokio::select! {
            Some(_) = guests.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let post = Arc::clone(&post);
                    guests.spawn(async move {
                        // A client that leaves early is an everyday event, not a fault of the lab.
                        tokio::time::timeout(LONGEST, post.attend(stream)).await.ok();
                    });
                }
                // Out of descriptors: wait for connections to end instead of spinning.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
        }
    }
}

impl Attends for Post {
    async fn attend(&self, stream: TcpStream) -> io::Result<()> {
        attend(stream, self).await
    }
}

async fn attend(stream: TcpStream, post: &Post) -> io::Result<()> {
    // Without this the second half of an answer waits for the client's delayed acknowledgement.
    stream.set_nodelay(true)?;
    match (post.behaviour, &post.tls) {
        (Behaviour::Stall, _) => listen_only(stream).await,
        (Behaviour::PlainHttp, _) => answer_in_clear(stream).await,
        (Behaviour::ResetAfterHello, _) => reset(stream).await,
        (Behaviour::MuteAfterHandshake, Some(tls)) => listen_only(tls.accept(stream).await?).await,
        (_, Some(tls)) => {
            let stream = tls.accept(stream).await?;
            if post.desk.service == Service::Courier {
                return listen_only(stream).await;
            }
            let h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            serve(
                stream,
                post,
                h2 || post.desk.service == Service::PushProvider,
            )
            .await
        }
        (_, None) => serve(stream, post, false).await,
    }
}

async fn serve<S>(stream: S, post: &Post, h2: bool) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let builder = auto::Builder::new(TokioExecutor::new());
    let builder = if h2 {
        builder.http2_only()
    } else {
        builder.http1_only()
    };
    let (desk, journal) = (post.desk.clone(), post.journal.clone());
    let answer = service_fn(move |request: Request<Incoming>| {
        let path = request.uri().path();
        journal.note(format!("{} {}{path}", request.method(), desk.host));
        desk.clone().answer(request, journal.clone())
    });
    builder
        .serve_connection(TokioIo::new(stream), answer)
        .await
        .map_err(io::Error::other)
}

/// Takes everything, says nothing, until the client leaves.
async fn listen_only(mut stream: impl AsyncRead + Unpin) -> io::Result<()> {
    let mut buffer = [0; 4096];
    while stream.read(&mut buffer).await? > 0 {}
    Ok(())
}

async fn answer_in_clear(mut stream: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 4096];
    if stream.read(&mut buffer).await? == 0 {
        return Ok(());
    }
    let page = "<html><head><title>400 Bad Request</title></head><body>Bad Request</body></html>";
    let length = page.len();
    let head = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nConnection: close";
    stream
        .write_all(format!("{head}\r\nContent-Length: {length}\r\n\r\n{page}").as_bytes())
        .await?;
    stream.shutdown().await?;
    // Closing with unread bytes would reset the connection before the client has read the page.
    listen_only(stream).await
}

async fn reset(mut stream: TcpStream) -> io::Result<()> {
    // The first bytes of the hello are enough to know that there is one.
    stream.read_u8().await?;
    // Closed without waiting for anything: the system sends a reset.
    stream.set_zero_linger()
}

/// A port that refuses: held so that nobody else gets it, and never listened on.
pub(super) fn refusing() -> io::Result<(SocketAddr, Socket)> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    Ok((local_address(&socket)?, socket))
}

/// A port that stays silent: its queue of finished connections is full and nobody accepts, so the system drops every
/// further first packet. Silent for as long as the sockets are kept.
pub(super) fn silent(at: SocketAddr) -> io::Result<(SocketAddr, Vec<Socket>)> {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    #[cfg(unix)]
    listener.set_reuse_address(true)?;
    listener.bind(&at.into())?;
    // Zero would mean the longest queue on macOS.
    listener.listen(1)?;
    let address = local_address(&listener)?;
    let mut held = vec![listener];
    for _ in 0..FILLERS {
        let filler = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        filler.set_nonblocking(true)?;
        // "In progress" is the expected answer, and the later ones never get another.
        filler.connect(&address.into()).ok();
        held.push(filler);
    }
    Ok((address, held))
}

fn local_address(socket: &Socket) -> io::Result<SocketAddr> {
    socket
        .local_addr()?
        .as_socket()
        .ok_or_else(|| io::Error::other("a TCP socket without an address"))
}
