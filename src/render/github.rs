//! GitHub's annotations: one for each root cause, since a step shows only ten.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::line::{Line, Mark};
use super::row;
use crate::code::Code;
use crate::finding::{Diagnosis, Verdict};
use crate::report::{Check, Prerequisite, Report};

type Row<'a> = (&'a Prerequisite, &'a Check);

/// What a step shows, the last line included.
const LIMIT: usize = 10;

pub(super) fn write(report: &Report, line: Line, out: &mut dyn Write) -> io::Result<()> {
    let rows = row::bad(report);
    let mut annotations = explained(report, &rows, line);
    annotations.extend(unexplained(rows, line));
    // Stable: causes keep their order, and an error is never the one that is not shown.
    annotations.sort_by_key(|annotation| annotation.level);
    for annotation in annotations.iter().take(LIMIT - 1) {
        writeln!(out, "{}", annotation.command)?;
    }
    let mut said = format!("{}: {}", report.verdict, row::counts(report.counts.checks));
    let more = annotations.len().saturating_sub(LIMIT - 1);
    match more {
        0 => {}
        1 => said.push_str("; 1 more cause stands in the report"),
        more => {
            let _ = write!(said, "; {more} more causes stand in the report");
        }
    }
    writeln!(out, "::notice title=mdm-preflight::{}", message(&said))
}

struct Annotation {
    level: Level,
    command: String,
}

#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
enum Level {
    Error,
    Warning,
    Notice,
}

fn explained(report: &Report, rows: &[Row<'_>], line: Line) -> Vec<Annotation> {
    let one = |diagnosis: &Diagnosis| {
        let affected: Vec<Row<'_>> = rows
            .iter()
            .copied()
            .filter(|(prerequisite, check)| {
                diagnosis.affects.contains(&row::id(prerequisite, check))
            })
            .collect();
        let mut said = vec![diagnosis.title.clone(), diagnosis.summary.clone()];
        let impact = row::impact(&diagnosis.impact).into_iter();
        said.extend(impact.map(|(word, text)| format!("{word}: {text}")));
        said.extend(diagnosis.evidence.iter().cloned());
        said.push(diagnosis.remedy.clone());
        said.push(format!("affects {}", names(&affected)));
        annotation(&diagnosis.code, &said.join("\n"), &affected, line)
    };
    report.diagnoses.iter().map(one).collect()
}

/// One for each code of the rows that no diagnosis explains.
fn unexplained(rows: Vec<Row<'_>>, line: Line) -> Vec<Annotation> {
    let mut groups: Vec<(Option<Code>, Vec<Row<'_>>)> = Vec::new();
    for (prerequisite, check) in rows {
        if check.explained_by.is_some() {
            continue;
        }
        match groups.iter_mut().find(|(code, _)| *code == check.code) {
            Some((_, group)) => group.push((prerequisite, check)),
            None => groups.push((check.code, vec![(prerequisite, check)])),
        }
    }
    let one = |(code, affected): (Option<Code>, Vec<Row<'_>>)| {
        let (prerequisite, check) = affected.first()?;
        let mut said = vec![check.message.clone()];
        said.extend(Some(prerequisite.remedy.clone()).filter(|text| !text.is_empty()));
        said.push(format!("affects {}", names(&affected)));
        let title = code.map_or(check.verdict.name(), Code::name);
        Some(annotation(title, &said.join("\n"), &affected, line))
    };
    groups.into_iter().filter_map(one).collect()
}

fn annotation(title: &str, said: &str, affected: &[Row<'_>], line: Line) -> Annotation {
    let failed = affected
        .iter()
        .any(|(prerequisite, check)| line.mark(prerequisite, check) == Mark::Failed);
    let all_noted = affected.iter().all(|(prerequisite, check)| {
        prerequisite.verdict == Verdict::Pass && check.verdict == Verdict::Degraded
    });
    let (level, word) = match (failed, all_noted) {
        (true, _) => (Level::Error, "error"),
        (false, true) => (Level::Notice, "notice"),
        (false, false) => (Level::Warning, "warning"),
    };
    let place = affected
        .first()
        .and_then(|(_, check)| check.source.as_ref())
        .map_or_else(String::new, |place| {
            format!("file={},line={},", property(&place.file), place.line)
        });
    let title = property(&format!("mdm-preflight {title}"));
    let command = format!("::{word} {place}title={title}::{}", message(said));
    Annotation { level, command }
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
