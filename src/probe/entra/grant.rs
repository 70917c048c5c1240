//! How an application signs in by itself: one request for each API, whatever number of rows needs its token.

use super::super::ask::{Ask, Want};
use super::super::http::usual_alpn;
use super::number;
use crate::net::endpoint::Host;
use crate::net::http::Request;
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
    /// Whether the API's own name ends with a slash.
    pub(in super::super) slash: bool,
    /// The API's application id, which can stand as the audience too.
    pub(in super::super) id: Option<String>,
}

impl Api {
    /// Its address and `/.default`, so a name that ends with a slash has two of them: Entra takes what stands before the last
    /// one for the API's name (<https://github.com/AzureAD/microsoft-authentication-library-for-dotnet/issues/747>), and
    /// Microsoft's own client of Intune asks so (<https://github.com/microsoft/Intune-Resource-Access>).
    ///
    /// Some programs ask for Intune with one slash, which works as well. That is no reason to try it after a refusal: a
    /// second request for one token tells nothing new of the API, and counts towards what Entra takes for a loop (50196).
    fn scope(&self) -> String {
        let slash = if self.slash { "/" } else { "" };
        format!("{}{slash}/.default", self.address)
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
    /// Asks for a token. Whichever rows need it, this is one request for each API and run, as equal calls are sent once.
    pub(in super::super) async fn token(&self, api: &Api, ask: &Ask) -> Option<Secret> {
        let secret = ask.secret(SecretName::ClientSecret)?;
        ask.fact("client_request_id", ask.correlation());
        let answer = ask
            .call(&self.want(&api.scope(), &secret, ask.correlation()))
            .await?;
        let told = answer.json.as_ref().and_then(|json| json.get("expires_in"));
        if let Some(seconds) = number(told) {
            ask.fact("expires_in_s", seconds);
        }
        answer.token.clone()
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
        assert_eq!(api.scope(), "https://api.manage.microsoft.com//.default");
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
