//! The lab's certificate authorities and the leaves they sign, made anew at every start.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, SerialNumber,
};
use rustls::crypto::ring::sign::any_ecdsa_type;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::{CertifiedKey, SigningKey};
use time::{Duration, OffsetDateTime};

use super::world::Chain;

/// One signing authority with its own key: a shared key would look like one authority behind several names.
struct Authority {
    certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

pub(super) struct Authorities {
    public_root: Authority,
    public: Authority,
    apple_root: Authority,
    apple: Authority,
    inspection: Authority,
    /// All leaves share one key; nothing in a report depends on it, and making keys is what takes time.
    leaf_key: KeyPair,
    signing_key: Arc<dyn SigningKey>,
    made: HashMap<(&'static str, Chain), Arc<CertifiedKey>>,
    now: OffsetDateTime,
}

impl Authorities {
    pub(super) fn new() -> io::Result<Self> {
        let now = OffsetDateTime::now_utc();
        let lab = "Lab Trust Services";
        let public_root = root("Lab Public Root CA", lab, now)?;
        let public = intermediate("Lab Public TLS CA 1", lab, &public_root, now)?;
        let apple_root = root("Lab Apple Root CA", "Lab Apple", now)?;
        let apple = intermediate(
            "Lab Apple Server Authentication CA",
            "Lab Apple",
            &apple_root,
            now,
        )?;
        let inspection = root("Lab Inspection CA", "Zscaler Inc.", now)?;
        let leaf_key = KeyPair::generate().map_err(io::Error::other)?;
        let der = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(leaf_key.serialize_der()));
        let signing_key = any_ecdsa_type(&der).map_err(io::Error::other)?;
        let made = HashMap::new();
        Ok(Self {
            public_root,
            public,
            apple_root,
            apple,
            inspection,
            leaf_key,
            signing_key,
            made,
            now,
        })
    }

    /// The chain that `host` presents, made once.
    pub(super) fn present(
        &mut self,
        host: &'static str,
        chain: Chain,
    ) -> io::Result<Arc<CertifiedKey>> {
        if let Some(known) = self.made.get(&(host, chain)) {
            return Ok(Arc::clone(known));
        }
        let serial = 0x4c00 + self.made.len() as u64;
        let name = if chain == Chain::WrongName {
            "other.example.org"
        } else {
            host
        };
        let (from, until) = match chain {
            Chain::Expired => (-100, -10),
            _ => (-1, 300),
        };
        let dates = (
            self.now + Duration::days(from),
            self.now + Duration::days(until),
        );
        let (signer, shown) = match chain {
            Chain::Apple => (&self.apple, true),
            Chain::Inspected => (&self.inspection, true),
            Chain::WithoutIntermediate => (&self.public, false),
            Chain::Public | Chain::Expired | Chain::WrongName => (&self.public, true),
        };
        let leaf = leaf(name, serial, dates, &self.leaf_key, signer)?;
        let mut sent: Vec<CertificateDer<'static>> = vec![leaf.into()];
        if shown {
            sent.push(signer.certificate.der().clone());
        }
        let key = Arc::new(CertifiedKey::new(sent, Arc::clone(&self.signing_key)));
        self.made.insert((host, chain), Arc::clone(&key));
        Ok(key)
    }

    pub(super) fn public_roots(&self) -> String {
        self.public_root.certificate.pem()
    }

    pub(super) fn apple_roots(&self) -> String {
        self.apple_root.certificate.pem()
    }

    pub(super) fn inspection_roots(&self) -> String {
        self.inspection.certificate.pem()
    }
}

fn named(common_name: &str, organisation: Option<&str>) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    if let Some(organisation) = organisation {
        params
            .distinguished_name
            .push(DnType::OrganizationName, organisation);
    }
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    params
}

fn authority(
    common_name: &str,
    organisation: &str,
    dates: (OffsetDateTime, OffsetDateTime),
) -> CertificateParams {
    let mut params = named(common_name, Some(organisation));
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    (params.not_before, params.not_after) = dates;
    params
}

fn root(common_name: &str, organisation: &str, now: OffsetDateTime) -> io::Result<Authority> {
    let params = authority(
        common_name,
        organisation,
        (now - Duration::days(2000), now + Duration::days(4000)),
    );
    let key = KeyPair::generate().map_err(io::Error::other)?;
    let certificate = params.self_signed(&key).map_err(io::Error::other)?;
    Ok(Authority {
        certificate,
        issuer: Issuer::new(params, key),
    })
}

fn intermediate(
    common_name: &str,
    organisation: &str,
    parent: &Authority,
    now: OffsetDateTime,
) -> io::Result<Authority> {
    let mut params = authority(
        common_name,
        organisation,
        (now - Duration::days(700), now + Duration::days(1100)),
    );
    params.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate().map_err(io::Error::other)?;
    let certificate = params
        .signed_by(&key, &parent.issuer)
        .map_err(io::Error::other)?;
    Ok(Authority {
        certificate,
        issuer: Issuer::new(params, key),
    })
}

fn leaf(
    host: &str,
    serial: u64,
    dates: (OffsetDateTime, OffsetDateTime),
    key: &KeyPair,
    signer: &Authority,
) -> io::Result<Certificate> {
    let mut params = named(host, None);
    let name = rcgen::string::Ia5String::try_from(host).map_err(io::Error::other)?;
    params.subject_alt_names = vec![rcgen::SanType::DnsName(name)];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    params.serial_number = Some(SerialNumber::from(serial));
    (params.not_before, params.not_after) = dates;
    params
        .signed_by(key, &signer.issuer)
        .map_err(io::Error::other)
}
