//! Whether the server speaks TLS as Apple announces to demand of every management server.
//!
//! Apple: "Starting as early as the next major software release", systems "might refuse connections to servers with
//! outdated or non-compliant TLS configurations" (<https://support.apple.com/126655>): TLS 1.2 or later, cipher suites and
//! certificates of App Transport Security. The details (forward secrecy, key sizes, SHA-256, extended master secret with
//! TLS 1.2) are second-hand.

use super::Spec;
use crate::code::Code;
use crate::finding::{Finding, Verdict};
use crate::net::certificate::Certificate;
use crate::net::tls::TlsSeen;
use crate::probe::ask::{Ask, Seen, Want};
use crate::probe::context::finding;
use crate::probe::redirect::{HopEnd, HopWhy};

const WISH: &str = "TLS as Apple announces to demand it";

fn handshake(seen: &Seen) -> Option<&TlsSeen> {
    let mut handshakes = seen
        .ladders
        .iter()
        .filter_map(|one| one.observation.seen.tls.as_ref());
    handshakes.find(|tls| tls.version.is_some())
}

/// Extended master secret belongs to TLS 1.2 alone, and only a second handshake that insists on it tells.
pub(super) async fn ask_strictly(spec: &Spec, ask: &Ask) {
    let seen = ask.seen();
    let Some(tls) = handshake(&seen) else {
        return;
    };
    ask.fact("tls", tls.version.clone().unwrap_or_default());
    ask.fact("cipher", tls.cipher.clone().unwrap_or_default());
    ask.fact("keys", each(tls, |certificate| certificate.key.clone()));
    ask.fact(
        "signatures",
        each(tls, |certificate| certificate.signature.clone()),
    );
    if tls.version.as_deref() != Some("TLS1.2") {
        return;
    }
    let mut want = Want {
        request: None,
        ..spec.want()
    };
    if let Some(hello) = &mut want.hello {
        hello.strict = true;
    }
    let url = spec.base.origin();
    let strict = ask.further(url, HopWhy::Strict, &want).await;
    if let Some(strict) = strict.filter(|strict| !strict.is_pending()) {
        ask.fact("extended_master_secret", strict.is_done());
    }
}

fn each(tls: &TlsSeen, part: impl Fn(&Certificate) -> String) -> Vec<String> {
    tls.chain.iter().map(part).collect()
}

pub(super) fn words(seen: &Seen) -> Option<String> {
    let tls = handshake(seen)?;
    Some(format!(
        "{}, as Apple announces to demand",
        tls.cipher.as_ref()?
    ))
}

pub(super) fn judge(seen: &Seen, findings: &mut Vec<Finding>) {
    findings.iter_mut().for_each(refused);
    let Some(tls) = handshake(seen) else {
        return;
    };
    let mut short = shortcomings(tls);
    let strict = seen.redirects.iter().find(|hop| hop.why == HopWhy::Strict);
    if let Some(HopEnd::Asked(observation)) = strict.map(|hop| &hop.end)
        && observation
            .failure()
            .is_some_and(|failure| failure.code == Code::TlsBelowAts)
    {
        short.push("TLS 1.2 without extended master secret".to_owned());
    }
    if !short.is_empty() {
        let actual = short.join("; ");
        findings.push(finding(Code::TlsBelowAts, Verdict::Degraded, WISH, actual));
    }
}

/// A refused handshake is not read as more than it shows.
fn refused(one: &mut Finding) {
    let refusals = [
        Code::TlsAlert,
        Code::TlsAlertOurs,
        Code::TlsEof,
        Code::TlsResetPeer,
        Code::TlsReset,
    ];
    if refusals.contains(&one.code) {
        one.actual.push_str(
            "; this program offers TLS 1.2 and 1.3 with forward secrecy, about what Apple announces to demand: a server \
             that knows only older ones refuses like this, and so does one that wants what only a Mac offers",
        );
    }
}

fn shortcomings(tls: &TlsSeen) -> Vec<String> {
    let mut short = Vec::new();
    for (place, certificate) in tls.chain.iter().enumerate() {
        let whose = match place {
            0 => "the server's certificate".to_owned(),
            _ => format!("the certificate of {}", certificate.subject),
        };
        if is_small(&certificate.key) {
            short.push(format!("{whose} has a key of {}", certificate.key));
        }
        // Nobody verifies the signature of a root.
        let old = ["MD5", "SHA-1"]
            .iter()
            .any(|hash| certificate.signature.starts_with(hash));
        if old && !certificate.self_signed {
            short.push(format!("{whose} is signed by {}", certificate.signature));
        }
    }
    short
}

/// RSA below 2048 bits, an elliptic curve below 256, or a kind that App Transport Security does not have.
fn is_small(key: &str) -> bool {
    let size = |kind: &str| {
        key.strip_prefix(kind)
            .and_then(|size| size.trim().parse::<u32>().ok())
    };
    match (size("RSA"), size("EC")) {
        (Some(bits), _) => bits < 2048,
        (_, Some(bits)) => bits < 256,
        _ => key == "DSA",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_signatures_are_held_against_what_apple_announces() {
        for (key, small) in [
            ("RSA 2048", false),
            ("RSA 1024", true),
            ("EC 256", false),
            ("EC 224", true),
            ("DSA", true),
            ("1.3.101.112", false),
        ] {
            assert_eq!(is_small(key), small, "{key}");
        }
        let certificate = |signature: &str, self_signed| Certificate {
            key: "EC 256".to_owned(),
            signature: signature.to_owned(),
            self_signed,
            ..Certificate::default()
        };
        let seen = |chain| TlsSeen {
            chain,
            ..TlsSeen::default()
        };
        let root = certificate("SHA-1 with RSA", true);
        let sound = seen(vec![certificate("SHA-256 with RSA", false), root.clone()]);
        assert!(shortcomings(&sound).is_empty());
        let old = seen(vec![certificate("SHA-1 with RSA", false), root]);
        assert_eq!(shortcomings(&old).len(), 1);
    }
}
