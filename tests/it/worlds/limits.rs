//! Answers of DNS that are as long as they can be, and a process that may open few files.

use std::fmt::Write as _;

use super::case::{FULL, checks, text};
use super::ground::Ground;
use super::unbound::{ADDRESS, HEALTHY};

/// A name with 200 addresses, which no answer over UDP can hold.
fn many() -> String {
    let mut configuration =
        format!("{HEALTHY}server:\n local-zone: \"many.example.org.\" static\n");
    for last in 1..=200 {
        writeln!(
            configuration,
            " local-data: \"many.example.org. A 203.0.113.{last}\""
        )
        .unwrap();
    }
    configuration
}

#[test]
fn two_hundred_addresses_are_bounded_and_a_cut_answer_needs_tcp() {
    if !super::possible() {
        return;
    }
    let mut ground = Ground::new();
    ground.serve(None, None);
    ground.resolve_by_unbound(&many());
    let proof = ground.foreign("dig +short many.example.org | wc -l");
    assert!(proof.contains("200 exit=0"), "{proof}");
    // As the system says it, and as our own exchange does.
    let system = ["check", "dns:many.example.org", "--format", "json"];
    let said = ground.preflight(&system).json();
    let message = text(checks(&said)[0].report, "message").to_owned();
    assert!(
        message.starts_with("200 addresses, of which the report lists 64"),
        "{message}"
    );
    let arguments = [system[0], system[1], system[2], system[3], "--dns", ADDRESS];
    let run = ground.preflight(&arguments);
    assert_eq!(run.code, Some(0), "{run:?}");
    let report = run.json();
    let check = checks(&report)[0].report.clone();
    let message = text(&check, "message");
    assert!(
        message.starts_with("200 addresses, of which the report lists 64"),
        "{message}"
    );
    assert!(message.len() < 300, "{message}");
    let dns = &check["stages"]["dns"];
    assert_eq!(dns["addresses"].as_array().unwrap().len(), 64);
    assert_eq!(
        (
            &dns["queries"][0]["more"],
            text(&dns["queries"][0], "transport")
        ),
        (&136.into(), "tcp")
    );
    // The whole answer needs TCP, and the router drops it.
    ground.filter("tcp dport 53 drop");
    let cut =
        ground.foreign("dig +ignore many.example.org; dig +tcp +time=1 +tries=1 many.example.org");
    assert!(cut.contains(" tc ") && cut.contains("timed out"), "{cut}");
    let run = ground.preflight(&arguments);
    assert_eq!(run.code, Some(1), "{run:?}");
    let report = run.json();
    let all = checks(&report);
    assert_eq!(
        text(all[0].report, "code"),
        "dns_tcp_blocked",
        "{}",
        run.stdout
    );
    let causes = report["diagnoses"].as_array().unwrap();
    let causes: Vec<(&str, &str)> = causes
        .iter()
        .map(|one| (text(one, "code"), text(one, "owner")))
        .collect();
    assert_eq!(causes, [("dns_tcp_blocked", "network")]);
}

/// Each row that is neither a pass nor skipped, with its verdict and code.
fn troubles(report: &serde_json::Value) -> Vec<String> {
    checks(report)
        .iter()
        .filter(|check| !matches!(text(check.report, "verdict"), "pass" | "skipped"))
        .map(|check| {
            let of = |field| text(check.report, field);
            format!("{} {} {}", check.id, of("verdict"), of("code"))
        })
        .collect()
}

/// Look-ups, handshakes and requests wait for a descriptor as connects do, and a system without one blames no server.
#[test]
fn few_descriptors_change_nothing_of_what_names_tls_and_http_show() {
    if !super::possible() {
        return;
    }
    let mut ground = Ground::new();
    ground.serve(None, None);
    let arguments = [&["check", "--format", "json"], FULL].concat();
    let limited = |ground: &Ground, limit: &str| {
        let limit = format!("--nofile={limit}:{limit}");
        let run = ground.preflight_by(&["prlimit", &limit], &arguments);
        assert!(!run.stderr.contains("panicked"), "{run:?}");
        run
    };
    for limit in ["64", "24", "20"] {
        let run = limited(&ground, limit);
        assert_eq!(troubles(&run.json()), Vec::<String>::new(), "{limit}");
        assert_eq!(run.code, Some(0), "{limit}");
    }
    // What really fails is still seen, and nothing else is.
    ground.filter(
        "tcp dport 5223 drop\nip daddr 20.190.190.131 reject with icmp type admin-prohibited",
    );
    let free = ground.preflight(&arguments);
    let run = limited(&ground, "24");
    assert_eq!(troubles(&run.json()), troubles(&free.json()));
    assert_eq!((run.code, free.code), (Some(1), Some(1)));
}
