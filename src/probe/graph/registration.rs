//! The application's own registration, read by itself: the only way to warn before a secret ends.

use jiff::Timestamp;
use serde_json::Value;

use super::super::app::AppSeen;
use super::super::ask::Ask;
use super::super::context::{Context, finding};
use super::super::entra::App;
use super::{Spec, objection, reading, unexpected};
use crate::code::Code;
use crate::finding::{Finding, Verdict};
use crate::net::http::HttpSeen;

/// A secret that ends sooner than this is worth a warning.
const NOTICE_DAYS: i64 = 30;
const EXPECTED: &str = "the application's own registration";
/// `update_device_attributes` of the Intune API.
const UPDATE_DEVICE_ATTRIBUTES: &str = "7b3c62c0-bbe4-4ceb-971b-ecc50a191b3e";
/// Any organisational directory, without and with personal accounts.
const MULTITENANT: [&str; 2] = ["AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount"];

pub(super) async fn observe(spec: &Spec, app: &App, ask: &Ask) {
    let Some(token) = reading(app, &spec.api(), ask).await else {
        return;
    };
    let fields = "displayName,signInAudience,web,passwordCredentials,requiredResourceAccess";
    let path = format!(
        "/v1.0/applications(appId='{}')?$select={fields}",
        app.client_id
    );
    if let Some(answer) = ask.call(&spec.get(&path, &token, ask)).await
        && answer.status == Some(200)
        && let Some(json) = &answer.json
    {
        for key in ["displayName", "signInAudience"] {
            if let Some(value) = json.get(key).and_then(Value::as_str) {
                let name = if key == "displayName" {
                    "display_name"
                } else {
                    "sign_in_audience"
                };
                ask.fact(name, value);
            }
        }
        let ends: Vec<String> = secret_ends(json).iter().map(ToString::to_string).collect();
        ask.fact("secrets_end", ends);
        ask.fact("redirect_uris", redirects(json));
        ask.fact("permissions_asked_for", permissions(json));
    }
}

pub(super) fn judge(spec: &Spec, answer: &HttpSeen, context: &Context<'_>) -> Vec<Finding> {
    if answer.status == Some(404) && answer.json.is_some() {
        // It has just signed in, so it exists: somewhere else, as an application of Jamf's own does.
        let actual =
            "not checkable from here: the application is registered in another tenant than this";
        let code = Code::EntraNotCheckable;
        return vec![finding(code, Verdict::Skipped, EXPECTED, actual.to_owned())];
    }
    if let Some(objection) = objection(answer, EXPECTED) {
        return vec![objection];
    }
    let json = answer
        .json
        .as_ref()
        .filter(|json| json.get("signInAudience").is_some());
    let Some(json) = json else {
        return vec![unexpected(
            EXPECTED,
            "JSON without the fields of an application",
        )];
    };
    let mut found: Vec<Finding> = secret(json, context.now).into_iter().collect();
    found.extend(unlike_the_guide(spec, json));
    found
}

fn unlike_the_guide(spec: &Spec, json: &Value) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut unfit = |expected: String, actual: String| {
        found.push(finding(
            Code::EntraRegistrationUnfit,
            Verdict::Degraded,
            &expected,
            actual,
        ));
    };
    let audience = json["signInAudience"].as_str().unwrap_or_default();
    if !MULTITENANT.contains(&audience) {
        unfit(
            "accounts in any organizational directory".to_owned(),
            format!(
                "the supported account types are {}",
                crate::net::printable(audience, 60)
            ),
        );
    }
    let redirects = redirects(json);
    if let Some(jamf) = &spec.jamf
        && !redirects.iter().any(|one| {
            one.parse().is_ok_and(|one: crate::net::endpoint::Address| {
                (&one.host, one.port, one.tls) == (&jamf.host, jamf.port, jamf.tls)
            })
        })
    {
        let has = if redirects.is_empty() {
            "none".to_owned()
        } else {
            redirects.join(", ")
        };
        unfit(
            format!("a redirect URI of type Web at {}", jamf.origin()),
            format!(
                "the redirect URIs of type Web are: {}",
                crate::net::printable(&has, 300)
            ),
        );
    }
    if !permissions(json)
        .iter()
        .any(|id| id == UPDATE_DEVICE_ATTRIBUTES)
    {
        unfit(
            "the application permission update_device_attributes of Intune".to_owned(),
            "the registration does not ask for it".to_owned(),
        );
    }
    found
}

