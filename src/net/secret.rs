//! Secrets: kept where no format, log or error can reach them, sent only to the peer that the row means.

mod echo;

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use bytes::Bytes;
use url::form_urlencoded::byte_serialize;
use zeroize::Zeroizing;

pub(super) use echo::{Echoes, End, HIDDEN};

use super::http::HttpSeen;
use super::tls::{TlsSeen, classify_chain, inspected_by};
use super::trust::StoreName;

/// The names that token endpoints give their tokens; the first that is there is the one to use.
const TOKENS: [&str; 4] = ["access_token", "token", "id_token", "refresh_token"];

/// A text that must not be shown. It is wiped when the last copy goes, has no form for a report and prints nothing.
///
/// Two are equal if they are copies of one; what they hold is never compared, so that no hash of it exists.
#[derive(Clone)]
pub struct Secret(Arc<Zeroizing<String>>);

impl Secret {
    pub fn new(text: String) -> Self {
        Self(Arc::new(Zeroizing::new(text)))
    }

    /// For whoever has to look into it; the text must not be copied to where it stays.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Secret {}

impl Hash for Secret {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).hash(state);
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Whether a text has the form of a GUID, which an identifier has and no secret of Entra's.
pub fn is_identifier(text: &str) -> bool {
    let parts = text.split('-').map(str::len);
    parts.eq([8, 4, 4, 4, 12]) && text.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
}

/// The secrets that a user can give.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum SecretName {
    /// Of the application in Entra.
    ClientSecret,
    /// An administrator's token for Microsoft Graph.
    AdminToken,
    /// Of Jamf Pro's API client.
    JamfClientSecret,
}

/// The secrets that were given for a run.
pub type Secrets = BTreeMap<SecretName, Secret>;

