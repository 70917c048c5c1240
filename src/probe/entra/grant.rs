//! How an application signs in by itself: one request for each API, whatever number of rows needs its token.

use super::super::ask::{Ask, Want};
use super::super::http::usual_alpn;
use super::{Refusal, number};
use crate::net::endpoint::Host;
use crate::net::http::{HttpSeen, Request};
use crate::net::ladder::Hello;
use crate::net::secret::{Credential, Place, Secret, SecretName};
use crate::net::trust::StoreName;

/// The application that signs in, and where.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in super::super) struct App {
    pub(in super::super) login: Host,
    pub(in super::super) tenant: String,
    pub(in super::super) client_id: String,
    pub(in super::super) stores: Vec<StoreName>,
}

/// What a token is asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in super::super) struct Api {
    /// Such as `https://graph.microsoft.com`, without a slash at its end.
    pub(in super::super) address: String,
    /// Whether the API's own name ends with a slash, which its scope then has twice.
    pub(in super::super) slash: bool,
    /// The API's application id, which can stand as the audience too.
    pub(in super::super) id: Option<String>,
}

/// Codes that say that the scope was at fault, and nothing else: only then is its other spelling worth a request.
const OTHER_SPELLING: [u64; 2] = [500_011, 70_011];

impl Api {
    /// The spellings of its scope, the likelier first. Microsoft's own client sends the double slash, others the single.
    pub(in super::super) fn scopes(&self) -> Vec<String> {
        let double = format!("{}//.default", self.address);
        let single = format!("{}/.default", self.address);
        if self.slash {
            vec![double, single]
        } else {
            vec![single]
        }
    }

    pub(in super::super) fn is_audience(&self, audience: &str) -> bool {
        audience.trim_end_matches('/') == self.address
            || self
                .id
                .as_deref()
                .is_some_and(|id| id.eq_ignore_ascii_case(audience))
    }
}

impl App {
    /// Asks for a token: once, and once more only if the scope's spelling was refused.
    pub(in super::super) async fn token(&self, api: &Api, ask: &Ask) -> Option<Secret> {
        let secret = ask.secret(SecretName::ClientSecret)?;
        ask.fact("client_request_id", ask.correlation());
        for scope in api.scopes() {
            let answer = ask
                .call(&self.want(&scope, &secret, ask.correlation()))
                .await?;
            if !is_of_spelling(&answer) {
                let told = answer.json.as_ref().and_then(|json| json.get("expires_in"));
                if let Some(seconds) = number(told) {
                    ask.fact("expires_in_s", seconds);
                }
                return answer.token;
            }
        }
        None
    }

    /// The endpoint as far as it is known before the run.
    pub(in super::super) fn endpoint(&self) -> Want {
        Want {
            host: self.login.clone(),
            port: 443,
            hello: Some(Hello {
                name: self.login.to_string(),
                alpn: usual_alpn(),
                strict: false,
            }),
            request: None,
        }
    }

    fn want(&self, scope: &str, secret: &Secret, correlation: &str) -> Want {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("client_id", &self.client_id)
            .append_pair("scope", scope)
            .append_pair("grant_type", "client_credentials");
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Want {
            request: Some(Request {
                method: "POST".to_owned(),
                host: self.login.authority(),
                path: format!("/{}/oauth2/v2.0/token", self.tenant),
                headers: vec![
                    header("content-type", "application/x-www-form-urlencoded"),
                    header("accept", "application/json"),
                    header("client-request-id", correlation),
                ],
                body: Some(form.finish().into_bytes()),
                credential: Some(Credential {
                    secret: secret.clone(),
                    place: Place::Field("client_secret"),
                    accepts: self.stores.clone(),
                }),
            }),
            ..self.endpoint()
        }
    }
}

/// Whether an answer refuses the spelling of the scope.
pub(in super::super) fn is_of_spelling(answer: &HttpSeen) -> bool {
    let codes = Refusal::of(answer).map(|refusal| refusal.codes);
    codes.is_some_and(|codes| codes.iter().any(|code| OTHER_SPELLING.contains(code)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_api_is_known_by_both_its_addresses_and_its_id() {
        let api = Api {
            address: "https://api.manage.microsoft.com".to_owned(),
            slash: true,
            id: Some("c161e42e-d4df-4a3d-9b42-e7a3c31f59d4".to_owned()),
        };
        assert_eq!(
            api.scopes(),
            [
                "https://api.manage.microsoft.com//.default",
                "https://api.manage.microsoft.com/.default"
            ]
        );
        for audience in [
            "https://api.manage.microsoft.com/",
            "https://api.manage.microsoft.com",
            "C161E42E-d4df-4a3d-9b42-e7a3c31f59d4",
        ] {
            assert!(api.is_audience(audience), "{audience}");
        }
        assert!(!api.is_audience("https://graph.microsoft.com"));
    }
}
