//! What a terminal shows while a run goes on, and that nothing of it reaches a pipe.

use std::net::TcpListener;
use std::process::{Command, Stdio};

use crate::binary;

/// A run whose silent rows take 3.3 s.
const SILENT: [&str; 3] = ["demo", "--fault", "push-5223-silent"];
const LINE: &str = " of 43 checks";

/// Everything that a terminal of this size was sent.
fn shown(rows: u32, columns: u32, more: &str) -> String {
    shown_of(rows, columns, &format!("{} {more}", SILENT.join(" ")))
}

fn shown_of(rows: u32, columns: u32, words: &str) -> String {
    let program = env!("CARGO_BIN_EXE_mdm-preflight");
    let shell = format!("stty rows {rows} cols {columns}; {program} {words} --color never");
    let mut script = Command::new("script");
    script
        .args(["--quiet", "--command", &shell, "/dev/null"])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("SHELL", "/bin/sh")
        .env("TERM", "xterm")
        .stdin(Stdio::null());
    binary::finish(script).stdout
}

#[test]
fn a_terminal_shows_how_far_the_run_is_and_then_only_the_report() {
    for (rows, columns) in [(40, 200), (40, 80)] {
        let text = shown(rows, columns, "");
        let report = text.find("DEGRADED: Port 5223").expect("the report");
        let last = text.rfind(LINE).expect("the live line");
        assert!(last < report, "the line is gone when the report comes");
        let live = &text[..report];
        for part in [
            "37 of 43 checks, at most 2",
            "s more; waiting for 6 hosts: ",
            "jamf.https ",
            "5 of 10",
        ] {
            assert!(live.contains(part), "{columns}: no {part:?} in {live:?}");
        }
        // Cleared, not only left behind.
        assert!(
            live.ends_with("\u{1b}[2K") || live.contains("\u{1b}[1A\u{1b}[2K"),
            "{live:?}"
        );
    }
}

#[test]
fn a_row_that_has_come_no_further_than_its_proxy_waits_for_that() {
    // It takes connections, and says nothing.
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = proxy.local_addr().unwrap();
    let words = format!(
        "check tls://one.example:443 tls://two.example:443 --skip canary --timeout 2s --proxy http://{proxy}"
    );
    let text = shown_of(40, 200, &words);
    let said = format!("more; waiting for http://{proxy} ");
    assert!(text.contains(&said), "no {said:?} in {text:?}");
}

#[test]
fn on_a_high_terminal_the_matrix_fills_in() {
    for (columns, head, ended, waits) in [
        (
            120,
            "Check                                    DNS      TCP      TLS      HTTP     Verdict",
            " -        pass",
            " -        waiting",
        ),
        (
            80,
            "Check                                    Verdict",
            "courier-443-46         pass",
            "courier-5223-46        waiting",
        ),
    ] {
        let text = shown(46, columns, "");
        let live = &text[..text.find("DEGRADED: Port 5223").expect("the report")];
        for part in [
            head,
            ended,
            waits,
            "jamf.https/health-check",
            "37 of 43 checks",
        ] {
            assert!(live.contains(part), "{columns}: no {part:?} in {live:?}");
        }
        // Every line is taken away again, the header with the rest.
        let after = &live[live.rfind(head).unwrap()..];
        let cleared = after.matches("\u{1b}[2K").count();
        assert!(cleared >= 45, "{columns}: {cleared} in {after:?}");
    }
}

#[test]
fn a_terminal_that_is_too_low_has_the_line_alone_and_quiet_has_none() {
    let text = shown(12, 100, "");
    let live = &text[..text.find("DEGRADED: Port 5223").unwrap()];
    assert!(
        live.contains(LINE) && !live.contains("jamf.https"),
        "{live:?}"
    );
    let quiet = shown(40, 100, "-q");
    assert!(!quiet.contains(LINE), "{quiet:?}");
    assert!(quiet.contains("DEGRADED: Port 5223"));
}

#[test]
fn a_pipe_gets_no_progress_and_no_escape_codes() {
    let run = binary::run(&SILENT);
    assert_eq!(run.code, Some(0));
    for text in [&run.stdout, &run.stderr] {
        assert!(!text.contains('\u{1b}') && !text.contains(LINE), "{text:?}");
    }
}
