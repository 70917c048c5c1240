//! Worlds in which the client is told to use a proxy: Squid, tinyproxy, microsocks and mitmproxy, as others pack them.

use std::time::Duration;

use super::case::{CASE, Case, Change, FULL, rows};
use super::foreign::{Program, Server};
use super::ground::Place;

const fn on_router(
    program: Program,
    port: u16,
    broken: Option<&'static str>,
    mended: &'static str,
) -> Change {
    Change::Employ(Server {
        program,
        place: Place::Router,
        port,
        makes_room: None,
        broken,
        mended: Some(mended),
    })
}

const fn squid(broken: &'static str) -> Change {
    on_router(Program::Squid, 3128, Some(broken), ALLOWS)
}

const fn tiny(broken: &'static str) -> Change {
    on_router(Program::Tinyproxy, 8888, Some(broken), "")
}

const fn socks(broken: &'static str) -> Change {
    on_router(Program::Shell, 1080, Some(broken), SOCKS)
}

macro_rules! squid_rules {
    ($rules:literal) => {
        concat!(
            "http_port 10.77.1.1:3128\nconnect_timeout 2 seconds\n",
            $rules
        )
    };
}

pub(super) const ALLOWS: &str = squid_rules!("http_access allow all");
/// The helper takes the one user `me` with the password `hush`.
const SIGN_IN: &str = squid_rules!(
    "auth_param negotiate program /usr/bin/cat\n\
     auth_param basic program /usr/bin/sed -u s/^me.hush$/OK/;t;s/.*/ERR/\n\
     auth_param basic realm corp\nacl users proxy_auth REQUIRED\nhttp_access allow users\nhttp_access deny all"
);
/// What the router itself sends to Graph is refused in the peer's name.
const REFUSED: Change =
    Change::Errors("ip daddr 20.190.190.131 tcp dport 443 reject with tcp reset");
const NEXT_TO_JAMF: &str = "http_port 54.93.118.77:3128\nhttp_access allow all";
const SOCKS: &str = "exec microsocks -i 10.77.1.1 -p 1080";

/// The whole default profile through a proxy.
macro_rules! full {
    ($($more:literal),*) => {
        &[FULL[0], FULL[1], FULL[2], FULL[3], "--proxy", $($more),*]
    };
}

/// What curl says of one connection through Squid.
macro_rules! through_squid {
    ($options:literal) => {
        concat!(
            "curl -sS -m 8 --cacert $ROOTS -o /dev/null -w '%{http_connect} ' ",
            $options,
            " https://graph.microsoft.com/"
        )
    };
}

/// One connection to Graph through a proxy.
const GRAPH: &[&str] = &["https://graph.microsoft.com/v1.0/$metadata"];

macro_rules! graph {
    ($($more:literal),*) => {
        &[GRAPH[0], "--proxy", $($more),*]
    };
}

