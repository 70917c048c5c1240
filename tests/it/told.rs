//! The whole text of every diagnosis, as it is told to people, compared word by word with a file beside this one.
//!
//! The lab's faults are run anew. What only a network of its own can show is judged anew from a report of a real run;
//! with `RECORD_TOLD` set, every run of the tests that has exactly one diagnosis is kept as such a report if there is
//! none, or none so small. `UPDATE_TOLD` writes today's texts in the place of the files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mdm_preflight::code::Code;
use mdm_preflight::diagnose::{Asked, MEANINGS, diagnose};
use mdm_preflight::finding::Verdict;
use mdm_preflight::lab::Breakage;
use mdm_preflight::plan::Plan;
use mdm_preflight::render::{Look, story};
use mdm_preflight::report::Report;

use crate::demo::runs;
use crate::random_worlds;

const FOLDER: &str = "tests/it/told";

/// Diagnoses that a fault of the lab shows, and the fault.
const FAULTS: &[(&str, &str)] = &[
    ("secret_expired", "expired-secret"),
    ("secret_wrong", "wrong-secret"),
    ("consent_missing", "no-consent"),
    ("permission_extra", "extra-permission"),
    ("cloud_wrong", "tenant-wrong-cloud"),
    ("time_blocked", "ntp-silent"),
    ("time_forged", "ntp-forged"),
    ("time_server_fault", "ntp-kiss"),
    ("allow_list_narrow", "range-partial"),
    ("block_page", "block-page"),
    ("certificate_fault", "cert-expired"),
    ("clock_wrong", "clock-skew"),
    ("dns_filtered", "dns-nxdomain"),
    ("egress_destination_filtered", "push-all-silent"),
    ("egress_port_filtered", "push-5223-silent"),
    ("dns_alias_filtered", "dns-alias-denied"),
    ("jamf_cannot_reach_apple", "jamf-cannot-reach-apple"),
    ("jamf_cannot_reach_microsoft", "jamf-cannot-reach-microsoft"),
    ("jamf_not_working", "jamf-database-error"),
    ("jamf_starting", "jamf-starting"),
    ("jamf_too_old", "jamf-too-old"),
    ("proxy_refuses", "proxy-denies"),
    ("proxy_sign_in", "proxy-sign-in"),
    ("push_certificate", "jamf-push-cert-expired"),
    ("resolver_failing", "dns-servfail"),
    ("resolver_lacks_family", "dns-aaaa-silent"),
    ("resolver_silent", "dns-silent"),
    ("server_clock_wrong", "server-clock"),
    ("service_down", "jamf-down"),
    ("service_stalls", "http-stalled"),
    ("service_trouble", "entra-throttled"),
    ("tenant_unknown", "tenant-unknown"),
    ("tls_inspection", "tls-inspected"),
];

