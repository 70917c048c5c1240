//! Worlds for causes that no other world shows, worlds with two causes at once, and worlds that no rule was written for.

use std::collections::BTreeSet;

use super::case::{self, CASE, Case, Change, FULL, rows, text};
use super::ground::{Ground, Place};

const GRAPH: &str = "curl -svk -m 2 https://graph.microsoft.com/";
const BOTH: &str = "nmap -Pn -n -sS --reason --max-retries 1 -p 443 20.190.160.14 40.126.32.68";

const SINGLE: &[Case<'static>] = &[
    Case {
        name: "nothing gets out but DNS",
        changes: &[Change::Filter("tcp dport != 53 drop")],
        proof: (GRAPH, &["exit=28"]),
        verdict: "fail",
        exit: 1,
        rows: &[rows("*", &["tcp_silent"], "fail")],
        diagnosis: Some(("egress_closed", "network")),
        ..CASE
    },
    Case {
        name: "the router has a way to nobody but the resolver",
        changes: &[Change::Filter(
            "tcp dport != 53 reject with icmp type net-unreachable",
        )],
        proof: (GRAPH, &["Network is unreachable", "exit=7"]),
        verdict: "fail",
        exit: 1,
        rows: &[rows(
            "*",
            &["tcp_net_unreachable", "tcp_silent", "range_closed"],
            "fail",
        )],
        diagnosis: Some(("route_missing", "network")),
        ..CASE
    },
    Case {
        name: "the router resets everything on port 443",
        changes: &[Change::Filter("tcp dport 443 reject with tcp reset")],
        proof: (GRAPH, &["Connection refused", "exit=7"]),
        verdict: "fail",
        exit: 1,
        rows: &[rows("*", &["tcp_refused_rst"], "fail")],
        diagnosis: Some(("firewall_resets", "network")),
        ..CASE
    },
    Case {
        name: "a filter that reads the name in the hello",
        changes: &[Change::Words(443, "graph.microsoft.com")],
        proof: (GRAPH, &["Connected to", "exit=28"]),
        verdict: "fail",
        exit: 1,
        rows: &[rows("entra.graph/https", &["tls_silent_path"], "fail")],
        diagnosis: Some(("sni_filtered", "network")),
        ..CASE
    },
    Case {
        name: "a name known by one address of two",
        changes: &[Change::Filter("ip daddr 20.190.160.14 drop")],
        proof: (BOTH, &["443/tcp filtered", "443/tcp open"]),
        arguments: &[FULL[0], FULL[1], FULL[2], FULL[3], "--all-addresses"],
        verdict: "degraded",
        rows: &[rows("entra.token/*", &["tcp_silent"], "degraded")],
        diagnosis: Some(("name_object_stale", "network")),
        ..CASE
    },
    Case {
        name: "one member of two refuses",
        changes: &[Change::Filter(
            "ip daddr 20.190.160.14 reject with tcp reset",
        )],
        proof: (BOTH, &["443/tcp closed", "443/tcp open"]),
        arguments: &[FULL[0], FULL[1], FULL[2], FULL[3], "--all-addresses"],
        verdict: "degraded",
        rows: &[rows("entra.token/*", &["tcp_refused_rst"], "degraded")],
        diagnosis: Some(("member_failing", "vendor")),
        ..CASE
    },
    Case {
        name: "couriers known by one address each",
        // The second address of every region; the neighbours in 17.57.146.0/24 are parted by it.
        changes: &[Change::Filter(
            "ip daddr { 17.57.146.52, 17.188.131.88, 17.188.21.40, 17.249.185.12, 17.252.27.21 } drop",
        )],
        proof: (
            "nmap -Pn -n -sS --reason --max-retries 1 -p 5223 17.57.146.20 17.57.146.52",
            &["5223/tcp filtered", "5223/tcp open"],
        ),
        verdict: "fail",
        exit: 1,
        rows: &[
            rows("apple.push.device/courier-*", &["tcp_silent"], "fail"),
            rows("apple.push.block/block-*", &["range_closed"], "fail"),
        ],
        diagnosis: Some(("name_object_stale", "network")),
        ..CASE
    },
    Case {
        name: "the hosts file leads a name astray",
        changes: &[Change::File(
            "hosts",
            "127.0.0.1 localhost\n93.184.216.34 graph.microsoft.com\n",
        )],
        proof: ("getent ahostsv4 graph.microsoft.com", &["93.184.216.34"]),
        verdict: "fail",
        exit: 1,
        rows: &[rows(
            "entra.graph/https",
            &["tcp_silent", "tcp_host_unreachable", "tcp_net_unreachable"],
            "fail",
        )],
        diagnosis: Some(("system_answers_differ", "device")),
        ..CASE
    },
    Case {
        name: "the system looks names up in no DNS",
        changes: &[Change::File("nsswitch.conf", "hosts: files\n")],
        proof: ("getent hosts graph.microsoft.com", &["exit=2"]),
        verdict: "fail",
        exit: 1,
        rows: &[rows("*", &["dns_nxdomain"], "fail")],
        diagnosis: Some(("system_resolver_broken", "device")),
        ..CASE
    },
    Case {
        name: "the organisation's own name is not there",
        changes: &[Change::Unbound(
            "server:\n access-control: 0.0.0.0/0 allow\n local-zone: \"jamf.example.com.\" always_nxdomain\n\
             forward-zone:\n name: \".\"\n forward-addr: 198.51.100.53\n",
        )],
        proof: ("dig jamf.example.com", &["NXDOMAIN"]),
        verdict: "fail",
        exit: 1,
        rows: &[rows("jamf.*", &["dns_nxdomain"], "fail")],
        diagnosis: Some(("name_missing", "dns")),
        ..CASE
    },
    Case {
        name: "a time to live that is spent on the way",
        changes: &[Change::Own("ip daddr 20.190.190.131 ip ttl set 1")],
        proof: (GRAPH, &["No route to host", "exit=7"]),
        arguments: &["tcp://20.190.190.131:443", "--skip", "canary"],
        verdict: "fail",
        exit: 1,
        rows: &[rows("*", &["tcp_ttl_exceeded"], "fail")],
        diagnosis: Some(("routing_loop", "network")),
        ..CASE
    },
    Case {
        name: "a port that is to be blocked is open",
        listener: Some(("20.190.190.131", 25)),
        arguments: &[
            "tcp://20.190.190.131:25",
            "--expect",
            "blocked",
            "--skip",
            "canary",
        ],
        verdict: "fail",
        exit: 1,
        rows: &[rows("*", &["tcp_connected"], "fail")],
        diagnosis: Some(("unexpectedly_open", "network")),
        ..CASE
    },
];

