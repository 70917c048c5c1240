//! What a row learned from a service or from this machine itself, beyond the stages of its connection: named facts.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::net::printable;

/// No fact needs more; a stranger's text may have any length.
const LONGEST: usize = 512;
const MOST: usize = 64;

/// The stage above the network: what was learned there, by name, and how long it took where that was measured.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct AppSeen {
    pub ms: Option<f64>,
    /// Names in snake case; a text, a number, a boolean, or a list of these.
    pub facts: BTreeMap<String, Value>,
}

impl AppSeen {
    /// Keeps a fact, made safe to show; a later value of the same name takes the place of the earlier.
    pub(super) fn note(&mut self, name: &str, value: impl Into<Value>) {
        self.facts.insert(name.to_owned(), safe(value.into()));
    }

    /// A fact that is a text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.facts.get(name)?.as_str()
    }

    /// The texts of a fact that is a list.
    pub(super) fn texts(&self, name: &str) -> Option<Vec<&str>> {
        let items = self.facts.get(name)?.as_array()?;
        Some(items.iter().filter_map(Value::as_str).collect())
    }
}

fn safe(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(printable(&text, LONGEST)),
        Value::Array(items) => Value::Array(items.into_iter().take(MOST).map(safe).collect()),
        Value::Object(_) => Value::String(printable(&value.to_string(), LONGEST)),
        plain => plain,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_fact_is_bounded_and_moves_no_cursor() {
        let mut app = AppSeen::default();
        app.note("name", "a\u{1b}[2J\n");
        app.note("long", "x".repeat(LONGEST + 1));
        app.note("roles", vec!["one", "two\r"]);
        app.note("shape", json!({"a": [1]}));
        app.note("days", 12);
        app.note("days", 13);
        assert_eq!(app.facts["name"], "a\\u{1b}[2J\\n");
        let long = app.facts["long"].as_str().expect("a text");
        assert_eq!(
            long.chars().count(),
            LONGEST + 1,
            "the last one is an ellipsis"
        );
        assert_eq!(app.facts["roles"], json!(["one", "two\\r"]));
        assert_eq!(app.facts["shape"], "{\"a\":[1]}");
        assert_eq!(app.facts["days"], 13);
    }
}
