//! Which way each row takes where a proxy is set: by the vendor's policy, by the environment, or both ways beside each other.

use serde_json::{Value, json};

use super::case::{FULL, checks, text};
use super::foreign::{Program, Server};
use super::ground::{Ground, Place};
use super::{mitmproxy, proxies};
use crate::binary::{self, Run};

const PROXY: &str = "http://10.77.1.1:3128";
/// Whoever is to come out of the building goes through the proxy.
const CLOSED: &str = "tcp dport { 80, 443, 8443 } drop";

/// A Squid on the router that lets everybody through.
fn ground(filter: &str) -> Ground {
    let mut ground = Ground::new();
    ground.filter(filter);
    ground.serve(None, None);
    employ(&mut ground, Program::Squid, 3128, proxies::ALLOWS);
    ground
}

fn employ(ground: &mut Ground, program: Program, port: u16, configuration: &'static str) {
    let server = Server {
        program,
        place: Place::Router,
        port,
        makes_room: None,
        broken: None,
        mended: None,
    };
    ground.employ(&server, configuration);
}

fn check(ground: &Ground, starter: &[&str], more: &[&str]) -> (Run, Value) {
    let arguments = [&["check", "--format", "json"], FULL, more].concat();
    let run = ground.preflight_by(starter, &arguments);
    let report = run.json();
    (run, report)
}

fn row<'a>(report: &'a Value, id: &str) -> &'a Value {
    let all = checks(report);
    let found = all.iter().find(|check| check.id == id);
    found.unwrap_or_else(|| panic!("no {id}")).report
}

fn codes(row: &Value) -> Vec<&str> {
    let findings = row["findings"].as_array().unwrap().iter();
    findings.map(|finding| text(finding, "code")).collect()
}

