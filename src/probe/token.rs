//! `token`: does Entra's token endpoint answer, is it Entra, and does it know the tenant? Without credentials.
//!
//! An empty form is the question: Entra refuses it with an AADSTS code, which proves the way there
//! and back, costs no sign-in attempt and carries no secret. Where a whole fleet asks, the tenant's
//! discovery document is fetched instead: a file that every client reads and no log counts as a sign-in.

use serde::Deserialize;

use super::ask::{Ask, Rung, Seen, Want};
use super::context::{Context, Inspection, finding};
use super::fill::{Fill, Text, Unfilled};
use super::http::{describe, is_page, not_json, trouble, usual_alpn};
use super::judge::{Demand, each_address, ladders};
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
}

/// The probe's table in a profile.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub host: Text,
    pub tenant: Text,
    pub ask: Question,
    pub stores: Option<Vec<StoreName>>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Spec {
    pub host: Host,
    pub tenant: String,
    pub ask: Question,
    pub stores: Vec<StoreName>,
    /// Whether the first two questions go to the discovery document as well.
    pub by_discovery: bool,
}

impl Settings {
    pub fn resolve(&self, fill: &Fill<'_>) -> Result<Spec, Unfilled> {
        let (host, tenant) = (fill.host(&self.host), fill.text(&self.tenant));
        Ok(Spec {
            host: host?,
            tenant: tenant?,
            ask: self.ask,
            stores: self.stores.clone().unwrap_or(vec![StoreName::Public]),
            by_discovery: false,
        })
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
        self.by_discovery = self.ask != Question::Tenant;
        self.by_discovery
    }

    fn request(&self) -> Request {
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
        ask.climb(&self.want(), Rung::Http).await;
        if self.ask == Question::Tenant
            && let Some(answer) = ask.answered()
        {
            discovered(&answer, ask);
        }
    }

    pub(super) fn judge(&self, seen: &Seen, context: &Context<'_>) -> Vec<Finding> {
        let context = self.strict(context);
        self.with_demand(|demand| ladders(seen, demand, &context))
    }

    pub(super) fn each_address(&self, seen: &Seen, context: &Context<'_>) -> Vec<Vec<Finding>> {
        let context = self.strict(context);
        self.with_demand(|demand| each_address(seen, demand, &context))
    }

    /// A chain that was made on the way is not Entra's, whatever is tolerated elsewhere.
    fn strict<'a>(&self, context: &Context<'a>) -> Context<'a> {
        let inspection = match self.ask {
            Question::Genuine => Inspection::Forbidden,
            Question::Path | Question::Tenant => context.inspection,
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
        if aadsts(answer).is_some() || (self.by_discovery && issuer(answer).is_some()) {
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
        if answer.status == Some(200) && issuer(answer).is_some() {
            return Vec::new();
        }
        let status = answer.status.unwrap_or_default();
        let expected = format!("the tenant {}", self.tenant);
        if is_page(answer) {
            return vec![not_json(answer, &expected)];
        }
        if let Some(trouble) = trouble(status, answer) {
            return vec![trouble];
        }
        if answer.json.is_none() {
            return vec![not_json(answer, &expected)];
        }
        // A status of the 400 range from discovery means a tenant that does not exist; the code is a hint.
        let code = match status {
            400..=499 => Code::EntraTenantUnknown,
            _ => Code::EntraUnexpected,
        };
        let hint = aadsts(answer).map_or_else(String::new, |code| format!(", AADSTS{code}"));
        let actual = format!("{}{hint}", describe(answer));
        vec![finding(code, Verdict::Fail, &expected, actual)]
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

/// The first AADSTS number of an error answer. `error_codes` has been seen as a list and as a text.
fn aadsts(answer: &HttpSeen) -> Option<u64> {
    let json = answer.json.as_ref()?;
    match json.get("error_codes")? {
        serde_json::Value::Array(codes) => codes.first()?.as_u64(),
        serde_json::Value::String(text) => {
            let digits = text.trim_matches(|c: char| !c.is_ascii_digit());
            digits
                .split(|c: char| !c.is_ascii_digit())
                .next()?
                .parse()
                .ok()
        }
        _ => None,
    }
}

/// What a tenant's discovery document tells of it.
fn discovered(answer: &HttpSeen, ask: &Ask) {
    let told = |key| answer.json.as_ref()?.get(key)?.as_str();
    // The issuer of a tenant is its host and its identifier.
    let id = issuer(answer).and_then(|issuer| issuer.split('/').nth(3));
    let facts = [
        ("tenant_id", id),
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

/// The issuer that a discovery document names.
fn issuer(answer: &HttpSeen) -> Option<&str> {
    answer.json.as_ref()?.get("issuer")?.as_str()
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
