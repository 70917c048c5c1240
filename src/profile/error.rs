//! What is wrong with a profile, shown with file, line, column and the text at fault.

use std::fmt;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::probe::fill::Problem;

/// More would hide the first ones.
const MOST_SHOWN: usize = 20;

/// Why a profile cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    #[error(
        "there is no profile `{name}`: neither a built-in ({known}) nor a readable file: {why}"
    )]
    Unknown {
        name: String,
        known: String,
        why: String,
    },
    #[error("{0}")]
    Unreadable(String),
    #[error("{}", Mistakes(.0))]
    Wrong(Vec<Report>),
    #[error("`{0}` includes itself: {1}")]
    Cycle(String, String),
    #[error("with `{0}` there are too many includes, or they are too deep")]
    Includes(String),
    #[error("no profile has a variable `{name}`{hint}")]
    Variable { name: String, hint: String },
    #[error("`{value}` is no value for the variable `{name}`: {why}")]
    Value {
        name: String,
        value: String,
        why: String,
    },
    #[error("`{value}` is neither a subcommand nor a target: {why}")]
    Target { value: String, why: String },
    #[error(
        "prerequisite `{0}` stands in two profiles with different content; use one of them, or rename it"
    )]
    Clash(String),
}

/// The problems of one file.
#[derive(Clone, Debug)]
pub struct Report {
    pub file: String,
    pub text: String,
    pub problems: Vec<Problem>,
}

impl Report {
    /// The problem with file, line and column, above the line at fault.
    fn problem(&self, problem: &Problem) -> String {
        let end = floor(&self.text, problem.span.end);
        let start = floor(&self.text, problem.span.start).min(end);
        let (line, column) = line_and_column(&self.text, start);
        let title = format!("{}:{line}:{column}: {}", self.file, problem.message);
        // Only the first line is shown: a problem may span a whole file.
        let from = self.text[..start]
            .rfind('\n')
            .map_or(0, |newline| newline + 1);
        let to = self.text[start..]
            .find('\n')
            .map_or(self.text.len(), |newline| start + newline);
        let snippet = Snippet::source(&self.text[from..to])
            .path(&self.file)
            .line_start(line)
            .annotation(AnnotationKind::Primary.span(start - from..end.min(to) - from));
        let group = Level::ERROR
            .no_name()
            .primary_title(&title)
            .element(snippet);
        Renderer::plain().render(&[group])
    }
}

/// One-based line and column of a byte of a text.
pub(super) fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..at];
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    (line, before[start..].chars().count() + 1)
}

/// The byte, or the first one of the letter in which it stands.
fn floor(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}

/// Everything that is wrong, file by file and from top to bottom.
struct Mistakes<'a>(&'a [Report]);

impl fmt::Display for Mistakes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut all: Vec<(&Report, &Problem)> = Vec::new();
        for report in self.0 {
            let first = all.len();
            all.extend(report.problems.iter().map(|problem| (report, problem)));
            all[first..].sort_by_key(|(_, problem)| (problem.span.start, problem.span.end));
        }
        let shown = all.iter().take(MOST_SHOWN);
        let texts: Vec<String> = shown.map(|(report, one)| report.problem(one)).collect();
        f.write_str(&texts.join("\n"))?;
        match all.len() {
            0 | 1 => Ok(()),
            count if count > MOST_SHOWN => {
                write!(f, "\n{count} mistakes, of which {MOST_SHOWN} are shown")
            }
            count => write!(f, "\n{count} mistakes"),
        }
    }
}
