//! What a token says of itself. It is only read: whether it is genuine is for the service that it is shown to.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::net::secret::Secret;

/// Why a token cannot be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in super::super) enum Unreadable {
    NoToken,
    /// Not three parts with dots between them.
    Parts,
    Base64,
    Json,
}

impl Unreadable {
    pub(in super::super) const fn sentence(self) -> &'static str {
        match self {
            Self::NoToken => "the answer grants no token",
            Self::Parts => "the token is not of three parts, so it cannot be read",
            Self::Base64 => "the token's middle part is no base64url",
            Self::Json => "the token's middle part is no JSON object",
        }
    }
}

#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(in super::super) struct Claims {
    pub(in super::super) audience: Option<String>,
    pub(in super::super) tenant: Option<String>,
    /// The application that it was granted to.
    pub(in super::super) app: Option<String>,
    /// `1`: by a secret, `2`: by a certificate.
    pub(in super::super) by: Option<String>,
    pub(in super::super) roles: Vec<String>,
    /// A user's permissions, which an application's token never has.
    pub(in super::super) scopes: Option<String>,
    pub(in super::super) version: Option<String>,
    pub(in super::super) issued: Option<i64>,
    pub(in super::super) from: Option<i64>,
    pub(in super::super) until: Option<i64>,
}

impl Claims {
    pub(in super::super) fn of(token: Option<&Secret>) -> Result<Self, Unreadable> {
        let token = token.ok_or(Unreadable::NoToken)?.expose();
        let mut parts = token.split('.');
        let (Some(_), Some(middle), Some(_), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Unreadable::Parts);
        };
        let bytes = URL_SAFE_NO_PAD.decode(middle.trim_end_matches('='));
        let bytes = Zeroizing::new(bytes.map_err(|_| Unreadable::Base64)?);
        let json: Value = serde_json::from_slice(&bytes).map_err(|_| Unreadable::Json)?;
        if !json.is_object() {
            return Err(Unreadable::Json);
        }
        let text = |key: &str| Some(json.get(key)?.as_str()?.to_owned());
        let roles = json.get("roles").and_then(Value::as_array);
        let roles = roles.into_iter().flatten().filter_map(Value::as_str);
        Ok(Self {
            audience: text("aud"),
            tenant: text("tid"),
            app: text("appid").or_else(|| text("azp")),
            by: text("appidacr").or_else(|| text("azpacr")),
            roles: roles.map(str::to_owned).collect(),
            scopes: text("scp"),
            version: text("ver"),
            issued: number(json.get("iat")),
            from: number(json.get("nbf")),
            until: number(json.get("exp")),
        })
    }
}

/// Numbers have been seen as texts.
pub(in super::super) fn number(value: Option<&Value>) -> Option<i64> {
    match value? {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_i64(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn token(claims: &Value) -> Secret {
        let middle = URL_SAFE_NO_PAD.encode(claims.to_string());
        Secret::new(format!("eyJhbGciOiJub25lIn0.{middle}.c2ln"))
    }

    #[test]
    fn both_versions_of_a_token_are_read() {
        let first = Claims::of(Some(&token(&json!({
            "aud": "https://api.manage.microsoft.com/", "tid": "t", "appid": "a", "appidacr": "1", "roles": ["r", 7],
            "nbf": 5, "iat": "6", "exp": 7.5, "ver": "1.0"
        }))));
        let first = first.expect("readable");
        assert_eq!(
            first.audience.as_deref(),
            Some("https://api.manage.microsoft.com/")
        );
        assert_eq!(
            (first.app.as_deref(), first.by.as_deref()),
            (Some("a"), Some("1"))
        );
        assert_eq!((first.roles, first.scopes), (vec!["r".to_owned()], None));
        assert_eq!(
            (first.from, first.issued, first.until),
            (Some(5), Some(6), None)
        );
        let second = Claims::of(Some(&token(
            &json!({"azp": "b", "azpacr": "2", "scp": "User.Read"}),
        )));
        let second = second.expect("readable");
        assert_eq!(
            (second.app.as_deref(), second.scopes.as_deref()),
            (Some("b"), Some("User.Read"))
        );
    }

    #[test]
    fn what_is_no_token_is_said() {
        let of = |text: &str| Claims::of(Some(&Secret::new(text.to_owned())));
        assert_eq!(Claims::of(None), Err(Unreadable::NoToken));
        assert_eq!(of("opaque"), Err(Unreadable::Parts));
        assert_eq!(of("a.b.c.d"), Err(Unreadable::Parts));
        assert_eq!(of("a.$$.c"), Err(Unreadable::Base64));
        assert_eq!(of("a.AAAA.c"), Err(Unreadable::Json));
        assert_eq!(
            of(&format!("a.{}.c", URL_SAFE_NO_PAD.encode("[1]"))),
            Err(Unreadable::Json)
        );
    }

    proptest! {
        #[test]
        fn no_token_makes_the_reader_panic(text in "[ -~]{0,80}", middle in proptest::collection::vec(any::<u8>(), 0..60)) {
            drop(Claims::of(Some(&Secret::new(text))));
            let middle = URL_SAFE_NO_PAD.encode(middle);
            drop(Claims::of(Some(&Secret::new(format!("a.{middle}.c")))));
        }
    }
}
