//! Worlds for every other row of the measured table of refusals: IPv6, this machine's own routes and link, and a time
//! to live that runs out. One target each, so that the sender's ration of errors suffices.

use std::time::Duration;

use super::case::{CASE, Case, Change, Rows, checks, rows, text};
use super::ground::{Ground, Place};

const GRAPH: &[&str] = &["tcp://20.190.190.131:443", "--skip", "canary"];
const CURL: &str = "curl -svk -m 2 https://20.190.190.131/";

/// A single target and its usual end when the fault is gone.
const ONE: Case<'static> = Case {
    arguments: GRAPH,
    verdict: "fail",
    exit: 1,
    ..CASE
};

const V6: Change = Change::Ip(
    Place::Client,
    "route add default via fd77:1::1\n",
    "route replace default via fd77:1::1\n",
);
const HOST_V6: &[&str] = &["tcp://[fd77:2::2]:443", "--skip", "canary"];
const V6_LISTENER: Option<(&str, u16)> = Some(("fd77:2::2", 443));
const NMAP: &str = "nmap -6 -Pn -n -sS --reason --max-retries 1 -p 443 fd77:2::2";

/// The router refuses a host over IPv6 with one kind of `ICMPv6` error.
macro_rules! refused {
    ($kind:literal, $shows:expr, $code:literal) => {
        Case {
            name: concat!("IPv6 refused: ", $kind),
            changes: &[
                V6,
                Change::Filter(concat!(
                    "ip6 daddr fd77:2::2 tcp dport 443 reject with icmpv6 type ",
                    $kind
                )),
            ],
            listener: V6_LISTENER,
            proof: (NMAP, $shows),
            arguments: HOST_V6,
            rows: &[Rows {
                offender: Some("fd77:1::1"),
                ..rows("*", &[$code], "fail")
            }],
            ..ONE
        }
    };
}

#[test]
fn each_kind_of_icmpv6_error_has_its_own_code_and_its_sender() {
    super::play_all(&[
        refused!("no-route", &["443/tcp filtered"], "tcp_net_unreachable"),
        refused!(
            "admin-prohibited",
            &["443/tcp filtered", "admin-prohibited"],
            "tcp_admin_prohibited"
        ),
        refused!("policy-fail", &["443/tcp filtered"], "tcp_admin_prohibited"),
        refused!(
            "reject-route",
            &["443/tcp filtered"],
            "tcp_admin_prohibited"
        ),
        refused!(
            "addr-unreachable",
            &["443/tcp filtered"],
            "tcp_host_unreachable"
        ),
        Case {
            // Once it has met this error, nmap hears nothing from the address for a while.
            proof: ("curl -sv -m 2 'http://[fd77:2::2]:443/'", &["exit=7"]),
            ..refused!(
                "port-unreachable",
                &["443/tcp filtered"],
                "tcp_refused_icmp"
            )
        },
    ]);
}

#[test]
fn a_route_of_this_machine_is_told_from_a_refusal_on_the_way() {
    super::play_all(&[
        Case {
            name: "own black hole route",
            changes: &[Change::Ip(
                Place::Client,
                "route add blackhole 20.190.190.131/32\n",
                "route del blackhole 20.190.190.131/32\n",
            )],
            proof: (CURL, &["exit=7"]),
            rows: &[rows("*", &["local_policy_denied"], "fail")],
            diagnosis: Some(("local_policy", "device")),
            ..ONE
        },
        Case {
            name: "the router's black hole route",
            changes: &[Change::Ip(
                Place::Router,
                "route add blackhole 20.190.190.131/32\n",
                "route del blackhole 20.190.190.131/32\n",
            )],
            proof: (CURL, &["exit=28"]),
            rows: &[rows("*", &["tcp_silent"], "fail")],
            ..ONE
        },
        Case {
            name: "own firewall rejects by a port that is unreachable",
            changes: &[Change::Own(
                "ip daddr 20.190.190.131 reject with icmp type port-unreachable",
            )],
            proof: (CURL, &["exit=7"]),
            rows: &[rows("*", &["local_policy_denied"], "fail")],
            diagnosis: Some(("local_policy", "device")),
            ..ONE
        },
        Case {
            name: "own firewall drops, one target",
            changes: &[Change::Own("ip daddr 20.190.190.131 drop")],
            proof: (CURL, &["exit=28"]),
            rows: &[rows("*", &["local_policy_denied"], "fail")],
            diagnosis: Some(("local_policy", "device")),
            ..ONE
        },
        Case {
            name: "own firewall drops IPv6",
            changes: &[V6, Change::Own("ip6 daddr fd77:2::2 drop")],
            listener: V6_LISTENER,
            proof: (NMAP, &["443/tcp filtered"]),
            arguments: HOST_V6,
            rows: &[rows("*", &["local_policy_denied"], "fail")],
            diagnosis: Some(("local_policy", "device")),
            ..ONE
        },
    ]);
}

