//! GitHub's annotations: one for each root cause, since a step shows only ten.

use std::io::{self, Write};

use super::line::{Line, Mark};
use super::row;
use crate::code::Code;
use crate::finding::Verdict;
use crate::report::{Check, Prerequisite, Report};

type Row<'a> = (&'a Prerequisite, &'a Check);

pub(super) fn write(report: &Report, line: Line, out: &mut dyn Write) -> io::Result<()> {
    let rows = row::bad(report);
    for diagnosis in &report.diagnoses {
        let affected: Vec<Row<'_>> = rows
            .iter()
            .copied()
            .filter(|(prerequisite, check)| {
                diagnosis.affects.contains(&row::id(prerequisite, check))
            })
            .collect();
        let mut said = vec![diagnosis.title.clone(), diagnosis.summary.clone()];
        said.extend(diagnosis.evidence.iter().cloned());
        said.push(diagnosis.remedy.clone());
        said.push(format!("affects {}", names(&affected)));
        annotate(&diagnosis.code, &said.join("\n"), &affected, line, out)?;
    }
    let open: Vec<Row<'_>> = rows
        .into_iter()
        .filter(|(_, check)| check.explained_by.is_none())
        .collect();
    let mut codes: Vec<Option<Code>> = Vec::new();
    for (_, check) in &open {
        if !codes.contains(&check.code) {
            codes.push(check.code);
        }
    }
    for code in codes {
        let affected: Vec<Row<'_>> = open
            .iter()
            .copied()
            .filter(|(_, check)| check.code == code)
            .collect();
        let Some((prerequisite, check)) = affected.first() else {
            continue;
        };
        let mut said = vec![check.message.clone()];
        said.extend(Some(prerequisite.remedy.clone()).filter(|text| !text.is_empty()));
        said.push(format!("affects {}", names(&affected)));
        let title = code.map_or(check.verdict.name(), Code::name);
        annotate(title, &said.join("\n"), &affected, line, out)?;
    }
    let counts = row::counts(report.counts.checks);
    let said = format!("{}: {counts}", report.verdict);
    writeln!(out, "::notice title=mdm-preflight::{}", message(&said))
}

fn annotate(
    title: &str,
    said: &str,
    affected: &[Row<'_>],
    line: Line,
    out: &mut dyn Write,
) -> io::Result<()> {
    let failed = affected
        .iter()
        .any(|(prerequisite, check)| line.mark(prerequisite, check) == Mark::Failed);
    let all_noted = affected.iter().all(|(prerequisite, check)| {
        prerequisite.verdict == Verdict::Pass && check.verdict == Verdict::Degraded
    });
    let level = match (failed, all_noted) {
        (true, _) => "error",
        (false, true) => "notice",
        (false, false) => "warning",
    };
    let place = affected
        .first()
        .and_then(|(_, check)| check.source.as_ref())
        .map_or_else(String::new, |place| {
            format!("file={},line={},", property(&place.file), place.line)
        });
    let title = property(&format!("mdm-preflight {title}"));
    writeln!(out, "::{level} {place}title={title}::{}", message(said))
}

/// The first five; an annotation is short.
fn names(rows: &[Row<'_>]) -> String {
    let mut names: Vec<String> = rows
        .iter()
        .take(5)
        .map(|(prerequisite, check)| row::id(prerequisite, check))
        .collect();
    if rows.len() > names.len() {
        names.push(format!("{} more", rows.len() - names.len()));
    }
    names.join(", ")
}

fn message(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}