#[test]
fn each_row_goes_as_its_vendor_says_and_both_ways_stand_beside_each_other() {
    if !super::possible() {
        return;
    }
    let ground = ground(CLOSED);
    let (run, report) = check(&ground, &[], &["--proxy", PROXY, "--paths", "both"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let graph = row(&report, "entra.graph/https");
    let path = json!({"kind": "proxy", "proxy": PROXY, "from": "option"});
    assert_eq!(graph["path"], path);
    assert_eq!(text(graph, "verdict"), "pass");
    assert_eq!(graph["paths"][0]["path"], json!({"kind": "direct"}));
    assert_eq!(text(&graph["paths"][0], "code"), "tcp_silent");
    assert_eq!(graph["paths"][1]["path"], path);
    assert_eq!(text(&graph["paths"][1], "verdict"), "pass");
    assert_eq!(graph["addresses"], json!([]), "the proxy's own business");
    let proxy = &graph["stages"]["proxy"];
    assert_eq!(text(proxy, "method"), "CONNECT");
    assert_eq!(text(proxy, "target"), "graph.microsoft.com:443");
    assert_eq!(proxy["status"], 200);
    // Port 5223 never goes through a proxy, and has one way only.
    let push = checks(&report)
        .into_iter()
        .find(|check| check.id.starts_with("apple.push.device/courier-5223"))
        .unwrap();
    assert_eq!(push.report["path"], json!({"kind": "direct"}));
    assert_eq!(push.report["paths"].as_array().unwrap().len(), 1);
    // A fixed proxy is no way for the couriers' port 443: that it would carry them is a note.
    let fallback = checks(&report)
        .into_iter()
        .find(|check| check.id.starts_with("apple.push.device/courier-443"))
        .unwrap()
        .report;
    assert_eq!(fallback["path"], json!({"kind": "direct"}));
    assert_eq!(text(fallback, "verdict"), "fail");
    assert_eq!(text(fallback, "code"), "tcp_silent");
    assert!(codes(fallback).contains(&"proxy_not_used"), "{fallback}");

    let file = ground.file("both.json", &run.stdout);
    let drawn = binary::run(&["render", &file, "--format", "table"]);
    let lines: Vec<&str> = drawn.stdout.lines().collect();
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let heading = lines.iter().find(|line| line.contains("Proxied")).unwrap();
    let columns = "Check DNS TCP PROXY TLS HTTP Direct Proxied Verdict";
    assert!(words(heading).starts_with(columns), "{heading}");
    let graph = lines
        .iter()
        .find(|line| line.starts_with("  https ") && line.contains("fail"))
        .unwrap();
    assert!(words(graph).contains("fail pass pass"), "{graph}");
    // Why the direct way fails stands beside what the row came to, whose own way it is not.
    let at = lines.iter().position(|line| line == graph).unwrap();
    let told = words(&lines[at..at + 8].join(" "));
    let (_, lost) = told.split_once("; directly: ").unwrap();
    let why = ":443: no answer to 3 connects in 3.3 s [tcp_silent]";
    assert!(lost.contains(why), "{told}");
    let page = binary::run(&["render", &file, "--format", "markdown"]).stdout;
    let directly = "directly: fail, 20.190.190.131:443: no answer";
    assert!(page.contains(directly), "{page}");
    let page = binary::run(&["render", &file, "--format", "html"]).stdout;
    assert!(
        page.contains("<th>Direct</th><th>Proxied</th>"),
        "two columns"
    );
}

#[test]
fn the_environment_names_the_proxy_and_whom_it_is_not_for() {
    if !super::possible() {
        return;
    }
    let ground = ground("");
    let starter = [
        "env",
        "https_proxy=http://me:hush@10.77.1.1:3128",
        "no_proxy=.microsoftonline.com,54.0.0.0/8",
    ];
    let (run, report) = check(&ground, &starter, &[]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(text(&report["vantage"], "proxy"), PROXY);
    let graph = row(&report, "entra.graph/https");
    assert_eq!(
        graph["path"],
        json!({"kind": "proxy", "proxy": PROXY, "from": "env"})
    );
    let login = checks(&report)
        .into_iter()
        .find(|check| text(&check.report["target"], "host") == "login.microsoftonline.com")
        .unwrap();
    assert_eq!(login.report["path"], json!({"kind": "direct"}));
    for said in [&run.stdout, &run.stderr] {
        assert!(!said.contains("hush"), "{said}");
        assert!(!said.contains("bWU6aHVzaA"), "{said}");
    }
    let (run, report) = check(&ground, &starter, &["--proxy", "none"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(report["vantage"]["proxy"], Value::Null);
    assert_eq!(
        row(&report, "entra.graph/https")["path"],
        json!({"kind": "direct"})
    );
}

#[test]
fn a_proxy_that_was_left_aside_leaves_what_fails_directly_open() {
    if !super::possible() {
        return;
    }
    let ground = ground(CLOSED);
    let (run, report) = check(&ground, &[], &["--proxy", PROXY, "--paths", "direct"]);
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    let graph = row(&report, "entra.graph/https");
    assert_eq!(text(graph, "code"), "proxy_not_tried");
    assert_eq!(text(graph, "verdict"), "inconclusive");
}

#[test]
fn a_proxy_that_the_machine_is_told_of_is_named_where_nothing_gets_out_without_it() {
    if !super::possible() {
        return;
    }
    let ground = ground("tcp dport != 53 drop");
    let told = ["env", "https_proxy=http://me:hush@10.77.1.1:3128"];
    let causes = |report: &Value| {
        let all = report["diagnoses"].as_array().unwrap().iter();
        all.map(|one| text(one, "code").to_owned())
            .collect::<Vec<_>>()
    };
    let (run, report) = check(&ground, &told, &["--proxy", "none"]);
    assert_eq!(causes(&report), ["proxy_required"]);
    let cause = &report["diagnoses"][0];
    assert_eq!(text(cause, "confidence"), "high");
    assert_eq!(text(&report["vantage"], "proxy_unused"), PROXY);
    assert!(cause["evidence"].to_string().contains(PROXY), "{cause}");
    assert!(!run.stdout.contains("hush"));
    let again = text(cause, "verify");
    assert!(!again.contains("--proxy"), "{again}");
    let file = ground.file("none.json", &run.stdout);
    let redacted = binary::run(&["render", &file, "--format", "jsonl", "--redact"]);
    assert_eq!(redacted.code, Some(1), "{}", redacted.stderr);
    assert!(
        !redacted.stdout.contains("10.77.1.1"),
        "{}",
        redacted.stdout
    );
    // What it advises leads out, but for the couriers, whom no fixed proxy carries.
    let (_, report) = check(&ground, &[], &["--proxy", PROXY]);
    assert_eq!(text(row(&report, "entra.graph/https"), "verdict"), "pass");
    assert_eq!(causes(&report), ["egress_destination_filtered"]);
    // Nothing speaks of a proxy: it may as well be closed.
    let (_, report) = check(&ground, &[], &[]);
    assert_eq!(causes(&report), ["egress_closed"]);
    let evidence = report["diagnoses"][0]["evidence"].to_string();
    assert!(evidence.contains("nothing speaks of a proxy"), "{evidence}");
}

#[test]
fn that_something_is_closed_is_asked_of_the_direct_way_alone() {
    if !super::possible() {
        return;
    }
    let ground = ground("tcp dport 443 reject with icmp type admin-prohibited");
    let run = ground.preflight(&[
        "check",
        "--format",
        "json",
        "--proxy",
        PROXY,
        "--expect",
        "rejected",
        "tcp://graph.microsoft.com:443",
    ]);
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    let report = run.json();
    assert_eq!(
        row(&report, "target/target-1")["path"],
        json!({"kind": "direct"})
    );
}

#[test]
fn what_nobody_here_can_look_up_is_the_proxys_to_look_up() {
    if !super::possible() {
        return;
    }
    let ground = ground("udp dport 53 drop\ntcp dport 53 drop");
    let targets = [
        "https://graph.microsoft.com/v1.0/$metadata",
        "dns:login.microsoftonline.com",
    ];
    let arguments = [
        &["check", "--format", "json", "--proxy", PROXY],
        &targets[..],
    ]
    .concat();
    let run = ground.preflight(&arguments);
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    let report = run.json();
    let name = row(&report, "target/target-2");
    assert_eq!(text(name, "verdict"), "skipped");
    assert_eq!(codes(name), ["proxy_looks_up"]);
}

#[test]
fn http2_that_an_inspecting_proxy_loses_is_told_from_all_else() {
    if !super::possible() {
        return;
    }
    if mitmproxy::program().is_none() {
        mitmproxy::say_skipped();
        return;
    }
    let mut ground = Ground::new();
    ground.serve(None, None);
    employ(
        &mut ground,
        Program::OpenMitmproxy,
        3132,
        "from mitmproxy import ctx\nctx.options.http2 = False\n",
    );
    let profile = ground.file(
        "h2.toml",
        "[profile]\nname = \"h2\"\ntitle = \"HTTP/2\"\nversion = \"1\"\n\
         [[prerequisite]]\nid = \"h2\"\ntitle = \"HTTP/2 passes\"\nseverity = \"required\"\n\
         from = [\"client\"]\nowner = \"network\"\nwhy = \"w\"\nremedy = \"r\"\nsources = []\n\
         [[prerequisite.check]]\nid = \"push\"\ntitle = \"Push\"\n\
         tls = { host = \"api.push.apple.com\", port = 443, alpn = [\"h2\"], stores = [\"public\", \"system\"] }\n\
         expect = \"tls\"\n",
    );
    let ca = ground.folder.join("mitmproxy/mitmproxy-ca-cert.pem");
    for (proxy, codes_due) in [
        (
            &["--proxy", "http://10.77.1.1:3132"][..],
            vec!["tls_intercepted", "tls_http2_lost"],
        ),
        (&[], vec![]),
    ] {
        let arguments = [
            &[
                "check",
                "--format",
                "json",
                "--profile",
                &profile,
                "--timeout",
                "15s",
            ],
            proxy,
        ]
        .concat();
        let run = ground.preflight(&arguments);
        let report = run.json();
        let seen = codes(row(&report, "h2/push")).join(" ");
        for code in &codes_due {
            assert!(seen.contains(code), "{seen} {}", run.stdout);
        }
        assert_eq!(codes_due.is_empty(), seen.is_empty(), "{seen}");
    }
    assert!(ca.exists(), "the authority that mitmproxy made for itself");
}

/// Two ways of the file are silent, the third works.
const SILENT_WAYS: &str = "ip daddr 203.0.113.0/24 drop";
pub(super) const THREE_WAYS: &str = "function FindProxyForURL(url, host) {\n\
                          return 'PROXY 203.0.113.7:3128; PROXY 203.0.113.8:3128; PROXY 10.77.1.1:3128';\n}\n";

#[test]
fn ways_that_nobody_answers_are_waited_for_beside_each_other() {
    if !super::possible() {
        return;
    }
    let ground = ground(SILENT_WAYS);
    let option = format!("pac:{}", ground.file("three.pac", THREE_WAYS));
    let words = [
        "check",
        "--format",
        "json",
        "--proxy",
        &option,
        "https://graph.microsoft.com/v1.0/$metadata",
    ];
    let run = ground.preflight(&[&words[..], &["--fast"]].concat());
    let report = run.json();
    let took = report["run"]["duration_ms"].as_u64().unwrap();
    assert!((1_000..2_300).contains(&took), "--fast: {took} ms");
    let graph = row(&report, "target/target-1");
    assert_eq!(text(graph, "verdict"), "degraded", "--fast: {graph}");
    assert_eq!(text(&graph["path"], "proxy"), PROXY);
    assert_eq!(graph["stages"]["proxy"]["passed_on"], true);
    assert_eq!(run.code, Some(0), "--fast: {}{}", run.stdout, run.stderr);

    let run = ground.preflight(&words);
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    let report = run.json();
    let took = report["run"]["duration_ms"].as_u64().unwrap();
    assert!((3_300..4_300).contains(&took), "{took} ms");
    let graph = row(&report, "target/target-1");
    assert_eq!(text(graph, "verdict"), "degraded");
    assert_eq!(text(graph, "code"), "proxy_unreachable");
    assert!(text(graph, "message").contains("203.0.113.7"), "{graph}");
    // The stages are those of the way that the row takes.
    assert_eq!(text(&graph["path"], "proxy"), PROXY);
    assert_eq!(text(&graph["stages"]["proxy"], "proxy"), PROXY);
    assert_eq!(graph["stages"]["proxy"]["passed_on"], true);
}

#[test]
fn calls_go_round_the_ways_that_nobody_answers() {
    if !super::possible() {
        return;
    }
    let ground = ground(SILENT_WAYS);
    let option = format!("pac:{}", ground.file("three.pac", THREE_WAYS));
    let (run, report) = check(&ground, &[], &["--proxy", &option]);
    let took = report["run"]["duration_ms"].as_u64().unwrap();
    assert!(took < 5_500, "{took} ms");
    for one in checks(&report) {
        let (verdict, code) = (text(one.report, "verdict"), &one.report["code"]);
        let works = matches!(verdict, "pass" | "skipped")
            || (verdict == "degraded" && code == "proxy_unreachable");
        assert!(works, "{}: {}", one.id, one.report);
    }
    assert_eq!(run.code, Some(0), "{}", run.stderr);
}

/// Hands a PAC file out and agrees to any `CONNECT`, over IPv6 alone.
const OVER_IPV6: &str = r#"
import socket
server = socket.create_server(("::1", 3128), family=socket.AF_INET6)
pac = b"function FindProxyForURL(url, host) { return 'PROXY localhost:3128'; }"
while True:
    stream, _ = server.accept()
    asked = stream.recv(4096)
    if asked.startswith(b"GET"):
        stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(pac) + pac)
    elif asked:
        stream.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    stream.close()
"#;

#[test]
fn a_proxy_and_a_pac_server_that_are_silent_over_ipv4_are_reached_over_ipv6() {
    if !super::possible() {
        return;
    }
    let ground = ground("");
    ground.own_file("hosts", Some("127.0.0.1 localhost\n::1 localhost\n"));
    ground.own_filter("ip daddr 127.0.0.1 tcp dport 3128 drop");
    // Without a route over IPv6 no name is asked for such an address.
    ground.ip(
        Place::Client,
        "addr add 2001:db8:77::2/64 dev eth0 nodad\nroute add default via 2001:db8:77::1\n",
    );
    let _server = ground.background(Place::Client, &["python3", "-c", OVER_IPV6]);
    // It takes a while until it listens.
    let said = ground.foreign(
        "curl -s -o /dev/null --retry 15 --retry-delay 1 --retry-connrefused 'http://[::1]:3128/x.pac'",
    );
    assert!(said.contains("exit=0"), "{said}");
    let run = ground.preflight(&[
        "check",
        "--format",
        "json",
        "--proxy",
        "pac:http://localhost:3128/x.pac",
        "tcp://graph.microsoft.com:443",
    ]);
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    let report = run.json();
    let took = report["run"]["duration_ms"].as_u64().unwrap();
    assert!((3_300..4_800).contains(&took), "{took} ms");
    let graph = row(&report, "target/target-1");
    assert_eq!(text(graph, "verdict"), "degraded");
    assert!(
        text(graph, "message").contains("1 of 2 addresses work"),
        "{graph}"
    );
    // As on the direct way, the stages show the family that fails.
    assert_eq!(text(&graph["stages"]["tcp"], "peer"), "127.0.0.1:3128");
}

#[test]
fn a_proxy_of_several_addresses_is_reached_at_the_one_that_answers() {
    if !super::possible() {
        return;
    }
    let ground = ground("");
    // Nobody has the first one, which is nearer to the client's own and so the system's first.
    ground.own_file(
        "hosts",
        Some("127.0.0.1 localhost\n10.77.1.3 proxy.lab\n10.77.1.1 proxy.lab\n"),
    );
    let run = ground.preflight(&[
        "check",
        "--format",
        "json",
        "--proxy",
        "http://proxy.lab:3128",
        "https://graph.microsoft.com/v1.0/$metadata",
    ]);
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    let report = run.json();
    let graph = row(&report, "target/target-1");
    assert_eq!(text(graph, "verdict"), "degraded");
    assert_eq!(text(graph, "code"), "proxy_unreachable");
    let message = text(graph, "message");
    assert!(message.contains("proxy.lab:3128 at 10.77.1.3"), "{message}");
    let title = text(&report["diagnoses"][0], "title");
    assert!(
        title.ends_with("does not answer at each of its addresses"),
        "{title}"
    );
}

/// The first way may yet answer when the run ends, and the second works.
#[test]
fn a_run_that_is_cut_does_not_take_a_later_way_for_the_rows() {
    if !super::possible() {
        return;
    }
    let ground = ground(SILENT_WAYS);
    let ways = "function FindProxyForURL(url, host) {\n\
                return 'PROXY 203.0.113.7:3128; PROXY 10.77.1.1:3128';\n}\n";
    let option = format!("pac:{}", ground.file("cut.pac", ways));
    let target = "https://graph.microsoft.com/v1.0/$metadata";
    let arguments = ["check", "--format", "json", "--proxy", &option];
    let cut = [&arguments[..], &["--deadline", "2s", target]].concat();
    let report = ground.preflight(&cut).json();
    let graph = row(&report, "target/target-1");
    assert_eq!(text(graph, "verdict"), "inconclusive");
    assert_eq!(text(graph, "code"), "inconclusive_deadline");
    assert_eq!(text(&graph["path"], "proxy"), "http://203.0.113.7:3128");
    let whole = [&arguments[..], &[target]].concat();
    let report = ground.preflight(&whole).json();
    assert_eq!(text(row(&report, "target/target-1"), "verdict"), "degraded");
}
