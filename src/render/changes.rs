//! What has changed between two reports, for people, programs and tickets.

use std::io::{self, Write};

use anstyle::Style;

use super::Look;
use super::markdown::{code, escaped};
use super::text::{paint, paragraph, style};
use crate::compare::diff::{Change, Changes, Kind};
use crate::finding::Verdict;

const SAME: &str = "Nothing has changed.";

pub fn table(changes: &Changes, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let (old, new) = (&changes.old, &changes.new);
    let line = format!(
        "From {} at {} ({}) to {} at {} ({}):",
        &old.hostname, &old.started, old.verdict, &new.hostname, &new.started, new.verdict
    );
    paragraph(&line, 0, look, out)?;
    for remark in &changes.remarks {
        paragraph(&format!("Note: {remark}"), 0, look, out)?;
    }
    let mut last = None;
    for (kind, step, ids) in grouped(changes, look.verbose) {
        if last != Some(kind) {
            last = Some(kind);
            let words = paint(kind.words(), colour(kind), look);
            writeln!(out, "\n{words}")?;
        }
        paragraph(&format!("{step}: {}", ids.join(", ")), 2, look, out)?;
    }
    if last.is_none() {
        writeln!(out, "{SAME}")?;
    }
    Ok(())
}

pub fn json(changes: &Changes, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, changes)?;
    writeln!(out)
}

pub fn markdown(changes: &Changes, verbose: bool, out: &mut dyn Write) -> io::Result<()> {
    let (old, new) = (&changes.old, &changes.new);
    writeln!(
        out,
        "## mdm-preflight: {} before, {} now\n\nFrom {} to {}.\n",
        old.verdict,
        new.verdict,
        escaped(&old.started),
        escaped(&new.started)
    )?;
    for remark in &changes.remarks {
        writeln!(out, "Note: {}\n", escaped(remark))?;
    }
    let mut changes = shown(changes, verbose).peekable();
    if changes.peek().is_none() {
        return writeln!(out, "{SAME}");
    }
    writeln!(out, "| Change | Check | Before | Now |\n|---|---|---|---|")?;
    for change in changes {
        writeln!(
            out,
            "| {} | `{}` | {} | {} |",
            change.kind.words(),
            code(&change.id),
            escaped(&change.before),
            escaped(&change.after)
        )?;
    }
    Ok(())
}

fn shown(changes: &Changes, verbose: bool) -> impl Iterator<Item = &Change> {
    changes
        .changes
        .iter()
        .filter(move |change| verbose || !change.minor)
}

/// One line for all rows to which the same has happened.
fn grouped(changes: &Changes, verbose: bool) -> Vec<(Kind, String, Vec<&str>)> {
    let mut groups: Vec<(Kind, String, Vec<&str>)> = Vec::new();
    for change in shown(changes, verbose) {
        let step = format!("{} -> {}", change.before, change.after);
        let mut all = groups.iter_mut();
        match all.find(|group| group.0 == change.kind && group.1 == step) {
            Some(group) => group.2.push(&change.id),
            None => groups.push((change.kind, step, vec![&change.id])),
        }
    }
    groups
}

fn colour(kind: Kind) -> Style {
    match kind {
        Kind::NewFailure => style(Verdict::Fail),
        Kind::Fixed | Kind::Better => style(Verdict::Pass),
        _ => style(Verdict::Degraded),
    }
}