/// The secret that lasts longest decides: the older ones may be left over from a change.
fn secret(json: &Value, now: Timestamp) -> Option<Finding> {
    let last = secret_ends(json).into_iter().max()?;
    let days = days(last, now);
    let expected = format!("a client secret with at least {NOTICE_DAYS} days left");
    if last < now {
        let actual = format!("the last client secret expired at {last}");
        return Some(finding(
            Code::EntraSecretExpired,
            Verdict::Fail,
            &expected,
            actual,
        ));
    }
    (days < NOTICE_DAYS).then(|| {
        let actual = format!("the last client secret expires in {days} days, at {last}");
        finding(
            Code::EntraSecretExpiring,
            Verdict::Degraded,
            &expected,
            actual,
        )
    })
}

/// How long the application can sign in with the secrets that it has.
pub(super) fn words(app: &AppSeen, now: Timestamp) -> Option<String> {
    let ends = app.texts("secrets_end")?;
    let last: Option<Timestamp> = ends.iter().filter_map(|end| end.parse().ok()).max();
    Some(match last {
        Some(last) => format!("the last client secret ends in {} days", days(last, now)),
        None => "the registration has no client secret".to_owned(),
    })
}

fn days(end: Timestamp, now: Timestamp) -> i64 {
    (end.as_second() - now.as_second()) / 86_400
}

fn secret_ends(json: &Value) -> Vec<Timestamp> {
    let secrets = json.get("passwordCredentials").and_then(Value::as_array);
    let ends = secrets.into_iter().flatten().take(64);
    ends.filter_map(|one| one.get("endDateTime")?.as_str()?.parse().ok())
        .collect()
}

fn redirects(json: &Value) -> Vec<String> {
    let uris = json
        .get("web")
        .and_then(|web| web.get("redirectUris")?.as_array());
    let uris = uris.into_iter().flatten().filter_map(Value::as_str);
    uris.take(64).map(str::to_owned).collect()
}

/// The ids of the application permissions that it asks for.
fn permissions(json: &Value) -> Vec<String> {
    let apis = json.get("requiredResourceAccess").and_then(Value::as_array);
    let asked = apis
        .into_iter()
        .flatten()
        .filter_map(|api| api.get("resourceAccess")?.as_array());
    let of_app = asked
        .flatten()
        .filter(|one| one.get("type").and_then(Value::as_str) == Some("Role"));
    let ids = of_app.filter_map(|one| one.get("id")?.as_str());
    ids.take(64).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_secret_that_lasts_longest_decides() {
        let now: Timestamp = "2026-11-25T12:00:00Z".parse().expect("a time");
        let of = |ends: &[&str]| {
            let secrets: Vec<Value> = ends.iter().map(|end| json!({"endDateTime": end})).collect();
            secret(&json!({"passwordCredentials": secrets}), now)
                .map(|found| (found.code, found.verdict))
        };
        let long = "2027-11-25T12:00:00Z";
        assert_eq!(of(&["2020-01-01T00:00:00Z", long]), None);
        assert_eq!(
            of(&["2026-12-05T13:00:00Z"]),
            Some((Code::EntraSecretExpiring, Verdict::Degraded))
        );
        assert_eq!(
            of(&["2020-01-01T00:00:00Z"]),
            Some((Code::EntraSecretExpired, Verdict::Fail))
        );
        assert_eq!(of(&[]), None);
        assert_eq!(of(&["soon"]), None);
        assert_eq!(secret(&json!({"passwordCredentials": "none"}), now), None);
    }
}
