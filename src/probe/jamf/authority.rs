//! The authority that a Jamf Pro server has built in, compared with the chain that it presents.
//!
//! What the server says of it comes over that very chain, so it explains a chain and never makes anyone trust it.

use jiff::Timestamp;
use serde_json::Value;

use super::{not_told, unexpected};
use crate::code::Code;
use crate::finding::{Finding, Verdict};
use crate::net::certificate::Certificate;
use crate::net::http::HttpSeen;
use crate::probe::ask::{Ask, Seen};
use crate::probe::context::finding;
use crate::probe::http::is_page;

const WHAT: &str = "its built-in authority";
/// Every Mac has to get the new one before the old one ends.
const NOTICE_DAYS: i64 = 60;

/// What the server says of its authority.
#[derive(Debug, Eq, PartialEq)]
struct BuiltIn {
    subject: String,
    /// Lower-case hexadecimal, without separators.
    sha256: Option<String>,
    ends: Option<Timestamp>,
}

fn read(answer: &HttpSeen) -> Option<BuiltIn> {
    let json = answer.json.as_ref()?;
    let subject = json.get("subjectX500Principal")?.as_str()?;
    let digits = |text: &str| {
        let digits = text.chars().filter(char::is_ascii_hexdigit);
        digits.collect::<String>().to_ascii_lowercase()
    };
    let print = json.get("sha256Fingerprint").and_then(Value::as_str);
    let ends = json.get("notAfter").and_then(Value::as_i64);
    Some(BuiltIn {
        subject: subject.to_owned(),
        sha256: print.map(digits).filter(|print| print.len() == 64),
        ends: ends.and_then(|seconds| Timestamp::from_second(seconds).ok()),
    })
}

impl BuiltIn {
    fn days_left(&self, now: Timestamp) -> Option<i64> {
        Some((self.ends?.as_second() - now.as_second()).div_euclid(86_400))
    }

    /// Whether it is in the chain, or has signed its last certificate.
    fn signs(&self, chain: &[Certificate]) -> bool {
        let shown = |one: &Certificate| self.sha256.as_deref() == Some(one.sha256.as_str());
        let last = chain.last();
        chain.iter().any(shown) || last.is_some_and(|last| same_name(&last.issuer, &self.subject))
    }
}

/// Java and others write the parts of a name in opposite orders.
fn same_name(one: &str, other: &str) -> bool {
    let parts = |name: &str| {
        let parts = name.split(',').map(|part| part.trim().to_owned());
        let mut parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
        parts.sort();
        parts
    };
    !parts(one).is_empty() && parts(one) == parts(other)
}

fn chain(seen: &Seen) -> &[Certificate] {
    let mut handshakes = seen
        .ladders
        .iter()
        .filter_map(|one| one.observation.seen.tls.as_deref());
    handshakes.next().map_or(&[], |tls| &tls.chain)
}

fn built_in(seen: &Seen) -> Option<BuiltIn> {
    let mut answers = seen
        .ladders
        .iter()
        .filter_map(|one| one.observation.seen.http.as_deref());
    answers.find_map(read)
}

pub(super) fn note(ask: &Ask) {
    let seen = ask.seen();
    let Some(authority) = built_in(&seen) else {
        return;
    };
    ask.fact("signs_the_chain", authority.signs(chain(&seen)));
    ask.fact("built_in_ca", authority.subject);
    if let Some(print) = authority.sha256 {
        ask.fact("built_in_ca_sha256", print);
    }
    if let Some(ends) = authority.ends {
        ask.fact("built_in_ca_ends", ends.to_string());
    }
}

pub(super) fn words(answer: &HttpSeen, seen: &Seen) -> Option<String> {
    let authority = read(answer)?;
    Some(if authority.signs(chain(seen)) {
        "the built-in authority signs the presented chain, by the server's own word".to_owned()
    } else {
        "the presented chain is not of the built-in authority".to_owned()
    })
}

pub(super) fn judge_answer(answer: &HttpSeen) -> Vec<Finding> {
    if answer.status == Some(200) && answer.json.is_some() && !is_page(answer) {
        return match read(answer) {
            Some(_) => Vec::new(),
            None => unexpected(WHAT, answer),
        };
    }
    not_told(WHAT, answer)
}

pub(super) fn judge(seen: &Seen, now: Timestamp, findings: &mut Vec<Finding>) {
    let Some(authority) = built_in(seen) else {
        return;
    };
    if authority.signs(chain(seen)) {
        for one in findings
            .iter_mut()
            .filter(|one| one.code == Code::TlsCertUntrusted)
        {
            one.actual.push_str(
                "; by its own word, which proves nothing, that is the authority built into Jamf Pro: if its \
                 fingerprint is the one that Jamf Pro's administrators see, give its certificate by --jamf-ca",
            );
        }
    }
    if let Some(days) = authority.days_left(now).filter(|days| *days < NOTICE_DAYS) {
        findings.push(finding(
            Code::JamfCaExpiring,
            Verdict::Degraded,
            &format!("a built-in authority with at least {NOTICE_DAYS} days left"),
            match days {
                ..0 => format!("the authority built into Jamf Pro ended {} days ago", -days),
                _ => format!("the authority built into Jamf Pro has {days} days left"),
            },
        ));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::health::tests::any_json;
    use super::*;

    fn answer(json: &str) -> HttpSeen {
        HttpSeen {
            status: Some(200),
            json: serde_json::from_str(json).ok(),
            ..HttpSeen::default()
        }
    }

    #[test]
    fn the_authority_is_recognised_by_fingerprint_or_by_name() {
        let print = "660958E1:4891c674918226870000000000000000000000000000000000000000";
        let json = format!(
            r#"{{"subjectX500Principal":"CN=Jamf JSS Built-in Certificate Authority, O=Example",
                "sha256Fingerprint":"{print}","notAfter":1927739379}}"#
        );
        let authority = read(&answer(&json)).expect("an authority");
        let now = Timestamp::from_second(1_927_739_379 - 86_400 * 3 - 1).expect("a time");
        assert_eq!(authority.days_left(now), Some(3));
        let mut last = Certificate {
            issuer: "O=Example, CN=Jamf JSS Built-in Certificate Authority".to_owned(),
            ..Certificate::default()
        };
        assert!(authority.signs(&[last.clone()]));
        last.issuer = "CN=Other".to_owned();
        assert!(!authority.signs(&[last.clone()]));
        last.sha256 = print.replace(':', "").to_lowercase();
        assert!(authority.signs(&[last]));
        assert!(!authority.signs(&[]), "no chain is of nobody");
    }

    proptest! {
        #[test]
        fn any_json_is_read_or_left(json in any_json()) {
            let seen = HttpSeen { status: Some(200), json: Some(json), ..HttpSeen::default() };
            if let Some(authority) = read(&seen) {
                prop_assert!(authority.sha256.is_none_or(|print| print.len() == 64));
            }
        }
    }
}