pub(super) const SQUID: &[Case<'static>] = &[
    Case {
        name: "only a proxy leads out, but for 5223",
        changes: &[
            squid(ALLOWS),
            Change::Filter("tcp dport { 80, 443, 8443 } drop"),
        ],
        proof: ("curl -sS -m 3 https://graph.microsoft.com/", &["timed out"]),
        arguments: full!("http://10.77.1.1:3128"),
        verdict: "degraded",
        rows: &[
            rows("apple.push.device/courier-443*", &["tcp_silent"], "fail"),
            rows("apple.push.block/block-443", &["tcp_silent"], "fail"),
        ],
        diagnosis: Some(("egress_port_filtered", "network")),
        ..CASE
    },
    Case {
        name: "a proxy agrees, reads the hello and hangs up",
        changes: &[squid(
            "http_port 10.77.1.1:3128 ssl-bump tls-cert=@/inspecting.pem generate-host-certificates=on\n\
             sslcrtd_program /usr/lib/squid/security_file_certgen\nsslcrtd_children 2\n\
             acl hello at_step SslBump1\nssl_bump peek hello\nssl_bump terminate all\nhttp_access allow all",
        )],
        proof: (
            through_squid!("-x http://10.77.1.1:3128"),
            &["200", "exit=35"],
        ),
        arguments: graph!("http://10.77.1.1:3128"),
        verdict: "fail",
        exit: 1,
        rows: &[rows("*", &["tls_eof"], "fail")],
        diagnosis: Some(("proxy_tunnel_breaks", "proxy")),
        ..CASE
    },
    Case {
        name: "a proxy forbids Microsoft",
        changes: &[squid(squid_rules!(
            "acl microsoft dstdomain .microsoft.com .microsoftonline.com\n\
             http_access deny microsoft\nhttp_access allow all"
        ))],
        proof: (
            through_squid!("-x http://10.77.1.1:3128"),
            &["403", "exit=56"],
        ),
        arguments: full!("http://10.77.1.1:3128"),
        verdict: "fail",
        exit: 1,
        rows: &[rows("*", &["proxy_denied"], "fail")],
        diagnosis: Some(("proxy_refuses", "proxy")),
        ..CASE
    },
    Case {
        name: "a proxy demands a sign-in",
        changes: &[squid(SIGN_IN)],
        proof: (
            through_squid!("-x http://10.77.1.1:3128"),
            &["407", "exit=56"],
        ),
        arguments: full!("http://10.77.1.1:3128"),
        verdict: "fail",
        exit: 1,
        rows: &[rows("*", &["proxy_auth_required"], "fail")],
        diagnosis: Some(("proxy_sign_in", "proxy")),
        ..CASE
    },
    Case {
        name: "a proxy does not take the password",
        changes: &[squid(SIGN_IN)],
        proof: (
            through_squid!("-x http://me:wrong@10.77.1.1:3128"),
            &["407", "exit=56"],
        ),
        arguments: graph!(
            "http://10.77.1.1:3128",
            "--proxy-credentials-file",
            "@/wrong-login"
        ),
        verdict: "fail",
        exit: 1,
        rows: &[rows("*", &["proxy_login_refused"], "fail")],
        diagnosis: Some(("proxy_login_refused", "proxy")),
        ..CASE
    },
    Case {
        name: "a proxy lets its users through, and Microsoft wants no sign-in",
        changes: &[squid(SIGN_IN)],
        proof: (
            through_squid!("-x http://10.77.1.1:3128"),
            &["407", "exit=56"],
        ),
        arguments: full!(
            "http://10.77.1.1:3128",
            "--proxy-credentials-file",
            "@/right-login"
        ),
        verdict: "fail",
        exit: 1,
        rows: &[
            rows("entra.graph/*", &["proxy_auth_required"], "fail"),
            rows("intune.*", &["proxy_auth_required"], "fail"),
        ],
        diagnosis: Some(("proxy_sign_in", "proxy")),
        ..CASE
    },
    Case {
        name: "a proxy cannot look names up",
        changes: &[
            squid(squid_rules!("http_access allow all\ndns_timeout 1 second")),
            Change::Errors("udp dport 53 drop\ntcp dport 53 drop"),
        ],
        proof: (
            "curl -sS -m 8 -D - -o /dev/null -x http://10.77.1.1:3128 https://graph.microsoft.com/",
            &["500", "ERR_CANNOT_FORWARD"],
        ),
        arguments: graph!("http://10.77.1.1:3128"),
        verdict: "fail",
        exit: 1,
        rows: &[rows("*", &["proxy_bad_gateway"], "fail")],
        diagnosis: Some(("proxy_cannot_reach", "proxy")),
        ..CASE
    },
    Case {
        name: "a proxy is refused by the peer",
        changes: &[squid(ALLOWS), REFUSED],
        proof: (
            "curl -sS -m 8 -D - -o /dev/null -x http://10.77.1.1:3128 https://graph.microsoft.com/",
            &["503", "ERR_CONNECT_FAIL"],
        ),
        arguments: graph!("http://10.77.1.1:3128"),
        verdict: "fail",
        exit: 1,
        rows: &[rows("*", &["proxy_bad_gateway"], "fail")],
        diagnosis: Some(("proxy_cannot_reach", "proxy")),
        ..CASE
    },
    Case {
        name: "a proxy is given the whole request in the clear",
        changes: &[squid(squid_rules!(
            "acl apple dstdomain .apple.com\nhttp_access deny apple\nhttp_access allow all"
        ))],
        proof: (
            "curl -sS -m 8 -D - -o /dev/null -x http://10.77.1.1:3128 http://captive.apple.com/",
            &["403", "ERR_ACCESS_DENIED"],
        ),
        arguments: &[
            "http://captive.apple.com/",
            "--proxy",
            "http://10.77.1.1:3128",
        ],
        verdict: "fail",
        exit: 1,
        rows: &[rows("*", &["proxy_denied"], "fail")],
        diagnosis: Some(("proxy_refuses", "proxy")),
        ..CASE
    },
    Case {
        name: "this network looks nothing up, and the proxy does",
        changes: &[
            squid(ALLOWS),
            Change::Filter("udp dport 53 drop\ntcp dport 53 drop"),
        ],
        proof: (
            "dig +tries=1 +time=1 graph.microsoft.com",
            &["no servers could be reached"],
        ),
        arguments: &[
            GRAPH[0],
            "dns:login.microsoftonline.com",
            "--proxy",
            "http://10.77.1.1:3128",
        ],
        verdict: "pass",
        exit: 0,
        rows: &[],
        diagnosis: Some(super::diagnoses::NONE),
        ..CASE
    },
];

