//! Runs of many rows that are short of something: memory and descriptors, a disk that is full, time to the end.

use std::fmt::Write as _;
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use crate::bad_input::folder::Folder;
use crate::binary::{command, finish};

/// A listener on every address of 127.0.0.0/8, and how many connections it has accepted.
fn listener() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let accepted = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&accepted);
    spawn(move || {
        for stream in listener.incoming() {
            drop(stream);
            seen.fetch_add(1, Ordering::SeqCst);
        }
    });
    (port, accepted)
}

/// A row for each of so many addresses.
fn profile(rows: usize, port: u16) -> String {
    let mut text = String::from(
        "[profile]\nname = \"many\"\ntitle = \"Many\"\nversion = \"1\"\n\n[[prerequisite]]\nid = \"many\"\ntitle = \"Many\"\n\
         severity = \"required\"\nfrom = [\"client\"]\nowner = \"network\"\nwhy = \"A test.\"\nremedy = \"None.\"\n",
    );
    for n in 0..rows {
        let address = format!("127.1.{}.{}", n / 250, n % 250 + 1);
        writeln!(
            text,
            "\n[[prerequisite.check]]\nid = \"row-{n}\"\ntitle = \"Row {n}\"\ntcp = {{ host = \"{address}\", port = {port} }}\n\
             expect = \"connected\""
        )
        .unwrap();
    }
    text
}

/// The program under the limits that `prlimit` sets.
fn limited(limits: &[&str], arguments: &[&str]) -> Command {
    let program = command(&[]).get_program().to_owned();
    let mut command = Command::new("prlimit");
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.args(limits).arg(program).args(arguments);
    command.stdin(Stdio::null());
    command
}

#[test]
fn ten_thousand_rows_do_with_little_memory_and_few_descriptors() {
    let folder = Folder::new("many-rows");
    let (port, accepted) = listener();
    let file = folder.file("many.toml", profile(10_000, port));
    let arguments = ["check", "--profile", &file, "--skip", "canary", "--proxy"];
    let more = ["none", "--rate", "off", "--format", "compact"];
    // What it may write to, stacks of threads included.
    let limits = ["--data=134217728", "--nofile=64"];
    let run = finish(limited(&limits, &[&arguments[..], &more].concat()));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stdout.contains("10000 pass"), "{}", run.stdout);
    assert!(accepted.load(Ordering::SeqCst) >= 10_000);
}

#[test]
fn a_report_of_many_rows_that_fits_on_no_disk_is_said_to_be_lost() {
    let folder = Folder::new("many-rows-full");
    let (port, _) = listener();
    let file = folder.file("many.toml", profile(2_000, port));
    let arguments = ["check", "--profile", &file, "--skip", "canary", "--proxy"];
    let more = ["none", "--rate", "off", "--output", "json:/dev/full"];
    let run = finish(command(&[&arguments[..], &more].concat()));
    assert_eq!(run.code, Some(4), "{}", run.stderr);
    assert!(
        run.stderr.contains("/dev/full: No space left"),
        "{}",
        run.stderr
    );
    assert!(run.stdout.contains("2000 pass"), "{}", run.stdout);
}

#[test]
fn an_interrupted_run_of_many_rows_says_what_it_knew() {
    let folder = Folder::new("many-rows-cut");
    let (port, accepted) = listener();
    let file = folder.file("many.toml", profile(2_000, port));
    let arguments = ["check", "--profile", &file, "--skip", "canary", "--proxy"];
    // At the usual pace it would take ten seconds.
    let mut program = command(&[&arguments[..], &["none", "--format", "json"]].concat());
    program.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = program.spawn().unwrap();
    let started = Instant::now();
    while accepted.load(Ordering::SeqCst) < 300 {
        assert!(started.elapsed() < Duration::from_secs(30), "nothing came");
        sleep(Duration::from_millis(5));
    }
    let id = child.id().to_string();
    drop(Command::new("kill").args(["-INT", &id]).status());
    let told = Instant::now();
    let output = child.wait_with_output().unwrap();
    assert!(told.elapsed() < Duration::from_secs(5));
    assert_eq!(output.status.code(), Some(3));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let counts = &report["counts"]["checks"];
    let (pass, open) = (&counts["pass"], &counts["inconclusive"]);
    let (pass, open) = (pass.as_u64().unwrap(), open.as_u64().unwrap());
    assert!(pass >= 250, "{counts}");
    assert_eq!(pass + open, 2_000, "{counts}");
}