#[test]
fn a_dead_neighbour_and_a_spent_time_to_live_are_told_from_a_filter() {
    super::play_all(&[
        Case {
            name: "nobody on the own link has the address",
            changes: &[Change::Ip(
                Place::Client,
                "route add 20.190.190.131/32 dev eth0\n",
                "route del 20.190.190.131/32 dev eth0\n",
            )],
            proof: (
                "curl -svk -m 5 https://20.190.190.131/",
                &["No route to host", "exit=7"],
            ),
            arguments: &[
                "tcp://20.190.190.131:443",
                "--skip",
                "canary",
                "--timeout",
                "5s",
            ],
            rows: &[Rows {
                offender: Some("10.77.1.2"),
                ..rows("*", &["tcp_host_unreachable"], "fail")
            }],
            ..ONE
        },
        Case {
            name: "the time to live runs out at the router",
            changes: &[Change::Own("ip daddr 20.190.190.131 ip ttl set 1")],
            proof: (CURL, &["No route to host", "exit=7"]),
            rows: &[Rows {
                offender: Some("10.77.1.1"),
                ..rows("*", &["tcp_ttl_exceeded"], "fail")
            }],
            ..ONE
        },
    ]);
}

/// Only the address itself can lack the protocol; its own word is not a firewall's.
#[test]
fn a_host_that_refuses_the_protocol_is_told_from_a_router_that_says_so() {
    if !super::possible() {
        return;
    }
    let at_the_host = |broken: bool| {
        let mut ground = super::ground::Ground::new();
        ground.serve(None, None);
        let rule = "ip daddr 20.190.190.131 reject with icmp type prot-unreachable";
        let statements = if broken { rule } else { "" };
        let table = format!(
            "table inet wall {{\nchain arriving {{\ntype filter hook input priority 0\n{statements}\n}}\n}}\n"
        );
        let mut nft = ground.inside(Place::Internet, &["nft", "-f", "-"]);
        super::ground::fed(&mut nft, &table);
        let mut arguments = vec!["check", "--format", "json"];
        arguments.extend(GRAPH);
        (ground.foreign(CURL), ground.preflight(&arguments))
    };
    let (curl, run) = at_the_host(true);
    assert!(curl.contains("exit=7"), "{curl}");
    let report = run.json();
    let check = &report["prerequisites"][0]["checks"][0];
    assert_eq!(check["code"], "tcp_proto_unreachable", "{check}");
    assert_eq!(check["stages"]["tcp"]["icmp"]["from"], "20.190.190.131");
    assert_eq!(report["diagnoses"][0]["code"], "protocol_refused");
    assert_eq!(check["explained_by"], "protocol_refused");
    let (curl, run) = at_the_host(false);
    assert!(curl.contains("exit=0"), "{curl}");
    assert_eq!(run.json()["verdict"], "pass");
}

/// A rationed error answers a later packet, after as long as a router looks for a host on its own link.
#[test]
fn a_router_that_says_at_once_to_some_that_a_host_is_not_there_has_looked_for_none() {
    if !super::possible() {
        return;
    }
    let mut ground = Ground::new();
    ground.serve(None, None);
    ground.filter("ip daddr 203.0.113.0/24 reject with icmp type host-unreachable");
    let targets: Vec<String> = (1..=20)
        .map(|n| format!("tcp://203.0.113.{n}:443"))
        .collect();
    let mut arguments = vec!["check", "--format", "json", "--skip", "canary"];
    arguments.extend(targets.iter().map(String::as_str));
    let mut late = 0;
    let mut runs = 0;
    while late == 0 {
        assert!(runs < 6, "no error was rationed in {runs} runs");
        if runs > 0 {
            // The router has errors to spare again.
            std::thread::sleep(Duration::from_secs(7));
        }
        runs += 1;
        let report = ground.preflight(&arguments).json();
        let causes: Vec<&str> = report["diagnoses"]
            .as_array()
            .unwrap()
            .iter()
            .map(|cause| text(cause, "code"))
            .collect();
        assert_eq!(causes, ["route_missing"]);
        late += checks(&report)
            .iter()
            .filter(|check| {
                let waited = check.report["stages"]["tcp"]["ms"].as_f64().unwrap_or(0.0);
                check.report["code"] == "tcp_host_unreachable" && waited >= 2_000.0
            })
            .count();
    }
}