/// A web server on the router, which hands the certificates' folder out.
const FILES: Change = Change::Employ(Server {
    program: Program::Shell,
    place: Place::Router,
    port: 8000,
    makes_room: None,
    broken: None,
    mended: Some("cd @/ && exec python3 -m http.server -b 10.77.1.1 8000"),
});

pub(super) const PAC: &[Case<'static>] = &[
    Case {
        name: "only a PAC file leads out, and to the couriers too",
        changes: &[
            squid(ALLOWS),
            Change::Filter("ip daddr != 54.0.0.0/8 tcp dport { 80, 443, 5223 } drop"),
        ],
        proof: ("curl -sS -m 3 https://graph.microsoft.com/", &["timed out"]),
        arguments: full!("pac:@/office.pac"),
        verdict: "degraded",
        rows: &[
            rows("apple.push.device/courier-5223*", &["tcp_silent"], "fail"),
            rows("apple.push.block/block-5223", &["tcp_silent"], "fail"),
        ],
        diagnosis: Some(("egress_port_filtered", "network")),
        ..CASE
    },
    Case {
        name: "the first proxy of a PAC file is down",
        changes: &[
            on_router(
                Program::Squid,
                3128,
                Some(ALLOWS),
                "http_port 10.77.1.1:3128\nhttp_port 10.77.1.1:3129\nhttp_access allow all",
            ),
            Change::Filter("ip daddr != 54.0.0.0/8 tcp dport 443 drop"),
        ],
        proof: (
            "curl -sS -m 3 -x http://10.77.1.1:3129 https://graph.microsoft.com/; curl -sS -m 3 https://graph.microsoft.com/",
            &["Failed to connect", "timed out"],
        ),
        arguments: &[GRAPH[0], "--proxy", "pac:@/two.pac"],
        verdict: "degraded",
        rows: &[rows("*", &["proxy_unreachable"], "degraded")],
        diagnosis: Some(("proxy_unreachable", "network")),
        ..CASE
    },
    Case {
        name: "a PAC file cannot be had",
        changes: &[squid(ALLOWS), FILES],
        proof: (
            "curl -sS -m 3 http://10.77.1.1:8000/office.pac",
            &["Failed to connect"],
        ),
        arguments: full!("pac:http://10.77.1.1:8000/office.pac"),
        verdict: "degraded",
        rows: &[rows("*", &["proxy_pac_failed"], "degraded")],
        diagnosis: Some(("pac_failed", "proxy")),
        ..CASE
    },
];

