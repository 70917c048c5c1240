//! `--redact`: markers stand everywhere an organisation, a machine or a person can show, and none of
//! them is left in any format.

use serde_json::{Value, json};

use crate::binary;
use crate::formats::{FORMATS, recorded_value, scratch, write};

/// What must not be left. All are in the planted report, and the test makes sure of it.
pub(crate) const MARKERS: [&str; 9] = [
    "marker",
    "jdoe",
    "10.66.6.",
    "2001:db8:66::",
    "198.51.100.66",
    "fd66::",
    "72f988bf-86f1-41af-91ab-2d7cd011db47",
    "5ec2e7",
    "Marker GmbH",
];

pub(crate) fn planted() -> Value {
    let text = recorded_value().to_string();
    let mut report: Value = serde_json::from_str(
        &text
            .replace("jamf.example.com", "mdm.acme-marker.example")
            .replace("54.93.118.77", "198.51.100.66")
            .replace("Zscaler Inc.", "Acme Marker GmbH")
            .replace("Lab Inspection CA", "Acme Marker CA"),
    )
    .unwrap();
    report["vantage"] = json!({
        "roles": ["client"], "hostname": "jdoe-mac.marker.example", "os": "macos",
        "interface": "en0", "addresses": ["10.66.6.6", "2001:db8:66::6"], "gateway": "10.66.6.1",
        "tunnel": true, "extensions": ["Marker Filter"], "resolvers": ["10.66.6.53:53"],
        "proxy": "proxy.marker.example:3128", "proxy_unused": "http://marker-lan:3128",
    });
    report["profiles"][0]["origin"] = json!({"file": "/Users/jdoe/marker.toml"});
    report["profiles"][0]["name"] = json!("office-marker-7");
    report["profiles"][0]["title"] = json!("Marker Office");
    report["remarks"] = json!([
        "jdoe-mac leaves through proxy.marker.example:3128",
        "tenant 72f988bf-86f1-41af-91ab-2d7cd011db47 of jdoe@acme-marker.example",
        "read /Users/jdoe/marker.toml, [fd66::1]:53 answered"
    ]);
    let cause = &mut report["diagnoses"][0];
    cause["evidence"] = json!([
        "icmp from 10.66.6.1",
        "10.66.6.6 to 17.1.2.3:5223",
        "told to use http://marker-lan:3128, left aside"
    ]);
    cause["change_request"] = json!("from 10.66.6.6 (jdoe-mac)\nto 198.51.100.66:8443");
    cause["affects"] = json!(["marker.wiki/marker-page"]);
    let mut own = report["prerequisites"][4].clone();
    own["id"] = json!("marker.wiki");
    own["title"] = json!("The Marker wiki");
    own["remedy"] = json!("call jdoe");
    own["checks"][0]["id"] = json!("marker-page");
    own["checks"][0]["source"] = json!({"file": "/Users/jdoe/marker.toml", "line": 7});
    report["prerequisites"].as_array_mut().unwrap().push(own);
    let dns = &mut report["prerequisites"][4]["checks"][0]["stages"]["dns"];
    dns["cname"] = json!(["lb.marker.example"]);
    dns["resolver"] = json!("10.66.6.53:53");
    let graph = &mut report["prerequisites"][2]["checks"][0];
    graph["stages"]["tcp"]["local"] = json!("10.66.6.6:50000");
    graph["stages"]["tls"]["chain"][0]["sha256"] = json!("5ec2e7");
    graph["stages"]["http"]["headers"] = json!({"x-marker": "marker"});
    graph["stages"]["http"]["location"] = json!("https://sso.marker.example/?user=jdoe");
    graph["stages"]["app"]["facts"] = json!({
        "display_name": "Marker GmbH app", "redirects": ["https://mdm.acme-marker.example:8443/"],
        "tenant_id": "72f988bf-86f1-41af-91ab-2d7cd011db47",
    });
    graph["message"] = json!("the app Marker GmbH app is there");
    report
}

#[test]
fn nothing_that_names_anybody_remains_in_any_format() {
    let report = planted();
    let text = report.to_string();
    for marker in MARKERS {
        assert!(text.contains(marker), "{marker} was not planted");
    }
    let report = write("planted.json", &text);
    for format in FORMATS {
        let path = scratch(&format!("redacted.{format}")).display().to_string();
        let output = format!("{format}:{path}");
        let run = binary::run(&[
            "render", &report, "--redact", "--format", format, "--output", &output, "-v",
        ]);
        assert!(run.stderr.is_empty(), "{format}: {}", run.stderr);
        for shown in [run.stdout, std::fs::read_to_string(path).unwrap()] {
            let shown = shown.to_lowercase();
            for marker in MARKERS {
                let at = shown.find(&marker.to_lowercase());
                let around = at.map(|at| &shown[at.saturating_sub(60)..(at + 40).min(shown.len())]);
                assert_eq!(around, None, "{marker} in {format}");
            }
        }
    }
}

#[test]
fn what_is_everybodys_stays_so_that_a_redacted_report_still_helps() {
    let report = write("planted-too.json", &planted().to_string());
    let run = binary::run(&["render", &report, "--redact", "--format", "json"]);
    let redacted = run.json();
    let courier = &redacted["prerequisites"][0]["checks"][0];
    assert_eq!(courier["target"]["host"], "6-courier.push.apple.com");
    assert_eq!(courier["stages"]["tcp"]["peer"], "17.249.185.12:5223");
    assert_eq!(courier["code"], "tcp_silent");
    assert_eq!(redacted["prerequisites"][4]["id"], "jamf.https");
    assert_eq!(redacted["counts"], recorded_value()["counts"]);
}

#[test]
fn a_run_that_is_redacted_shows_nothing_before_it_ends() {
    let run = binary::run(&[
        "demo",
        "-q",
        "--fault",
        "jamf-down",
        "--format",
        "jsonl",
        "--redact",
    ]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(!run.stdout.contains("jamf.example.com"), "{}", run.stdout);
}

#[test]
fn a_machine_may_be_called_like_a_word_of_the_report() {
    for name in [
        "client", "pass", "direct", "required", "tcp", "public", "network", "dns",
    ] {
        let mut report = planted();
        report["vantage"]["hostname"] = json!(name);
        let report = write("called.json", &report.to_string());
        let run = binary::run(&["render", &report, "--redact", "--format", "json"]);
        let rows = run.json()["prerequisites"].as_array().map(Vec::len);
        assert_eq!(rows, Some(6), "{name}");
    }
}

#[test]
fn single_targets_are_redacted_and_keep_their_rows() {
    let run = binary::run(&[
        "check",
        "-q",
        "tcp://127.0.0.1:1",
        "--redact",
        "--format",
        "json",
    ]);
    let report = run.json();
    let check = &report["prerequisites"][0]["checks"][0];
    assert_eq!(check["code"], "tcp_refused_rst", "{}", run.stdout);
    assert_eq!(check["id"], "check-2");
}

#[test]
fn a_dns_server_that_was_named_with_its_port_costs_no_row() {
    // Nobody listens there.
    let free = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let server = free.local_addr().unwrap().to_string();
    drop(free);
    let mut arguments = vec!["check", "tcp://wiki.marker.example:443", "--dns", &server];
    arguments.extend(["--proxy", "none", "--skip", "canary", "--redact"]);
    arguments.extend(["--format", "json"]);
    let run = binary::run(&arguments);
    let report = run.json();
    let rows = report["prerequisites"][0]["checks"].as_array();
    assert_eq!(rows.map(Vec::len), Some(1), "{}", run.stdout);
    assert!(!run.stdout.contains("marker"), "{}", run.stdout);
}
