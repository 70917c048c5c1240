//! `--splay`, as a fleet uses it: a random wait, and no sign-in endpoint that is posted to; nor by `--until`.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mdm_preflight::lab::Lab;

use crate::binary::{Run, command, run};
use crate::loopback::Loopback;

const TENANT: [&str; 2] = ["--tenant", "contoso.onmicrosoft.com"];

/// Runs `check` against the lab; its requests to the token endpoint and to discovery.
fn asked(name: &str, more: &[&str]) -> (Run, usize, usize) {
    let lab = Loopback::start(name);
    let own = lab.arguments();
    let mut arguments = vec!["check", "--jamf", Lab::jamf_url(), "--format", "json"];
    arguments.extend(own.iter().map(String::as_str));
    arguments.extend(more);
    let run = run(&arguments);
    let requests = lab.lab.requests();
    let of = |start: &str, part: &str| {
        let fits = |line: &&String| line.starts_with(start) && line.contains(part);
        requests.iter().filter(fits).count()
    };
    assert_eq!(
        of("POST ", ""),
        of("POST ", "/oauth2/v2.0/token"),
        "{requests:?}"
    );
    (
        run,
        of("POST ", "/token"),
        of("GET ", "/.well-known/openid-configuration"),
    )
}

fn rows_of_entra(run: &Run) -> Vec<String> {
    let report = run.json();
    let all = report["prerequisites"].as_array().unwrap();
    let token = all.iter().find(|one| one["id"] == "entra.token").unwrap();
    let checks = token["checks"].as_array().unwrap();
    let one = |check: &serde_json::Value| format!("{} {}", check["id"], check["verdict"]);
    checks
        .iter()
        .map(one)
        .map(|text| text.replace('"', ""))
        .collect()
}

#[test]
fn a_run_posts_to_the_token_endpoint_once_and_a_splayed_one_never() {
    let (plain, posts, discoveries) = asked("plain", &TENANT);
    assert_eq!(plain.json()["verdict"], "pass", "{}", plain.stdout);
    assert_eq!((posts, discoveries), (1, 1));
    let (splayed, posts, discoveries) =
        asked("splayed", &[&TENANT[..], &["--splay", "50ms"]].concat());
    assert_eq!(splayed.json()["verdict"], "pass", "{}", splayed.stdout);
    assert_eq!(
        (posts, discoveries),
        (0, 1),
        "one document answers all three rows"
    );
    let rows = ["path pass", "genuine pass", "tenant pass"];
    assert_eq!(rows_of_entra(&splayed), rows);
    let remark = "nothing posted to its token endpoint";
    assert!(splayed.stdout.contains(remark) && !plain.stdout.contains(remark));
    assert!(
        splayed.stderr.contains("before the first packet (--splay)"),
        "{}",
        splayed.stderr
    );
}

#[test]
fn a_repeated_run_never_posts_to_it_either() {
    let window = ["--until", "fail", "--every", "1s", "--deadline", "3s", "-q"];
    let (run, posts, discoveries) = asked("until", &[&TENANT[..], &window].concat());
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(run.stderr, "", "-q is quiet");
    assert_eq!((posts, discoveries), (0, 3), "one for each run");
    assert!(run.stdout.contains("as always with --until"));
}

#[test]
fn without_a_tenant_a_splayed_run_asks_for_the_document_of_all_organizations() {
    let (run, posts, discoveries) = asked("no-tenant", &["--splay", "1ms", "-q"]);
    assert_eq!((posts, discoveries), (0, 1));
    let rows = rows_of_entra(&run);
    assert_eq!(rows[..2], ["path pass", "genuine pass"]);
    assert!(
        !run.stderr.contains("--splay"),
        "quiet is quiet: {}",
        run.stderr
    );
}

#[test]
fn a_tenant_that_does_not_exist_is_still_told_apart_from_a_closed_path() {
    let (run, posts, _) = asked("unknown", &["--tenant", "nobody.example", "--splay", "1ms"]);
    assert_eq!((run.code, posts), (Some(1), 0), "{}", run.stdout);
    assert_eq!(
        rows_of_entra(&run),
        ["path pass", "genuine pass", "tenant fail"]
    );
}

