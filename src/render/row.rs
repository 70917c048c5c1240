//! The words by which every format names a row, its target and its times.

use std::fmt::Write as _;

use serde_json::Value;

use super::Look;
use super::text::time;
use crate::code::Stage;
use crate::finding::{Diagnosis, Impact, Verdict};
use crate::net::path::Path;
use crate::report::{Application, Check, PathVerdict, Prerequisite, Report};

/// The width of a stage's column, in characters.
pub(super) const STAGE: usize = 9;
/// A verdict's longest name, and a gap.
pub(super) const VERDICT: usize = 13;

pub(super) fn id(prerequisite: &Prerequisite, check: &Check) -> String {
    format!("{}/{}", prerequisite.id, check.id)
}

/// `tls host:port`, as far as the row has them; nothing of a row that could not be built.
pub(super) fn target(check: &Check) -> String {
    if check.target.host.is_none() {
        return String::new();
    }
    let mut text = check.probe.clone();
    if let Some(host) = &check.target.host {
        text.push(' ');
        text.push_str(host);
    }
    if let Some(port) = check.target.port {
        let _ = write!(text, ":{port}");
    }
    if let Some(path @ Path::Proxy { .. }) = &check.path {
        let _ = write!(text, " {}", way_name(path));
    }
    text
}

/// The stages of a matrix; a proxy's only where one carries a row.
pub(super) fn stages(report: &Report) -> Vec<(Stage, &'static str)> {
    let proxied = report
        .checks()
        .any(|(_, check)| check.stages.proxy.is_some());
    columns(proxied)
}

/// A column for each stage.
pub(super) fn columns(proxied: bool) -> Vec<(Stage, &'static str)> {
    let mut stages = vec![(Stage::Dns, "DNS"), (Stage::Tcp, "TCP")];
    stages.extend(proxied.then_some((Stage::Proxy, "PROXY")));
    stages.extend([(Stage::Tls, "TLS"), (Stage::Http, "HTTP")]);
    stages
}

/// The time of a stage; `x` marks the one that decides against the row.
pub(super) fn cell(check: &Check, stage: Stage) -> String {
    let at_fault = check.stage == Some(stage)
        && matches!(check.verdict, Verdict::Fail | Verdict::Inconclusive);
    match check.stages.times().get(&stage) {
        Some(ms) if at_fault => format!("x {}", time(*ms)),
        Some(ms) => time(*ms),
        None if at_fault => "x".to_owned(),
        None => "-".to_owned(),
    }
}

/// The columns of the two ways out, where both were tried.
pub(super) fn ways(report: &Report) -> &'static [(&'static str, bool)] {
    if report.checks().any(|(_, check)| !check.paths.is_empty()) {
        &[("Direct", false), ("Proxied", true)]
    } else {
        &[]
    }
}

/// What a way out came to; nothing where the row does not take it.
pub(super) fn way(check: &Check, proxied: bool) -> Option<&PathVerdict> {
    let is = |one: &&PathVerdict| (one.path != Path::Direct) == proxied;
    check.paths.iter().find(is)
}

/// The way out that is not the row's own, where it came to less: its reason stands nowhere else.
pub(super) fn lost_way(check: &Check) -> Option<&PathVerdict> {
    let own = check.path.as_ref();
    let mut others = check.paths.iter().filter(|one| Some(&one.path) != own);
    others.find(|one| one.verdict.rank() > Verdict::Pass.rank())
}

/// What was seen of a way out, with its code.
pub(super) fn way_end(one: &PathVerdict) -> String {
    let code = one.code.map(|code| format!(" [{code}]"));
    format!("{}{}", one.message, code.unwrap_or_default())
}

/// As a word of a sentence.
pub(super) fn way_name(path: &Path) -> String {
    match path {
        Path::Direct => "directly".to_owned(),
        Path::Proxy { proxy, .. } => format!("through {proxy}"),
    }
}

/// The time of all its stages.
pub(super) fn ms(check: &Check) -> f64 {
    check.stages.times().values().sum()
}

/// Formats that count in seconds show a millionth.
pub(super) fn seconds(ms: f64) -> String {
    format!("{:.6}", ms / 1000.0)
}

pub(super) const fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Local => "local",
        Stage::Dns => "dns",
        Stage::Tcp => "tcp",
        Stage::Proxy => "proxy",
        Stage::Tls => "tls",
        Stage::Http => "http",
        Stage::App => "app",
    }
}

/// What stands against the row, with its code.
pub(super) fn message(check: &Check) -> String {
    match check.code {
        Some(code) if check.verdict != Verdict::Skipped => format!("{} [{code}]", check.message),
        _ => check.message.clone(),
    }
}

/// The evidence beside the message: findings, further answers, what was learned.
pub(super) fn evidence(check: &Check) -> Vec<String> {
    let mut lines: Vec<String> = check
        .findings
        .iter()
        .map(|f| format!("{}: expected {}, saw {}", f.code, f.expected, f.actual))
        .collect();
    for one in &check.paths {
        let (way, end) = (way_name(&one.path), way_end(one));
        lines.push(format!("{way}: {}, {end}", one.verdict));
    }
    for further in &check.follow_ups {
        lines.push(format!("asked {}: {}", further.question, further.answer));
    }
    lines.extend(
        facts(check)
            .into_iter()
            .map(|(name, value)| format!("{name}: {value}")),
    );
    lines
}

