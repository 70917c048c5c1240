//! Names with addresses of both families, of which one is broken in one way or another: what each address shows, and
//! what an application gets that races them. curl is the foreign application.

use mdm_preflight::lab::{Guest, Part};
use serde_json::Value;

use super::case::{FULL, checks, text};
use super::ground::{Ground, Place};
use super::range;

/// It begins the second connect after 200 ms, where the RFC suggests 250.
const CURL: &str = "curl -s -m 3 -o /dev/null -w 'over %{remote_ip} after %{time_connect} s ' \
                    http://6-courier.push.apple.com:443/";
const V6_BLOCK: &str = "2a01:b740:";

/// Couriers that listen at an address of each family.
const COURIERS: [(&str, [&str; 2]); 5] = [
    (
        "6-courier.push.apple.com",
        ["17.57.146.36", "2a01:b740:a42::6"],
    ),
    (
        "16-courier.push.apple.com",
        ["17.57.146.37", "2a01:b740:a42::16"],
    ),
    (
        "26-courier.push.apple.com",
        ["17.57.146.38", "2a01:b740:a42::26"],
    ),
    (
        "36-courier.push.apple.com",
        ["17.57.146.39", "2a01:b740:a42::36"],
    ),
    (
        "46-courier.push.apple.com",
        ["17.57.146.40", "2a01:b740:a42::46"],
    ),
];

fn ground(v6: bool) -> Ground {
    ground_with(v6, None)
}

fn ground_with(v6: bool, further: Option<Guest>) -> Ground {
    let guests = COURIERS.map(|(host, addresses)| range::courier(host, &addresses));
    let ground = range::ground_of(v6, guests.into_iter().chain(further).collect());
    if v6 {
        // Applications take IPv6 first only where they would send from a global address.
        ground.ip(Place::Client, "addr add 2001:db8:77::2/64 dev eth0 nodad\n");
        ground.ip(
            Place::Router,
            "addr add 2001:db8:77::1/64 dev inner nodad\n",
        );
        // The neighbours have to find each other first.
        ground.foreign("curl -sg -m 5 -o /dev/null 'http://[2a01:b740:a42::6]:443/'");
    }
    ground
}

/// The row of one courier's fallback port, and the exit code.
fn courier(ground: &Ground, more: &[&str]) -> (Value, Value, Option<i32>) {
    let arguments = [&["check", "--format", "json"], more, FULL].concat();
    let run = ground.preflight(&arguments);
    let report = run.json();
    let all = checks(&report);
    let row = all
        .iter()
        .find(|check| check.id == "apple.push.device/courier-443-6")
        .unwrap();
    (row.report.clone(), report.clone(), run.code)
}

/// The code over IPv6.
fn code_v6(row: &Value) -> &str {
    let all = row["addresses"].as_array().unwrap();
    let one = all.iter().find(|address| address["family"] == 6).unwrap();
    text(one, "code")
}

/// The cause that explains a row.
fn cause_of<'a>(row: &Value, report: &'a Value) -> &'a str {
    let all = report["diagnoses"].as_array().unwrap();
    let cause = all.iter().find(|cause| cause["id"] == row["explained_by"]);
    cause.map_or("", |cause| text(cause, "code"))
}

/// The verdicts over IPv4 and IPv6; `-` where no address of the family was there.
fn families(row: &Value) -> [&str; 2] {
    [4, 6].map(|family| {
        let all = row["addresses"].as_array().unwrap();
        let one = all.iter().find(|address| address["family"] == family);
        one.map_or("-", |address| text(address, "verdict"))
    })
}

/// The family that an application uses, how much later it does, and whether that works.
fn application(row: &Value) -> (u64, f64, bool) {
    let race = &row["application"];
    (
        race["family"].as_u64().unwrap_or_default(),
        race["late_ms"].as_f64().unwrap_or_default(),
        race["works"] == true,
    )
}

