//! Handshakes with real servers on loopback, each with one fault.
#![expect(clippy::disallowed_methods, reason = "a test is its own peer")]
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

use std::net::SocketAddr;

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, IsCa, Issuer, KeyPair,
    date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::net::trust::TrustOptions;

mod endings;

const HOST: &str = "courier.push.apple.com";

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    der: CertificateDer<'static>,
    pem: String,
}

/// An authority of that organisation, signed by its parent or by itself.
/// Its organisation is the first word of its name.
fn authority(name: &str, parent: Option<&Authority>) -> Authority {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let organisation = name.split(' ').next().unwrap();
    params
        .distinguished_name
        .push(DnType::OrganizationName, organisation);
    params
        .distinguished_name
        .push(DnType::CommonName, format!("{name} CA"));
    let key = KeyPair::generate().unwrap();
    let certificate = match parent {
        Some(parent) => params.signed_by(&key, &parent.issuer),
        None => params.self_signed(&key),
    };
    let certificate = certificate.unwrap();
    Authority {
        der: certificate.der().clone(),
        pem: certificate.pem(),
        issuer: Issuer::new(params, key),
    }
}

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// A server's certificate of these years, with `beside` presented after it.
fn leaf(host: &str, years: (i32, i32), by: &Authority, beside: &[&Authority]) -> Identity {
    marked(host, years, by, beside, None)
}

/// With an extension: its number and its content.
fn marked(
    host: &str,
    years: (i32, i32),
    by: &Authority,
    beside: &[&Authority],
    mark: Option<(&[u64], Vec<u8>)>,
) -> Identity {
    let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
    params.use_authority_key_identifier_extension = true;
    params.not_before = date_time_ymd(years.0, 1, 1);
    params.not_after = date_time_ymd(years.1, 1, 1);
    let mark = mark.map(|(id, content)| CustomExtension::from_oid_content(id, content));
    params.custom_extensions.extend(mark);
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &by.issuer).unwrap();
    let mut chain = vec![certificate.der().clone()];
    chain.extend(beside.iter().map(|authority| authority.der.clone()));
    (chain, PrivateKeyDer::try_from(key.serialize_der()).unwrap())
}

fn builder() -> rustls::ConfigBuilder<ServerConfig, rustls::WantsVerifier> {
    let builder = ServerConfig::builder_with_provider(provider());
    builder.with_safe_default_protocol_versions().unwrap()
}

fn plain_config((chain, key): Identity) -> ServerConfig {
    let mut config = builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    config.alpn_protocols = vec![b"apns-security-v3".to_vec(), b"h2".to_vec()];
    config
}

/// One connection, accepted and given to the closure's future.
async fn serve<F>(talk: impl FnOnce(TcpStream) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        talk(stream).await;
    });
    address
}

async fn serve_tls(config: ServerConfig) -> SocketAddr {
    serve(async move |stream| {
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        if let Ok(mut secured) = acceptor.accept(stream).await {
            let _ = secured.read(&mut [0; 1024]).await;
        }
    })
    .await
}

fn options(host: &str) -> TlsOptions {
    TlsOptions {
        server_name: host.to_owned(),
        alpn: vec!["apns-security-v3".to_owned()],
        strict: false,
        timeout: Duration::from_millis(700),
    }
}

fn trusting(roots: &[(StoreName, &Authority)]) -> Trust {
    let pem = roots.iter().map(|(store, root)| (*store, root.pem.clone()));
    let pem = pem.collect();
    Trust::new(&TrustOptions {
        pem,
        ..TrustOptions::default()
    })
    .unwrap()
}

async fn seen_at(address: SocketAddr, trust: &Trust) -> (TlsSeen, Option<Failure>) {
    let stream = TcpStream::connect(address).await.unwrap();
    let (seen, end) = handshake(stream, &options(HOST), trust).await;
    (seen, end.err())
}

