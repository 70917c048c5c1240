//! `token`: does Entra's token endpoint answer, is it Entra, and does it know the tenant? Without credentials.
//!
//! An empty form is the question: Entra refuses it with an AADSTS code, which proves the way there
//! and back, costs no sign-in attempt and carries no secret. Where a whole fleet asks, the tenant's
//! discovery document is fetched instead: a file that every client reads and no log counts as a sign-in.

use serde::Deserialize;

use super::ask::{Ask, Rung, Seen, Want};
use super::context::{Context, Inspection, finding};
use super::entra::{Refusal, discovered, issuer, permission, refused, restricted};
use super::fill::{Fill, Text, Unfilled};
use super::http::{describe, is_page, not_json, trouble, usual_alpn};
use super::judge::{Demand, calls_of_each_address, each_address, ladders};
use super::summary;
use crate::code::Code;
use crate::finding::{Finding, Verdict};
use crate::net::endpoint::Host;
use crate::net::http::{HttpSeen, Request};
use crate::net::ladder::Hello;
use crate::net::trust::StoreName;

/// Which of the three questions a row asks.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Question {
    /// Does a POST bring JSON with an AADSTS code?
    Path,
    /// Does the answer carry Entra's own headers, over an accepted chain?
    Genuine,
    /// Does the tenant exist in this cloud?
    Tenant,
    /// Is the application granted a token with exactly the permissions that it needs?
    Permission,
}

/// The probe's table in a profile.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub host: Text,
    pub tenant: Text,
    pub ask: Question,
    pub stores: Option<Vec<StoreName>>,
    /// For `permission`: who signs in.
    pub client_id: Option<Text>,
    /// For `permission`: the address of the API.
    pub api: Option<Text>,
    /// For `permission`: whether the API's own name ends with a slash.
    #[serde(default)]
    pub slash: bool,
    /// For `permission`: the API's application id.
    pub api_id: Option<Text>,
    /// For `permission`: the roles that the token must have, by commas; several allowed sets by bars; `none` for none;
    /// `unpublished` where nobody says which.
    pub roles: Option<Text>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Spec {
    pub host: Host,
    pub tenant: String,
    pub ask: Question,
    pub stores: Vec<StoreName>,
    /// Whether the first two questions go to the discovery document as well.
    pub by_discovery: bool,
    /// With credentials.
    pub permission: Option<permission::Spec>,
}

impl Settings {
    pub fn resolve(&self, fill: &Fill<'_>) -> Result<Spec, Unfilled> {
        let needed = [
            ("client_id", &self.client_id),
            ("api", &self.api),
            ("roles", &self.roles),
        ];
        let missing = needed.iter().find(|(_, text)| text.is_none());
        if let (Question::Permission, Some((key, _))) = (self.ask, missing) {
            return Err(fill.wrong(
                &self.tenant,
                format!("`ask = \"permission\"` needs `{key}`"),
            ));
        }
        // Without an application there is nothing to ask, whatever else is missing.
        if let Some(client_id) = &self.client_id {
            fill.text(client_id)?;
        }
        let (host, tenant) = (fill.host(&self.host), fill.text(&self.tenant));
        let mut spec = Spec {
            host: host?,
            tenant: tenant?,
            ask: self.ask,
            stores: self.stores.clone().unwrap_or(vec![StoreName::Public]),
            by_discovery: false,
            permission: None,
        };
        if self.ask == Question::Permission {
            spec.permission = Some(permission::Spec::of(self, &spec, fill)?);
        }
        Ok(spec)
    }
}

impl Spec {
    pub(super) fn want(&self) -> Want {
        Want {
            host: self.host.clone(),
            port: 443,
            hello: Some(Hello {
                name: self.host.to_string(),
                alpn: usual_alpn(),
                strict: false,
            }),
            request: Some(self.request()),
        }
    }

    /// Tells whether the row would have posted.
    pub(super) fn ask_by_discovery(&mut self) -> bool {
        self.by_discovery = matches!(self.ask, Question::Path | Question::Genuine);
        self.by_discovery
    }

