//! The README shows what the program prints: its commands parse, and its help and its report are today's.
//!
//! A block that begins with `$ mdm-preflight …` and goes on with output is compared word by word with what
//! that command prints here. Only what differs from run to run is left out: times, ports, dates.

use std::fs;
use std::sync::{Mutex, PoisonError};

use clap::Parser;
use mdm_preflight::cli::Cli;

use crate::binary;

pub(crate) const README: &str = "README.md";

/// Set, to anything: the outputs in the README are replaced by today's.
pub(crate) const UPDATE: &str = "UPDATE_README";

/// Held by whoever replaces a part of the README.
pub(crate) static WRITING: Mutex<()> = Mutex::new(());

/// A fenced block of the README.
struct Block<'a> {
    language: &'a str,
    /// Without its fences.
    body: &'a str,
}

impl<'a> Block<'a> {
    /// The command and its output, of a block that shows a session.
    fn session(&self) -> Option<(&'a str, &'a str)> {
        let (command, output) = self.body.split_once('\n')?;
        let session = self.language == "console";
        session.then(|| (command.strip_prefix("$ ").unwrap(), output))
    }
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut found = Vec::new();
    // Odd parts stand between fences.
    for part in text.split("```").skip(1).step_by(2) {
        let (language, body) = part.split_once('\n').unwrap();
        found.push(Block { language, body });
    }
    found
}

/// The arguments of a line such as `mdm-preflight demo --fault NAME`.
fn arguments(command: &str) -> Vec<&str> {
    let words: Vec<&str> = command.split_whitespace().collect();
    assert_eq!(words[0], "mdm-preflight", "{command}");
    words[1..].to_vec()
}

fn output(command: &str) -> String {
    let run = binary::run(&arguments(command));
    assert!(matches!(run.code, Some(0 | 1)), "{command}\n{}", run.stderr);
    run.stdout
}

/// The words of an output; a word that differs from run to run is `[..]`, and how lines are broken does
/// not count, since that depends on the width of such words.
fn words(output: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for word in output.split_whitespace() {
        let unit = ["ms", "ms.", "ms,", "s", "s.", "s,"].contains(&word);
        match found.last_mut() {
            // `3.3 s`: the number before a unit of time.
            Some(last) if unit && is_number(last) => "[..]".clone_into(last),
            _ => found.push(redacted(word)),
        }
    }
    found
}

fn redacted(word: &str) -> String {
    let bare = word.trim_end_matches([',', '.', ';', ']']);
    let port = bare.strip_prefix("127.0.0.1:").is_some_and(is_number);
    let date = bare.parse::<jiff::Timestamp>().is_ok();
    if port || date {
        "[..]".to_owned()
    } else {
        word.to_owned()
    }
}

fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit()) && word.parse::<f64>().is_ok()
}

#[test]
fn the_outputs_in_the_readme_are_what_the_program_prints() {
    let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let mut text = fs::read_to_string(README).unwrap();
    let original = text.clone();
    let all = blocks(&original);
    let examples: Vec<_> = all.iter().filter_map(Block::session).collect();
    assert!(
        examples.len() >= 2,
        "the README shows the help and a report"
    );
    for (command, before) in examples {
        let now = output(command);
        let (old, new) = (words(before), words(&now));
        if std::env::var_os(UPDATE).is_some() {
            let now = format!("$ {command}\n{}\n", now.trim_end());
            text = text.replace(&format!("$ {command}\n{before}"), &now);
            continue;
        }
        let Some(at) = (0..old.len().max(new.len())).find(|at| old.get(*at) != new.get(*at)) else {
            continue;
        };
        let around = |words: &[String]| {
            words[at.saturating_sub(6).min(words.len())..words.len().min(at + 7)].join(" ")
        };
        panic!(
            "{README} differs from `{command}`:\n  it shows      … {} …\n  it should be  … {} …\n\
             update it by `{UPDATE}=1 cargo test --test it readme`, and read what changed",
            around(&old),
            around(&new)
        );
    }
    if text != original {
        fs::write(README, text).unwrap();
    }
}

#[test]
fn every_command_in_the_readme_can_be_typed() {
    let text = fs::read_to_string(README).unwrap();
    let mut tried = 0;
    for block in blocks(&text) {
        let session = block.session().map(|(command, _)| command.to_owned());
        // A backslash at the end of a line goes on in the next.
        let script = block.body.replace("\\\n", " ");
        let lines = match (session, block.language) {
            (Some(command), _) => vec![command],
            (None, "sh") => script.lines().map(ToOwned::to_owned).collect(),
            _ => Vec::new(),
        };
        for line in lines
            .iter()
            .filter(|line| line.starts_with("mdm-preflight "))
        {
            let command = line.split(['|', '>', '#']).next().unwrap();
            let bare = |word: &str| word.trim_matches('\'').to_owned();
            let parsed = Cli::try_parse_from(command.split_whitespace().map(bare));
            // Help is an error to clap, though one that goes to standard output.
            if let Err(error) = parsed {
                assert!(!error.use_stderr(), "{line}\n{error}");
            }
            tried += 1;
        }
    }
    assert!(tried >= 10, "only {tried} commands found");
}

#[test]
fn the_first_screen_says_what_it_is_and_how_to_run_and_test_it() {
    let text = fs::read_to_string(README).unwrap();
    let screen: Vec<&str> = text.lines().take(40).collect();
    let screen = screen.join("\n");
    for must in [
        "cargo run --release -- demo",
        "mdm-preflight check --jamf https://",
        "--tenant ",
        "cargo test",
        "$ mdm-preflight demo --fault ",
    ] {
        assert!(screen.contains(must), "`{must}` is not on the first screen");
    }
}

#[test]
fn no_line_of_a_shown_report_is_wider_than_the_columns_of_a_pipe() {
    let text = fs::read_to_string(README).unwrap();
    for line in blocks(&text).iter().flat_map(|block| block.body.lines()) {
        assert!(line.chars().count() <= 120, "{line}");
    }
}

#[test]
fn the_readme_names_every_exit_code_and_every_built_in() {
    let text = fs::read_to_string(README).unwrap();
    for code in 0..=4 {
        assert!(text.contains(&format!("| `{code}` |")), "exit code {code}");
    }
    for builtin in mdm_preflight::profile::BUILTINS {
        assert!(
            text.contains(&format!("`{}`", builtin.name)),
            "{}",
            builtin.name
        );
    }
}

#[test]
fn only_what_differs_from_run_to_run_is_left_out_of_the_comparison() {
    let one = "DNS servers 127.0.0.1:4053; started 2026-11-23T17:11:50.03Z, took 3.4\ns. row 8.8 ms x 3.3 s";
    let other =
        "DNS servers 127.0.0.1:53; started 2027-01-02T03:04:05Z, took 377 ms. row 12 ms   x 3 s";
    assert_eq!(words(one), words(other));
    for (one, other) in [
        ("17.57.144.10:5223", "17.57.144.10:443"),
        ("pass 3", "pass 4"),
        ("HTTP/2 400", "HTTP/2 200"),
        ("25 pass, 5 skipped", "24 pass, 5 skipped"),
    ] {
        assert_ne!(words(one), words(other));
    }
}
