//! One presented chain before each store. `webpki` stops at its first objection, so chain, dates and
//! name are asked for separately.

use std::collections::BTreeMap;
use std::time::Duration;

use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, Error, RootCertStore};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;
use x509_parser::x509::X509Name;

use super::{StoreName, Trust, provider};
use crate::net::certificate::Certificate;
use crate::net::inspection::inspection_vendor;

const OK: &str = "ok";

/// What one store says about a chain.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct StoreVerdict {
    /// `ok`, or why not: `unknown-issuer`, `incomplete`, `self-signed`, `expired`, `not-yet-valid`,
    /// `bad-signature`, `not-for-servers` and rarer ones.
    pub chain: String,
    /// `ok` or `mismatch`; `unreadable` where the certificate cannot be parsed.
    pub name: String,
    /// What `chain` would be at a time at which the certificates are valid.
    pub without_dates: String,
}

impl StoreVerdict {
    /// Whether this store lets the connection be used for that name.
    pub fn trusts(&self) -> bool {
        self.chain_ok() && self.name == OK
    }

    pub fn chain_ok(&self) -> bool {
        self.chain == OK
    }

    /// Whether only the dates, if anything, keep the chain from verifying.
    pub fn chains(&self) -> bool {
        self.chain_ok() || self.without_dates == OK
    }
}

impl Trust {
    /// The verdict of each store that is ready (see [`Trust::load`]) on this chain, leaf first.
    ///
    /// `proved` says whether the peer proved that it has the leaf's key; without that a chain is
    /// no more than a copy of public data, and nothing is trusted.
    pub fn judge(
        &self,
        chain: &[CertificateDer<'_>],
        described: &[Certificate],
        name: &ServerName<'_>,
        proved: bool,
    ) -> BTreeMap<StoreName, StoreVerdict> {
        let (Some((leaf, intermediates)), false) = (chain.split_first(), described.is_empty())
        else {
            return BTreeMap::new();
        };
        let case = Case {
            house: X509Certificate::from_der(leaf)
                .ok()
                .and_then(|(_, leaf)| organisation(leaf.issuer())),
            leaf: ParsedCertificate::try_from(leaf),
            intermediates,
            described,
            name,
            algorithms: provider().signature_verification_algorithms,
        };
        let verdict = |roots| case.put_to(roots, proved);
        let ready = self.ready();
        ready.map(|(name, roots)| (name, verdict(roots))).collect()
    }
}

/// A chain and what is asked about it.
struct Case<'a> {
    leaf: Result<ParsedCertificate<'a>, Error>,
    intermediates: &'a [CertificateDer<'a>],
    described: &'a [Certificate],
    name: &'a ServerName<'a>,
    algorithms: WebPkiSupportedAlgorithms,
    /// The organisation that signed the leaf, by its own name.
    house: Option<String>,
}

