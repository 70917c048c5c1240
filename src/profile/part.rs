//! One file of a profile with its text, and what the user gave for variables.

use std::collections::BTreeMap;

use super::error::{ProfileError, Report};
use super::file::File;
use super::{Origin, Place};
use crate::probe::fill::Problem;

/// What the user gave for variables, by name.
pub type Values = BTreeMap<String, String>;

pub(super) struct Part {
    pub(super) origin: Origin,
    pub(super) file: String,
    pub(super) text: String,
    /// Where its lines end.
    pub(super) newlines: Vec<usize>,
    pub(super) content: File,
}

impl Part {
    pub(super) fn wrong(&self, problems: Vec<Problem>) -> ProfileError {
        ProfileError::Wrong(Report {
            file: self.file.clone(),
            text: self.text.clone(),
            problems,
        })
    }

    pub(super) fn place(&self, at: usize) -> Place {
        Place {
            file: self.file.clone(),
            line: self.newlines.partition_point(|newline| *newline < at) + 1,
        }
    }
}
