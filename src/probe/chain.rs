//! Judging a certificate chain: trusted by a store the row accepts, opened on the way, or at fault itself.

use jiff::Timestamp;

use super::ask::LadderSeen;
use super::context::{Context, Inspection, finding};
use crate::code::Code;
use crate::finding::{Expectation, Finding, Verdict};
use crate::net::certificate::Certificate;
use crate::net::endpoint::Host;
use crate::net::space;
use crate::net::tls::{TlsSeen, classify_chain, inspected_by};
use crate::net::trust::{StoreName, lacks_issuer};

/// A certificate that ends sooner than this is worth a warning.
const EXPIRY_NOTICE_DAYS: i64 = 21;

pub(super) fn judge(
    ladder: &LadderSeen,
    tls: &TlsSeen,
    accepts: &[StoreName],
    context: &Context<'_>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(code) = code(&ladder.host, tls, accepts, context) {
        findings.push(fault(code, tls, accepts, context));
    } else {
        findings.extend(private_ca(tls));
        findings.extend(expiring(tls, context.now));
    }
    findings
}

/// Whether a chain was made on the way, by the signatures that design.md names.
pub(crate) fn is_intercepted(
    host: &Host,
    tls: &TlsSeen,
    accepts: &[StoreName],
    context: &Context<'_>,
) -> bool {
    code(host, tls, accepts, context) == Some(Code::TlsIntercepted)
}

fn code(host: &Host, tls: &TlsSeen, accepts: &[StoreName], context: &Context<'_>) -> Option<Code> {
    // A system that trusts the inspecting product does not make its chain the host's own.
    if inspected_by(tls).is_some() {
        return Some(Code::TlsIntercepted);
    }
    let found = classify_chain(tls, accepts)?;
    let public = [StoreName::Public, StoreName::Apple];
    if vouched(tls, &public) {
        return Some(found);
    }
    let vendor_host = !accepts.contains(&StoreName::System);
    let administrator_added = vendor_host && tls.trusted_by.contains(&StoreName::System);
    let owners = issuer(tls).and_then(|issuer| context.run.private_issuers.get(issuer));
    let signs_unrelated = owners.is_some_and(|owners| {
        owners.len() > 1 && owners.contains(&space::owner(&host.to_string()))
    });
    let judged_by_chain = matches!(found, Code::TlsCertUntrusted | Code::TlsChainIncomplete);
    if judged_by_chain && (administrator_added || signs_unrelated) {
        return Some(Code::TlsIntercepted);
    }
    Some(found)
}

fn vouched(tls: &TlsSeen, stores: &[StoreName]) -> bool {
    stores.iter().any(|store| {
        tls.stores
            .get(store)
            .is_some_and(|verdict| verdict.chain == "ok")
    })
}

/// Whether nobody between can have made this chain: not an administrator's authority but public or Apple's roots, or the
/// one that was given for this very server, vouch for it.
pub(super) fn proves(tls: &TlsSeen) -> bool {
    let beyond_doubt = [StoreName::Public, StoreName::Apple, StoreName::JamfCa];
    inspected_by(tls).is_none()
        && tls
            .trusted_by
            .iter()
            .any(|store| beyond_doubt.contains(store))
}

/// The issuer of the last certificate shown: the root, or the closest to it that the peer sent.
pub(crate) fn issuer(tls: &TlsSeen) -> Option<&str> {
    tls.chain
        .last()
        .map(|certificate| certificate.issuer.as_str())
}

fn fault(code: Code, tls: &TlsSeen, accepts: &[StoreName], context: &Context<'_>) -> Finding {
    let verdict = match code {
        Code::TlsIntercepted
            if context.inspection == Inspection::Tolerated
                && context.expect != Expectation::NotIntercepted =>
        {
            Verdict::Degraded
        }
        _ => Verdict::Fail,
    };
    let stores: Vec<String> = accepts.iter().map(ToString::to_string).collect();
    let expected = format!("a chain to {}", stores.join(" or "));
    finding(code, verdict, &expected, describe(code, tls))
}

fn describe(code: Code, tls: &TlsSeen) -> String {
    let leaf = tls.chain.first();
    let issuer = issuer(tls).unwrap_or("nobody");
    match code {
        Code::TlsIntercepted => match inspected_by(tls) {
            Some(vendor) => format!("the chain was made by {issuer} ({vendor})"),
            None => format!("the chain was made by {issuer}, which signs no site of this owner"),
        },
        Code::TlsCertExpired => {
            let ended = leaf.map_or("", |leaf| leaf.not_after.as_str());
            format!("the certificate expired at {ended}")
        }
        Code::TlsCertNotYetValid => {
            let begins = leaf.map_or("", |leaf| leaf.not_before.as_str());
            format!("the certificate is valid only from {begins}")
        }
        Code::TlsCertName => format!(
            "the certificate is for {}, not for {}",
            tls.names.join(", "),
            tls.sni.as_deref().unwrap_or("this address")
        ),
        Code::TlsChainIncomplete => {
            let from = leaf.map_or_else(String::new, fetched_from);
            format!("the server sent no certificate of its issuer {issuer}{from}")
        }
        _ if unverified(tls) => outdated(tls, issuer),
        _ if lacks_issuer(&tls.chain) => {
            let from = leaf.map_or_else(String::new, fetched_from);
            format!(
                "signed by {issuer}, which the server did not send and no accepted store knows: a private root, or an \
                 authority below one{from}"
            )
        }
        _ => format!("the chain ends at {issuer}, which no accepted store knows"),
    }
}

