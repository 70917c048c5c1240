//! `graph`: what Microsoft Graph tells whoever signs in. The application's own registration, the tenant's Intune front
//! end, the connector for Jamf Pro. Nothing is written anywhere.

mod connector;
mod frontend;
mod registration;

use serde::Deserialize;

use super::ask::{Ask, Seen, Want};
use super::context::{Context, finding};
use super::entra::{Api, App, Claims, sign_in_refused};
use super::fill::{Fill, Text, Unfilled};
use super::http::{describe, is_page, not_json, turned_away, usual_alpn};
use super::judge::{calls, calls_of_each_address};
use super::summary;
use crate::code::Code;
use crate::finding::{Finding, Verdict};
use crate::net::endpoint::{Address, Host};
use crate::net::http::{HttpSeen, Request};
use crate::net::ladder::Hello;
use crate::net::secret::{Credential, Place, Secret, SecretName};
use crate::net::trust::StoreName;

/// Which of its questions a row asks.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Question {
    /// The application's own registration: how long its secret lasts, where it redirects to, what it asks for.
    Registration,
    /// The Intune host that serves this tenant.
    Frontend,
    /// The state of Intune's connector for Jamf Pro, as an administrator sees it.
    Connector,
}

/// The probe's table in a profile.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub host: Text,
    pub ask: Question,
    /// Entra's sign-in host, for the questions that the application itself asks.
    pub login: Option<Text>,
    pub tenant: Option<Text>,
    pub client_id: Option<Text>,
    /// The Jamf Pro server, with which the redirect address is compared; may be empty.
    pub jamf: Option<Text>,
    /// The zone below which Intune's hosts lie.
    pub zone: Option<Text>,
    pub stores: Option<Vec<StoreName>>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Spec {
    pub host: Host,
    pub ask: Question,
    /// Who signs in; the connector is asked about with an administrator's token.
    pub(super) app: Option<App>,
    pub client_id: Option<String>,
    pub jamf: Option<Address>,
    pub zone: String,
    pub stores: Vec<StoreName>,
}

impl Settings {
    pub fn resolve(&self, fill: &Fill<'_>) -> Result<Spec, Unfilled> {
        self.complete(fill)?;
        // Without an application there is nothing to ask, whatever else is missing.
        if let Some(client_id) = &self.client_id {
            fill.text(client_id)?;
        }
        let host = fill.host(&self.host);
        let stores = self.stores.clone().unwrap_or(vec![StoreName::Public]);
        let text = |text: &Option<Text>| text.as_ref().map(|text| fill.text(text)).transpose();
        let (client_id, zone) = (text(&self.client_id), text(&self.zone));
        let jamf = match text(&self.jamf)? {
            Some(jamf) if !jamf.is_empty() => {
                self.jamf.as_ref().map(|jamf| fill.url(jamf)).transpose()?
            }
            _ => None,
        };
        let app = match self.ask {
            Question::Connector => None,
            Question::Registration | Question::Frontend => Some(self.app(&stores, fill)?),
        };
        Ok(Spec {
            host: host?,
            ask: self.ask,
            app,
            client_id: client_id?.filter(|id| !id.is_empty()),
            jamf,
            zone: zone?.unwrap_or_default(),
            stores,
        })
    }

    /// Whether every key is there that the question needs.
    fn complete(&self, fill: &Fill<'_>) -> Result<(), Unfilled> {
        let needed = [
            ("login", self.login.is_some()),
            ("tenant", self.tenant.is_some()),
            ("client_id", self.client_id.is_some()),
        ];
        let missing = needed.into_iter().find(|(_, there)| !there);
        match (self.ask, missing) {
            (Question::Registration | Question::Frontend, Some((key, _))) => {
                Err(fill.wrong(&self.host, format!("this `ask` needs `{key}`")))
            }
            _ => Ok(()),
        }
    }

    fn app(&self, stores: &[StoreName], fill: &Fill<'_>) -> Result<App, Unfilled> {
        let needed = |text: &Option<Text>, key: &str| {
            let wrong = || fill.wrong(&self.host, format!("this `ask` needs `{key}`"));
            text.clone().ok_or_else(wrong)
        };
        let login = needed(&self.login, "login").and_then(|text| fill.host(&text));
        let tenant = needed(&self.tenant, "tenant").and_then(|text| fill.text(&text));
        let client_id = needed(&self.client_id, "client_id").and_then(|text| fill.text(&text));
        Ok(App {
            login: login?,
            tenant: tenant?,
            client_id: client_id?,
            stores: stores.to_vec(),
        })
    }
}

impl Spec {
    /// The endpoints that are known before the run; Graph itself first.
    pub(super) fn wants(&self) -> Vec<Want> {
        let login = self.app.iter().map(App::endpoint);
        std::iter::once(self.endpoint()).chain(login).collect()
    }

    pub(super) const fn secret(&self) -> SecretName {
        match self.ask {
            Question::Connector => SecretName::AdminToken,
            Question::Registration | Question::Frontend => SecretName::ClientSecret,
        }
    }

    fn endpoint(&self) -> Want {
        Want {
            host: self.host.clone(),
            port: 443,
            hello: Some(Hello {
                name: self.host.to_string(),
                alpn: usual_alpn(),
                strict: false,
            }),
            request: None,
        }
    }

    fn api(&self) -> Api {
        Api {
            address: format!("https://{}", self.host),
            slash: false,
            id: Some("00000003-0000-0000-c000-000000000000".to_owned()),
        }
    }

