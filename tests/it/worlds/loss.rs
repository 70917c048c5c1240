//! A world that loses packets: nothing is broken in it, and the program has to say so every time.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use serde_json::Value;

use super::case::{CASE, Case, Change, FULL, checks, text};
use super::ground::{Ground, Place};
use crate::binary;

const RUNS: usize = 50;
/// More would be so many handshakes at once that a loaded machine's only server thread falls seconds behind.
const AT_ONCE: usize = 2;

/// Every packet passes the router once in its direction, so that this is the loss both ways.
const LOSS: &str = "numgen random mod 100 < 2 counter drop\ncounter accept";

#[test]
fn two_percent_of_loss_both_ways_never_change_the_verdict() {
    if !super::possible() {
        return;
    }
    let mut ground = Ground::new();
    ground.serve(None, None);
    ground.filter(LOSS);
    let started = Instant::now();
    let wrong = runs(&ground);
    let took = started.elapsed();
    let [lost, passed] = counters(&ground)[..] else {
        panic!("two rules count")
    };
    let share = 100.0 * lost / (lost + passed);
    eprintln!("{RUNS} runs in {took:.0?}; {lost} packets lost, {passed} passed: {share:.1} %");
    assert!((1.5..2.5).contains(&share), "{share} % were lost");
    assert!(
        wrong.is_empty(),
        "{} of {RUNS}: {}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// A name that begins with `graph`, after the heads of UDP and DNS.
const LOST_NAME: &str = "udp dport 53 @th,160,48 0x056772617068 drop";

pub(super) const LOST: &[Case<'static>] = &[Case {
    name: "the UDP questions for one name are lost",
    changes: &[Change::Filter(LOST_NAME)],
    proof: (
        "dig +time=1 +tries=2 +notcp graph.microsoft.com; dig manage.microsoft.com",
        &["timed out", "NOERROR"],
    ),
    ..CASE
}];

#[test]
fn a_server_that_answers_other_questions_over_udp_is_not_cut_off_from_it() {
    super::play_all(LOST);
}

/// What is wrong with each run that did not pass.
fn runs(ground: &Ground) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    let mut arguments = vec!["check", "--format", "json"];
    arguments.extend(FULL);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while next.fetch_add(1, Ordering::Relaxed) < RUNS {
                    let run = ground.preflight(&arguments);
                    let report = run.json();
                    if text(&report, "verdict") != "pass" || run.code != Some(0) {
                        wrong.lock().unwrap().push(said(&report));
                    }
                }
            });
        }
    });
    wrong.into_inner().unwrap()
}

fn said(report: &Value) -> String {
    let all = checks(report);
    let bad = all
        .iter()
        .filter(|check| !matches!(text(check.report, "verdict"), "pass" | "skipped"));
    let lines: Vec<String> = bad.map(super::case::Check::line).collect();
    format!("{}: {}", text(report, "verdict"), lines.join("; "))
}

/// How many packets each rule of the router's filter has seen, in the order of the rules.
fn counters(ground: &Ground) -> Vec<f64> {
    let list = ground.inside(Place::Router, &["nft", "list", "ruleset"]);
    let rules = binary::finish(list).stdout;
    let words: Vec<&str> = rules.split_whitespace().collect();
    words
        .windows(2)
        .filter(|pair| pair[0] == "packets")
        .map(|pair| pair[1].parse().unwrap())
        .collect()
}
