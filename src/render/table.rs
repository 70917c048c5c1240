//! The matrix for people: a group for each prerequisite, a row for each check, then what to do next.

mod columns;

use std::io::{self, Write};

use anstyle::Style;

use columns::{Columns, fits, table};

use super::steps::next_steps;
use super::text::{heading, item, paint, paint_verdict, paragraph, style, time};
use super::{Look, causes, row};
use crate::finding::{Diagnosis, Verdict};
use crate::profile::Severity;
use crate::report::{Check, FollowUp, Prerequisite, Report};

pub(super) fn write(report: &Report, look: Look, out: &mut dyn Write) -> io::Result<()> {
    headline(report, look, out)?;
    if report.diagnoses.len() > 1 {
        causes::listed(report, "below", look, out)?;
    }
    // Who has five minutes reads what is wrong before how it was asked.
    causes::write(report, look, out)?;
    if !report.diagnoses.is_empty() || !report.unexplained.is_empty() {
        writeln!(out)?;
    }
    about(report, look, out)?;
    matrix(report, look, out)?;
    left_out(report, look, out)?;
    summary(report, look, out)?;
    if look.verbose {
        causes::reasoning(report, look, out)?;
    }
    next_steps(report, look, out)
}

fn headline(report: &Report, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let verdict = report.verdict.name().to_uppercase();
    let first = format!("{verdict}: {}", first_line(report));
    let first = first.trim_end_matches([':', ' ']);
    heading(first, &[(&verdict, style(report.verdict))], look, out)
}

/// An older report has no headline of its own.
fn first_line(report: &Report) -> String {
    match report.headline.as_str() {
        "" => report.remarks.join("; "),
        headline => headline.to_owned(),
    }
}

fn about(report: &Report, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let line = first_line(report);
    for remark in report.remarks.iter().filter(|one| !line.contains(*one)) {
        item("- ", remark, 0, look, out)?;
    }
    for profile in &report.profiles {
        writeln!(out, "{} ({})", profile.title, profile.release())?;
        let about = profile.description.trim();
        if !about.is_empty() && look.verbose {
            paragraph(about, 2, look, out)?;
        }
    }
    let vantage = &report.vantage;
    let list = |all: &[String]| {
        if all.is_empty() {
            "none".to_owned()
        } else {
            all.join(", ")
        }
    };
    let roles: Vec<String> = vantage
        .roles
        .iter()
        .map(|role| role.name().to_owned())
        .collect();
    let addresses: Vec<String> = vantage.addresses.iter().map(ToString::to_string).collect();
    let resolvers: Vec<String> = vantage.resolvers.iter().map(ToString::to_string).collect();
    let place = format!(
        "From {} as {}; addresses {}; DNS servers {}{}; started {}, took {}.",
        vantage.hostname,
        list(&roles),
        list(&addresses),
        list(&resolvers),
        vantage
            .proxy
            .as_ref()
            .map_or_else(String::new, |proxy| format!("; proxy {proxy}")),
        report.run.started,
        time(f64::from(
            u32::try_from(report.run.duration_ms).unwrap_or(u32::MAX)
        ))
    );
    paragraph(&place, 0, look, out)
}

/// The rows that are worth a line of their own.
fn shown(prerequisite: &Prerequisite, look: Look) -> impl Iterator<Item = &Check> {
    let untested = prerequisite.verdict == Verdict::Skipped && !look.verbose;
    prerequisite.checks.iter().filter(move |_| !untested)
}

fn matrix(report: &Report, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let groups: Vec<(&Prerequisite, Vec<&Check>)> = report
        .prerequisites
        .iter()
        .map(|prerequisite| (prerequisite, shown(prerequisite, look).collect::<Vec<_>>()))
        .filter(|(_, checks)| !checks.is_empty())
        .collect();
    if groups.is_empty() {
        return Ok(());
    }
    let known = report.diagnoses.as_slice();
    let columns = Columns::of(report);
    if !fits(&groups, &columns, look) {
        return stacked(&groups, known, &columns, look, out);
    }
    let table = table(&groups, known, &columns, look);
    let lines: Vec<String> = table
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect();
    let mut lines = lines.into_iter().peekable();
    let header = lines.next().unwrap_or_default();
    let verdict_at = header.find("Verdict").unwrap_or(0);
    writeln!(out)?;
    writeln!(out, "{}", paint(&header, Style::new().underline(), look))?;
    for (prerequisite, checks) in groups {
        group_line(prerequisite, look, out)?;
        for check in checks {
            let first = lines.next().unwrap_or_default();
            writeln!(
                out,
                "{}",
                paint_verdict(&first, verdict_at, check.verdict, look)
            )?;
            // A wrapped row goes on with an empty first column.
            while let Some(more) = lines.next_if(|line| line.starts_with("    ")) {
                writeln!(out, "{more}")?;
            }
            if !columns.is_wide(look) {
                paragraph(&evidence(check, known, look), 6, look, out)?;
            }
            if look.verbose {
                addresses(check, look, out)?;
                facts(check, look, out)?;
            }
            further(check, look, out)?;
        }
    }
    Ok(())
}

