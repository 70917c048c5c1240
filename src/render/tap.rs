//! TAP version 14: a test point for each prerequisite, its checks as a subtest before it, diagnostics
//! as YAML. A reader that knows no subtests sees the prerequisites.

use std::io::{self, Write};

use super::line::{Line, Mark};
use super::row;
use crate::code::Code;
use crate::finding::{Diagnosis, Verdict};
use crate::report::{Check, Prerequisite, Report};

pub(super) fn write(report: &Report, line: Line, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "TAP version 14")?;
    writeln!(out, "1..{}", report.prerequisites.len())?;
    if line != Line::Never
        && let Some(offline) = offline(report)
    {
        let (title, remedy) = (one_line(&offline.title), one_line(&offline.remedy));
        return writeln!(out, "Bail out! {title}. {remedy}");
    }
    for (number, prerequisite) in (1..).zip(&report.prerequisites) {
        let name = escaped(&prerequisite.id);
        writeln!(out, "# Subtest: {name}")?;
        writeln!(out, "    1..{}", prerequisite.checks.len())?;
        for (number, check) in (1..).zip(&prerequisite.checks) {
            let mark = line.mark(prerequisite, check);
            let point = point(number, &check.id, mark, &check.message);
            writeln!(out, "    {point}")?;
            if mark != Mark::Skipped {
                block(&about_check(report, check), "      ", out)?;
            }
        }
        let mark = line.mark_whole(prerequisite);
        let why = prerequisite.checks.first();
        let why = why.map_or("", |check| check.message.as_str());
        writeln!(out, "{}", point(number, &prerequisite.id, mark, why))?;
        if mark != Mark::Skipped {
            block(&about(prerequisite), "  ", out)?;
        }
    }
    Ok(())
}

/// What kept the machine from asking anything: there is nothing to go on with.
fn offline(report: &Report) -> Option<&Diagnosis> {
    let mut tested = report
        .checks()
        .map(|(_, check)| check)
        .filter(|check| check.verdict != Verdict::Skipped)
        .peekable();
    tested.peek()?;
    let code = Code::NetOffline;
    let all = tested.all(|check| check.code == Some(code));
    let mut causes = report.diagnoses.iter().filter(|_| all);
    causes.find(|cause| cause.code == code.name())
}

fn point(number: usize, id: &str, mark: Mark, why: &str) -> String {
    let word = match mark {
        Mark::Passed | Mark::Skipped => "ok",
        Mark::Failed | Mark::Undecided => "not ok",
    };
    let name = escaped(id);
    match mark {
        Mark::Skipped => format!("{word} {number} - {name} # SKIP {}", escaped(why)),
        _ => format!("{word} {number} - {name}"),
    }
}

fn block(lines: &[String], indent: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{indent}---")?;
    for line in lines {
        writeln!(out, "{indent}{line}")?;
    }
    writeln!(out, "{indent}...")
}

fn about(prerequisite: &Prerequisite) -> Vec<String> {
    let severity = format!("{:?}", prerequisite.severity).to_lowercase();
    let mut lines = vec![
        format!("title: {}", quoted(&prerequisite.title)),
        format!("verdict: {}", prerequisite.verdict),
        format!("severity: {severity}"),
    ];
    let codes = row::codes(prerequisite.checks.iter());
    if !codes.is_empty() {
        lines.push(format!("codes: [{}]", codes.join(", ")));
    }
    if !prerequisite.reason.is_empty() {
        lines.push(format!("message: {}", quoted(&prerequisite.reason)));
    }
    if !prerequisite.remedy.is_empty() && prerequisite.verdict.rank() > Verdict::Pass.rank() {
        lines.push(format!("remedy: {}", quoted(&prerequisite.remedy)));
    }
    lines
}

fn about_check(report: &Report, check: &Check) -> Vec<String> {
    let mut lines = vec![
        format!("verdict: {}", check.verdict),
        format!("target: {}", quoted(&row::target(check))),
        format!("message: {}", quoted(&check.message)),
    ];
    if let Some(code) = check.code {
        lines.push(format!("code: {code}"));
        lines.push(format!("owner: {}", code.owner()));
    }
    if let Some(cause) = row::cause(report, check) {
        lines.push(format!("cause: {}", quoted(&cause.code)));
        let confidence = format!("{:?}", cause.confidence).to_lowercase();
        lines.push(format!("confidence: {confidence}"));
    }
    let times = check.stages.times();
    if !times.is_empty() {
        lines.push("stage_ms:".to_owned());
        for (stage, ms) in times {
            lines.push(format!("  {}: {ms:.3}", row::stage(stage)));
        }
    }
    lines
}

/// A hash would begin a directive, and not every reader knows the escape for it.
fn escaped(text: &str) -> String {
    one_line(text).replace('\\', "\\\\").replace('#', "%23")
}

/// Some texts have several lines; a line of TAP is one.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

/// A JSON string is a YAML string.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
