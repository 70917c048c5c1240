//! TAP version 14: a test point for each check, its diagnostics as YAML.

use std::io::{self, Write};

use super::line::{Line, Mark};
use super::row;
use crate::report::{Check, Prerequisite, Report};

pub(super) fn write(report: &Report, line: Line, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "TAP version 14")?;
    writeln!(out, "1..{}", report.checks().count())?;
    for (number, (prerequisite, check)) in (1..).zip(report.checks()) {
        let mark = line.mark(prerequisite, check);
        let word = match mark {
            Mark::Passed | Mark::Skipped => "ok",
            Mark::Failed | Mark::Undecided => "not ok",
        };
        let name = escaped(&row::id(prerequisite, check));
        let directive = match mark {
            Mark::Skipped => format!(" # SKIP {}", escaped(&check.message)),
            _ => String::new(),
        };
        writeln!(out, "{word} {number} - {name}{directive}")?;
        if mark != Mark::Skipped {
            diagnostics(report, prerequisite, check, out)?;
        }
    }
    Ok(())
}

fn diagnostics(
    report: &Report,
    prerequisite: &Prerequisite,
    check: &Check,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "  ---")?;
    writeln!(out, "  verdict: {}", check.verdict)?;
    writeln!(out, "  target: {}", quoted(&row::target(check)))?;
    writeln!(out, "  message: {}", quoted(&check.message))?;
    if let Some(code) = check.code {
        writeln!(out, "  code: {code}")?;
        writeln!(out, "  owner: {}", code.owner())?;
    }
    let cause = report
        .diagnoses
        .iter()
        .find(|diagnosis| Some(&diagnosis.id) == check.explained_by.as_ref());
    if let Some(cause) = cause {
        writeln!(out, "  cause: {}", quoted(&cause.code))?;
        let confidence = format!("{:?}", cause.confidence).to_lowercase();
        writeln!(out, "  confidence: {confidence}")?;
    }
    let times = check.stages.times();
    if !times.is_empty() {
        writeln!(out, "  stage_ms:")?;
        for (stage, ms) in times {
            writeln!(out, "    {}: {ms:.3}", row::stage(stage))?;
        }
    }
    if !prerequisite.remedy.is_empty() && check.verdict.rank() > Some(0) {
        writeln!(out, "  remedy: {}", quoted(&prerequisite.remedy))?;
    }
    writeln!(out, "  ...")
}

/// A hash would begin a directive, and not every reader knows the escape for it.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('#', "%23")
}

/// A JSON string is a YAML string.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