/// What stands where a proxy should be.
pub(super) const STRANGE: &[Case<'static>] = &[
    Case {
        name: "nobody listens where the proxy should be",
        changes: &[on_router(Program::Squid, 3128, None, ALLOWS)],
        proof: (
            through_squid!("-x http://10.77.1.1:3128"),
            &["Failed to connect", "exit=7"],
        ),
        arguments: full!("http://10.77.1.1:3128"),
        verdict: "fail",
        exit: 1,
        rows: &[rows("*", &["proxy_unreachable"], "fail")],
        diagnosis: Some(("proxy_unreachable", "network")),
        ..CASE
    },
    Case {
        name: "the proxy's name is not known",
        changes: &[
            Change::Employ(Server {
                program: Program::Squid,
                place: Place::Internet,
                port: 3128,
                makes_room: None,
                broken: Some(NEXT_TO_JAMF),
                mended: Some(NEXT_TO_JAMF),
            }),
            Change::Own("udp dport 53 drop\ntcp dport 53 drop"),
        ],
        proof: (
            "dig +tries=1 +time=1 jamf.example.com",
            &["no servers could be reached"],
        ),
        arguments: graph!("http://jamf.example.com:3128"),
        verdict: "fail",
        exit: 1,
        rows: &[rows("*", &["proxy_unresolved"], "fail")],
        diagnosis: Some(("proxy_unresolved", "dns")),
        ..CASE
    },
    Case {
        name: "the proxy speaks no TLS",
        changes: &[on_router(
            Program::Squid,
            3128,
            Some(ALLOWS),
            "https_port 10.77.1.1:3128 tls-cert=@/sound.pem tls-key=@/leaf.key\nhttp_access allow all",
        )],
        proof: (
            through_squid!("-x https://10.77.1.1:3128"),
            &["wrong version number"],
        ),
        arguments: graph!(
            "https://jamf.example.com:3128",
            "--resolve",
            "jamf.example.com:10.77.1.1"
        ),
        verdict: "fail",
        exit: 1,
        rows: &[rows("*", &["proxy_tls_failed"], "fail")],
        diagnosis: Some(("proxy_misconfigured", "proxy")),
        ..CASE
    },
    Case {
        name: "the proxy shows another's certificate",
        changes: &[on_router(
            Program::Squid,
            3128,
            Some(
                "https_port 10.77.1.1:3128 tls-cert=@/other.pem tls-key=@/leaf.key\nhttp_access allow all",
            ),
            "https_port 10.77.1.1:3128 tls-cert=@/sound.pem tls-key=@/leaf.key\nhttp_access allow all",
        )],
        proof: (
            "openssl s_client -connect 10.77.1.1:3128 </dev/null 2>&1 | openssl x509 -noout -subject",
            &["www.example.org"],
        ),
        arguments: graph!(
            "https://jamf.example.com:3128",
            "--resolve",
            "jamf.example.com:10.77.1.1"
        ),
        verdict: "fail",
        exit: 1,
        rows: &[rows("*", &["proxy_tls_failed"], "fail")],
        diagnosis: Some(("proxy_misconfigured", "proxy")),
        ..CASE
    },
    Case {
        name: "a SOCKS server where an HTTP proxy should be",
        changes: &[on_router(
            Program::Shell,
            3128,
            Some("exec microsocks -i 10.77.1.1 -p 3128"),
            "exec tinyproxy -d -c @/tiny.conf",
        )],
        proof: (
            through_squid!("-x http://10.77.1.1:3128"),
            &["Proxy CONNECT aborted"],
        ),
        arguments: graph!("http://10.77.1.1:3128"),
        verdict: "fail",
        exit: 1,
        rows: &[rows("*", &["proxy_protocol"], "fail")],
        diagnosis: Some(("proxy_misconfigured", "proxy")),
        ..CASE
    },
    Case {
        name: "a proxy hangs up",
        changes: &[on_router(
            Program::Python,
            3128,
            Some(
                "import socket\ns = socket.create_server(('10.77.1.1', 3128))\nwhile True:\n    c = s.accept()[0]\n    c.recv(500)\n    c.close()\n",
            ),
            "import os\nos.execvp('tinyproxy', ['tinyproxy', '-d', '-c', '@/tiny.conf'])\n",
        )],
        proof: (
            through_squid!("-x http://10.77.1.1:3128"),
            &["Proxy CONNECT aborted"],
        ),
        arguments: graph!("http://10.77.1.1:3128"),
        verdict: "fail",
        exit: 1,
        rows: &[rows("*", &["proxy_closed"], "fail")],
        diagnosis: Some(("proxy_cannot_reach", "proxy")),
        ..CASE
    },
    Case {
        name: "an SSH server where an HTTP proxy should be",
        changes: &[on_router(
            Program::Python,
            3128,
            Some(
                "import socket\ns = socket.create_server(('10.77.1.1', 3128))\nwhile True:\n    c = s.accept()[0]\n    c.sendall(b'SSH-2.0-OpenSSH_9.2\\r\\n')\n    c.recv(500)\n    c.close()\n",
            ),
            "import os\nos.execvp('tinyproxy', ['tinyproxy', '-d', '-c', '@/tiny.conf'])\n",
        )],
        proof: (through_squid!("-x http://10.77.1.1:3128"), &["exit=56"]),
        arguments: graph!("http://10.77.1.1:3128"),
        verdict: "fail",
        exit: 1,
        rows: &[rows("*", &["proxy_protocol"], "fail")],
        diagnosis: Some(("proxy_misconfigured", "proxy")),
        ..CASE
    },
    Case {
        name: "a proxy says nothing",
        changes: &[on_router(
            Program::Python,
            3128,
            Some(
                "import socket\ns = socket.create_server(('10.77.1.1', 3128))\nheld = []\nwhile True:\n    held.append(s.accept()[0])\n",
            ),
            "import os\nos.execvp('tinyproxy', ['tinyproxy', '-d', '-c', '@/tiny.conf'])\n",
        )],
        proof: (through_squid!("-x http://10.77.1.1:3128"), &["timed out"]),
        arguments: graph!("http://10.77.1.1:3128"),
        verdict: "fail",
        exit: 1,
        rows: &[rows("*", &["proxy_silent"], "fail")],
        diagnosis: Some(("proxy_cannot_reach", "proxy")),
        within: Duration::from_secs(20),
        ..CASE
    },
];