#[test]
fn each_of_these_worlds_has_its_one_cause() {
    super::play_all(SINGLE);
}

/// What is wrong, and the causes that are found.
type Two = (&'static [Change], [&'static str; 2]);

const JAMF_DARK: &str = "ip daddr 54.93.118.77 drop";

const TWO: &[Two] = &[
    (
        &[
            Change::Filter("tcp dport 5223 drop"),
            Change::Servers("cert-wrong-name"),
        ],
        ["egress_port_filtered", "certificate_fault"],
    ),
    (
        &[
            Change::Filter(
                "ip daddr 20.190.190.131 tcp dport 443 reject with icmp type admin-prohibited",
            ),
            Change::Servers("push-5223-silent"),
        ],
        ["firewall_rejects", "egress_port_filtered"],
    ),
    (
        &[
            Change::Filter("ip daddr 17.188.0.0/16 ip daddr != 17.188.128.0/18 drop"),
            Change::Servers("tenant-unknown"),
        ],
        ["allow_list_narrow", "tenant_unknown"],
    ),
    (
        &[
            Change::Filter("ip daddr 13.107.0.0/16 drop"),
            Change::Servers("courier-port-closed"),
        ],
        ["egress_destination_filtered", "service_down"],
    ),
    (
        &[Change::Filter(JAMF_DARK), Change::Servers("dns-nxdomain")],
        ["egress_destination_filtered", "dns_filtered"],
    ),
    (
        &[
            Change::Words(443, "graph.microsoft.com"),
            Change::Servers("jamf-down"),
        ],
        ["sni_filtered", "service_down"],
    ),
    (
        &[
            Change::Filter("tcp dport { 443, 5223, 8443 } meta length > 1300 drop"),
            Change::Servers("dns-bogon"),
        ],
        ["large_hello_lost", "dns_filtered"],
    ),
    (
        &[
            Change::Resolvers("nameserver 198.51.100.99\nnameserver 198.51.100.53\n"),
            Change::Servers("cert-expired"),
        ],
        ["resolver_partly_silent", "certificate_fault"],
    ),
    (
        &[
            Change::Own("ip daddr 20.190.190.131 drop"),
            Change::Servers("stalled"),
        ],
        ["local_policy", "service_stalls"],
    ),
    (
        &[
            Change::Ip(
                Place::Router,
                "route add unreachable 20.190.190.131/32\n",
                "route del unreachable 20.190.190.131/32\n",
            ),
            Change::Servers("block-page"),
        ],
        ["route_missing", "block_page"],
    ),
    (
        &[Change::Filter(
            "ip daddr 17.0.0.0/8 reject with icmp type host-unreachable\nip daddr 54.93.118.77 drop",
        )],
        ["route_missing", "egress_destination_filtered"],
    ),
    (
        &[
            Change::Filter("ip daddr 17.0.0.0/8 reject with icmp type net-unreachable"),
            Change::Servers("jamf-down"),
        ],
        ["route_missing", "service_down"],
    ),
    (
        &[
            Change::File("hosts", "93.184.216.34 graph.microsoft.com\n"),
            Change::Servers("push-all-silent"),
        ],
        ["system_answers_differ", "egress_destination_filtered"],
    ),
];

