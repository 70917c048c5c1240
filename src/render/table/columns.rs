//! The matrix's columns: which there are, whether they fit, and the table itself.

use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};

use super::evidence;
use crate::code::Stage;
use crate::finding::Diagnosis;
use crate::render::Look;
use crate::render::row::{self, STAGE, VERDICT};
use crate::report::{Check, Prerequisite, Report};

/// Below this width the evidence stands under its row instead of beside it.
const WIDE: usize = 110;
/// The columns between a row's id and its evidence.
pub(super) struct Columns {
    pub(super) stages: Vec<(Stage, &'static str)>,
    pub(super) ways: &'static [(&'static str, bool)],
}

impl Columns {
    pub(super) fn of(report: &Report) -> Self {
        Self {
            stages: row::stages(report),
            ways: row::ways(report),
        }
    }

    /// Whether the evidence stands beside its row; else it stands under it.
    pub(super) fn is_wide(&self, look: Look) -> bool {
        let usual = 4 * STAGE + VERDICT;
        look.width + usual >= WIDE + self.width()
    }

    /// In characters, the verdict's with them.
    fn width(&self) -> usize {
        self.stages.len() * STAGE + (self.ways.len() + 1) * VERDICT
    }
}

/// Whether the columns stand beside each other: an id may be long, a terminal narrow.
pub(super) fn fits(groups: &[(&Prerequisite, Vec<&Check>)], columns: &Columns, look: Look) -> bool {
    let ids = groups.iter().flat_map(|(_, checks)| checks);
    let longest = ids.map(|check| check.id.len()).max().unwrap_or(0);
    longest + 3 + columns.width() <= look.width
}

pub(super) fn table(
    groups: &[(&Prerequisite, Vec<&Check>)],
    known: &[Diagnosis],
    columns: &Columns,
    look: Look,
) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(look.width).unwrap_or(u16::MAX));
    let mut header = vec!["  Check".to_owned()];
    header.extend(columns.stages.iter().map(|(_, name)| (*name).to_owned()));
    header.extend(columns.ways.iter().map(|(name, _)| (*name).to_owned()));
    header.push("Verdict".to_owned());
    if columns.is_wide(look) {
        header.push("Evidence".to_owned());
    }
    table.set_header(header);
    let mut longest = 0;
    for check in groups.iter().flat_map(|(_, checks)| checks) {
        longest = longest.max(check.id.len());
        let mut row = vec![format!("  {}", check.id)];
        row.extend(
            columns
                .stages
                .iter()
                .map(|(stage, _)| row::cell(check, *stage)),
        );
        let ways = columns
            .ways
            .iter()
            .map(|(_, proxied)| row::way(check, *proxied));
        row.extend(ways.map(|way| way.map_or("-", |way| way.verdict.name()).to_owned()));
        row.push(check.verdict.to_string());
        if columns.is_wide(look) {
            row.push(evidence(check, known, look));
        }
        table.add_row(row);
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 1));
        let (stages, ways) = (columns.stages.len(), columns.ways.len());
        let width = match index {
            0 => longest + 3,
            _ if index <= stages => STAGE,
            _ if index <= stages + ways + 1 => VERDICT,
            _ => continue,
        };
        let width = u16::try_from(width).unwrap_or(u16::MAX);
        column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width)));
    }
    table
}
