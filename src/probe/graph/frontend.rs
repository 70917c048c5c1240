//! The tenant's own Intune front end: Graph names it, as it does to Jamf Pro, and it is then reached. Nothing is posted.

use serde_json::Value;

use super::super::app::AppSeen;
use super::super::ask::{Ask, Rung, Seen, Want};
use super::super::entra::App;
use super::super::http::Spec as Get;
use super::super::summary;
use super::{Spec, objection, reading, unexpected};
use crate::finding::Finding;
use crate::net::endpoint::Address;
use crate::net::http::{HttpSeen, Request};

const EXPECTED: &str = "the address of an Intune front end of this tenant";
/// The Intune service, whose endpoints are the tenant's.
const PATH: &str = "/v1.0/servicePrincipals/appId=0000000a-0000-0000-c000-000000000000/endpoints";
/// The services that a partner reports to come first; all of a tenant's lie on one host.
const SERVICES: [&str; 3] = [
    "PartnerDeviceDataSyncService",
    "PartnerTenantDataSyncService",
    "FEF_URL",
];

pub(super) async fn observe(spec: &Spec, app: &App, ask: &Ask) {
    let Some(token) = reading(app, &spec.api(), ask).await else {
        return;
    };
    let Some(answer) = ask.call(&spec.get(PATH, &token, ask)).await else {
        return;
    };
    let Some(found) = answer
        .json
        .as_ref()
        .and_then(|json| front_end(json, &spec.zone))
    else {
        return;
    };
    ask.fact("front_end", found.host.to_string());
    let root = found.join("/").unwrap_or(found);
    let want: Want = Get::new(root).want();
    ask.climb(&want, Rung::Http).await;
}

pub(super) fn judge(spec: &Spec, request: &Request, answer: &HttpSeen) -> Vec<Finding> {
    // What the front end answers without a sign-in is not published: any answer will do.
    if request.credential.is_none() {
        return Vec::new();
    }
    if let Some(objection) = objection(answer, EXPECTED) {
        return vec![objection];
    }
    let json = answer.json.as_ref();
    if json.and_then(|json| front_end(json, &spec.zone)).is_some() {
        return Vec::new();
    }
    let actual = format!(
        "none of the endpoints that Graph lists is a host of {}",
        spec.zone
    );
    vec![unexpected(EXPECTED, actual)]
}

/// Which host it is, and how it answered.
pub(super) fn words(app: &AppSeen, seen: &Seen) -> Option<String> {
    let host = app.text("front_end")?;
    let mut alone = seen.clone();
    alone
        .ladders
        .retain(|ladder| ladder.host.to_string() == host);
    let answered = summary::sentence(&alone);
    Some(format!("Graph names {host}, which answers: {answered}"))
}

/// An https address below Intune's zone; other values of the list are plain words.
fn front_end(json: &Value, zone: &str) -> Option<Address> {
    let all = json.get("value")?.as_array()?;
    let named = |one: &Value, service: &str| {
        ["capability", "providerName", "serviceName"]
            .iter()
            .any(|key| {
                let name = one.get(*key).and_then(Value::as_str);
                name.is_some_and(|name| name.eq_ignore_ascii_case(service))
            })
    };
    let below = |address: &Address| {
        let host = address.host.to_string();
        address.tls && !zone.is_empty() && host.ends_with(&format!(".{zone}"))
    };
    SERVICES.iter().find_map(|service| {
        let fitting = all.iter().filter(|one| named(one, service));
        let addresses = fitting.filter_map(|one| one.get("uri")?.as_str()?.parse().ok());
        addresses.into_iter().find(below)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_host_of_intunes_zone_is_taken() {
        let of = |entries: Value| {
            let found = front_end(&json!({ "value": entries }), "manage.microsoft.com");
            found.map(|address| address.host.to_string())
        };
        let right = json!({"providerName": "partnerdevicedatasyncservice", "uri": "https://fef.msud01.manage.microsoft.com/x"});
        assert_eq!(
            of(json!([{"capability": "Region", "uri": "OC"}, right])).as_deref(),
            Some("fef.msud01.manage.microsoft.com")
        );
        for wrong in [
            json!([]),
            json!("none"),
            json!([{"capability": "FEF_URL", "uri": "AMSUD0101"}]),
            json!([{"capability": "FEF_URL", "uri": "https://manage.microsoft.com.evil.example/"}]),
            json!([{"capability": "FEF_URL", "uri": "http://fef.msud01.manage.microsoft.com/"}]),
            json!([{"capability": "FEF_URL"}]),
        ] {
            assert_eq!(of(wrong.clone()), None, "{wrong}");
        }
    }
}