    pub(super) fn request(&self) -> Request {
        let tenant = &self.tenant;
        let (method, path, headers, body) = match self.ask {
            Question::Path | Question::Genuine if !self.by_discovery => (
                "POST",
                format!("/{tenant}/oauth2/v2.0/token"),
                vec![(
                    "content-type".to_owned(),
                    "application/x-www-form-urlencoded".to_owned(),
                )],
                Some(Vec::new()),
            ),
            _ => (
                "GET",
                format!("/{tenant}/v2.0/.well-known/openid-configuration"),
                Vec::new(),
                None,
            ),
        };
        Request {
            method: method.to_owned(),
            host: self.host.authority(),
            path,
            headers,
            body,
            credential: None,
        }
    }

    pub(super) async fn observe(&self, ask: &Ask) {
        if let Some(permission) = &self.permission {
            return permission.observe(ask).await;
        }
        ask.climb(&self.want(), Rung::Http).await;
        if self.ask == Question::Tenant
            && let Some(answer) = ask.answered()
        {
            discovered(&answer, ask);
        }
    }

    pub(super) fn judge(&self, seen: &Seen, context: &Context<'_>) -> Vec<Finding> {
        if let Some(permission) = &self.permission {
            return permission.judge(seen, context);
        }
        let context = self.strict(context);
        self.with_demand(|demand| ladders(seen, demand, &context))
    }

    pub(super) fn each_address(&self, seen: &Seen, context: &Context<'_>) -> Vec<Vec<Finding>> {
        if let Some(permission) = &self.permission {
            return calls_of_each_address(seen, |alone| permission.judge(alone, context));
        }
        let context = self.strict(context);
        self.with_demand(|demand| each_address(seen, demand, &context))
    }

    /// What was learned, in a few words; else what answered.
    pub(super) fn evidence(&self, seen: &Seen) -> String {
        let told = seen.app.as_ref().and_then(|app| match self.ask {
            Question::Permission => permission::words(app),
            Question::Tenant => {
                let (id, cloud) = (app.text("tenant_id")?, app.text("cloud")?);
                Some(format!("the tenant is {id}, in the cloud of {cloud}"))
            }
            Question::Path | Question::Genuine => None,
        });
        told.unwrap_or_else(|| summary::sentence(seen))
    }

    /// A chain that was made on the way is not Entra's, whatever is tolerated elsewhere.
    fn strict<'a>(&self, context: &Context<'a>) -> Context<'a> {
        let inspection = match self.ask {
            Question::Genuine => Inspection::Forbidden,
            _ => context.inspection,
        };
        Context {
            inspection,
            ..context.clone()
        }
    }

    fn with_demand<T>(&self, judge: impl FnOnce(&Demand<'_>) -> T) -> T {
        judge(&Demand {
            rung: Rung::Http,
            accepts: &self.stores,
            answer: &|answer, _| match self.ask {
                Question::Path => self.path(answer),
                Question::Genuine => genuine(answer),
                Question::Tenant => self.tenant(answer),
                // It is judged by the permissions.
                Question::Permission => Vec::new(),
            },
        })
    }

    /// The path to Entra is open if what answers is JSON of its making.
    fn path(&self, answer: &HttpSeen) -> Vec<Finding> {
        let expected = if self.by_discovery {
            "Entra's discovery document, or JSON with an AADSTS code"
        } else {
            "JSON with an AADSTS code"
        };
        if is_page(answer) {
            return vec![not_json(answer, expected)];
        }
        if let Some(trouble) = trouble(answer.status.unwrap_or_default(), answer) {
            return vec![trouble];
        }
        if answer.json.is_none() {
            return vec![not_json(answer, expected)];
        }
        if let Some(restricted) = restricted(answer, expected) {
            return vec![restricted];
        }
        if Refusal::of(answer).is_some_and(|refusal| !refusal.codes.is_empty())
            || (self.by_discovery && issuer(answer).is_some())
        {
            return Vec::new();
        }
        let actual = describe(answer);
        vec![finding(
            Code::EntraUnexpected,
            Verdict::Fail,
            expected,
            actual,
        )]
    }

    fn tenant(&self, answer: &HttpSeen) -> Vec<Finding> {
        let expected = format!("the tenant {}", self.tenant);
        if answer.status == Some(200) && issuer(answer).is_some() {
            return self.cloud(answer).into_iter().collect();
        }
        // Of a word that is new the status decides: from 400 to 499 means that there is no such tenant.
        match refused(answer, &expected) {
            Some(refused) if refused.code != Code::EntraSignInRefused => vec![refused],
            _ if matches!(answer.status, Some(400..=499)) => {
                let hint = Refusal::of(answer).map(|refusal| refusal.sentence());
                let actual = hint.unwrap_or_else(|| describe(answer));
                vec![finding(
                    Code::EntraTenantUnknown,
                    Verdict::Fail,
                    &expected,
                    actual,
                )]
            }
            _ => vec![finding(
                Code::EntraUnexpected,
                Verdict::Fail,
                &expected,
                describe(answer),
            )],
        }
    }

    /// The cloud that a tenant names as its own is the one whose sign-in host was asked.
    fn cloud(&self, answer: &HttpSeen) -> Option<Finding> {
        let cloud = answer.json.as_ref()?.get("cloud_instance_name")?.as_str()?;
        let host = self.host.to_string();
        let same = host == cloud || host.ends_with(&format!(".{cloud}"));
        // China's host has a name of its own kind: its cloud calls itself partner.microsoftonline.cn.
        (!same && !cloud.is_empty()).then(|| {
            let (expected, actual) = (
                format!("a tenant of the cloud of {host}"),
                format!(
                    "the tenant says that its cloud is {}: --cloud, and Jamf Pro's Location (Sovereign Cloud), name another",
                    crate::net::printable(cloud, 100)
                ),
            );
            finding(Code::EntraCloudWrong, Verdict::Fail, &expected, actual)
        })
    }
}