#[test]
fn both_families_work_and_applications_take_ipv6() {
    if !super::possible() {
        return;
    }
    let ground = ground(true);
    let proof = ground.foreign(CURL);
    assert!(proof.contains(&format!("over {V6_BLOCK}")), "{proof}");
    let (row, _, code) = courier(&ground, &[]);
    assert_eq!((families(&row), code), (["pass", "pass"], Some(0)));
    let (family, late, works) = application(&row);
    assert_eq!((family, works), (6, true));
    assert!(late < 100.0, "{late}");
    // From a unique local address, IPv4 comes first (RFC 6724).
    ground.ip(Place::Client, "addr del 2001:db8:77::2/64 dev eth0\n");
    let proof = ground.foreign(CURL);
    assert!(proof.contains("over 17."), "{proof}");
    let (row, _, _) = courier(&ground, &[]);
    assert_eq!(application(&row).0, 4);
    // There is no race in one family.
    for (only, expected) in [("-4", ["pass", "-"]), ("-6", ["-", "pass"])] {
        let (row, _, _) = courier(&ground, &[only]);
        assert_eq!(families(&row), expected);
        assert_eq!(row["application"], Value::Null);
    }
}

#[test]
fn a_silent_ipv6_costs_each_connection_a_quarter_of_a_second() {
    if !super::possible() {
        return;
    }
    let ground = ground(true);
    ground.filter("meta nfproto ipv6 drop");
    let proof = ground.foreign(CURL);
    assert!(
        proof.contains("over 17.") && proof.contains("after 0.2"),
        "{proof}"
    );
    let (row, report, code) = courier(&ground, &[]);
    assert_eq!((families(&row), code), (["pass", "fail"], Some(0)));
    let (family, late, works) = application(&row);
    assert_eq!((family, works), (4, true));
    assert!((240.0..400.0).contains(&late), "{late}");
    let message = text(&row, "message");
    assert!(
        message.contains("1 of 2 addresses work; applications connect 2"),
        "{message}"
    );
    let cause = &report["diagnoses"][0];
    assert_eq!(text(cause, "code"), "ipv6_broken");
    let summary = text(cause, "summary");
    assert!(
        summary.contains("each new connection of an application takes 2"),
        "{summary}"
    );
    let (row, _, code) = courier(&ground, &["-4"]);
    assert_eq!((families(&row), code), (["pass", "-"], Some(0)));
    let (row, _, code) = courier(&ground, &["-6"]);
    assert_eq!((families(&row), code), (["-", "fail"], Some(1)));
    // Cut off in the middle: that nothing is in the way is not known then.
    let target = "tcp://6-courier.push.apple.com:443";
    let run = ground.preflight(&["check", "--skip", "canary", "--deadline", "2s", target]);
    let first = run.stdout.lines().next().unwrap();
    let said = "DEGRADED: 1 check made, and 1 of them could not be decided, for reasons that their rows give";
    assert_eq!((first, run.code), (said, Some(0)));
}

#[test]
fn an_ipv6_that_is_refused_costs_no_time() {
    if !super::possible() {
        return;
    }
    let ground = ground(true);
    ground.filter("ip6 daddr 2a01:b740::/32 reject with tcp reset");
    let proof = ground.foreign(CURL);
    assert!(
        proof.contains("over 17.") && proof.contains("after 0.0"),
        "{proof}"
    );
    let (row, _, code) = courier(&ground, &[]);
    assert_eq!((families(&row), code), (["pass", "fail"], Some(0)));
    let (family, late, works) = application(&row);
    assert_eq!((family, works), (4, true));
    assert!(late < 100.0, "{late}");
    assert!(!text(&row, "message").contains("later"), "{row}");
    let (row, _, code) = courier(&ground, &["-4"]);
    assert_eq!((families(&row), code), (["pass", "-"], Some(0)));
    let (row, _, code) = courier(&ground, &["-6"]);
    assert_eq!((families(&row), code), (["-", "fail"], Some(1)));
}

