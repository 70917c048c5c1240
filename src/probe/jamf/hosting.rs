//! Who runs the server. On Jamf Cloud its own connections, to Apple and to Microsoft, are Jamf's business.

use serde_json::Value;

use super::{Spec, not_told, unexpected};
use crate::finding::Finding;
use crate::net::endpoint::Host;
use crate::net::http::HttpSeen;
use crate::probe::ask::{Ask, Seen};
use crate::probe::http::is_page;

const WHAT: &str = "whether it is on Jamf Cloud";
/// Below it are the servers on Jamf Cloud that have no name of their own.
const CLOUD: &str = ".jamfcloud.com";

fn told(answer: &HttpSeen) -> Option<bool> {
    answer
        .json
        .as_ref()?
        .get("cloudInstance")
        .and_then(Value::as_bool)
}

/// Whether the server is on Jamf Cloud: by its word, else by its name.
pub(super) fn of(spec: &Spec, seen: &Seen) -> Option<bool> {
    let answers = seen
        .ladders
        .iter()
        .filter_map(|ladder| ladder.observation.seen.http.as_deref());
    let by_name = |host: &Host| match host {
        Host::Name(name) => name.ends_with(CLOUD).then_some(true),
        Host::Address(_) => None,
    };
    answers
        .map(told)
        .next()
        .flatten()
        .or_else(|| by_name(&spec.base.host))
}

pub(super) fn note(spec: &Spec, ask: &Ask) {
    if let Some(cloud) = of(spec, &ask.seen()) {
        ask.fact("hosting", if cloud { "Jamf Cloud" } else { "own" });
    }
}

pub(super) fn words(cloud: bool) -> String {
    if cloud {
        "on Jamf Cloud, whose own connections are Jamf's business".to_owned()
    } else {
        "not on Jamf Cloud".to_owned()
    }
}

pub(super) fn judge(answer: &HttpSeen) -> Vec<Finding> {
    if answer.status == Some(200) && answer.json.is_some() && !is_page(answer) {
        return match told(answer) {
            Some(_) => Vec::new(),
            None => unexpected(WHAT, answer),
        };
    }
    not_told(WHAT, answer)
}
