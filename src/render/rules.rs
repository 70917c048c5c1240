//! Rules for a firewall team: as a table, CSV, Markdown, JSON or a ruleset of nftables.

use std::io::{self, Write};

use comfy_table::{ContentArrangement, Table, presets};

use crate::audit::{Action, Destination, LeftOut, Remark, Rule, Rules};
use crate::profile::Severity;

use super::csv::quoted;
use super::markdown::escaped;
use super::nftables;
use super::safe::written_out;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    Table,
    Csv,
    Markdown,
    Json,
    Nftables,
}

pub fn write(rules: &Rules, format: Format, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Table => table(rules, out),
        Format::Csv => csv(rules, out),
        Format::Markdown => markdown(rules, out),
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, rules)?;
            writeln!(out)
        }
        Format::Nftables => nftables::write(rules, out),
    }
}

/// One line each; what is said if there is none.
pub fn remarks(remarks: &[Remark], clean: &str, out: &mut dyn Write) -> io::Result<()> {
    if remarks.is_empty() {
        return writeln!(out, "{clean}");
    }
    for remark in remarks {
        writeln!(out, "{}", written_out(&remark.to_string(), false))?;
    }
    Ok(())
}

const COLUMNS: [&str; 13] = [
    "direction",
    "action",
    "from",
    "to",
    "port",
    "protocol",
    "proxy",
    "inspection",
    "severity",
    "note",
    "reason",
    "source",
    "checks",
];

fn cells(rule: &Rule) -> [String; 13] {
    [
        rule.direction.to_owned(),
        rule.action.name().to_owned(),
        rule.from.name().to_owned(),
        rule.to.to_string(),
        rule.port.to_string(),
        rule.protocol.name().to_owned(),
        rule.proxy.name().to_owned(),
        rule.inspection.to_owned(),
        severity(rule.severity).to_owned(),
        rule.note.clone().unwrap_or_default(),
        rule.reason.clone(),
        rule.sources.join(" "),
        rule.checks.join(" "),
    ]
    .map(|cell| written_out(&cell, false))
}

const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Required => "required",
        Severity::Recommended => "recommended",
        Severity::Informational => "informational",
    }
}

/// The columns that fit on a screen; hosts, blocks and ports are never wrapped.
fn table(rules: &Rules, out: &mut dyn Write) -> io::Result<()> {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header([
            "from",
            "to",
            "port",
            "proxy",
            "inspection",
            "severity",
            "note",
        ]);
    for rule in &rules.rules {
        let port = format!("{}/{}", rule.protocol.name(), rule.port);
        let note = match (rule.action, &rule.note) {
            (Action::Block, _) => "must stay blocked",
            (Action::Allow, Some(note)) => note,
            (Action::Allow, None) => "",
        };
        let row = [
            rule.from.name(),
            &rule.to.to_string(),
            &port,
            rule.proxy.name(),
            rule.inspection,
            severity(rule.severity),
            note,
        ];
        table.add_row(row.map(|cell| written_out(cell, false)));
    }
    writeln!(out, "Outbound, {} rules", rules.rules.len())?;
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    if rules
        .rules
        .iter()
        .any(|rule| matches!(rule.to, Destination::Block(_)))
    {
        writeln!(
            out,
            "\nBlocks are for firewalls whose rules go by address. Reasons and sources: --format markdown."
        )?;
    }
    if !rules.left_out.is_empty() {
        writeln!(out, "\nNot asked for")?;
    }
    for left in &rules.left_out {
        let line = format!("{}: {}", named(left), left.why);
        writeln!(out, "  {}", written_out(&line, false))?;
    }
    Ok(())
}

pub(super) fn named(left: &LeftOut) -> String {
    match (&left.to, left.port) {
        (Some(to), Some(port)) => format!("{} ({to} {port})", left.check),
        _ => left.check.clone(),
    }
}

/// As RFC 4180 has it, with a header.
fn csv(rules: &Rules, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{}\r\n", COLUMNS.join(","))?;
    for rule in &rules.rules {
        let fields: Vec<String> = cells(rule).iter().map(|cell| quoted(cell)).collect();
        write!(out, "{}\r\n", fields.join(","))?;
    }
    Ok(())
}

fn markdown(rules: &Rules, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# Firewall rules for {}\n", rules.profiles.join(", "))?;
    writeln!(out, "| {} |", COLUMNS.join(" | "))?;
    writeln!(out, "|{}", " --- |".repeat(COLUMNS.len()))?;
    for rule in &rules.rules {
        let cells = cells(rule).map(|cell| escaped(&cell));
        writeln!(out, "| {} |", cells.join(" | "))?;
    }
    if !rules.left_out.is_empty() {
        writeln!(out, "\n## Not asked for\n")?;
    }
    for left in &rules.left_out {
        writeln!(out, "- {}: {}", escaped(&named(left)), escaped(&left.why))?;
    }
    Ok(())
}