/// A secret, where it goes in a request, and whom it may be shown to.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Credential {
    pub secret: Secret,
    pub place: Place,
    /// The stores of which one has to vouch for the peer.
    pub accepts: Vec<StoreName>,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Place {
    /// `Authorization: Bearer …`
    Bearer,
    /// The last field of the form that is the request's body.
    Field(&'static str),
}

impl Credential {
    /// Why it must not be sent over this connection; none if it may.
    pub(super) fn held_back(&self, tls: Option<&TlsSeen>) -> Option<String> {
        let Some(tls) = tls else {
            return Some("the connection is not encrypted".to_owned());
        };
        if let Some(product) = inspected_by(tls) {
            return Some(format!("{product} reads this connection"));
        }
        let code = classify_chain(tls, &self.accepts)?;
        Some(format!("the chain is not accepted ({code})"))
    }

    /// The body with the secret in it, in a buffer that is wiped after use.
    pub(super) fn body(&self, form: &[u8]) -> Bytes {
        let Place::Field(name) = self.place else {
            return Bytes::copy_from_slice(form);
        };
        let secret = self.secret.expose().as_bytes();
        // Each byte takes three at most: the buffer never moves, which would leave a copy behind.
        let mut body = Vec::with_capacity(form.len() + name.len() + 2 + 3 * secret.len());
        body.extend_from_slice(form);
        if !body.is_empty() {
            body.push(b'&');
        }
        body.extend_from_slice(name.as_bytes());
        body.push(b'=');
        for part in byte_serialize(secret) {
            body.extend_from_slice(part.as_bytes());
        }
        Bytes::from_owner(Zeroizing::new(body))
    }

    /// The value of the header `Authorization`, if it goes there.
    pub(super) fn authorization(&self) -> Option<Result<http::HeaderValue, Unwritable>> {
        if self.place != Place::Bearer {
            return None;
        }
        let secret = self.secret.expose();
        let mut value = String::with_capacity("Bearer ".len() + secret.len());
        value.push_str("Bearer ");
        value.push_str(secret);
        let value = Bytes::from_owner(Zeroizing::new(value));
        Some(
            http::HeaderValue::from_maybe_shared(value)
                .map(|mut value| {
                    value.set_sensitive(true);
                    value
                })
                // The library's own error may show what it was given.
                .map_err(|_| Unwritable),
        )
    }
}

/// A secret with a line end or the like in it, which no header can carry.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Unwritable;

/// Takes the tokens out of an answer, and whatever the peer has repeated of the secret it was sent.
pub(super) fn conceal(sent: &Secret, seen: &mut HttpSeen) {
    let Some(serde_json::Value::Object(fields)) = &mut seen.json else {
        return hide(sent, seen);
    };
    for name in TOKENS {
        let Some(value) = fields.get_mut(name) else {
            continue;
        };
        let told = std::mem::replace(value, HIDDEN.into());
        if let serde_json::Value::String(token) = told {
            let token = Secret::new(token);
            seen.token.get_or_insert(token);
        }
    }
    if let Some(token) = seen.token.clone() {
        hide(&token, seen);
    }
    hide(sent, seen);
}

/// Writes something else wherever the secret stands, plain or as a form has it.
pub(super) fn hide(secret: &Secret, seen: &mut HttpSeen) {
    let echoes = Echoes::of(&[secret.expose()]);
    let clean = |text: &mut String| echoes.hide(text);
    let texts = [
        &mut seen.server,
        &mut seen.date,
        &mut seen.content_type,
        &mut seen.location,
        &mut seen.leads_to,
        &mut seen.title,
    ];
    texts.into_iter().flatten().for_each(clean);
    seen.headers.values_mut().for_each(clean);
    if let Some(json) = &mut seen.json {
        each_text(json, &clean);
    }
}

fn each_text(value: &mut serde_json::Value, clean: &impl Fn(&mut String)) {
    match value {
        serde_json::Value::String(text) => clean(text),
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| each_text(item, clean)),
        serde_json::Value::Object(fields) => {
            fields
                .values_mut()
                .for_each(|field| each_text(field, clean));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn credential(secret: &str, place: Place) -> Credential {
        Credential {
            secret: Secret::new(secret.to_owned()),
            place,
            accepts: vec![StoreName::Public],
        }
    }

    #[test]
    fn a_secret_prints_nothing_and_equals_its_copies_only() {
        let secret = Secret::new("8Q~hunter2".to_owned());
        let credential = Credential {
            secret: secret.clone(),
            ..credential("", Place::Bearer)
        };
        let shown = format!(
            "{secret:?} {credential:?} {:?}",
            Secrets::from([(SecretName::ClientSecret, secret.clone())])
        );
        assert!(!shown.contains("hunter2"), "{shown}");
        assert_eq!(secret, secret.clone());
        assert_ne!(secret, Secret::new("8Q~hunter2".to_owned()));
    }

    #[test]
    fn the_id_of_a_secret_is_told_from_its_value() {
        assert!(is_identifier("0f7d2b1c-9c3e-4f60-8a51-7d5f3e2b1a90"));
        for value in [
            "abc8Q~dEfGhIjKlMnOpQrStUvWxYz0123456789-",
            "",
            "0f7d2b1c9c3e4f608a517d5f3e2b1a90",
        ] {
            assert!(!is_identifier(value), "{value}");
        }
    }

    #[test]
    fn a_form_carries_every_character_as_it_is() {
        let body =
            credential("a+b/c~d%e&f=g h", Place::Field("client_secret")).body(b"grant_type=x");
        assert_eq!(
            body,
            "grant_type=x&client_secret=a%2Bb%2Fc%7Ed%25e%26f%3Dg+h"
        );
    }

    proptest! {
        #[test]
        fn a_form_is_read_back_as_it_was_written(secret in ".{0,40}") {
            let body = credential(&secret, Place::Field("client_secret")).body(b"a=1");
            let read: Vec<_> = url::form_urlencoded::parse(&body).into_owned().collect();
            prop_assert_eq!(read, vec![("a".to_owned(), "1".to_owned()), ("client_secret".to_owned(), secret)]);
        }
    }

    #[test]
    fn a_header_takes_no_line_end() {
        let value = |secret| credential(secret, Place::Bearer).authorization();
        let good = value("abc").expect("a header").expect("writable");
        assert_eq!(good, "Bearer abc");
        assert!(good.is_sensitive());
        assert_eq!(value("a\r\nb"), Some(Err(Unwritable)));
        assert_eq!(credential("abc", Place::Field("x")).authorization(), None);
    }

    #[test]
    fn tokens_and_echoes_are_taken_out_of_an_answer() {
        let secret = Secret::new("p+q/hunter2".to_owned());
        let mut seen = HttpSeen {
            json: Some(json!({
                "token_type": "Bearer", "access_token": "eyJ.token", "refresh_token": 7,
                "error_description": "you sent p+q/hunter2 with eyJ.token", "list": [{"deep": "p%2Bq%2Fhunter2"}],
            })),
            location: Some("https://other.example/?s=p%2Bq%2Fhunter2".to_owned()),
            leads_to: Some("https://other.example/?s=p%2Bq%2Fhunter2".to_owned()),
            ..HttpSeen::default()
        };
        seen.headers
            .insert("x-echo".to_owned(), "p+q/hunter2".to_owned());
        conceal(&secret, &mut seen);
        let token = seen.token.clone().expect("a token");
        assert_eq!(token.expose(), "eyJ.token");
        let shown = format!("{seen:?}");
        assert!(
            !shown.contains("hunter2") && !shown.contains("eyJ"),
            "{shown}"
        );
        assert_eq!(seen.json.expect("JSON")["token_type"], "Bearer");
    }

    fn title_without(secret: &str, title: &str) -> String {
        let mut seen = HttpSeen {
            title: Some(title.to_owned()),
            ..HttpSeen::default()
        };
        hide(&Secret::new(secret.to_owned()), &mut seen);
        seen.title.expect("a title")
    }

    #[test]
    fn what_is_left_of_a_secret_where_a_text_was_cut_is_hidden_too() {
        for (title, clean) in [
            ("you sent p+q/hun\u{2026}", "you sent (not shown)\u{2026}"),
            ("you sent p%2Bq%2\u{2026}", "you sent (not shown)\u{2026}"),
            // As much may stand there by chance.
            ("a clip p+\u{2026}", "a clip p+\u{2026}"),
            // Nothing is missing.
            ("you sent p+q/hun", "you sent p+q/hun"),
        ] {
            assert_eq!(title_without("p+q/hunter2", title), clean);
        }
    }

    #[test]
    fn a_short_secret_is_hidden_where_it_is_a_word() {
        for (secret, title, clean) in [
            (
                "p+q1",
                "p+q1, xp+q1 p+q12 sent=p%2Bq1",
                "(not shown), xp+q1 p+q12 sent=(not shown)",
            ),
            (
                "cat",
                "cat: concatenated cat\u{e9}",
                "(not shown): concatenated cat\u{e9}",
            ),
            ("#a#", "x#a#y", "x(not shown)y"),
            ("hunt2", "no hunt\u{2026}", "no (not shown)\u{2026}"),
            ("hunt2", "ashunt\u{2026}", "ashunt\u{2026}"),
            // It would be found wherever somebody counts.
            ("no", "no", "no"),
        ] {
            assert_eq!(title_without(secret, title), clean);
        }
    }

    #[test]
    fn what_was_hidden_before_is_not_hidden_again() {
        assert_eq!(
            title_without("shown", "it is (not shown), shown"),
            "it is (not shown), (not shown)"
        );
    }
}