/// A service that speaks HTTP/2 only stands behind a box that does not.
const ONLY_HTTP2: &str = r#"
[profile]
name = "h2"
title = "HTTP/2"
version = "1"

[[prerequisite]]
id = "h2"
title = "HTTP/2 arrives"
severity = "required"
from = ["client"]
owner = "network"
why = "w"
remedy = "r"
sources = []

[[prerequisite.check]]
id = "push"
title = "Push"
tls = { host = "jamf.example.com", port = 8443, alpn = ["h2"] }
expect = "tls"
"#;

macro_rules! terminator {
    ($listens:literal) => {
        concat!(
            "server {\nlisten 54.93.118.77:8443 ",
            $listens,
            ";\nserver_name jamf.example.com;\nssl_certificate @/sound.pem;\n\
             ssl_certificate_key @/leaf.key;\n}\n"
        )
    };
}

macro_rules! lost {
    ($name:literal, $program:expr, $broken:expr, $says:literal) => {
        Case {
            name: $name,
            changes: &[Change::Employ(Server {
                program: $program,
                place: Place::Internet,
                port: 8443,
                makes_room: Some("jamf-down"),
                broken: Some($broken.0),
                mended: Some($broken.1),
            })],
            proof: (
                "openssl s_client -alpn h2 -connect jamf.example.com:8443 </dev/null 2>&1 | grep -i -e alpn -e alert",
                &[$says],
            ),
            arguments: &[],
            profile: Some(ONLY_HTTP2),
            verdict: "fail",
            exit: 1,
            rows: &[rows("h2/push", &["tls_http2_lost"], "fail")],
            diagnosis: Some(("http2_lost", "network")),
            ..CASE
        }
    };
}