/// Diagnoses that harms to hosts of the lab show, and the harms.
const HARMS: &[(&str, &[Breakage<'static>])] = &[
    (
        "name_missing",
        &[Breakage::Harm("denied", "jamf.example.com")],
    ),
    (
        "tls_broken_on_way",
        &[
            Breakage::Harm("resets", "graph.microsoft.com"),
            Breakage::Harm("resets", "app-site-association.cdn-apple.com"),
        ],
    ),
    (
        "tls_inspection_partial",
        &[Breakage::Harm("inspected", "graph.microsoft.com")],
    ),
    (
        "vendor_outage",
        &[Breakage::Harm("unavailable", "graph.microsoft.com")],
    ),
];

/// Diagnoses that a trouble of whoever signs in shows, and the trouble.
const ACCOUNTS: &[(&str, &str)] = &[
    ("proxy_restricts_tenants", "tenant-restricted"),
    ("app_refused", "app-unknown"),
    ("policy_blocks_app", "policy-blocks"),
    ("api_missing", "api-missing"),
    ("sign_in_refused", "unknown-refusal"),
    ("token_unfit", "other-audience"),
    ("token_unreadable", "opaque-token"),
    ("secret_expiring", "secret-ends"),
    ("registration_unfit", "one-tenant"),
    ("graph_refused", "graph-denies"),
    ("graph_unexpected", "graph-tells-nothing"),
    ("connector_unfit", "connector-terminated"),
    ("jamf_certificates", "jamf-token-ended"),
];

/// Changes what rows have seen.
type Suppose = fn(&mut Report);

/// Diagnoses that neither a fault of the lab nor a world of the tests shows by itself yet: a fault's run, and what is
/// supposed of the rows that it touches.
const SUPPOSED: &[(&str, &str, Suppose)] = &[
    ("jamf_token_refused", "jamf-push-cert-expired", |report| {
        let said = "Jamf Pro does not take the token that it granted in this very run: status 401";
        instead(report, Code::JamfTokenRefused, said);
    }),
    ("macos_too_old", "jamf-down", |report| {
        of_the_mac(report, "mac.os", Code::DeviceOsOld, "macOS 10.10.5");
    }),
    ("mac_not_enrolled", "jamf-down", |report| {
        let said = "it is enrolled with no MDM server";
        of_the_mac(report, "mac.enrollment", Code::DeviceNotEnrolled, said);
    }),
    ("mac_enrolled_elsewhere", "jamf-down", |report| {
        let said = "enrolled with old.example.com";
        of_the_mac(report, "mac.enrollment", Code::DeviceOtherServer, said);
    }),
    ("company_portal_unfit", "jamf-down", |report| {
        let said = "there is no /Applications/Company Portal.app";
        of_the_mac(report, "mac.company-portal", Code::DeviceAppMissing, said);
    }),
    ("mac_push_down", "jamf-down", |report| {
        let said = "the push service says: Disconnected";
        of_the_mac(report, "mac.push", Code::DevicePushDown, said);
    }),
    ("macos_local_network", "jamf-down", |report| {
        "macOS 15.5".clone_into(&mut report.vantage.os);
        report.vantage.networks = vec!["54.93.118.0/24".parse().unwrap()];
        let said = "54.93.118.77:8443: no route to host, at once";
        instead(report, Code::TcpHostUnreachable, said);
    }),
];

/// Leaves one row of the Mac's own in trouble, on a Mac, and nothing else.
fn of_the_mac(report: &mut Report, id: &str, code: Code, said: &str) {
    "macOS 15.5".clone_into(&mut report.vantage.os);
    for one in &mut report.prerequisites {
        let own = one.id == id;
        one.verdict = if own { Verdict::Fail } else { Verdict::Pass };
        for check in &mut one.checks {
            check.verdict = one.verdict;
            check.code = own.then_some(code);
            if own {
                said.clone_into(&mut check.message);
            }
        }
    }
}

fn instead(report: &mut Report, code: Code, said: &str) {
    let checks = report.prerequisites.iter_mut().flat_map(|p| &mut p.checks);
    for check in checks.filter(|check| check.explained_by.is_some()) {
        check.code = Some(code);
        said.clone_into(&mut check.message);
        if let Some(tcp) = &mut check.stages.tcp {
            Arc::make_mut(tcp).ms = 0.4;
        }
    }
}

/// The reports of real runs, by the diagnosis that each shows.
pub(crate) fn recordings() -> Vec<(String, Report)> {
    let files = fs::read_dir(FOLDER).unwrap();
    let files = files.map(|entry| entry.unwrap().path());
    let reports = files.filter(|path| path.extension().is_some_and(|one| one == "json"));
    reports
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (
                name,
                serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap(),
            )
        })
        .collect()
}

fn recorded(code: &str) -> PathBuf {
    Path::new(FOLDER).join(format!("{code}.json"))
}

/// Keeps a report that shows one cause alone, if that is wanted and it is the smallest yet.
pub(crate) fn record(stdout: &str) {
    if std::env::var_os("RECORD_TOLD").is_none() || !stdout.starts_with('{') {
        return;
    }
    if let Ok(report) = serde_json::from_str::<Report>(stdout) {
        keep(&report);
    }
}

