//! How things look: each format is drawn from the report alone and knows no kind of probe.

mod causes;
pub mod changes;
mod compact;
mod csv;
pub mod elsewhere;
pub mod filling;
mod github;
mod html;
mod jamf;
mod json;
pub mod jsonl;
mod junit;
mod line;
pub mod list;
mod markdown;
mod nagios;
mod nftables;
mod otlp;
mod prometheus;
mod row;
pub mod rules;
mod safe;
mod sarif;
mod steps;
pub mod story;
mod table;
mod tap;
mod text;
pub mod vantages;

use std::io::{self, Write};

use jiff::Timestamp;

use crate::report::Report;

pub use line::Line;

/// A format of the report.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    Table(Look),
    Compact(Look),
    Json,
    Jsonl,
    Junit(Line),
    Tap(Line),
    Sarif(Line),
    Markdown,
    Github(Line),
    Csv,
    Html,
    Prometheus,
    Nagios,
    /// With the age of the run, if it is drawn at a time that matters.
    JamfEa {
        now: Option<Timestamp>,
    },
    OtlpJson,
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
    /// Draws the report. Whatever its strings hold, nothing reaches a terminal or a page unescaped.
    pub fn write(self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        let report = &*safe::cleaned(report)?;
        match self {
            Self::Table(look) => table::write(report, look, out),
            Self::Compact(look) => compact::write(report, look, out),
            Self::Json => json::write(report, out),
            Self::Jsonl => jsonl::Stream::default().finish(report, out),
            Self::Junit(line) => junit::write(report, line, out),
            Self::Tap(line) => tap::write(report, line, out),
            Self::Sarif(line) => sarif::write(report, line, out),
            Self::Markdown => markdown::write(report, out),
            Self::Github(line) => github::write(report, line, out),
            Self::Csv => csv::write(report, out),
            Self::Html => html::write(report, out),
            Self::Prometheus => prometheus::write(report, out),
            Self::Nagios => nagios::write(report, out),
            Self::JamfEa { now } => jamf::write(report, now, out),
            Self::OtlpJson => otlp::write(report, out),
        }
    }
}

/// A stranger's report with nothing in its strings that a terminal or a page would act on.
pub fn made_safe(report: &Report) -> io::Result<Report> {
    Ok(safe::cleaned(report)?.into_owned())
}
