//! The matrix while its rows still come in: one line a row, with what is known of it so far.

use std::fmt::Write as _;

use anstyle::Style;

use super::Look;
use super::row::{self, STAGE, VERDICT};
use super::text::{paint, style};
use crate::code::Stage;
use crate::finding::Verdict;
use crate::report::Check;

/// Before an id, and behind it.
const AROUND: usize = 3;

/// What all lines have in common.
#[derive(Clone, Debug)]
pub struct Filling {
    /// The width of the longest id.
    id: usize,
    /// None where they do not fit beside the verdict.
    stages: Vec<(Stage, &'static str)>,
    look: Look,
}

impl Filling {
    /// For rows of these ids; `proxied` if some of them may go through a proxy.
    pub fn of<'a>(ids: impl Iterator<Item = &'a str>, proxied: bool, look: Look) -> Self {
        let id = ids.map(str::len).max().unwrap_or_default();
        let mut stages = row::columns(proxied);
        if AROUND + id + stages.len() * STAGE + VERDICT > look.width {
            stages.clear();
        }
        Self { id, stages, look }
    }

    pub fn header(&self) -> String {
        let names = self.stages.iter().map(|(_, name)| (*name).to_owned());
        let header = self.line("Check", names, "Verdict");
        paint(&header, Style::new().underline(), self.look)
    }

    /// A row of which nothing is known yet.
    pub fn blank(&self, id: &str) -> String {
        self.line(id, self.stages.iter().map(|_| String::new()), "")
    }

    /// A row that waits for an answer, with what it has seen so far.
    pub fn waiting(&self, id: &str, check: &Check) -> String {
        self.line(id, self.cells(check), "waiting")
    }

    /// A row that has ended, with the code of what stands against it.
    pub fn ended(&self, id: &str, check: &Check) -> String {
        let name = check.verdict.name();
        let end = match check.code {
            Some(code) if check.verdict != Verdict::Skipped => {
                let gap = VERDICT - name.len();
                let painted = paint(name, style(check.verdict), self.look);
                format!("{painted}{:gap$}{code}", "")
            }
            _ => paint(name, style(check.verdict), self.look),
        };
        self.line(id, self.cells(check), &end)
    }

    fn cells(&self, check: &Check) -> impl Iterator<Item = String> {
        self.stages
            .iter()
            .map(|(stage, _)| row::cell(check, *stage))
    }

    fn line(&self, id: &str, cells: impl Iterator<Item = String>, end: &str) -> String {
        let id_width = self.id;
        let mut line = format!("  {id:id_width$} ");
        for cell in cells {
            // A string takes whatever is written.
            let _ = write!(line, "{cell:STAGE$}");
        }
        line + end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_shown_where_they_fit_and_every_line_has_the_same_columns() {
        let look = |width| Look {
            width,
            color: false,
            verbose: false,
        };
        let ids = ["a/b", "apple.push/courier"];
        let wide = Filling::of(ids.into_iter(), false, look(70));
        assert_eq!(
            wide.header(),
            "  Check              DNS      TCP      TLS      HTTP     Verdict"
        );
        assert_eq!(
            wide.blank("a/b").len(),
            wide.header().len() - "Verdict".len()
        );
        let proxied = Filling::of(ids.into_iter(), true, look(80));
        assert!(proxied.header().contains("PROXY"));
        let narrow = Filling::of(ids.into_iter(), true, look(70));
        assert_eq!(narrow.header(), "  Check              Verdict");
    }
}
