//! Worlds whose firewall keeps track of connections and forgets those that are silent, as `--hold` finds out.

use serde_json::{Value, json};

use super::ground::{Ground, Place};
use crate::binary::Run;

/// Only what belongs to a known connection, or begins one, passes; what else there is of TCP meets this.
fn tracking(end: &str) -> String {
    format!(
        "ct state established,related accept\ntcp flags & (fin|syn|rst|ack) == syn accept\nmeta l4proto tcp {end}"
    )
}

/// How long the router remembers a connection without traffic.
const REMEMBERED_S: u32 = 3;

struct World(Ground);

impl World {
    fn new(filter: &str) -> Self {
        let mut ground = Ground::new();
        ground.filter(filter);
        let forget = format!(
            "echo {REMEMBERED_S} >/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_established"
        );
        if !filter.is_empty() {
            ground.does(Place::Router, &["sh", "-c", &forget]);
        }
        ground.serve(None, None);
        Self(ground)
    }

    /// The couriers of the built-in profile.
    fn check(&self, silence: &str) -> (Run, Value) {
        let words = [
            "check",
            "--only",
            "apple.push.device/courier-5223*",
            "--skip",
            "canary",
        ];
        let words = [&words[..], &["--format", "json", "--hold", silence]].concat();
        let run = self.0.preflight(&words);
        let report = run.json();
        (run, report)
    }
}

fn rows(report: &Value) -> Vec<&Value> {
    let all = report["prerequisites"].as_array().unwrap().iter();
    let all = all.flat_map(|one| one["checks"].as_array().unwrap());
    all.filter(|row| row["verdict"] != "skipped").collect()
}

/// What is written after so long a silence, as a program of others has it: `true` if it is taken.
const FOREIGN: &str = "timeout 12 python3 -c \"
import socket, time
s = socket.create_connection(('17.57.146.20', 5223), 3)
time.sleep(5)
s.settimeout(3)
try:
    s.sendall(b'x'); print('came', s.recv(1))
except OSError as e: print('ended', type(e).__name__)
\"";

#[test]
fn a_firewall_that_forgets_silent_connections_is_found_and_told_apart_from_one_that_does_not() {
    if !super::possible() {
        return;
    }
    let world = World::new(&tracking("drop"));
    let said = world.0.foreign(FOREIGN);
    assert!(
        said.contains("ended Timeout") || said.contains("ended timeout"),
        "{said}"
    );
    let (run, report) = world.check("4s");
    assert_eq!(report["verdict"], "degraded", "{report}");
    assert_eq!(run.code, Some(0), "{run:?}");
    let rows = rows(&report);
    assert_eq!(rows.len(), 5, "{report}");
    for row in rows {
        assert_eq!(row["code"], "tls_idle_forgotten", "{row}");
        let tries = row["follow_ups"][0]["held"]["tries"].as_array().unwrap();
        let ends: Vec<&Value> = tries.iter().map(|one| &one["end"]).collect();
        assert_eq!(ends, [&json!("unacknowledged"), &json!("kept")], "{row}");
        assert!(tries[0]["retransmits"].as_u64().unwrap() >= 4, "{row}");
    }
    let found = report["diagnoses"].as_array().unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (
            &found[0]["code"],
            &found[0]["confidence"],
            &found[0]["owner"]
        ),
        (
            &json!("idle_connections_forgotten"),
            &json!("high"),
            &json!("network")
        )
    );
    // So short a silence it sits through.
    let (run, report) = world.check("1s");
    assert_eq!(
        (run.code, &report["verdict"]),
        (Some(0), &json!("pass")),
        "{report}"
    );
}

#[test]
fn a_firewall_that_resets_what_it_has_forgotten_is_medium_and_tried_again_with_half_the_time() {
    if !super::possible() {
        return;
    }
    let world = World::new(&tracking("reject with tcp reset"));
    let said = world.0.foreign(FOREIGN);
    assert!(said.contains("ended ConnectionResetError"), "{said}");
    let (_, report) = world.check("4s");
    assert_eq!(report["verdict"], "degraded", "{report}");
    for row in rows(&report) {
        assert_eq!(row["code"], "tls_idle_reset", "{row}");
        let tries = row["follow_ups"][0]["held"]["tries"].as_array().unwrap();
        let ends: Vec<&Value> = tries.iter().map(|one| &one["end"]).collect();
        assert_eq!(
            ends[..2],
            [&json!("reset_on_write"), &json!("kept")],
            "{row}"
        );
        assert_eq!(tries[2]["planned_ms"], 2000.0, "{row}");
        assert_eq!(tries[2]["end"], "kept", "{row}");
    }
    let found = report["diagnoses"].as_array().unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (&found[0]["code"], &found[0]["confidence"]),
        (&json!("idle_connections_forgotten"), &json!("medium"))
    );
}

#[test]
fn a_network_that_dies_during_the_silence_is_not_called_forgetful() {
    if !super::possible() {
        return;
    }
    let world = World::new("");
    let report = std::thread::scope(|scope| {
        let run = scope.spawn(|| world.check("5s").1);
        std::thread::sleep(std::time::Duration::from_millis(3500));
        world.0.filter("tcp dport 5223 drop");
        run.join().unwrap()
    });
    for row in rows(&report) {
        assert_eq!(row["code"], "inconclusive_hold", "{row}");
    }
    assert_eq!(report["diagnoses"], json!([]), "{report}");
}