/// A router rations its errors, so that one row is asked alone. They come back here while the kernel is still sending, and
/// a program that does not ask for them hears nothing before its second packet: curl is no witness.
#[test]
fn an_ipv6_that_a_router_refuses_costs_no_time() {
    if !super::possible() {
        return;
    }
    let ground = ground(true);
    ground.filter("ip6 daddr 2a01:b740::/32 reject with icmpv6 type admin-prohibited");
    let proof =
        ground.foreign("nmap -6 -Pn -n -sS --reason --max-retries 1 -p 443 2a01:b740:a42::6");
    assert!(proof.contains("admin-prohibited"), "{proof}");
    let one = ["--only", "apple.push.device/courier-443-6"];
    let (row, report, _) = courier(&ground, &one);
    assert_eq!(families(&row), ["pass", "fail"]);
    assert_eq!(code_v6(&row), "tcp_admin_prohibited");
    assert_eq!(text(&row, "verdict"), "degraded");
    assert_eq!(cause_of(&row, &report), "firewall_rejects");
    let (family, late, works) = application(&row);
    assert_eq!((family, works), (4, true));
    assert!(late < 100.0, "{late}");
    let (row, ..) = courier(&ground, &[&one[..], &["-4"]].concat());
    assert_eq!(families(&row), ["pass", "-"]);
    let (row, ..) = courier(&ground, &[&one[..], &["-6"]].concat());
    assert_eq!(families(&row), ["-", "fail"]);
}

/// The address of IPv6 is another server's, which refuses the courier's protocol: the way there is in order, and is not
/// what is blamed.
#[test]
fn an_ipv6_that_leads_to_another_server_breaks_applications() {
    if !super::possible() {
        return;
    }
    let other = Guest {
        host: "www.example.com",
        addresses: vec!["2a01:b740:a42::99".parse().unwrap()],
        ports: vec![443],
        plays: Part::Web { status: 200 },
    };
    let ground = ground_with(true, Some(other));
    ground.filter(
        "}\nchain turned {\ntype nat hook prerouting priority dstnat\n\
         ip6 daddr 2a01:b740:a42::6 tcp dport 443 dnat ip6 to [2a01:b740:a42::99]:443\n",
    );
    let one = ["--only", "apple.push.device/courier-443-6"];
    let (row, report, _) = courier(&ground, &one);
    assert_eq!(families(&row), ["pass", "fail"]);
    assert_eq!(code_v6(&row), "tls_alert");
    assert_eq!(text(&row, "verdict"), "fail");
    assert_eq!((application(&row).0, application(&row).2), (6, false));
    assert_eq!(cause_of(&row, &report), "member_failing", "{report}");
    let (row, ..) = courier(&ground, &[&one[..], &["-4"]].concat());
    assert_eq!(families(&row), ["pass", "-"]);
    let (row, ..) = courier(&ground, &[&one[..], &["-6"]].concat());
    assert_eq!(families(&row), ["-", "fail"]);
}

/// One family is blocked as demanded and the other is not: that is no broken IPv6, and nobody is meant to connect.
#[test]
fn an_ipv6_that_is_open_against_the_demand_is_not_called_broken() {
    if !super::possible() {
        return;
    }
    let ground = ground(true);
    ground.filter("ip daddr 17.57.146.36 tcp dport 443 reject with icmp type admin-prohibited");
    let run = ground.preflight(&[
        "check",
        "--format",
        "json",
        "--expect",
        "blocked",
        "tcp://6-courier.push.apple.com:443",
    ]);
    let report = run.json();
    let all = checks(&report);
    let row = all[0].report;
    assert_eq!((families(row), run.code), (["pass", "fail"], Some(1)));
    assert_eq!(row["application"], Value::Null);
    assert_eq!(cause_of(row, &report), "unexpectedly_open", "{report}");
}

/// The connect succeeds, and what is longer than a bare segment is lost: whoever races connects has chosen by then.
#[test]
fn an_ipv6_that_breaks_after_the_connect_breaks_applications() {
    if !super::possible() {
        return;
    }
    let ground = ground(true);
    ground.filter("ip6 daddr 2a01:b740::/32 meta length > 120 drop");
    let proof = ground.foreign(CURL);
    assert!(
        proof.contains(&format!("over {V6_BLOCK}")) && proof.contains("exit=28"),
        "{proof}"
    );
    let (row, report, code) = courier(&ground, &[]);
    assert_eq!((families(&row), code), (["pass", "fail"], Some(1)));
    assert_eq!((application(&row).0, application(&row).2), (6, false));
    assert_eq!(text(&row, "verdict"), "fail");
    let message = text(&row, "message");
    assert!(
        message.contains("applications choose this one, and fail"),
        "{message}"
    );
    let cause = &report["diagnoses"][0];
    assert_eq!(
        text(cause, "code"),
        "ipv6_broken",
        "{}",
        report["diagnoses"]
    );
    assert!(text(cause, "summary").contains("fail with what comes then"));
    let (row, _, code) = courier(&ground, &["-4"]);
    assert_eq!((families(&row), code), (["pass", "-"], Some(0)));
    let (row, _, code) = courier(&ground, &["-6"]);
    assert_eq!((families(&row), code), (["-", "fail"], Some(1)));
}

