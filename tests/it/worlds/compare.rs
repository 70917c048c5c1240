//! Worlds with two DNS servers: the lab's own and unbound, one of which may be wrong.

use serde_json::Value;

use super::case::{FULL, checks, text};
use super::ground::{DNS, Ground, Place};
use super::unbound::{ADDRESS, HEALTHY};
use crate::binary::Run;

const NXDOMAIN: &str = " local-zone: \"graph.microsoft.com.\" always_nxdomain\n";

fn unbound(further: &str) -> String {
    format!("{HEALTHY}server:\n{further}")
}

/// A healthy world, with unbound beside it.
fn world(configuration: &str) -> Option<Ground> {
    if !super::possible() {
        return None;
    }
    let mut ground = Ground::new();
    ground.serve(None, None);
    ground.resolve_by_unbound(configuration);
    ground.write_resolvers(&format!("nameserver {DNS}\n"));
    Some(ground)
}

fn compare(ground: &Ground, with: &str, further: &[&str]) -> (Run, Value) {
    let mut arguments = vec!["check", "--format", "json", "--compare-dns", with];
    arguments.extend(FULL);
    arguments.extend(further);
    let run = ground.preflight(&arguments);
    let report = run.json();
    (run, report)
}

fn names<'a>(report: &'a Value, list: &str) -> Vec<&'a str> {
    let names = report["run"]["dns_comparison"][list].as_array();
    let names = names.unwrap_or_else(|| panic!("no {list} in {}", report["run"]));
    names.iter().map(|name| name.as_str().unwrap()).collect()
}

/// The code, the verdict and what is said of Graph's row.
fn graph(report: &Value) -> (String, String, Value) {
    let all = checks(report);
    let check = all.iter().find(|check| check.id == "entra.graph/https");
    let check = check.unwrap().report;
    let of = |field| text(check, field).to_owned();
    (
        of("code"),
        of("verdict"),
        check["stages"]["dns"]["compared"].clone(),
    )
}

