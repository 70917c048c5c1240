//! The matrix of vantages by prerequisites, for people, programs and tickets.

use std::io::{self, Write};

use anstyle::Style;
use comfy_table::{ContentArrangement, Table, presets};
use maud::{Markup, html};

use super::Look;
use super::html::page;
use super::markdown::{code, escaped};
use super::text::{paint, paragraph};
use crate::compare::merge::{Cell, Column, Matrix, Row};
use crate::finding::Verdict;

pub fn table(matrix: &Matrix, look: Look, out: &mut dyn Write) -> io::Result<()> {
    for (number, column) in (1..).zip(&matrix.vantages) {
        let line = format!("{number}. {}", head(column));
        paragraph(&line, 0, look, out)?;
    }
    for (disagree, title) in [(true, "Vantages disagree"), (false, "Vantages agree")] {
        let rows: Vec<&Row> = matrix
            .rows
            .iter()
            .filter(|row| row.disagree == disagree)
            .collect();
        if rows.is_empty() {
            continue;
        }
        writeln!(out, "\n{}", paint(title, Style::new().bold(), look))?;
        let mut table = Table::new();
        table
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(u16::try_from(look.width).unwrap_or(u16::MAX));
        let mut header = vec!["Prerequisite".to_owned()];
        header.extend((1..=matrix.vantages.len()).map(|number| number.to_string()));
        table.set_header(header);
        for row in rows {
            let mut cells = vec![row.id.clone()];
            cells.extend(row.cells.iter().map(|cell| said(cell.as_ref())));
            table.add_row(cells);
        }
        for line in table.lines() {
            writeln!(out, "{}", line.trim_end())?;
        }
    }
    Ok(())
}

pub fn json(matrix: &Matrix, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, matrix)?;
    writeln!(out)
}

pub fn markdown(matrix: &Matrix, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "## mdm-preflight: {} vantages\n",
        matrix.vantages.len()
    )?;
    for (number, column) in (1..).zip(&matrix.vantages) {
        writeln!(out, "{number}. {}", escaped(&head(column)))?;
    }
    let numbers: Vec<String> = (1..=matrix.vantages.len())
        .map(|number| number.to_string())
        .collect();
    writeln!(out, "\n| Prerequisite | {} |", numbers.join(" | "))?;
    writeln!(out, "|---|{}", "---|".repeat(numbers.len()))?;
    for row in &matrix.rows {
        let cells: Vec<String> = row
            .cells
            .iter()
            .map(|cell| escaped(&said(cell.as_ref())))
            .collect();
        let mark = if row.disagree { "**" } else { "" };
        writeln!(
            out,
            "| {mark}`{}`{mark} | {} |",
            code(&row.id),
            cells.join(" | ")
        )?;
    }
    Ok(())
}

pub fn html(matrix: &Matrix, out: &mut dyn Write) -> io::Result<()> {
    let body = html! {
        h1 { "Preflight from " (matrix.vantages.len()) " vantages" }
        ol { @for column in &matrix.vantages { li { (head(column)) } } }
        @for (disagree, title) in [(true, "Vantages disagree"), (false, "Vantages agree")] {
            @let rows: Vec<&Row> = matrix.rows.iter().filter(|row| row.disagree == disagree).collect();
            @if !rows.is_empty() { h2 { (title) } (block(matrix, &rows)) }
        }
    };
    out.write_all(page("mdm-preflight: vantages", &body).as_bytes())
}

fn block(matrix: &Matrix, rows: &[&Row]) -> Markup {
    html! {
        table {
            thead { tr {
                th { "Prerequisite" }
                @for number in 1..=matrix.vantages.len() { th { (number) } }
            } }
            tbody {
                @for row in rows {
                    tr {
                        td { (row.title) br; span.dim { (row.id) } }
                        @for cell in &row.cells {
                            @let class = cell.as_ref().map_or(Verdict::Skipped, |cell| cell.verdict);
                            td { span class={ "verdict " (class) } { (said(cell.as_ref())) } }
                        }
                    }
                    "\n"
                }
            }
        }
    }
}

fn head(column: &Column) -> String {
    let (label, started) = (&column.label, &column.started);
    format!("{label}, {started}: {}", column.verdict)
}

fn said(cell: Option<&Cell>) -> String {
    match cell {
        None => "not asked".to_owned(),
        Some(cell) if cell.codes.is_empty() => cell.verdict.to_string(),
        Some(cell) => format!("{} [{}]", cell.verdict, cell.codes.join(", ")),
    }
}
