//! A world whose router hands every TLS connection to mitmproxy, which signs them anew with an authority it has made itself.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use super::case::{CASE, Case, Change, FULL, rows};
use super::foreign::{Program, Server};
use super::ground::Place;

const VERSION: &str = "mitmproxy==11.0.2";

/// The program: what `MITMDUMP` names, or an environment of Python's made here in CI.
pub(super) fn program() -> Option<&'static Path> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let find = || {
        if let Some(path) = std::env::var_os("MITMDUMP") {
            return Some(PathBuf::from(path));
        }
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mitmproxy");
        let program = folder.join("bin/mitmdump");
        if !program.exists() && std::env::var("CI").as_deref() == Ok("true") {
            let run = |command: &mut Command| assert!(command.status().unwrap().success());
            run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
            run(Command::new(folder.join("bin/pip")).args(["install", "-q", VERSION]));
        }
        program.exists().then_some(program)
    };
    FOUND.get_or_init(find).as_deref()
}

pub(super) fn say_skipped() {
    eprintln!("SKIPPED: no mitmdump; pip install {VERSION}, and set MITMDUMP to its path");
}

pub(super) const MITMPROXY: &[Case<'static>] = &[Case {
    name: "mitmproxy opens TLS",
    changes: &[
        Change::Employ(Server {
            program: Program::Mitmproxy,
            place: Place::Router,
            port: 3131,
            makes_room: None,
            broken: Some(""),
            mended: None,
        }),
        Change::Redirect("iifname inner tcp dport { 443, 5223, 8443 } redirect to :3131"),
    ],
    proof: (
        "openssl s_client -connect graph.microsoft.com:443 -servername graph.microsoft.com </dev/null 2>&1 | openssl x509 -noout -issuer",
        &["O = mitmproxy"],
    ),
    // It makes a key and a certificate for every name, and on a loaded machine takes its time.
    arguments: &[FULL[0], FULL[1], FULL[2], FULL[3], "--timeout", "15s"],
    within: Duration::from_secs(40),
    verdict: "fail",
    exit: 1,
    rows: &[
        rows("*", &["tls_intercepted"], "fail"),
        rows("*", &["tls_intercepted"], "degraded"),
    ],
    diagnosis: Some(("tls_inspection", "network")),
    ..CASE
}];

#[test]
fn mitmproxy_is_named_by_the_signature_of_its_own_authority() {
    if !super::possible() {
        return;
    }
    if program().is_none() {
        say_skipped();
        return;
    }
    super::play_all(MITMPROXY);
}
