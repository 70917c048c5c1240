//! The causes of a run on a terminal: what is in the way, what that does, who mends it, what to send; and, if wanted,
//! why these causes and no others.

use std::io::{self, Write};

use anstyle::Style;

use super::text::{item, paint, paragraph};
use super::{Look, row};
use crate::finding::Diagnosis;
use crate::net::counted;
use crate::report::Report;

pub(super) fn write(report: &Report, look: Look, out: &mut dyn Write) -> io::Result<()> {
    for (number, diagnosis) in (1..).zip(&report.diagnoses) {
        writeln!(out)?;
        cause(number, diagnosis, look, out)?;
    }
    if !report.unexplained.is_empty() {
        writeln!(out)?;
        let text = format!(
            "No known cause explains {}: {}",
            counted(report.unexplained.len(), "row"),
            row::some(&report.unexplained, look)
        );
        paragraph(&text, 0, look, out)?;
    }
    Ok(())
}

fn cause(number: usize, diagnosis: &Diagnosis, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let title = format!("{number}. {}", diagnosis.title);
    writeln!(out, "{}", paint(&title, Style::new().bold(), look))?;
    let send = match diagnosis.change_request {
        Some(_) => "; what to send stands below",
        None => "",
    };
    let about = format!(
        "{}, {} confidence, owner: {} ({}){send}",
        diagnosis.code,
        diagnosis.confidence,
        diagnosis.owner,
        diagnosis.owner.who()
    );
    paragraph(&about, 3, look, out)?;
    paragraph(&diagnosis.summary, 3, look, out)?;
    for (word, text) in row::impact(&diagnosis.impact) {
        item(&format!("{word}: "), &text, 3, look, out)?;
    }
    mending(diagnosis, look, out)?;
    writeln!(out, "   Seen:")?;
    for line in &diagnosis.evidence {
        item("- ", line, 3, look, out)?;
    }
    if diagnosis.change_request.is_none() || look.verbose {
        for source in &diagnosis.sources {
            let text = format!("The vendor says: {} {}", source.says, source.url);
            paragraph(&text, 3, look, out)?;
        }
    }
    let text = format!(
        "Explains {}: {}",
        counted(diagnosis.affects.len(), "row"),
        row::some(&diagnosis.affects, look)
    );
    paragraph(&text, 3, look, out)?;
    if let Some(request) = &diagnosis.change_request {
        writeln!(out, "   Change request to send:")?;
        for line in request.lines() {
            if line.ends_with(diagnosis.verify.as_str()) {
                // To be copied: a command is one line.
                writeln!(out, "     {line}")?;
            } else {
                paragraph(line, 5, look, out)?;
            }
        }
    }
    Ok(())
}

fn mending(diagnosis: &Diagnosis, look: Look, out: &mut dyn Write) -> io::Result<()> {
    if diagnosis.steps.is_empty() {
        let text = format!("To mend it: {}", diagnosis.remedy);
        return paragraph(&text, 3, look, out);
    }
    writeln!(out, "   To mend it:")?;
    for (number, step) in (1..).zip(&diagnosis.steps) {
        item(&format!("{number}. "), step, 3, look, out)?;
    }
    if !diagnosis.verify.is_empty() {
        writeln!(out, "      {}", diagnosis.verify)?;
    }
    Ok(())
}

/// The causes in a line each: where there are several, before the first; and below the matrix, which has pushed them off
/// the screen. `place` says where each is told.
pub(super) fn listed(
    report: &Report,
    place: &str,
    look: Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    for (number, diagnosis) in (1..).zip(&report.diagnoses) {
        let send = match diagnosis.change_request {
            Some(_) => format!("; what to send stands {place}, under its number"),
            None => String::new(),
        };
        let line = format!(
            "{} ({} confidence, owner: {}){send}",
            diagnosis.title, diagnosis.confidence, diagnosis.owner
        );
        item(&format!("{number}. "), &line, 0, look, out)?;
    }
    Ok(())
}

/// Why each cause is claimed or is not; those of which there is no sign at all in one line.
pub(super) fn reasoning(report: &Report, look: Look, out: &mut dyn Write) -> io::Result<()> {
    if report.reasoning.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    let title = "Why these causes and no others";
    writeln!(out, "{}", paint(title, Style::new().bold(), look))?;
    for one in report.reasoning.iter().filter(|one| !one.rows.is_empty()) {
        let word = if one.found { "found" } else { "not found" };
        let rows = counted(one.rows.len(), "row");
        let text = format!("{word} ({rows}): {}", one.why);
        item(&format!("{}: ", one.diagnosis), &text, 2, look, out)?;
    }
    let none = report.reasoning.iter().filter(|one| one.rows.is_empty());
    let none: Vec<&str> = none.map(|one| one.diagnosis.as_str()).collect();
    if !none.is_empty() {
        let text = format!("No row in trouble shows a sign of: {}.", none.join(", "));
        paragraph(&text, 2, look, out)?;
    }
    Ok(())
}
