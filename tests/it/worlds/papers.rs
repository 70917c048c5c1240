//! Certificates for the servers that are not the lab's own, from an authority beside the lab's. Made once a process: two
//! authorities that the client knows or does not, and one chain for each thing that can be wrong with one.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};
use time::{Duration, OffsetDateTime};

pub(super) const JAMF: &str = "jamf.example.com";

struct Papers {
    /// The root to be trusted like the public ones.
    public: String,
    /// Name of a file, and its content.
    files: Vec<(&'static str, String)>,
}

/// Writes every certificate and key where a server can read them; says by which root the public ones are to be trusted.
pub(super) fn lay_out(folder: &Path) -> &'static str {
    static MADE: OnceLock<Papers> = OnceLock::new();
    let papers = MADE.get_or_init(make);
    for (name, text) in &papers.files {
        fs::write(folder.join(name), text).unwrap();
    }
    &papers.public
}

type Signer = Issuer<'static, KeyPair>;

fn make() -> Papers {
    let (public, root) = authority("Reseau Public Root", None);
    let (between, intermediate) = authority("Reseau TLS CA 3", Some(&root));
    let (private, own) = authority("Example Corp Root", None);
    let (inspector, inspecting) = authority("Squid Inspection", None);
    let key = KeyPair::generate().unwrap();
    let signed = |name: &str, days: (i64, i64), signer: &Signer| {
        leaf(name, days).signed_by(&key, signer).unwrap().pem()
    };
    let with = |leaf: String| leaf + &between;
    let chain = |name: &str, days| with(signed(name, days, &intermediate));
    let sound = (-1, 300);
    let alone = leaf(JAMF, sound).self_signed(&key).unwrap().pem();
    let files = vec![
        ("leaf.key", key.serialize_pem()),
        ("sound.pem", chain(JAMF, sound)),
        ("expired.pem", chain(JAMF, (-100, -10))),
        ("early.pem", chain(JAMF, (10, 300))),
        ("ending.pem", chain(JAMF, (-80, 5))),
        ("other.pem", chain("www.example.org", sound)),
        ("incomplete.pem", signed(JAMF, sound, &intermediate)),
        ("alone.pem", alone),
        ("private.pem", signed(JAMF, sound, &own) + &private),
        ("direct.pem", signed(JAMF, sound, &own)),
        ("private-root.pem", private),
        ("right-login", "me:hush\n".to_owned()),
        ("wrong-login", "me:wrong\n".to_owned()),
        ("filter", "graph.microsoft.com\n".to_owned()),
        ("office.pac", pac("PROXY 10.77.1.1:3128")),
        ("two.pac", pac("PROXY 10.77.1.1:3129; PROXY 10.77.1.1:3128")),
        ("tiny.conf", "Port 3128\nListen 10.77.1.1\n".to_owned()),
        (
            "inspecting.pem",
            inspector + &inspecting.key().serialize_pem(),
        ),
    ];
    Papers { public, files }
}

/// Whatever goes to Apple or Microsoft takes this way; the organisation's own hosts are reached directly.
fn pac(way: &str) -> String {
    format!(
        "function FindProxyForURL(url, host) {{\n  if (dnsDomainIs(host, '.example.com') || isPlainHostName(host)) {{\n    \
         return 'DIRECT';\n  }}\n  return '{way}';\n}}\n"
    )
}

fn authority(name: &str, above: Option<&Signer>) -> (String, Signer) {
    let mut params = named(name, (-700, 1100));
    let organisation = name.split(' ').next().unwrap();
    params
        .distinguished_name
        .push(DnType::OrganizationName, organisation);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate().unwrap();
    let certificate = match above {
        Some(above) => params.signed_by(&key, above),
        None => params.self_signed(&key),
    };
    (certificate.unwrap().pem(), Issuer::new(params, key))
}

fn leaf(name: &str, days: (i64, i64)) -> CertificateParams {
    let mut params = named(name, days);
    let shown = rcgen::string::Ia5String::try_from(name).unwrap();
    params.subject_alt_names = vec![rcgen::SanType::DnsName(shown)];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
}

fn named(name: &str, (from, until): (i64, i64)) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.use_authority_key_identifier_extension = true;
    let now = OffsetDateTime::now_utc();
    params.not_before = now + Duration::days(from);
    params.not_after = now + Duration::days(until);
    params
}
