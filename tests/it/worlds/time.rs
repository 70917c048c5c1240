//! Worlds whose time servers cannot be asked, or are of no use; chrony is the foreign client, and a real server.

use std::thread::sleep;
use std::time::{Duration, Instant};

use super::case::{CASE, Case, Change, FULL, checks, rows, text};
use super::ground::{DNS, Ground, Place};

/// One question to one server, which sets no clock.
const CHRONY: &str =
    "chronyd -U -Q -t 3 -f /dev/null 'server 17.253.38.125 iburst maxsamples 1' | tail -n 1";
const NMAP: &str = "nmap -Pn -n -sU --reason --max-retries 1 -p 123 17.253.38.125";
const ROUTER: &str = "10.77.1.1";

macro_rules! world {
    ($name:literal, $change:expr, $proof:expr, $code:literal) => {
        Case {
            name: $name,
            changes: &[$change],
            proof: $proof,
            verdict: "degraded",
            rows: &[rows("apple.time/*", &[$code], "degraded")],
            ..CASE
        }
    };
}

pub(super) const TIME: &[Case<'static>] = &[
    world!(
        "UDP 123 dropped",
        Change::Filter("udp dport 123 drop"),
        (NMAP, &["123/udp open|filtered", "no-response"]),
        "ntp_silent"
    ),
    world!(
        "UDP 123 refused by the router",
        Change::Filter("udp dport 123 reject with icmp type admin-prohibited"),
        (NMAP, &["123/udp filtered", "admin-prohibited"]),
        "ntp_rejected"
    ),
    world!(
        "UDP 123 dropped by this machine",
        Change::Own("udp dport 123 drop"),
        (CHRONY, &["Timeout reached"]),
        "local_policy_denied"
    ),
    world!(
        "ntp-refused",
        Change::Servers("ntp-refused"),
        (NMAP, &["123/udp closed", "port-unreach"]),
        "ntp_refused"
    ),
    world!(
        "ntp-silent",
        Change::Servers("ntp-silent"),
        (NMAP, &["123/udp open|filtered"]),
        "ntp_silent"
    ),
    world!(
        "ntp-kiss",
        Change::Servers("ntp-kiss"),
        (CHRONY, &["Received KoD RATE"]),
        "ntp_kiss"
    ),
    world!(
        "ntp-unsynchronised",
        Change::Servers("ntp-unsynchronised"),
        (CHRONY, &["Timeout reached"]),
        "ntp_unsynchronised"
    ),
    world!(
        "ntp-forged",
        Change::Servers("ntp-forged"),
        (CHRONY, &["Timeout reached"]),
        "ntp_foreign"
    ),
    world!(
        "ntp-ahead",
        Change::Servers("ntp-ahead"),
        // By a few microseconds more or less than an hour.
        (CHRONY, &["wrong by 3", " seconds (ignored)"]),
        "ntp_disagrees"
    ),
];

#[test]
fn a_time_server_that_is_silent_refuses_or_lies_is_told_apart() {
    super::play_all(TIME);
}

#[test]
fn who_refuses_the_question_for_the_time_is_named() {
    if !super::possible() {
        return;
    }
    let mut ground = Ground::new();
    ground.filter("udp dport 123 reject with icmp type admin-prohibited");
    ground.serve(None, None);
    let run = ground.preflight(&[&["check", "--format", "json"][..], FULL].concat());
    let report = run.json();
    let diagnosis = &report["diagnoses"][0];
    assert_eq!(diagnosis["code"], "time_blocked", "{report}");
    assert_eq!(diagnosis["confidence"], "certain");
    let evidence = diagnosis["evidence"].to_string();
    assert!(
        evidence.contains(&format!("ICMP 3/13 from {ROUTER}")),
        "{evidence}"
    );
    let request = diagnosis["change_request"].as_str().unwrap();
    assert!(request.contains("Destination ports: UDP 123"), "{request}");
    assert!(!request.contains("TLS"), "{request}");
}

/// chrony as a server, which follows nothing: with `local` it claims to know the time all the same.
fn chrony(ground: &Ground, claims: bool) -> super::ground::Background {
    let pid = format!("pidfile {}", ground.folder.join("chronyd.pid").display());
    let bind = format!("bindaddress {DNS}");
    let mut arguments = vec![
        "chronyd",
        "-x",
        "-d",
        "-u",
        "root",
        &pid,
        "allow all",
        &bind,
        "cmdport 0",
    ];
    if claims {
        arguments.push("local stratum 8");
    }
    ground.background(Place::Internet, &arguments)
}

#[test]
fn the_sites_own_time_server_suffices_where_apples_cannot_be_asked() {
    if !super::possible() {
        return;
    }
    let mut ground = Ground::new();
    ground.filter("ip daddr 17.0.0.0/8 udp dport 123 drop");
    ground.serve(None, None);
    let own = format!("time_server={DNS}");
    for (claims, prerequisite, code) in [
        (true, "pass", ""),
        (false, "degraded", "ntp_unsynchronised"),
    ] {
        let _server = chrony(&ground, claims);
        let arguments = [&["check", "--format", "json", "--set", &own][..], FULL].concat();
        // It takes a moment until it listens.
        let began = Instant::now();
        let report = loop {
            let report = ground.preflight(&arguments).json();
            let all = checks(&report);
            let row = all
                .iter()
                .find(|check| check.id == "apple.time/server")
                .unwrap();
            let refused = text(row.report, "code") == "ntp_refused";
            if !refused || began.elapsed() > Duration::from_secs(10) {
                assert_eq!(text(row.report, "code"), code, "{}", row.report);
                if claims {
                    let facts = &row.report["stages"]["app"]["facts"];
                    assert_eq!(facts["stratum"], 8, "{facts}");
                    let offset = facts["offset_s"].as_f64().unwrap();
                    assert!(offset.abs() < 1.0, "one machine has one clock: {facts}");
                }
                break report;
            }
            sleep(Duration::from_millis(200));
        };
        let all = report["prerequisites"].as_array().unwrap();
        let time = all.iter().find(|one| one["id"] == "apple.time").unwrap();
        assert_eq!(time["verdict"], prerequisite, "{time}");
    }
}
