//! What a format does at its reader's limits: five thousand rows, thirty causes, no network at all,
//! and a run that has not ended.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::binary;
use crate::formats::{recorded_value, render, write};

/// The recorded report with as many rows in its last prerequisite.
fn with_rows(count: usize, change: impl Fn(usize, &mut Value)) -> Value {
    let mut report = recorded_value();
    let jamf = &mut report["prerequisites"][4];
    let row = jamf["checks"][0].clone();
    let rows = (0..count).map(|number| {
        let mut row = row.clone();
        row["id"] = json!(format!("row-{number}"));
        change(number, &mut row);
        row
    });
    jamf["checks"] = rows.collect();
    report
}

#[test]
fn a_step_summary_of_5000_rows_stays_below_a_mebibyte_and_says_what_is_missing() {
    let report = with_rows(5000, |_, row| {
        row["message"] = json!("no answer ".repeat(30));
    });
    let report = write("large.json", &report.to_string());
    let page = render(&report, "markdown").stdout;
    assert!(page.len() < 1 << 20, "{} bytes", page.len());
    let shown = page.matches("| `").count();
    let said = format!("**Not all is shown**: {} rows are left out", 5005 - shown);
    assert!(shown > 1000 && page.contains(&said), "{shown} rows shown");
    assert!(page.starts_with("## mdm-preflight: fail\n"));
}

#[test]
fn a_step_never_gets_more_than_ten_annotations_and_errors_come_first() {
    let report = with_rows(30, |number, row| {
        let codes = mdm_preflight::code::Code::ALL;
        row["code"] = json!(codes[number]);
    });
    let report = write("causes.json", &report.to_string());
    let drawn = render(&report, "github").stdout;
    let lines: Vec<&str> = drawn.lines().collect();
    assert_eq!(lines.len(), 10, "{drawn}");
    assert!(lines[..9].iter().all(|line| line.starts_with("::error ")));
    assert!(
        lines[9].ends_with("more causes stand in the report"),
        "{drawn}"
    );
}

#[test]
fn a_machine_on_no_network_bails_out() {
    let mut report = recorded_value();
    for row in report["prerequisites"].as_array_mut().unwrap() {
        for check in row["checks"].as_array_mut().unwrap() {
            if check["verdict"] != "skipped" {
                check["verdict"] = json!("inconclusive");
                check["code"] = json!("net_offline");
            }
        }
    }
    let cause = &mut report["diagnoses"][0];
    cause["code"] = json!("net_offline");
    cause["title"] = json!("This machine is on no network");
    let file = write("offline.json", &report.to_string());
    let drawn = render(&file, "tap").stdout;
    let lines: Vec<&str> = drawn.lines().collect();
    assert_eq!(lines[..2], ["TAP version 14", "1..5"], "{drawn}");
    assert!(lines[2].starts_with("Bail out! This machine is on no network. "));
    assert_eq!(lines.len(), 3);

    report["prerequisites"][0]["checks"][0]["code"] = json!("dns_timeout");
    let file = write("online.json", &report.to_string());
    assert!(!render(&file, "tap").stdout.contains("Bail out!"));
}

#[test]
fn what_lacked_a_value_is_no_pass_in_a_test_format() {
    let mut report = recorded_value();
    let jamf = &mut report["prerequisites"][4];
    jamf["verdict"] = json!("inconclusive");
    jamf["checks"][0]["verdict"] = json!("skipped");
    jamf["checks"][0]["code"] = json!("inconclusive_variable");
    jamf["checks"][0]["target"] = json!({"host": null, "port": null});
    let file = write("lacking.json", &report.to_string());
    let junit = render(&file, "junit").stdout;
    let error = junit.find("<error ").unwrap();
    assert!(junit[error..].contains("type=\"inconclusive_variable\""));
    assert!(
        junit.contains("name=\"health-check\" classname"),
        "a name without a target is the id: {junit}"
    );
    assert!(
        render(&file, "tap")
            .stdout
            .contains("not ok 5 - jamf.https")
    );
}

#[test]
fn a_pipe_gets_the_first_lines_while_a_slow_row_still_runs() {
    let mut command = binary::command(&[
        "demo",
        "-q",
        "--fault",
        "push-5223-silent",
        "--format",
        "jsonl",
    ]);
    let started = Instant::now();
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
        lines.push((started.elapsed(), line["event"].clone(), line["id"].clone()));
    }
    assert!(child.wait().unwrap().success());
    let (end, event, _) = lines.last().unwrap();
    assert_eq!(event, "run");
    let early: Vec<_> = lines
        .iter()
        .filter(|(at, event, _)| event == "ended" && *at + Duration::from_secs(2) < *end)
        .collect();
    assert!(early.len() >= 10, "{lines:?}");
    let silent = json!("apple.push.device/courier-5223-6");
    assert!(early.iter().all(|(_, _, id)| *id != silent), "{lines:?}");
}

#[test]
fn a_narrow_terminal_or_a_long_id_gets_rows_without_columns_and_no_line_is_too_long() {
    use mdm_preflight::render::{Format, Look};
    let mut report = recorded_value();
    let long = "a-check-whose-id-is-as-long-as-a-host-name-of-a-vendor";
    for (id, width) in [("health-check", 60), (long, 80), (long, 200)] {
        report["prerequisites"][4]["checks"][0]["id"] = json!(id);
        let report = serde_json::from_value(report.clone()).unwrap();
        let look = Look {
            width,
            color: false,
            verbose: true,
        };
        let mut out = Vec::new();
        Format::Table(look).write(&report, &mut out).unwrap();
        let drawn = String::from_utf8(out).unwrap();
        let matrix = drawn.split("apple.push.device: ").nth(1).unwrap();
        let matrix = matrix.split("Verdict: ").next().unwrap();
        for line in matrix.lines() {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
        let columns = drawn.contains("  Check ");
        assert_eq!(columns, width == 200, "{width}: {drawn}");
        assert!(
            columns || drawn.contains(&format!("  {id}: fail\n      DNS 4.0 ms, TCP x 3.4 ms\n"))
        );
    }
}
