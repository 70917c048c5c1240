//! The README's recipes, taken out of it and run: by the shells, parsers and checkers of those who will use them, and
//! against the embedded lab in place of the network.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use mdm_preflight::lab::Lab;
use serde_json::Value;

use crate::loopback::Loopback;
use crate::readers;
use crate::shells::is_here;

const PROGRAM: &str = "/usr/local/bin/mdm-preflight";
const REPORT: &str = "/Library/Logs/mdm-preflight.json";
const TENANT: &str = "contoso.onmicrosoft.com";

/// The one block of the README in this language that contains these words.
fn block(language: &str, words: &str) -> String {
    let text = std::fs::read_to_string("README.md").unwrap();
    let parts = text.split("```").skip(1).step_by(2);
    let fits = |part: &&str| part.starts_with(&format!("{language}\n")) && part.contains(words);
    let found: Vec<&str> = parts.filter(fits).collect();
    assert_eq!(found.len(), 1, "blocks of {language} with {words}");
    found[0].split_once('\n').unwrap().1.to_owned()
}

/// An empty folder of one test.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("recipe-{name}"));
    drop(std::fs::remove_dir_all(&folder));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

pub(crate) fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

pub(crate) fn run(program: &str, arguments: &[&str], more: &[(&str, &str)]) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.envs(more.iter().copied());
    command.output().unwrap()
}

pub(crate) fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn shellcheck(script: &str, shell: &str) {
    if is_here("shellcheck") {
        let said = run("shellcheck", &["--norc", "-s", shell, script], &[]);
        assert!(said.status.success(), "{}", out(&said));
    }
}

#[test]
fn the_jamf_policy_checks_and_says_which_parameter_is_missing() {
    let lab = Loopback::start("policy");
    let folder = folder("policy");
    let text = block("sh", "Parameter 4 of the policy");
    shellcheck(&write(&folder, "as-printed.sh", &text), "sh");
    let script = write(
        &folder,
        "policy.sh",
        &text.replace(PROGRAM, &lab.stand_in()),
    );
    let target = ["/", "mac", "user", Lab::jamf_url(), TENANT];
    let done = run("sh", &[&[script.as_str()], &target[..]].concat(), &[]);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    assert!(out(&done).contains("jamf.https"), "{}", out(&done));
    let unknown = ["/", "mac", "user", Lab::jamf_url(), "nobody.example"];
    let done = run("sh", &[&[script.as_str()], &unknown[..]].concat(), &[]);
    assert_eq!(done.status.code(), Some(1), "{done:?}");
    let done = run("sh", &[&script, "/", "mac", "user", Lab::jamf_url()], &[]);
    assert!(!done.status.success(), "{done:?}");
    assert!(
        String::from_utf8_lossy(&done.stderr).contains("parameter 5: no tenant"),
        "{done:?}"
    );
}

/// What the daemon's property list says, by Python's reader of property lists.
fn daemon(folder: &Path) -> Value {
    let file = write(folder, "daemon.plist", &block("xml", "LaunchDaemons"));
    let read =
        "import json, plistlib, sys; print(json.dumps(plistlib.load(open(sys.argv[1], 'rb'))))";
    let done = run("python3", &["-c", read, &file], &[]);
    assert!(done.status.success(), "{done:?}");
    serde_json::from_slice(&done.stdout).unwrap()
}

