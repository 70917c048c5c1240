//! The lab seen by foreign clients: a bare TLS client, a raw DNS exchange, a plain connect.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{AlertDescription, CertificateError, ClientConfig, Error, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::world::{BOGON, CANARY, COURIER, JAMF, LOGIN, PORTS, SINKHOLE};
use super::{Ground, Lab, faults, skipped_here};

mod faulty;
mod healthy;

const PATIENCE: Duration = Duration::from_secs(5);
const APNS: &[&str] = &["apns-security-v3"];
const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 0\r\n";

async fn lab(fault: Option<&str>) -> Lab {
    Lab::start(Ground::Loopback, fault)
        .await
        .expect("the lab starts")
}

/// Where the lab keeps what a vendor has at this address and port.
fn real(lab: &Lab, address: &str, port: u16) -> SocketAddr {
    let vendor = SocketAddr::new(address.parse().expect("an address"), port);
    let route = lab.routes().iter().find(|(from, _)| *from == vendor);
    route.unwrap_or_else(|| panic!("no route for {vendor}")).1
}

#[expect(
    clippy::disallowed_methods,
    reason = "the tests are a client of their own"
)]
async fn connect(at: SocketAddr) -> io::Result<TcpStream> {
    tokio::time::timeout(PATIENCE, TcpStream::connect(at)).await?
}

async fn tls(
    roots: &str,
    at: SocketAddr,
    sni: &'static str,
    alpn: &[&str],
) -> io::Result<TlsStream<TcpStream>> {
    let mut store = RootCertStore::empty();
    for root in CertificateDer::pem_slice_iter(roots.as_bytes()) {
        store.add(root.expect("a certificate")).expect("a root");
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(store)
        .with_no_client_auth();
    config.alpn_protocols = alpn
        .iter()
        .map(|protocol| protocol.as_bytes().to_vec())
        .collect();
    let name = ServerName::try_from(sni).expect("a name");
    let stream = connect(at).await?;
    let handshake = TlsConnector::from(Arc::new(config)).connect(name, stream);
    tokio::time::timeout(PATIENCE, handshake).await?
}

fn reason(result: io::Result<TlsStream<TcpStream>>) -> Error {
    let error = result.expect_err("a refusal");
    let inner = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<Error>());
    inner
        .cloned()
        .unwrap_or_else(|| panic!("not a TLS error: {error:?}"))
}

/// The whole answer to one HTTP/1.1 request.
async fn ask(
    lab: &Lab,
    address: &str,
    port: u16,
    host: &'static str,
    request: &str,
    headers: &str,
) -> String {
    let at = real(lab, address, port);
    let mut stream = tls(&lab.public_roots_pem(), at, host, &["http/1.1"])
        .await
        .expect("a handshake");
    let text = format!("{request} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(text.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer))
        .await
        .expect("in time");
    // Some peers close without the farewell of TLS; what was read counts.
    read.ok();
    String::from_utf8(answer).expect("text")
}

async fn post_token(lab: &Lab) -> String {
    let request = "POST /organizations/oauth2/v2.0/token";
    ask(lab, "40.126.32.68", 443, LOGIN, request, FORM).await
}

fn question(name: &str, kind: RecordType) -> Vec<u8> {
    let mut message = Message::new(7, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(Name::from_ascii(name).expect("a name"), kind));
    message.to_vec().expect("encoded")
}

async fn dig(lab: &Lab, name: &str, kind: RecordType) -> Option<Message> {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("bound");
    socket.connect(lab.dns()).await.expect("connected");
    socket.send(&question(name, kind)).await.expect("sent");
    let mut buffer = [0; 1500];
    let wait = Duration::from_millis(700);
    let length = tokio::time::timeout(wait, socket.recv(&mut buffer))
        .await
        .ok()?
        .expect("received");
    Some(Message::from_vec(&buffer[..length]).expect("decoded"))
}

fn addresses(message: &Message) -> Vec<String> {
    let address = |data: &RData| data.ip_addr().map(|address| address.to_string());
    message
        .answers
        .iter()
        .filter_map(|record| address(&record.data))
        .collect()
}