/// The same without columns: a row's times and its evidence under its id.
fn stacked(
    groups: &[(&Prerequisite, Vec<&Check>)],
    known: &[Diagnosis],
    columns: &Columns,
    look: Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out)?;
    for (prerequisite, checks) in groups {
        group_line(prerequisite, look, out)?;
        for check in checks {
            let verdict = paint(check.verdict.name(), style(check.verdict), look);
            writeln!(out, "  {}: {verdict}", check.id)?;
            let ways = columns.ways.iter().filter_map(|(name, proxied)| {
                let way = row::way(check, *proxied)?;
                Some(format!("{} {}", name.to_lowercase(), way.verdict))
            });
            let ways: Vec<String> = ways.collect();
            if !ways.is_empty() {
                paragraph(&ways.join(", "), 6, look, out)?;
            }
            let times: Vec<String> = columns
                .stages
                .iter()
                .map(|(stage, name)| (name, row::cell(check, *stage)))
                .filter(|(_, cell)| cell != "-")
                .map(|(name, cell)| format!("{name} {cell}"))
                .collect();
            if !times.is_empty() {
                paragraph(&times.join(", "), 6, look, out)?;
            }
            paragraph(&evidence(check, known, look), 6, look, out)?;
            if look.verbose {
                addresses(check, look, out)?;
                facts(check, look, out)?;
            }
        }
    }
    Ok(())
}

fn group_line(prerequisite: &Prerequisite, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let verdict = prerequisite.verdict;
    let severity = match prerequisite.severity {
        Severity::Required => "",
        Severity::Recommended => " (recommended)",
        Severity::Informational => " (informational)",
    };
    let id = prerequisite.id.as_str();
    let line = format!("{id}: {verdict}{severity}, {}", prerequisite.title);
    let painted = [(id, Style::new().bold()), (verdict.name(), style(verdict))];
    heading(&line, &painted, look, out)?;
    let said_by_a_row = prerequisite
        .checks
        .iter()
        .any(|c| c.message == prerequisite.reason);
    if !prerequisite.reason.is_empty() && !said_by_a_row {
        paragraph(&prerequisite.reason, 2, look, out)?;
    }
    Ok(())
}

/// What was seen, with its code and the number of the cause that explains it.
fn evidence(check: &Check, known: &[Diagnosis], look: Look) -> String {
    let said = &check.message;
    let mut parts = vec![match check.code {
        Some(code) if check.verdict != Verdict::Skipped => match cause(check, known) {
            Some(number) => format!("{said} [{code}, cause {number}]"),
            None => format!("{said} [{code}]"),
        },
        _ => said.clone(),
    }];
    if let Some(lost) = row::lost_way(check) {
        let way = row::way_name(&lost.path);
        parts.push(format!("{way}: {}", row::way_end(lost)));
    }
    if look.verbose {
        let notes = check
            .findings
            .iter()
            .filter(|finding| finding.verdict == Verdict::Pass);
        parts.extend(notes.map(|note| format!("note: {} [{}]", note.actual, note.code)));
    }
    parts.join("; ")
}

fn cause(check: &Check, known: &[Diagnosis]) -> Option<usize> {
    let id = check.explained_by.as_ref()?;
    known.iter().position(|one| one.id == *id).map(|at| at + 1)
}

fn addresses(check: &Check, look: Look, out: &mut dyn Write) -> io::Result<()> {
    for address in &check.addresses {
        let ms = address
            .ms
            .map_or_else(String::new, |ms| format!(" in {}", time(ms)));
        let code = address
            .code
            .map_or_else(String::new, |code| format!(" [{code}]"));
        let line = format!("{}: {}{ms}{code}", address.address, address.verdict);
        paragraph(&line, 6, look, out)?;
    }
    Ok(())
}

fn facts(check: &Check, look: Look, out: &mut dyn Write) -> io::Result<()> {
    for (name, value) in row::facts(check) {
        paragraph(&format!("{name}: {value}"), 6, look, out)?;
    }
    Ok(())
}

/// How far connects got; with all further questions and the hops if the reader wants to know all.
fn further(check: &Check, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let wanted = |one: &&FollowUp| look.verbose || one.path.is_some() || one.redirect.is_some();
    for one in check.follow_ups.iter().filter(wanted) {
        let line = format!("{} {}", one.question, one.answer);
        paragraph(&line, 6, look, out)?;
        let hops = one.path.iter().flat_map(|path| &path.hops);
        for hop in hops.filter(|_| look.verbose) {
            let line = format!("hop {}: {}", hop.ttl, hop.address);
            paragraph(&line, 8, look, out)?;
        }
    }
    Ok(())
}

/// Prerequisites of which nothing was asked, a line each.
fn left_out(report: &Report, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let skipped: Vec<&Prerequisite> = report
        .prerequisites
        .iter()
        .filter(|prerequisite| prerequisite.verdict == Verdict::Skipped && !look.verbose)
        .collect();
    if skipped.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    for prerequisite in skipped {
        let mut reasons: Vec<&str> = prerequisite
            .checks
            .iter()
            .map(|check| check.message.as_str())
            .collect();
        reasons.dedup();
        let line = format!("skipped {}: {}", prerequisite.id, reasons.join("; "));
        paragraph(&line, 0, look, out)?;
    }
    Ok(())
}

fn summary(report: &Report, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let count = &report.counts.checks;
    let mut parts = vec![format!("{} pass", count.pass)];
    for (number, word) in [
        (count.degraded, "degraded"),
        (count.fail, "fail"),
        (count.inconclusive, "inconclusive"),
        (count.skipped, "skipped"),
    ] {
        if number > 0 {
            parts.push(format!("{number} {word}"));
        }
    }
    writeln!(out)?;
    let verdict = paint(report.verdict.name(), style(report.verdict), look);
    writeln!(out, "Verdict: {verdict}. Checks: {}.", parts.join(", "))?;
    if report.run.deadline_reached {
        writeln!(out, "The deadline came before every row had ended.")?;
    }
    if report.run.interrupted {
        writeln!(out, "Interrupted: this is what was known by then.")?;
    }
    causes::listed(report, "above", look, out)
}
