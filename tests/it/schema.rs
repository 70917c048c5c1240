//! The published schemas: what the program writes and ships fits them, and what is broken does not.

use jsonschema::Validator;
use mdm_preflight::profile::BUILTINS;
use serde_json::{Value, json};

use crate::binary;
use crate::demo::{checks, runs};

/// The keys of every check, whatever became of it.
const CONTRACT: [&str; 19] = [
    "id",
    "title",
    "probe",
    "target",
    "path",
    "expect",
    "verdict",
    "provisional",
    "code",
    "stage",
    "message",
    "findings",
    "control",
    "attempts",
    "stages",
    "addresses",
    "source",
    "follow_ups",
    "explained_by",
];

/// A clean run, and one that ends at each stage.
const SHOWN: [Option<&str>; 7] = [
    None,
    Some("dns-nxdomain"),
    Some("courier-port-closed"),
    Some("range-partial"),
    Some("cert-expired"),
    Some("block-page"),
    Some("dns-servfail"),
];

const PROFILES: [&str; 2] = [
    include_str!("../../profiles/jamf-intune.toml"),
    include_str!("../../profiles/microsoft-2019.toml"),
];

fn schema(of: &str) -> Validator {
    let run = binary::run(&["schema", of]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    let schema = run.json();
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    jsonschema::validator_for(&schema).unwrap()
}

fn problems(schema: &Validator, value: &Value) -> Vec<String> {
    let errors = schema.iter_errors(value);
    errors
        .map(|error| format!("{}: {error}", error.instance_path))
        .collect()
}

#[test]
fn every_report_fits_the_published_schema() {
    let schema = schema("report");
    for fault in SHOWN {
        let report = runs::of(fault).run.json();
        assert_eq!(problems(&schema, &report), [""; 0], "{fault:?}");
        assert_eq!(report["schema"], "mdm-preflight/report/1");
    }
}

#[test]
fn every_check_has_every_key_and_no_stage_that_was_not_reached() {
    for fault in SHOWN {
        for (id, check) in checks(&runs::of(fault).run.json()) {
            let check = check.as_object().unwrap();
            for key in CONTRACT {
                assert!(check.contains_key(key), "{fault:?}: {id} has no {key}");
            }
            let stages = check["stages"].as_object().unwrap();
            for (stage, seen) in stages {
                assert!(seen.is_object(), "{fault:?}: {id}: {stage} is {seen}");
            }
            let untouched = check["verdict"] == "skipped" && check["code"].is_null();
            assert!(!untouched || stages.is_empty(), "{fault:?}: {id}");
            // A Mac that is asked about itself is no target.
            let asked = check["target"]["host"].is_string();
            assert!(asked || check["probe"] == "device", "{fault:?}: {id}");
        }
    }
}

#[test]
fn a_check_that_ended_at_a_stage_shows_no_later_one() {
    let cases = [
        ("dns-nxdomain", "entra.graph/https", "dns", &["dns"][..]),
        (
            "courier-port-closed",
            "apple.push.device/courier-5223-6",
            "tcp",
            &["dns", "tcp"],
        ),
        (
            "block-page",
            "entra.token/path",
            "http",
            &["dns", "http", "tcp", "tls"],
        ),
    ];
    for (fault, id, stage, reached) in cases {
        let report = runs::of(Some(fault)).run.json();
        let (_, check) = checks(&report).find(|(known, _)| known == id).unwrap();
        assert_eq!(check["stage"], stage, "{fault}");
        let mut stages: Vec<&str> = check["stages"]
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        stages.sort_unstable();
        assert_eq!(stages, reached, "{fault}: {id}");
    }
}

#[test]
fn a_report_with_a_key_lost_or_a_type_wrong_does_not_fit() {
    let schema = schema("report");
    let sound = runs::of(Some("cert-expired")).run.json();
    let at = "/prerequisites/0/checks/0";
    for key in CONTRACT {
        let mut broken = sound.clone();
        let check = broken.pointer_mut(at).unwrap().as_object_mut().unwrap();
        let value = check.remove(key).unwrap();
        check.insert(format!("{key}_"), value);
        assert!(!schema.is_valid(&broken), "{key} may be missing");
    }
    let wrong = [
        ("/schema", json!(1)),
        ("/verdict", json!("green")),
        ("/run/duration_ms", json!("412")),
        ("/counts/checks/pass", json!(-1)),
        ("/prerequisites/0/severity", json!("mandatory")),
        ("/prerequisites/0/checks/0/code", json!("filtered")),
        ("/prerequisites/0/checks/0/stages", json!([])),
        ("/prerequisites/0/checks/0/stages/tcp", json!("connected")),
        ("/prerequisites/0/checks/0/target/port", json!("5223")),
        ("/prerequisites/0/checks/0/findings", json!(null)),
    ];
    for (place, value) in wrong {
        let mut broken = sound.clone();
        *broken.pointer_mut(place).unwrap() = value;
        assert!(!schema.is_valid(&broken), "{place}");
    }
}

#[test]
fn the_built_in_profiles_fit_the_schema_that_editors_use() {
    let schema = schema("profile");
    for builtin in BUILTINS {
        let profile: Value = toml::from_str(builtin.text).unwrap();
        assert_eq!(problems(&schema, &profile), [""; 0], "{}", builtin.name);
    }
}

#[test]
fn a_profile_with_any_key_renamed_does_not_fit() {
    let schema = schema("profile");
    for text in PROFILES {
        let sound: Value = toml::from_str(text).unwrap();
        let mut places = Vec::new();
        keys(&sound, "", &mut places);
        assert!(places.len() > 100, "{}", places.len());
        for (place, key) in places {
            let mut broken = sound.clone();
            let table = broken.pointer_mut(&place).unwrap();
            let table = table.as_object_mut().unwrap();
            let value = table.remove(&key).unwrap();
            table.insert(format!("{key}x"), value);
            assert!(!schema.is_valid(&broken), "{place}: {key} renamed");
        }
    }
}

/// Every key that the format fixes, with the place of its table: not names of variables, values or headers.
fn keys(value: &Value, place: &str, found: &mut Vec<(String, String)>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(table) => table.iter().map(|(k, v)| (k.clone(), v)).collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, item)| (index.to_string(), item))
            .collect(),
        _ => return,
    };
    let free = ["/variables", "/values", "/headers", "/override"]
        .iter()
        .any(|end| place.ends_with(end));
    for (key, child) in children {
        let below = format!("{place}/{key}");
        keys(child, &below, found);
        if value.is_object() && !free {
            found.push((place.to_owned(), key));
        }
    }
}

