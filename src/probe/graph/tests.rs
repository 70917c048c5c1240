//! What Graph's answers make of a row.

use std::sync::Arc;

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::finding::Expectation;
use crate::net::End;
use crate::net::ladder::Rungs;
use crate::net::secret::Secret;
use crate::probe::tests::ladder;
use crate::probe::{AppSeen, Inspection, ProxyPolicy, RunFacts};

fn spec(ask: Question) -> Spec {
    Spec {
        host: "graph.example".parse().expect("a host"),
        ask,
        app: None,
        client_id: Some("7".to_owned()),
        jamf: "https://jamf.example:8443".parse().ok(),
        zone: "manage.example".to_owned(),
        stores: vec![StoreName::Public],
    }
}

/// What an answer to the row's own call makes of it.
fn found(
    ask: Question,
    path: &str,
    status: u16,
    json: Option<Value>,
) -> Vec<(&'static str, &'static str)> {
    let spec = spec(ask);
    let run = RunFacts::default();
    let context = Context {
        expect: Expectation::Http,
        inspection: Inspection::Tolerated,
        proxy: ProxyPolicy::Allowed,
        cut: None,
        fast: false,
        now: "2026-11-25T12:00:00Z".parse().expect("a time"),
        run: &run,
    };
    let answer = HttpSeen {
        status: Some(status),
        json,
        ..HttpSeen::default()
    };
    let request = Request {
        method: "GET".to_owned(),
        host: "graph.example".to_owned(),
        path: path.to_owned(),
        headers: Vec::new(),
        body: None,
        credential: Some(Credential {
            secret: Secret::new("token".to_owned()),
            place: Place::Bearer,
            accepts: vec![StoreName::Public],
        }),
    };
    let found = match ask {
        Question::Registration => registration::judge(&spec, &answer, &context),
        Question::Frontend => frontend::judge(&spec, &request, &answer),
        Question::Connector => connector::judge(&spec, &request, &answer, &context),
    };
    found
        .iter()
        .map(|one| (one.code.name(), one.verdict.name()))
        .collect()
}

const PARTNERS: &str = "/v1.0/deviceManagement/deviceManagementPartners";

#[test]
fn a_refusal_and_an_odd_answer_of_graphs_have_codes_of_their_own() {
    for ask in [
        Question::Registration,
        Question::Frontend,
        Question::Connector,
    ] {
        let denied = json!({"error": {"code": "Authorization_RequestDenied", "innerError": {"request-id": "1"}}});
        assert_eq!(
            found(ask, PARTNERS, 403, Some(denied)),
            [("graph_refused", "fail")]
        );
        assert_eq!(
            found(ask, PARTNERS, 401, Some(json!([]))),
            [("graph_refused", "fail")]
        );
        assert_eq!(
            found(ask, PARTNERS, 200, Some(json!([7]))),
            [("graph_unexpected", "degraded")]
        );
        assert_eq!(found(ask, PARTNERS, 200, None), [("http_not_json", "fail")]);
        assert_eq!(
            found(ask, PARTNERS, 429, None),
            [("http_throttled", "degraded")]
        );
    }
}

#[test]
fn a_registration_of_another_tenant_cannot_be_looked_at() {
    let missing = json!({"error": {"code": "Request_ResourceNotFound"}});
    let said = found(Question::Registration, "/", 404, Some(missing));
    assert_eq!(said, [("entra_not_checkable", "skipped")]);
    // A page that says 404 is no word of Graph's.
    let page = found(Question::Registration, "/", 404, None);
    assert_eq!(page, [("http_not_json", "fail")]);
}

#[test]
fn the_registration_is_held_to_the_guide() {
    let of = |changes: Value| {
        let mut json = json!({
            "signInAudience": "AzureADMultipleOrgs", "web": {"redirectUris": ["https://JAMF.example:8443/x"]},
            "passwordCredentials": [{"endDateTime": "2027-11-25T12:00:00Z"}],
            "requiredResourceAccess": [{"resourceAccess": [{"id": "7b3c62c0-bbe4-4ceb-971b-ecc50a191b3e", "type": "Role"}]}],
        });
        for (key, value) in changes.as_object().expect("changes") {
            json[key] = value.clone();
        }
        found(Question::Registration, "/", 200, Some(json))
    };
    assert_eq!(of(json!({})), [("", ""); 0]);
    for unfit in [
        json!({"signInAudience": "AzureADMyOrg"}),
        json!({"web": {"redirectUris": ["https://other.example/"]}}),
        json!({"web": 7}),
        json!({"requiredResourceAccess": []}),
    ] {
        assert_eq!(
            of(unfit.clone()),
            [("entra_registration_unfit", "degraded")],
            "{unfit}"
        );
    }
    let soon = json!({"passwordCredentials": [{"endDateTime": "2026-12-01T12:00:00Z"}]});
    assert_eq!(of(soon), [("entra_secret_expiring", "degraded")]);
}