/// The diagnosis that explains the row.
pub(super) fn cause<'a>(report: &'a Report, check: &Check) -> Option<&'a Diagnosis> {
    let id = check.explained_by.as_ref()?;
    report.diagnoses.iter().find(|cause| cause.id == *id)
}

/// The cause of a row in a line, with who mends it and how.
pub(super) fn cause_line(cause: &Diagnosis) -> String {
    format!(
        "cause: {} [{}, {} confidence, owner: {}]; to mend it: {}",
        cause.title, cause.id, cause.confidence, cause.owner, cause.remedy
    )
}

/// What applications get, and what the row learned above the network, each as its name in words and its value.
pub(super) fn facts(check: &Check) -> Vec<(String, String)> {
    let race = check.application.iter();
    let race = race.map(|race| ("applications".to_owned(), chosen(race)));
    let facts = check.stages.app.iter().flat_map(|app| &app.facts);
    let facts = facts.map(|(name, value)| (name.replace('_', " "), fact(value)));
    race.chain(facts).collect()
}

fn chosen(race: &Application) -> String {
    let late = if race.late_ms < 1.0 {
        String::new()
    } else {
        let late = time(race.late_ms);
        format!(", {late} later than to the quickest address alone")
    };
    let end = if race.works { "" } else { ", and fail there" };
    format!(
        "connect to {} after {}{late}{end}",
        race.address,
        time(race.ms)
    )
}

fn fact(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) => items.iter().map(fact).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// What a cause does, each on its own, and what it leaves alone, in words.
pub(super) fn impact(impact: &Impact) -> Vec<(&'static str, String)> {
    let parts = [
        ("Breaks", &impact.breaks),
        ("Weakens", &impact.weakens),
        ("Not known", &impact.unknown),
    ];
    let mut said: Vec<(&str, String)> = parts
        .into_iter()
        .flat_map(|(word, texts)| texts.iter().map(move |text| (word, text.clone())))
        .collect();
    if !impact.works.is_empty() {
        said.push(("Still works", impact.works.join("; ")));
    }
    said
}

/// The first three ids of rows, or all of them.
pub(super) fn some(rows: &[String], look: Look) -> String {
    match rows.len() {
        4.. if !look.verbose => format!("{} and {} more", rows[..3].join(", "), rows.len() - 3),
        _ => rows.join(", "),
    }
}

/// How long each stage took, in order.
pub(super) fn timeline(check: &Check) -> String {
    let parts: Vec<String> = check
        .stages
        .times()
        .iter()
        .map(|(name, ms)| format!("{} {ms:.1} ms", stage(*name)))
        .collect();
    parts.join(", ")
}

/// The rows whose verdict is worse than pass, worst first and else in the report's order.
pub(super) fn bad(report: &Report) -> Vec<(&Prerequisite, &Check)> {
    let mut rows: Vec<_> = report
        .checks()
        .filter(|(_, check)| check.verdict.rank() > Verdict::Pass.rank())
        .collect();
    rows.sort_by_key(|(_, check)| std::cmp::Reverse(check.verdict.rank()));
    rows
}

/// One line: `pass 3, fail 1`, without the verdicts that nothing has.
pub(super) fn counts(count: crate::report::Count) -> String {
    let parts: Vec<String> = [
        (count.pass, Verdict::Pass),
        (count.degraded, Verdict::Degraded),
        (count.fail, Verdict::Fail),
        (count.inconclusive, Verdict::Inconclusive),
        (count.skipped, Verdict::Skipped),
    ]
    .iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, verdict)| format!("{number} {verdict}"))
    .collect();
    parts.join(", ")
}

/// The distinct codes of the rows that are worse than pass, in the report's order.
pub(super) fn codes<'a>(checks: impl Iterator<Item = &'a Check>) -> Vec<&'static str> {
    let mut codes = Vec::new();
    for check in checks.filter(|check| check.verdict.rank() > Verdict::Pass.rank()) {
        if let Some(code) = check.code
            && !codes.contains(&code.name())
        {
            codes.push(code.name());
        }
    }
    codes
}

/// The causes that were found, then the codes of the rows that none of them explains.
pub(super) fn causes(report: &Report) -> Vec<&str> {
    let mut causes: Vec<&str> = report.diagnoses.iter().map(|d| d.code.as_str()).collect();
    let open = report.checks().map(|(_, check)| check);
    causes.extend(codes(open.filter(|check| check.explained_by.is_none())));
    causes
}

/// Prerequisites with a row that is worse than pass and that no diagnosis explains.
pub(super) fn unexplained(report: &Report) -> Vec<&Prerequisite> {
    let open =
        |check: &Check| check.verdict.rank() > Verdict::Pass.rank() && check.explained_by.is_none();
    report
        .prerequisites
        .iter()
        .filter(|prerequisite| prerequisite.verdict.rank() > Verdict::Pass.rank())
        .filter(|prerequisite| prerequisite.checks.iter().any(open))
        .collect()
}
