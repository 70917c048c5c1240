//! `--redact` again: the same names in every spelling, in every text of the report.

use serde_json::{Value, json};

use crate::binary;
use crate::formats::{FORMATS, recorded_value, write};
use crate::redacting::{MARKERS, planted};

/// Each names the organisation, the machine or a person that `planted` knows, or a stranger to it.
const SPELLINGS: [&str; 19] = [
    "MDM.Acme-Marker.Example.",
    "mdm%2Eacme-marker%2Eexample",
    "https://mdm.acme-marker.example:8443/page?user=1",
    "xn--mrker-gra.example",
    "xn--marker.xn--p1ai",
    "bücher-marker.bücher",
    "http://jdoe:s3cret@proxy.marker.example:3128",
    "JDOE-MAC",
    "10.66.6.6/24",
    "(10.66.6.9)",
    "::ffff:10.66.6.6",
    "2001:0DB8:0066:0::6",
    "[2001:db8:66::6%en0]:443",
    "fe80::66:1%en7,",
    "62.155.66.1",
    "C:\\Users\\jdoe\\office.toml",
    "/opt/acme-marker/office.toml",
    "ACME MARKER GMBH",
    "https://login.microsoftonline.com/72F988BF-86F1-41AF-91AB-2D7CD011DB47/v2.0",
];
const MORE_MARKERS: [&str; 5] = ["s3cret", "db8:0066", "62.155.66", "66:1", "office.toml"];

/// Texts that people, hosts or this program wrote, as against closed words.
const TEXTS: [&str; 19] = [
    "actual",
    "advice",
    "answer",
    "change_request",
    "cname",
    "detail",
    "evidence",
    "expected",
    "location",
    "message",
    "os",
    "question",
    "reason",
    "remarks",
    "remedy",
    "says",
    "server",
    "summary",
    "why",
];

fn spread(value: &mut Value, key: &str, count: &mut usize) {
    match value {
        Value::String(text) if TEXTS.contains(&key) => {
            for spelling in SPELLINGS {
                text.push(' ');
                text.push_str(spelling);
            }
            *count += 1;
        }
        Value::Array(items) => items.iter_mut().for_each(|item| spread(item, key, count)),
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                spread(field, name, count);
            }
        }
        _ => {}
    }
}

fn redacted(name: &str, report: &Value, format: &str) -> String {
    let report = write(name, &report.to_string());
    let run = binary::run(&["render", &report, "--redact", "--format", format, "-v"]);
    assert!(run.stderr.is_empty(), "{format}: {}", run.stderr);
    run.stdout
}

#[test]
fn no_spelling_of_a_name_an_address_or_a_path_remains_in_any_text() {
    let mut report = planted();
    let mut count = 0;
    spread(&mut report, "", &mut count);
    assert!(count > 60, "{count} texts");
    // An organisation's own requirement, under an id that begins like a built-in one.
    let mut own = report["prerequisites"][4].clone();
    own["id"] = json!("mac.marker-wiki");
    own["title"] = json!("The Marker wiki");
    own["checks"][0]["title"] = json!("Marker's page");
    own["reason"] = json!("running on the fallback: Marker's page works");
    report["prerequisites"].as_array_mut().unwrap().push(own);
    report["vantage"]["interface"] = json!("wg-marker");
    report["diagnoses"][0]["summary"] = json!("The Marker wiki leaves through WG-MARKER");
    for format in FORMATS {
        let shown = redacted("spelt.json", &report, format).to_lowercase();
        for marker in MARKERS.iter().chain(&MORE_MARKERS) {
            let at = shown.find(&marker.to_lowercase());
            let around = at.map(|at| {
                let (from, to) = (at.saturating_sub(60), (at + 40).min(shown.len()));
                String::from_utf8_lossy(&shown.as_bytes()[from..to]).into_owned()
            });
            assert_eq!(around, None, "{marker} in {format}");
        }
    }
}

#[test]
fn what_was_redacted_once_is_not_changed_by_doing_it_again() {
    let once = redacted("once.json", &planted(), "json");
    let again = redacted("again.json", &serde_json::from_str(&once).unwrap(), "json");
    assert_eq!(once, again);
}

#[test]
fn a_report_that_names_nobody_keeps_its_vendors_and_their_addresses() {
    let shown = redacted("nobody.json", &recorded_value(), "table").replace('\n', " ");
    for kept in [
        "17.188.131.88:5223: no answer to 3 connects",
        "apple.push.device",
        "https://support.apple.com/102266",
        "Macs reach Apple's couriers",
        "tcp_silent",
    ] {
        assert!(shown.contains(kept), "{kept} is gone: {shown}");
    }
}