macro_rules! openssl {
    ($more:literal) => {
        concat!(
            "exec openssl s_server -quiet -www -accept 54.93.118.77:8443 -cert @/sound.pem -cert_chain @/sound.pem -key @/leaf.key",
            $more
        )
    };
}

pub(super) const HTTP2: &[Case<'static>] = &[
    lost!(
        "HTTP/2 ends at a box that speaks HTTP/1.1",
        Program::Nginx,
        (terminator!("ssl"), terminator!("ssl http2")),
        "no application protocol"
    ),
    lost!(
        "HTTP/2 ends at a box that knows no ALPN",
        Program::Shell,
        (openssl!(""), openssl!(" -alpn h2")),
        "No ALPN negotiated"
    ),
];

pub(super) const OTHERS: &[Case<'static>] = &[
    Case {
        name: "tinyproxy filters Graph",
        changes: &[tiny("FilterType bre\nFilter \"@/filter\"")],
        proof: (
            through_squid!("-x http://10.77.1.1:8888"),
            &["403", "exit=56"],
        ),
        arguments: full!("http://10.77.1.1:8888"),
        verdict: "fail",
        exit: 1,
        rows: &[rows("entra.graph/*", &["proxy_denied"], "fail")],
        diagnosis: Some(("proxy_refuses", "proxy")),
        ..CASE
    },
    Case {
        name: "tinyproxy demands a sign-in",
        changes: &[tiny("BasicAuth me hush")],
        proof: (
            through_squid!("-x http://10.77.1.1:8888"),
            &["407", "exit=56"],
        ),
        arguments: graph!("http://10.77.1.1:8888"),
        verdict: "fail",
        exit: 1,
        rows: &[rows("*", &["proxy_auth_required"], "fail")],
        diagnosis: Some(("proxy_sign_in", "proxy")),
        ..CASE
    },
    Case {
        name: "a SOCKS server demands a sign-in",
        changes: &[socks("exec microsocks -i 10.77.1.1 -p 1080 -u me -P hush")],
        proof: (through_squid!("-x socks5h://10.77.1.1:1080"), &["exit=97"]),
        arguments: graph!("socks5://10.77.1.1"),
        verdict: "fail",
        exit: 1,
        rows: &[rows("*", &["proxy_auth_required"], "fail")],
        diagnosis: Some(("proxy_sign_in", "proxy")),
        ..CASE
    },
    Case {
        name: "a SOCKS server does not take the password",
        changes: &[socks("exec microsocks -i 10.77.1.1 -p 1080 -u me -P hush")],
        proof: (
            through_squid!("-x socks5h://me:wrong@10.77.1.1:1080"),
            &["exit=97"],
        ),
        arguments: graph!(
            "socks5://10.77.1.1",
            "--proxy-credentials-file",
            "@/wrong-login"
        ),
        verdict: "fail",
        exit: 1,
        rows: &[rows("*", &["proxy_login_refused"], "fail")],
        diagnosis: Some(("proxy_login_refused", "proxy")),
        ..CASE
    },
    Case {
        name: "a SOCKS server finds nobody listening",
        changes: &[socks(SOCKS), REFUSED],
        proof: (through_squid!("-x socks5h://10.77.1.1:1080"), &["exit=97"]),
        arguments: graph!("socks5://10.77.1.1"),
        verdict: "fail",
        exit: 1,
        rows: &[rows("*", &["proxy_bad_gateway"], "fail")],
        diagnosis: Some(("proxy_cannot_reach", "proxy")),
        ..CASE
    },
];

#[test]
fn what_a_squid_carries_and_what_it_does_not_is_told_apart() {
    super::play_all(SQUID);
}

#[test]
fn what_is_no_proxy_is_named_as_what_it_is() {
    super::play_all(STRANGE);
}

#[test]
fn a_pac_file_decides_for_each_destination_and_says_so_if_it_cannot() {
    super::play_all(PAC);
}

#[test]
fn a_service_without_the_http2_that_it_needs_is_told_from_one_that_is_blocked() {
    super::play_all(HTTP2);
}

#[test]
fn tinyproxy_and_a_socks_server_are_understood_as_well() {
    super::play_all(OTHERS);
}
