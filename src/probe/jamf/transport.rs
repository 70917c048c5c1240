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
use crate::probe::ask::{Ask, LadderSeen, Seen, Want};
use crate::probe::chain::shortcomings;
use crate::probe::context::finding;
use crate::probe::redirect::{HopEnd, HopWhy};

const WISH: &str = "TLS as Apple announces to demand it";

fn handshake(seen: &Seen) -> Option<&TlsSeen> {
    let mut handshakes = seen
        .ladders
        .iter()
        .filter_map(|one| one.observation.seen.tls.as_deref());
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
    let outdated = speaks_older_versions_only(seen);
    for one in findings.iter_mut() {
        refused(one, outdated);
    }
    let Some(tls) = handshake(seen) else {
        return;
    };
    let mut short = shortcomings(&tls.chain);
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

/// The alert by which a server says that it speaks none of the versions it was offered (RFC 8446, 6.2).
const PROTOCOL_VERSION: u8 = 70;

/// Whether every address refused TLS 1.2 and 1.3 as versions, which says what it does not speak.
fn speaks_older_versions_only(seen: &Seen) -> bool {
    let refuses = |ladder: &LadderSeen| {
        let tls = ladder.observation.seen.tls.as_deref();
        tls.is_some_and(|tls| tls.alert == Some(PROTOCOL_VERSION))
    };
    !seen.ladders.is_empty() && seen.ladders.iter().all(refuses)
}

/// A refused handshake is not read as more than it shows.
fn refused(one: &mut Finding, outdated: bool) {
    if outdated && one.code == Code::TlsAlertOurs {
        let actual = format!(
            "{}: the server speaks neither TLS 1.2 nor TLS 1.3",
            one.actual
        );
        *one = finding(Code::TlsBelowAts, Verdict::Degraded, WISH, actual);
        return;
    }
    let refusals = [
        Code::TlsAlert,
        Code::TlsAlertOurs,
        Code::TlsEof,
        Code::TlsResetPeer,
        Code::TlsReset,
    ];
    if refusals.contains(&one.code) {
        one.actual.push_str(
            "; this program offers TLS 1.2 and 1.3 with forward secrecy and authenticated encryption, which is less than \
             Apple's list: what the server wants in their place cannot be seen from here. One without forward secrecy \
             refuses like this, and so does one that knows only older ciphers that a Mac still has",
        );
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::net::End;
    use crate::net::ladder::Rungs;
    use crate::probe::tests::ladder;

    #[test]
    fn only_a_protocol_that_is_refused_shows_what_the_server_does_not_speak() {
        let of = |alert| {
            let tls = TlsSeen {
                alert,
                ..TlsSeen::default()
            };
            let rungs = Rungs {
                tls: Some(Arc::new(tls)),
                ..Rungs::default()
            };
            let ladder = ladder(0, rungs, End::Done);
            let seen = Seen {
                ladders: vec![ladder],
                ..Seen::default()
            };
            let said = || "alert".to_owned();
            let mut found = vec![finding(
                Code::TlsAlertOurs,
                Verdict::Inconclusive,
                WISH,
                said(),
            )];
            judge(&seen, &mut found);
            assert_eq!(found.len(), 1, "{found:?}");
            (found[0].code, found[0].verdict)
        };
        assert_eq!(of(Some(70)), (Code::TlsBelowAts, Verdict::Degraded));
        for other in [Some(40), None] {
            assert_eq!(of(other), (Code::TlsAlertOurs, Verdict::Inconclusive));
        }
    }
}
