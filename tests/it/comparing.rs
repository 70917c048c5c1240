//! `diff` and `merge`: what has changed, and who sees what.

use serde_json::{Value, json};

use crate::binary;
use crate::formats::{recorded, recorded_value, write};

fn diff(old: &str, new: &str) -> (Option<i32>, Value) {
    let run = binary::run(&["diff", old, new, "--format", "json"]);
    let code = run.code;
    (code, run.json())
}

fn kinds(found: &Value) -> Vec<String> {
    let changes = found["changes"].as_array().unwrap();
    let kind = |change: &Value| {
        let kind = change["kind"].as_str().unwrap();
        format!("{kind} {}", change["id"].as_str().unwrap())
    };
    changes.iter().map(kind).collect()
}

/// The recorded report as it was before the Jamf host went down, drawn in another order.
fn before() -> Value {
    let mut report = recorded_value();
    let rows = report["prerequisites"].as_array_mut().unwrap();
    for row in rows.iter_mut() {
        let id = row["id"].as_str().unwrap().to_owned();
        let check = &mut row["checks"][0];
        if id == "jamf.https" {
            check["verdict"] = json!("pass");
            check["code"] = Value::Null;
        }
        if id == "entra.graph" {
            check["stages"]["tls"]["chain"][0]["issuer"] = json!("O=DigiCert Inc, CN=G2");
            check["stages"]["dns"]["addresses"] = json!([{"address": "20.190.160.9", "ttl": 9}]);
            check["stages"]["tcp"]["ms"] = json!(0.1);
            check["stages"]["tls"]["ms"] = json!(0.1);
            check["stages"]["http"]["ms"] = json!(0.1);
        }
    }
    rows.reverse();
    report
}

#[test]
fn a_diff_names_each_kind_of_change_and_ends_with_1_on_a_new_failure() {
    let old = write("before.json", &before().to_string());
    let (code, found) = diff(&old, &recorded());
    assert_eq!(code, Some(1));
    let kinds = kinds(&found);
    assert!(
        kinds.contains(&"new_failure jamf.https/health-check".to_owned()),
        "{kinds:?}"
    );
    assert!(
        kinds.contains(&"issuer_changed entra.graph/https".to_owned()),
        "{kinds:?}"
    );
    assert!(
        kinds.contains(&"slower entra.graph/https".to_owned()),
        "{kinds:?}"
    );
    let (code, found) = diff(&recorded(), &old);
    assert_eq!(code, Some(0));
    assert!(self::kinds(&found).contains(&"fixed jamf.https/health-check".to_owned()));
}

#[test]
fn the_order_of_rows_is_no_change() {
    let mut turned = recorded_value();
    turned["prerequisites"].as_array_mut().unwrap().reverse();
    let turned = write("turned.json", &turned.to_string());
    let run = binary::run(&["diff", &recorded(), &turned]);
    assert_eq!(run.code, Some(0));
    assert!(
        run.stdout.contains("Nothing has changed."),
        "{}",
        run.stdout
    );
}

#[test]
fn an_address_that_rotates_within_its_block_shows_only_on_request() {
    let mut moved = recorded_value();
    let dns = &mut moved["prerequisites"][0]["checks"][0]["stages"]["dns"]["addresses"];
    *dns = json!([{"address": "17.1.2.3", "ttl": 30}]);
    let near = write("near.json", &moved.to_string());
    let run = binary::run(&["diff", &recorded(), &near]);
    assert!(
        run.stdout.contains("Nothing has changed."),
        "{}",
        run.stdout
    );
    let run = binary::run(&["diff", &recorded(), &near, "-v"]);
    assert!(run.stdout.contains("address changed"), "{}", run.stdout);
    let dns = &mut moved["prerequisites"][0]["checks"][0]["stages"]["dns"]["addresses"];
    *dns = json!([{"address": "10.1.2.3", "ttl": 30}]);
    let far = write("far.json", &moved.to_string());
    let run = binary::run(&["diff", &recorded(), &far, "--format", "markdown"]);
    assert!(
        run.stdout.contains("| vendor block changed |"),
        "{}",
        run.stdout
    );
}

#[test]
fn a_merge_shows_the_rows_on_which_vantages_disagree_first() {
    let mut other = recorded_value();
    let last = other["prerequisites"].as_array().unwrap().len() - 1;
    other["prerequisites"][last]["verdict"] = json!("pass");
    other["vantage"]["hostname"] = json!("branch");
    let other = write("branch.json", &other.to_string());
    let run = binary::run(&["merge", &recorded(), &other, "--format", "json"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let matrix = run.json();
    assert_eq!(matrix["rows"][0]["id"], "jamf.https");
    assert_eq!(matrix["rows"][0]["disagree"], true);
    assert_eq!(matrix["rows"][1]["disagree"], false);
    assert_eq!(matrix["vantages"][1]["label"], "branch (client)");
    for format in ["table", "markdown", "html"] {
        let run = binary::run(&["merge", &recorded(), &other, "--format", format]);
        let (first, second) = (
            run.stdout.find("jamf.https"),
            run.stdout.find("entra.graph"),
        );
        assert!(
            first.is_some() && first < second,
            "{format}: {}",
            run.stdout
        );
    }
}
