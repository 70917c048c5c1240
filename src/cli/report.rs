//! The arguments that say where the report goes, and in which form.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::{Args, ValueEnum};

use super::FormatName;
use crate::finding::Verdict;

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FailOn {
    Verdict(Verdict),
    Never,
}

/// `[F:]PATH` of `--output`: the format counts only if it is a known one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Output {
    pub format: Option<FormatName>,
    pub path: PathBuf,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Report")]
pub struct ReportArgs {
    /// What goes to standard output
    #[arg(long, value_name = "F", default_value = "table")]
    pub format: FormatName,
    /// Write the report to a file as well; repeatable
    #[arg(long, value_name = "[F:]PATH", value_parser = OsStringValueParser::new().try_map(|text| output(&text)))]
    pub output: Vec<Output>,
    /// Exit 1 for this verdict and every worse one: degraded, inconclusive, fail; `never`: always 0
    #[arg(long, value_name = "V", value_parser = fail_on)]
    pub fail_on: Option<FailOn>,
    /// Leave out what names the organisation, this machine or a person
    #[arg(long)]
    pub redact: bool,
    /// Colour: auto, always or never
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true
    )]
    pub color: Color,
    /// No progress on standard error
    #[arg(short, long)]
    pub quiet: bool,
    /// Show notes and every address
    #[arg(short, long)]
    pub verbose: bool,
}

fn output(text: &OsStr) -> Result<Output, String> {
    let bytes = text.as_encoded_bytes();
    let format = bytes.iter().position(|byte| *byte == b':').and_then(|at| {
        let name = std::str::from_utf8(&bytes[..at]).ok()?;
        Some((FormatName::from_str(name, false).ok()?, at))
    });
    let path = match format {
        Some((_, at)) => without_start(text, at + 1),
        None => text.to_owned(),
    };
    if path.is_empty() {
        return Err("the path is empty".to_owned());
    }
    Ok(Output {
        format: format.map(|(format, _)| format),
        path: PathBuf::from(path),
    })
}

/// The rest after so many ASCII characters: a path need not be UTF-8.
#[cfg(unix)]
fn without_start(text: &OsStr, length: usize) -> OsString {
    use std::os::unix::ffi::OsStrExt as _;
    OsStr::from_bytes(&text.as_bytes()[length..]).to_owned()
}

#[cfg(not(unix))]
fn without_start(text: &OsStr, length: usize) -> OsString {
    use std::os::windows::ffi::{OsStrExt as _, OsStringExt as _};
    let rest: Vec<u16> = text.encode_wide().skip(length).collect();
    OsString::from_wide(&rest)
}

fn fail_on(text: &str) -> Result<FailOn, String> {
    match text {
        "never" => Ok(FailOn::Never),
        "degraded" => Ok(FailOn::Verdict(Verdict::Degraded)),
        "inconclusive" => Ok(FailOn::Verdict(Verdict::Inconclusive)),
        "fail" => Ok(FailOn::Verdict(Verdict::Fail)),
        _ => Err("expected degraded, inconclusive, fail or never".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_before_a_path_counts_only_if_it_is_one() {
        let output = |text: &str| output(OsStr::new(text));
        let with = output("json:out").expect("an output");
        assert_eq!(
            (with.format, with.path),
            (Some(FormatName::Json), "out".into())
        );
        let without = output("C:out").expect("an output");
        assert_eq!((without.format, without.path), (None, "C:out".into()));
        assert!(output("json:").is_err());
    }
}
