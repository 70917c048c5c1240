//! The arguments of `render`, `diff` and `merge`, which work on saved reports.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::ReportArgs;

#[derive(Args, Debug)]
pub struct RenderArgs {
    /// A report that `--format json` wrote; `-` for standard input
    #[arg(value_name = "REPORT.json")]
    pub file: PathBuf,
    /// Say how old the report is, where the format has a place for it (`jamf-ea`)
    #[arg(long)]
    pub age: bool,
    #[command(flatten)]
    pub report: ReportArgs,
}

#[derive(Args, Debug)]
pub struct DiffArgs {
    /// The earlier report
    #[arg(value_name = "OLD.json")]
    pub old: PathBuf,
    /// The later report; `-` for standard input
    #[arg(value_name = "NEW.json")]
    pub new: PathBuf,
    /// How to show the changes
    #[arg(long, value_name = "F", default_value = "table")]
    pub format: DiffFormat,
    /// A check that takes this many times as long as before is slower
    #[arg(long, value_name = "N", default_value_t = 3.0)]
    pub slower: f64,
    /// Show single addresses too; they rotate
    #[arg(short, long)]
    pub verbose: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum DiffFormat {
    Table,
    Json,
    Markdown,
}

#[derive(Args, Debug)]
pub struct MergeArgs {
    /// Two or more reports
    #[arg(value_name = "REPORT.json", required = true, num_args = 1..)]
    pub files: Vec<PathBuf>,
    /// How to show the matrix
    #[arg(long, value_name = "F", default_value = "table")]
    pub format: MergeFormat,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum MergeFormat {
    Table,
    Json,
    Markdown,
    Html,
}
