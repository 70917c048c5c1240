//! Worlds whose router hands connections to Squid, as Debian packs it, without the client's knowledge.

use super::case::{CASE, Case, Change, rows};
use super::foreign::{Program, Server};
use super::ground::Place;

/// Squid on the router, catching what the redirection hands to it.
const fn squid(port: u16, configuration: &'static str) -> Change {
    Change::Employ(Server {
        program: Program::Squid,
        place: Place::Router,
        port,
        makes_room: None,
        broken: Some(configuration),
        mended: None,
    })
}

const PLAIN: Change = Change::Redirect("iifname inner tcp dport 80 redirect to :3129");
const ALLOWS: Change = squid(
    3129,
    "http_port 3129 intercept\nhttp_access allow all\nconnect_timeout 2 seconds",
);
const FORBIDS: Change = squid(3129, "http_port 3129 intercept\nhttp_access deny all");
const OPENS: Change = squid(
    3130,
    "https_port 3130 intercept ssl-bump tls-cert=@/inspecting.pem generate-host-certificates=on\n\
     sslcrtd_program /usr/lib/squid/security_file_certgen\nsslcrtd_children 2\n\
     acl hello at_step SslBump1\nssl_bump peek hello\nssl_bump bump all\n\
     tls_outgoing_options flags=DONT_VERIFY_PEER\nhttp_access allow all",
);

pub(super) const PROXIES: &[Case<'static>] = &[
    Case {
        name: "squid catches port 80",
        changes: &[ALLOWS, PLAIN],
        proof: (
            "nmap -Pn -n -sS --reason --max-retries 1 -p 80 192.0.2.1",
            &["80/tcp open"],
        ),
        arguments: &["http://captive.apple.com/", "tcp://captive.apple.com:80"],
        verdict: "inconclusive",
        exit: 3,
        rows: &[rows("*", &["tcp_transparent_proxy"], "inconclusive")],
        diagnosis: Some(("transparent_proxy", "network")),
        ..CASE
    },
    Case {
        name: "squid forbids",
        changes: &[FORBIDS, PLAIN],
        proof: (
            "curl -sS -m 5 -o /dev/null -D - http://captive.apple.com/",
            &["403 Forbidden", "X-Squid-Error: ERR_ACCESS_DENIED"],
        ),
        arguments: &["http://captive.apple.com/"],
        verdict: "fail",
        exit: 1,
        rows: &[rows("*", &["http_block_page"], "fail")],
        diagnosis: Some(("block_page", "proxy")),
        ..CASE
    },
    Case {
        name: "squid reaches nobody",
        changes: &[ALLOWS, PLAIN],
        proof: (
            "curl -sS -m 5 -o /dev/null -D - http://graph.microsoft.com/",
            &["503 Service Unavailable", "X-Squid-Error: ERR_CONNECT_FAIL"],
        ),
        arguments: &["http://graph.microsoft.com/"],
        verdict: "fail",
        exit: 1,
        rows: &[rows("*", &["http_block_page"], "fail")],
        diagnosis: Some(("block_page", "proxy")),
        // Without the proxy, the host's own refusal is to be seen.
        mended: ("fail", 1),
        ..CASE
    },
];

/// Squid takes requests that are meant for it; whoever goes past it by port 80 gets its page.
const OFFICE: Change = squid(
    3129,
    "http_port 3129 intercept\nhttp_port 10.77.1.1:3128\nconnect_timeout 2 seconds\n\
     acl caught localport 3129 80\nhttp_access deny caught\nhttp_access allow all",
);

pub(super) const REQUIRED: &[Case<'static>] = &[
    Case {
        name: "only a proxy leads out, and it answers port 80 with its page",
        changes: &[
            OFFICE,
            Change::Filter("tcp dport != { 53, 80 } drop"),
            PLAIN,
        ],
        proof: (
            "curl -sS -m 3 https://graph.microsoft.com/; curl -sS -m 5 -o /dev/null -D - http://captive.apple.com/",
            &["timed out", "X-Squid-Error: ERR_ACCESS_DENIED"],
        ),
        verdict: "fail",
        exit: 1,
        rows: &[
            rows("*", &["tcp_silent"], "fail"),
            rows("*", &["http_block_page"], "fail"),
        ],
        diagnosis: Some(("proxy_required", "network")),
        ..CASE
    },
    Case {
        name: "only a proxy leads out, and a router says so",
        changes: &[
            OFFICE,
            Change::Filter("tcp dport != { 53, 80 } reject with icmp type admin-prohibited"),
            PLAIN,
        ],
        proof: (
            "curl -sS -m 3 https://graph.microsoft.com/; curl -sS -m 5 -o /dev/null -D - http://captive.apple.com/",
            &["exit=0", "X-Squid-Error: ERR_ACCESS_DENIED", "connect to"],
        ),
        verdict: "fail",
        exit: 1,
        rows: &[
            rows("*", &["tcp_admin_prohibited", "tcp_silent"], "fail"),
            rows("*", &["http_block_page"], "fail"),
        ],
        diagnosis: Some(("proxy_required", "network")),
        ..CASE
    },
];

pub(super) const INSPECTION: &[Case<'static>] = &[Case {
    name: "squid opens TLS",
    changes: &[
        OPENS,
        Change::Redirect("iifname inner tcp dport { 443, 8443 } redirect to :3130"),
    ],
    proof: (
        "openssl s_client -connect graph.microsoft.com:443 -servername graph.microsoft.com </dev/null 2>&1 | openssl x509 -noout -issuer",
        &["CN = Squid Inspection"],
    ),
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
fn a_squid_that_nobody_was_told_of_takes_the_worth_from_bare_connects() {
    super::play_all(PROXIES);
}

#[test]
fn a_squid_that_nobody_goes_round_is_what_the_network_wants() {
    super::play_all(REQUIRED);
}

#[test]
fn a_squid_that_opens_tls_is_named_by_its_signature() {
    super::play_all(INSPECTION);
}
