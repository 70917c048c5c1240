//! How long a run takes, and how fast it dials: rows that wait for a silent peer beside rows that do not, `--fast`, and a
//! router that counts.

use std::fmt::Write as _;

use serde_json::Value;

use super::case::{FULL, checks, text};
use super::ground::{Ground, Place};
use crate::binary::{self, Run};

/// Names of the lab that answer on 443, over and over.
const HOSTS: [&str; 3] = [
    "login.microsoftonline.com",
    "graph.microsoft.com",
    "manage.microsoft.com",
];
/// Addresses that the router drops.
const SILENT: usize = 43;
const HEALTHY: usize = 20;

const CLOSED: &str = r#"
[profile]
name = "closed"
title = "Closed"
version = "1"

[[prerequisite]]
id = "closed"
title = "Closed"
severity = "required"
from = ["client"]
owner = "network"
why = "A test."
remedy = "None."

[[prerequisite.check]]
id = "silent"
title = "Silent"
tcp = { host = "7-courier.push.apple.com", port = 5223 }
expect = "silent"

[[prerequisite.check]]
id = "control"
title = "Control"
tcp = { host = "7-courier.push.apple.com", port = 443 }
expect = "connected"
"#;

/// A profile of rows that are each asked of an endpoint of their own.
fn profile(silent: usize, healthy: usize) -> String {
    let mut text = String::from(
        "[profile]\nname = \"pace\"\ntitle = \"Pace\"\nversion = \"1\"\n\n[[prerequisite]]\nid = \"pace\"\ntitle = \"Pace\"\n\
         severity = \"required\"\nfrom = [\"client\"]\nowner = \"network\"\nwhy = \"Pace.\"\nremedy = \"None.\"\n",
    );
    for n in 0..silent {
        writeln!(
            text,
            "\n[[prerequisite.check]]\nid = \"silent-{n}\"\ntitle = \"Silent {n}\"\ntcp = {{ host = \"203.0.113.{}\", port = {} }}\nexpect = \"connected\"",
            n % 250 + 1,
            8000 + n / 250
        )
        .unwrap();
    }
    for n in 0..healthy {
        writeln!(
            text,
            "\n[[prerequisite.check]]\nid = \"healthy-{n}\"\ntitle = \"Healthy {n}\"\nhttp = {{ url = \"https://{}/{n}\", stores = [\"public\"], status = [200, 204, 302, 400, 401, 403, 404, 405] }}\nexpect = \"http\"",
            HOSTS[n % HOSTS.len()]
        )
        .unwrap();
    }
    text
}

fn report(ground: &Ground, arguments: &[&str]) -> (Value, Run) {
    let run = ground.preflight(&[&["check", "--format", "json"], arguments].concat());
    (run.json(), run)
}

/// When the row was over, by its own stages.
fn took(check: &Value) -> f64 {
    let ms = |stage: &str| check["stages"][stage]["ms"].as_f64().unwrap_or(0.0);
    ["dns", "tcp", "tls", "http"].into_iter().map(ms).sum()
}