/// The same for a report that no program has printed.
pub(crate) fn keep(report: &Report) {
    let [only] = report.diagnoses.as_slice() else {
        return;
    };
    let of_lab = FAULTS.iter().any(|(code, _)| *code == only.code);
    if std::env::var_os("RECORD_TOLD").is_none() || of_lab || !report.unexplained.is_empty() {
        return;
    }
    let text = serde_json::to_string(&small(report)).unwrap();
    let file = recorded(&only.code);
    let known = fs::metadata(&file).map_or(u64::MAX, |known| known.len());
    if (text.len() as u64) < known {
        fs::create_dir_all(FOLDER).unwrap();
        fs::write(file, text).unwrap();
    }
}

/// Without what no rule reads, and what is found anew.
fn small(report: &Report) -> Report {
    let mut report = report.clone();
    report.diagnoses.clear();
    report.reasoning.clear();
    for profile in &mut report.profiles {
        profile.description.clear();
    }
    for check in report.prerequisites.iter_mut().flat_map(|p| &mut p.checks) {
        check.explained_by = None;
        // A proxy's marks are read where a page answers for a host.
        let page = check.code == Some(Code::HttpBlockPage);
        if let Some(http) = check.stages.http.as_mut().filter(|_| !page) {
            Arc::make_mut(http).headers.clear();
        }
    }
    report
}

/// The report that shows the diagnosis, with today's words.
fn report_of(code: &str) -> Result<Report, String> {
    if let Some((_, fault)) = FAULTS.iter().find(|(known, _)| *known == code) {
        let report = runs::of(Some(fault)).run.json();
        return serde_json::from_value(report).map_err(|error| error.to_string());
    }
    let in_process = |plan: Plan, broken: &[Breakage<'_>]| {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        Ok(runtime.block_on(random_worlds::report_of(&plan, broken)))
    };
    if let Some((_, harms)) = HARMS.iter().find(|(known, _)| *known == code) {
        return in_process(random_worlds::plan(), harms);
    }
    if let Some((_, trouble)) = ACCOUNTS.iter().find(|(known, _)| *known == code) {
        let broken = [Breakage::Account(trouble)];
        return in_process(random_worlds::plan_of_account(), &broken);
    }
    if let Some((_, fault, suppose)) = SUPPOSED.iter().find(|(known, ..)| *known == code) {
        let report = runs::of(Some(fault)).run.json();
        let mut report: Report = serde_json::from_value(report).map_err(|e| e.to_string())?;
        suppose(&mut report);
        return Ok(judged_anew(report));
    }
    let file = recorded(code);
    let missing = |error| {
        format!(
            "no fault of the lab shows it, and {}: {error}; see RECORD_TOLD",
            file.display()
        )
    };
    let text = fs::read_to_string(&file).map_err(missing)?;
    let report = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    Ok(judged_anew(report))
}

fn judged_anew(mut report: Report) -> Report {
    let asked = Asked {
        started: &report.run.started.clone(),
        arguments: &report.run.arguments.clone(),
    };
    let reasoned = diagnose(&mut report.prerequisites, &report.vantage, asked);
    report.diagnoses = reasoned.diagnoses;
    report.unexplained = reasoned.unexplained;
    report
}

/// What is said of the cause, without what differs from run to run.
fn told(report: &Report) -> String {
    let look = Look {
        width: 100,
        color: false,
        verbose: false,
    };
    let mut text = Vec::new();
    story::write(report, look, &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    let begin = text.find("\n1. ").unwrap_or(0);
    let end = text.find("\nWhat was not tested").unwrap_or(text.len());
    steady(&text[begin..end])
}

/// One space between words, a line for each line that begins with a mark, and every time, port and date as `[..]`.
fn steady(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        let words: Vec<String> = line.split_whitespace().map(word).collect();
        lines.push(format!("{}{}", indent(line), words.join(" ")));
    }
    let text = lines.join("\n");
    let units = [" ms", " s"];
    let mut parts: Vec<&str> = text.split_inclusive(' ').collect();
    let mut steady = String::new();
    while !parts.is_empty() {
        let part = parts.remove(0);
        let number = part.trim_end().parse::<f64>().is_ok();
        let timed = parts.first().is_some_and(|next| {
            units
                .iter()
                .any(|unit| next.trim_end_matches([' ', '\n', ',', '.', ';', ')']) == unit.trim())
        });
        steady.push_str(if number && timed { "[..] " } else { part });
    }
    steady.trim().to_owned() + "\n"
}

