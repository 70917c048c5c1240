//! One file of a profile with its text, and what the user gave for variables.

use std::collections::BTreeMap;
use std::sync::Arc;

use toml::Table;

use super::error::Report;
use super::file::{File, Header};
use super::{Origin, Place};
use crate::net::glob;
use crate::probe::fill::Problem;

/// What the user gave for variables, by name.
pub type Values = BTreeMap<String, String>;

pub(super) struct Part {
    pub(super) origin: Origin,
    pub(super) file: Arc<str>,
    /// The same for every spelling of the file's path.
    pub(super) identity: String,
    pub(super) text: String,
    /// Where its lines end.
    pub(super) newlines: Vec<usize>,
    pub(super) content: File,
    /// What the profiles that include it take from it; each adds its own share.
    pub(super) takes: Vec<Take>,
    /// What is wrong with it as far as it could be read alone.
    pub(super) problems: Vec<Problem>,
    /// Whether none of its rows had to be left out.
    pub(super) has_all_rows: bool,
    /// Whether everything that it includes could be read.
    pub(super) has_includes: bool,
}

/// A share of a profile's prerequisites: an id must fit a glob of every list. Without a list, all of them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Take(Vec<Vec<String>>);

impl Take {
    /// The share of an included profile: what this share and the including file's `only` have in common.
    pub(super) fn of_include(&self, include: &str, header: &Header) -> Self {
        let mut narrowed = self.clone();
        if let Some(globs) = header.only.get(include) {
            let globs = globs.iter().map(|glob| glob.get_ref().clone()).collect();
            narrowed.0.push(globs);
        }
        narrowed
    }

    fn has(&self, id: &str) -> bool {
        let fits = |globs: &Vec<String>| globs.iter().any(|pattern| glob(pattern, id));
        self.0.iter().all(fits)
    }

    fn is_all(&self) -> bool {
        self.0.is_empty()
    }
}

impl Part {
    /// Whether the prerequisite is part of the profile that is being loaded.
    pub(super) fn gives(&self, id: &str) -> bool {
        self.takes.iter().any(|take| take.has(id))
    }

    /// Whether a further share adds nothing to those that are taken already.
    pub(super) fn gives_all_of(&self, take: &Take) -> bool {
        let wider = |known: &Take| known.is_all() || known == take;
        self.takes.iter().any(wider)
    }

    pub(super) fn report(&self, problems: Vec<Problem>) -> Report {
        Report {
            file: self.file.to_string(),
            text: self.text.clone(),
            problems,
        }
    }

    /// The text as plain data.
    pub(super) fn table(&self) -> Table {
        toml::from_str(&self.text).expect("it was read before")
    }

    pub(super) fn place(&self, at: usize) -> Place {
        Place {
            file: Arc::clone(&self.file),
            line: self.newlines.partition_point(|newline| *newline < at) + 1,
        }
    }
}