/// The handshake's evidence against an identity, which must go through.
async fn shown(identity: Identity, trust: &Trust) -> TlsSeen {
    let address = serve_tls(plain_config(identity)).await;
    let (seen, failure) = seen_at(address, trust).await;
    assert_eq!(failure, None);
    seen
}

const ACCEPTS: [StoreName; 2] = [StoreName::Public, StoreName::Apple];

#[tokio::test]
async fn a_chain_to_an_apple_like_root_is_trusted_by_apple_alone() {
    let root = authority("Apple-like", None);
    let middle = authority("Apple-like Server Authentication", Some(&root));
    let identity = leaf(HOST, (2020, 2060), &middle, &[&middle]);
    let seen = shown(identity, &trusting(&[(StoreName::Apple, &root)])).await;
    assert_eq!(seen.trusted_by, [StoreName::Apple]);
    assert_eq!(classify_chain(&seen, &ACCEPTS), None);
    assert_eq!(
        classify_chain(&seen, &[StoreName::Public]),
        Some(Code::TlsCertUntrusted)
    );
    assert_eq!(seen.version.as_deref(), Some("TLS1.3"));
    assert!(
        seen.cipher.as_deref().unwrap().starts_with("TLS_"),
        "{seen:?}"
    );
    assert_eq!(seen.alpn.as_deref(), Some("apns-security-v3"));
    assert_eq!(seen.sni.as_deref(), Some(HOST));
    assert_eq!(seen.names, [HOST]);
    assert_eq!(seen.chain.len(), 2);
    assert_eq!(seen.chain[0].key, "EC 256");
    assert_eq!(seen.chain[0].not_after, "2060-01-01T00:00:00Z");
    assert_eq!(
        seen.chain[0].issuer_key_sha256.as_ref(),
        Some(&seen.chain[1].key_sha256)
    );
    assert!(seen.chain[0].authority_key_id.is_some());
    assert!(!seen.client_certificate_requested);
    assert_eq!(seen.acked, Some(true));
    let json = serde_json::to_value(&seen).unwrap();
    assert_eq!(json["stores"]["apple"]["chain"], "ok");
    assert_eq!(serde_json::from_value::<TlsSeen>(json).unwrap(), seen);
}

#[tokio::test]
async fn dates_name_and_issuer_are_told_apart() {
    let root = authority("Vendor", None);
    let middle = authority("Vendor Servers", Some(&root));
    let stranger = authority("Stranger", None);
    let trust = trusting(&[(StoreName::Public, &root)]);
    let both = [&middle];
    for (identity, chain, name, code) in [
        (
            leaf(HOST, (2001, 2002), &middle, &both),
            "expired",
            "ok",
            Code::TlsCertExpired,
        ),
        (
            leaf(HOST, (2058, 2060), &middle, &both),
            "not-yet-valid",
            "ok",
            Code::TlsCertNotYetValid,
        ),
        (
            leaf("other.example", (2020, 2060), &middle, &both),
            "ok",
            "mismatch",
            Code::TlsCertName,
        ),
        (
            leaf(HOST, (2020, 2060), &middle, &[]),
            "incomplete",
            "ok",
            Code::TlsChainIncomplete,
        ),
        (
            leaf(HOST, (2020, 2060), &middle, &[&root]),
            "incomplete",
            "ok",
            Code::TlsChainIncomplete,
        ),
        (
            leaf(HOST, (2020, 2060), &stranger, &[&stranger]),
            "unknown-issuer",
            "ok",
            Code::TlsCertUntrusted,
        ),
        (
            leaf(HOST, (2001, 2002), &stranger, &[&stranger]),
            "expired",
            "ok",
            Code::TlsCertUntrusted,
        ),
    ] {
        let seen = shown(identity, &trust).await;
        let verdict = &seen.stores[&StoreName::Public];
        assert_eq!(
            (verdict.chain.as_str(), verdict.name.as_str()),
            (chain, name)
        );
        assert_eq!(classify_chain(&seen, &ACCEPTS), Some(code), "{verdict:?}");
        assert_eq!(seen.trusted_by, []);
    }
}