fn healthy(report: &Value) -> Vec<f64> {
    let all = checks(report);
    let healthy = all
        .iter()
        .filter(|check| check.id.starts_with("pace/healthy"));
    healthy
        .map(|check| {
            let message = text(check.report, "message");
            assert_eq!(text(check.report, "verdict"), "pass", "{message}");
            took(check.report)
        })
        .collect()
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

#[test]
fn a_row_that_waits_for_a_silent_peer_delays_no_other() {
    if !super::possible() {
        return;
    }
    let mut ground = Ground::new();
    ground.serve(None, None);
    ground.filter("ip daddr 203.0.113.0/24 drop");
    let alone = ground.file("alone.toml", &profile(0, HEALTHY));
    let beside = ground.file("beside.toml", &profile(SILENT, HEALTHY));
    let (alone, _) = report(&ground, &["--profile", &alone]);
    let (beside, run) = report(&ground, &["--profile", &beside]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let ended = beside["run"]["duration_ms"].as_u64().unwrap();
    assert!((3_300..3_600).contains(&ended), "ended after {ended} ms");
    let all = checks(&beside);
    let silent: Vec<_> = all
        .iter()
        .filter(|check| check.id.starts_with("pace/silent"))
        .collect();
    assert_eq!(silent.len(), SILENT);
    for check in silent {
        assert_eq!(text(check.report, "code"), "tcp_silent");
        assert_eq!(
            text(check.report, "message")
                .matches("3 connects in 3.3 s")
                .count(),
            1,
            "{}",
            check.report
        );
    }
    let (without, with) = (median(healthy(&alone)), median(healthy(&beside)));
    assert!(
        with < without * 2.0 + 100.0,
        "{with} ms beside silent rows, {without} ms alone"
    );
    let slowest = healthy(&beside).into_iter().fold(0.0, f64::max);
    assert!(slowest < 800.0, "{slowest} ms");
}

#[test]
fn fast_ends_with_provisional_verdicts_and_calls_no_silence_a_block() {
    if !super::possible() {
        return;
    }
    let mut ground = Ground::new();
    ground.serve(None, None);
    // Where everything answers, nothing is provisional.
    let (whole, run) = report(&ground, &[FULL, &["--fast"]].concat());
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(whole["run"]["provisional"], false);
    ground.filter("tcp dport 5223 drop");
    let (slow, _) = report(&ground, FULL);
    let (fast, run) = report(&ground, &[FULL, &["--fast"]].concat());
    // The couriers answer on 443.
    assert_eq!(run.code, Some(0));
    let ended = fast["run"]["duration_ms"].as_u64().unwrap();
    assert!((1_000..1_900).contains(&ended), "ended after {ended} ms");
    assert_eq!(fast["run"]["provisional"], true);
    let couriers: Vec<_> = checks(&fast)
        .into_iter()
        .filter(|check| check.id.starts_with("apple.push.device/courier-5223"))
        .collect();
    assert!(!couriers.is_empty());
    for check in couriers {
        assert_eq!(text(check.report, "code"), "tcp_silent");
        assert_eq!(check.report["provisional"], true);
        let message = text(check.report, "message");
        assert!(message.ends_with("in 1 s (provisional)"), "{message}");
    }
    let cause = |report: &Value| {
        let first = &report["diagnoses"][0];
        (
            text(first, "code").to_owned(),
            text(first, "confidence").to_owned(),
        )
    };
    let (code, confidence) = cause(&slow);
    assert!(matches!(confidence.as_str(), "high" | "certain"));
    assert_eq!(cause(&fast), (code, "medium".to_owned()));
    assert!(
        text(&fast, "headline").contains("provisional: "),
        "{}",
        fast["headline"]
    );
}

#[test]
fn fast_proves_no_block_by_silence() {
    if !super::possible() {
        return;
    }
    let mut ground = Ground::new();
    ground.serve(None, None);
    ground.filter("tcp dport 5223 drop");
    // A negative test, with a control that answers at the same address.
    let profile = ground.file("negative.toml", CLOSED);
    let verdict = |arguments: &[&str]| {
        let (report, run) = report(&ground, &[&["--profile", &profile], arguments].concat());
        let all = checks(&report);
        let silent = all.iter().find(|check| check.id == "closed/silent");
        let silent = silent.unwrap().report;
        (
            text(silent, "verdict").to_owned(),
            text(silent, "message").to_owned(),
            run.code,
        )
    };
    let (patient, message, code) = verdict(&[]);
    assert_eq!((patient.as_str(), code), ("pass", Some(0)), "{message}");
    let (hasty, message, code) = verdict(&["--fast"]);
    assert_eq!((hasty.as_str(), code), ("inconclusive", Some(3)));
    assert!(message.contains("--fast does not wait"), "{message}");
    let run = ground.preflight(&["check", "--fast", "--trace", "tcp://17.57.146.20:443"]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
}

const SHARED: &str = r#"
[profile]
name = "shared"
title = "Shared"
version = "1"

[[prerequisite]]
id = "shared"
title = "Shared"
severity = "required"
from = ["client"]
owner = "network"
why = "A test."
remedy = "None."

[[prerequisite.check]]
id = "dns"
title = "Its name"
dns = { name = "graph.microsoft.com" }
expect = "resolves"

[[prerequisite.check]]
id = "tcp"
title = "Its port"
tcp = { host = "graph.microsoft.com", port = 443 }
expect = "connected"

[[prerequisite.check]]
id = "tls"
title = "Its certificate"
tls = { host = "graph.microsoft.com", port = 443, stores = ["public"] }
expect = "tls"

[[prerequisite.check]]
id = "http"
title = "Its answer"
http = { url = "https://graph.microsoft.com/v1.0/", stores = ["public"], status = [200, 401, 404] }
expect = "http"
"#;

#[test]
fn the_rows_of_one_endpoint_cost_one_look_up_and_one_connection() {
    if !super::possible() {
        return;
    }
    let mut ground = Ground::new();
    ground.serve(None, None);
    ground.filter(
        "udp dport 53 counter accept comment \"asked\"\nip daddr != 198.51.100.53 tcp flags & (syn | ack) == syn counter accept comment \"dialled\"",
    );
    let profile = ground.file("shared.toml", SHARED);
    let (report, run) = report(&ground, &["--skip", "canary", "--profile", &profile]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(report["counts"]["checks"]["pass"], 4);
    let list = ["nft", "-j", "list", "chain", "inet", "wall", "passing"];
    let said = binary::finish(ground.inside(Place::Router, &list)).json();
    let packets = |comment: &str| {
        let rules = said["nftables"].as_array().unwrap();
        let rule = rules.iter().find(|one| one["rule"]["comment"] == comment);
        let parts = rule.unwrap()["rule"]["expr"].as_array().unwrap();
        let counter = parts.iter().find(|part| part.get("counter").is_some());
        counter.unwrap()["counter"]["packets"].as_u64().unwrap()
    };
    // A and AAAA, by the system and on the wire.
    assert_eq!(packets("asked"), 4);
    // The rows' own, and the one with a hello as large as a Mac's.
    assert_eq!(packets("dialled"), 2);
}

/// How many new connections to the silent block came within this pace, and how many beyond it. The kernel's own
/// retransmits are no new connections.
fn counted(ground: &Ground, rate: u32, burst: u32, arguments: &[&str]) -> (u32, u32) {
    ground.filter("ip daddr 198.51.100.0/24 accept");
    let nft = |words: &str| {
        ground.does(Place::Router, &["sh", "-c", &format!("nft '{words}'")]);
    };
    nft(
        "add set inet wall known { type ipv4_addr . inet_service . inet_service; flags dynamic; size 65535; }",
    );
    for counter in ["within", "beyond"] {
        nft(&format!("add counter inet wall {counter}"));
    }
    let syn = "add rule inet wall passing ip daddr 203.0.113.0/24 tcp flags syn";
    nft(&format!(
        "{syn} ip daddr . tcp dport . tcp sport @known drop"
    ));
    nft(&format!(
        "{syn} add @known {{ ip daddr . tcp dport . tcp sport }}"
    ));
    nft(&format!(
        "{syn} limit rate over {rate}/second burst {burst} packets counter name beyond drop"
    ));
    nft(&format!("{syn} counter name within drop"));
    let run = ground.preflight(&[&["check", "--skip", "canary"], arguments].concat());
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let count = |counter: &str| {
        let list = ["nft", "-j", "list", "counter", "inet", "wall", counter];
        let said = binary::finish(ground.inside(Place::Router, &list)).json();
        let packets = said["nftables"][1]["counter"]["packets"].as_u64();
        u32::try_from(packets.unwrap()).unwrap()
    };
    (count("within"), count("beyond"))
}

#[test]
fn new_connections_come_no_faster_than_they_may_and_first_ones_before_hedges() {
    if !super::possible() {
        return;
    }
    let mut ground = Ground::new();
    ground.serve(None, None);
    let profile = ground.file("many.toml", &profile(300, 0));
    let many = ["--profile", &profile];
    let (within, beyond) = counted(
        &ground,
        110,
        60,
        &[&many[..], &["--rate", "50/100"]].concat(),
    );
    assert_eq!(beyond, 0, "beside {within}");
    // 300 first connects take 2.5 s, during which no hedge has a turn; those that end later have some.
    assert!((300..700).contains(&within), "{within}");
    let (within, beyond) = counted(&ground, 110, 60, &[&many[..], &["--rate", "off"]].concat());
    // Three connects a row, and the follow-ups.
    assert!(
        (900..1000).contains(&(within + beyond)),
        "{within} {beyond}"
    );
    assert!(beyond > 200, "{beyond}");
}

#[test]
fn what_the_standard_profile_dials_stays_within_the_standard_pace() {
    if !super::possible() {
        return;
    }
    let mut ground = Ground::new();
    ground.serve(None, None);
    let profile = ground.file("some.toml", &profile(120, 0));
    let (within, beyond) = counted(&ground, 220, 70, &["--profile", &profile]);
    assert_eq!(beyond, 0, "beside {within}");
    assert!((360..460).contains(&within), "{within}");
}
