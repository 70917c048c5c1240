//! How a run goes and ends: one look-up a name, interruption, the deadline, outputs that fail, a proxy not tried.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{TcpListener, UdpSocket};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::binary::{Run, command, finish, run};

/// How often each question was asked.
type Counts = Arc<Mutex<BTreeMap<Vec<u8>, u32>>>;

/// Answers every question with 127.0.0.1 (A) or nothing (AAAA), and counts them.
fn counting_dns() -> (String, Counts) {
    dns([127, 0, 0, 1], true)
}

/// The same with another address, or one that leaves questions for AAAA without an answer.
fn dns(address: [u8; 4], for_v6_too: bool) -> (String, Counts) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let server = socket.local_addr().unwrap().to_string();
    let counts = Counts::default();
    let shared = Arc::clone(&counts);
    std::thread::spawn(move || {
        let mut buffer = [0_u8; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            let end = 12
                + buffer[12..length]
                    .iter()
                    .position(|byte| *byte == 0)
                    .unwrap()
                + 5;
            let question = buffer[12..end].to_vec();
            *shared.lock().unwrap().entry(question.clone()).or_default() += 1;
            let is_a = question[question.len() - 3] == 1;
            if !is_a && !for_v6_too {
                continue;
            }
            let mut answer = buffer[..2].to_vec();
            answer.extend([0x81, 0x80, 0, 1, 0, u8::from(is_a), 0, 0, 0, 0]);
            answer.extend(&question);
            if is_a {
                answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4]);
                answer.extend(address);
            }
            // The asker may have gone.
            let _ = socket.send_to(&answer, from);
        }
    });
    (server, counts)
}

fn interrupt(mut command: Command, after: Duration) -> Run {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    std::thread::sleep(after);
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn verdicts(report: &serde_json::Value) -> BTreeMap<String, (String, Option<String>)> {
    let mut all = BTreeMap::new();
    for prerequisite in report["prerequisites"].as_array().unwrap() {
        for check in prerequisite["checks"].as_array().unwrap() {
            let id = format!(
                "{}/{}",
                prerequisite["id"].as_str().unwrap(),
                check["id"].as_str().unwrap()
            );
            let code = check["code"].as_str().map(ToOwned::to_owned);
            all.insert(id, (check["verdict"].as_str().unwrap().to_owned(), code));
        }
    }
    all
}

#[test]
fn a_name_is_looked_up_once_a_family_however_many_rows_ask() {
    let (server, counts) = counting_dns();
    let targets = [
        "tls://one.example:9",
        "tcp://one.example:9",
        "https://one.example:9",
        "dns:one.example",
        "dns:two.example",
    ];
    let mut arguments = vec!["check"];
    arguments.extend(targets);
    arguments.extend(["--dns", &server, "--format", "json"]);
    let report = run(&arguments).json();
    // An answer of 127.0.0.1 is never dialled: nothing left this machine, and the row says why.
    let code = verdicts(&report)["target/target-4"].1.clone();
    assert_eq!(code.as_deref(), Some("dns_sinkhole"));
    let counts = counts.lock().unwrap();
    assert_eq!(counts.len(), 4, "two names, two families: {counts:?}");
    assert!(counts.values().all(|count| *count == 1), "{counts:?}");
}

#[test]
fn rows_stand_in_the_order_of_the_plan_whatever_the_order_of_arrival() {
    let open = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = open.local_addr().unwrap().port();
    let stalled = format!("tls://127.0.0.1:{port}");
    let quick = format!("tcp://127.0.0.1:{port}");
    let report = run(&[
        "check",
        &stalled,
        &quick,
        "--timeout",
        "300ms",
        "--format",
        "json",
    ])
    .json();
    let checks = report["prerequisites"][0]["checks"].as_array().unwrap();
    let titles: Vec<&str> = checks
        .iter()
        .map(|check| check["title"].as_str().unwrap())
        .collect();
    assert_eq!(titles, [stalled.as_str(), quick.as_str()]);
    assert_eq!(checks[0]["code"], "tls_silent_peer");
    assert_eq!(checks[1]["verdict"], "pass");
}

#[test]
fn an_interrupted_run_prints_what_is_known_and_ends_with_code_3() {
    let started = Instant::now();
    let run = interrupt(
        command(&["demo", "--fault", "push-all-silent", "--format", "json"]),
        Duration::from_millis(1200),
    );
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    assert!(started.elapsed() < Duration::from_secs(3));
    let report = run.json();
    assert_eq!(report["run"]["interrupted"], true);
    let verdicts = verdicts(&report);
    let courier = &verdicts["apple.push.device/courier-5223-6"];
    assert_eq!(courier.1.as_deref(), Some("inconclusive_interrupted"));
    assert_eq!(verdicts["entra.graph/https"].0, "pass");
}

#[test]
fn what_an_interruption_hides_is_no_change_of_a_repeated_run() {
    // It accepts and never speaks, so that every run lasts for as long as a handshake may.
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = format!("tls://{}", mute.local_addr().unwrap());
    let again = ["--until", "pass", "--every", "1s", "--timeout", "2s"];
    let mut command = command(&[&["check", &target, "--format", "json"], &again[..]].concat());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut first = String::new();
    stderr.read_line(&mut first).unwrap();
    assert!(first.contains("again every 1 s until pass"), "{first}");
    std::thread::sleep(Duration::from_millis(700));
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
    let mut more = String::new();
    stderr.read_to_string(&mut more).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{more}");
    assert_eq!(more, "");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["run"]["interrupted"], true);
}

