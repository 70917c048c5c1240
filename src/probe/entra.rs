//! Entra's own answers: what a refusal says, and what it makes of a row. `error` decides, a number explains.

mod claims;
mod grant;
pub(super) mod permission;

use serde_json::Value;

use super::ask::Ask;
use super::context::finding;
use super::http::{is_page, not_json, trouble, turned_away};
use crate::advice::aadsts::{Kind, Meaning, aadsts};
use crate::code::Code;
use crate::finding::{Finding, Verdict};
use crate::net::http::{HttpSeen, Request};
use crate::net::secret::is_identifier;

pub(super) use claims::{Claims, number};
pub(super) use grant::{Api, App};

/// A number that Entra's answers refer their reader to.
const LOOK_UP: &str = "https://login.microsoftonline.com/error?code=";

/// An answer by which Entra refuses something.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Refusal {
    pub(super) error: Option<String>,
    pub(super) codes: Vec<u64>,
    pub(super) trace_id: Option<String>,
    pub(super) correlation_id: Option<String>,
    pub(super) timestamp: Option<String>,
}

impl Refusal {
    /// None if the answer is no refusal of Entra's.
    pub(super) fn of(answer: &HttpSeen) -> Option<Self> {
        let json = answer.json.as_ref()?;
        let text = |key| Some(json.get(key)?.as_str()?.to_owned());
        let refusal = Self {
            error: text("error"),
            codes: json.get("error_codes").map(numbers).unwrap_or_default(),
            trace_id: text("trace_id"),
            correlation_id: text("correlation_id"),
            timestamp: text("timestamp"),
        };
        (refusal.error.is_some() || !refusal.codes.is_empty()).then_some(refusal)
    }

    /// The first of its numbers that is known, else the first.
    fn meaning(&self) -> (Option<u64>, Option<&'static Meaning>) {
        let known = self.codes.iter().find_map(|code| aadsts(*code));
        let code = known.map(|known| known.code);
        (code.or(self.codes.first().copied()), known)
    }

    /// What it is about. A number whose kind does not fit `error` gives way to it.
    pub(super) fn kind(&self) -> Option<Kind> {
        let told = self.meaning().1.map(|meaning| meaning.kind);
        let (usual, fitting): (Kind, &[Kind]) = match self.error.as_deref() {
            Some("invalid_client") => (
                Kind::SecretWrong,
                &[
                    Kind::SecretWrong,
                    Kind::SecretExpired,
                    Kind::Policy,
                    Kind::App,
                ],
            ),
            Some("unauthorized_client") => (
                Kind::App,
                &[
                    Kind::App,
                    Kind::Policy,
                    Kind::Tenant,
                    Kind::Cloud,
                    Kind::Consent,
                ],
            ),
            Some("invalid_resource") => (Kind::Api, &[Kind::Api, Kind::Consent]),
            Some("invalid_scope") => (Kind::Request, &[Kind::Request, Kind::Api]),
            Some("invalid_tenant") => (Kind::Tenant, &[Kind::Tenant, Kind::Cloud]),
            Some("temporarily_unavailable" | "server_error") => {
                (Kind::Trouble, &[Kind::Trouble, Kind::Busy])
            }
            // The rest of the words say little, and none of the facts ties them to one kind.
            _ => return told,
        };
        Some(told.filter(|kind| fitting.contains(kind)).unwrap_or(usual))
    }

    /// One line: what Entra says, and how its support finds the request.
    pub(super) fn sentence(&self) -> String {
        let (code, meaning) = self.meaning();
        let mut parts: Vec<String> = self.error.iter().cloned().collect();
        parts.extend(code.map(|code| format!("AADSTS{code}")));
        let mut text = parts.join(", ");
        if let Some(meaning) = meaning {
            text = format!("{text}: {}", meaning.says.trim_end_matches('.'));
        }
        for (name, value) in [
            ("trace id", &self.trace_id),
            ("correlation id", &self.correlation_id),
            ("timestamp", &self.timestamp),
        ] {
            if let Some(value) = value {
                text = format!("{text}; {name} {}", crate::net::printable(value, 64));
            }
        }
        match code {
            Some(code) => format!("{text}; {LOOK_UP}{code}"),
            None => text,
        }
    }

    pub(super) fn remedy(&self) -> Option<&'static str> {
        self.meaning().1.map(|meaning| meaning.remedy)
    }
}