    /// Reads something with a token.
    fn get(&self, path: &str, token: &Secret, ask: &Ask) -> Want {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Want {
            request: Some(Request {
                method: "GET".to_owned(),
                host: self.host.authority(),
                path: path.to_owned(),
                headers: vec![
                    header("accept", "application/json"),
                    header("client-request-id", ask.correlation()),
                ],
                body: None,
                credential: Some(Credential {
                    secret: token.clone(),
                    place: Place::Bearer,
                    accepts: self.stores.clone(),
                }),
            }),
            ..self.endpoint()
        }
    }

    pub(super) async fn observe(&self, ask: &Ask) {
        match (&self.app, self.ask) {
            (Some(app), Question::Registration) => registration::observe(self, app, ask).await,
            (Some(app), Question::Frontend) => frontend::observe(self, app, ask).await,
            _ => connector::observe(self, ask).await,
        }
    }

    pub(super) fn judge(&self, seen: &Seen, context: &Context<'_>) -> Vec<Finding> {
        let answer = |request: &Request, answer: &HttpSeen| {
            if request.method == "POST" {
                return self.granted(request, answer);
            }
            match self.ask {
                Question::Registration => registration::judge(self, answer, context),
                Question::Frontend => frontend::judge(self, request, answer),
                Question::Connector => connector::judge(self, request, answer, context),
            }
        };
        let mut found = calls(seen, &self.stores, &answer, context);
        if found.is_empty() && self.ask == Question::Connector {
            found.extend(connector::missing(seen));
        }
        found
    }

    /// What was learned, in a few words; else what answered.
    pub(super) fn evidence(&self, seen: &Seen, context: &Context<'_>) -> String {
        let told = seen.app.as_ref().and_then(|app| match self.ask {
            Question::Registration => registration::words(app, context.now),
            Question::Frontend => frontend::words(app, seen),
            Question::Connector => connector::words(app, context.now),
        });
        told.unwrap_or_else(|| summary::sentence(seen))
    }

    pub(super) fn each_address(&self, seen: &Seen, context: &Context<'_>) -> Vec<Vec<Finding>> {
        // Whether there is a connector at all is not a question of one address.
        calls_of_each_address(seen, |alone| self.judge(alone, context))
    }

    /// The token for Graph: whether the question can be asked with it.
    fn granted(&self, request: &Request, answer: &HttpSeen) -> Vec<Finding> {
        let expected = format!("a token for {}", self.api().address);
        if let Some(refused) = sign_in_refused(request, answer, &expected) {
            return vec![refused];
        }
        match Claims::of(answer.token.as_ref()) {
            Err(why) => {
                let actual = format!("{}, {}", describe(answer), why.sentence());
                vec![finding(
                    Code::EntraTokenUnreadable,
                    Verdict::Fail,
                    &expected,
                    actual,
                )]
            }
            Ok(claims) if may_read(&claims) => Vec::new(),
            Ok(_) => {
                let instead = match self.ask {
                    Question::Registration => {
                        "look under App registrations in the Entra admin center"
                    }
                    _ => "the hosts that Microsoft documents stand for the tenant's own",
                };
                vec![finding(
                    Code::EntraNotCheckable,
                    Verdict::Skipped,
                    READ_ALL,
                    format!(
                        "not checkable from here: the application has no {READ_ALL} on Graph; {instead}"
                    ),
                )]
            }
        }
    }
}

/// The permission by which an application may read its registration and the tenant's services.
const READ_ALL: &str = "Application.Read.All";

fn may_read(claims: &Claims) -> bool {
    let enough = [READ_ALL, "Application.ReadWrite.All", "Directory.Read.All"];
    claims
        .roles
        .iter()
        .any(|role| enough.contains(&role.as_str()))
}

/// The token, if it lets the application read what the row asks for.
async fn reading(app: &App, api: &Api, ask: &Ask) -> Option<Secret> {
    let token = app.token(api, ask).await?;
    let claims = Claims::of(Some(&token)).ok()?;
    may_read(&claims).then_some(token)
}

/// What an answer of Graph's makes of its row, if it is not what was asked for.
fn objection(answer: &HttpSeen, expected: &str) -> Option<Finding> {
    let status = answer.status.unwrap_or_default();
    if let Some(turned_away) = turned_away(answer, expected) {
        return Some(turned_away);
    }
    let Some(json) = answer.json.as_ref().filter(|_| !is_page(answer)) else {
        return Some(not_json(answer, expected));
    };
    if status == 200 {
        return None;
    }
    let told = json.get("error").and_then(|error| error.get("code"));
    let told = told
        .and_then(serde_json::Value::as_str)
        .unwrap_or("no error code");
    let request = json.get("error").and_then(|error| error.get("innerError"));
    let request = request.and_then(|inner| inner.get("request-id")?.as_str());
    let request = request.map_or_else(String::new, |id| {
        format!(", request id {}", crate::net::printable(id, 64))
    });
    let told = crate::net::printable(told, 100);
    let actual = format!("status {status}, {told}{request}");
    Some(finding(Code::GraphRefused, Verdict::Fail, expected, actual))
}

fn unexpected(expected: &str, actual: impl Into<String>) -> Finding {
    finding(
        Code::GraphUnexpected,
        Verdict::Degraded,
        expected,
        actual.into(),
    )
}

#[cfg(test)]
mod tests;
