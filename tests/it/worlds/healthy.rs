//! Worlds in which nothing is broken, and in which only the question is incomplete.

use super::case::{CASE, Case, FULL, checks, play, text};
use super::ground::{DNS, Ground};
use crate::binary::Run;

/// Curl reaches the Jamf Pro server by its name.
const REACHED: (&str, &[&str]) = (
    "curl -sSk -m 5 -o /dev/null -w '%{http_code} ' https://jamf.example.com:8443/api/v1/health-check",
    &["204 exit=0"],
);

pub(super) const HEALTHY: &[Case<'static>] = &[
    Case {
        name: "healthy",
        proof: REACHED,
        ..CASE
    },
    Case {
        name: "healthy, 2019's ports",
        proof: REACHED,
        arguments: &[
            FULL[0],
            FULL[1],
            FULL[2],
            FULL[3],
            "--profile",
            "microsoft-2019",
        ],
        ..CASE
    },
    Case {
        name: "healthy, without a name of the tenant",
        proof: REACHED,
        arguments: &[FULL[0], FULL[1]],
        ..CASE
    },
    Case {
        name: "healthy, one target",
        proof: REACHED,
        arguments: &["tls://login.microsoftonline.com:443"],
        ..CASE
    },
];

#[test]
fn a_network_in_order_passes_from_every_vantage_and_with_every_profile() {
    super::play_all(HEALTHY);
}

fn healthy(arguments: &[&str]) -> Option<Run> {
    if !super::possible() {
        return None;
    }
    let mut ground = Ground::new();
    ground.serve(None, None);
    Some(ground.preflight(arguments))
}

#[test]
fn the_program_is_run_without_any_capability() {
    if super::possible() {
        let ground = Ground::new();
        let script = "setpriv --bounding-set=-all --inh-caps=-all --no-new-privs grep CapEff /proc/self/status";
        let said = ground.foreign(script);
        assert!(said.contains("CapEff: 0000000000000000"), "{said}");
    }
}

#[test]
fn without_the_jamf_server_the_first_line_says_what_was_not_tested() {
    let Some(run) = healthy(&["check", FULL[2], FULL[3]]) else {
        return;
    };
    assert_eq!(run.code, Some(3), "{run:?}");
    let first = run.stdout.lines().next().unwrap();
    assert!(
        first.contains("not tested: jamf.https, jamf.version (give --jamf)"),
        "{}",
        run.stdout
    );
}

#[test]
fn the_servers_side_reaches_the_push_provider_api() {
    let Some(run) = healthy(&[
        "check",
        FULL[0],
        FULL[1],
        FULL[2],
        FULL[3],
        "--from",
        "jamf-server",
        "--format",
        "json",
    ]) else {
        return;
    };
    assert_eq!(run.code, Some(0), "{run:?}");
    let report = run.json();
    for (id, verdict) in [
        ("apple.push.provider/api-443", "pass"),
        ("apple.push.provider/api-2197", "pass"),
        ("apple.push.binary/gateway-2195", "skipped"),
        ("apple.push.device/courier-5223-1", "skipped"),
    ] {
        let all = checks(&report);
        let check = all.iter().find(|check| check.id.starts_with(id));
        let check = check.unwrap_or_else(|| panic!("no {id} in {}", run.stdout));
        assert_eq!(text(check.report, "verdict"), verdict, "{id}");
    }
}

#[test]
fn a_dns_server_can_be_given_in_place_of_the_systems() {
    if !super::possible() {
        return;
    }
    let mut ground = Ground::new();
    ground.serve(None, None);
    // One that would never answer.
    ground.write_resolvers("nameserver 198.51.100.99\n");
    let run = ground.preflight(&[
        "check", FULL[0], FULL[1], FULL[2], FULL[3], "--dns", DNS, "--format", "json",
    ]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let report = run.json();
    assert_eq!(text(&report, "verdict"), "pass");
    assert_eq!(report["run"]["longest_ladder_round_trips"], 4);
    let local = &report["vantage"];
    assert_eq!(local["addresses"][0], "10.77.1.2", "{local}");
    assert_eq!(local["gateway"], "10.77.1.1", "{local}");
}

/// A table whose comparison cannot fail would prove nothing.
#[test]
fn a_healthy_world_does_not_pass_for_a_broken_one() {
    if super::possible() {
        let lie = Case {
            name: "a lie",
            proof: REACHED,
            verdict: "fail",
            exit: 1,
            ..CASE
        };
        let said = play(&lie).unwrap_err();
        assert!(said.contains("pass and exit Some(0)"), "{said}");
    }
}
