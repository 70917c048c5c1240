//! Worlds that answer unevenly: `--attempts` counts what works and calls a mixed result by its own name.

use serde_json::Value;

use super::case::{checks, text};
use super::foreign::{Program, Server};
use super::ground::{Ground, Place, fed};

const TARGET: &str = "20.190.190.131";

/// Every second connection to Graph's port goes to another server behind the router.
const BALANCED: &str = "flush ruleset\ntable ip balance {\nchain turn {\n\
     type nat hook prerouting priority -100\n\
     ip daddr 20.190.190.131 tcp dport 443 dnat to numgen inc mod 2 map { 0 : 20.190.190.131, 1 : 10.77.2.2 }\n}\n}\n";

/// What is mixed, at which address, and who has to look.
struct Mixed {
    code: &'static str,
    failures: &'static str,
    at: &'static str,
    owner: &'static str,
}

const REFUSED: Mixed = Mixed {
    code: "tcp_mixed",
    failures: "tcp_refused_rst",
    at: TARGET,
    owner: "network",
};

fn balance(ground: &Ground) {
    fed(
        &mut ground.inside(Place::Router, &["nft", "-f", "-"]),
        BALANCED,
    );
}

/// The one row of a run, with the run's verdict, exit code and diagnoses beside it.
fn row(ground: &Ground, target: &str, attempts: &str) -> (Value, Value, Option<i32>) {
    let run = ground.preflight(&[
        "check",
        target,
        "--attempts",
        attempts,
        "--skip",
        "canary",
        "--format",
        "json",
    ]);
    let report = run.json();
    let check = checks(&report)[0].report.clone();
    (check, report, run.code)
}

/// How a mixed row looks: `ok` of `made`, its own code, degraded, and one cause with its owner.
fn is_mixed(ground: &Ground, target: &str, made: u64, how: &Mixed) -> u64 {
    let (check, report, exit) = row(ground, target, &made.to_string());
    assert_eq!(text(&check, "code"), how.code, "{check}");
    assert_eq!(text(&check, "verdict"), "degraded", "{check}");
    assert_eq!((text(&report, "verdict"), exit), ("degraded", Some(0)));
    assert_eq!(check["attempts"]["made"], made, "{check}");
    let ok = check["attempts"]["ok"].as_u64().unwrap();
    let said = format!(
        "{}: {ok} of {made} attempts work; {} end with {}",
        how.at,
        made - ok,
        how.failures
    );
    assert_eq!(text(&check, "message"), said);
    assert_eq!(report["diagnoses"][0]["code"], "uneven_answers");
    assert_eq!(report["diagnoses"][0]["owner"], how.owner, "{report}");
    assert_eq!(check["explained_by"], "uneven_answers");
    ok
}

/// Two of four, since the connects alternate. On a busy machine one that is slow is tried beside itself, which puts the others
/// out of step; then it is done again.
fn is_half(ground: &Ground, target: &str, how: &Mixed) {
    let counted: Vec<u64> = (0..3)
        .map(|_| is_mixed(ground, target, 4, how))
        .take_while(|ok| *ok != 2)
        .collect();
    assert!(counted.len() < 3, "{counted:?} of 4 work");
}

fn is_whole(ground: &Ground, target: &str, made: u64) {
    let (check, report, exit) = row(ground, target, &made.to_string());
    assert_eq!(
        (text(&report, "verdict"), exit),
        ("pass", Some(0)),
        "{check}"
    );
    assert_eq!(check["attempts"]["ok"], made, "{check}");
}

#[test]
fn every_second_connect_refused_is_two_of_four() {
    if !super::possible() {
        return;
    }
    let target = format!("tcp://{TARGET}:443");
    let mut ground = Ground::new();
    ground.serve(None, None);
    ground.filter("tcp dport 443 tcp flags syn numgen inc mod 2 == 0 reject with tcp reset");
    let curl =
        "for n in 1 2 3 4; do curl -sk -m 2 -o /dev/null https://20.190.190.131/; echo $?; done";
    assert!(ground.foreign(curl).contains("7 0 7 0"));
    is_half(&ground, &target, &REFUSED);
    ground.filter("");
    is_whole(&ground, &target, 4);
}

