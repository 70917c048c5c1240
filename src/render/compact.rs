//! One line a prerequisite, and a last one for the run.

use std::io::{self, Write};

use super::Look;
use super::row;
use super::text::{paint, style};
use crate::report::{Prerequisite, Report};

pub(super) fn write(report: &Report, look: Look, out: &mut dyn Write) -> io::Result<()> {
    for prerequisite in &report.prerequisites {
        let verdict = prerequisite.verdict;
        let word = paint(&format!("{verdict:12}"), style(verdict), look);
        writeln!(out, "{word} {}", line(prerequisite))?;
    }
    let word = paint(
        &format!("{:12}", report.verdict),
        style(report.verdict),
        look,
    );
    let mut said = vec![row::counts(report.counts.checks)];
    said.extend(report.remarks.iter().cloned());
    writeln!(out, "{word} {}", said.join("; "))
}

fn line(prerequisite: &Prerequisite) -> String {
    let codes = row::codes(prerequisite.checks.iter());
    let codes = if codes.is_empty() {
        String::new()
    } else {
        format!(" [{}]", codes.join(", "))
    };
    let reason = match prerequisite.reason.as_str() {
        "" => &prerequisite.title,
        reason => reason,
    };
    format!("{}: {reason}{codes}", prerequisite.id)
}
