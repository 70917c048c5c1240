//! One root cause, one diagnosis: every fault of the lab is named once, and nothing else is.

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
    ("dns-silent", "resolver_silent", "dns"),
    ("dns-servfail", "resolver_failing", "dns"),
    ("cert-expired", "certificate_fault", "server"),
    ("cert-wrong-name", "certificate_fault", "server"),
    ("cert-chain-incomplete", "certificate_fault", "server"),
    ("block-page", "block_page", "proxy"),
    ("entra-throttled", "service_trouble", "vendor"),
    ("tenant-unknown", "tenant_unknown", "identity"),
    ("clock-skew", "clock_wrong", "device"),
    ("stalled", "service_stalls", "server"),
    ("http-stalled", "service_stalls", "server"),
    ("not-tls", "service_stalls", "server"),
    ("tls-reset", "service_stalls", "server"),
    ("jamf-down", "service_down", "server"),
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
        "To verify: mdm-preflight check --only apple.push.block --only apple.push.device",
    ] {
        assert!(request.contains(part), "{part} is not in\n{request}");
    }
    let table = run(&["demo", "--fault", "push-5223-silent"]).stdout;
    assert!(table.contains("Change request to send:"), "{table}");
}
