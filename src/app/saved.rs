//! `render`, `diff` and `merge`: saved reports are read, checked and drawn again.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde::Deserialize;

use super::check::code;
use super::control::now;
use super::outputs::{self, Outputs, look};
use super::{Error, complain, print};
use crate::cli::{Color, DiffArgs, DiffFormat, MergeArgs, MergeFormat, RenderArgs, ReportArgs};
use crate::compare::{diff, merge, redact};
use crate::exit;
use crate::render::{self, Format, changes, vantages};
use crate::report::{Report, SCHEMA};

/// Far more than a report of any profile needs.
const LIMIT: u64 = 64 * 1024 * 1024;
const LIMIT_MIB: u64 = LIMIT / 1024 / 1024;

/// Why a file is no report that this version can read.
#[derive(Debug, thiserror::Error)]
pub(super) enum SavedError {
    #[error("cannot read {path}: {error}")]
    Read { path: String, error: io::Error },
    #[error("{path} is larger than {LIMIT_MIB} MiB, which no report is")]
    TooLarge { path: String },
    #[error("{path} is not JSON: {error}")]
    NotJson {
        path: String,
        error: serde_json::Error,
    },
    #[error("{path} is no report of mdm-preflight: it has no `schema`")]
    NoSchema { path: String },
    #[error("{path} has the schema `{schema}`, not `{SCHEMA}`")]
    OtherSchema { path: String, schema: String },
    #[error("{path} was written by a newer version ({schema}); this one reads up to {SCHEMA}")]
    Newer { path: String, schema: String },
    #[error("{path} says `{SCHEMA}` but does not follow it: {error}")]
    Broken { path: String, error: String },
}

pub(super) fn draw(args: &RenderArgs) -> Result<u8, Error> {
    let report = read(&args.file)?;
    let redacted = redacted(&report, &args.report);
    let report = redacted.as_ref().unwrap_or(&report);
    let outputs = Outputs::open(&args.report)?;
    let format = match outputs::on_stdout(&args.report) {
        Format::JamfEa { .. } if args.age => Format::JamfEa { now: Some(now()) },
        format => format,
    };
    let failed = outputs.write(report, || {
        print(|out| format.write(report, out).map_err(Error::Stdout))
    })?;
    if let Some(error) = failed {
        complain(&error.to_string());
        return Ok(exit::INTERNAL);
    }
    Ok(code(report, &args.report))
}

pub(super) fn diff(args: &DiffArgs) -> Result<u8, Error> {
    if !args.slower.is_finite() || args.slower <= 1.0 {
        return Err(Error::Usage("--slower must be above 1".to_owned()));
    }
    let (old, new) = (read(&args.old)?, read(&args.new)?);
    let found = diff::diff(&old, &new, args.slower);
    let look = look(Color::Auto, args.verbose);
    print(|out| {
        let drawn = match args.format {
            DiffFormat::Table => changes::table(&found, look, out),
            DiffFormat::Json => changes::json(&found, out),
            DiffFormat::Markdown => changes::markdown(&found, look.verbose, out),
        };
        drawn.map_err(Error::Stdout)
    })?;
    Ok(if found.has_new_failure() {
        exit::FAIL
    } else {
        exit::OK
    })
}

pub(super) fn merge(args: &MergeArgs) -> Result<u8, Error> {
    let mut reports = Vec::new();
    for file in &args.files {
        reports.push(read(file)?);
    }
    let matrix = merge::merge(&reports);
    let look = look(Color::Auto, false);
    print(|out| {
        let drawn = match args.format {
            MergeFormat::Table => vantages::table(&matrix, look, out),
            MergeFormat::Json => vantages::json(&matrix, out),
            MergeFormat::Markdown => vantages::markdown(&matrix, out),
            MergeFormat::Html => vantages::html(&matrix, out),
        };
        drawn.map_err(Error::Stdout)
    })
}

/// The report without what names anybody, if that is wanted.
pub(super) fn redacted(report: &Report, args: &ReportArgs) -> Option<Report> {
    args.redact.then(|| redact::redact(report))
}

pub(super) fn read(file: &Path) -> Result<Report, SavedError> {
    let path = file.display().to_string();
    let path = || path.clone();
    let text = bounded(file).map_err(|error| SavedError::Read {
        path: path(),
        error,
    })?;
    if text.len() as u64 > LIMIT {
        return Err(SavedError::TooLarge { path: path() });
    }
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
    let not_json = |error| SavedError::NotJson {
        path: path(),
        error,
    };
    let head: Head = match serde_json::from_slice(text) {
        Ok(head) => head,
        Err(error) if error.is_data() => return Err(SavedError::NoSchema { path: path() }),
        Err(error) => return Err(not_json(error)),
    };
    if head.schema != SCHEMA {
        let schema: String = head.schema.chars().take(80).collect();
        let schema = schema.escape_debug().to_string();
        let path = path();
        return Err(match version(&head.schema) {
            Some(_) => SavedError::Newer { path, schema },
            None => SavedError::OtherSchema { path, schema },
        });
    }
    let broken = |error: String| SavedError::Broken {
        path: path(),
        // It may quote the file, which may hold anything.
        error: error.escape_debug().to_string(),
    };
    let report: Report = serde_json::from_slice(text).map_err(|e| broken(e.to_string()))?;
    render::made_safe(&report).map_err(|error| broken(error.to_string()))
}

/// What every version of a report begins with.
#[derive(Deserialize)]
struct Head {
    schema: String,
}

/// The number of a report's schema that is later than this one's.
fn version(schema: &str) -> Option<u32> {
    let (_, ours) = SCHEMA.rsplit_once('/')?;
    let number = schema.strip_prefix("mdm-preflight/report/")?;
    let number: u32 = number.parse().ok()?;
    (number > ours.parse().ok()?).then_some(number)
}

/// At most a byte more than is allowed.
fn bounded(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        io::stdin().lock().take(LIMIT + 1).read_to_end(&mut bytes)?;
    } else {
        File::open(file)?.take(LIMIT + 1).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}
