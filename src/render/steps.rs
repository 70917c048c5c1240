//! What to do next: one step for each code that was seen, with the rows it concerns.

use std::io::{self, Write};

use anstyle::Style;

use super::text::{paint, paragraph};
use super::{Look, elsewhere};
use crate::code::Code;
use crate::finding::Verdict;
use crate::report::Report;

/// One step for each thing that was seen, with the rows it concerns.
struct Step<'a> {
    code: Code,
    verdict: Verdict,
    advice: &'a str,
    rows: Vec<String>,
    remedies: Vec<&'a str>,
}

pub(super) fn next_steps(report: &Report, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let steps = steps(report);
    if steps.is_empty() {
        if report.verdict == Verdict::Pass {
            paragraph(&elsewhere::hint(), 0, look, out)?;
            if look.verbose {
                writeln!(out)?;
                elsewhere::write(look, out)?;
            }
        }
        return Ok(());
    }
    writeln!(out)?;
    writeln!(
        out,
        "{}",
        paint("What to do next", Style::new().bold(), look)
    )?;
    for (number, step) in (1..).zip(steps) {
        let first: Vec<&str> = step.rows.iter().take(2).map(String::as_str).collect();
        let rest = match step.rows.len().saturating_sub(2) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let rows = format!("{}{rest}", first.join(", "));
        let title = format!(
            "{number}. {} ({}, usual owner: {}): {rows}",
            step.code,
            step.verdict,
            step.code.owner()
        );
        paragraph(&title, 0, look, out)?;
        paragraph(step.advice, 3, look, out)?;
        for remedy in step.remedies.iter().take(2) {
            paragraph(remedy, 3, look, out)?;
        }
    }
    writeln!(out)?;
    paragraph(
        "`mdm-preflight explain CODE` says what a code means and how it is seen.",
        0,
        look,
        out,
    )
}

fn steps(report: &Report) -> Vec<Step<'_>> {
    let mut steps: Vec<Step<'_>> = Vec::new();
    for (prerequisite, check) in report.checks() {
        let Some(code) = check.code else { continue };
        let Some(finding) = check.findings.iter().find(|finding| finding.code == code) else {
            continue;
        };
        if matches!(check.verdict, Verdict::Skipped | Verdict::Pass) || check.explained_by.is_some()
        {
            continue;
        }
        let id = format!("{}/{}", prerequisite.id, check.id);
        let remedy = prerequisite.remedy.as_str();
        match steps.iter_mut().find(|step| step.code == code) {
            Some(step) => {
                step.rows.push(id);
                if !remedy.is_empty() && !step.remedies.contains(&remedy) {
                    step.remedies.push(remedy);
                }
            }
            None => steps.push(Step {
                code,
                verdict: check.verdict,
                advice: &finding.advice,
                rows: vec![id],
                remedies: Some(remedy)
                    .filter(|text| !text.is_empty())
                    .into_iter()
                    .collect(),
            }),
        }
    }
    steps.sort_by_key(|step| std::cmp::Reverse(step.verdict.rank()));
    steps
}
