//! A profile's TOML held against the schema that editors use: every key, type and word that does not fit is a
//! problem of its own, all of them at once.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

use serde_json::Value as Json;
use serde_spanned::Spanned;
use toml::de::{DeTable, DeValue};

use super::nearest::nearest;
use super::schema::schema;
use super::words;
use crate::probe::fill::Problem;

type Value<'i> = Spanned<DeValue<'i>>;

/// Read once: a profile with many includes is held against it many times.
static SCHEMA: LazyLock<Json> = LazyLock::new(schema);

pub(super) struct Shape {
    schema: &'static Json,
}

impl Shape {
    pub(super) fn new() -> Self {
        Self { schema: &SCHEMA }
    }

    /// Everything that does not fit in a whole profile.
    pub(super) fn problems(&self, document: &DeTable<'_>) -> Vec<Problem> {
        let mut walk = self.walk();
        walk.table(self.schema, document, 0..0, "the profile");
        walk.problems
    }

    /// Whether a part of a profile fits the definition of that name.
    pub(super) fn fits(&self, definition: &str, part: &Value<'_>) -> bool {
        let mut walk = self.walk();
        walk.value(&self.schema["$defs"][definition], part, definition);
        walk.problems.is_empty()
    }

    fn walk(&self) -> Walk<'static> {
        Walk {
            definitions: &self.schema["$defs"],
            problems: Vec::new(),
        }
    }
}

struct Walk<'s> {
    definitions: &'s Json,
    problems: Vec<Problem>,
}

impl<'s> Walk<'s> {
    fn say(&mut self, span: Range<usize>, message: String) {
        self.problems.push(Problem { span, message });
    }

    /// The schema itself, or the definition that it names, with that definition's name.
    fn resolved(&self, schema: &'s Json) -> (&'s Json, Option<&'s str>) {
        let name = schema["$ref"]
            .as_str()
            .and_then(|reference| reference.strip_prefix("#/$defs/"));
        name.map_or((schema, None), |name| (&self.definitions[name], Some(name)))
    }

    fn value(&mut self, schema: &'s Json, value: &Value<'_>, name: &str) {
        let (schema, definition) = self.resolved(schema);
        if let Some(options) = schema["anyOf"].as_array() {
            let fitting = options.iter().find(|one| is_of_type(one, value.get_ref()));
            match fitting {
                Some(option) => self.value(option, value, name),
                None => self.wrong_type(schema, value, name),
            }
            return;
        }
        if let Some(known) = schema["enum"].as_array() {
            self.word(known, value, name);
            return;
        }
        if !is_of_type(schema, value.get_ref()) {
            self.wrong_type(schema, value, name);
            return;
        }
        match value.get_ref() {
            DeValue::Table(table) => self.table(schema, table, value.span(), name),
            DeValue::Array(items) => self.array(schema, items, value, name),
            DeValue::String(text) => {
                if text.is_empty() && schema["minLength"] == 1 {
                    self.say(value.span(), format!("`{name}` must not be empty"));
                } else if let Some(why) = definition.and_then(|known| words::wrong(known, text)) {
                    self.say(value.span(), format!("`{}` {why}", short(text)));
                }
            }
            DeValue::Integer(number) => {
                let number = i128::from_str_radix(number.as_str(), number.radix());
                self.number(schema, number.ok(), value, name);
            }
            _ => {}
        }
    }

    fn table(&mut self, schema: &'s Json, table: &DeTable<'_>, at: Range<usize>, name: &str) {
        let known = &schema["properties"];
        let mut misspelt = BTreeSet::new();
        for (key, value) in table {
            let typed = key.get_ref().as_ref();
            match (known.get(typed), &schema["additionalProperties"]) {
                (Some(schema), _) => self.value(schema, value, typed),
                (None, Json::Bool(_)) => {
                    let meant = meant(typed, known);
                    self.say(key.span(), unknown(typed, meant, known));
                    misspelt.extend(meant);
                }
                (None, others) => {
                    let (_, definition) = self.resolved(&schema["propertyNames"]);
                    if let Some(why) = definition.and_then(|known| words::wrong(known, typed)) {
                        self.say(key.span(), format!("`{}` {why}", short(typed)));
                    }
                    // What such a table may hold is part of the schema, which outlives the walk.
                    self.value(others, value, typed);
                }
            }
        }
        // A key that is misspelt is not missing as well.
        let missing = |key: &&str| !table.contains_key(*key) && !misspelt.contains(*key);
        for key in strings(&schema["required"]).filter(missing) {
            let of = table
                .get("id")
                .and_then(|id| id.get_ref().as_str())
                .map_or_else(|| name.to_owned(), |id| format!("{name} `{}`", short(id)));
            self.say(at.clone(), format!("`{key}` is missing in {of}"));
        }
        for (key, others) in schema["dependentRequired"]
            .as_object()
            .into_iter()
            .flatten()
        {
            let Some((typed, _)) = table.get_key_value(key.as_str()) else {
                continue;
            };
            for other in strings(others).filter(missing) {
                self.say(typed.span(), format!("`{key}` needs `{other}` beside it"));
            }
        }
    }