#[test]
fn a_broken_ipv4_behind_a_working_ipv6_is_seen_and_costs_nothing() {
    if !super::possible() {
        return;
    }
    let ground = ground(true);
    ground.filter("ip daddr 17.0.0.0/8 drop");
    let proof = ground.foreign(CURL);
    assert!(proof.contains(&format!("over {V6_BLOCK}")), "{proof}");
    let (row, report, _) = courier(&ground, &[]);
    assert_eq!(families(&row), ["fail", "pass"]);
    assert_eq!(text(&row, "verdict"), "degraded");
    let cause = cause_of(&row, &report);
    assert_eq!(cause, "egress_destination_filtered", "{report}");
    let (family, late, works) = application(&row);
    assert_eq!((family, works), (6, true));
    assert!(late < 1.0, "{late}");
    let (row, ..) = courier(&ground, &["-4"]);
    assert_eq!(families(&row), ["fail", "-"]);
    let (row, ..) = courier(&ground, &["-6"]);
    assert_eq!(families(&row), ["-", "pass"]);
}

#[test]
fn a_family_without_a_route_is_not_tested_and_said() {
    if !super::possible() {
        return;
    }
    let ground = ground(false);
    let said = |report: &Value, family: &str| {
        let remark = format!("{family} was not tested, this machine has no route for it");
        report["remarks"].to_string().contains(&remark)
    };
    let (row, report, code) = courier(&ground, &[]);
    assert_eq!((families(&row), code), (["pass", "skipped"], Some(0)));
    assert!(said(&report, "IPv6") && row["application"].is_null());
    // The same the other way round, with IPv4 to the resolver alone.
    ground.ip(
        Place::Client,
        "route add default via fd77:1::1\nroute add 198.51.100.53 via 10.77.1.1\nroute del default via 10.77.1.1\n",
    );
    let (row, report, _) = courier(&ground, &[]);
    assert_eq!(families(&row), ["skipped", "pass"]);
    assert_eq!(text(&row, "verdict"), "pass");
    assert!(said(&report, "IPv4"), "{}", report["remarks"]);
}

/// Forwards each question, but for those for addresses of IPv6: they get the response code that is given, or nothing.
const PARTIAL: &str = r#"
import socket, sys, threading
code = sys.argv[1]
front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
front.bind(("198.51.100.54", 53))
def forward(question, whence):
    end = 12
    while question[end]: end += question[end] + 1
    if code != "all" and question[end + 1:end + 3] == b"\0\x1c":
        if code != "none":
            flags = bytes([question[2] | 0x80, 0x80 | int(code)])
            front.sendto(question[:2] + flags + b"\0\1\0\0\0\0\0\0" + question[12:end + 5], whence)
        return
    back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    back.settimeout(5)
    back.sendto(question, ("198.51.100.53", 53))
    front.sendto(back.recv(65535), whence)
while True:
    question, whence = front.recvfrom(65535)
    threading.Thread(target=forward, args=(question, whence), daemon=True).start()
"#;

/// What such a server does to the question, what dig calls it, how long an application waits, and the row's code.
const PARTIAL_SERVERS: [(&str, &str, bool, &str); 4] = [
    ("none", "timed out", true, "dns_family_silent"),
    ("2", "status: SERVFAIL", false, "dns_family_failed"),
    ("3", "status: NXDOMAIN", false, "dns_family_failed"),
    ("all", "status: NOERROR", false, "-"),
];