fn genuine(answer: &HttpSeen) -> Vec<Finding> {
    let marked = answer.headers.contains_key("x-ms-request-id")
        && answer.headers.contains_key("x-ms-ests-server");
    if marked && !is_page(answer) {
        return Vec::new();
    }
    let actual = format!("{}, without Entra's headers", describe(answer));
    let expected = "the headers x-ms-request-id and x-ms-ests-server";
    vec![finding(
        Code::EntraNotGenuine,
        Verdict::Fail,
        expected,
        actual,
    )]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, json: &str) -> HttpSeen {
        HttpSeen {
            status: Some(status),
            json: serde_json::from_str(json).ok(),
            ..HttpSeen::default()
        }
    }

    fn asking(by_discovery: bool) -> Spec {
        Spec {
            host: "login.example".parse().expect("a host"),
            tenant: "organizations".to_owned(),
            ask: Question::Path,
            stores: vec![StoreName::Public],
            by_discovery,
            permission: None,
        }
    }

    #[test]
    fn any_aadsts_code_proves_the_path_whatever_its_shape() {
        for json in [
            r#"{"error_codes":[900144]}"#,
            r#"{"error_codes":"[500011]"}"#,
            r#"{"error_codes":"7000215"}"#,
        ] {
            for by_discovery in [false, true] {
                let found = asking(by_discovery).path(&answer(400, json));
                assert!(found.is_empty(), "{json}");
            }
        }
        let post = asking(false);
        let other = post.path(&answer(200, r#"{"hello":1}"#));
        assert_eq!(other[0].code, Code::EntraUnexpected);
        assert_eq!(post.path(&answer(200, "<html>"))[0].code, Code::HttpNotJson);
    }

    #[test]
    fn a_discovery_document_proves_the_path_only_where_it_was_asked_for() {
        let document = answer(200, r#"{"issuer":"https://login.example/{tenantid}/v2.0"}"#);
        assert!(asking(true).path(&document).is_empty());
        assert_eq!(asking(false).path(&document)[0].code, Code::EntraUnexpected);
        let other = asking(true).path(&answer(200, r#"{"hello":1}"#));
        assert_eq!(other[0].code, Code::EntraUnexpected);
        assert_eq!(
            asking(true).path(&answer(200, "<html>"))[0].code,
            Code::HttpNotJson
        );
    }

    #[test]
    fn a_tenant_that_entra_refuses_is_told_from_an_answer_that_is_none_of_its_documents() {
        let asking = Spec {
            ask: Question::Tenant,
            ..asking(false)
        };
        for (status, json, code) in [
            (200, r#"{"issuer":"https://login.example/1/v2.0"}"#, None),
            (
                400,
                r#"{"error_codes":[90002]}"#,
                Some(Code::EntraTenantUnknown),
            ),
            (404, "{}", Some(Code::EntraTenantUnknown)),
            (200, "{}", Some(Code::EntraUnexpected)),
            (201, r#"{"hello":1}"#, Some(Code::EntraUnexpected)),
        ] {
            let found = asking.tenant(&answer(status, json));
            assert_eq!(found.first().map(|one| one.code), code, "{status} {json}");
        }
    }
}
