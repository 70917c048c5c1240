//! Worlds in which clocks are wrong: whose, is told by who agrees with whom.

use serde_json::Value;

use super::case::{FULL, checks, text};
use super::ground::Ground;
use crate::binary::Run;

/// Diagnosis, owner and confidence; a report with a second one is wrong.
fn cause(report: &Value) -> (&str, &str, &str) {
    let all = report["diagnoses"].as_array().unwrap();
    assert_eq!(all.len(), 1, "{}", report["diagnoses"]);
    let of = |field| text(&all[0], field);
    (of("code"), of("owner"), of("confidence"))
}

/// The program on a machine whose clock is so many days off, and only its date: time passes as ever.
fn on_another_day(ground: &Ground, days: &str, arguments: &[&str]) -> Run {
    let starter = ["env", "DONT_FAKE_MONOTONIC=1", "faketime", "-m", "-f", days];
    ground.preflight_by(
        &starter,
        &[&["check", "--format", "json"], arguments].concat(),
    )
}

fn day(ground: &Ground, days: &str) -> String {
    // A second may pass between the two.
    ground.foreign(&format!(
        "apart=$(( $(faketime -f {days} date +%s) - $(date +%s) ))\n\
         echo $(( (apart + (apart > 0 ? 60 : -60)) / 3600 ))"
    ))
}

/// Servers of three owners agree with each other, and every certificate is in order but for this machine's date.
#[test]
fn a_machine_on_another_day_is_one_cause_and_no_servers_fault() {
    if !super::possible() {
        return;
    }
    let mut ground = Ground::new();
    ground.serve(None, None);
    for (days, hours, code, side) in [
        ("-4000d", "-96000", "tls_cert_not_yet_valid", "behind"),
        ("+4000d", "96000", "tls_cert_expired", "ahead of"),
    ] {
        let said = day(&ground, days);
        assert!(said.starts_with(hours), "{said}");
        let run = on_another_day(&ground, days, FULL);
        let report = run.json();
        assert_eq!((text(&report, "verdict"), run.code), ("fail", Some(1)));
        assert_eq!(cause(&report), ("clock_wrong", "device", "certain"));
        let title = text(&report["diagnoses"][0], "title");
        assert_eq!(
            title,
            format!("This machine's clock is 4000 days {side} the servers'")
        );
        let mut by_date = 0;
        for check in checks(&report) {
            if !matches!(text(check.report, "verdict"), "pass" | "skipped") {
                assert_eq!(
                    check.report["explained_by"],
                    "clock_wrong",
                    "{}",
                    check.line()
                );
                by_date += usize::from(text(check.report, "code") == code);
            }
        }
        assert!(by_date > 10, "{by_date} rows with {code}");
    }
    let today = on_another_day(&ground, "+0d", FULL);
    assert_eq!(today.code, Some(0), "{today:?}");
}

/// Two clocks and no third: neither is accused.
#[test]
fn one_server_alone_accuses_nobody() {
    if !super::possible() {
        return;
    }
    let mut ground = Ground::new();
    ground.serve(Some("server-clock"), None);
    let jamf = "https://jamf.example.com:8443";
    for (targets, expected) in [
        (vec![jamf], ("clocks_differ", "server", "low")),
        (
            vec![jamf, "https://graph.microsoft.com"],
            ("server_clock_wrong", "server", "high"),
        ),
    ] {
        let report = ground
            .preflight(&[&["check", "--format", "json"], &targets[..]].concat())
            .json();
        assert_eq!(cause(&report), expected, "{report}");
    }
    // An hour is too little for the lab's certificates to mind.
    ground.serve(None, None);
    let vendors = [
        "https://graph.microsoft.com",
        "https://manage.microsoft.com",
    ];
    for (targets, expected) in [
        (vendors.to_vec(), ("clocks_differ", "device", "low")),
        (vec![vendors[0], jamf], ("clock_wrong", "device", "high")),
    ] {
        let report = on_another_day(&ground, "-1h", &targets).json();
        assert_eq!(cause(&report), expected, "{report}");
    }
}