/// A bad path among several, chosen by the source port: a kernel's repeats take the same one.
#[test]
fn a_path_that_some_source_ports_take_into_silence_is_some_of_twelve() {
    if !super::possible() {
        return;
    }
    let target = format!("tcp://{TARGET}:443");
    let mut ground = Ground::new();
    ground.serve(None, None);
    ground.filter("tcp dport 443 jhash tcp sport mod 2 seed 0x5eed == 0 drop");
    let curl = "for n in 1 2 3 4 5 6 7 8; do curl -sk -m 1 -o /dev/null https://20.190.190.131/; echo $?; done";
    let said = ground.foreign(curl);
    assert!(said.contains("28") && said.contains(" 0 "), "{said}");
    let silent = Mixed {
        failures: "tcp_silent",
        ..REFUSED
    };
    let ok = is_mixed(&ground, &target, 12, &silent);
    assert!((1..12).contains(&ok), "{ok}");
    ground.filter("");
    is_whole(&ground, &target, 12);
}

#[test]
fn one_dead_server_of_two_behind_an_address_is_two_of_four() {
    if !super::possible() {
        return;
    }
    let target = "tls://graph.microsoft.com:443";
    let mut ground = Ground::new();
    ground.serve(None, None);
    balance(&ground);
    is_half(&ground, target, &REFUSED);
    ground.filter("");
    is_whole(&ground, target, 4);
}

/// The same above the connect: the second server accepts and never answers the hello.
#[test]
fn one_mute_server_of_two_is_counted_by_its_handshakes_and_its_answers() {
    if !super::possible() {
        return;
    }
    let mut ground = Ground::new();
    ground.serve(None, Some("10.77.2.2:443".parse().unwrap()));
    balance(&ground);
    for target in [
        "tls://graph.microsoft.com:443",
        "https://graph.microsoft.com",
    ] {
        let mute = Mixed {
            code: "tls_mixed",
            failures: "tls_silent_peer",
            owner: "vendor",
            ..REFUSED
        };
        is_half(&ground, target, &mute);
    }
    ground.filter("");
    is_whole(&ground, "tls://graph.microsoft.com:443", 4);
    // All alike is no mixed result, and says what is wrong.
    let all = BALANCED.replace("0 : 20.190.190.131", "0 : 10.77.2.2");
    fed(&mut ground.inside(Place::Router, &["nft", "-f", "-"]), &all);
    let (check, _, exit) = row(&ground, "tls://graph.microsoft.com:443", "3");
    assert_eq!((text(&check, "code"), exit), ("tls_silent_peer", Some(1)));
    assert_eq!(check["attempts"], serde_json::json!({"made": 3, "ok": 0}));
}

/// Nginx shakes hands with everybody and hangs up on every second connection when it has the request.
#[test]
fn every_second_answer_missing_is_counted_by_the_answers() {
    if !super::possible() {
        return;
    }
    let server = Server {
        program: Program::Nginx,
        place: Place::Internet,
        port: 8443,
        makes_room: None,
        broken: None,
        mended: None,
    };
    let moody = "map $connection $mood {\n~[02468]$ bad;\ndefault good;\n}\nserver {\nlisten 54.93.118.77:8443 ssl;\n\
        server_name jamf.example.com;\nssl_certificate @/sound.pem;\nssl_certificate_key @/leaf.key;\n\
        if ($mood = bad) { return 444; }\nlocation / { return 204; }\n}\n";
    let target = "https://jamf.example.com:8443";
    let mut ground = Ground::new();
    ground.serve(Some("jamf-down"), None);
    ground.employ(&server, moody);
    let curl = "for n in 1 2 3 4; do curl -sS -m 5 --cacert $ROOTS -o /dev/null https://jamf.example.com:8443/ 2>/dev/null; \
                echo $?; done";
    let said = ground.foreign(curl);
    assert!(
        said.contains("52 0 52 0") || said.contains("0 52 0 52"),
        "{said}"
    );
    let missing = Mixed {
        code: "http_mixed",
        failures: "http_eof",
        at: "54.93.118.77",
        owner: "server",
    };
    let ok = is_mixed(&ground, target, 6, &missing);
    assert!((1..6).contains(&ok), "{ok}");
    ground.serve(Some("jamf-down"), None);
    ground.employ(
        &server,
        &moody.replace("if ($mood = bad) { return 444; }", ""),
    );
    is_whole(&ground, target, 6);
}
