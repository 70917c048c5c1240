//! What a Jamf Pro server tells of itself: each state and each odd answer has its code, and nothing upsets the reader.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::binary;

mod session;
mod transport;

/// Status, kind and body.
type Answer = (u16, &'static str, &'static str);

const JSON: &str = "application/json";
const PAGE: &str = "text/html;charset=UTF-8";
const HEALTH: &str = "/api/v1/health-check";
const STARTUP: &str = "/api/startup-status";
const VERSION: &str = "/JSSCheckConnection";
const CLOUD: &str = "/api/v1/cloud-information";
const AUTHORITY: &str = "/api/v1/pki/certificate-authority/active";
const OLD_PAGE: &str = "/healthCheck.html";
const STARTING: &str =
    r#"{"stepCode":"SERVER_INIT_VERIFYING_CACHE","percentage":45,"setupAssistantNecessary":false}"#;

/// A server on loopback, in clear, that answers each path as it is told and everything else by 404.
struct Server {
    at: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn new(answers: Vec<(&'static str, Answer)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&asked);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut buffer = [0; 4096];
                let read = stream.read(&mut buffer).unwrap_or(0);
                let request = String::from_utf8_lossy(&buffer[..read]).into_owned();
                let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
                noted.lock().unwrap().push(path.clone());
                let known = answers.iter().find(|(known, _)| *known == path);
                let (status, kind, body) =
                    known.map_or((404, PAGE, "<html>404</html>"), |one| one.1);
                let body = match body {
                    "10 MB" => "[".repeat(10_000_000),
                    other => other.to_owned(),
                };
                // A redirect leads where it came from.
                let head = format!(
                    "HTTP/1.1 {status} x\r\nContent-Type: {kind}\r\nLocation: {path}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                drop(stream.write_all(head.as_bytes()));
                drop(stream.write_all(body.as_bytes()));
            }
        });
        Self { at, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// The rows of a profile that ask the server, each with its verdict, code and whole.
    fn rows(&self, profile: &str, only: &str) -> Vec<Value> {
        let url = format!("http://{}", self.at);
        let run = binary::run(&[
            "check",
            "--profile",
            profile,
            "--jamf",
            &url,
            "--only",
            only,
            "--skip",
            "canary",
            "--format",
            "json",
        ]);
        let report = run.json();
        let prerequisites = report["prerequisites"].as_array().unwrap();
        let checks = prerequisites
            .iter()
            .flat_map(|one| one["checks"].as_array().unwrap());
        let ran = checks.filter(|check| check["message"] != "left out by --only");
        ran.cloned().collect()
    }

    fn row(&self, profile: &str, only: &str) -> Value {
        let rows = self.rows(profile, only);
        assert_eq!(rows.len(), 1, "{rows:?}");
        rows[0].clone()
    }
}

fn verdict(row: &Value) -> (&str, &str) {
    (
        row["verdict"].as_str().unwrap(),
        row["code"].as_str().unwrap_or("-"),
    )
}

#[test]
fn a_server_that_is_not_healthy_says_why() {
    let trouble = (503, JSON, "{}");
    for (startup, expected) in [
        ((200, JSON, STARTING), ("degraded", "jamf_starting")),
        (
            (200, JSON, r#"{"stepCode":"SERVER_INIT_DB_TABLE_ALTER"}"#),
            ("degraded", "jamf_upgrading"),
        ),
        (
            (
                200,
                JSON,
                r#"{"stepCode":"SERVER_INIT_START","errorCode":"DATABASE_ERROR"}"#,
            ),
            ("fail", "jamf_database_error"),
        ),
        (
            (200, JSON, r#"{"errorCode":"OLD_VERSION_ERROR"}"#),
            ("fail", "jamf_start_failed"),
        ),
        (
            (200, JSON, r#"{"setupAssistantNecessary":true}"#),
            ("fail", "jamf_setup_assistant"),
        ),
        // What does not tell leaves the first answer as it is.
        (
            (200, JSON, r#"{"stepCode":"SERVER_INIT_COMPLETE"}"#),
            ("degraded", "http_server_error"),
        ),
        (
            (200, PAGE, "<html>upgrading</html>"),
            ("degraded", "http_server_error"),
        ),
        ((200, JSON, "[]"), ("degraded", "http_server_error")),
        ((302, PAGE, ""), ("degraded", "http_server_error")),
        ((200, JSON, "10 MB"), ("degraded", "http_server_error")),
    ] {
        let server = Server::new(vec![(HEALTH, trouble), (STARTUP, startup)]);
        let row = server.row("jamf-intune", "jamf.https");
        assert_eq!(verdict(&row), expected, "{startup:?}: {row}");
        assert_eq!(server.asked(), [HEALTH, STARTUP]);
        let question = row["follow_ups"][0]["question"].as_str().unwrap();
        assert!(question.contains(STARTUP), "{question}");
    }
}

#[test]
fn an_older_server_is_asked_by_the_older_page() {
    let healthy = Server::new(vec![(OLD_PAGE, (200, JSON, "[]"))]);
    assert_eq!(
        verdict(&healthy.row("jamf-intune", "jamf.https")),
        ("pass", "-")
    );
    assert_eq!(healthy.asked(), [HEALTH, OLD_PAGE]);
    let said = r#"[{"healthCode":1,"httpCode":503,"description":"DBConnectionError"}]"#;
    let broken = Server::new(vec![(OLD_PAGE, (503, JSON, said))]);
    assert_eq!(
        verdict(&broken.row("jamf-intune", "jamf.https")),
        ("fail", "jamf_database_error")
    );
    // Neither is there: it may be no Jamf Pro at all.
    let other = Server::new(Vec::new());
    assert_eq!(
        verdict(&other.row("jamf-intune", "jamf.https")),
        ("fail", "http_block_page")
    );
    assert_eq!(other.asked(), [HEALTH, OLD_PAGE, STARTUP]);
}

#[test]
fn odd_answers_to_the_health_check_have_their_codes() {
    for (answer, expected) in [
        ((204, JSON, ""), ("pass", "-")),
        (
            (200, PAGE, "<html><title>Blocked</title></html>"),
            ("fail", "http_block_page"),
        ),
        ((302, PAGE, ""), ("fail", "http_redirected")),
        ((200, JSON, "10 MB"), ("fail", "http_body_too_large")),
        ((418, "text/plain", "no"), ("fail", "http_status")),
    ] {
        let server = Server::new(vec![(HEALTH, answer)]);
        let row = server.row("jamf-intune", "jamf.https");
        assert_eq!(verdict(&row), expected, "{answer:?}: {row}");
    }
}

#[test]
fn a_version_is_compared_and_its_absence_is_no_fault() {
    let old = Server::new(vec![(VERSION, (200, "text/plain", "10.9.3-t1545000000"))]);
    let codes = |rows: Vec<Value>| -> Vec<String> {
        rows.iter()
            .map(|row| format!("{} {}", verdict(row).0, verdict(row).1))
            .collect()
    };
    assert_eq!(
        codes(old.rows("jamf-intune", "jamf.version*")),
        ["pass -", "fail jamf_too_old"]
    );
    assert_eq!(
        codes(old.rows("jamf-pro", "jamf.version.clients")),
        ["fail jamf_too_old", "fail jamf_too_old"]
    );
    // All rows of the version share one request.
    assert_eq!(old.asked(), [VERSION, VERSION]);
    for other in [
        (200, "text/plain", "11.20.0-t1 is being installed"),
        (200, PAGE, "<html>Jamf Pro is being upgraded</html>"),
        (404, PAGE, ""),
        (302, PAGE, ""),
    ] {
        let server = Server::new(vec![(VERSION, other)]);
        let rows = server.rows("jamf-intune", "jamf.version*");
        assert_eq!(
            codes(rows),
            ["skipped jamf_not_told", "skipped jamf_not_told"],
            "{other:?}"
        );
    }
    // The way to it is proven, and the server has trouble.
    for (status, code) in [(503, "http_server_error"), (429, "http_throttled")] {
        let server = Server::new(vec![(VERSION, (status, JSON, "{}"))]);
        let rows = server.rows("jamf-intune", "jamf.version*");
        let expected = format!("degraded {code}");
        assert_eq!(codes(rows), [expected.as_str(); 2]);
    }
}

/// Path, answer, verdict and code.
const TOLD: &[(&str, Answer, (&str, &str))] = &[
    (
        CLOUD,
        (200, JSON, r#"{"cloudInstance":true}"#),
        ("pass", "-"),
    ),
    (
        CLOUD,
        (200, JSON, r#"{"cloudInstance":"yes"}"#),
        ("degraded", "jamf_unexpected"),
    ),
    (CLOUD, (200, JSON, "[1,2]"), ("degraded", "jamf_unexpected")),
    (
        CLOUD,
        (200, JSON, "{not json"),
        ("skipped", "jamf_not_told"),
    ),
    (CLOUD, (404, PAGE, ""), ("skipped", "jamf_not_told")),
    (CLOUD, (200, JSON, "10 MB"), ("fail", "http_body_too_large")),
    (
        AUTHORITY,
        (
            200,
            JSON,
            r#"{"subjectX500Principal":"CN=A","notAfter":32503680000}"#,
        ),
        ("pass", "-"),
    ),
    (
        AUTHORITY,
        (200, JSON, r#"{"subjectX500Principal":"CN=A","notAfter":1}"#),
        ("degraded", "jamf_ca_expiring"),
    ),
    (
        AUTHORITY,
        (
            200,
            JSON,
            r#"{"subjectX500Principal":"CN=A","notAfter":"soon"}"#,
        ),
        ("pass", "-"),
    ),
    (
        AUTHORITY,
        (200, JSON, r#"{"subjectX500Principal":7}"#),
        ("degraded", "jamf_unexpected"),
    ),
    (AUTHORITY, (401, JSON, "{}"), ("skipped", "jamf_not_told")),
    (
        STARTUP,
        (200, JSON, STARTING),
        ("degraded", "jamf_starting"),
    ),
    (STARTUP, (200, JSON, "{}"), ("degraded", "jamf_unexpected")),
    (STARTUP, (200, JSON, "{not json"), ("fail", "http_not_json")),
];

#[test]
fn hosting_and_the_built_in_authority_are_read_or_left_open() {
    for &(path, answer, expected) in TOLD {
        let server = Server::new(vec![(path, answer)]);
        let only = match path {
            CLOUD => "jamf.hosting",
            AUTHORITY => "jamf.state/built-in-ca",
            _ => "jamf.state/startup-status",
        };
        let row = server.row("jamf-pro", only);
        assert_eq!(verdict(&row), expected, "{path} {answer:?}: {row}");
    }
}