#[test]
fn servers_that_agree_are_no_finding_and_internal_names_stay_here() {
    let Some(ground) = world(HEALTHY) else { return };
    let (run, report) = compare(&ground, ADDRESS, &[]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(text(&report, "verdict"), "pass");
    assert!(names(&report, "differ").is_empty(), "{}", report["run"]);
    assert!(names(&report, "undecided").is_empty(), "{}", report["run"]);
    assert_eq!(names(&report, "not_sent"), ["jamf.example.com"]);
    let agree = names(&report, "agree");
    assert!(agree.contains(&"graph.microsoft.com"), "{agree:?}");
    assert!(
        agree
            .iter()
            .any(|name| name.ends_with("-courier.push.apple.com"))
    );
    let asked = ground.unbound_log();
    assert!(asked.contains("graph.microsoft.com. A IN"), "{asked}");
    assert!(asked.contains("graph.microsoft.com. AAAA IN"), "{asked}");
    assert!(!asked.contains("jamf"), "{asked}");
    let (run, _) = compare(&ground, ADDRESS, &["--redact"]);
    assert!(run.stdout.contains("dns_comparison"), "{run:?}");
    assert!(!run.stdout.contains("jamf.example.com"), "{run:?}");
    let remark = report["remarks"].to_string();
    assert!(
        remark.contains("not sent there: jamf.example.com (--compare-internal sends it)"),
        "{remark}"
    );
}

#[test]
fn internal_names_are_sent_where_that_is_asked_for() {
    let Some(ground) = world(HEALTHY) else { return };
    let (run, report) = compare(&ground, ADDRESS, &["--compare-internal"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(names(&report, "not_sent").is_empty());
    assert!(names(&report, "agree").contains(&"jamf.example.com"));
    assert!(ground.unbound_log().contains("jamf.example.com. A IN"));
}

#[test]
fn a_server_that_withholds_a_name_is_the_one_that_is_blamed() {
    let Some(mut ground) = world(&unbound(NXDOMAIN)) else {
        return;
    };
    // The other server withholds: this machine works.
    let (run, report) = compare(&ground, ADDRESS, &[]);
    assert_eq!((run.code, text(&report, "verdict")), (Some(0), "degraded"));
    let (code, verdict, compared) = graph(&report);
    assert_eq!(
        (code.as_str(), verdict.as_str()),
        ("dns_resolvers_differ", "degraded")
    );
    assert_eq!(compared["agrees"], false, "{compared}");
    assert_eq!(names(&report, "differ"), ["graph.microsoft.com"]);
    let diagnosis = &report["diagnoses"][0];
    assert_eq!(
        (text(diagnosis, "code"), text(diagnosis, "owner")),
        ("dns_filtered", "dns")
    );
    assert!(text(diagnosis, "title").contains(ADDRESS), "{diagnosis}");
    // This machine's own withholds: the other one is the evidence.
    ground.write_resolvers(&format!("nameserver {ADDRESS}\n"));
    let (run, report) = compare(&ground, DNS, &[]);
    assert_eq!((run.code, text(&report, "verdict")), (Some(1), "fail"));
    let (code, ..) = graph(&report);
    assert_eq!(code, "dns_nxdomain");
    let diagnosis = &report["diagnoses"][0];
    assert_eq!(text(diagnosis, "code"), "dns_filtered");
    assert_eq!(text(diagnosis, "confidence"), "high");
    let evidence = diagnosis["evidence"].to_string();
    assert!(evidence.contains(&format!("{DNS} says 2")), "{evidence}");
    // Mended.
    ground.resolve_by_unbound(HEALTHY);
    let (run, report) = compare(&ground, DNS, &[]);
    assert_eq!((run.code, text(&report, "verdict")), (Some(0), "pass"));
    assert!(names(&report, "differ").is_empty());
}

/// 51.4.4.4 belongs to nobody here; what is sent there goes where `to` says.
fn elsewhere(ground: &Ground, to: &str) {
    let rules = format!(
        "table ip lead {{\nchain pre {{\ntype nat hook prerouting priority -100\n\
         ip daddr 51.4.4.4 dnat to {to}\n}}\n}}\n"
    );
    let file = ground.file("lead.nft", &rules);
    ground.does(Place::Internet, &["nft", "-f", &file]);
}

#[test]
fn two_addresses_with_an_accepted_chain_are_one_answer_and_another_is_not() {
    let lead = " local-zone: \"graph.microsoft.com.\" redirect\n local-data: \"graph.microsoft.com. A 51.4.4.4\"\n";
    let Some(ground) = world(&unbound(lead)) else {
        return;
    };
    let (_, plain) = compare(&ground, DNS, &[]);
    let (_, _, compared) = graph(&plain);
    let genuine = text(&compared["addresses"], "0").to_owned();
    let genuine = compared["addresses"][0]
        .as_str()
        .map_or(genuine, str::to_owned);
    elsewhere(&ground, &genuine);
    let (run, report) = compare(&ground, ADDRESS, &[]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let (_, verdict, compared) = graph(&report);
    assert_eq!(verdict, "pass", "{compared}");
    assert_eq!(
        (&compared["agrees"], text(&compared, "by")),
        (&Value::Bool(true), "chain")
    );
    // The same address leads to a host of somebody else.
    ground.does(Place::Internet, &["nft", "flush", "ruleset"]);
    elsewhere(&ground, "17.57.146.20");
    let (run, report) = compare(&ground, ADDRESS, &[]);
    assert_eq!((run.code, text(&report, "verdict")), (Some(0), "degraded"));
    let (code, _, compared) = graph(&report);
    assert_eq!(code, "dns_resolvers_differ", "{compared}");
    assert_eq!(
        text(&report["diagnoses"][0], "code"),
        "dns_resolvers_differ"
    );
}

#[test]
fn a_server_that_does_not_answer_decides_nothing() {
    let Some(ground) = world(HEALTHY) else { return };
    let (run, report) = compare(&ground, "198.51.100.99", &[]);
    assert_eq!((run.code, text(&report, "verdict")), (Some(0), "pass"));
    assert!(names(&report, "agree").is_empty());
    assert!(names(&report, "undecided").contains(&"graph.microsoft.com"));
}
