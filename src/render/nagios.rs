//! A monitoring plugin's answer: a status line with performance data, then the rows at fault.

use std::io::{self, Write};

use super::row;
use crate::finding::Verdict;
use crate::report::Report;

/// The word that a monitoring system shows for a verdict.
const fn state(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "OK",
        Verdict::Degraded => "WARNING",
        Verdict::Fail => "CRITICAL",
        Verdict::Inconclusive | Verdict::Skipped => "UNKNOWN",
    }
}

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut said = vec![row::counts(report.counts.checks)];
    said.extend(Some(row::causes(report).join(", ")).filter(|text| !text.is_empty()));
    writeln!(
        out,
        "MDM-PREFLIGHT {} - {} | {}",
        state(report.verdict),
        text(&said.join("; ")),
        performance(report)
    )?;
    for (prerequisite, check) in row::bad(report) {
        let line = format!(
            "{} {}: {}",
            check.verdict,
            row::id(prerequisite, check),
            row::message(check)
        );
        writeln!(out, "{}", text(&line))?;
    }
    Ok(())
}

/// `'label'=value[UOM];[warn];[crit];[min];[max]`.
fn performance(report: &Report) -> String {
    let count = report.counts.checks;
    let whole = std::time::Duration::from_millis(report.run.duration_ms).as_secs_f64();
    let mut parts = vec![format!("'time'={whole:.3}s;;;0")];
    for (name, number) in [
        ("pass", count.pass),
        ("degraded", count.degraded),
        ("fail", count.fail),
        ("inconclusive", count.inconclusive),
        ("skipped", count.skipped),
    ] {
        parts.push(format!("'{name}'={number};;;0"));
    }
    for (prerequisite, check) in report.checks() {
        if check.verdict == Verdict::Skipped {
            continue;
        }
        let label = row::id(prerequisite, check).replace(['\'', '=', '|'], "_");
        let ms = row::ms(check);
        parts.push(format!("'{label}'={ms:.3}ms;;;0"));
    }
    parts.join(" ")
}

/// A bar would begin the performance data.
fn text(text: &str) -> String {
    text.replace('|', "/")
}