#[test]
fn the_daemon_writes_a_report_that_the_extension_attribute_draws_without_the_network() {
    let lab = Loopback::start("daemon");
    let folder = folder("daemon");
    let plist = daemon(&folder);
    assert_eq!(plist["Label"], "com.example.mdm-preflight");
    assert!(plist["StartInterval"].is_u64() && plist["RunAtLoad"] == true);
    let words = plist["ProgramArguments"].as_array().unwrap();
    let words: Vec<&str> = words.iter().map(|word| word.as_str().unwrap()).collect();
    assert_eq!(words[..4], [PROGRAM, "check", "--splay", "30m"]);
    // The report goes to a folder of this test, and nobody waits for half an hour.
    let report = folder.join("report.json").display().to_string();
    let mine = |word: &&str| word.replace(REPORT, &report).replace("30m", "20ms");
    let mine: Vec<String> = words[1..].iter().map(mine).collect();
    let arguments: Vec<&str> = mine.iter().map(String::as_str).collect();
    let program = lab.stand_in();
    let done = run(&program, &arguments, &[]);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    let asked = lab.lab.requests();
    assert!(
        asked.len() > 5 && !asked.iter().any(|line| line.starts_with("POST")),
        "{asked:?}"
    );

    let text = block("sh", "Extension attribute");
    shellcheck(&write(&folder, "as-printed.sh", &text), "sh");
    let script = text.replace(PROGRAM, &program).replace(REPORT, &report);
    let script = write(&folder, "attribute.sh", &script);
    let result = || {
        let done = run("sh", &[&script], &[]);
        assert_eq!(done.status.code(), Some(0), "{done:?}");
        assert!(done.stderr.is_empty(), "{done:?}");
        out(&done).trim_end().to_owned()
    };
    let fresh = result();
    assert!(
        fresh.starts_with("<result>pass | 20") && fresh.contains(", 0 min ago"),
        "{fresh}"
    );
    assert!(fresh.ends_with("</result>"), "{fresh}");

    let aged = run("touch", &["-t", "202601010000", &report], &[]);
    assert!(aged.status.success());
    assert!(
        result().starts_with("<result>stale | pass | 20"),
        "{}",
        result()
    );

    let whole = std::fs::read(&report).unwrap();
    std::fs::write(&report, &whole[..whole.len() / 2]).unwrap();
    assert_eq!(result(), "<result>the report cannot be read</result>");
    std::fs::write(&report, "").unwrap();
    assert_eq!(result(), "<result>the report cannot be read</result>");
    std::fs::remove_file(&report).unwrap();
    assert_eq!(result(), "<result>no report yet</result>");
    std::fs::remove_file(&program).unwrap();
    assert_eq!(result(), "<result>mdm-preflight is not installed</result>");
    assert_eq!(
        lab.lab.requests(),
        asked,
        "drawing the report asked something"
    );
}

