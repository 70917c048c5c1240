//! `--until` on loopback: what the end of the window cuts short, and a control that grows old within it.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use socket2::{Domain, Socket, Type};

use crate::bad_input::folder::Folder;
use crate::binary::{Run, run};

/// A port of this test alone: it refuses as long as nobody listens.
fn port() -> (Socket, SocketAddr) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let any: SocketAddr = (Ipv4Addr::LOCALHOST, 0).into();
    socket.bind(&any.into()).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    (socket, address)
}

fn check(target: &str, more: &[&str]) -> Run {
    let fixed = ["check", target, "--proxy", "none", "--skip", "canary"];
    run(&[&fixed[..], &["--format", "json"], more].concat())
}

#[test]
fn the_end_of_the_window_cuts_the_last_run_short_and_that_is_no_change() {
    let (peer, address) = port();
    let target = format!("tls://{address}");
    let window = ["--until", "pass", "--every", "4s", "--deadline", "7s"];
    let started = Instant::now();
    let run = std::thread::scope(|scope| {
        let run = scope.spawn(|| check(&target, &[&window[..], &["--timeout", "30s"]].concat()));
        // The first run is refused; the second meets a peer that accepts and never speaks.
        std::thread::sleep(Duration::from_secs(2));
        peer.listen(8).unwrap();
        run.join().unwrap()
    });
    assert!(
        started.elapsed() < Duration::from_millis(9_500),
        "{started:?}"
    );
    let report = run.json();
    assert_eq!(report["run"]["deadline_reached"], true);
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    let said: Vec<&str> = run.stderr.lines().collect();
    assert_eq!(said.len(), 2, "{}", run.stderr);
    assert!(
        said[0].contains("again every 4 s until pass"),
        "{}",
        said[0]
    );
    let end = "still inconclusive at the end of the 7 s, which cut the last run short";
    assert!(said[1].ends_with(end), "{}", said[1]);
}

#[test]
fn a_control_that_grows_too_old_is_left_aside_from_then_on_and_said_so_once() {
    let folder = Folder::new("until-control");
    let (peer, address) = port();
    let target = format!("tcp://{address}");
    peer.listen(128).unwrap();
    let mut report = check(&target, &[]).json();
    // Long enough for a busy machine to begin, and over long before the end of the window.
    let soon = SignedDuration::from_mins(15) - SignedDuration::from_secs(5);
    report["run"]["started"] = Value::from((Timestamp::now() - soon).to_string());
    let control = folder.file("elsewhere.json", report.to_string());
    let window = ["--until", "fail", "--every", "1s", "--deadline", "9s"];
    let run = check(&target, &[&window[..], &["--control", &control]].concat());
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let said: Vec<&str> = run.stderr.lines().collect();
    assert_eq!(said.len(), 3, "{}", run.stderr);
    assert!(said[0].contains("pass (1 of 1 checks pass)"), "{}", said[0]);
    let old = format!(
        "mdm-preflight: --control {control}: it is older than 15 minutes by now, and shows nothing any more"
    );
    assert_eq!(said[1], old);
    assert!(
        said[2].ends_with("still pass, and no further run fits into the 9 s"),
        "{}",
        said[2]
    );
}

/// The time at the beginning of a line, and what follows it.
fn told(line: &str) -> (Timestamp, &str) {
    let line = line.strip_prefix("mdm-preflight: ").unwrap();
    let (time, text) = line.split_once(' ').unwrap();
    (time.parse().unwrap(), text)
}

#[test]
fn a_first_run_that_is_the_last_one_announces_no_other() {
    let (peer, address) = port();
    let target = format!("tcp://{address}");
    let short = ["--until", "pass", "--every", "4s", "--deadline", "3s"];
    let run = check(&target, &short);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let (_, text) = told(run.stderr.trim_end());
    assert_eq!(text, "still fail, and no further run fits into the 3 s");
    peer.listen(8).unwrap();
    let run = check(&target, &["--until", "pass"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let (_, text) = told(run.stderr.trim_end());
    assert_eq!(text, "pass, as awaited");
}

#[test]
fn what_is_said_has_the_time_at_which_it_was_seen() {
    let (peer, address) = port();
    peer.listen(8).unwrap();
    // Nobody speaks there, which takes this long to be seen.
    let patience = ["--timeout", "2s", "--until", "fail"];
    let run = check(&format!("tls://{address}"), &patience);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let (time, text) = told(run.stderr.trim_end());
    assert_eq!(text, "fail, as awaited");
    let report = run.json();
    let started: Timestamp = report["run"]["started"].as_str().unwrap().parse().unwrap();
    let later = time.duration_since(started);
    assert!(later >= SignedDuration::from_secs(2), "{later:?} later");
}
