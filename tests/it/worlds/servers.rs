//! Worlds in which the servers are at fault, and the network is not.

use super::case::{CASE, Case, Change, rows};

const JAMF: &str = "nmap -Pn -n -sS --reason --max-retries 1 -p 8443 54.93.118.77";

/// A fault of the lab with what a foreign client sees of it.
macro_rules! fault {
    ($name:literal, $script:expr, $shows:expr, $verdict:literal, $exit:literal, $rows:expr) => {
        Case {
            name: $name,
            changes: &[Change::Servers($name)],
            proof: ($script, $shows),
            verdict: $verdict,
            exit: $exit,
            rows: $rows,
            ..CASE
        }
    };
}

pub(super) const SERVERS: &[Case<'static>] = &[
    fault!(
        "jamf-down",
        JAMF,
        &["8443/tcp closed", "reset"],
        "fail",
        1,
        &[rows("jamf.*", &["tcp_refused_rst"], "fail")]
    ),
    fault!(
        "cert-expired",
        "openssl s_client -connect login.microsoftonline.com:443 -servername login.microsoftonline.com </dev/null 2>&1 | openssl x509 -noout -checkend 0",
        &["Certificate will expire"],
        "fail",
        1,
        &[rows("entra.token/*", &["tls_cert_expired"], "fail")]
    ),
    fault!(
        "cert-wrong-name",
        "openssl s_client -connect jamf.example.com:8443 -verify_hostname jamf.example.com </dev/null 2>&1",
        &["hostname mismatch"],
        "fail",
        1,
        &[rows("jamf.*", &["tls_cert_name"], "fail")]
    ),
    fault!(
        "not-tls",
        "curl -sS -m 5 https://enterpriseregistration.windows.net/",
        &["exit=35"],
        "fail",
        1,
        &[rows(
            "entra.registration/discover",
            &["tls_not_tls"],
            "fail"
        )]
    ),
    fault!(
        "tls-reset",
        "curl -sS -m 5 https://graph.microsoft.com/",
        &["reset by peer", "exit=35"],
        "fail",
        1,
        &[rows("entra.graph/https", &["tls_reset_peer"], "fail")]
    ),
    fault!(
        "http-stalled",
        "curl -sSk -m 2 https://graph.microsoft.com/",
        &["exit=28"],
        "fail",
        1,
        &[rows("entra.graph/https", &["http_timeout_headers"], "fail")]
    ),
    fault!(
        "block-page",
        "curl -sSk -m 5 -d '' https://login.microsoftonline.com/organizations/oauth2/v2.0/token",
        &["<html"],
        "fail",
        1,
        &[
            rows("entra.token/path", &["http_block_page"], "fail"),
            rows("entra.token/genuine", &["entra_not_genuine"], "fail")
        ]
    ),
];

#[test]
fn a_fault_of_a_server_is_named_by_what_it_does() {
    super::play_all(SERVERS);
}

pub(super) const ANSWERS: &[Case<'static>] = &[
    fault!(
        "cert-chain-incomplete",
        "openssl s_client -connect jamf.example.com:8443 -servername jamf.example.com </dev/null 2>&1 | grep -c 's:'",
        &["1 exit=0"],
        "fail",
        1,
        &[rows("jamf.*", &["tls_chain_incomplete"], "fail")]
    ),
    fault!(
        "entra-throttled",
        "curl -sSk -m 5 -o /dev/null -w '%{http_code} ' -d '' https://login.microsoftonline.com/organizations/oauth2/v2.0/token",
        &["429"],
        "degraded",
        0,
        &[rows("entra.token/*", &["http_throttled"], "degraded")]
    ),
    fault!(
        "tenant-unknown",
        "curl -sSk -m 5 https://login.microsoftonline.com/contoso.onmicrosoft.com/v2.0/.well-known/openid-configuration",
        &["AADSTS90002"],
        "fail",
        1,
        &[rows(
            "entra.token/tenant",
            &["entra_tenant_unknown"],
            "fail"
        )]
    ),
    fault!(
        "clock-skew",
        "test $(( $(date -d \"$(curl -sk -m 5 -o /dev/null -D - https://login.microsoftonline.com/ | grep -i '^date:' | cut -d' ' -f2- | tr -d '\\r')\" +%s) - $(date +%s) )) -gt 3000",
        &["exit=0"],
        "degraded",
        0,
        &[rows(
            "*",
            &["http_clock_skew", "ntp_clock_skew"],
            "degraded"
        )]
    ),
    fault!(
        "server-clock",
        "test $(( $(date -d \"$(curl -sk -m 5 -o /dev/null -D - https://jamf.example.com:8443/ | grep -i '^date:' | cut -d' ' -f2- | tr -d '\\r')\" +%s) - $(date +%s) )) -gt 3000",
        &["exit=0"],
        "degraded",
        0,
        &[
            rows("jamf.https/health-check", &["http_clock_skew"], "degraded"),
            rows("jamf.version*", &["http_clock_skew"], "degraded"),
            rows("jamf.hosting/*", &["http_clock_skew"], "degraded"),
        ]
    ),
];

#[test]
fn an_answer_that_is_not_the_right_one_is_told_from_no_answer() {
    super::play_all(ANSWERS);
}

pub(super) const COURIERS: &[Case<'static>] = &[
    fault!(
        "courier-port-closed",
        "nmap -Pn -n -sS --reason --max-retries 1 -p 443,5223 17.57.146.20",
        &["5223/tcp closed", "443/tcp open"],
        "degraded",
        0,
        &[
            rows(
                "apple.push.device/courier-5223*",
                &["tcp_refused_rst"],
                "fail"
            ),
            rows("apple.push.block/block-5223", &["tcp_refused_rst"], "fail")
        ]
    ),
    fault!(
        "push-all-silent",
        "nmap -Pn -n -sS --reason --max-retries 1 -p 443,5223 17.57.146.20",
        &["5223/tcp filtered", "443/tcp filtered", "no-response"],
        "fail",
        1,
        &[
            rows("apple.push.device/*", &["tcp_silent"], "fail"),
            rows("apple.push.block/*", &["tcp_silent"], "fail")
        ]
    ),
    fault!(
        "range-partial",
        "nmap -Pn -n -sS --reason --max-retries 1 -p 5223 17.57.146.20 17.188.180.73",
        &["5223/tcp filtered", "5223/tcp open"],
        "degraded",
        0,
        &[
            rows("apple.push.device/courier-*", &["tcp_silent"], "fail"),
            rows("apple.push.block/block-*", &["range_partial"], "degraded")
        ]
    ),
    fault!(
        "tls-inspected",
        "openssl s_client -connect 17.57.146.20:5223 -servername courier.push.apple.com -alpn apns-security-v3 -showcerts </dev/null 2>&1",
        &["Zscaler"],
        "fail",
        1,
        &[
            rows("*", &["tls_intercepted"], "fail"),
            rows("*", &["tls_intercepted"], "degraded")
        ]
    ),
];

#[test]
fn a_fault_of_the_couriers_is_told_from_one_of_the_way_to_them() {
    super::play_all(COURIERS);
}