#[test]
fn a_resolver_that_answers_for_one_family_alone_is_named() {
    if !super::possible() {
        return;
    }
    let ground = ground(true);
    ground.ip(Place::Internet, "addr add 198.51.100.54/32 dev lo\n");
    ground.write_resolvers("nameserver 198.51.100.54\n");
    for (how, said, waits, code) in PARTIAL_SERVERS {
        let _relay = ground.background(Place::Internet, &["python3", "-c", PARTIAL, how]);
        let proof = ground.foreign(
            "for i in 1 2 3 4 5; do dig +time=1 +tries=1 captive.apple.com A | grep -q NOERROR && break; sleep 0.2; done\n\
             dig +time=1 +tries=1 captive.apple.com AAAA\n\
             timeout 3 getent ahosts captive.apple.com >/dev/null",
        );
        // 124: it was still waiting.
        let exit = if waits { "exit=124" } else { "exit=0" };
        assert!(
            proof.contains(said) && proof.contains(exit),
            "{how}: {proof}"
        );
        let (row, report, exit) = courier(&ground, &[]);
        assert_eq!(exit, Some(0), "{how}");
        let causes = report["diagnoses"].as_array().unwrap();
        let lacks = causes
            .iter()
            .find(|cause| cause["code"] == "resolver_lacks_family");
        if how == "all" {
            assert_eq!((text(&row, "verdict"), lacks), ("pass", None));
            continue;
        }
        assert_eq!(
            (text(&row, "verdict"), text(&row, "code")),
            ("degraded", code)
        );
        assert_eq!(cause_of(&row, &report), "resolver_lacks_family");
        assert_eq!(
            (
                text(lacks.unwrap(), "owner"),
                text(lacks.unwrap(), "confidence")
            ),
            ("dns", "high")
        );
    }
}

/// A server of the organisation's own.
fn web(host: &'static str, address: &str) -> Guest {
    Guest {
        host,
        addresses: vec![address.parse().unwrap()],
        ports: vec![443],
        plays: Part::Web { status: 200 },
    }
}

/// Verdict and code of the only row, and the code, owner and confidence of each cause.
fn only(ground: &Ground, arguments: &[&str]) -> ([String; 2], Vec<[String; 3]>) {
    let all = [
        &["check", "--format", "json", "--skip", "canary"],
        arguments,
    ]
    .concat();
    let report = ground.preflight(&all).json();
    let of = |value, key| text(value, key).to_owned();
    let row = checks(&report)[0].report;
    let causes = report["diagnoses"].as_array().unwrap().iter();
    let causes = causes.map(|one| ["code", "owner", "confidence"].map(|key| of(one, key)));
    (
        ["verdict", "code"].map(|key| of(row, key)),
        causes.collect(),
    )
}

#[test]
fn hosts_of_ipv6_alone_are_not_held_back_by_the_machine_that_has_no_ipv6() {
    if !super::possible() {
        return;
    }
    let six = web("six.example.com", "2a01:b740:a42::77");
    let guests = COURIERS.map(|(host, addresses)| range::courier(host, &addresses));
    let ground = range::ground_of(false, guests.into_iter().chain([six]).collect());
    let missing = ["family_missing", "network", "certain"].map(str::to_owned);
    for arguments in [
        &["tcp://six.example.com:443"][..],
        &["tls://six.example.com:443"],
        &["tcp://[2a01:b740:a42::77]:443"],
        &["-6", "tcp://6-courier.push.apple.com:443"],
    ] {
        let (row, causes) = only(&ground, arguments);
        assert_eq!(row, ["fail", "local_route_missing"], "{arguments:?}");
        assert_eq!(causes, std::slice::from_ref(&missing), "{arguments:?}");
    }
    ground.ip(Place::Client, "route add default via fd77:1::1\n");
    // The neighbours have to find each other first.
    ground.foreign("curl -sgk -m 5 -o /dev/null 'https://[2a01:b740:a42::77]/'");
    let (row, causes) = only(&ground, &["tcp://six.example.com:443"]);
    assert_eq!((row[0].as_str(), causes.len()), ("pass", 0));
    // What a route of its own holds back is the machine's doing.
    ground.ip(
        Place::Client,
        "route add unreachable 2a01:b740:a42::77/128\n",
    );
    let (row, causes) = only(&ground, &["tcp://six.example.com:443"]);
    assert_eq!(row, ["fail", "local_route_missing"]);
    let own = ["local_policy", "device", "certain"].map(str::to_owned);
    assert_eq!(causes, [own]);
}

