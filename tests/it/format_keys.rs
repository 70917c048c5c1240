//! The parser and the published schema know the same profile format: every key, word and bound, both ways.

use std::collections::BTreeSet;

use jsonschema::Validator;
use mdm_preflight::profile::{Values, load_text};
use serde_json::{Map, Value, json};

use crate::binary;
use crate::written::EVERYTHING;

fn schema() -> Value {
    binary::run(&["schema", "profile"]).json()
}

fn accepts(profile: &Value) -> bool {
    let text = toml::to_string(profile).unwrap();
    load_text("keys.toml", &text, &Values::new()).is_ok()
}

/// The profile that has every key, without what it includes.
fn everything() -> Value {
    let mut profile: Value = toml::from_str(EVERYTHING).unwrap();
    let header = profile["profile"].as_object_mut().unwrap();
    header["include"] = json!([]);
    header["only"] = json!({});
    let overrides = profile["override"].as_object_mut().unwrap();
    overrides.remove("apple.push.device");
    profile
}

/// Every key of the schema as `definition.key`.
fn keys_of_schema(schema: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut definitions: Vec<(String, &Value)> = vec![("profile file".to_owned(), schema)];
    for (name, definition) in schema["$defs"].as_object().unwrap() {
        definitions.push((name.clone(), definition));
        if let Some(items) = definition.get("items") {
            definitions.push((format!("{name}[]"), items));
        }
        for (key, property) in definition["properties"].as_object().into_iter().flatten() {
            definitions.push((format!("{name}.{key}"), property));
        }
    }
    for (name, definition) in definitions {
        for key in definition["properties"].as_object().into_iter().flatten() {
            found.insert(format!("{name}.{}", key.0));
        }
    }
    found
}

/// The definition behind a place of a profile, and whether its keys are free names.
fn resolved<'s>(root: &'s Value, schema: &'s Value) -> (&'s Value, Option<&'s str>) {
    let name = schema["$ref"]
        .as_str()
        .map(|r| r.trim_start_matches("#/$defs/"));
    name.map_or((schema, None), |name| (&root["$defs"][name], Some(name)))
}

