//! What takes the verifier's place in a handshake: it lets everything pass and remembers what it saw.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use rustls::client::ResolvesClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{DigitallySignedStruct, Error, SignatureScheme};

/// The evidence of one handshake.
#[derive(Debug)]
pub(super) struct Witness {
    provider: Arc<CryptoProvider>,
    chain: OnceLock<Vec<CertificateDer<'static>>>,
    signature: OnceLock<Error>,
    asked: AtomicBool,
}

impl Witness {
    pub(super) fn new(provider: Arc<CryptoProvider>) -> Self {
        Self {
            provider,
            chain: OnceLock::new(),
            signature: OnceLock::new(),
            asked: AtomicBool::new(false),
        }
    }

    /// Leaf first, as presented.
    pub(super) fn chain(&self) -> Option<&[CertificateDer<'static>]> {
        self.chain.get().map(Vec::as_slice)
    }

    /// Why the peer's proof of its key did not hold.
    pub(super) fn signature(&self) -> Option<&Error> {
        self.signature.get()
    }

    pub(super) fn client_certificate_requested(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Old certificates fail here before version and cipher are known, so a failure is noted, not raised.
    fn note(&self, result: Result<HandshakeSignatureValid, Error>) -> HandshakeSignatureValid {
        if let Err(error) = result {
            // Only the first matters; a handshake has one.
            let _ = self.signature.set(error);
        }
        HandshakeSignatureValid::assertion()
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let presented = std::iter::once(end_entity).chain(intermediates);
        let owned = presented.map(|one| one.clone().into_owned()).collect();
        let _ = self.chain.set(owned);
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        Ok(self.note(verify_tls12_signature(message, cert, signed, algorithms)))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        Ok(self.note(verify_tls13_signature(message, cert, signed, algorithms)))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}

impl ResolvesClientCert for Witness {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::Relaxed);
        None
    }

    /// Only who claims to have one is told that one was asked for.
    fn has_certs(&self) -> bool {
        true
    }
}
