//! Every format is read by the tools of those who use it, and each of these refuses a broken copy.

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use crate::formats::{hostile, recorded, render, scratch, write};

/// A format with a way to break it that its reader must notice.
type Breakage = (&'static str, fn(&str) -> String);

const BREAKAGES: [Breakage; 14] = [
    ("junit", |text| text.replace(" classname=", " klass=")),
    ("tap", |text| text.replacen("\n1..", "\n1..9", 1)),
    ("tap", |text| text.replacen("\n    1..", "\n    1..9", 1)),
    ("tap", |text| text.replace("\nnot ok", "\nok")),
    ("sarif", |text| {
        text.replace("\"startLine\": ", "\"startLine\": -")
    }),
    ("csv", |text| {
        text.replacen("\r\napple", "\r\nmore,apple", 1)
    }),
    ("prometheus", |text| {
        text.replacen(" gauge", " gauge\nfree text", 1)
    }),
    ("html", |text| {
        text.replacen("<main>", "<main><img src=\"https://example.com/x.png\">", 1)
    }),
    ("markdown", |text| {
        text.replacen("\n## ", "\n<script>x</script>\n\n## ", 1) + "\n<script>x</script>\n"
    }),
    ("jamf-ea", |text| text.replace("</result>", "")),
    ("nagios", |text| text.replacen(" | ", " ", 1)),
    ("jsonl", |text| {
        text.lines().next().unwrap_or_default().to_owned()
    }),
    ("otlp-json", |text| {
        text.replacen("\"spanId\":\"", "\"spanId\":\"00", 1)
    }),
    ("github", |text| text.replacen("::", "", 1)),
];

fn here() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/readers")
}

/// Skips aloud where the readers are missing, and fails in CI.
fn missing(why: &str) {
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{why}");
    eprintln!("SKIPPED: {why}");
}

/// A Python that has the readers: `READERS_PYTHON`, or an environment made here in CI.
pub(crate) fn python() -> Option<PathBuf> {
    // One test makes the environment, the others wait for it to be whole.
    static MAKING: Mutex<()> = Mutex::new(());
    let _making = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("readers");
    let python = match std::env::var_os("READERS_PYTHON") {
        Some(path) => PathBuf::from(path),
        None => folder.join("bin/python"),
    };
    if !python.exists() && std::env::var("CI").as_deref() == Ok("true") {
        let pip = folder.join("bin/pip");
        let requirements = here().join("requirements.txt");
        let made = Command::new("python3")
            .args(["-m", "venv"])
            .arg(&folder)
            .status();
        assert!(
            made.is_ok_and(|status| status.success()),
            "install python3-venv"
        );
        let installed = Command::new(pip)
            .args(["install", "-q", "-r"])
            .arg(requirements)
            .status();
        assert!(
            installed.is_ok_and(|status| status.success()),
            "pip cannot install the readers"
        );
    }
    let modules = "import check_jsonschema, html5lib, jsonschema, junitparser, markdown_it, more_itertools, tap, yaml";
    let ready = Command::new(&python).args(["-c", modules]).output();
    if !ready.is_ok_and(|output| output.status.success()) {
        missing("no Python with tests/it/readers/requirements.txt; set READERS_PYTHON");
        return None;
    }
    for tool in ["promtool", "tidy"] {
        if Command::new(tool).arg("--version").output().is_err() {
            missing("install Debian's prometheus and tidy");
            return None;
        }
    }
    Some(python)
}

/// What the reader says against a text; nothing if it accepts it.
fn refusal(python: &PathBuf, format: &str, name: &str, text: &str) -> Option<String> {
    let file = write(&format!("read-{name}.{format}"), text);
    let script = here().join("check.py");
    let output = Command::new(python)
        .arg(script)
        .args([format, &file])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.success() || said.contains("refused"),
        "{said}"
    );
    (!output.status.success()).then_some(said)
}

#[test]
fn every_reader_accepts_its_format_and_refuses_a_broken_copy() {
    let Some(python) = python() else { return };
    for (format, broken) in BREAKAGES {
        let text = render(&recorded(), format).stdout;
        assert_eq!(refusal(&python, format, "good", &text), None, "{format}");
        let broken = broken(&text);
        assert_ne!(broken, text, "{format} was not broken");
        assert!(
            refusal(&python, format, "broken", &broken).is_some(),
            "{format}"
        );
    }
}

#[test]
fn every_reader_accepts_a_report_whose_strings_are_hostile() {
    let Some(python) = python() else { return };
    let report = write("read-hostile.json", &hostile().to_string());
    for (format, _) in BREAKAGES {
        let text = render(&report, format).stdout;
        assert_eq!(refusal(&python, format, "hostile", &text), None, "{format}");
    }
}

#[test]
fn a_browser_shows_the_page_at_three_widths_fetches_nothing_and_copies() {
    let Some(python) = python() else { return };
    if Command::new("chromium").arg("--version").output().is_err() {
        return missing("install Debian's chromium");
    }
    let shots = scratch("screenshots");
    std::fs::create_dir_all(&shots).unwrap();
    let open = |name: &str, text: &str| {
        let page = write(&format!("{name}.html"), text);
        let script = here().join("browser.py");
        Command::new(&python)
            .arg(script)
            .arg(page)
            .arg(&shots)
            .output()
            .unwrap()
    };
    let text = render(&recorded(), "html").stdout;
    let good = open("page", &text);
    assert!(
        good.status.success(),
        "{}",
        String::from_utf8_lossy(&good.stderr)
    );
    let hostile = write("browser-hostile.json", &hostile().to_string());
    let strange = open("strange", &render(&hostile, "html").stdout);
    assert!(
        strange.status.success(),
        "{}",
        String::from_utf8_lossy(&strange.stderr)
    );
    // A script that the policy does not know must not run, and the page then says nothing.
    let broken = open(
        "broken",
        &text.replace("script-src 'sha256-", "script-src 'sha256-x"),
    );
    assert!(!broken.status.success());
}
