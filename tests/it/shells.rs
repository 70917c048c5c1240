//! Shell completions and the manual page, read by the real shells and by groff.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use clap::CommandFactory;
use mdm_preflight::cli::Cli;

use crate::binary::run;

/// Whether a program is there; where it is not, the test says so and fails in CI.
pub(crate) fn is_here(program: &str) -> bool {
    let here = Command::new(program).arg("--version").output().is_ok();
    if !here {
        assert!(
            std::env::var("CI").as_deref() != Ok("true"),
            "install {program}"
        );
        eprintln!("SKIPPED: there is no {program}");
    }
    here
}

fn file(name: &str, text: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("shells");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn script(shell: &str) -> PathBuf {
    let run = run(&["completions", shell]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{shell}");
    file(&format!("mdm-preflight.{shell}"), &run.stdout)
}

/// Made once: two tests read it.
fn bash_script() -> &'static PathBuf {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| script("bash"))
}

pub(crate) fn output_of(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.is_empty(),
        "{command:?}\n{said}"
    );
    String::from_utf8(output.stdout).unwrap()
}

/// What bash offers after these words, the last of which is unfinished.
fn offered(words: &[&str]) -> Vec<String> {
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let text = format!(
        "source '{}'\nCOMP_WORDS=({})\nCOMP_CWORD={}\nregistered=($(complete -p mdm-preflight))\n\
         \"${{registered[${{#registered[@]}}-2]}}\" mdm-preflight '{}' '{}'\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
        bash_script().display(),
        quoted.join(" "),
        words.len() - 1,
        words[words.len() - 1],
        words[words.len() - 2],
    );
    let said = output_of(Command::new("bash").args(["--norc", "-c", &text]));
    said.lines().map(ToOwned::to_owned).collect()
}

#[test]
fn bash_completes_subcommands_options_formats_profiles_faults_and_codes() {
    if !is_here("bash") {
        return;
    }
    for (words, must) in [
        (&["mdm-preflight", "comp"][..], &["completions"][..]),
        (&["mdm-preflight", "check", "--spl"], &["--splay"]),
        (&["mdm-preflight", "check", "--format", "ja"], &["jamf-ea"]),
        (
            &["mdm-preflight", "check", "--profile", "apple-p"],
            &["apple-push"],
        ),
        (
            &["mdm-preflight", "profiles", "show", "every"],
            &["everything"],
        ),
        (&["mdm-preflight", "profiles", "l"], &["list", "lint"]),
        (
            &["mdm-preflight", "demo", "--fault", "push-5223-s"],
            &["push-5223-silent"],
        ),
        (&["mdm-preflight", "explain", "tcp_sil"], &["tcp_silent"]),
        (&["mdm-preflight", "explain", "host_d"], &["host_down"]),
        (&["mdm-preflight", "explain", "not-n"], &["not-network"]),
        (&["mdm-preflight", "check", "--expect", "bl"], &["blocked"]),
        (
            &["mdm-preflight", "check", "--fail-on", "de"],
            &["degraded"],
        ),
        (
            &["mdm-preflight", "check", "--cloud", "us"],
            &["usgov", "usdod"],
        ),
        (&["mdm-preflight", "completions", "f"], &["fish"]),
    ] {
        assert_eq!(offered(words), must, "{words:?}");
    }
    let all = offered(&["mdm-preflight", "check", "--"]);
    let command = Cli::command();
    let check = command.find_subcommand("check").unwrap();
    for option in check.get_arguments().filter_map(|arg| arg.get_long()) {
        assert!(all.contains(&format!("--{option}")), "{option}");
    }
}

#[test]
fn every_value_that_is_offered_is_taken() {
    for (option, value) in [
        ("cloud", ["global", "usgov", "usdod", "china"].as_slice()),
        ("fail-on", &["degraded", "inconclusive", "fail", "never"]),
        ("expect", &["connected", "not_intercepted", "nxdomain"]),
    ] {
        let offered = offered(&["mdm-preflight", "check", &format!("--{option}"), ""]);
        for word in value {
            assert!(offered.contains(&(*word).to_owned()), "{word}");
        }
        for word in offered {
            let flag = format!("--{option}={word}");
            let target: &[&str] = if option == "expect" {
                &["tcp://127.0.0.1:9"]
            } else {
                &[]
            };
            let run = run(&[&["check", "--list", &flag], target].concat());
            let taken = run.code == Some(0) || run.stderr.contains("a `tcp` target cannot be");
            assert!(taken, "{flag}: {}", run.stderr);
        }
    }
}