/// Whether a store knows the issuer, and its signature or the server's own could not be verified all the same.
fn unverified(tls: &TlsSeen) -> bool {
    let words = ["bad-signature", "unsupported-algorithm"];
    let mut verdicts = tls.stores.values();
    verdicts.any(|store| words.contains(&store.without_dates.as_str()))
}

/// Macs agree: since macOS 10.15 neither small keys nor SHA-1 are trusted in TLS (<https://support.apple.com/103769>).
fn outdated(tls: &TlsSeen, issuer: &str) -> String {
    let short = shortcomings(&tls.chain);
    if !short.is_empty() {
        return format!(
            "{}: neither this program nor macOS since 10.15 trusts that",
            short.join("; ")
        );
    }
    match &tls.signature {
        Some(why) => {
            format!("the server's proof that it has the certificate's key does not hold: {why}")
        }
        None => format!(
            "signed in the name of {issuer}, by a signature that the key of that name in the accepted stores does not verify"
        ),
    }
}

/// What Apple's rules for certificates have against a chain.
pub(super) fn shortcomings(chain: &[Certificate]) -> Vec<String> {
    let mut short = Vec::new();
    for (place, certificate) in chain.iter().enumerate() {
        let whose = match place {
            0 => "the server's certificate".to_owned(),
            _ => format!("the certificate of {}", certificate.subject),
        };
        if certificate.has_small_key() {
            short.push(format!("{whose} has a key of {}", certificate.key));
        }
        if certificate.has_old_signature() {
            short.push(format!("{whose} is signed by {}", certificate.signature));
        }
    }
    short
}

/// Where the certificate says that its issuer's can be had.
fn fetched_from(leaf: &Certificate) -> String {
    leaf.ca_issuers
        .first()
        .map_or_else(String::new, |url| format!("; it should be at {url}"))
}

/// A customer's own host on a private CA is in order where the system knows it; the reader is told.
fn private_ca(tls: &TlsSeen) -> Option<Finding> {
    if vouched(tls, &[StoreName::Public, StoreName::Apple]) {
        return None;
    }
    let issuer = issuer(tls).unwrap_or("nobody");
    Some(finding(
        Code::TlsPrivateCa,
        Verdict::Pass,
        "a chain that the row accepts",
        format!("the chain ends at the private {issuer}"),
    ))
}

fn expiring(tls: &TlsSeen, now: Timestamp) -> Option<Finding> {
    let ends: Timestamp = tls.chain.first()?.not_after.parse().ok()?;
    let days = (ends.as_second() - now.as_second()) / 86_400;
    (days < EXPIRY_NOTICE_DAYS).then(|| {
        finding(
            Code::TlsCertExpiring,
            Verdict::Degraded,
            "a certificate with at least 21 days left",
            format!("the certificate expires in {days} days, at {ends}"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::trust::StoreVerdict;

    #[test]
    fn keys_and_signatures_are_held_against_what_apple_demands() {
        for (key, small) in [
            ("RSA 2048", false),
            ("RSA 1024", true),
            ("EC 256", false),
            ("EC 224", true),
            ("DSA", true),
            ("1.3.101.112", false),
        ] {
            let certificate = Certificate {
                key: key.to_owned(),
                ..Certificate::default()
            };
            assert_eq!(certificate.has_small_key(), small, "{key}");
        }
        let certificate = |signature: &str, self_signed| Certificate {
            key: "EC 256".to_owned(),
            signature: signature.to_owned(),
            self_signed,
            ..Certificate::default()
        };
        let root = certificate("SHA-1 with RSA", true);
        let sound = [certificate("SHA-256 with RSA", false), root.clone()];
        assert!(shortcomings(&sound).is_empty());
        let old = [certificate("SHA-1 with RSA", false), root];
        assert_eq!(shortcomings(&old).len(), 1);
    }

    #[test]
    fn an_authority_that_is_known_is_not_called_unknown() {
        let said = |word: &str, signature: &str, proof: Option<&str>| {
            let verdict = StoreVerdict {
                chain: word.to_owned(),
                name: "ok".to_owned(),
                without_dates: word.to_owned(),
            };
            let leaf = Certificate {
                key: "RSA 2048".to_owned(),
                signature: signature.to_owned(),
                issuer: "CN=Own".to_owned(),
                ..Certificate::default()
            };
            let tls = TlsSeen {
                stores: [(StoreName::JamfCa, verdict)].into(),
                chain: vec![leaf],
                signature: proof.map(str::to_owned),
                ..TlsSeen::default()
            };
            describe(Code::TlsCertUntrusted, &tls)
        };
        let old = said("unsupported-algorithm", "SHA-1 with RSA", None);
        assert!(old.contains("signed by SHA-1 with RSA: neither"), "{old}");
        let forged = said("bad-signature", "SHA-256 with RSA", None);
        assert!(forged.contains("in the name of CN=Own"), "{forged}");
        let unproven = said("bad-signature", "SHA-256 with RSA", Some("BadSignature"));
        assert!(unproven.contains("proof"), "{unproven}");
        let unknown = said("unknown-issuer", "SHA-1 with RSA", None);
        assert!(unknown.contains("no accepted store knows"), "{unknown}");
    }
}