/// The codes of a world's diagnoses, and its rows that nothing explains.
fn told(changes: &'static [Change], arguments: &[&'static str]) -> (Vec<String>, Vec<String>) {
    let world = Case {
        changes,
        arguments,
        ..CASE
    };
    let mut ground = Ground::new();
    case::break_it(&mut ground, &world);
    let report = case::run(&ground, &world).0.json();
    let all = report["diagnoses"].as_array().unwrap();
    let unexplained = report["unexplained"].as_array().into_iter().flatten();
    (
        all.iter().map(|one| text(one, "code").to_owned()).collect(),
        unexplained
            .map(|row| row.as_str().unwrap().to_owned())
            .collect(),
    )
}

/// Plays some at a time, and gathers what is wrong.
fn several<T: Sync>(all: &[T], one: impl Fn(&T) -> Option<String> + Sync) {
    if !super::possible() {
        return;
    }
    let next = std::sync::atomic::AtomicUsize::new(0);
    let wrong = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while let Some(what) =
                    all.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
                {
                    wrong.lock().unwrap().extend(one(what));
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn two_things_that_are_wrong_at_once_are_two_causes() {
    several(TWO, |(changes, expected)| {
        let (codes, unexplained) = told(changes, FULL);
        let found: BTreeSet<&str> = codes.iter().map(String::as_str).collect();
        let right =
            found == BTreeSet::from(*expected) && codes.len() == 2 && unexplained.is_empty();
        (!right).then(|| format!("{expected:?}: {codes:?}, unexplained {unexplained:?}"))
    });
}

/// Ten rows that ask ten hosts of two owners on one port, and one that asks on another.
const TEN: &[&str] = &[
    "tcp://login.microsoftonline.com:443",
    "tcp://device.login.microsoftonline.com:443",
    "tcp://enterpriseregistration.windows.net:443",
    "tcp://graph.microsoft.com:443",
    "tcp://manage.microsoft.com:443",
    "tcp://enterpriseenrollment.manage.microsoft.com:443",
    "tcp://api.push.apple.com:443",
    "tcp://app-site-association.cdn-apple.com:443",
    "tcp://app-site-association.networking.apple:443",
    "tcp://6-courier.push.apple.com:443",
    "tcp://jamf.example.com:8443",
    "--skip",
    "canary",
];

/// What one filter does, each in its own way, and the one cause that ten rows have then.
const FILTERS: &[(&str, &str)] = &[
    ("tcp dport 443 drop", "egress_port_filtered"),
    (
        "tcp dport 443 reject with icmp type admin-prohibited",
        "firewall_rejects",
    ),
    ("tcp dport 443 reject with tcp reset", "firewall_resets"),
    (
        "tcp dport 443 reject with icmp type host-unreachable",
        "route_missing",
    ),
    (
        "tcp dport 443 limit rate 1/second burst 3 packets reject with icmp type net-unreachable\ntcp dport 443 drop",
        "route_missing",
    ),
];

#[test]
fn ten_rows_behind_one_filter_have_one_cause() {
    several(FILTERS, |(filter, code)| {
        let world = Case {
            changes: &[],
            arguments: TEN,
            ..CASE
        };
        let mut ground = Ground::new();
        case::break_it(&mut ground, &world);
        ground.filter(filter);
        let report = case::run(&ground, &world).0.json();
        let all = report["diagnoses"].as_array().unwrap();
        let found: Vec<(&str, usize)> = all
            .iter()
            .map(|one| (text(one, "code"), one["affects"].as_array().unwrap().len()))
            .collect();
        let right = found == [(*code, 10)] && report["unexplained"].is_null();
        (!right).then(|| format!("{filter}: {found:?}, {}", report["unexplained"]))
    });
}

/// Answers each path with something that no rule knows.
const STRANGE: &str = r#"
import socket
server = socket.create_server(("20.190.190.131", 8081), backlog=16)
answers = {
    b"/gone": b"HTTP/1.1 418 I'm a teapot\r\nContent-Length: 0\r\n\r\n",
    b"/short": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nten bytes!",
    b"/garbage": b"SSH-2.0-OpenSSH_9.2\r\n",
    b"/big": b"HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n" + b"x" * 3000000,
}
while True:
    client, _ = server.accept()
    try:
        asked = client.recv(4096).split(b" ")
        client.sendall(answers.get(asked[1] if len(asked) > 1 else b"", b""))
        client.shutdown(socket.SHUT_WR)
        client.recv(1)
    except OSError:
        pass
    client.close()
"#;

/// What is asked, and the code that comes of it.
const UNKNOWN: &[(&str, &str)] = &[
    (
        "http = { url = \"http://20.190.190.131:8081/gone\", status = [200] }",
        "http_status",
    ),
    (
        "http = { url = \"http://20.190.190.131:8081/short\", status = [200] }",
        "http_truncated",
    ),
    (
        "http = { url = \"http://20.190.190.131:8081/garbage\", status = [200] }",
        "http_protocol",
    ),
    (
        "http = { url = \"http://20.190.190.131:8081/big\", status = [200] }",
        "http_body_too_large",
    ),
    (
        "dns = { name = \"graph.microsoft.com\" }\nexpect = \"nxdomain\"",
        "dns_resolves",
    ),
];

#[test]
fn what_no_rule_was_written_for_stays_unexplained() {
    if !super::possible() {
        return;
    }
    let mut ground = Ground::new();
    ground.serve(None, None);
    let _server = ground.background(Place::Internet, &["python3", "-c", STRANGE]);
    // It takes a while until it listens.
    let said = ground.foreign(
        "curl -s -o /dev/null --retry 15 --retry-delay 1 --retry-connrefused http://20.190.190.131:8081/gone",
    );
    assert!(said.contains("exit=0"), "{said}");
    for (index, (probe, code)) in UNKNOWN.iter().enumerate() {
        let profile = format!(
            "[profile]\nname = \"own\"\ntitle = \"Own\"\nversion = \"1\"\n\n[[prerequisite]]\nid = \"own\"\n\
             title = \"Own\"\nseverity = \"required\"\nfrom = [\"client\"]\nowner = \"network\"\n\n\
             [[prerequisite.check]]\nid = \"row\"\ntitle = \"Row\"\n{probe}\n"
        );
        let file = ground.file(&format!("strange-{index}.toml"), &profile);
        let run = ground.preflight(&[
            "check",
            "--profile",
            &file,
            "--skip",
            "canary",
            "--format",
            "json",
        ]);
        let report = run.json();
        let row = &report["prerequisites"][0]["checks"][0];
        assert_eq!(
            (text(row, "verdict"), text(row, "code")),
            ("fail", *code),
            "{row}"
        );
        assert_eq!(report["diagnoses"], serde_json::json!([]), "{code}");
        assert_eq!(
            report["unexplained"],
            serde_json::json!(["own/row"]),
            "{code}"
        );
        assert!(row["explained_by"].is_null(), "{row}");
    }
}
