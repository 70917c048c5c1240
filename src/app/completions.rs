//! `completions`: the script that lets a shell complete this program's words. Beside what clap knows it offers
//! names that are compiled in: profiles, codes, expectations, faults.

use std::collections::BTreeSet;

use clap::builder::PossibleValuesParser;
use clap::{Arg, Command, CommandFactory};
use clap_complete::{Shell, generate};

use super::{Error, print};
use crate::advice::NOT_NETWORK;
use crate::cli::Cli;
use crate::code::Code;
use crate::diagnose::MEANINGS;
use crate::finding::Expectation;
use crate::profile::BUILTINS;

pub(super) fn run(shell: Shell) -> Result<u8, Error> {
    let mut command = offering(Cli::command());
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    generate(shell, &mut command, name, &mut script);
    let script = String::from_utf8_lossy(&script);
    let script = match shell {
        Shell::Bash => with_one_name(&script),
        _ => script.into_owned(),
    };
    print(|out| out.write_all(script.as_bytes()).map_err(Error::Stdout))
}

/// `clap_complete` 4.6 turns the hyphen of the program's name into one word where it sets the state of its bash
/// script and into another where it reads it, so that nothing after a subcommand would be completed.
fn with_one_name(script: &str) -> String {
    script.replace("mdm__subcmd__preflight", "mdm__preflight")
}

/// The command line whose arguments list what may be typed. It is never used to read one: a profile may also be
/// a file.
fn offering(command: Command) -> Command {
    let of = command.get_name().to_owned();
    let offer = |arg: Arg| match values(&of, arg.get_id().as_str()) {
        Some(values) => arg.value_parser(PossibleValuesParser::new(values)),
        None => arg,
    };
    command.mut_args(offer).mut_subcommands(offering)
}

fn values(command: &str, argument: &str) -> Option<Vec<&'static str>> {
    match (command, argument) {
        ("show", "name") | ("lint", "file") | (_, "profile") => {
            Some(BUILTINS.iter().map(|builtin| builtin.name).collect())
        }
        ("explain", "what") => {
            let codes = Code::ALL.iter().map(|code| code.name());
            let causes = MEANINGS.iter().map(|cause| cause.code);
            let all: BTreeSet<&str> = codes.chain(causes).chain([NOT_NETWORK]).collect();
            Some(all.into_iter().collect())
        }
        #[cfg(feature = "demo")]
        ("demo", "fault") => {
            let faults = crate::lab::faults().iter();
            Some(faults.map(|fault| fault.name).collect())
        }
        (_, "cloud") => Some(vec!["global", "usgov", "usdod", "china"]),
        (_, "expect") => Some(Expectation::ALL.map(Expectation::name).to_vec()),
        (_, "fail_on") => Some(vec!["degraded", "inconclusive", "fail", "never"]),
        _ => None,
    }
}