#[test]
fn the_list_says_what_is_asked_in_either_case() {
    let list = |more: &[&str]| {
        run(&[
            &["check", "--list", "--only", "entra.token"],
            &TENANT[..],
            more,
        ]
        .concat())
        .stdout
    };
    let (plain, splayed) = (list(&[]), list(&["--splay", "30m"]));
    let post = "(token, POST /contoso.onmicrosoft.com/oauth2/v2.0/token)";
    let get = "(token, GET /contoso.onmicrosoft.com/v2.0/.well-known/openid-configuration)";
    assert_eq!(
        (plain.matches(post).count(), plain.matches(get).count()),
        (2, 1),
        "{plain}"
    );
    assert_eq!(
        (splayed.matches(post).count(), splayed.matches(get).count()),
        (0, 3),
        "{splayed}"
    );
}

#[test]
fn the_deadline_begins_after_the_wait() {
    // A wait longer than the deadline would leave no time for a row, were it counted.
    let mut waited = 0.0;
    for _ in 0..6 {
        let run = run(&[
            "check",
            "tcp://127.0.0.1:9",
            "--expect",
            "path_open",
            "--skip",
            "canary",
            "--splay",
            "3s",
            "--deadline",
            "500ms",
            "--format",
            "json",
        ]);
        assert_eq!(run.code, Some(0), "{}\n{}", run.stdout, run.stderr);
        let report = run.json();
        assert_eq!(report["run"]["deadline_reached"], false);
        assert!(
            report["run"]["duration_ms"].as_u64().unwrap() < 500,
            "the wait is no part of the run"
        );
        let (_, rest) = run.stderr.split_once("waiting ").unwrap();
        waited = rest.split(' ').next().unwrap().parse::<f64>().unwrap();
        assert!((0.0..=3.0).contains(&waited), "{}", run.stderr);
        if waited > 0.6 {
            break;
        }
    }
    assert!(
        waited > 0.6,
        "six random waits of at most 3 s were all short"
    );
}

#[test]
fn a_signal_during_the_wait_ends_it_at_once_and_keeps_the_earlier_report() {
    for signal in ["-INT", "-TERM"] {
        let folder =
            std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("splay{signal}"));
        drop(std::fs::remove_dir_all(&folder));
        std::fs::create_dir_all(&folder).unwrap();
        let report = folder.join("report.json");
        std::fs::write(&report, "the earlier one").unwrap();
        let output = format!("json:{}", report.display());
        let target = [
            "check",
            "tcp://127.0.0.1:9",
            "--splay",
            "24h",
            "--output",
            &output,
        ];
        let mut waiting = command(&target);
        waiting.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = waiting.spawn().unwrap();
        let mut stderr = std::io::BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        std::io::BufRead::read_line(&mut stderr, &mut said).unwrap();
        assert!(said.contains("waiting "), "{said}");
        let asked = Instant::now();
        let sent = Command::new("kill")
            .args([signal, &child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
        let output = child.wait_with_output().unwrap();
        assert!(
            asked.elapsed() < Duration::from_secs(2),
            "{:?}",
            asked.elapsed()
        );
        assert_eq!(output.status.code(), Some(3), "{signal}");
        assert!(output.stdout.is_empty(), "{output:?}");
        assert_eq!(std::fs::read_to_string(&report).unwrap(), "the earlier one");
        assert_eq!(
            std::fs::read_dir(&folder).unwrap().count(),
            1,
            "a file was left behind"
        );
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

#[test]
fn a_wait_that_makes_no_sense_is_refused() {
    for (value, says) in [
        ("2d", "expected a duration"),
        ("25h", "between 1ms and 24h"),
        ("0s", "between 1ms and 24h"),
        ("-1s", "--splay"),
        ("soon", "expected a duration"),
        ("", "--splay"),
    ] {
        let run = run(&["check", "tcp://127.0.0.1:9", &format!("--splay={value}")]);
        assert_eq!(run.code, Some(2), "{value}");
        assert!(run.stderr.contains(says), "{value}: {}", run.stderr);
    }
}