    fn array(&mut self, schema: &'s Json, items: &[Value<'_>], whole: &Value<'_>, name: &str) {
        if items.is_empty() && schema["minItems"] == 1 {
            self.say(whole.span(), format!("`{name}` must not be empty"));
        }
        let mut known = BTreeSet::new();
        for item in items {
            self.value(&schema["items"], item, name);
            let twice = item.get_ref().as_str().filter(|text| !known.insert(*text));
            if let Some(text) = twice
                && schema["uniqueItems"] == true
            {
                let message = format!("`{}` stands twice in `{name}`", short(text));
                self.say(item.span(), message);
            }
        }
    }

    fn number(&mut self, schema: &Json, number: Option<i128>, value: &Value<'_>, name: &str) {
        let bound = |key: &str| schema[key].as_i64().map(i128::from);
        let least = bound("minimum").unwrap_or_else(|| i64::MIN.into());
        let most = bound("maximum").unwrap_or_else(|| i64::MAX.into());
        if number.is_some_and(|number| (least..=most).contains(&number)) {
            return;
        }
        let typed = shown(value.get_ref());
        let range = if bound("maximum").is_some() {
            format!("from {least} to {most}")
        } else {
            format!("of at least {least}")
        };
        self.say(
            value.span(),
            format!("{typed} is no `{name}`: it must be a whole number {range}"),
        );
    }

    fn word(&mut self, known: &'s [Json], value: &Value<'_>, name: &str) {
        let words: Vec<&str> = known.iter().filter_map(Json::as_str).collect();
        match value.get_ref().as_str() {
            Some(typed) if words.contains(&typed) => {}
            Some(typed) => {
                let hint = nearest(typed, words.iter().copied())
                    .map_or_else(String::new, |word| format!("; did you mean `{word}`?"));
                let typed = short(typed);
                self.say(
                    value.span(),
                    format!("`{typed}` is no `{name}`: {}{hint}", listed(&words)),
                );
            }
            None => {
                let found = shown(value.get_ref());
                let message = format!("`{name}` cannot be {found}: {}", listed(&words));
                self.say(value.span(), message);
            }
        }
    }

    fn wrong_type(&mut self, schema: &Json, value: &Value<'_>, name: &str) {
        let wanted: Vec<&str> = match schema["anyOf"].as_array() {
            Some(options) => options.iter().map(type_name).collect(),
            None => vec![type_name(schema)],
        };
        let found = shown(value.get_ref());
        let message = format!("`{name}` cannot be {found}: it is {}", wanted.join(" or "));
        self.say(value.span(), message);
    }
}

fn strings(list: &Json) -> impl Iterator<Item = &str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
}

fn listed(words: &[&str]) -> String {
    format!("it is one of {}", words.join(", "))
}

fn meant<'s>(typed: &str, known: &'s Json) -> Option<&'s str> {
    let keys = known.as_object().into_iter().flatten();
    nearest(typed, keys.map(|(key, _)| key.as_str()))
}

fn unknown(typed: &str, meant: Option<&str>, known: &Json) -> String {
    let hint = meant.map_or_else(
        || {
            let keys = known.as_object().into_iter().flatten();
            let keys: Vec<&str> = keys.map(|(key, _)| key.as_str()).collect();
            format!("known here are {}", keys.join(", "))
        },
        |word| format!("did you mean `{word}`?"),
    );
    format!("unknown key `{}`; {hint}", short(typed))
}

fn is_of_type(schema: &Json, value: &DeValue<'_>) -> bool {
    match schema["type"].as_str() {
        Some("object") => value.is_table(),
        Some("array") => value.is_array(),
        Some("string") => value.is_str(),
        Some("integer") => value.is_integer(),
        Some("boolean") => value.is_bool(),
        _ => true,
    }
}

fn type_name(schema: &Json) -> &'static str {
    match schema["type"].as_str() {
        Some("object") => "a table",
        Some("array") => "a list in [ ]",
        Some("integer") => "a whole number",
        Some("boolean") => "true or false",
        _ => "a text in quotation marks",
    }
}

/// A value as a message repeats it.
fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("the text `{}`", short(text)),
        DeValue::Integer(number) => format!("the integer `{number}`"),
        DeValue::Float(number) => format!("the number `{number}`"),
        DeValue::Boolean(truth) => format!("the boolean `{truth}`"),
        DeValue::Datetime(date) => format!("the date `{date}`"),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

/// The beginning of a text that may be a whole file.
fn short(text: &str) -> String {
    const MOST: usize = 60;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