#[test]
fn the_extension_attribute_draws_a_report_that_did_not_pass() {
    let folder = folder("attribute");
    let report = write(
        &folder,
        "report.json",
        &std::fs::read_to_string(crate::formats::recorded()).unwrap(),
    );
    let text = block("sh", "Extension attribute");
    let text = text
        .replace(PROGRAM, env!("CARGO_BIN_EXE_mdm-preflight"))
        .replace(REPORT, &report);
    let done = run("sh", &[&write(&folder, "attribute.sh", &text)], &[]);
    let verdict = crate::formats::recorded_value()["verdict"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_ne!(verdict, "pass");
    assert_eq!(done.status.code(), Some(0));
    assert!(
        out(&done).starts_with(&format!("<result>{verdict} | 20")),
        "{done:?}"
    );
}

/// The scripts of the steps of a CI configuration, after its service's schema has accepted it.
fn scripts(python: &Path, schema: &str, file: &str) -> Result<Vec<String>, String> {
    let reader = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/readers/workflow.py");
    let done = run(
        &python.display().to_string(),
        &[reader, schema, file, "print"],
        &[],
    );
    if !done.status.success() {
        return Err(String::from_utf8_lossy(&done.stderr).into_owned());
    }
    Ok(out(&done)
        .split("#### step\n")
        .skip(1)
        .map(ToOwned::to_owned)
        .collect())
}

#[test]
fn the_jobs_for_ci_fit_their_services_and_run() {
    let Some(python) = readers::python() else {
        return;
    };
    let lab = Loopback::start("ci");
    let folder = folder("ci");
    let program = lab.stand_in();
    let found = Path::new(&program).parent().unwrap().display().to_string();
    let path = format!("{found}:{}", std::env::var("PATH").unwrap());
    let summary = folder.join("summary.md").display().to_string();
    let environment = [
        ("PATH", path.as_str()),
        ("MDM_PREFLIGHT_JAMF", Lab::jamf_url()),
        ("MDM_PREFLIGHT_TENANT", TENANT),
        ("GITHUB_STEP_SUMMARY", &summary),
    ];
    for (schema, words, wrong) in [
        (
            "vendor.github-workflows",
            "self-hosted",
            ("runs-on", "runs_on"),
        ),
        (
            "vendor.gitlab-ci",
            "junit:preflight.xml",
            ("script:", "run:"),
        ),
    ] {
        let text = block("yaml", words);
        let file = write(&folder, "job.yml", &text);
        let scripts = scripts(&python, schema, &file).unwrap();
        assert_eq!(scripts.len(), 1, "{scripts:?}");
        let step = write(&folder, "step.sh", &scripts[0]);
        shellcheck(&step, "bash");
        let mut command = Command::new("bash");
        command
            .args(["-e", &step])
            .env_clear()
            .envs(environment)
            .current_dir(&folder);
        let done = command.output().unwrap();
        assert_eq!(done.status.code(), Some(0), "{done:?}");
        let broken = write(&folder, "broken.yml", &text.replace(wrong.0, wrong.1));
        let refused = self::scripts(&python, schema, &broken);
        assert!(
            refused.is_err_and(|why| why.contains("refused")),
            "{schema} accepts anything"
        );
    }
    assert!(std::fs::read_to_string(summary).unwrap().contains("pass"));
    assert!(
        std::fs::read_to_string(folder.join("preflight.xml"))
            .unwrap()
            .contains("<testsuites")
    );
}

#[test]
fn the_line_for_cron_leaves_metrics_that_promtool_accepts() {
    let lab = Loopback::start("cron");
    let folder = folder("cron");
    let text = block("crontab", "node_exporter");
    let (settings, lines): (Vec<&str>, Vec<&str>) = text
        .lines()
        .partition(|line| line.split(' ').next().unwrap().contains('='));
    let [line] = lines[..] else {
        panic!("one line: {lines:?}")
    };
    let fields: Vec<&str> = line.splitn(7, ' ').collect();
    let [minute, "*", "*", "*", "*", "root", command] = fields[..] else {
        panic!("{fields:?}")
    };
    assert!(minute.parse::<u8>().is_ok_and(|minute| minute < 60));
    assert!(
        !command.contains('%'),
        "cron takes a percent sign for the end of a line"
    );
    let metrics = folder.join("preflight.prom");
    let command = command
        .replace(
            "/var/lib/node_exporter/preflight.prom",
            &metrics.display().to_string(),
        )
        .replace("5m", "20ms");
    let found = Path::new(&lab.stand_in())
        .parent()
        .unwrap()
        .display()
        .to_string();
    let path = format!("{found}:{}", std::env::var("PATH").unwrap());
    let mut environment: Vec<(&str, &str)> = settings
        .iter()
        .map(|line| line.split_once('=').unwrap())
        .collect();
    assert_eq!(environment[0].0, "PATH");
    environment[0].1 = &path;
    let done = run("/bin/sh", &["-c", &command], &environment);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    assert!(
        done.stdout.is_empty() && done.stderr.is_empty(),
        "cron sends a mail of it: {done:?}"
    );
    let left: Vec<_> = std::fs::read_dir(&folder).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
    if is_here("promtool") {
        let check = format!("promtool check metrics < '{}'", metrics.display());
        let done = run("sh", &["-c", &check], &[]);
        assert!(done.status.success(), "{done:?}");
    }
}

#[test]
fn the_workflows_fit_githubs_schema_and_their_scripts_are_clean() {
    let Some(python) = readers::python() else {
        return;
    };
    let folder = folder("workflows");
    for name in ["ci", "release"] {
        let file = format!(".github/workflows/{name}.yml");
        let scripts = scripts(&python, "vendor.github-workflows", &file).unwrap();
        assert!(scripts.len() > 3, "{scripts:?}");
        for script in scripts {
            shellcheck(&write(&folder, "step.sh", &script), "bash");
        }
    }
    for script in [".github/package.sh", ".github/package-macos.sh", ".ci/run"] {
        shellcheck(script, "bash");
    }
}

#[test]
fn a_release_uses_pinned_actions_and_asks_for_no_more_rights_than_it_needs() {
    let text = std::fs::read_to_string(".github/workflows/release.yml").unwrap();
    let uses: Vec<&str> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- uses: "))
        .collect();
    assert!(uses.len() > 5);
    for action in uses {
        let (_, version) = action.split_once('@').unwrap();
        let commit = version.split(' ').next().unwrap();
        assert!(
            commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{action}"
        );
    }
    assert_eq!(
        text.matches("contents: write").count(),
        1,
        "only the job that makes the draft"
    );
    for line in text.lines().filter(|line| line.trim().starts_with("if:")) {
        assert!(
            !line.contains("secrets."),
            "GitHub knows no secrets in a condition: {line}"
        );
    }
}
