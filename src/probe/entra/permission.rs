//! The token of an application: is it granted, is it the right one, and does it carry exactly the permissions that the
//! integration needs? What a token cannot prove is said.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::super::app::AppSeen;
use super::super::ask::{Ask, Seen, Want};
use super::super::context::{Context, finding};
use super::super::fill::{Fill, Text, Unfilled};
use super::super::http::describe;
use super::super::judge::calls;
use super::super::token::{self, Settings};
use super::{Api, App, Claims, issuer_id, sign_in_refused};
use crate::code::Code;
use crate::finding::{Finding, Verdict};
use crate::net::http::{HttpSeen, Request};

/// The difference of clocks that Microsoft's own libraries forgive.
const FORGIVEN_SECONDS: i64 = 300;
/// What no token shows, for the reader's own look.
const UNSEEN: &str = "delegated permissions such as User.Read, and whether consent is missing or only the permission";

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Spec {
    pub(in super::super) app: App,
    pub(in super::super) api: Api,
    /// Sets of roles, each of which is in order: exactly these and no others. None where they are not published.
    pub(in super::super) roles: Vec<BTreeSet<String>>,
    /// The tenant's discovery document, which another row fetches as well.
    pub(in super::super) discovery: Request,
}

impl Spec {
    /// From the keys of a profile; that none is missing is known.
    pub(in super::super) fn of(
        settings: &Settings,
        spec: &token::Spec,
        fill: &Fill<'_>,
    ) -> Result<Self, Unfilled> {
        let needed = |text: &Option<Text>, key: &str| match text {
            Some(text) => fill.text(text),
            None => Err(fill.wrong(
                &settings.tenant,
                format!("`ask = \"permission\"` needs `{key}`"),
            )),
        };
        let client_id = needed(&settings.client_id, "client_id");
        let api = needed(&settings.api, "api").map(|api| api.trim_end_matches('/').to_owned());
        let roles = needed(&settings.roles, "roles");
        let id = settings.api_id.as_ref().map(|id| fill.text(id)).transpose();
        let set = |words: &str| {
            let words = words
                .split(',')
                .map(str::trim)
                .filter(|word| *word != "none");
            words
                .filter(|word| !word.is_empty())
                .map(str::to_owned)
                .collect()
        };
        Ok(Self {
            app: App {
                login: spec.host.clone(),
                tenant: spec.tenant.clone(),
                client_id: client_id?,
                stores: spec.stores.clone(),
            },
            api: Api {
                address: api?,
                slash: settings.slash,
                id: id?,
            },
            roles: match roles?.as_str() {
                "unpublished" => Vec::new(),
                roles => roles.split('|').map(set).collect(),
            },
            discovery: spec.request(),
        })
    }

    pub(in super::super) async fn observe(&self, ask: &Ask) {
        let Some(token) = self.app.token(&self.api, ask).await else {
            return;
        };
        if let Ok(claims) = Claims::of(Some(&token)) {
            Self::note(&claims, ask);
        }
        let discovery = Want {
            request: Some(self.discovery.clone()),
            ..self.app.endpoint()
        };
        ask.call(&discovery).await;
    }

    fn note(claims: &Claims, ask: &Ask) {
        for (name, value) in [
            ("audience", &claims.audience),
            ("tenant_id", &claims.tenant),
            ("client_id", &claims.app),
            ("user_permissions", &claims.scopes),
            ("token_version", &claims.version),
        ] {
            if let Some(value) = value {
                ask.fact(name, value.as_str());
            }
        }
        ask.fact("roles", claims.roles.clone());
        ask.fact("not_checkable_from_here", UNSEEN);
        let signed_in_by = match claims.by.as_deref() {
            Some("1") => "secret",
            Some("2") => "certificate",
            _ => "unknown",
        };
        ask.fact("signed_in_by", signed_in_by);
        for (name, at) in [("valid_from", claims.from), ("valid_until", claims.until)] {
            if let Some(at) = at.and_then(|at| Timestamp::from_second(at).ok()) {
                ask.fact(name, at.to_string());
            }
        }
    }

    pub(in super::super) fn judge(&self, seen: &Seen, context: &Context<'_>) -> Vec<Finding> {
        let tenant = seen.ladders.iter().find_map(|ladder| {
            let http = ladder.observation.seen.http.as_deref()?;
            issuer_id(http)
        });
        let answer = |request: &Request, answer: &HttpSeen| {
            if request.credential.is_none() {
                return Vec::new();
            }
            self.granted(request, answer, tenant.as_deref(), context)
        };
        calls(seen, &self.app.stores, &answer, context)
    }

    fn granted(
        &self,
        request: &Request,
        answer: &HttpSeen,
        tenant: Option<&str>,
        context: &Context<'_>,
    ) -> Vec<Finding> {
        let expected = format!("a token for {}", self.api.address);
        if let Some(refused) = sign_in_refused(request, answer, &expected) {
            return vec![refused];
        }
        match Claims::of(answer.token.as_ref()) {
            Err(why) => vec![finding(
                Code::EntraTokenUnreadable,
                Verdict::Fail,
                &expected,
                format!("{}, {}", describe(answer), why.sentence()),
            )],
            Ok(claims) => {
                let mut found = self.unfit(&claims, tenant, answer, context);
                if found.is_empty() {
                    found = self.permissions(&claims);
                }
                found
            }
        }
    }