fn indent(line: &str) -> &str {
    &line[..line.len() - line.trim_start().len()]
}

fn word(word: &str) -> String {
    let bare = word.trim_end_matches([',', '.', ';', ')', ':']);
    let rest = &word[bare.len()..];
    let bare = bare.trim_start_matches('(');
    let loopback = bare.strip_prefix("127.0.0.1:");
    let local = loopback.or_else(|| bare.rsplit_once(':').map(|(_, port)| port));
    let port = local.and_then(|port| port.parse::<u16>().ok());
    if bare.parse::<jiff::Timestamp>().is_ok() || is_made_up(bare) || is_of_the_run(bare) {
        return format!("[..]{rest}");
    }
    match port {
        // Ports that a client picks, and those of the lab's own servers.
        Some(port) if port >= 32768 || loopback.is_some() => {
            word.replace(&format!(":{port}"), ":[..]")
        }
        _ => word.to_owned(),
    }
}

/// A date or a time of day of the run itself, as Entra writes them; the vendors' own dates are older.
fn is_of_the_run(word: &str) -> bool {
    let date = word.parse::<jiff::civil::Date>();
    let time = word.strip_suffix('Z').map(str::parse::<jiff::civil::Time>);
    date.is_ok_and(|date| date >= jiff::civil::date(2026, 11, 25)) || matches!(time, Some(Ok(_)))
}

/// An identifier that an answer carries and that is another one each time: a trace, a correlation.
fn is_made_up(word: &str) -> bool {
    let parts: Vec<usize> = word.split('-').map(str::len).collect();
    let hexadecimal = |c: char| c == '-' || c.is_ascii_hexdigit();
    parts == [8, 4, 4, 4, 12] && word.chars().all(hexadecimal)
}

#[test]
fn every_diagnosis_is_told_as_its_file_has_it() {
    let update = std::env::var_os("UPDATE_TOLD").is_some();
    let mut wrong = Vec::new();
    let threads: Vec<_> = FAULTS
        .iter()
        .map(|(_, fault)| std::thread::spawn(|| runs::of(Some(fault))))
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    for one in &MEANINGS {
        let file = Path::new(FOLDER).join(format!("{}.txt", one.code));
        let now = match report_of(one.code) {
            Ok(report) => match report.diagnoses.as_slice() {
                [only] if only.code == one.code => told(&report),
                other => {
                    let codes: Vec<&str> = other.iter().map(|d| d.code.as_str()).collect();
                    wrong.push(format!(
                        "{}: its report is diagnosed as {codes:?}",
                        one.code
                    ));
                    continue;
                }
            },
            Err(why) => {
                wrong.push(format!("{}: {why}", one.code));
                continue;
            }
        };
        if update {
            fs::write(&file, &now).unwrap();
            continue;
        }
        let known = fs::read_to_string(&file).unwrap_or_default();
        if known != now {
            let differs = known.lines().zip(now.lines()).find(|(a, b)| a != b);
            wrong.push(format!(
                "{}: {differs:?}; after reading what changed: UPDATE_TOLD=1 cargo test --test it told",
                one.code
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_file_is_kept_of_a_diagnosis_that_there_is_not() {
    let known: BTreeSet<&str> = MEANINGS.iter().map(|one| one.code).collect();
    for entry in fs::read_dir(FOLDER).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(known.contains(name), "{}", path.display());
    }
}
