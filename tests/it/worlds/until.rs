//! `--until`, as in a change window: the run goes on until the firewall is changed, and says what changes.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;

use super::case::{FULL, text};
use super::ground::Ground;
use crate::binary::Run;

const DROPPED: &str = "tcp dport 5223 drop";

/// Runs until the verdict; in the middle of it the filter changes.
fn run(before: &str, after: &str, more: &[&str]) -> (Run, Duration) {
    let mut ground = Ground::new();
    ground.filter(before);
    ground.serve(None, None);
    let arguments = [&["check", "--format", "json", "--every", "1s"], FULL, more].concat();
    let started = Instant::now();
    let run = std::thread::scope(|scope| {
        let run = scope.spawn(|| ground.preflight(&arguments));
        std::thread::sleep(Duration::from_secs(6));
        ground.filter(after);
        run.join().unwrap()
    });
    (run, started.elapsed())
}

/// The lines of standard error about rows of the couriers, without their times.
fn of_couriers<'a>(run: &'a Run, words: &str) -> Vec<&'a str> {
    let lines = run.stderr.lines();
    lines
        .filter(|line| line.contains("apple.push.device/courier-5223") && line.contains(words))
        .map(|line| line.rsplit("Z ").next().unwrap())
        .collect()
}

#[test]
fn a_run_until_pass_ends_when_the_firewall_is_opened_and_says_once_what_has_changed() {
    if !super::possible() {
        return;
    }
    let (run, _) = run(DROPPED, "", &["--until", "pass", "--deadline", "2m"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let report = run.json();
    assert_eq!(text(&report, "verdict"), "pass");
    let fixed = of_couriers(&run, "fixed: fail");
    assert_eq!(fixed.len(), 5, "{}", run.stderr);
    let mut once = fixed.clone();
    once.dedup();
    assert_eq!(once, fixed, "each change is said once");
    let lines: Vec<&str> = run.stderr.lines().collect();
    assert!(
        lines[0].contains("again every 1 s until pass"),
        "{}",
        run.stderr
    );
    assert!(
        lines.last().unwrap().ends_with("pass, as awaited"),
        "{}",
        run.stderr
    );
    let last = lines.last().unwrap();
    let time = last.split(' ').find_map(|word| word.parse().ok());
    let time: Timestamp = time.unwrap_or_else(|| panic!("no time in {last}"));
    let started: Timestamp = text(&report["run"], "started").parse().unwrap();
    let took = report["run"]["duration_ms"].as_f64().unwrap();
    let later = time.duration_since(started).as_secs_f64() * 1000.0;
    // Both are written in whole milliseconds.
    assert!(
        later >= took - 2.0,
        "said {later} ms after the start of a run that took {took} ms"
    );
}

#[test]
fn a_run_until_fail_shows_when_a_block_takes_effect() {
    if !super::possible() {
        return;
    }
    let block = "tcp dport { 443, 5223 } reject with icmp type admin-prohibited";
    let (run, _) = run("", block, &["--until", "fail", "--deadline", "2m"]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(
        of_couriers(&run, "new failure: pass").len() >= 5,
        "{}",
        run.stderr
    );
    assert_eq!(run.json()["run"]["interrupted"], Value::Bool(false));
}

#[test]
fn a_window_that_ends_first_reports_the_last_run_and_lasts_no_longer() {
    if !super::possible() {
        return;
    }
    let (run, took) = run(DROPPED, DROPPED, &["--until", "pass", "--deadline", "12s"]);
    assert_eq!(text(&run.json(), "verdict"), "degraded", "{}", run.stderr);
    assert_eq!(run.code, Some(0), "the exit code is that of the verdict");
    let last = run.stderr.lines().last().unwrap();
    assert!(
        last.ends_with("still degraded, and no further run fits into the 12 s"),
        "{}",
        run.stderr
    );
    assert!(took < Duration::from_secs(16), "{took:?}");
    // Nothing has changed, so that nothing is said in between.
    assert_eq!(run.stderr.lines().count(), 2, "{}", run.stderr);
}
