//! Every format of a report: what it looks like, that it can be drawn again, and that nothing in a
//! report's strings gets through unescaped.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::binary::{self, Run, command, finish};

/// All formats, in the order of the help.
pub(crate) const FORMATS: [&str; 15] = [
    "table",
    "compact",
    "json",
    "jsonl",
    "junit",
    "tap",
    "sarif",
    "markdown",
    "github",
    "csv",
    "html",
    "prometheus",
    "nagios",
    "jamf-ea",
    "otlp-json",
];

pub(crate) fn reports() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/reports")
}

/// The recorded report of version 1.
pub(crate) fn recorded() -> String {
    reports().join("v1.json").display().to_string()
}

pub(crate) fn recorded_value() -> Value {
    serde_json::from_str(&std::fs::read_to_string(recorded()).unwrap()).unwrap()
}

pub(crate) fn render(report: &str, format: &str) -> Run {
    binary::run(&["render", report, "--format", format])
}

/// A file of this test alone.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("formats");
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

pub(crate) fn write(name: &str, text: &str) -> String {
    let path = scratch(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// The same with markup, escapes and line ends in every text that people, hosts or peers chose.
pub(crate) fn hostile() -> Value {
    let mut report = recorded_value();
    poison(&mut report, "");
    report
}

const POISON: &str =
    "<script>alert(1)</script>\u{1b}[2J\u{9b}31m\u{202e}|`*_=+\"'&\n::error::\r\n#";

fn poison(value: &mut Value, key: &str) {
    const TEXTS: [&str; 35] = [
        "id",
        "title",
        "message",
        "reason",
        "why",
        "remedy",
        "description",
        "actual",
        "expected",
        "advice",
        "hostname",
        "host",
        "subject",
        "issuer",
        "evidence",
        "change_request",
        "url",
        "says",
        "read",
        "name",
        "remarks",
        "server",
        "file",
        "code_of_cause",
        "cname",
        "names",
        "started",
        "cipher",
        "sni",
        "interface",
        "os",
        "probe",
        "explained_by",
        "summary",
        "affects",
    ];
    match value {
        Value::String(text) if TEXTS.contains(&key) => text.push_str(POISON),
        Value::Array(items) => items.iter_mut().for_each(|item| poison(item, key)),
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                // The verdicts of the trust stores have a `name` that is a closed word.
                let inner = if key == "stores" { "" } else { name.as_str() };
                if name == "stores" {
                    continue;
                }
                // Whatever its name, a fact is a stranger's text.
                let inner = if key == "facts" { "message" } else { inner };
                poison(field, inner);
            }
        }
        _ => {}
    }
}

#[test]
fn each_format_looks_as_recorded() {
    for format in FORMATS {
        let run = render(&recorded(), format);
        assert!(run.stderr.is_empty(), "{format}: {}", run.stderr);
        let path = reports().join(format!("v1.{format}.txt"));
        if std::env::var_os("SNAPSHOTS").is_some_and(|value| value == "overwrite") {
            std::fs::write(&path, &run.stdout).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            run.stdout == expected,
            "{format} differs from {}; SNAPSHOTS=overwrite accepts it:\n{}",
            path.display(),
            run.stdout
        );
    }
}

#[test]
fn a_report_of_version_1_is_read_without_loss() {
    let drawn = render(&recorded(), "json").json();
    assert_eq!(drawn, recorded_value());
}

#[test]
fn a_saved_report_is_drawn_byte_for_byte_as_the_run_wrote_it() {
    let saved = scratch("run.json").display().to_string();
    let mut arguments = vec!["demo".to_owned(), "-q".to_owned(), "--fault".to_owned()];
    arguments.push("jamf-down".to_owned());
    for format in FORMATS {
        let path = scratch(&format!("run.{format}")).display().to_string();
        arguments.extend(["--output".to_owned(), format!("{format}:{path}")]);
    }
    let borrowed: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let run = binary::run(&borrowed);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    for format in FORMATS {
        let written = std::fs::read_to_string(scratch(&format!("run.{format}"))).unwrap();
        let again = render(&saved, format);
        assert!(again.stdout == written, "{format}:\n{}", again.stdout);
    }
    let table = render(&saved, "table");
    assert_eq!(table.stdout, run.stdout);
    assert_eq!(table.code, Some(1));
}

#[test]
fn lines_of_json_come_as_rows_end_and_the_run_comes_last() {
    let run = binary::run(&["demo", "-q", "--fault", "jamf-down", "--format", "jsonl"]);
    let lines: Vec<Value> = run
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let (last, rows) = lines.split_last().unwrap();
    assert_eq!(last["event"], "run");
    assert_eq!(last["verdict"], "fail");
    let ended = rows.iter().filter(|row| row["event"] == "ended").count();
    assert_eq!(Some(ended as u64), sum(&last["counts"]["checks"]));
}

fn sum(counts: &Value) -> Option<u64> {
    counts.as_object()?.values().map(Value::as_u64).sum()
}

#[test]
fn nothing_in_a_reports_strings_reaches_a_terminal_or_a_page_unescaped() {
    let report = write("hostile.json", &hostile().to_string());
    for format in FORMATS {
        let run = render(&report, format);
        assert_eq!(
            run.code,
            Some(if format == "nagios" { 2 } else { 1 }),
            "{}",
            run.stderr
        );
        for wrong in ["\u{1b}", "\u{9b}", "\u{202e}", "\n::error::\n"] {
            assert!(!run.stdout.contains(wrong), "{format} has {wrong:?}");
        }
        // Markdown has such text between backticks only; its reader sees to that.
        if ["html", "junit", "jamf-ea"].contains(&format) {
            assert!(!run.stdout.contains("<script>alert"), "{format}");
        }
    }
    let changed = binary::run(&["diff", &recorded(), &report]).stdout;
    let merged = binary::run(&["merge", &recorded(), &report, "--format", "html"]).stdout;
    assert!(!changed.contains('\u{1b}') && !merged.contains('\u{1b}'));
    assert!(!merged.contains("<script>alert"));
}