    /// Whether it is the token that was asked for.
    fn unfit(
        &self,
        claims: &Claims,
        tenant: Option<&str>,
        answer: &HttpSeen,
        context: &Context<'_>,
    ) -> Vec<Finding> {
        let audience = claims.audience.as_deref().unwrap_or("nobody");
        let same =
            |one: Option<&str>, other: &str| one.is_some_and(|one| one.eq_ignore_ascii_case(other));
        let mut wrong = Vec::new();
        if !self.api.is_audience(audience) {
            wrong.push((
                format!("the audience {}", self.api.address),
                format!("the token is for {audience}"),
            ));
        }
        if let Some(tenant) = tenant
            && !same(claims.tenant.as_deref(), tenant)
        {
            let of = claims.tenant.as_deref().unwrap_or("no tenant");
            wrong.push((
                format!("the tenant {tenant}"),
                format!("the token is of {of}"),
            ));
        }
        if !same(claims.app.as_deref(), &self.app.client_id) {
            let to = claims.app.as_deref().unwrap_or("nobody");
            wrong.push((
                format!("the application {}", self.app.client_id),
                format!("the token was granted to {to}"),
            ));
        }
        if let Some(scopes) = &claims.scopes {
            wrong.push((
                "an application's token".to_owned(),
                format!("it is a user's, for {scopes}"),
            ));
        }
        // Where the clocks differ, that is the finding.
        let skewed = answer
            .date_skew_s
            .is_some_and(|skew| skew.abs() > FORGIVEN_SECONDS);
        wrong.extend(times(claims, context.now).filter(|_| !skewed));
        wrong
            .into_iter()
            .map(|(expected, actual)| {
                finding(Code::EntraTokenUnfit, Verdict::Fail, &expected, actual)
            })
            .collect()
    }

    fn permissions(&self, claims: &Claims) -> Vec<Finding> {
        let have: BTreeSet<String> = claims.roles.iter().cloned().collect();
        let off = |allowed: &&BTreeSet<String>| {
            (
                allowed.difference(&have).count(),
                have.difference(allowed).count(),
            )
        };
        // The permission profile that is closest to what is there.
        let allowed = self.roles.iter().min_by_key(off);
        let list = |roles: Vec<&String>| {
            let names: Vec<&str> = roles.into_iter().map(String::as_str).collect();
            if names.is_empty() {
                "none".to_owned()
            } else {
                names.join(", ")
            }
        };
        let has = list(have.iter().collect());
        let Some(allowed) = allowed else {
            let actual = format!(
                "not checkable from here: which permissions this application needs is not published; its token has {has}"
            );
            let expected = "published permissions";
            let code = Code::EntraNotCheckable;
            return vec![finding(code, Verdict::Skipped, expected, actual)];
        };
        let expected = format!(
            "the permissions {} on {}",
            list(allowed.iter().collect()),
            self.api.address
        );
        let mut found = Vec::new();
        let missing: Vec<&String> = allowed.difference(&have).collect();
        if !missing.is_empty() {
            let actual = format!(
                "the token has {has} and lacks {}: not added, or without admin consent",
                list(missing)
            );
            found.push(finding(
                Code::EntraPermissionMissing,
                Verdict::Fail,
                &expected,
                actual,
            ));
        }
        let extra: Vec<&String> = have.difference(allowed).collect();
        if !extra.is_empty() {
            let actual = format!("the token also has {}", list(extra));
            found.push(finding(
                Code::EntraPermissionExtra,
                Verdict::Fail,
                &expected,
                actual,
            ));
        }
        found
    }
}

/// What a token that is in order was found to allow.
pub(in super::super) fn words(app: &AppSeen) -> Option<String> {
    let roles = app.texts("roles")?;
    Some(if roles.is_empty() {
        "a token without any permission".to_owned()
    } else {
        format!("a token with exactly {}", roles.join(", "))
    })
}

/// A token whose time has not come or is over.
fn times(claims: &Claims, now: Timestamp) -> impl Iterator<Item = (String, String)> {
    let now = now.as_second();
    let early = claims
        .from
        .or(claims.issued)
        .filter(|from| *from > now + FORGIVEN_SECONDS);
    let late = claims.until.filter(|until| *until < now - FORGIVEN_SECONDS);
    let expected = || "a token that is valid now".to_owned();
    let early = early.map(|from| {
        (
            expected(),
            format!("it begins {} s from now", from.saturating_sub(now)),
        )
    });
    let late = late.map(|until| {
        (
            expected(),
            format!("it ended {} s ago", now.saturating_sub(until)),
        )
    });
    early.into_iter().chain(late)
}

#[cfg(test)]
mod tests;