/// Walks a profile along the schema and notes which keys of it are used.
fn used(root: &Value, schema: &Value, name: &str, value: &Value, found: &mut BTreeSet<String>) {
    let (schema, definition) = resolved(root, schema);
    let name = definition.unwrap_or(name);
    match value {
        Value::Object(table) => {
            for (key, value) in table {
                if let Some(property) = schema["properties"].get(key) {
                    found.insert(format!("{name}.{key}"));
                    used(root, property, &format!("{name}.{key}"), value, found);
                } else {
                    used(root, &schema["additionalProperties"], name, value, found);
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                used(root, &schema["items"], &format!("{name}[]"), item, found);
            }
        }
        _ => {}
    }
}

#[test]
fn every_key_of_the_schema_is_accepted_by_the_parser() {
    let schema = schema();
    let profile: Value = toml::from_str(EVERYTHING).unwrap();
    let mut found = BTreeSet::new();
    used(&schema, &schema, "profile file", &profile, &mut found);
    let all = keys_of_schema(&schema);
    let unused: Vec<&String> = all.difference(&found).collect();
    assert!(all.len() > 80, "{all:?}");
    assert!(unused.is_empty(), "the test's profile lacks {unused:?}");
    load_text("everything.toml", EVERYTHING, &Values::new()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&profile)
        .map(|e| e.to_string())
        .collect();
    assert_eq!(errors, [""; 0]);
}

/// Takes the schema's description of one key away; the parser, which reads the schema, must not know it otherwise.
#[test]
fn every_key_and_every_definition_is_described() {
    let schema = schema();
    let described = |value: &Value| {
        let (target, _) = resolved(&schema, value);
        [value, target]
            .iter()
            .any(|one| one["description"].is_string())
    };
    for (name, definition) in schema["$defs"].as_object().unwrap() {
        assert!(definition["description"].is_string(), "{name}");
        let items = &definition["items"]["properties"];
        let own = definition["properties"].as_object().into_iter().flatten();
        for (key, property) in own.chain(items.as_object().into_iter().flatten()) {
            assert!(described(property), "{name}.{key}");
        }
    }
    for (key, property) in schema["properties"].as_object().unwrap() {
        assert!(described(property), "{key}");
    }
}

/// The keywords that the parser obeys, and those that say what its own checks do.
#[test]
fn the_schema_says_nothing_that_the_parser_does_not_check() {
    const KNOWN: [&str; 35] = [
        "$schema",
        "$id",
        "$ref",
        "$defs",
        "title",
        "description",
        "examples",
        "default",
        "type",
        "properties",
        "additionalProperties",
        "propertyNames",
        "required",
        "dependentRequired",
        "items",
        "minItems",
        "uniqueItems",
        "enum",
        "minimum",
        "maximum",
        "minLength",
        "anyOf",
        // Checked by what the values mean: one probe, one group, fitting expectations, typed defaults.
        "oneOf",
        "not",
        "allOf",
        "if",
        "then",
        "const",
        "pattern",
        // Where a definition has its pattern, `words.rs` has the same.
        "id",
        "name",
        "reference",
        "page",
        "date",
        "cidr",
    ];
    fn walk(value: &Value, is_schema: bool, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(table) => {
                for (key, value) in table {
                    if is_schema {
                        found.insert(key.clone());
                    }
                    let names = is_schema
                        && ["properties", "$defs", "dependentRequired"].contains(&key.as_str());
                    walk(value, !names, found);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, true, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    walk(&schema(), true, &mut found);
    let unknown: Vec<&String> = found
        .iter()
        .filter(|key| !KNOWN.contains(&key.as_str()))
        .collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

/// Every place of the profile with other values, without its key, and with its key renamed.
fn variations(profile: &Value) -> Vec<(String, Value)> {
    let numbers = [json!(0), json!(-1), json!(70_000), json!("nonsense")];
    let others = [
        json!(7),
        json!("nonsense"),
        json!(["nonsense"]),
        json!({ "nonsense": "x" }),
    ];
    let mut places = Vec::new();
    pointers(profile, "", &mut places);
    let mut all = Vec::new();
    for place in places {
        let is_number = profile.pointer(&place).unwrap().is_number();
        let odd = if is_number { &numbers[..] } else { &others };
        for value in odd {
            let mut changed = profile.clone();
            *changed.pointer_mut(&place).unwrap() = value.clone();
            all.push((format!("{place} = {value}"), changed));
        }
        let (table, key) = place.rsplit_once('/').unwrap();
        let key = key.replace("~1", "/").replace("~0", "~");
        let mut without = profile.clone();
        if let Some(table) = without.pointer_mut(table).and_then(Value::as_object_mut) {
            let value = table.remove(&key).unwrap();
            let mut renamed = table.clone();
            all.push((format!("{place} missing"), without.clone()));
            renamed.insert(format!("{key}_x"), value);
            *without
                .pointer_mut(&place[..place.rfind('/').unwrap()])
                .unwrap() = Value::Object(renamed);
            all.push((format!("{place} renamed"), without));
        }
    }
    all
}

fn pointers(value: &Value, place: &str, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(table) => table
            .iter()
            .map(|(key, value)| (key.replace('~', "~0").replace('/', "~1"), value))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(at, item)| (at.to_string(), item))
            .collect(),
        _ => Vec::new(),
    };
    for (key, child) in children {
        let below = format!("{place}/{key}");
        found.push(below.clone());
        pointers(child, &below, found);
    }
}

/// What only the whole profile shows to be wrong, which no schema can say: names of variables, rows and
/// files that do not exist, values that are not of a variable's type, the forms of hosts and ports.
fn beyond_a_schema(what: &str) -> bool {
    let (place, _) = what.split_once(' ').unwrap();
    let end = place.rsplit('/').next().unwrap();
    let texts = [
        "host",
        "hosts",
        "name",
        "sni",
        "url",
        "tenant",
        "within",
        "control",
        "body",
        "X-Site",
        "id",
        "sample",
        "all",
        "any",
        "equal",
        "required_if",
        "include",
        "prerequisite",
    ];
    texts.contains(&end)
        || place.starts_with("/variables")
        || place.starts_with("/override/")
        || place.contains("/published/")
}

/// How the schema and the parser differ over a profile.
fn disagreement(validator: &Validator, what: &str, profile: &Value) -> Option<String> {
    match (validator.is_valid(profile), accepts(profile)) {
        (false, true) => Some(format!("only the parser accepts {what}")),
        (true, false) if !beyond_a_schema(what) => Some(format!("only the schema accepts {what}")),
        _ => None,
    }
}

#[test]
fn the_parser_and_the_schema_refuse_the_same_values() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let profile = everything();
    assert!(validator.is_valid(&profile) && accepts(&profile));
    let all = variations(&profile);
    assert!(all.len() > 700, "{}", all.len());
    let found: Vec<String> = all
        .iter()
        .filter_map(|(what, changed)| disagreement(&validator, what, changed))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Texts that have the form of an id, a page, a day or a name, and texts that nearly have.
const TEXTS: [&str; 20] = [
    "",
    "a",
    "a.b-c",
    "a b",
    "a/b",
    "a/b/c",
    "/",
    "a/",
    "/b",
    "ä",
    "2026-11-23",
    "2026-13-01",
    "2026-11-32",
    "20261123",
    "2026-11-23 ",
    "https://x",
    "http://",
    "ftp://x",
    "x https://y",
    "name_1-x",
];

/// A small profile with this text where the definition of that name is used.
fn with(definition: &str, text: &str) -> Value {
    let mut profile = json!({
        "profile": { "name": "x", "title": "t", "version": "1" },
        "prerequisite": [{
            "id": "a.b", "title": "t", "severity": "required", "from": ["client"], "owner": "network",
            "sources": [{ "url": "https://x", "says": "s", "read": "2026-11-23" }],
            "check": [{ "id": "c", "title": "t", "dns": { "name": "h.example" } }],
        }],
    });
    let row = &mut profile["prerequisite"][0];
    match definition {
        "id" => row["id"] = json!(text),
        "page" => row["sources"][0]["url"] = json!(text),
        "date" => row["sources"][0]["read"] = json!(text),
        _ => {
            let variable = json!({ "type": "text", "description": "d" });
            profile["variables"] = Value::Object(Map::from_iter([(text.to_owned(), variable)]));
        }
    }
    profile
}

/// The forms that the parser checks by hand are those of the schema's patterns.
#[test]
fn a_text_with_a_form_is_refused_by_both_or_by_none() {
    let schema = schema();
    for definition in ["id", "page", "date", "name"] {
        let validator = jsonschema::validator_for(&schema["$defs"][definition]).unwrap();
        for text in TEXTS {
            let (parser, schema) = (
                accepts(&with(definition, text)),
                validator.is_valid(&json!(text)),
            );
            assert_eq!(parser, schema, "{definition}: `{text}`");
        }
    }
}
