//! Reports from several vantages as one matrix: who sees what, disagreements first.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::finding::Verdict;
use crate::report::{Prerequisite, Report};

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Matrix {
    pub schema: &'static str,
    pub vantages: Vec<Column>,
    pub rows: Vec<Row>,
}

/// A report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Column {
    /// The machine and what it stands for; unique in the matrix.
    pub label: String,
    pub started: String,
    pub verdict: Verdict,
}

/// A prerequisite, as each vantage sees it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    pub id: String,
    pub title: String,
    /// Whether two vantages that tested it came to different verdicts, or to one for different reasons.
    pub disagree: bool,
    /// One for each column; null where the report does not have the prerequisite.
    pub cells: Vec<Option<Cell>>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cell {
    pub verdict: Verdict,
    pub reason: String,
    pub codes: Vec<&'static str>,
}

pub fn merge(reports: &[Report]) -> Matrix {
    let mut seen = BTreeSet::new();
    let mut rows = Vec::new();
    for prerequisite in reports.iter().flat_map(|report| &report.prerequisites) {
        if seen.insert(prerequisite.id.as_str()) {
            rows.push(row(prerequisite, reports));
        }
    }
    // Stable: within each half the order is that of the reports.
    rows.sort_by_key(|row| !row.disagree);
    Matrix {
        schema: "mdm-preflight/merge/1",
        vantages: columns(reports),
        rows,
    }
}

fn columns(reports: &[Report]) -> Vec<Column> {
    let mut taken = BTreeSet::new();
    reports
        .iter()
        .map(|report| {
            let roles: Vec<&str> = report.vantage.roles.iter().map(|r| r.name()).collect();
            let name = format!("{} ({})", report.vantage.hostname, roles.join(", "));
            let mut label = name.clone();
            for number in 2.. {
                if taken.insert(label.clone()) {
                    break;
                }
                label = format!("{name} #{number}");
            }
            Column {
                label,
                started: report.run.started.clone(),
                verdict: report.verdict,
            }
        })
        .collect()
}

fn row(prerequisite: &Prerequisite, reports: &[Report]) -> Row {
    let cells: Vec<Option<Cell>> = reports
        .iter()
        .map(|report| {
            let mut all = report.prerequisites.iter();
            all.find(|other| other.id == prerequisite.id).map(cell)
        })
        .collect();
    let mut tested = cells
        .iter()
        .flatten()
        .filter(|cell| cell.verdict != Verdict::Skipped)
        .map(|cell| (cell.verdict, cell.codes.iter().collect::<BTreeSet<_>>()));
    let first = tested.next();
    Row {
        id: prerequisite.id.clone(),
        title: prerequisite.title.clone(),
        disagree: tested.any(|outcome| Some(outcome) != first),
        cells,
    }
}

fn cell(prerequisite: &Prerequisite) -> Cell {
    let bad = |verdict: Verdict| verdict.rank() > Verdict::Pass.rank();
    let mut codes: Vec<&'static str> = Vec::new();
    for check in prerequisite.checks.iter().filter(|c| bad(c.verdict)) {
        if let Some(code) = check.code
            && !codes.contains(&code.name())
        {
            codes.push(code.name());
        }
    }
    Cell {
        verdict: prerequisite.verdict,
        reason: prerequisite.reason.clone(),
        codes,
    }
}