#[test]
fn the_deadline_of_a_run_makes_rows_inconclusive_and_never_silent() {
    let run = run(&[
        "demo",
        "--fault",
        "push-all-silent",
        "--deadline",
        "700ms",
        "--format",
        "json",
    ]);
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    let report = run.json();
    assert_eq!(report["run"]["deadline_reached"], true);
    assert!(report["run"]["duration_ms"].as_u64().unwrap() < 1500);
    let verdicts = verdicts(&report);
    let courier = &verdicts["apple.push.device/courier-5223-6"];
    assert_eq!(
        courier,
        &(
            "inconclusive".to_owned(),
            Some("inconclusive_deadline".to_owned())
        )
    );
    assert_eq!(verdicts["jamf.https/health-check"].0, "pass");
}

#[test]
fn a_row_that_may_use_the_configured_proxy_is_not_failed_by_the_direct_path() {
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let target = format!("tcp://peer.example:{closed}");
    let rule = format!("peer.example:{closed}:127.0.0.1:{closed}");
    let mut arguments = vec!["check", &target, "--format", "json", "--skip", "canary"];
    arguments.extend(["--connect-to", &rule]);
    let plain = run(&arguments);
    assert_eq!(plain.code, Some(1), "without a proxy it is a plain failure");
    arguments.extend(["--paths", "direct"]);
    let mut with_proxy = command(&arguments);
    with_proxy.env("https_proxy", "http://user:hunter2@proxy.example:3128");
    let run = finish(with_proxy);
    assert_eq!(run.code, Some(3), "{}", run.stdout);
    let verdicts = verdicts(&run.json());
    assert_eq!(
        verdicts["target/target-1"].1.as_deref(),
        Some("proxy_not_tried")
    );
    assert!(run.stdout.contains("proxy.example:3128"));
    let headline = run.json()["headline"].to_string();
    assert!(
        headline.contains("1 of them could not be decided"),
        "{headline}"
    );
    assert!(!run.stdout.contains("hunter2") && !run.stderr.contains("hunter2"));
}

#[test]
fn an_output_that_fails_after_the_run_began_loses_no_report() {
    if !cfg!(target_os = "linux") {
        eprintln!("SKIPPED: /dev/full is Linux's");
        return;
    }
    let run = run(&["demo", "--format", "json", "--output", "json:/dev/full"]);
    assert_eq!(run.code, Some(4));
    assert_eq!(run.json()["verdict"], "pass");
    assert!(run.stderr.contains("/dev/full"), "{}", run.stderr);
}

