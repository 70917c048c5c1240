//! Whether the server is healthy, and if it is not, what it says of its start.

use std::sync::Arc;

use serde_json::Value;

use super::{Spec, plain, unexpected};
use crate::code::Code;
use crate::finding::{Finding, Verdict};
use crate::net::http::HttpSeen;
use crate::probe::ask::{Ask, Seen};
use crate::probe::context::finding;
use crate::probe::http::{describe, is_page};
use crate::probe::redirect::{HopEnd, HopWhy};

pub(super) const STARTUP: &str = "/api/startup-status";
/// Servers that do not know the health check of the API have this page.
const OLD_PAGE: &str = "/healthCheck.html";

/// What the server says of its start. The names are those of its API, in the schema of
/// <https://github.com/deploymenttheory/go-sdk-jamfpro-v2> (11.25.2).
#[derive(Clone, Debug, Eq, PartialEq)]
enum State {
    Complete,
    Starting(String),
    Upgrading(String),
    SetupAssistant,
    DatabaseError(String),
    Failed(String),
}

/// Asks why the server is not healthy, if it is not.
pub(super) async fn ask_why(spec: &Spec, ask: &Ask) {
    let Some(answer) = ask.answered() else {
        return;
    };
    if answer.status == Some(204) {
        ask.fact("state", "healthy");
        return;
    }
    let mut path = STARTUP;
    if answer.status == Some(404) {
        if let Some(page) = further(spec, ask, OLD_PAGE).await
            && let Some(state) = old_page(&page)
        {
            note(ask, &state);
            return;
        }
        path = STARTUP;
    }
    if let Some(answer) = further(spec, ask, path).await
        && let Some(state) = answer.json.as_ref().and_then(state)
    {
        note(ask, &state);
    }
}

async fn further(spec: &Spec, ask: &Ask, path: &str) -> Option<Arc<HttpSeen>> {
    let request = spec.request(path);
    let url = request.address.url();
    let seen = ask.further(url, HopWhy::Further, &request.want()).await?;
    seen.seen.http.filter(|answer| answer.status.is_some())
}

pub(super) fn note_startup(ask: &Ask) {
    let answer = ask.answered();
    let json = answer.as_ref().and_then(|answer| answer.json.as_ref());
    if let Some(state) = json.and_then(state) {
        note(ask, &state);
    }
}

fn note(ask: &Ask, state: &State) {
    let (name, said) = match state {
        State::Complete => ("healthy", None),
        State::Starting(said) => ("starting", Some(said)),
        State::Upgrading(said) => ("upgrading", Some(said)),
        State::SetupAssistant => ("setup assistant", None),
        State::DatabaseError(said) => ("database error", Some(said)),
        State::Failed(said) => ("start failed", Some(said)),
    };
    ask.fact("state", name);
    if let Some(said) = said {
        ask.fact("says", said.clone());
    }
}

pub(super) fn judge(spec: &Spec, seen: &Seen, answer: &HttpSeen, proven: bool) -> Vec<Finding> {
    if answer.status == Some(204) {
        return Vec::new();
    }
    let answers = |path: &str| {
        let further = seen
            .redirects
            .iter()
            .filter(|hop| hop.why == HopWhy::Further);
        let mut of_path = further.filter(|hop| hop.url.ends_with(path));
        of_path.find_map(|hop| match &hop.end {
            HopEnd::Asked(observation) => observation.seen.http.clone(),
            _ => None,
        })
    };
    if answer.status == Some(404)
        && let Some(state) = answers(OLD_PAGE).as_deref().and_then(old_page)
    {
        return of_state(&state);
    }
    let startup = answers(STARTUP);
    let json = startup.as_ref().and_then(|answer| answer.json.as_ref());
    match json.and_then(state) {
        // It has started and is not healthy all the same: what it answered says all there is.
        None | Some(State::Complete) => plain(spec, answer, proven),
        Some(state) => of_state(&state),
    }
}

pub(super) fn judge_startup(spec: &Spec, answer: &HttpSeen, proven: bool) -> Vec<Finding> {
    if let Some(state) = answer.json.as_ref().and_then(state) {
        return of_state(&state);
    }
    let found = plain(spec, answer, proven);
    if found.is_empty() {
        return unexpected("the state of the server's start", answer);
    }
    found
}

fn of_state(state: &State) -> Vec<Finding> {
    // A server that is on its way needs patience; one that has stopped needs somebody.
    let (code, verdict, actual) = match state {
        State::Complete => return Vec::new(),
        State::Starting(said) => (
            Code::JamfStarting,
            Verdict::Degraded,
            format!("Jamf Pro is starting: {said}"),
        ),
        State::Upgrading(said) => (
            Code::JamfUpgrading,
            Verdict::Degraded,
            format!("Jamf Pro is changing its database: {said}"),
        ),
        State::SetupAssistant => (
            Code::JamfSetupAssistant,
            Verdict::Fail,
            "Jamf Pro waits for somebody to go through its setup assistant".to_owned(),
        ),
        State::DatabaseError(said) => (
            Code::JamfDatabaseError,
            Verdict::Fail,
            format!("Jamf Pro has no working database: {said}"),
        ),
        State::Failed(said) => (
            Code::JamfStartFailed,
            Verdict::Fail,
            format!("Jamf Pro did not start: {said}"),
        ),
    };
    vec![finding(code, verdict, "a server that has started", actual)]
}

