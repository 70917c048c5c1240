//! The arguments that say where the report goes, and in which form.

use std::path::PathBuf;

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
    #[arg(long, value_name = "[F:]PATH", value_parser = output)]
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

fn output(text: &str) -> Result<Output, String> {
    let known = text.split_once(':').and_then(|(format, path)| {
        let format = FormatName::from_str(format, false).ok()?;
        Some((format, path))
    });
    let (format, path) = match known {
        Some((format, path)) => (Some(format), path),
        None => (None, text),
    };
    if path.is_empty() {
        return Err("the path is empty".to_owned());
    }
    Ok(Output {
        format,
        path: PathBuf::from(path),
    })
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