#[test]
fn a_link_local_address_in_an_answer_leads_nowhere() {
    if !super::possible() {
        return;
    }
    for v6 in [false, true] {
        let near = Guest {
            ports: Vec::new(),
            ..web("near.example.com", "fe80::1")
        };
        let ground = range::ground_of(v6, vec![near]);
        let (row, causes) = only(&ground, &["tcp://near.example.com:443"]);
        assert_eq!(row, ["fail", "dns_sinkhole"], "{v6}");
        assert_eq!(causes.len(), 1, "{causes:?}");
        assert_eq!(causes[0][..2], ["name_missing", "dns"], "{v6}");
    }
}

/// Agrees to every tunnel, and says nothing in it.
pub(super) const AGREES: &str = r#"
import socket, threading
def serve(stream):
    asked = stream.recv(65536)
    stream.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    if asked.startswith(b"CONNECT"):
        stream.recv(65536)
    stream.close()
server = socket.create_server(("0.0.0.0", 3128))
while True:
    stream, _ = server.accept()
    threading.Thread(target=serve, args=(stream,), daemon=True).start()
"#;

#[test]
fn a_proxy_whose_name_has_half_an_answer_is_waited_for_and_that_is_said() {
    if !super::possible() {
        return;
    }
    let ground = ground(true);
    ground.ip(Place::Internet, "addr add 198.51.100.54/32 dev lo\n");
    ground.write_resolvers("nameserver 198.51.100.54\n");
    let _relay = ground.background(Place::Internet, &["python3", "-c", PARTIAL, "none"]);
    let _proxy = ground.background(Place::Internet, &["python3", "-c", AGREES]);
    let proof = ground.foreign(
        "curl -s -o /dev/null --retry 15 --retry-delay 1 --retry-connrefused -4 --max-time 20 http://captive.apple.com:3128/",
    );
    assert!(!proof.contains("exit=7"), "{proof}");
    let run = ground.preflight(&[
        "check",
        "--format",
        "json",
        "--proxy",
        "http://captive.apple.com:3128",
        "tcp://graph.microsoft.com:443",
    ]);
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    let report = run.json();
    let check = checks(&report)[0].report;
    let said = (text(check, "verdict"), text(check, "code"));
    assert_eq!(said, ("degraded", "dns_family_silent"), "{check}");
    let message = text(check, "message");
    let begins = "http://captive.apple.com:3128: for A there is an answer, for AAAA: ";
    assert!(message.starts_with(begins), "{message}");
    assert_eq!(cause_of(check, &report), "resolver_lacks_family");
    // It is one name, of which the row's own host is innocent.
    let cause = &report["diagnoses"][0];
    assert_eq!(text(cause, "confidence"), "medium", "{cause}");
    let evidence = cause["evidence"].to_string();
    let says = "the name of http://captive.apple.com:3128 has an answer for one family alone";
    assert!(evidence.contains(says), "{evidence}");
    assert!(!text(cause, "remedy").contains("Have ,"), "{cause}");
    // The same of a way that is dead, before one that works.
    let ways = "function FindProxyForURL(url, host) {\n\
                return 'PROXY captive.apple.com:3129; PROXY 10.77.2.2:3128';\n}\n";
    let option = format!("pac:{}", ground.file("half.pac", ways));
    let target = "tcp://graph.microsoft.com:443";
    let run = ground.preflight(&["check", "--format", "json", "--proxy", &option, target]);
    let report = run.json();
    let check = checks(&report)[0].report;
    let findings = check["findings"].as_array().unwrap().iter();
    let findings: Vec<&str> = findings.map(|one| text(one, "code")).collect();
    assert_eq!(findings, ["dns_family_silent", "proxy_unreachable"]);
    let causes = report["diagnoses"].as_array().unwrap().iter();
    let causes: Vec<&str> = causes.map(|one| text(one, "code")).collect();
    assert_eq!(causes, ["resolver_lacks_family", "proxy_unreachable"]);
}
