//! One root cause, one diagnosis: every fault of the lab is named once, and nothing else is.

use std::collections::BTreeSet;

use mdm_preflight::diagnose::{Asked, diagnose};
use mdm_preflight::report::{Prerequisite, Report, Vantage};

use crate::binary::{Run, run};

/// Fault, diagnosis, owner.
const EXPECTED: &[(&str, &str, &str)] = &[
    ("push-5223-silent", "egress_port_filtered", "network"),
    ("push-all-silent", "egress_destination_filtered", "network"),
    ("courier-port-closed", "service_down", "network"),
    ("range-partial", "allow_list_narrow", "network"),
    ("tls-inspected", "tls_inspection", "network"),
    ("dns-sinkhole", "dns_filtered", "dns"),
    ("dns-bogon", "dns_filtered", "dns"),
    ("dns-nxdomain", "dns_filtered", "dns"),
    ("dns-alias-denied", "dns_alias_filtered", "dns"),
    ("dns-silent", "resolver_silent", "dns"),
    ("dns-servfail", "resolver_failing", "dns"),
    ("cert-expired", "certificate_fault", "server"),
    ("cert-wrong-name", "certificate_fault", "server"),
    ("cert-chain-incomplete", "certificate_fault", "server"),
    ("block-page", "block_page", "proxy"),
    ("entra-throttled", "service_trouble", "vendor"),
    ("tenant-unknown", "tenant_unknown", "identity"),
    ("clock-skew", "clock_wrong", "device"),
    ("server-clock", "server_clock_wrong", "server"),
    ("stalled", "service_stalls", "server"),
    ("http-stalled", "service_stalls", "server"),
    ("not-tls", "service_stalls", "server"),
    ("tls-reset", "service_stalls", "server"),
    ("jamf-down", "service_down", "server"),
    ("jamf-starting", "jamf_starting", "server"),
    ("jamf-upgrading", "jamf_starting", "server"),
    ("jamf-database-error", "jamf_not_working", "server"),
    ("jamf-setup-assistant", "jamf_not_working", "server"),
    ("jamf-too-old", "jamf_too_old", "server"),
    ("jamf-push-cert-expired", "push_certificate", "server"),
    (
        "jamf-cannot-reach-apple",
        "jamf_cannot_reach_apple",
        "network",
    ),
    (
        "jamf-cannot-reach-microsoft",
        "jamf_cannot_reach_microsoft",
        "identity",
    ),
];

fn demo(fault: Option<&str>) -> Run {
    match fault {
        Some(fault) => run(&["demo", "--fault", fault, "--format", "json"]),
        None => run(&["demo", "--format", "json"]),
    }
}

/// What is wrong with the diagnoses of one fault; nothing if they are as expected.
fn objections(fault: &str, code: &str, owner: &str) -> Vec<String> {
    let report = demo(Some(fault)).json();
    let mut wrong = Vec::new();
    let found = report["diagnoses"].as_array().unwrap();
    if found.len() != 1 || found[0]["code"] != code || found[0]["owner"] != owner {
        let codes: Vec<String> = found.iter().map(|d| d["code"].to_string()).collect();
        wrong.push(format!(
            "{fault}: {} instead of {code} ({owner})",
            codes.join(", ")
        ));
        return wrong;
    }
    for key in ["title", "summary", "remedy"] {
        if found[0][key].as_str().unwrap().is_empty() {
            wrong.push(format!("{fault}: no {key}"));
        }
    }
    if found[0]["evidence"].as_array().unwrap().is_empty() {
        wrong.push(format!("{fault}: no evidence"));
    }
    for prerequisite in report["prerequisites"].as_array().unwrap() {
        for check in prerequisite["checks"].as_array().unwrap() {
            let trouble = ["fail", "degraded", "inconclusive"];
            let in_trouble = trouble.contains(&check["verdict"].as_str().unwrap());
            if in_trouble != (check["explained_by"] == found[0]["id"]) {
                wrong.push(format!(
                    "{fault}: {} is {}",
                    check["id"], check["explained_by"]
                ));
            }
        }
    }
    wrong
}

