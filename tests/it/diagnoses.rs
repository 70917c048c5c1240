//! One root cause, one diagnosis: every fault of the lab is named once, and nothing else is.

use std::collections::BTreeSet;

use mdm_preflight::diagnose::{Asked, diagnose};
use mdm_preflight::finding::Verdict;
use mdm_preflight::lab::Breakage;
use mdm_preflight::report::{Prerequisite, Report, Vantage};

use crate::binary::{Run, run};
use crate::demo::runs;
use crate::random_worlds;

/// Fault, diagnosis, owner.
const EXPECTED: &[(&str, &str, &str)] = &[
    ("push-5223-silent", "egress_port_filtered", "network"),
    ("push-all-silent", "egress_destination_filtered", "network"),
    ("courier-port-closed", "service_down", "network"),
    ("range-partial", "allow_list_narrow", "network"),
    ("tls-inspected", "tls_inspection", "network"),
    ("proxy-denies", "proxy_refuses", "proxy"),
    ("proxy-sign-in", "proxy_sign_in", "proxy"),
    ("dns-sinkhole", "dns_filtered", "dns"),
    ("dns-bogon", "dns_filtered", "dns"),
    ("dns-nxdomain", "dns_filtered", "dns"),
    ("dns-alias-denied", "dns_alias_filtered", "dns"),
    ("dns-silent", "resolver_silent", "dns"),
    ("dns-aaaa-silent", "resolver_lacks_family", "dns"),
    ("dns-servfail", "resolver_failing", "dns"),
    ("cert-expired", "certificate_fault", "vendor"),
    ("cert-wrong-name", "certificate_fault", "server"),
    ("cert-chain-incomplete", "certificate_fault", "server"),
    ("block-page", "block_page", "proxy"),
    ("entra-throttled", "service_trouble", "vendor"),
    ("tenant-unknown", "tenant_unknown", "identity"),
    ("expired-secret", "secret_expired", "identity"),
    ("wrong-secret", "secret_wrong", "identity"),
    ("secret-id-pasted", "secret_wrong", "identity"),
    ("no-consent", "consent_missing", "identity"),
    ("extra-permission", "permission_extra", "identity"),
    ("tenant-wrong-cloud", "cloud_wrong", "identity"),
    ("clock-skew", "clock_wrong", "device"),
    ("server-clock", "server_clock_wrong", "server"),
    ("ntp-silent", "time_blocked", "network"),
    ("ntp-refused", "time_server_fault", "vendor"),
    ("ntp-kiss", "time_server_fault", "vendor"),
    ("ntp-unsynchronised", "time_server_fault", "vendor"),
    ("ntp-forged", "time_forged", "network"),
    ("ntp-ahead", "time_server_fault", "vendor"),
    ("stalled", "service_stalls", "vendor"),
    ("http-stalled", "service_stalls", "vendor"),
    ("not-tls", "service_stalls", "vendor"),
    ("tls-reset", "service_stalls", "vendor"),
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

fn demo(fault: Option<&str>) -> &'static Run {
    &runs::of(fault).run
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
fn a_name_of_ones_own_that_is_led_nowhere_is_not_said_to_have_no_address() {
    let said = |harm: &'static str| {
        let plan = random_worlds::plan();
        let broken = [Breakage::Harm(harm, "jamf.example.com")];
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let report = runtime.block_on(random_worlds::report_of(&plan, &broken));
        let report = serde_json::to_value(report).unwrap();
        let found = report["diagnoses"].as_array().unwrap();
        assert_eq!(found.len(), 1, "{harm}: {found:#?}");
        assert_eq!(found[0]["code"], "name_missing", "{harm}");
        let text = |key: &str| found[0][key].as_str().unwrap().to_owned();
        [text("title"), text("summary"), text("remedy")]
    };
    let [title, summary, remedy] = said("sunk");
    assert_eq!(
        title,
        "DNS leads jamf.example.com to an address that leads nowhere"
    );
    assert!(!summary.contains("no address"), "{summary}");
    assert!(summary.contains("response policy zone"), "{summary}");
    assert!(remedy.contains("filter list"), "{remedy}");
    assert!(!remedy.contains("Make a record"), "{remedy}");
    let [title, _, remedy] = said("denied");
    assert_eq!(title, "DNS knows no address of jamf.example.com");
    assert!(remedy.starts_with("Make a record"), "{remedy}");
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
        "Destination names: *.push.apple.com\n",
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

/// The words of a line as a shell gives them to a program.
fn words(line: &str) -> Vec<String> {
    let script = format!("for word in {line}; do printf '%s\\n' \"$word\"; done");
    let out = std::process::Command::new("sh")
        .args(["-c", &script])
        .output()
        .unwrap();
    String::from_utf8(out.stdout)
        .unwrap()
        .lines()
        .map(ToOwned::to_owned)
        .collect()
}

/// Two rows at one port, of which the second is as it should be.
const OFFICE: &str = r#"
        [profile]
        name = "office"
        title = "Office"
        version = "1"

        [variables.door]
        type = "port"
        description = "Where it listens"

        [[prerequisite]]
        id = "office.door"
        title = "The door"
        severity = "required"
        from = ["jamf-server"]
        owner = "server"

        [[prerequisite.check]]
        id = "port"
        title = "Open"
        tcp = { host = "127.0.0.1", port = "${door}" }

        [[prerequisite]]
        id = "office.other"
        title = "Another"
        severity = "required"
        from = ["jamf-server"]
        owner = "server"

        [[prerequisite.check]]
        id = "port"
        title = "Closed"
        tcp = { host = "127.0.0.1", port = "${door}" }
        expect = "refused"
    "#;

/// The prerequisites that fail, with the code of their first row.
fn failing(report: &serde_json::Value) -> Vec<(String, String)> {
    let all = report["prerequisites"].as_array().unwrap().iter();
    let failing = all.filter(|one| one["verdict"] == "fail");
    failing
        .map(|one| (one["id"].to_string(), one["checks"][0]["code"].to_string()))
        .collect()
}

#[test]
fn the_command_that_verifies_is_this_run_again_narrowed_to_the_rows_at_fault() {
    let mut folder = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    folder.push("it's verified");
    std::fs::create_dir_all(&folder).unwrap();
    let profile = folder.join("office.toml");
    std::fs::write(&profile, OFFICE).unwrap();
    let (profile, output) = (profile.to_str().unwrap(), folder.join("out.json"));
    let first = run(&[
        "check",
        "--profile",
        profile,
        "--set",
        "door=9",
        "--from",
        "jamf-server",
        "--skip",
        "canary",
        "--format",
        "json",
        "--output",
        output.to_str().unwrap(),
        "--only",
        "office.*",
    ]);
    assert_eq!(first.code, Some(1), "{first:?}");
    let report = first.json();
    let found = report["diagnoses"].as_array().unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    let verify = found[0]["verify"].as_str().unwrap();
    assert!(verify.ends_with("--only office.door"), "{verify}");
    let request = found[0]["change_request"].as_str().unwrap();
    assert!(
        request.ends_with(&format!("To verify: {verify}\n")),
        "{request}"
    );
    let mut again = words(verify);
    assert_eq!(again.remove(0), "mdm-preflight");
    again.extend(["--format".to_owned(), "json".to_owned()]);
    let again: Vec<&str> = again.iter().map(String::as_str).collect();
    let second = run(&again);
    assert_eq!(second.code, Some(1), "{second:?}");
    assert_eq!(failing(&second.json()), failing(&report));
    assert_eq!(second.json()["diagnoses"][0]["code"], found[0]["code"]);
}

/// Whoever leads a hundred addresses elsewhere has to type those again that the rows at fault dial.
#[test]
fn the_command_that_verifies_leads_elsewhere_what_its_rows_dial_and_no_more() {
    let (mut prerequisites, vantage) = judged("jamf-down");
    let words = "check --jamf https://jamf.example.com:8443 --connect-to 54.93.118.77:8443:127.0.0.1:9 \
                 --connect-to jamf.example.com:8443:127.0.0.1:9 --connect-to 17.57.146.20:5223:127.0.0.1:9 \
                 --only jamf.* --dns 127.0.0.1:53";
    let arguments: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
    let asked = Asked {
        started: "",
        arguments: &arguments,
    };
    let found = diagnose(&mut prerequisites, &vantage, asked).diagnoses;
    let verify = found[0].verify.as_str();
    let begin = "mdm-preflight check --jamf https://jamf.example.com:8443 --connect-to 54.93.118.77:8443:127.0.0.1:9 \
                 --connect-to jamf.example.com:8443:127.0.0.1:9 --dns 127.0.0.1:53 --only ";
    assert!(verify.starts_with(begin), "{verify}");
}

#[test]
fn each_cause_that_is_not_claimed_says_why_and_a_healthy_run_reasons_about_none() {
    let report = demo(Some("push-5223-silent")).json();
    let reasoning = report["reasoning"].as_array().unwrap();
    assert_eq!(reasoning.len(), mdm_preflight::diagnose::MEANINGS.len());
    let of = |code: &str| {
        reasoning
            .iter()
            .find(|one| one["diagnosis"] == code)
            .unwrap()
    };
    assert_eq!(of("egress_port_filtered")["found"], true);
    assert_eq!(
        of("egress_port_filtered")["rows"].as_array().unwrap().len(),
        6
    );
    assert_eq!(of("egress_destination_filtered")["found"], false);
    let why = of("egress_destination_filtered")["why"].as_str().unwrap();
    assert!(
        why.ends_with("is explained by egress_port_filtered"),
        "{why}"
    );
    let why = of("tls_inspection")["why"].as_str().unwrap();
    assert_eq!(why, "no row in trouble shows tls_intercepted");
    assert_eq!(demo(None).json().get("reasoning"), None);
    let table = run(&["demo", "--fault", "push-5223-silent", "-v"]).stdout;
    assert!(table.contains("Why these causes and no others"), "{table}");
}

#[test]
fn what_breaks_and_what_still_works_is_made_of_the_rows() {
    for (fault, list, part) in [
        ("push-5223-silent", "weakens", "push: "),
        ("push-5223-silent", "works", "compliance"),
        ("push-all-silent", "breaks", "push: no Mac learns"),
        ("push-all-silent", "works", "check-in with Jamf Pro"),
        ("jamf-down", "breaks", "check-in with Jamf Pro: "),
        ("jamf-down", "breaks", "enrolment: "),
        ("jamf-down", "works", "push"),
        ("tls-inspected", "breaks", "compliance: "),
    ] {
        let report = demo(Some(fault)).json();
        let said = report["diagnoses"][0]["impact"][list].to_string();
        assert!(said.contains(part), "{fault}: {part} is not in {said}");
    }
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

/// Every report that this project has of something that is wrong: the demo's faults, and those of real runs.
fn all_judged() -> Vec<(String, Vec<Prerequisite>, Vantage)> {
    let faults = EXPECTED.iter().map(|(fault, _, _)| {
        let (prerequisites, vantage) = judged(fault);
        ((*fault).to_owned(), prerequisites, vantage)
    });
    let recorded = crate::told::recordings().into_iter().map(|(name, report)| {
        let (prerequisites, vantage) = (report.prerequisites, report.vantage);
        (name, prerequisites, vantage)
    });
    faults.chain(recorded).collect()
}

#[test]
fn the_order_of_the_rows_does_not_matter() {
    for (name, prerequisites, vantage) in all_judged() {
        let expected = essence(prerequisites.clone(), &vantage);
        let mut turned = prerequisites;
        turned.reverse();
        for prerequisite in &mut turned {
            prerequisite.checks.reverse();
        }
        assert_eq!(essence(turned.clone(), &vantage), expected, "{name}");
        let middle = turned.len() / 2;
        turned.rotate_left(middle);
        assert_eq!(essence(turned, &vantage), expected, "{name}");
    }
}

#[test]
fn a_row_that_passes_adds_no_diagnosis() {
    let healthy: Report = serde_json::from_value(demo(None).json()).unwrap();
    let mut passing: Vec<Prerequisite> = Vec::new();
    let mut kinds = BTreeSet::new();
    for prerequisite in healthy.prerequisites {
        let rows = prerequisite.checks.iter();
        for check in rows.filter(|check| check.verdict == Verdict::Pass) {
            // One of each kind: by what asks, whom, and on which port.
            let host = check.target.host.as_deref().unwrap_or_default();
            let owner = mdm_preflight::net::space::owner(host);
            if !kinds.insert((check.probe.clone(), owner, check.target.port)) {
                continue;
            }
            passing.push(Prerequisite {
                id: format!("more.{}.{}", prerequisite.id, check.id),
                checks: vec![check.clone()],
                ..prerequisite.clone()
            });
        }
    }
    assert!(passing.len() > 10, "{}", passing.len());
    let codes = |found: &BTreeSet<(String, BTreeSet<String>)>| -> Vec<String> {
        found.iter().map(|(code, _)| code.clone()).collect()
    };
    for (name, prerequisites, vantage) in all_judged() {
        let before = codes(&essence(prerequisites.clone(), &vantage));
        for more in &passing {
            let mut with = prerequisites.clone();
            with.push(more.clone());
            let after = codes(&essence(with, &vantage));
            assert!(
                after.len() <= before.len(),
                "{name} and {}: {after:?}, before {before:?}",
                more.id
            );
        }
    }
}

#[test]
fn every_row_in_trouble_is_explained_or_listed() {
    for (name, mut prerequisites, vantage) in all_judged() {
        let found = diagnose(&mut prerequisites, &vantage, Asked::default());
        let all = prerequisites.iter().flat_map(|one| {
            let rows = one.checks.iter();
            rows.map(move |check| (format!("{}/{}", one.id, check.id), check))
        });
        for (id, check) in all {
            let listed = found.unexplained.contains(&id);
            let causes = found.diagnoses.iter();
            let causes: Vec<&str> = causes
                .filter(|one| one.affects.contains(&id))
                .map(|one| one.id.as_str())
                .collect();
            assert_eq!(
                check.explained_by.as_deref(),
                causes.first().copied(),
                "{name}: {id}"
            );
            assert!(causes.len() + usize::from(listed) <= 1, "{name}: {id}");
            if check.verdict == Verdict::Fail {
                assert!(listed || !causes.is_empty(), "{name}: {id}");
            }
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
