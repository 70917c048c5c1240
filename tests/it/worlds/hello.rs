//! Worlds that lose hellos of the size that Macs send today, and let small ones through.

use serde_json::json;

use super::case::{CASE, Case, Change, checks, rows, text};
use super::ground::{Background, Ground, Place};
use crate::binary::Run;

/// OpenSSL shakes hands with Graph twice: as it likes, and with a hello of some 1,900 bytes.
const BOTH: &str = "A=$(printf 'x%.0s' $(seq 200)); H='-connect 20.190.190.131:443 -servername graph.microsoft.com'; \
    timeout 3 openssl s_client $H </dev/null >/dev/null 2>&1; echo small=$?; \
    timeout 3 openssl s_client $H -alpn $A,$A,$A,$A,$A,$A,$A,$A </dev/null 2>&1 | grep -c 'SSL alert'";
/// The same over IPv6, to the server of the test.
const BOTH_V6: &str = "A=$(printf 'x%.0s' $(seq 200)); H='-connect [fd77:2::2]:443 -servername six.example'; \
    timeout 3 openssl s_client $H </dev/null >/dev/null 2>&1; echo small=$?; \
    timeout 3 openssl s_client $H -alpn $A,$A,$A,$A,$A,$A,$A,$A </dev/null 2>&1 | grep -c 'SSL alert'";

#[test]
fn a_hello_that_is_lost_for_its_size_is_told_from_one_that_is_lost_for_its_name() {
    super::play_all(&[
        Case {
            name: "a smaller MTU whose errors are dropped",
            changes: &[
                Change::Ip(
                    Place::Router,
                    "route replace default via 10.77.2.2 mtu 1400\n",
                    "route replace default via 10.77.2.2\n",
                ),
                Change::Errors("icmp type destination-unreachable icmp code frag-needed drop"),
            ],
            proof: (BOTH, &["small=0 0"]),
            verdict: "fail",
            exit: 1,
            rows: &[rows("*", &["tls_large_hello_lost"], "fail")],
            ..CASE
        },
        Case {
            name: "large hellos dropped by a router",
            changes: &[Change::Filter(
                "tcp dport { 443, 5223, 8443 } meta length > 1300 drop",
            )],
            proof: (BOTH, &["small=0 0"]),
            verdict: "fail",
            exit: 1,
            rows: &[
                rows("*", &["tls_large_hello_lost"], "fail"),
                rows("apple.push.block/*", &["tls_large_hello_lost"], "fail"),
            ],
            ..CASE
        },
        Case {
            name: "large hellos reset by a router",
            changes: &[Change::Filter(
                "ip daddr 20.190.190.131 tcp dport 443 meta length > 1300 reject with tcp reset",
            )],
            proof: (BOTH, &["small=0 0"]),
            arguments: &["https://graph.microsoft.com"],
            verdict: "fail",
            exit: 1,
            rows: &[rows("*", &["tls_large_hello_lost"], "fail")],
            ..CASE
        },
        Case {
            name: "a smaller MTU that is told",
            before: &[(
                Place::Router,
                "route replace default via 10.77.2.2 mtu 1400\n",
            )],
            proof: (BOTH, &["small=0 1"]),
            ..CASE
        },
    ]);
}

/// Nginx on IPv6, with a certificate of its own.
struct Six {
    _server: Background,
    ground: Ground,
}

impl Six {
    fn start() -> Self {
        let ground = Ground::new();
        ground.ip(Place::Client, "route add default via fd77:1::1\n");
        let (key, certificate) = (ground.file("six.key", ""), ground.file("six.pem", ""));
        ground.foreign(&format!(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout {key} \
             -out {certificate} -days 90 -subj /CN=six.example -addext subjectAltName=DNS:six.example \
             -addext basicConstraints=critical,CA:FALSE"
        ));
        let pem = std::fs::read_to_string(&certificate).unwrap();
        for store in ["public.pem", "apple.pem", "system.pem"] {
            ground.file(store, &pem);
        }
        // The folder of the world ends with it, and so do the server's files.
        let settings = format!(
            "daemon off; master_process off; pid {certificate}.pid; error_log stderr; events {{}}
             http {{ access_log off; client_body_temp_path {certificate}.b; proxy_temp_path {certificate}.p;
             fastcgi_temp_path {certificate}.f; uwsgi_temp_path {certificate}.u; scgi_temp_path {certificate}.s;
             server {{ listen [::]:443 ssl; ssl_certificate {certificate}; ssl_certificate_key {key}; }} }}"
        );
        let settings = ground.file("nginx.conf", &settings);
        let server = ground.background(Place::Internet, &["nginx", "-c", &settings]);
        let up = "for i in $(seq 50); do curl -sgk -m 1 -o /dev/null https://[fd77:2::2]/; \
                  [ $? = 7 ] || break; sleep 0.1; done";
        ground.foreign(up);
        Self {
            _server: server,
            ground,
        }
    }

    fn check(&self) -> (Run, Vec<String>) {
        let run = self.ground.preflight(&[
            "check",
            "-6",
            "--resolve",
            "six.example:fd77:2::2",
            "tls://six.example:443",
            "--skip",
            "canary",
            "--format",
            "json",
        ]);
        let report = run.json();
        let codes = checks(&report)
            .iter()
            .map(|check| text(check.report, "code").to_owned())
            .collect();
        (run, codes)
    }
}

#[test]
fn a_smaller_mtu_whose_errors_are_dropped_is_seen_over_ipv6_as_well() {
    if !super::possible() {
        return;
    }
    let six = Six::start();
    let said = six.ground.foreign(BOTH_V6);
    assert!(said.contains("small=0 1"), "{said}");
    let (run, codes) = six.check();
    assert_eq!((run.code, codes), (Some(0), vec![String::new()]), "{run:?}");
    let tls = &run.json()["prerequisites"][0]["checks"][0]["stages"]["tls"];
    let large = &tls["large_hello"];
    assert_eq!(
        (&large["bytes"], &large["acked"]),
        (&json!(1764), &json!(true)),
        "{tls}"
    );

    six.ground.ip(
        Place::Router,
        "route replace fd77:2::2/128 dev outer mtu 1400\n",
    );
    six.ground.errors_filter("icmpv6 type packet-too-big drop");
    let said = six.ground.foreign(BOTH_V6);
    assert!(said.contains("small=0 0"), "{said}");
    let (run, codes) = six.check();
    assert_eq!(run.code, Some(1), "{run:?}");
    assert_eq!(codes, ["tls_large_hello_lost"], "{run:?}");
    let report = run.json();
    let diagnosis = &report["diagnoses"][0];
    assert_eq!(diagnosis["code"], "large_hello_lost", "{report}");
    assert_eq!(diagnosis["owner"], "network", "{report}");

    // The router says what it drops, and the client sends smaller packets.
    six.ground.errors_filter("");
    let said = six.ground.foreign(BOTH_V6);
    assert!(said.contains("small=0 1"), "{said}");
    let (run, codes) = six.check();
    assert_eq!((run.code, codes), (Some(0), vec![String::new()]), "{run:?}");
}
