//! The program: parse, run, print an error, return its code.

use std::process::ExitCode;

use clap::Parser;
use mdm_preflight::{app, cli::Cli};

fn main() -> ExitCode {
    // Clap prints help and usage errors itself; a usage error is exit code 2.
    let cli = Cli::parse();
    ExitCode::from(app::run(cli))
}