/// Reads `startup-status`; none if the JSON is not that.
fn state(json: &Value) -> Option<State> {
    let text = |key: &str| {
        let text = json.get(key)?.as_str()?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    if let Some(code) = text("errorCode").or_else(|| text("error")) {
        return Some(if code.starts_with("DATABASE_") {
            State::DatabaseError(code)
        } else {
            State::Failed(code)
        });
    }
    let assistant = json.get("setupAssistantNecessary").and_then(Value::as_bool);
    if assistant == Some(true) {
        return Some(State::SetupAssistant);
    }
    let step = text("stepCode")?;
    let work = step.strip_prefix("SERVER_INIT_")?;
    let percentage = json.get("percentage").and_then(Value::as_u64);
    let percentage = percentage.map_or_else(String::new, |done| format!(", {done} %"));
    let said = format!("{step}{percentage}");
    Some(match work {
        "COMPLETE" => State::Complete,
        _ if work.starts_with("DB_") || work.starts_with("PKI_MIGRATION_") => {
            State::Upgrading(said)
        }
        _ => State::Starting(said),
    })
}

/// Reads the old page: an empty list means healthy, else each entry describes what is not.
fn old_page(answer: &HttpSeen) -> Option<State> {
    if is_page(answer) && answer.json.is_none() {
        return None;
    }
    let entries = answer.json.as_ref()?.as_array()?;
    let described = |entry: &Value| Some(entry.get("description")?.as_str()?.to_owned());
    let Some(said) = entries.iter().find_map(described) else {
        // Entries without a description are not read as health.
        return if entries.is_empty() && answer.status == Some(200) {
            Some(State::Complete)
        } else if entries.is_empty() {
            None
        } else {
            Some(State::Failed(describe(answer)))
        };
    };
    Some(match said.as_str() {
        "DBConnectionError" => State::DatabaseError(said),
        "SetupAssistant" => State::SetupAssistant,
        _ => State::Failed(said),
    })
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn each_state_of_the_start_is_told_apart() {
        let step = |code: &str| state(&json!({"stepCode": code, "percentage": 40, "error": null}));
        assert_eq!(step("SERVER_INIT_COMPLETE"), Some(State::Complete));
        let said = |code: &str| format!("{code}, 40 %");
        let cache = "SERVER_INIT_VERIFYING_CACHE";
        assert_eq!(step(cache), Some(State::Starting(said(cache))));
        for code in [
            "SERVER_INIT_DB_TABLE_ALTER",
            "SERVER_INIT_PKI_MIGRATION_STATUS",
        ] {
            assert_eq!(step(code), Some(State::Upgrading(said(code))));
        }
        let failed = |code: &str| {
            state(
                &json!({"stepCode": "SERVER_INIT_START", "errorCode": code, "setupAssistantNecessary": true}),
            )
        };
        for code in [
            "DATABASE_ERROR",
            "DATABASE_PASSWORD_MISSING",
            "DATABASE_MYISAM_ERROR",
        ] {
            assert_eq!(failed(code), Some(State::DatabaseError(code.to_owned())));
        }
        let old = "OLD_VERSION_ERROR";
        assert_eq!(failed(old), Some(State::Failed(old.to_owned())));
        let assistant =
            json!({"stepCode": "SERVER_INIT_COMPLETE", "setupAssistantNecessary": true});
        assert_eq!(state(&assistant), Some(State::SetupAssistant));
        for other in [json!([]), json!("x"), json!({}), json!({"stepCode": 7})] {
            assert_eq!(state(&other), None, "{other}");
        }
    }

    #[test]
    fn the_old_page_is_healthy_only_with_an_empty_list() {
        let page = |status: u16, body: &str| {
            old_page(&HttpSeen {
                status: Some(status),
                json: serde_json::from_str(body).ok(),
                ..HttpSeen::default()
            })
        };
        assert_eq!(page(200, "[]"), Some(State::Complete));
        assert_eq!(page(503, "[]"), None);
        assert_eq!(page(200, "<html>"), None);
        let said =
            |text: &str| format!(r#"[{{"healthCode":1,"httpCode":503,"description":"{text}"}}]"#);
        let database = State::DatabaseError("DBConnectionError".to_owned());
        assert_eq!(page(503, &said("DBConnectionError")), Some(database));
        assert_eq!(
            page(200, &said("SetupAssistant")),
            Some(State::SetupAssistant)
        );
        let context = State::Failed("ContextError".to_owned());
        assert_eq!(page(503, &said("ContextError")), Some(context));
    }

    /// JSON of any shape, with the keys of the API among others.
    pub(in super::super) fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,20}".prop_map(Value::from),
            prop::sample::select(vec!["SERVER_INIT_", "DATABASE_ERROR", "[]"])
                .prop_map(Value::from),
        ];
        let keys = vec![
            "stepCode",
            "percentage",
            "errorCode",
            "error",
            "setupAssistantNecessary",
            "description",
            "cloudInstance",
            "notAfter",
            "sha256Fingerprint",
            "subjectX500Principal",
            "type",
            "params",
            "x",
        ];
        leaf.prop_recursive(3, 24, 6, move |inner| {
            let key = prop::sample::select(keys.clone()).prop_map(str::to_owned);
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(key, inner, 0..6).prop_map(Value::from_iter),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_json_at_all_upsets_the_readers(json in any_json(), status in any::<u16>()) {
            let answer = HttpSeen { status: Some(status), json: Some(json.clone()), ..HttpSeen::default() };
            let whole = json.get("stepCode").is_some() || json.get("errorCode").is_some()
                || json.get("error").is_some() || json.get("setupAssistantNecessary").is_some();
            prop_assert!(state(&json).is_none() || whole);
            if old_page(&answer) == Some(State::Complete) {
                prop_assert_eq!((status, json), (200, json!([])));
            }
        }
    }
}
