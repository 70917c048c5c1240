//! Runs that are short of something: memory, time to the end, a resolver that is almost too slow. What they say stays true.

use std::fs;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use super::case::{Check, FULL, checks, text};
use super::ground::{Ground, Place};

/// Each row that is neither a pass nor skipped.
fn troubles(report: &Value) -> Vec<String> {
    checks(report)
        .iter()
        .filter(|check| !matches!(text(check.report, "verdict"), "pass" | "skipped"))
        .map(Check::line)
        .collect()
}

#[test]
fn little_memory_changes_nothing() {
    if !super::possible() {
        return;
    }
    let mut ground = Ground::new();
    ground.serve(None, None);
    let arguments = [&["check", "--format", "json"], FULL].concat();
    // What it may write to, stacks of threads included; a limit of addresses would count what is never touched as well.
    let limit = "--data=134217728";
    let run = ground.preflight_by(&["prlimit", limit], &arguments);
    assert_eq!(troubles(&run.json()), Vec::<String>::new());
    assert_eq!(run.code, Some(0), "{}", run.stderr);
}

/// Puts each question on at once, and hands the answer back 2.9 s after the question, over UDP alone. One thread, so that a
/// hundred answers that fall due together are all in time. The file that it is given has the milliseconds that the latest of
/// them was late by.
const SLOW: &str = r#"
import heapq, os, selectors, socket, sys, time
ready = selectors.DefaultSelector()
def opened(address, connect):
    own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    own.setblocking(False)
    (own.connect if connect else own.bind)((address, 53))
    ready.register(own, selectors.EVENT_READ)
    return own
front = opened("198.51.100.54", False)
asked, due, worst = {}, [], 0
while True:
    left = max(0, due[0][0] - time.monotonic()) if due else None
    for key, _ in ready.select(left):
        if key.fileobj is front:
            question, whence = front.recvfrom(65535)
            back = opened("198.51.100.53", True)
            asked[back] = (time.monotonic() + 2.9, whence)
            back.send(question)
        else:
            when, whence = asked.pop(key.fileobj)
            heapq.heappush(due, (when, whence, key.fileobj.recv(65535)))
            ready.unregister(key.fileobj)
            key.fileobj.close()
    while due and due[0][0] <= time.monotonic():
        when, whence, answer = heapq.heappop(due)
        front.sendto(answer, whence)
        worst = max(worst, (time.monotonic() - when) * 1000)
    with open(sys.argv[1] + ".new", "w") as note:
        note.write(str(int(worst)))
    os.rename(sys.argv[1] + ".new", sys.argv[1])
"#;

#[test]
fn a_resolver_that_answers_just_in_time_is_slow_and_not_silent() {
    if !super::possible() {
        return;
    }
    let mut ground = Ground::new();
    ground.serve(None, None);
    ground.ip(Place::Internet, "addr add 198.51.100.54/32 dev lo\n");
    ground.write_resolvers("nameserver 198.51.100.54\n");
    let note = ground.file("late", "");
    // On a machine with other work a resolver may miss its time, and is silent then; such a run shows nothing.
    for _ in 0..5 {
        let _slow = ground.background(Place::Internet, &["python3", "-c", SLOW, &note]);
        let proof = ground.foreign(
            "for i in 1 2 3 4 5; do dig +time=5 +tries=1 +short captive.apple.com && break; sleep 0.2; done",
        );
        assert!(
            proof.contains("exit=0") && !proof.contains("timed out"),
            "{proof}"
        );
        let arguments = [&["check", "--format", "json"], FULL].concat();
        let run = ground.preflight(&arguments);
        let late_ms: u32 = fs::read_to_string(&note).unwrap().parse().unwrap();
        if late_ms >= 50 {
            continue;
        }
        let report = run.json();
        assert_eq!(troubles(&report), Vec::<String>::new());
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let took = report["run"]["duration_ms"].as_u64().unwrap();
        assert!((2_900..6_000).contains(&took), "{took} ms");
        return;
    }
    panic!("the resolver missed its time in each of five runs");
}

#[test]
fn a_run_can_be_interrupted_at_any_moment() {
    if !super::possible() {
        return;
    }
    let mut ground = Ground::new();
    ground.serve(None, None);
    ground.filter("tcp dport 5223 drop");
    let arguments = [
        &[
            "env",
            "LC_ALL=C",
            env!("CARGO_BIN_EXE_mdm-preflight"),
            "check",
            "--format",
            "json",
        ],
        FULL,
    ]
    .concat();
    for after_ms in [
        0, 2, 5, 10, 20, 40, 80, 160, 320, 640, 1_000, 1_500, 2_500, 3_300, 3_400,
    ] {
        let mut command = ground.inside(Place::Client, &arguments);
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        sleep(Duration::from_millis(after_ms));
        let id = child.id().to_string();
        drop(Command::new("kill").args(["-INT", &id]).status());
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!stderr.contains("panicked"), "{after_ms}: {stderr}");
        match output.status.code() {
            // Before it listens for signals, or before it is itself.
            None => assert!(after_ms < 100, "{after_ms}: {:?}", output.status),
            // It had ended, or said what it knew.
            Some(code) => {
                assert!(matches!(code, 0 | 1 | 3), "{after_ms}: {code} {stderr}");
                let report: Value = serde_json::from_slice(&output.stdout)
                    .unwrap_or_else(|error| panic!("{after_ms}: {error}"));
                assert_eq!(
                    report["run"]["interrupted"] == true,
                    code == 3,
                    "{after_ms}"
                );
            }
        }
    }
}
