//! SARIF 2.1.0: each result stands at the line of the profile that asked for it, so that a code
//! host shows it beside the rule that broke.

use std::fmt::Write as _;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::line::{Line, Mark};
use super::row;
use crate::advice;
use crate::code::Code;
use crate::finding::{Diagnosis, Verdict};
use crate::profile::Severity;
use crate::report::{Check, Prerequisite, Report};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub(super) fn write(report: &Report, line: Line, out: &mut dyn Write) -> io::Result<()> {
    let rows = row::bad(report);
    let mut codes: Vec<Code> = rows.iter().filter_map(|(_, check)| check.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let results: Vec<Value> = rows
        .iter()
        .map(|(prerequisite, check)| result(report, prerequisite, check, line))
        .collect();
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "mdm-preflight",
                "semanticVersion": report.tool.version,
                "rules": codes.iter().map(|code| rule(*code)).collect::<Vec<_>>(),
            }},
            "automationDetails": {"id": format!("mdm-preflight/{}", report.run.id)},
            "columnKind": "utf16CodeUnits",
            "results": results,
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn rule(code: Code) -> Value {
    let words = advice::of(code);
    json!({
        "id": code.name(),
        "shortDescription": {"text": words.meaning},
        "fullDescription": {"text": words.seen},
        "help": {"text": words.next},
        "properties": {"owner": code.owner()},
    })
}

fn result(report: &Report, prerequisite: &Prerequisite, check: &Check, line: Line) -> Value {
    let level = match line.mark(prerequisite, check) {
        Mark::Failed => "error",
        _ if prerequisite.severity == Severity::Informational => "note",
        _ => "warning",
    };
    let id = row::id(prerequisite, check);
    let code = check.code.map_or("no_code", Code::name);
    let place = check.source.as_ref();
    let cause = row::cause(report, check);
    let mut result = json!({
        "ruleId": code,
        "level": level,
        "message": {"text": said(&id, check, cause)},
        "locations": [{
            "physicalLocation": {
                "artifactLocation": {"uri": uri(place.map_or("mdm-preflight", |p| &p.file))},
                "region": {"startLine": place.map_or(1, |place| place.line.max(1))},
            },
            "logicalLocations": [{"fullyQualifiedName": id}],
        }],
        "partialFingerprints": {"prerequisiteCheckCode/v1": format!("{id}:{code}")},
        "properties": {"verdict": check.verdict, "severity": prerequisite.severity},
    });
    if check.verdict == Verdict::Inconclusive {
        result["properties"]["undecided"] = json!(true);
    }
    if let Some(cause) = cause {
        result["properties"]["diagnosis"] = json!(cause.id);
        result["properties"]["owner"] = json!(cause.owner);
    }
    result
}

fn said(id: &str, check: &Check, cause: Option<&Diagnosis>) -> String {
    let message = row::message(check);
    let mut said = match row::target(check) {
        target if target.is_empty() => format!("{id}: {message}"),
        target => format!("{id} ({target}): {message}"),
    };
    if let Some(cause) = cause {
        let _ = write!(said, "\n{}", row::cause_line(cause));
    }
    said
}

/// A relative reference, or a file URI for an absolute path; anything unusual is percent-encoded.
fn uri(path: &str) -> String {
    let path = path.replace('\\', "/");
    let mut uri = String::new();
    if path.starts_with('/') {
        uri.push_str("file://");
    } else if path.as_bytes().get(1) == Some(&b':') {
        uri.push_str("file:///");
    }
    for byte in path.trim_start_matches("./").bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    if uri.is_empty() {
        uri.push_str("mdm-preflight");
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn a_path_becomes_a_reference_that_a_code_host_accepts() {
        assert_eq!(uri("./rules/office net.toml"), "rules/office%20net.toml");
        assert_eq!(uri("/etc/preflight.toml"), "file:///etc/preflight.toml");
        assert_eq!(uri("javascript:alert(1)"), "javascript%3Aalert%281%29");
        assert_eq!(uri(""), "mdm-preflight");
    }
}