#[test]
fn zsh_and_fish_read_their_scripts_and_fish_completes() {
    if is_here("zsh") {
        let script = script("zsh");
        output_of(Command::new("zsh").arg("-n").arg(&script));
        // The function is also defined, not only parsed.
        let define = format!(
            "autoload -U compinit; compinit -D -u; source '{}'; whence _mdm-preflight",
            script.display()
        );
        assert_eq!(
            output_of(Command::new("zsh").args(["-f", "-c", &define])).trim(),
            "_mdm-preflight"
        );
    }
    if is_here("fish") {
        let script = script("fish");
        output_of(Command::new("fish").arg("-n").arg(&script));
        let home = script.parent().unwrap().to_owned();
        let complete = |typed: &str| {
            let ask = format!("source '{}'; complete -C '{typed}'", script.display());
            output_of(
                Command::new("fish")
                    .args(["--no-config", "-c", &ask])
                    .env("HOME", &home),
            )
        };
        assert!(complete("mdm-preflight check --format jamf").starts_with("jamf-ea"));
        assert!(complete("mdm-preflight demo --fault clock").starts_with("clock-skew"));
        assert!(complete("mdm-preflight ex").starts_with("explain"));
    }
}

#[test]
fn every_shell_has_a_script_and_another_word_is_refused() {
    for (shell, start) in [
        ("bash", "_mdm__preflight()"),
        ("zsh", "#compdef mdm-preflight"),
        ("fish", "# Print an optspec"),
        (
            "powershell",
            "\nusing namespace System.Management.Automation",
        ),
        ("elvish", "\nuse builtin;"),
    ] {
        let text = run(&["completions", shell]).stdout;
        assert!(text.starts_with(start), "{shell}: {}", &text[..80]);
    }
    let refused = run(&["completions", "tcsh"]);
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.stderr.contains("tcsh") && refused.stderr.contains("elvish"),
        "{}",
        refused.stderr
    );
}

/// All options of the command and of those below it, as they are typed.
fn options(command: &clap::Command, found: &mut Vec<String>) {
    for argument in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
        let long = argument.get_long().map(|long| format!("--{long}"));
        let short = argument.get_short().map(|short| format!("-{short}"));
        found.extend(long.into_iter().chain(short));
    }
    for subcommand in command.get_subcommands() {
        options(subcommand, found);
    }
}

#[test]
fn groff_formats_the_manual_page_without_a_warning_and_it_has_every_option() {
    let page = run(&["man"]);
    assert_eq!((page.code, page.stderr.as_str()), (Some(0), ""));
    let path = file("mdm-preflight.1", &page.stdout);
    if !is_here("groff") || !is_here("man") {
        return;
    }
    let warned = Command::new("groff")
        .args(["-man", "-ww", "-z"])
        .arg(&path)
        .output()
        .unwrap();
    assert!(
        warned.status.success() && warned.stderr.is_empty(),
        "{warned:?}"
    );
    let shown = output_of(
        Command::new("man")
            .env("MANWIDTH", "100")
            .env("MAN_KEEP_FORMATTING", "")
            .arg("-l")
            .arg(&path),
    );
    let mut all = Vec::new();
    options(&Cli::command(), &mut all);
    assert!(all.len() > 60, "{all:?}");
    for option in all {
        let there = shown
            .split_whitespace()
            .any(|word| word.trim_end_matches([',', '.']) == option);
        assert!(there, "{option} is not in\n{shown}");
    }
    for heading in [
        "NAME",
        "SYNOPSIS",
        "NETWORK",
        "MDM-PREFLIGHT DEMO",
        "MDM-PREFLIGHT PROFILES LINT",
        "EXIT STATUS",
        "EXAMPLES",
    ] {
        assert!(
            shown.lines().any(|line| line == heading),
            "{heading} is not in\n{shown}"
        );
    }
    let widest = shown.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(100), "{widest:?}");
}

#[test]
fn a_reader_of_a_script_or_of_the_page_that_goes_away_is_no_error() {
    let program = env!("CARGO_BIN_EXE_mdm-preflight");
    for arguments in ["completions bash", "completions zsh", "man"] {
        let text = format!("{program} {arguments} | head -c 1 >/dev/null; exit ${{PIPESTATUS[0]}}");
        let output = Command::new("bash").args(["-c", &text]).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert!(output.stderr.is_empty(), "{output:?}");
    }
}
