//! What a reader wants to know of one presented certificate, without judging it.

use jiff::Timestamp;
use rustls::pki_types::{CertificateDer, UnixTime};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::oid_registry::OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS as CA_ISSUERS;
use x509_parser::prelude::FromDer as _;
use x509_parser::public_key::PublicKey;

use super::text::{hex, printable};

/// Names beyond this many are left out: a report needs no catalogue.
const NAMES: usize = 100;
const NAME_LENGTH: usize = 300;

/// The policies for servers' certificates: domain, organisation or individual validated, extended; see
/// <https://cabforum.org/resources/object-registry/>.
const CA_BROWSER_FORUM: &str = "2.23.140.1.";

/// One certificate as it was presented.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Certificate {
    pub subject: String,
    pub issuer: String,
    /// RFC 3339, UTC.
    pub not_before: String,
    pub not_after: String,
    /// Of the whole certificate, lower-case hexadecimal.
    pub sha256: String,
    /// The subject alternative names: what a client verifies.
    pub names: Vec<String>,
    /// Such as `EC 256` or `RSA 2048`.
    pub key: String,
    /// How the issuer signed it, such as `SHA-256 with RSA`; the identifier of one that is not known here.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub signature: String,
    /// Of the public key: equal in two certificates of one key.
    pub key_sha256: String,
    /// Of the key that signed this one, if its certificate was presented beside it.
    pub issuer_key_sha256: Option<String>,
    /// What the issuer calls its key, in hexadecimal.
    pub authority_key_id: Option<String>,
    /// Where the certificate says its issuer can be fetched.
    pub ca_issuers: Vec<String>,
    /// Subject and issuer are the same name.
    pub self_signed: bool,
    pub is_ca: bool,
    /// It bears what public authorities put into a server's certificate and private ones do not: stamps of
    /// certificate logs, or a policy of the CA/Browser Forum.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub publicly_issued: bool,
    /// Of the X.509 format: 3 today; 1 cannot be verified by this program.
    pub version: u32,
}

/// The presented chain, leaf first, in the order of the wire.
pub(super) fn describe_chain(chain: &[CertificateDer<'_>]) -> Vec<Certificate> {
    let mut described: Vec<Certificate> = chain.iter().map(|der| describe(der)).collect();
    for at in 0..described.len() {
        let issuer = described
            .iter()
            .find(|other| other.subject == described[at].issuer)
            .map(|issuer| issuer.key_sha256.clone());
        described[at].issuer_key_sha256 = issuer;
    }
    described
}

impl Certificate {
    /// RSA below 2048 bits, an elliptic curve below 256, or a kind that Apple's App Transport Security does not have.
    pub fn has_small_key(&self) -> bool {
        let size = |kind: &str| {
            let size = self.key.strip_prefix(kind)?;
            size.trim().parse::<u32>().ok()
        };
        match (size("RSA"), size("EC")) {
            (Some(bits), _) => bits < 2048,
            (_, Some(bits)) => bits < 256,
            _ => self.key == "DSA",
        }
    }

    /// Signed with a hash of another age. Nobody verifies the signature of a root.
    pub fn has_old_signature(&self) -> bool {
        let old = ["MD5", "SHA-1"].iter();
        !self.self_signed && old.clone().any(|hash| self.signature.starts_with(hash))
    }

    /// The first and the last second at which the certificate is valid.
    pub fn validity(&self) -> Option<(UnixTime, UnixTime)> {
        Some((instant(&self.not_before)?, instant(&self.not_after)?))
    }
}

fn instant(text: &str) -> Option<UnixTime> {
    let seconds = text.parse::<Timestamp>().ok()?.as_second();
    let since = std::time::Duration::from_secs(u64::try_from(seconds).ok()?);
    Some(UnixTime::since_unix_epoch(since))
}

fn describe(der: &[u8]) -> Certificate {
    let sha256 = digest(der);
    let Ok((_, parsed)) = X509Certificate::from_der(der) else {
        let subject = "unreadable certificate".to_owned();
        return Certificate {
            subject,
            sha256,
            ..Certificate::default()
        };
    };
    let mut certificate = Certificate {
        subject: printable(&parsed.subject().to_string(), NAME_LENGTH),
        issuer: printable(&parsed.issuer().to_string(), NAME_LENGTH),
        not_before: timestamp(parsed.validity().not_before.timestamp()),
        not_after: timestamp(parsed.validity().not_after.timestamp()),
        sha256,
        key: key(&parsed),
        signature: signature(&parsed),
        key_sha256: digest(parsed.public_key().raw),
        self_signed: parsed.subject().as_raw() == parsed.issuer().as_raw(),
        version: parsed.version().0.saturating_add(1),
        ..Certificate::default()
    };
    for extension in parsed.extensions() {
        read_extension(extension.parsed_extension(), &mut certificate);
    }
    certificate
}

fn read_extension(extension: &ParsedExtension<'_>, certificate: &mut Certificate) {
    match extension {
        ParsedExtension::SubjectAlternativeName(alternatives) => {
            let names = alternatives.general_names.iter().filter_map(name);
            certificate.names = names.take(NAMES).collect();
        }
        ParsedExtension::AuthorityKeyIdentifier(authority) => {
            let id = authority.key_identifier.as_ref();
            certificate.authority_key_id = id.map(|id| hex(id.0));
        }
        ParsedExtension::BasicConstraints(constraints) => certificate.is_ca = constraints.ca,
        ParsedExtension::SCT(_) => certificate.publicly_issued = true,
        ParsedExtension::CertificatePolicies(policies) => {
            let mut ids = policies
                .iter()
                .map(|policy| policy.policy_id.to_id_string());
            certificate.publicly_issued |= ids.any(|id| id.starts_with(CA_BROWSER_FORUM));
        }
        ParsedExtension::AuthorityInfoAccess(access) => {
            let issuers = access.accessdescs.iter();
            certificate.ca_issuers = issuers
                .filter(|description| description.access_method == CA_ISSUERS)
                .filter_map(|description| name(&description.access_location))
                .take(NAMES)
                .collect();
        }
        _ => {}
    }
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(text) | GeneralName::URI(text) => Some(printable(text, NAME_LENGTH)),
        GeneralName::IPAddress(bytes) => address(bytes),
        _ => None,
    }
}