#[test]
fn a_file_that_is_no_report_is_refused_with_its_reason() {
    let mut other = recorded_value();
    other["schema"] = json!("something/else/1");
    let mut newer = recorded_value();
    newer["schema"] = json!("mdm-preflight/report/2");
    let mut broken = recorded_value();
    broken["verdict"] = json!("\u{1b}[31mgreat");
    let huge = scratch("huge.json");
    std::fs::File::create(&huge)
        .unwrap()
        .set_len(200_000_000)
        .unwrap();
    let cases = [
        (write("text.json", "no json at all"), "is not JSON"),
        (write("empty.json", ""), "is not JSON"),
        (write("deep.json", &"[".repeat(1_000_000)), "is no"),
        (write("list.json", "[1, 2]"), "is no report"),
        (
            write("none.json", "{\"verdict\": \"pass\"}"),
            "is no report",
        ),
        (
            write("other.json", &other.to_string()),
            "`something/else/1`",
        ),
        (write("newer.json", &newer.to_string()), "newer version"),
        (
            write("broken.json", &broken.to_string()),
            "does not follow it",
        ),
        (huge.display().to_string(), "larger than 64 MiB"),
        ("/nonexistent/report.json".to_owned(), "cannot read"),
    ];
    for (path, reason) in &cases {
        for arguments in [
            vec!["render", path, "--format", "html"],
            vec!["diff", path, path],
            vec!["merge", path],
        ] {
            let run = binary::run(&arguments);
            assert_eq!(run.code, Some(2), "{arguments:?}");
            assert!(run.stderr.contains(reason), "{arguments:?}: {}", run.stderr);
            assert!(!run.stderr.contains('\u{1b}') && run.stdout.is_empty());
        }
    }
    std::fs::remove_file(huge).unwrap();
}

#[test]
fn the_test_formats_draw_failures_by_the_line_of_the_exit_code() {
    let count = |line: &[&str], format: &str, word: &str| {
        let path = recorded();
        let mut arguments = vec!["render", path.as_str(), "--format", format];
        arguments.extend(line);
        binary::run(&arguments).stdout.matches(word).count()
    };
    for (line, failures) in [
        (&[][..], 1),
        (&["--fail-on", "fail"], 1),
        (&["--fail-on", "degraded"], 3),
        (&["--fail-on", "never"], 0),
    ] {
        assert_eq!(count(line, "junit", "<failure"), failures, "{line:?}");
        assert_eq!(count(line, "tap", "\nnot ok"), failures, "{line:?}");
        assert_eq!(count(line, "sarif", "\"error\""), failures, "{line:?}");
    }
}

#[test]
fn a_monitoring_plugin_has_its_own_exit_codes_and_a_line_for_every_error() {
    assert_eq!(render(&recorded(), "nagios").code, Some(2));
    let none = render("/nonexistent.json", "nagios");
    assert_eq!(none.code, Some(3));
    assert!(none.stdout.starts_with("MDM-PREFLIGHT UNKNOWN - "));
}

#[cfg(unix)]
#[test]
fn a_collectors_file_is_replaced_at_once_and_leaves_nothing_beside_it() {
    use std::os::unix::fs::MetadataExt;
    let folder = scratch("collector");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("preflight.prom");
    std::fs::write(&path, "old 1\n").unwrap();
    let before = std::fs::metadata(&path).unwrap().ino();
    let output = format!("prometheus:{}", path.display());
    let run = binary::run(&["render", &recorded(), "--output", &output]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert_ne!(std::fs::metadata(&path).unwrap().ino(), before);
    let names: Vec<_> = std::fs::read_dir(&folder).unwrap().collect();
    assert_eq!(names.len(), 1, "{names:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_fails_never_loses_the_report() {
    let run = binary::run(&[
        "render",
        &recorded(),
        "--format",
        "json",
        "--output",
        "junit:/dev/full",
    ]);
    assert_eq!(run.code, Some(4), "{}", run.stderr);
    assert_eq!(run.json()["verdict"], "fail");
}

#[test]
fn a_ci_system_is_offered_its_format_and_never_forced() {
    let run = |name: &str, more: &[&str]| {
        let mut arguments = vec!["demo"];
        arguments.extend(more);
        let mut command = command(&arguments);
        command.env(name, "true");
        finish(command)
    };
    let offered = run("GITHUB_ACTIONS", &[]);
    assert!(
        offered.stderr.contains("--format github"),
        "{}",
        offered.stderr
    );
    assert!(offered.stdout.contains("Verdict: pass"));
    assert!(run("GITLAB_CI", &["--format", "json"]).stderr.is_empty());
}

#[test]
fn formats_of_single_rows_carry_the_cause_and_what_mends_it() {
    let run = &crate::demo::runs::of(Some("jamf-down")).run;
    let (file, report) = (write("caused.json", &run.stdout), run.json());
    let cause = &report["diagnoses"][0];
    let (title, remedy) = (
        cause["title"].as_str().unwrap(),
        cause["remedy"].as_str().unwrap(),
    );
    for format in ["junit", "sarif"] {
        let drawn = render(&file, format).stdout;
        assert!(drawn.contains(title), "{format} without {title}");
        assert!(drawn.contains(remedy), "{format} without {remedy}");
    }
}
