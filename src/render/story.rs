//! The story of a report for whoever was not there: what was asked from where, what is wrong, why we think so, who
//! mends it, what to send, and what was not tested.

use std::io::{self, Write};

use anstyle::Style;

use super::text::{item, paint, paragraph, time};
use super::{Look, elsewhere, row, safe};
use crate::diagnose::meaning;
use crate::finding::{Diagnosis, Verdict};
use crate::net::{counted, typed};
use crate::report::Report;

pub fn write(report: &Report, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let report = &*safe::cleaned(report)?;
    asked(report, look, out)?;
    found(report, look, out)?;
    for (number, diagnosis) in (1..).zip(&report.diagnoses) {
        let title = format!("{number}. {}", diagnosis.title);
        writeln!(out, "\n{}", paint(&title, Style::new().bold(), look))?;
        told(diagnosis, look, out)?;
    }
    if !report.unexplained.is_empty() {
        title("What no known cause explains", look, out)?;
        for (prerequisite, check) in report.checks() {
            let id = row::id(prerequisite, check);
            if report.unexplained.contains(&id) {
                item(
                    "- ",
                    &format!("{id}: {}", row::message(check)),
                    2,
                    look,
                    out,
                )?;
            }
        }
    }
    untested(report, look, out)
}

fn title(text: &str, look: Look, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{}", paint(text, Style::new().bold(), look))
}

fn asked(report: &Report, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let vantage = &report.vantage;
    let profiles: Vec<String> = report
        .profiles
        .iter()
        .map(|profile| format!("{} ({})", profile.title, profile.release()))
        .collect();
    let roles: Vec<&str> = vantage.roles.iter().map(|role| role.name()).collect();
    let addresses: Vec<String> = vantage.addresses.iter().map(ToString::to_string).collect();
    let counts = report.counts.checks;
    let ran = counts.pass + counts.degraded + counts.fail + counts.inconclusive;
    writeln!(
        out,
        "{}",
        paint("What was asked", Style::new().bold(), look)
    )?;
    let took = time(f64::from(
        u32::try_from(report.run.duration_ms).unwrap_or(u32::MAX),
    ));
    let text = format!(
        "{} asked on {} by {} as {}, from {}; it took {took}. The questions: {}.",
        counted(ran, "check"),
        report.run.started,
        vantage.hostname,
        roles.join(" and "),
        if addresses.is_empty() {
            "no address".to_owned()
        } else {
            addresses.join(", ")
        },
        profiles.join("; ")
    );
    paragraph(&text, 2, look, out)?;
    if !report.run.arguments.is_empty() {
        let words: Vec<String> = report.run.arguments.iter().map(|one| typed(one)).collect();
        writeln!(out, "  The same again: mdm-preflight {}", words.join(" "))?;
    }
    Ok(())
}

fn found(report: &Report, look: Look, out: &mut dyn Write) -> io::Result<()> {
    title("What came of it", look, out)?;
    let headline = match report.headline.as_str() {
        "" => counted(report.diagnoses.len(), "cause"),
        line => line.to_owned(),
    };
    let verdict = report.verdict.name().to_uppercase();
    paragraph(&format!("{verdict}: {headline}"), 2, look, out)?;
    let counts = row::counts(report.counts.checks);
    paragraph(&format!("Checks: {counts}."), 2, look, out)?;
    if report.verdict == Verdict::Pass {
        paragraph(&elsewhere::hint(), 2, look, out)?;
    }
    Ok(())
}

fn told(diagnosis: &Diagnosis, look: Look, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "   What is wrong")?;
    paragraph(&diagnosis.summary, 5, look, out)?;
    for (word, text) in row::impact(&diagnosis.impact) {
        item(&format!("{word}: "), &text, 5, look, out)?;
    }
    writeln!(out, "   Why we think so")?;
    let level = diagnosis.confidence;
    let known = meaning(&diagnosis.code).and_then(|known| {
        let levels = known.confidence.iter();
        levels.copied().find(|(one, _)| *one == level)
    });
    let why = known.map_or(level.grounds(), |(_, why)| why);
    paragraph(&format!("Confidence {level}: {why}."), 5, look, out)?;
    for line in &diagnosis.evidence {
        item("- ", line, 5, look, out)?;
    }
    let rows = format!(
        "Explains {}: {}",
        counted(diagnosis.affects.len(), "row"),
        row::some(&diagnosis.affects, look)
    );
    item("- ", &rows, 5, look, out)?;
    for source in &diagnosis.sources {
        let text = format!("{} {}", source.says, source.url);
        item("The vendor: ", &text, 5, look, out)?;
    }
    writeln!(out, "   Who mends it, and how")?;
    let owner = diagnosis.owner;
    paragraph(&format!("{owner}: {}", owner.who()), 5, look, out)?;
    let steps = if diagnosis.steps.is_empty() {
        std::slice::from_ref(&diagnosis.remedy)
    } else {
        &diagnosis.steps
    };
    for (number, step) in (1..).zip(steps) {
        item(&format!("{number}. "), step, 5, look, out)?;
    }
    if !diagnosis.verify.is_empty() {
        writeln!(out, "        {}", diagnosis.verify)?;
    }
    let Some(request) = &diagnosis.change_request else {
        return Ok(());
    };
    writeln!(out, "   What to send")?;
    for line in request.lines() {
        // To be copied: no line is broken.
        writeln!(out, "     {line}")?;
    }
    Ok(())
}

/// The rows that say nothing of the network, by the reason.
fn untested(report: &Report, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    for (prerequisite, check) in report.checks() {
        let says_nothing = matches!(check.verdict, Verdict::Skipped | Verdict::Inconclusive);
        let id = row::id(prerequisite, check);
        if !says_nothing || check.explained_by.is_some() || report.unexplained.contains(&id) {
            continue;
        }
        match reasons
            .iter_mut()
            .find(|(known, _)| *known == check.message)
        {
            Some((_, ids)) => ids.push(id),
            None => reasons.push((&check.message, vec![id])),
        }
    }
    if reasons.is_empty() && report.remarks.is_empty() {
        return Ok(());
    }
    title("What was not tested, and what to know", look, out)?;
    for (reason, ids) in reasons {
        item("- ", &format!("{}: {reason}", ids.join(", ")), 2, look, out)?;
    }
    for remark in &report.remarks {
        item("- ", remark, 2, look, out)?;
    }
    Ok(())
}