/// A stamp of a certificate log, as it stands in a certificate.
fn stamp() -> Vec<u8> {
    let mut sct = vec![0; 1 + 32 + 8 + 2];
    sct.extend([4, 3, 0, 1, 0]);
    let length = u8::try_from(sct.len()).unwrap();
    let list = [&[0, length + 2, 0, length], sct.as_slice()].concat();
    [&[4, length + 4], list.as_slice()].concat()
}

#[tokio::test]
async fn an_issuer_that_was_not_sent_is_a_missing_link_only_where_something_shows_it() {
    let vendor = authority("Vendor", None);
    let root = authority("Corp", None);
    let middle = authority("Corp Issuing", Some(&root));
    let trust = trusting(&[(StoreName::Public, &vendor), (StoreName::JamfCa, &root)]);
    // domain-validated: 2.23.140.1.2.1
    let policy = vec![0x30, 10, 0x30, 8, 6, 6, 0x67, 0x81, 0x0c, 1, 2, 1];
    let own_policy = vec![0x30, 10, 0x30, 8, 6, 6, 0x67, 0x81, 0x0c, 2, 2, 1];
    let log: &[u64] = &[1, 3, 6, 1, 4, 1, 11129, 2, 4, 2];
    let policies: &[u64] = &[2, 5, 29, 32];
    let public = &[StoreName::Public][..];
    let given = &[StoreName::Public, StoreName::JamfCa][..];
    let (lacking, strange) = (Code::TlsChainIncomplete, Code::TlsCertUntrusted);
    for (signer, mark, accepts, code) in [
        (&root, None, public, strange),
        (&root, Some((policies, own_policy)), public, strange),
        (&root, Some((policies, policy)), public, lacking),
        (&root, Some((log, stamp())), public, lacking),
        (&middle, None, public, strange),
        (&middle, None, given, lacking),
    ] {
        let shows = format!("{mark:?} {accepts:?}");
        let seen = shown(marked(HOST, (2020, 2060), signer, &[], mark), &trust).await;
        assert_eq!(classify_chain(&seen, accepts), Some(code), "{shows}");
    }
    let seen = shown(leaf(HOST, (2020, 2060), &root, &[]), &trust).await;
    assert_eq!(classify_chain(&seen, given), None);
}

#[tokio::test]
async fn self_signed_is_called_so_even_as_an_authority() {
    let own = authority("Appliance", None);
    let key = PrivateKeyDer::try_from(own.issuer.key().serialize_der()).unwrap();
    let seen = shown((vec![own.der.clone()], key), &trusting(&[])).await;
    assert_eq!(seen.stores[&StoreName::Public].chain, "self-signed");
    assert_eq!(
        classify_chain(&seen, &ACCEPTS),
        Some(Code::TlsCertUntrusted)
    );
}

#[tokio::test]
async fn an_inspecting_product_is_known_by_its_signature_even_where_the_system_trusts_it() {
    let product = authority("Zscaler Inc.", None);
    let trust = trusting(&[(StoreName::System, &product)]);
    for beside in [&[&product][..], &[]] {
        let seen = shown(leaf(HOST, (2020, 2060), &product, beside), &trust).await;
        assert_eq!(seen.trusted_by, [StoreName::System]);
        assert_eq!(inspected_by(&seen), Some("Zscaler"));
        assert_eq!(classify_chain(&seen, &ACCEPTS), Some(Code::TlsIntercepted));
        let accepts = [StoreName::Public, StoreName::System];
        assert_eq!(classify_chain(&seen, &accepts), None);
    }
}

