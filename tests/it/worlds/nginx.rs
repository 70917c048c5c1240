//! Worlds whose Jamf Pro server stands behind nginx, as Debian packs it, with one mistake in its configuration.

use super::case::{CASE, Case, Change, FULL, rows};
use super::foreign::{Program, Server};
use super::ground::Place;

/// The server of the Jamf Pro server's name: what it listens for, its certificates, and further directives.
macro_rules! jamf {
    ($listens:literal, $certificates:literal, $directives:literal) => {
        concat!(
            "server {\nlisten 54.93.118.77:8443",
            $listens,
            ";\nserver_name jamf.example.com;\nssl_certificate @/",
            $certificates,
            ".pem;\nssl_certificate_key @/leaf.key;\n",
            $directives,
            "\n}\n"
        )
    };
}

macro_rules! certificates {
    ($file:literal) => {
        jamf!(
            " ssl",
            $file,
            "location = /api/v1/health-check { return 204; }"
        )
    };
}

macro_rules! answers {
    ($directives:literal) => {
        jamf!(" ssl", "sound", $directives)
    };
}

const NGINX: Server = Server {
    program: Program::Nginx,
    place: Place::Internet,
    port: 8443,
    makes_room: Some("jamf-down"),
    broken: None,
    mended: Some(certificates!("sound")),
};

const fn nginx(broken: &'static str) -> Change {
    Change::Employ(Server {
        broken: Some(broken),
        ..NGINX
    })
}

const CURL: &str =
    "curl -sS -m 8 --cacert $ROOTS https://jamf.example.com:8443/api/v1/health-check";
const STATUS: &str = "curl -sS -m 8 --cacert $ROOTS -o /dev/null -w 'status %{http_code} ' https://jamf.example.com:8443/api/v1/health-check";

/// One mistake in nginx's configuration, what curl says of it, and what the health check's row shows.
macro_rules! mistake {
    ($name:literal, $configuration:expr, $script:expr, $shows:expr, $code:literal, $verdict:literal, $ends:expr) => {
        Case {
            name: concat!("nginx: ", $name),
            changes: &[nginx($configuration)],
            proof: ($script, $shows),
            verdict: $ends.0,
            exit: $ends.1,
            rows: &[health!($code, $verdict)],
            ..CASE
        }
    };
}

const FAIL: (&str, i32) = ("fail", 1);
const DEGRADED: (&str, i32) = ("degraded", 0);
const UNKNOWN: (&str, i32) = ("inconclusive", 3);

macro_rules! health {
    ($code:expr, $verdict:expr) => {
        rows("jamf.*", &[$code], $verdict)
    };
}

pub(super) const CERTIFICATES: &[Case<'static>] = &[
    mistake!(
        "certificate expired",
        certificates!("expired"),
        CURL,
        &["certificate has expired", "exit=60"],
        "tls_cert_expired",
        "fail",
        FAIL
    ),
    mistake!(
        "certificate not yet valid",
        certificates!("early"),
        CURL,
        &["certificate is not yet valid", "exit=60"],
        "tls_cert_not_yet_valid",
        "fail",
        FAIL
    ),
    mistake!(
        "another host's certificate",
        certificates!("other"),
        CURL,
        &["no alternative certificate subject name", "exit=60"],
        "tls_cert_name",
        "fail",
        FAIL
    ),
    mistake!(
        "intermediate left out",
        certificates!("incomplete"),
        CURL,
        &["unable to get local issuer certificate", "exit=60"],
        "tls_chain_incomplete",
        "fail",
        FAIL
    ),
    mistake!(
        "self-signed",
        certificates!("alone"),
        CURL,
        &["self-signed certificate", "exit=60"],
        "tls_cert_untrusted",
        "fail",
        FAIL
    ),
    mistake!(
        "private authority",
        certificates!("private"),
        CURL,
        &["self-signed certificate in certificate chain", "exit=60"],
        "tls_cert_untrusted",
        "fail",
        FAIL
    ),
    mistake!(
        "private root left out",
        certificates!("direct"),
        CURL,
        &["unable to get local issuer certificate", "exit=60"],
        "tls_cert_untrusted",
        "fail",
        FAIL
    ),
    mistake!(
        "certificate ends in five days",
        certificates!("ending"),
        "openssl s_client -connect jamf.example.com:8443 -servername jamf.example.com </dev/null 2>&1 | openssl x509 -noout -checkend 604800",
        &["Certificate will expire"],
        "tls_cert_expiring",
        "degraded",
        DEGRADED
    ),
];