/// Seen as a list of numbers, as one number and as a text such as `[500011]`.
fn numbers(value: &Value) -> Vec<u64> {
    match value {
        Value::Number(number) => number.as_u64().into_iter().collect(),
        Value::Array(items) => items.iter().flat_map(numbers).take(16).collect(),
        Value::String(text) => text
            .split(|c: char| !c.is_ascii_digit())
            .filter_map(|digits| digits.parse().ok())
            .take(16)
            .collect(),
        _ => Vec::new(),
    }
}

/// What an answer that should have granted something makes of its row, if it does not.
pub(super) fn refused(answer: &HttpSeen, expected: &str) -> Option<Finding> {
    if is_page(answer) {
        return Some(not_json(answer, expected));
    }
    let Some(refusal) = Refusal::of(answer) else {
        let status = answer.status.unwrap_or_default();
        return trouble(status, answer)
            .or_else(|| answer.json.is_none().then(|| not_json(answer, expected)));
    };
    let status = answer.status.unwrap_or_default();
    let (code, verdict) = match refusal.kind() {
        Some(Kind::Busy) => (Code::HttpThrottled, Verdict::Degraded),
        Some(Kind::Trouble) if status == 429 => (Code::HttpThrottled, Verdict::Degraded),
        Some(Kind::Trouble) => (Code::HttpServerError, Verdict::Degraded),
        _ if matches!(status, 429 | 500..=599) => return trouble(status, answer),
        Some(Kind::Proxy) => (Code::EntraProxyRestricts, Verdict::Fail),
        Some(Kind::Tenant) => (Code::EntraTenantUnknown, Verdict::Fail),
        Some(Kind::Cloud) => (Code::EntraCloudWrong, Verdict::Fail),
        Some(Kind::App) => (Code::EntraAppRefused, Verdict::Fail),
        Some(Kind::SecretWrong) => (Code::EntraSecretWrong, Verdict::Fail),
        Some(Kind::SecretExpired) => (Code::EntraSecretExpired, Verdict::Fail),
        Some(Kind::Policy) => (Code::EntraPolicyBlocks, Verdict::Fail),
        Some(Kind::Api) => (Code::EntraApiMissing, Verdict::Fail),
        Some(Kind::Consent) => (Code::EntraPermissionMissing, Verdict::Fail),
        Some(Kind::Reached | Kind::Request | Kind::User) | None => {
            (Code::EntraSignInRefused, Verdict::Fail)
        }
    };
    let mut found = finding(code, verdict, expected, refusal.sentence());
    if let Some(remedy) = refusal.remedy() {
        remedy.clone_into(&mut found.advice);
    }
    Some(found)
}

/// The same for a call that showed a secret, which may be another thing than a secret.
pub(super) fn sign_in_refused(
    request: &Request,
    answer: &HttpSeen,
    expected: &str,
) -> Option<Finding> {
    let refusal = Refusal::of(answer).is_some();
    let turned_away = (!refusal).then(|| turned_away(answer, expected)).flatten();
    let mut found = turned_away.or_else(|| refused(answer, expected))?;
    let credential = request.credential.as_ref();
    if found.code == Code::EntraSecretWrong
        && credential.is_some_and(|credential| is_identifier(credential.secret.expose()))
    {
        found.actual = format!(
            "what was given has the form of a secret's ID, not of its Value; {}",
            found.actual
        );
    }
    Some(found)
}

/// The issuer that a discovery document names.
pub(super) fn issuer(answer: &HttpSeen) -> Option<&str> {
    answer.json.as_ref()?.get("issuer")?.as_str()
}

/// What a tenant's discovery document tells of it.
pub(super) fn discovered(answer: &HttpSeen, ask: &Ask) {
    let told = |key| answer.json.as_ref()?.get(key)?.as_str();
    let id = issuer_id(answer);
    let facts = [
        ("tenant_id", id.as_deref()),
        ("cloud", told("cloud_instance_name")),
        ("region", told("tenant_region_scope")),
        ("graph", told("msgraph_host")),
    ];
    for (name, value) in facts {
        if let Some(value) = value {
            ask.fact(name, value);
        }
    }
}

/// A tenant's identifier: the issuer of its discovery document is a host and this.
pub(super) fn issuer_id(answer: &HttpSeen) -> Option<String> {
    let id = issuer(answer)?.split('/').nth(3)?;
    (!id.contains('{')).then(|| id.to_owned())
}