impl Case<'_> {
    fn put_to(&self, roots: &RootCertStore, proved: bool) -> StoreVerdict {
        let leaf = match &self.leaf {
            Ok(leaf) => leaf,
            Err(error) => {
                let word = self.word(error, roots);
                return StoreVerdict {
                    chain: word.to_owned(),
                    name: "unreadable".to_owned(),
                    without_dates: word.to_owned(),
                };
            }
        };
        let at = |now| match self.verify(leaf, roots, now) {
            Ok(()) if proved => OK,
            Ok(()) => "bad-signature",
            Err(error) => self.word(&error, roots),
        };
        let chain = at(UnixTime::now());
        let without_dates = match chain {
            "expired" | "not-yet-valid" => {
                let words: Vec<_> = when_valid(self.described).into_iter().map(at).collect();
                let best = words.iter().copied().find(|word| *word == OK);
                best.or(words.first().copied()).unwrap_or(chain)
            }
            same => same,
        };
        let name = verify_server_name(leaf, self.name).map_or("mismatch", |()| OK);
        StoreVerdict {
            chain: chain.to_owned(),
            name: name.to_owned(),
            without_dates: without_dates.to_owned(),
        }
    }

    fn verify(
        &self,
        leaf: &ParsedCertificate<'_>,
        roots: &RootCertStore,
        now: UnixTime,
    ) -> Result<(), Error> {
        verify_server_cert_signed_by_trust_anchor(
            leaf,
            roots,
            self.intermediates,
            now,
            self.algorithms.all,
        )
    }

    /// Whether what was not sent is a link between the leaf and a root: the leaf comes from a public authority, none of
    /// which signs servers by its root, or from the very house of a root that this store has.
    fn lacks_a_link(&self, roots: &RootCertStore) -> bool {
        let of_house = |anchor| self.house.is_some() && organisation_of(anchor) == self.house;
        lacks_issuer(self.described)
            && (self.described[0].publicly_issued || roots.roots.iter().any(of_house))
    }

    fn word(&self, error: &Error, roots: &RootCertStore) -> &'static str {
        use CertificateError as E;
        let Error::InvalidCertificate(error) = error else {
            return "other";
        };
        match error {
            E::Expired | E::ExpiredContext { .. } => "expired",
            E::NotValidYet | E::NotValidYetContext { .. } => "not-yet-valid",
            E::UnknownIssuer if self.described[0].self_signed => "self-signed",
            E::UnknownIssuer if self.lacks_a_link(roots) => "incomplete",
            E::UnknownIssuer => "unknown-issuer",
            E::BadSignature => "bad-signature",
            E::InvalidPurpose | E::InvalidPurposeContext { .. } => "not-for-servers",
            E::BadEncoding => "bad-encoding",
            E::UnsupportedSignatureAlgorithmContext { .. }
            | E::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => "unsupported-algorithm",
            E::UnhandledCriticalExtension => "critical-extension",
            E::Revoked => "revoked",
            // The library has no variant of its own for these three.
            _ if self.described[0].version < 3 => "version-1",
            _ if self.described[0].self_signed => "self-signed",
            _ if self.described[0].is_ca => "authority-as-server",
            _ => "other",
        }
    }
}

/// Whether the peer left out the certificate that signed its own. That alone does not say what it is: a private
/// root that signs servers directly is not sent either.
pub(crate) fn lacks_issuer(chain: &[Certificate]) -> bool {
    let Some(leaf) = chain.first() else {
        return false;
    };
    // A self-signed leaf presents its issuer: itself.
    let presented = chain.iter().any(|other| other.subject == leaf.issuer);
    !presented && inspection_vendor(&leaf.issuer).is_none()
}

fn organisation(name: &X509Name<'_>) -> Option<String> {
    let of = name.iter_organization().next()?;
    of.as_str().ok().map(str::to_owned)
}

/// An anchor's subject, which is stored without the head of its sequence.
fn organisation_of(anchor: &TrustAnchor<'_>) -> Option<String> {
    let body = anchor.subject.as_ref();
    let length = u16::try_from(body.len()).ok()?.to_be_bytes();
    let name = [&[0x30, 0x82, length[0], length[1]], body].concat();
    let (_, name) = X509Name::from_der(&name).ok()?;
    organisation(&name)
}

/// Instants at which the dates should be right: the middle of the leaf's time, and the middle of
/// the time that all presented certificates share.
fn when_valid(chain: &[Certificate]) -> Vec<UnixTime> {
    let spans: Vec<_> = chain.iter().filter_map(Certificate::validity).collect();
    let start = spans.iter().map(|span| span.0.as_secs()).max();
    let end = spans.iter().map(|span| span.1.as_secs()).min();
    let shared = start.zip(end).filter(|(start, end)| start <= end);
    let leaf = spans
        .first()
        .map(|span| (span.0.as_secs(), span.1.as_secs()));
    let middle = |(start, end): (u64, u64)| Duration::from_secs(start / 2 + end / 2);
    let instants = leaf.into_iter().chain(shared).map(middle);
    instants.map(UnixTime::since_unix_epoch).collect()
}