fn address(bytes: &[u8]) -> Option<String> {
    use std::net::IpAddr;
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    let v6 = <[u8; 16]>::try_from(bytes).map(IpAddr::from);
    v4.or(v6).ok().map(|address| address.to_string())
}

fn key(parsed: &X509Certificate<'_>) -> String {
    match parsed.public_key().parsed() {
        // The point of P-521 is 66 bytes long, of which 521 bits count.
        Ok(PublicKey::EC(point)) if point.key_size() == 528 => "EC 521".to_owned(),
        Ok(PublicKey::EC(point)) => format!("EC {}", point.key_size()),
        Ok(PublicKey::RSA(rsa)) => format!("RSA {}", rsa.key_size()),
        Ok(PublicKey::DSA(_)) => "DSA".to_owned(),
        _ => parsed.public_key().algorithm.algorithm.to_id_string(),
    }
}

/// The algorithms of certificates that are still met, by their identifiers.
const SIGNATURES: [(&str, &str); 10] = [
    ("1.2.840.113549.1.1.4", "MD5 with RSA"),
    ("1.2.840.113549.1.1.5", "SHA-1 with RSA"),
    ("1.2.840.113549.1.1.11", "SHA-256 with RSA"),
    ("1.2.840.113549.1.1.12", "SHA-384 with RSA"),
    ("1.2.840.113549.1.1.13", "SHA-512 with RSA"),
    ("1.2.840.10045.4.1", "SHA-1 with ECDSA"),
    ("1.2.840.10045.4.3.2", "SHA-256 with ECDSA"),
    ("1.2.840.10045.4.3.3", "SHA-384 with ECDSA"),
    ("1.2.840.10045.4.3.4", "SHA-512 with ECDSA"),
    ("1.2.840.10040.4.3", "SHA-1 with DSA"),
];

fn signature(parsed: &X509Certificate<'_>) -> String {
    let id = parsed.signature_algorithm.algorithm.to_id_string();
    let known = SIGNATURES.iter().find(|(known, _)| *known == id);
    known.map_or(id, |(_, name)| (*name).to_owned())
}

fn timestamp(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| String::new(), |at| at.to_string())
}

fn digest(bytes: &[u8]) -> String {
    hex(ring::digest::digest(&ring::digest::SHA256, bytes).as_ref())
}