/// The codes of a run's causes, with their titles.
fn told(ground: &Ground, targets: &[&str]) -> Vec<(String, String)> {
    let mut arguments = vec![
        "check",
        "--format",
        "json",
        "--skip",
        "canary",
        "--timeout",
        "5s",
    ];
    arguments.extend(targets);
    let report = ground.preflight(&arguments).json();
    let causes = report["diagnoses"].as_array().unwrap().iter();
    let of = |cause, key| text(cause, key).to_owned();
    causes
        .map(|cause| (of(cause, "code"), of(cause, "title")))
        .collect()
}

/// What a router says only after a while may be of a rule whose first errors were not sent: two owners' hosts in two
/// places are not on its own link. Two hosts that are on it are looked for, each by itself.
#[test]
fn a_router_that_speaks_late_of_two_owners_hosts_has_not_looked_for_them() {
    if !super::possible() {
        return;
    }
    let mut ground = Ground::new();
    ground.serve(None, None);
    let unrationed = "echo 0 >/proc/sys/net/ipv4/icmp_ratelimit";
    ground.does(Place::Router, &["sh", "-c", unrationed]);
    // Nothing is said for as long as the first packets and their first repetitions take.
    let lost = "ip daddr { 17.57.146.20, 20.190.190.131 }";
    ground.filter(&format!("{lost} drop"));
    let later = format!(
        "sleep 2.3; nft insert rule inet wall passing {lost} reject with icmp type host-unreachable"
    );
    let later = ground.starts(Place::Router, &["sh", "-c", &later]);
    let causes = told(
        &ground,
        &["tcp://17.57.146.20:443", "tcp://20.190.190.131:443"],
    );
    let [(code, title)] = causes.as_slice() else {
        panic!("{causes:?}");
    };
    assert_eq!(code, "route_missing");
    assert!(title.starts_with("The router 10.77.1.1 "), "{title}");
    drop(later);
    ground.filter("");
    let causes = told(&ground, &["tcp://10.77.2.50:443", "tcp://10.77.2.51:443"]);
    let codes: Vec<&str> = causes.iter().map(|(code, _)| code.as_str()).collect();
    assert_eq!(codes, ["host_down", "host_down"], "{causes:?}");
}

/// A rule of a router's own that rejects some owners' hosts is not the one that drops others'. Of a block about which it
/// has spoken once the rest is not asked again, and is not a filter's either.
#[test]
fn what_a_router_says_takes_in_what_it_rations_and_no_other_filter() {
    if !super::possible() {
        return;
    }
    let mut ground = Ground::new();
    ground.serve(None, None);
    let names = [
        ("one.apple.com", "17.1.1.1"),
        ("two.apple.com", "17.1.2.1"),
        ("three.apple.com", "17.1.3.1"),
        ("one.microsoft.com", "20.1.1.1"),
        ("one.example.org", "45.1.1.1"),
        ("one.example.net", "46.1.1.1"),
    ];
    let mut words: Vec<String> = Vec::new();
    for (name, address) in names {
        words.extend(["--resolve".to_owned(), format!("{name}:{address}")]);
    }
    let ask = |ground: &Ground, filter: &str, hosts: &[usize]| {
        ground.filter(filter);
        let mut words = words.clone();
        words.push("tcp://graph.microsoft.com:443".to_owned());
        words.extend(hosts.iter().map(|n| format!("tcp://{}:443", names[*n].0)));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let told = told(ground, &words).into_iter();
        told.map(|(code, _)| code).collect::<Vec<String>>()
    };
    let unrationed = "echo 0 >/proc/sys/net/ipv4/icmp_ratelimit";
    ground.does(Place::Router, &["sh", "-c", unrationed]);
    let both = "ip daddr { 17.0.0.0/8, 20.1.0.0/16 } reject with icmp type host-unreachable\n\
                ip daddr { 45.0.0.0/8, 46.0.0.0/8 } drop";
    let mut causes = ask(&ground, both, &[0, 3, 4, 5]);
    causes.sort_unstable();
    assert_eq!(causes, ["egress_destination_filtered", "route_missing"]);
    let once = "ip daddr 17.0.0.0/8 limit rate 1/minute burst 1 packets reject with icmp type host-unreachable\n\
                ip daddr 17.0.0.0/8 drop";
    assert_eq!(ask(&ground, once, &[0, 1, 2]), ["route_missing"]);
}
