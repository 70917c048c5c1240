//! What a token makes of its row.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::*;
use crate::finding::Expectation;
use crate::net::secret::{Credential, Place, Secret};
use crate::net::trust::StoreName;
use crate::probe::{Inspection, ProxyPolicy, RunFacts};

const TENANT: &str = "6babcaad-604b-40ac-a9d7-9fd97c0b779f";
const ID: &str = "3f0a1c52-7d64-4f0e-9d3b-5b1f6c0a9e21";
const NOW: i64 = 1_764_072_000;

fn request() -> Request {
    Request {
        method: "POST".to_owned(),
        host: "login.example".to_owned(),
        path: "/t/oauth2/v2.0/token".to_owned(),
        headers: Vec::new(),
        body: None,
        credential: Some(Credential {
            secret: Secret::new("value".to_owned()),
            place: Place::Field("client_secret"),
            accepts: vec![StoreName::Public],
        }),
    }
}

fn spec() -> Spec {
    Spec {
        app: App {
            login: "login.example".parse().expect("a host"),
            tenant: TENANT.to_owned(),
            client_id: ID.to_owned(),
            stores: vec![StoreName::Public],
        },
        api: Api {
            address: "https://api.example".to_owned(),
            slash: true,
            id: None,
        },
        roles: vec![["update_device_attributes".to_owned()].into()],
        discovery: Request {
            credential: None,
            ..request()
        },
    }
}

fn judged(token: Option<String>) -> Vec<&'static str> {
    judged_by(&spec(), token)
}

fn judged_by(spec: &Spec, token: Option<String>) -> Vec<&'static str> {
    let answer = HttpSeen {
        status: Some(200),
        json: Some(json!({"token_type": "Bearer", "expires_in": "3599"})),
        token: token.map(Secret::new),
        ..HttpSeen::default()
    };
    let run = RunFacts::default();
    let context = Context {
        expect: Expectation::Token,
        inspection: Inspection::Tolerated,
        proxy: ProxyPolicy::Allowed,
        cut: None,
        fast: false,
        now: Timestamp::from_second(NOW).expect("a time"),
        run: &run,
    };
    let found = spec.granted(&request(), &answer, Some(TENANT), &context);
    found.iter().map(|finding| finding.code.name()).collect()
}

fn with(changes: &Value) -> Vec<&'static str> {
    judged(Some(token(changes)))
}

fn token(changes: &Value) -> String {
    let mut claims = json!({
        "aud": "https://api.example/", "tid": TENANT, "appid": ID, "roles": ["update_device_attributes"],
        "nbf": NOW - 5, "iat": NOW - 5, "exp": NOW + 3600,
    });
    for (key, value) in changes.as_object().expect("changes") {
        claims[key] = value.clone();
    }
    format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

#[test]
fn a_token_is_held_to_every_one_of_its_claims() {
    assert_eq!(with(&json!({})), [""; 0]);
    for changes in [
        json!({"aud": "https://graph.microsoft.com"}),
        json!({"tid": "another"}),
        json!({"appid": "another"}),
        json!({"scp": "User.Read"}),
        json!({"nbf": NOW + 301}),
        json!({"exp": NOW - 301}),
    ] {
        assert_eq!(with(&changes), ["entra_token_unfit"], "{changes}");
    }
    // Clocks may differ a little.
    assert_eq!(with(&json!({"nbf": NOW + 299, "exp": NOW - 299})), [""; 0]);
}

#[test]
fn the_roles_are_exactly_those_of_the_profile() {
    assert_eq!(with(&json!({"roles": null})), ["entra_permission_missing"]);
    let more = json!({"roles": ["update_device_attributes", "get_device_compliance"]});
    assert_eq!(with(&more), ["entra_permission_extra"]);
    let other = json!({"roles": ["get_device_compliance"]});
    assert_eq!(
        with(&other),
        ["entra_permission_missing", "entra_permission_extra"]
    );
}

#[test]
fn permissions_that_nobody_publishes_are_not_judged() {
    let unpublished = Spec {
        roles: Vec::new(),
        ..spec()
    };
    for roles in [json!(null), json!(["anything", "at_all"])] {
        let found = judged_by(&unpublished, Some(token(&json!({ "roles": roles }))));
        assert_eq!(found, ["entra_not_checkable"], "{roles}");
    }
    // Whose token it is has to be right all the same.
    let foreign = token(&json!({"appid": "another"}));
    assert_eq!(
        judged_by(&unpublished, Some(foreign)),
        ["entra_token_unfit"]
    );
}

#[test]
fn what_is_no_token_is_said() {
    for wrong in [
        None,
        Some("opaque"),
        Some("a.%%.c"),
        Some("a.e30"),
        Some("a.WzFd.c"),
    ] {
        assert_eq!(
            judged(wrong.map(str::to_owned)),
            ["entra_token_unreadable"],
            "{wrong:?}"
        );
    }
}
