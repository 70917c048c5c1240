//! What is wrong with a profile, shown with file, line, column and the text at fault.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::probe::fill::Problem;

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
    Wrong(Report),
    #[error("`{0}` includes itself: {1}")]
    Cycle(String, String),
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
    /// One-based line of a byte of the text.
    pub fn line(text: &str, at: usize) -> usize {
        text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
    }

    fn column(&self, at: usize) -> usize {
        let start = self.text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        self.text[start..at].chars().count() + 1
    }

    fn inside(&self, span: &Range<usize>) -> Range<usize> {
        let end = span.end.min(self.text.len());
        span.start.min(end)..end
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let renderer = Renderer::plain();
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            let span = self.inside(&problem.span);
            let line = Self::line(&self.text, span.start);
            let column = self.column(span.start);
            let title = format!("{}:{line}:{column}: {}", self.file, problem.message);
            let snippet = Snippet::source(&self.text)
                .path(&self.file)
                .annotation(AnnotationKind::Primary.span(span));
            let group = Level::ERROR
                .no_name()
                .primary_title(&title)
                .element(snippet);
            f.write_str(&renderer.render(&[group]))?;
        }
        Ok(())
    }
}
