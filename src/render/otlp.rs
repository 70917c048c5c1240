//! A run as a trace in OTLP's JSON: the run is the root, a check its child, a stage a grandchild.
//!
//! A report says how long things took, not when each began: stages follow each other from the start.

use std::fmt::Write as _;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::row;
use crate::finding::Verdict;
use crate::report::{Check, Prerequisite, Report};

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let trace = Trace::of(report);
    let mut spans = vec![trace.root(report)];
    for (prerequisite, check) in report.checks() {
        if check.verdict != Verdict::Skipped {
            trace.check(prerequisite, check, &mut spans);
        }
    }
    let document = json!({"resourceSpans": [{
        "resource": {"attributes": [
            text("service.name", "mdm-preflight"),
            text("service.version", &report.tool.version),
            text("host.name", &report.vantage.hostname),
        ]},
        "scopeSpans": [{
            "scope": {"name": "mdm-preflight", "version": report.tool.version},
            "spans": spans,
        }],
    }]});
    serde_json::to_writer(&mut *out, &document)?;
    writeln!(out)
}

struct Trace {
    id: String,
    run: String,
    start: u64,
}

impl Trace {
    fn of(report: &Report) -> Self {
        let start = report
            .run
            .started
            .parse::<jiff::Timestamp>()
            .ok()
            .and_then(|at| u64::try_from(at.as_nanosecond()).ok());
        Self {
            id: digest(&report.run.id, 16),
            run: report.run.id.clone(),
            start: start.unwrap_or(0),
        }
    }

    fn span(&self, name: &str, parent: Option<&str>, begin: f64, ms: f64) -> Value {
        let path = format!("{}\n{}\n{name}", self.run, parent.unwrap_or_default());
        json!({
            "traceId": self.id,
            "spanId": digest(&path, 8),
            "parentSpanId": parent.unwrap_or_default(),
            "name": name,
            "kind": 3,
            "startTimeUnixNano": self.at(begin),
            "endTimeUnixNano": self.at(begin + ms),
        })
    }

    /// Nanoseconds as OTLP wants them: a decimal string.
    fn at(&self, ms: f64) -> String {
        let since = std::time::Duration::try_from_secs_f64(ms / 1000.0).unwrap_or_default();
        let nanoseconds = u64::try_from(since.as_nanos()).unwrap_or(u64::MAX);
        self.start.saturating_add(nanoseconds).to_string()
    }

    fn root(&self, report: &Report) -> Value {
        let ms = std::time::Duration::from_millis(report.run.duration_ms).as_secs_f64() * 1000.0;
        let mut span = self.span("run", None, 0.0, ms);
        span["kind"] = json!(1);
        span["attributes"] = json!([text("preflight.verdict", report.verdict.name())]);
        span["status"] = status(report.verdict, &report.remarks.join("; "));
        span
    }

    fn check(&self, prerequisite: &Prerequisite, check: &Check, spans: &mut Vec<Value>) {
        let root = digest(&format!("{}\n\nrun", self.run), 8);
        let id = row::id(prerequisite, check);
        let mut span = self.span(&id, Some(&root), 0.0, row::ms(check));
        span["attributes"] = attributes(check);
        span["status"] = status(check.verdict, &check.message);
        let parent = span["spanId"].as_str().unwrap_or_default().to_owned();
        spans.push(span);
        let mut begin = 0.0;
        for (stage, ms) in check.stages.times() {
            let mut span = self.span(row::stage(stage), Some(&parent), begin, ms);
            if check.stage == Some(stage) && check.verdict == Verdict::Fail {
                span["status"] = status(check.verdict, &check.message);
            }
            spans.push(span);
            begin += ms;
        }
    }
}

fn attributes(check: &Check) -> Value {
    let mut list = vec![
        text("preflight.probe", &check.probe),
        text("preflight.verdict", check.verdict.name()),
    ];
    if let Some(host) = &check.target.host {
        list.push(text("server.address", host));
    }
    if let Some(port) = check.target.port {
        list.push(number("server.port", i64::from(port)));
    }
    if let Some(tcp) = &check.stages.tcp {
        list.push(text("network.transport", "tcp"));
        list.push(text("network.peer.address", &tcp.peer.ip().to_string()));
        list.push(number("network.peer.port", i64::from(tcp.peer.port())));
    }
    let version = check
        .stages
        .tls
        .as_ref()
        .and_then(|tls| tls.seen.version.as_deref());
    if let Some(version) = version {
        list.push(text(
            "tls.protocol.version",
            version.trim_start_matches("TLS"),
        ));
    }
    if let Some(status) = check.stages.http.as_deref().and_then(|http| http.status) {
        list.push(number("http.response.status_code", i64::from(status)));
    }
    if let Some(code) = check.code {
        list.push(text("error.type", code.name()));
    }
    Value::Array(list)
}

/// 1 is "ok" and 2 is "error"; what could not be decided is left unset.
fn status(verdict: Verdict, message: &str) -> Value {
    match verdict {
        Verdict::Fail => json!({"code": 2, "message": message}),
        Verdict::Pass | Verdict::Degraded => json!({"code": 1}),
        Verdict::Inconclusive | Verdict::Skipped => json!({}),
    }
}

fn text(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

fn number(key: &str, value: i64) -> Value {
    json!({"key": key, "value": {"intValue": value.to_string()}})
}

/// Ids that are the same whenever the same report is drawn.
fn digest(of: &str, bytes: usize) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, of.as_bytes());
    let mut text = String::new();
    for byte in digest.as_ref().iter().take(bytes) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