#[test]
fn a_profile_with_a_wrong_value_does_not_fit() {
    let schema = schema("profile");
    let sound: Value = toml::from_str(PROFILES[0]).unwrap();
    let check = "/prerequisite/0/check/0";
    let wrong = [
        ("/profile/name", json!(7)),
        ("/profile/include", json!("jamf-intune")),
        ("/variables/jamf/type", json!("uri")),
        ("/variables/sso_extension/default", json!(false)),
        ("/prerequisite/0/severity", json!("mandatory")),
        ("/prerequisite/0/from", json!("client")),
        ("/prerequisite/0/from", json!(["mac"])),
        ("/prerequisite/0/owner", json!("firewall team")),
        ("/prerequisite/0/check", json!([])),
        ("/prerequisite/0/sources/0/read", json!("23 November")),
        (&format!("{check}/expect"), json!("resolves")),
        (&format!("{check}/expect"), json!("open")),
        (&format!("{check}/equal"), json!("push")),
        (&format!("{check}/dns"), json!({ "name": "example.org" })),
        (&format!("{check}/tls/port"), json!(0)),
        (&format!("{check}/tls/port"), json!(70_000)),
        (&format!("{check}/tls/port"), json!("https")),
        (&format!("{check}/tls/stores"), json!(["windows"])),
        (&format!("{check}/tls/sample"), json!("5")),
        (
            &format!("{check}/tls"),
            json!("courier.push.apple.com:5223"),
        ),
    ];
    for (place, value) in wrong {
        let mut broken = sound.clone();
        let (table, key) = place.rsplit_once('/').unwrap();
        let table = broken.pointer_mut(table).unwrap();
        table[key] = value.clone();
        assert!(!schema.is_valid(&broken), "{place} = {value}");
    }
}

#[test]
fn a_profile_may_use_variables_wherever_a_text_stands() {
    let schema = schema("profile");
    let profile: Value = toml::from_str(
        r#"
        [profile]
        name = "office"
        title = "Head office"
        version = "1"
        include = ["jamf-intune"]

        [variables.port]
        type = "port"
        description = "Where it listens"
        default = "8443"

        [[prerequisite]]
        id = "office.proxy"
        title = "The office"
        severity = "recommended"
        from = ["client", "jamf-server"]
        owner = "proxy"

        [[prerequisite.check]]
        id = "port"
        title = "Open"
        tcp = { host = "${jamf.host}", port = "${port}" }
        expect = "path_open"

        [[prerequisite.check]]
        id = "page"
        title = "Answers"
        http = { url = "${jamf}/x", headers = { X-Tenant = "${tenant|none}" }, body = "${tenant}", json = true }

        [[prerequisite.check]]
        id = "gone"
        title = "Does not exist"
        dns = { name = "old.${jamf.host}" }
        expect = "nxdomain"

        [override."apple.push.provider"]
        skip = true
        "#,
    )
    .unwrap();
    assert_eq!(problems(&schema, &profile), [""; 0]);
}
