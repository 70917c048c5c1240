//! One TLS handshake that always runs to its end, so that the evidence is complete before anyone judges it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::client::Resumption;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, ProtocolVersion};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::certificate::{Certificate, describe_chain};
use super::failure::Failure;
use super::pipe::Pipe;
use super::text::printable;
use super::trust::{StoreName, StoreVerdict, Trust, provider};
use crate::code::Code;

pub use classify::{classify_chain, inspected_by};
pub use ending::late_alert;
pub use large::{LargeHelloSeen, send_large_hello};
pub use recorder::Recorder;

mod classify;
mod ending;
mod large;
mod recorder;
mod witness;

/// How long a finished handshake waits for the operating system's roots, which on a Mac with many
/// settings can take seconds; without them the other stores judge alone.
const ROOTS: Duration = Duration::from_secs(2);

/// What to ask for.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct TlsOptions {
    /// Verified, and sent in the hello unless it is an address.
    pub server_name: String,
    pub alpn: Vec<String>,
    /// Whether a peer that speaks TLS 1.2 without extended master secret is refused.
    pub strict: bool,
    pub timeout: Duration,
}

/// What a handshake showed, however it ended.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct TlsSeen {
    pub ms: f64,
    /// Such as `TLS1.3`.
    pub version: Option<String>,
    pub cipher: Option<String>,
    pub alpn: Option<String>,
    /// The name in the hello; none was sent for an address.
    pub sni: Option<String>,
    /// What the leaf certificate is valid for.
    pub names: Vec<String>,
    pub stores: BTreeMap<StoreName, StoreVerdict>,
    /// The stores by which chain and name are in order.
    pub trusted_by: Vec<StoreName>,
    pub chain: Vec<Certificate>,
    pub client_certificate_requested: bool,
    /// Why the proof that the peer has the leaf's key did not hold, if it did not.
    pub signature: Option<String>,
    /// Whether the peer's kernel confirmed what was sent; null where this system cannot tell.
    pub acked: Option<bool>,
    pub retransmits: Option<u32>,
    /// How many bytes came back during the handshake.
    pub received: u64,
    /// What came back if it was not TLS, as ASCII with escapes.
    pub first_bytes: Option<String>,
    /// The alert that ended the handshake.
    pub alert: Option<u8>,
}

/// A connection whose handshake went through; whether to believe the peer is for [`classify_chain`].
pub type Secured = TlsStream<Recorder>;

/// Shakes hands and lets every store of `trust` judge what was presented.
pub async fn handshake(
    stream: impl Into<Pipe>,
    options: &TlsOptions,
    trust: &Trust,
) -> (TlsSeen, Result<Secured, Failure>) {
    let mut seen = TlsSeen::default();
    let name = match server_name(&options.server_name) {
        Ok(name) => name,
        Err(failure) => return (seen, Err(failure)),
    };
    if let ServerName::DnsName(host) = &name {
        seen.sni = Some(host.as_ref().to_owned());
    }
    let witness = Arc::new(witness::Witness::new(provider()));
    let connector = TlsConnector::from(Arc::new(config(&witness, options)));
    let (recorder, record) = Recorder::new(stream.into());
    let started = Instant::now();
    let mut connect = connector.connect(name.clone(), recorder);
    let end = match timeout(options.timeout, &mut connect).await {
        Ok(Ok(secured)) => Ok(secured),
        Ok(Err(error)) => Err(Some(error)),
        Err(_) => Err(None),
    };
    seen.ms = started.elapsed().as_secs_f64() * 1000.0;
    let stuck = connect.get_ref();
    let open = end.as_ref().ok().map(|secured| secured.get_ref().0);
    if let Some(recorder) = stuck.or(open) {
        recorder.note();
    }
    ending::describe_wire(&record, &mut seen);
    judge(&witness, &name, trust, &mut seen).await;
    let end = match end {
        Ok(secured) => {
            negotiated(secured.get_ref().1, &mut seen);
            secured.get_ref().0.stop();
            Ok(secured)
        }
        Err(error) => Err(ending::failure(error, &record, options.timeout, &mut seen)),
    };
    (seen, end)
}

fn server_name(text: &str) -> Result<ServerName<'static>, Failure> {
    // The dot of a fully qualified name belongs neither into a hello nor into a certificate.
    let bare = text.strip_suffix('.').unwrap_or(text);
    let bare = bare.trim_start_matches('[').trim_end_matches(']');
    ServerName::try_from(bare.to_owned()).map_err(|_| {
        let shown = printable(text, 300);
        Failure::new(Code::LocalInternal, format!("`{shown}` is no name for TLS"))
    })
}

fn config(witness: &Arc<witness::Witness>, options: &TlsOptions) -> ClientConfig {
    let verifier = Arc::clone(witness);
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .expect("the provider speaks TLS 1.2 and 1.3")
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_client_cert_resolver(Arc::clone(witness) as _);
    // A resumed session shows no chain.
    config.resumption = Resumption::disabled();
    config.require_ems = options.strict;
    let alpn = options.alpn.iter();
    config.alpn_protocols = alpn.map(|name| name.as_bytes().to_vec()).collect();
    config
}

fn negotiated(connection: &ClientConnection, seen: &mut TlsSeen) {
    seen.version = connection.protocol_version().map(|version| match version {
        ProtocolVersion::TLSv1_2 => "TLS1.2".to_owned(),
        ProtocolVersion::TLSv1_3 => "TLS1.3".to_owned(),
        other => format!("{other:?}"),
    });
    seen.cipher = connection.negotiated_cipher_suite().map(|suite| {
        let name = format!("{:?}", suite.suite());
        // The registry's name carries no version.
        name.replacen("TLS13_", "TLS_", 1)
    });
    let alpn = connection.alpn_protocol();
    seen.alpn = alpn.map(|name| printable(&String::from_utf8_lossy(name), 64));
}

async fn judge(
    witness: &witness::Witness,
    name: &ServerName<'_>,
    trust: &Trust,
    seen: &mut TlsSeen,
) {
    seen.client_certificate_requested = witness.client_certificate_requested();
    seen.signature = witness.signature().map(ToString::to_string);
    let Some(chain) = witness.chain() else {
        return;
    };
    seen.chain = describe_chain(chain);
    seen.names = seen
        .chain
        .first()
        .map_or_else(Vec::new, |leaf| leaf.names.clone());
    let _ = timeout(ROOTS, trust.load()).await;
    seen.stores = trust.judge(chain, &seen.chain, name, seen.signature.is_none());
    let trusting = seen.stores.iter().filter(|(_, verdict)| verdict.trusts());
    seen.trusted_by = trusting.map(|(store, _)| *store).collect();
}

#[cfg(all(test, feature = "demo"))]
mod tests;
