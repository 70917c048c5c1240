//! Worlds whose router answers plain HTTP itself: a captive portal, and a filter that is none.

use std::time::Duration;

use serde_json::Value;

use super::case::{FULL, checks, text};
use super::ground::{Background, Ground, Place};
use crate::binary::Run;

/// A portal as hotels have it: every plain request is sent to its sign-in page.
const PORTAL: &str = "return 302 http://portal.hotel.example/login?from=$host;";
/// A filter that denies a site with a page of its own.
const FILTER: &str = "default_type text/html; add_header X-Squid-Error 'ERR_ACCESS_DENIED 0' always; \
    return 403 '<html><title>Denied</title><form>Ask your administrator</form></html>';";
const CURL: &str =
    "curl -sS -m 5 -o /dev/null -w '%{http_code} %{redirect_url} ' http://captive.apple.com/";

/// What the router lets through before anybody signed in: names, and port 80 to itself.
const HELD: &str = "}\nchain turned {\ntype nat hook prerouting priority -100\ntcp dport 80 redirect to :8080\n}\n\
    chain held {\ntype filter hook forward priority 1\nip saddr 10.77.1.0/24 tcp dport != 53 reject with tcp reset\n";
/// The same for port 80 alone.
const TURNED: &str =
    "}\nchain turned {\ntype nat hook prerouting priority -100\ntcp dport 80 redirect to :8080\n";

struct World {
    _server: Background,
    ground: Ground,
}

impl World {
    fn new(answer: &str) -> Self {
        let mut ground = Ground::new();
        ground.serve(None, None);
        let at = ground.file("portal", "");
        let settings = format!(
            "daemon off; master_process off; pid {at}.pid; error_log stderr; events {{}}
             http {{ access_log off; client_body_temp_path {at}.b; proxy_temp_path {at}.p;
             fastcgi_temp_path {at}.f; uwsgi_temp_path {at}.u; scgi_temp_path {at}.s;
             server {{ listen 8080; {answer} }} }}"
        );
        let settings = ground.file("nginx.conf", &settings);
        let server = ground.background(Place::Router, &["nginx", "-c", &settings]);
        std::thread::sleep(Duration::from_millis(300));
        Self {
            _server: server,
            ground,
        }
    }

    fn check(&self) -> (Run, Value) {
        let mut arguments = vec!["check", "--format", "json"];
        arguments.extend(FULL);
        let run = self.ground.preflight(&arguments);
        let report = run.json();
        (run, report)
    }
}

#[test]
fn behind_a_captive_portal_the_run_is_inconclusive_and_says_so_once() {
    if !super::possible() {
        return;
    }
    let world = World::new(PORTAL);
    world.ground.filter(HELD);
    let said = world.ground.foreign(CURL);
    assert!(
        said.contains("302 http://portal.hotel.example/login"),
        "{said}"
    );
    let (run, report) = world.check();
    assert_eq!(
        (run.code, text(&report, "verdict")),
        (Some(3), "inconclusive"),
        "{run:?}"
    );
    let remarks = report["remarks"].to_string();
    assert!(remarks.contains("sign in, run again"), "{remarks}");
    assert!(remarks.contains("portal.hotel.example"), "{remarks}");
    let all = report["diagnoses"].as_array().unwrap();
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!(
        (text(&all[0], "code"), text(&all[0], "owner")),
        ("captive_portal", "device")
    );
    for check in checks(&report) {
        let verdict = text(check.report, "verdict");
        let code = text(check.report, "code");
        let gated = (verdict, code) == ("inconclusive", "http_captive_portal");
        assert!(
            gated || matches!(verdict, "pass" | "skipped"),
            "{}: {code} {verdict}",
            check.id
        );
    }
    let mut arguments = vec!["check"];
    arguments.extend(FULL);
    let table = world.ground.preflight(&arguments).stdout;
    assert!(table.lines().next().unwrap().contains("sign in"), "{table}");

    // Somebody signs in.
    world.ground.filter("");
    let said = world.ground.foreign(CURL);
    assert!(said.contains("200"), "{said}");
    let (run, report) = world.check();
    assert_eq!(
        (run.code, text(&report, "verdict")),
        (Some(0), "pass"),
        "{run:?}"
    );
}

#[test]
fn a_filters_page_is_not_taken_for_a_captive_portal() {
    if !super::possible() {
        return;
    }
    let world = World::new(FILTER);
    world.ground.filter(TURNED);
    let said = world.ground.foreign(CURL);
    assert!(said.contains("403"), "{said}");
    let (run, report) = world.check();
    assert_eq!(
        (run.code, text(&report, "verdict")),
        (Some(0), "pass"),
        "{run:?}"
    );
    let all = checks(&report);
    let row = all
        .iter()
        .find(|check| check.id == "apple.portal/captive-80");
    let row = row.expect("the portal's row").report;
    assert_eq!(
        (text(row, "verdict"), text(row, "code")),
        ("fail", "http_block_page"),
        "{row}"
    );
    assert!(text(row, "message").contains("Squid"), "{row}");
    assert_eq!(
        text(&report["diagnoses"][0], "code"),
        "block_page",
        "{report}"
    );
}
