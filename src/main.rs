//! The program: parse, run, print an error, return its code.

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};
use mdm_preflight::app;
use mdm_preflight::cli::{self, Cli};

fn main() -> ExitCode {
    // Clap prints help and usage errors itself; a usage error is exit code 2.
    let mut matches = Cli::command().get_matches();
    let asked = cli::asked(&matches);
    let cli = Cli::from_arg_matches_mut(&mut matches).unwrap_or_else(|error| error.exit());
    ExitCode::from(app::run(cli, asked))
}