#[test]
fn a_file_gets_the_same_report_as_standard_output() {
    let folder = std::env::temp_dir().join(format!("mdm-preflight-output-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("report.json");
    std::fs::write(&file, "x".repeat(1_000_000)).unwrap();
    let output = format!("json:{}", file.display());
    let run = run(&["demo", "--format", "json", "--output", &output]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), run.stdout);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let program = env!("CARGO_BIN_EXE_mdm-preflight");
    let script = format!("{program} explain | head -n 1; exit ${{PIPESTATUS[0]}}");
    let output = Command::new("bash").args(["-c", &script]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
}

#[test]
fn a_family_that_was_switched_off_is_named_and_no_deadline_is_blamed() {
    let run = run(&[
        "check",
        "tcp://[::1]:9",
        "-4",
        "--skip",
        "canary",
        "--format",
        "json",
    ]);
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    let code = verdicts(&run.json())["target/target-1"].1.clone();
    assert_eq!(code.as_deref(), Some("inconclusive_family"));
}

#[test]
fn fail_on_moves_the_line_between_0_and_1() {
    let fault = ["demo", "--fault", "clock-skew", "-q"];
    let with = |more: &[&str]| run(&[&fault[..], more].concat()).code;
    assert_eq!(with(&[]), Some(0));
    assert_eq!(with(&["--fail-on", "degraded"]), Some(1));
    assert_eq!(with(&["--fail-on", "never"]), Some(0));
}

#[test]
fn no_escape_code_reaches_a_pipe_unless_it_is_asked_for() {
    let plain = run(&["demo"]).stdout;
    assert!(!plain.contains('\u{1b}'));
    assert!(plain.is_ascii(), "plain logs stay readable");
    assert!(plain.lines().all(|line| line.len() <= 120), "{plain}");
    let painted = run(&["demo", "--color", "always"]).stdout;
    assert!(painted.contains("\u{1b}["));
}

#[cfg(unix)]
#[test]
fn an_interruption_between_two_runs_ends_the_window_as_one_within_a_run_does() {
    // Bound and never accepted from: the connect of the one run succeeds, and there is a pause of a minute.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = format!("tcp://{}", listener.local_addr().unwrap());
    let mut child = Command::new(env!("CARGO_BIN_EXE_mdm-preflight"))
        .args(["check", &target, "--skip", "canary", "--format", "json"])
        .args(["--until", "fail", "--every", "60s"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    assert!(line.contains("again every 60 s until fail"), "{line}");
    let id = child.id().to_string();
    let killed = Command::new("kill").args(["-INT", &id]).status();
    assert!(killed.unwrap().success());
    let output = child.wait_with_output().unwrap();
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(3), "{rest}");
    assert_eq!(report["run"]["interrupted"], true);
    assert!(rest.contains("interrupted"), "{rest}");
}

/// Accepts connections and says nothing.
fn open_port() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

#[test]
fn a_rule_of_connect_to_leads_the_host_that_it_names_and_no_other() {
    let (_first, one) = open_port();
    let (closed, two) = open_port();
    drop(closed);
    let (closed, shut) = open_port();
    drop(closed);
    let rules = [
        format!("one.example:{shut}:127.0.0.1:{one}"),
        format!("two.example:{shut}:127.0.0.1:{two}"),
    ];
    let targets =
        ["one.example", "two.example", "127.0.0.1"].map(|host| format!("tcp://{host}:{shut}"));
    let mut arguments = vec!["check", "--proxy", "none", "--skip", "canary"];
    arguments.extend(["--format", "json"]);
    arguments.extend(targets.iter().map(String::as_str));
    for rule in &rules {
        arguments.extend(["--connect-to", rule]);
    }
    let report = run(&arguments).json();
    let seen: Vec<(String, Option<String>, String)> = report["prerequisites"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|line| line["checks"].as_array().unwrap())
        .map(|check| {
            let text = |value: &serde_json::Value| value.as_str().map(ToOwned::to_owned);
            (
                text(&check["target"]["host"]).unwrap(),
                text(&check["code"]),
                text(&check["stages"]["tcp"]["dialled"]).unwrap_or_default(),
            )
        })
        .collect();
    let refused = || Some("tcp_refused_rst".to_owned());
    let at = |port: u16| format!("127.0.0.1:{port}");
    let expected = [
        ("one.example".to_owned(), None, at(one)),
        ("two.example".to_owned(), refused(), at(two)),
        ("127.0.0.1".to_owned(), refused(), at(shut)),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn a_row_of_ipv4_alone_hears_that_there_is_no_answer_for_ipv6() {
    let (_listener, port) = open_port();
    let (server, _) = dns([10, 9, 8, 7], false);
    let target = format!("tcp://half.example:{port}");
    let rule = format!("10.9.8.7:{port}:127.0.0.1:{port}");
    let mut arguments = vec!["check", "-4", "--proxy", "none", "--skip", "canary"];
    arguments.extend(["--format", "json", "--dns", &server, "--connect-to", &rule]);
    arguments.push(&target);
    let all = verdicts(&run(&arguments).json());
    let found: Vec<_> = all.into_values().collect();
    let silent = Some("dns_family_silent".to_owned());
    assert_eq!(found, [("degraded".to_owned(), silent)]);
}

#[test]
fn a_resolver_whose_answers_cannot_be_read_is_not_called_silent() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let server = socket.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        let mut buffer = [0_u8; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            // It announces an answer and breaks off within it.
            let mut spoilt = buffer[..length].to_vec();
            spoilt[2] |= 0x80;
            spoilt[7] = 1;
            spoilt.extend([0xc0, 12, 0, 1]);
            // The asker may have gone.
            let _ = socket.send_to(&spoilt, from);
        }
    });
    let targets = ["tcp://one.example:443", "tcp://graph.microsoft.com:443"];
    let mut arguments = vec!["check", "--proxy", "none", "--skip", "canary"];
    arguments.extend(["--format", "json", "--dns", &server]);
    arguments.extend(targets);
    let report = run(&arguments).json();
    for (verdict, code) in verdicts(&report).into_values() {
        assert_eq!(
            (verdict.as_str(), code.as_deref()),
            ("fail", Some("dns_other"))
        );
    }
    let causes = report["diagnoses"].as_array().unwrap();
    let codes: Vec<_> = causes.iter().map(|cause| &cause["code"]).collect();
    assert_eq!(codes, ["resolver_failing"], "{report:#}");
    assert!(report.to_string().contains("that cannot be read"));
}