#[test]
fn the_connector_is_held_to_its_state_its_application_and_its_heartbeat() {
    let of = |changes: Value| {
        let mut one = json!({
            "displayName": "JAMF", "partnerState": "enabled", "singleTenantAppId": "7",
            "lastHeartbeatDateTime": "2026-11-25T11:40:00Z", "whenPartnerDevicesWillBeRemovedDateTime": "0001-01-01T00:00:00Z",
        });
        for (key, value) in changes.as_object().expect("changes") {
            one[key] = value.clone();
        }
        found(
            Question::Connector,
            PARTNERS,
            200,
            Some(json!({"value": [one]})),
        )
    };
    assert_eq!(of(json!({})), [("", ""); 0]);
    for (unfit, verdict) in [
        (json!({"partnerState": "terminated"}), "fail"),
        (json!({"partnerState": "unknown"}), "degraded"),
        (json!({"singleTenantAppId": "8"}), "fail"),
        (
            json!({"lastHeartbeatDateTime": "2026-11-24T11:00:00Z"}),
            "degraded",
        ),
        (
            json!({"whenPartnerDevicesWillBeRemovedDateTime": "2027-02-01T00:00:00Z"}),
            "degraded",
        ),
    ] {
        assert_eq!(
            of(unfit.clone()),
            [("intune_connector_unfit", verdict)],
            "{unfit}"
        );
    }
}

#[test]
fn a_token_for_graph_that_cannot_be_read_is_no_missing_permission() {
    let answer = HttpSeen {
        status: Some(200),
        token: Some(Secret::new("no.token".to_owned())),
        json: Some(json!({"token_type": "Bearer"})),
        ..HttpSeen::default()
    };
    let request = Request {
        method: "POST".to_owned(),
        host: "login.example".to_owned(),
        path: "/contoso/oauth2/v2.0/token".to_owned(),
        headers: Vec::new(),
        body: None,
        credential: None,
    };
    let found = spec(Question::Registration).granted(&request, &answer);
    let codes: Vec<&str> = found.iter().map(|one| one.code.name()).collect();
    assert_eq!(codes, ["entra_token_unreadable"]);
}

#[test]
fn a_tenant_without_a_connector_is_told_from_one_that_was_not_asked() {
    let asked = |answers: &[Value]| {
        let answered = |json: &Value| {
            let http = HttpSeen {
                status: Some(200),
                json: Some(json.clone()),
                ..HttpSeen::default()
            };
            let rungs = Rungs {
                http: Some(Arc::new(http)),
                ..Rungs::default()
            };
            ladder(0, rungs, End::Done)
        };
        let seen = Seen {
            ladders: answers.iter().map(answered).collect(),
            ..Seen::default()
        };
        connector::missing(&seen).map(|one| (one.code.name(), one.verdict.name()))
    };
    let none = json!({"value": []});
    let jamf = json!({"value": [{"displayName": "JAMF"}]});
    assert_eq!(
        asked(&[none.clone(), none.clone()]),
        Some(("intune_connector_unfit", "fail"))
    );
    assert_eq!(asked(&[none.clone(), jamf]), None);
    let other = json!({"value": [{"displayName": "Lookout"}]});
    assert_eq!(
        asked(&[none.clone(), other]),
        Some(("intune_connector_unfit", "degraded"))
    );
    assert_eq!(asked(&[none]), None, "the other list was not read");
}

/// JSON of any shape whose names are those that the readers look for.
fn any_json() -> impl Strategy<Value = Value> {
    const NAMES: [&str; 14] = [
        "value",
        "error",
        "code",
        "innerError",
        "displayName",
        "partnerState",
        "singleTenantAppId",
        "lastHeartbeatDateTime",
        "signInAudience",
        "web",
        "redirectUris",
        "passwordCredentials",
        "endDateTime",
        "uri",
    ];
    let texts = prop_oneof![
        Just("Jamf"),
        Just("enabled"),
        Just("FEF_URL"),
        Just("0001-01-01T00:00:00Z"),
        Just("9999-12-31T23:59:59Z"),
        Just("https://fef.manage.example/"),
        Just("https://[::1"),
        Just("\u{1b}[2J"),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        texts.prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        let entries =
            prop::collection::vec((prop::sample::select(&NAMES[..]), inner.clone()), 0..5);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            entries.prop_map(|entries| {
                let entries = entries
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value));
                Value::Object(entries.collect())
            }),
        ]
    })
}

proptest! {
    #[test]
    fn no_answer_of_graphs_makes_a_reader_panic(json in any_json(), status in 100_u16..600) {
        for ask in [Question::Registration, Question::Frontend, Question::Connector] {
            drop(found(ask, PARTNERS, status, Some(json.clone())));
        }
        let mut app = AppSeen::default();
        for name in ["secrets_end", "connector_state", "connector_last_heartbeat", "front_end"] {
            app.note(name, json.clone());
        }
        drop(registration::words(&app, Timestamp::MIN));
        drop(connector::words(&app, Timestamp::MAX));
    }
}