#[tokio::test]
async fn a_request_for_a_client_certificate_is_noted() {
    let root = authority("Vendor", None);
    let mut clients = rustls::RootCertStore::empty();
    clients.add(root.der.clone()).unwrap();
    let verifier = WebPkiClientVerifier::builder_with_provider(clients.into(), provider());
    let (chain, key) = leaf(HOST, (2020, 2060), &root, &[]);
    let config = builder().with_client_cert_verifier(verifier.build().unwrap());
    let address = serve_tls(config.with_single_cert(chain, key).unwrap()).await;
    let (seen, failure) = seen_at(address, &trusting(&[(StoreName::Public, &root)])).await;
    assert_eq!(failure, None);
    assert!(seen.client_certificate_requested);
    assert_eq!(classify_chain(&seen, &ACCEPTS), None);
}

/// A server that shows a chain whose key it does not have.
#[derive(Debug)]
struct Copying(Arc<CertifiedKey>);

impl ResolvesServerCert for Copying {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

#[tokio::test]
async fn a_copied_chain_without_its_key_is_trusted_by_nobody() {
    let root = authority("Vendor", None);
    let (chain, _) = leaf(HOST, (2020, 2060), &root, &[]);
    let (_, strange) = leaf(HOST, (2020, 2060), &root, &[]);
    let key = provider().key_provider.load_private_key(strange).unwrap();
    let resolver = Copying(Arc::new(CertifiedKey::new(chain, key)));
    let config = builder()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(resolver));
    let trust = trusting(&[(StoreName::Public, &root)]);
    let (seen, _) = seen_at(serve_tls(config).await, &trust).await;
    assert!(seen.signature.is_some());
    assert_eq!(seen.stores[&StoreName::Public].chain, "bad-signature");
    assert_eq!(seen.trusted_by, []);
    assert!(classify_chain(&seen, &ACCEPTS).is_some());
}

#[tokio::test]
async fn a_client_certificate_demanded_after_the_handshake_is_an_alert_of_the_exchange() {
    use crate::net::http::{HttpOptions, Request, exchange};
    let root = authority("Vendor", None);
    let mut clients = rustls::RootCertStore::empty();
    clients.add(root.der.clone()).unwrap();
    let verifier = WebPkiClientVerifier::builder_with_provider(clients.into(), provider());
    let (chain, key) = leaf(HOST, (2020, 2060), &root, &[]);
    let config = builder().with_client_cert_verifier(verifier.build().unwrap());
    let address = serve_tls(config.with_single_cert(chain, key).unwrap()).await;
    let stream = TcpStream::connect(address).await.unwrap();
    let (_, end) = handshake(stream, &options(HOST), &trusting(&[])).await;
    let request = Request {
        method: "GET".to_owned(),
        host: HOST.to_owned(),
        path: "/".to_owned(),
        headers: Vec::new(),
        body: None,
        credential: None,
    };
    let (_, end) = exchange(end.unwrap(), false, &request, &HttpOptions::STANDARD).await;
    let failure = end.unwrap_err();
    // Whether the alert or the broken pipe is seen first is the kernel's choice.
    assert!(
        matches!(failure.code, Code::TlsAlert | Code::HttpEof),
        "{failure:?}"
    );
    if failure.code == Code::TlsAlert {
        assert!(failure.detail.starts_with("alert 116 certificate_required"));
    }
}

#[tokio::test]
async fn an_address_is_verified_but_not_sent() {
    let root = authority("Vendor", None);
    let address = serve_tls(plain_config(leaf("127.0.0.1", (2020, 2060), &root, &[]))).await;
    let stream = TcpStream::connect(address).await.unwrap();
    let trust = trusting(&[(StoreName::Public, &root)]);
    let (seen, end) = handshake(stream, &options("127.0.0.1"), &trust).await;
    assert!(end.is_ok());
    assert_eq!((seen.sni, seen.trusted_by), (None, vec![StoreName::Public]));
    assert_eq!(seen.names, ["127.0.0.1"]);
}
