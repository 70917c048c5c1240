//! The formats of a report, as they are named on the command line.

use clap::ValueEnum;

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum FormatName {
    /// The matrix, for people
    Table,
    /// One line a prerequisite
    Compact,
    /// The whole report, for programs
    Json,
    /// A line of JSON as each check ends
    Jsonl,
    /// `JUnit` XML, for CI
    Junit,
    /// TAP version 14
    Tap,
    /// SARIF 2.1.0, for code hosts
    Sarif,
    /// For tickets and GitHub's step summary
    Markdown,
    /// GitHub's annotations, one a root cause
    Github,
    /// For spreadsheets
    Csv,
    /// One self-contained page
    Html,
    /// For the node exporter's textfile collector
    Prometheus,
    /// A monitoring plugin's answer, with its exit codes
    Nagios,
    /// A Jamf extension attribute
    JamfEa,
    /// The run as an `OpenTelemetry` trace
    OtlpJson,
}