#[test]
fn every_fault_is_one_diagnosis_that_explains_all_its_rows() {
    let known: Vec<String> = run(&["demo", "--list"])
        .stdout
        .lines()
        .map(|line| line.split_whitespace().next().unwrap().to_owned())
        .collect();
    let listed: Vec<&str> = EXPECTED.iter().map(|(fault, _, _)| *fault).collect();
    assert_eq!(known.len(), listed.len(), "{known:?}");
    assert!(
        known.iter().all(|fault| listed.contains(&fault.as_str())),
        "{known:?}"
    );
    let threads: Vec<_> = EXPECTED
        .iter()
        .map(|(fault, code, owner)| std::thread::spawn(|| objections(fault, code, owner)))
        .collect();
    let wrong: Vec<String> = threads
        .into_iter()
        .flat_map(|thread| thread.join().unwrap())
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_healthy_world_has_no_diagnosis() {
    assert_eq!(demo(None).json()["diagnoses"], serde_json::json!([]));
}

#[test]
fn a_change_request_says_from_where_to_where_why_and_how_to_verify() {
    let report = demo(Some("push-5223-silent")).json();
    let request = report["diagnoses"][0]["change_request"].as_str().unwrap();
    for part in [
        "Source: ",
        "Destination names: ",
        "courier.push.apple.com",
        "Destination ports: TCP 5223",
        "Direction: outbound",
        "https://support.apple.com/102266",
        "Evidence: ",
        "Destination blocks: 17.0.0.0/8",
        "To verify: mdm-preflight demo --fault push-5223-silent",
    ] {
        assert!(request.contains(part), "{part} is not in\n{request}");
    }
    let table = run(&["demo", "--fault", "push-5223-silent"]).stdout;
    assert!(table.contains("Change request to send:"), "{table}");
}

/// The prerequisites of a fault's report, with nothing explained yet.
fn judged(fault: &str) -> (Vec<Prerequisite>, Vantage) {
    let report: Report = serde_json::from_value(demo(Some(fault)).json()).unwrap();
    let mut prerequisites = report.prerequisites;
    for check in prerequisites.iter_mut().flat_map(|p| &mut p.checks) {
        check.explained_by = None;
    }
    (prerequisites, report.vantage)
}

/// What a diagnosis says, without the order in which it was found.
fn essence(
    mut prerequisites: Vec<Prerequisite>,
    vantage: &Vantage,
) -> BTreeSet<(String, BTreeSet<String>)> {
    let found = diagnose(&mut prerequisites, vantage, Asked::default());
    found
        .diagnoses
        .into_iter()
        .map(|diagnosis| (diagnosis.code, diagnosis.affects.into_iter().collect()))
        .collect()
}

#[test]
fn the_order_of_the_rows_does_not_matter() {
    for fault in [
        "push-5223-silent",
        "range-partial",
        "tls-inspected",
        "dns-bogon",
        "block-page",
    ] {
        let (prerequisites, vantage) = judged(fault);
        let expected = essence(prerequisites.clone(), &vantage);
        let mut turned = prerequisites;
        turned.reverse();
        for prerequisite in &mut turned {
            prerequisite.checks.reverse();
        }
        assert_eq!(essence(turned, &vantage), expected, "{fault}");
    }
}

#[test]
fn a_row_that_passes_adds_no_diagnosis() {
    let healthy: Report = serde_json::from_value(demo(None).json()).unwrap();
    for fault in [
        "push-all-silent",
        "cert-expired",
        "dns-sinkhole",
        "clock-skew",
        "stalled",
    ] {
        let (prerequisites, vantage) = judged(fault);
        let expected = essence(prerequisites.clone(), &vantage);
        for more in &healthy.prerequisites {
            let mut with = prerequisites.clone();
            let mut passing = more.clone();
            passing.id = format!("more.{}", passing.id);
            with.push(passing);
            let codes = |found: &BTreeSet<(String, BTreeSet<String>)>| -> BTreeSet<String> {
                found.iter().map(|(code, _)| code.clone()).collect()
            };
            let found = codes(&essence(with, &vantage));
            assert!(
                found.len() <= codes(&expected).len(),
                "{fault} and {}: {found:?}",
                more.id
            );
        }
    }
}

#[test]
fn two_faults_at_once_are_two_diagnoses() {
    let (broken, vantage) = judged("cert-wrong-name");
    for (fault, code) in [
        ("push-5223-silent", "egress_port_filtered"),
        ("tenant-unknown", "tenant_unknown"),
        ("entra-throttled", "service_trouble"),
        ("block-page", "block_page"),
        ("range-partial", "allow_list_narrow"),
        ("dns-nxdomain", "dns_filtered"),
        ("courier-port-closed", "service_down"),
        ("http-stalled", "service_stalls"),
        ("tls-reset", "service_stalls"),
        ("push-all-silent", "egress_destination_filtered"),
    ] {
        let (mut both, _) = judged(fault);
        let jamf = broken.iter().find(|p| p.id == "jamf.https").unwrap();
        *both.iter_mut().find(|p| p.id == "jamf.https").unwrap() = jamf.clone();
        let found: Vec<String> = essence(both, &vantage)
            .into_iter()
            .map(|(code, _)| code)
            .collect();
        assert_eq!(
            found,
            BTreeSet::from(["certificate_fault", code])
                .into_iter()
                .collect::<Vec<_>>(),
            "{fault}"
        );
    }
}
