//! How things look: each format is drawn from the report alone and knows no kind of probe.

mod json;
pub mod list;
mod steps;
mod table;
mod text;

use std::io::{self, Write};

use crate::report::Report;

/// A format of the report.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    Table(Look),
    Json,
}

/// How a text for people is drawn.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Look {
    /// In columns.
    pub width: usize,
    pub color: bool,
    pub verbose: bool,
}

impl Format {
    pub fn write(self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Table(look) => table::write(report, look, out),
            Self::Json => json::write(report, out),
        }
    }
}