pub(super) const HANDSHAKES: &[Case<'static>] = &[
    Case {
        name: "nginx: TLS 1.1 at most",
        changes: &[nginx(answers!(
            "ssl_protocols TLSv1.1;\nssl_ciphers DEFAULT@SECLEVEL=0;"
        ))],
        proof: (
            "curl -sS -m 8 --cacert $ROOTS --tls-max 1.1 --ciphers DEFAULT@SECLEVEL=0 -o /dev/null -w 'status %{http_code} ' https://jamf.example.com:8443/",
            &["status 200"],
        ),
        verdict: UNKNOWN.0,
        exit: UNKNOWN.1,
        rows: &[
            rows("jamf.tls/*", &["tls_below_ats"], "degraded"),
            health!("tls_alert_ours", "inconclusive"),
        ],
        diagnosis: Some(("tls_outdated", "server")),
        ..CASE
    },
    mistake!(
        "a cipher of another age",
        answers!("ssl_protocols TLSv1.2;\nssl_ciphers ECDHE-ECDSA-AES256-SHA384;"),
        "curl -sSv -m 8 --tls-max 1.2 --cacert $ROOTS https://jamf.example.com:8443/",
        &["ECDHE-ECDSA-AES256-SHA384"],
        "tls_alert_ours",
        "inconclusive",
        UNKNOWN
    ),
    Case {
        name: "nginx: TLS 1.2 without extended master secret",
        changes: &[nginx(jamf!(
            " ssl",
            "sound",
            "ssl_protocols TLSv1.2;\nssl_conf_command Options -ExtendedMasterSecret;\nlocation = /api/v1/health-check { return 204; }"
        ))],
        proof: (
            "openssl s_client -connect jamf.example.com:8443 -tls1_2 </dev/null 2>&1",
            &["Extended master secret: no"],
        ),
        verdict: "degraded",
        rows: &[rows("jamf.tls/*", &["tls_below_ats"], "degraded")],
        diagnosis: Some(("tls_outdated", "server")),
        ..CASE
    },
    mistake!(
        "name refused",
        answers!("ssl_reject_handshake on;"),
        CURL,
        &["unrecognized name", "exit=35"],
        "tls_alert",
        "fail",
        FAIL
    ),
    mistake!(
        "plain HTTP on the port",
        jamf!("", "sound", ""),
        CURL,
        &["wrong version number", "exit=35"],
        "tls_not_tls",
        "fail",
        FAIL
    ),
];

pub(super) const ANSWERS: &[Case<'static>] = &[
    mistake!(
        "client certificate demanded",
        answers!("ssl_client_certificate @/private-root.pem;\nssl_verify_client on;"),
        STATUS,
        &["status 400"],
        "http_status",
        "fail",
        FAIL
    ),
    mistake!(
        "nothing behind it",
        answers!("location / { proxy_pass http://127.0.0.1:9; }"),
        STATUS,
        &["status 502"],
        "http_server_error",
        "degraded",
        DEGRADED
    ),
    mistake!(
        "under maintenance",
        answers!("location / { return 503; }"),
        STATUS,
        &["status 503"],
        "http_server_error",
        "degraded",
        DEGRADED
    ),
    mistake!(
        "sends elsewhere",
        answers!("location / { return 302 https://login.example.com/; }"),
        STATUS,
        &["status 302"],
        "http_redirected",
        "fail",
        FAIL
    ),
    mistake!(
        "another site answers",
        answers!("location / { return 404; }"),
        STATUS,
        &["status 404"],
        "http_status",
        "fail",
        FAIL
    ),
    mistake!(
        "closes without an answer",
        answers!("location / { return 444; }"),
        CURL,
        &["exit=52"],
        "http_eof",
        "fail",
        FAIL
    ),
    mistake!(
        "ends within the body",
        concat!(
            jamf!(
                " ssl",
                "sound",
                "location / { proxy_pass http://127.0.0.1:9080; proxy_buffering off; proxy_read_timeout 400ms; }"
            ),
            "server { listen 127.0.0.1:9080; limit_rate_after 600; limit_rate 1; root @/; location / { rewrite ^ /sound.pem break; } }"
        ),
        CURL,
        &["exit=18"],
        "http_truncated",
        "fail",
        FAIL
    ),
];

#[test]
fn a_fault_in_nginxs_certificates_is_named_as_what_it_is() {
    super::play_all(CERTIFICATES);
}

#[test]
fn a_handshake_that_nginx_refuses_is_blamed_on_its_settings() {
    super::play_all(HANDSHAKES);
}

#[test]
fn an_answer_of_nginx_that_is_not_the_right_one_is_told_from_none() {
    super::play_all(ANSWERS);
}

/// What curl gets from a server that hangs up on its hello, and our row.
const HANGS_UP: Case<'static> = Case {
    name: "the server closes after the hello",
    changes: &[
        Change::Employ(Server {
            program: Program::Python,
            place: Place::Internet,
            port: 8443,
            makes_room: Some("jamf-down"),
            broken: Some(
                "import socket\nserver = socket.create_server(('54.93.118.77', 8443))\n\
                 while True:\n    guest, _ = server.accept()\n    try: guest.recv(4096)\n    \
                 except OSError: pass\n    guest.close()\n",
            ),
            mended: None,
        }),
        Change::Employ(Server {
            broken: None,
            ..NGINX
        }),
    ],
    proof: (CURL, &["SSL_ERROR_SYSCALL", "exit=35"]),
    verdict: "fail",
    exit: 1,
    rows: &[health!("tls_eof", "fail")],
    ..CASE
};

/// The same private authority, but the reader knows it.
const GIVEN: Case<'static> = Case {
    name: "nginx: private authority, given",
    changes: &[nginx(certificates!("private"))],
    proof: (
        CURL,
        &["self-signed certificate in certificate chain", "exit=60"],
    ),
    arguments: &[
        FULL[0],
        FULL[1],
        FULL[2],
        FULL[3],
        "--jamf-ca",
        "@/private-root.pem",
    ],
    ..CASE
};

pub(super) const OTHERS: &[Case<'static>] = &[HANGS_UP, GIVEN];

#[test]
fn a_server_that_hangs_up_is_told_from_one_whose_authority_is_given() {
    super::play_all(OTHERS);
}