/// A proxy that restricts tenants has left its mark in whatever Entra answers.
pub(super) fn restricted(answer: &HttpSeen, expected: &str) -> Option<Finding> {
    let refusal = Refusal::of(answer)?;
    (refusal.kind() == Some(Kind::Proxy)).then(|| refused(answer, expected))?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn answer(status: u16, json: Value) -> HttpSeen {
        HttpSeen {
            status: Some(status),
            json: Some(json),
            ..HttpSeen::default()
        }
    }

    fn code(status: u16, json: Value) -> Option<(Code, Verdict)> {
        let found = refused(&answer(status, json), "a token")?;
        Some((found.code, found.verdict))
    }

    #[test]
    fn the_word_decides_and_the_number_explains() {
        for (status, json, expected) in [
            (
                401,
                json!({"error": "invalid_client", "error_codes": [7_000_222]}),
                Code::EntraSecretExpired,
            ),
            (
                401,
                json!({"error": "invalid_client", "error_codes": "[7000215]"}),
                Code::EntraSecretWrong,
            ),
            (
                401,
                json!({"error": "invalid_client", "error_codes": [123_456]}),
                Code::EntraSecretWrong,
            ),
            (
                400,
                json!({"error": "unauthorized_client", "error_codes": [700_016]}),
                Code::EntraAppRefused,
            ),
        ] {
            let found = code(status, json.clone());
            assert_eq!(found, Some((expected, Verdict::Fail)), "{json}");
        }
    }

    #[test]
    fn a_number_that_does_not_fit_the_word_gives_way_and_one_alone_decides() {
        for (status, json, expected) in [
            // The number speaks of a tenant, the word of the client: the word is what programs are promised.
            (
                401,
                json!({"error": "invalid_client", "error_codes": [90_002]}),
                Code::EntraSecretWrong,
            ),
            (
                400,
                json!({"error": "invalid_resource", "error_codes": 500_011}),
                Code::EntraApiMissing,
            ),
            (
                400,
                json!({"error": "invalid_tenant"}),
                Code::EntraTenantUnknown,
            ),
            (
                400,
                json!({"error": "invalid_request", "error_codes": [90_038]}),
                Code::EntraCloudWrong,
            ),
            (
                400,
                json!({"error": "invalid_request", "error_codes": [500_021]}),
                Code::EntraProxyRestricts,
            ),
            (
                400,
                json!({"error_codes": [53_003]}),
                Code::EntraPolicyBlocks,
            ),
            (
                400,
                json!({"error": "invalid_grant", "error_codes": [65_001]}),
                Code::EntraPermissionMissing,
            ),
            (
                400,
                json!({"error": "something_new", "error_codes": [1]}),
                Code::EntraSignInRefused,
            ),
        ] {
            assert_eq!(
                code(status, json.clone()),
                Some((expected, Verdict::Fail)),
                "{json}"
            );
        }
    }

    #[test]
    fn what_is_microsofts_own_and_passing_is_no_failure() {
        let busy = json!({"error": "temporarily_unavailable", "error_codes": [90_055]});
        assert_eq!(
            code(429, busy.clone()),
            Some((Code::HttpThrottled, Verdict::Degraded))
        );
        let down = json!({"error": "temporarily_unavailable", "error_codes": [90_033]});
        assert_eq!(
            code(503, down),
            Some((Code::HttpServerError, Verdict::Degraded))
        );
        // What Entra takes for a loop, with whatever status.
        let again = json!({"error": "invalid_request", "error_codes": [50_196]});
        assert_eq!(
            code(400, again),
            Some((Code::HttpThrottled, Verdict::Degraded))
        );
        assert_eq!(code(200, json!({"access_token": "x"})), None);
    }

    #[test]
    fn an_unknown_number_keeps_all_that_support_asks_for() {
        let found = refused(
            &answer(
                400,
                json!({"error": "new", "error_codes": [424_242], "trace_id": "t-1", "correlation_id": "c-2",
                       "timestamp": "2026-11-25 11:14:02Z"}),
            ),
            "a token",
        );
        let actual = found.expect("a refusal").actual;
        assert_eq!(
            actual,
            "new, AADSTS424242; trace id t-1; correlation id c-2; timestamp 2026-11-25 11:14:02Z; \
             https://login.microsoftonline.com/error?code=424242"
        );
    }

    proptest! {
        #[test]
        fn no_answer_makes_the_reader_panic(text in ".{0,60}", status in 100_u16..600, number: u64) {
            for codes in [json!([number]), json!(number), json!(text), json!([[number]]), json!({"a": text})] {
                let json = json!({"error": text, "error_codes": codes, "trace_id": number});
                drop(refused(&answer(status, json), "a token"));
            }
        }
    }
}
