//! What was typed, spelt once more: what to type for the same run again, from whatever place its values came.

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, CommandFactory};

use super::Cli;

/// Options under this heading say where the report goes, which is nobody's business but the caller's.
const REPORT: &str = "Report";

/// Hidden in the help, where a careless value could show a password; one with which a run begins has none.
const PROXY: &str = "proxy";

/// The subcommand with its options and targets, in the order of the help. What an environment variable gave is spelt
/// as its option; an option that only shows something, and one whose value must not be seen, is left out.
pub fn asked(matches: &ArgMatches) -> Vec<String> {
    let (name, matches) = matches.subcommand().unwrap_or(("check", matches));
    let root = Cli::command();
    let Some(command) = root.find_subcommand(name) else {
        return Vec::new();
    };
    if command.has_subcommands() {
        return Vec::new();
    }
    let (options, targets) = words(command, matches);
    [vec![name.to_owned()], options, targets].concat()
}

fn words(command: &Command, matches: &ArgMatches) -> (Vec<String>, Vec<String>) {
    let (mut options, mut targets) = (Vec::new(), Vec::new());
    for argument in command.get_arguments() {
        let id = argument.get_id().as_str();
        let given = matches!(
            matches.value_source(id),
            Some(ValueSource::CommandLine | ValueSource::EnvVariable)
        );
        if !given || is_left_out(argument) {
            continue;
        }
        let values = || {
            let raw = matches.get_raw(id).into_iter().flatten();
            raw.map(|value| value.to_string_lossy().into_owned())
        };
        if argument.is_positional() {
            targets.extend(values());
            continue;
        }
        let Some(option) = spelling(argument) else {
            continue;
        };
        if argument.get_action().takes_values() {
            options.extend(values().flat_map(|value| [option.clone(), value]));
        } else {
            options.push(option);
        }
    }
    (options, targets)
}

fn is_left_out(argument: &Arg) -> bool {
    let secret = argument.is_hide_env_values_set() && argument.get_id() != PROXY;
    argument.get_help_heading() == Some(REPORT) || secret
}

fn spelling(argument: &Arg) -> Option<String> {
    let long = argument.get_long().map(|long| format!("--{long}"));
    long.or_else(|| argument.get_short().map(|short| format!("-{short}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked_of(words: &[&str]) -> Vec<String> {
        let words = ["mdm-preflight"].iter().chain(words);
        asked(
            &Cli::command()
                .try_get_matches_from(words)
                .expect("it parses"),
        )
    }

    #[test]
    fn what_was_typed_is_spelt_again_without_where_the_report_goes() {
        let typed = [
            "check",
            "--format",
            "json",
            "--jamf",
            "https://jamf.example.com",
            "--output",
            "markdown:x.md",
            "-4",
            "-q",
            "--set",
            "cloud=usgov",
            "--only",
            "a.b,c.*",
        ];
        let again = asked_of(&typed);
        assert_eq!(
            again,
            [
                "check",
                "--set",
                "cloud=usgov",
                "--jamf",
                "https://jamf.example.com",
                "--only",
                "a.b",
                "--only",
                "c.*",
                "-4"
            ]
        );
        let words: Vec<&str> = again.iter().map(String::as_str).collect();
        assert_eq!(asked_of(&words), again);
    }

    #[test]
    fn targets_come_last_and_no_subcommand_is_check() {
        let again = asked_of(&["tcp://127.0.0.1:9", "--expect", "blocked", "-v"]);
        assert_eq!(again, ["check", "--expect", "blocked", "tcp://127.0.0.1:9"]);
        assert_eq!(asked_of(&["profiles", "list"]), [""; 0]);
    }
}
