//! Worlds whose router refuses, drops or redirects.

use super::case::{CASE, Case, Change, Rows, rows};
use super::ground::Place;

/// Nmap's view of one courier on both ports.
const COURIER: &str = "nmap -Pn -n -sS --reason --max-retries 1 -p 443,5223 17.57.146.20";
/// Nmap's view of Graph.
const GRAPH: &str = "nmap -Pn -n -sS --reason --max-retries 1 -p 443 20.190.190.131";
const HANDSHAKE: &str = "curl -svk -m 2 https://graph.microsoft.com/";
const ROUTER: &str = "10.77.1.1";

pub(super) const DROPS: &[Case<'static>] = &[
    Case {
        name: "5223 dropped",
        changes: &[Change::Filter("tcp dport 5223 drop")],
        proof: (
            COURIER,
            &["5223/tcp filtered", "no-response", "443/tcp open"],
        ),
        verdict: "degraded",
        rows: &[
            rows("apple.push.device/courier-5223*", &["tcp_silent"], "fail"),
            rows("apple.push.block/block-5223", &["tcp_silent"], "fail"),
        ],
        ..CASE
    },
    Case {
        name: "all of push dropped",
        changes: &[Change::Filter(
            "ip daddr 17.0.0.0/8 tcp dport { 443, 5223 } drop",
        )],
        proof: (COURIER, &["5223/tcp filtered", "443/tcp filtered"]),
        verdict: "fail",
        exit: 1,
        rows: &[
            rows("apple.push.device/*", &["tcp_silent"], "fail"),
            rows("apple.push.block/*", &["tcp_silent"], "fail"),
            rows("apple.sso.association/*", &["tcp_silent"], "fail"),
        ],
        ..CASE
    },
    Case {
        name: "443 dropped",
        changes: &[Change::Filter("tcp dport 443 drop")],
        proof: (COURIER, &["443/tcp filtered", "5223/tcp open"]),
        verdict: "fail",
        exit: 1,
        rows: &[
            rows("apple.push.device/courier-443*", &["tcp_silent"], "fail"),
            rows("apple.push.block/block-443", &["tcp_silent"], "fail"),
            rows("apple.sso.association/*", &["tcp_silent"], "fail"),
            rows("entra.*", &["tcp_silent"], "fail"),
            rows("intune.*", &["tcp_silent"], "fail"),
        ],
        ..CASE
    },
    Case {
        name: "a /18 for a /8",
        changes: &[Change::Filter(
            "ip daddr 17.188.0.0/16 ip daddr != 17.188.128.0/18 drop",
        )],
        proof: (
            "nmap -Pn -n -sS --reason --max-retries 1 -p 5223 17.188.20.14 17.188.180.73",
            &["5223/tcp filtered", "5223/tcp open"],
        ),
        verdict: "degraded",
        rows: &[
            rows("apple.push.device/courier-*", &["tcp_silent"], "fail"),
            rows("apple.push.block/block-*", &["range_partial"], "degraded"),
        ],
        ..CASE
    },
];

#[test]
fn a_port_that_the_router_drops_is_silent_and_nothing_else() {
    super::play_all(DROPS);
}

/// The box's errors are rationed: at least one row has its own, the others are silent.
const fn refused(id: &'static str, codes: &'static [&'static str]) -> Rows {
    Rows {
        id,
        codes,
        verdict: "fail",
        offender: Some(ROUTER),
    }
}

/// The router refuses Graph alone with one kind of ICMP error; nmap has a word of its own for each.
macro_rules! graph_refused {
    ($kind:literal, $nmap:literal, $codes:expr) => {
        Case {
            name: concat!("Graph refused: ", $kind),
            changes: &[Change::Filter(concat!(
                "ip daddr 20.190.190.131 tcp dport 443 reject with icmp type ",
                $kind
            ))],
            proof: (
                GRAPH,
                &["443/tcp filtered", concat!($nmap, " from 10.77.1.1")],
            ),
            verdict: "fail",
            exit: 1,
            rows: &[refused("entra.graph/https", $codes)],
            ..CASE
        }
    };
}

pub(super) const REFUSALS: &[Case<'static>] = &[
    Case {
        name: "17/8 prohibited",
        changes: &[Change::Filter(
            "ip daddr 17.0.0.0/8 reject with icmp type admin-prohibited",
        )],
        proof: (COURIER, &["admin-prohibited from 10.77.1.1"]),
        verdict: "fail",
        exit: 1,
        rows: &[
            refused(
                "apple.*",
                &["tcp_admin_prohibited", "tcp_silent", "range_closed"],
            ),
            // Whether one of the rationed errors is left for the time servers is open.
            rows(
                "apple.*",
                &["tcp_admin_prohibited", "ntp_silent", "ntp_rejected"],
                "degraded",
            ),
        ],
        ..CASE
    },
    graph_refused!(
        "host-prohibited",
        "host-prohibited",
        &["tcp_admin_prohibited", "tcp_silent"]
    ),
    graph_refused!(
        "net-prohibited",
        "net-prohibited",
        &["tcp_admin_prohibited", "tcp_silent"]
    ),
    graph_refused!(
        "port-unreachable",
        "port-unreach",
        &["tcp_refused_icmp", "tcp_silent"]
    ),
    graph_refused!(
        "host-unreachable",
        "host-unreach",
        &["tcp_host_unreachable", "tcp_silent"]
    ),
    graph_refused!(
        "net-unreachable",
        "net-unreach",
        &["tcp_net_unreachable", "tcp_silent"]
    ),
    graph_refused!(
        "prot-unreachable",
        "proto-unreach",
        &["tcp_proto_unreachable", "tcp_silent"]
    ),
    Case {
        name: "Graph reset by the router",
        changes: &[Change::Filter(
            "ip daddr 20.190.190.131 tcp dport 443 reject with tcp reset",
        )],
        proof: (GRAPH, &["443/tcp closed", "reset"]),
        verdict: "fail",
        exit: 1,
        rows: &[rows("entra.graph/https", &["tcp_refused_rst"], "fail")],
        ..CASE
    },
];

#[test]
fn a_refusal_is_blamed_on_the_box_that_sent_it() {
    super::play_all(REFUSALS);
}

pub(super) const HELLOS: &[Case<'static>] = &[
    Case {
        name: "hello dropped",
        changes: &[Change::Filter(
            "ip daddr 20.190.190.131 tcp dport 443 meta length > 200 drop",
        )],
        proof: (HANDSHAKE, &["Connected to", "exit=28"]),
        verdict: "fail",
        exit: 1,
        rows: &[rows("entra.graph/https", &["tls_silent_path"], "fail")],
        ..CASE
    },
    Case {
        name: "hello reset by the router",
        changes: &[Change::Filter(
            "ip daddr 20.190.190.131 tcp dport 443 meta length > 200 reject with tcp reset",
        )],
        proof: (HANDSHAKE, &["Connected to", "reset by peer", "exit=35"]),
        verdict: "fail",
        exit: 1,
        rows: &[rows("entra.graph/https", &["tls_reset_path"], "fail")],
        ..CASE
    },
    Case {
        name: "server mute",
        changes: &[Change::Servers("stalled")],
        proof: (
            "curl -svk -m 2 https://manage.microsoft.com/",
            &["Connected to", "exit=28"],
        ),
        verdict: "fail",
        exit: 1,
        rows: &[rows("intune.manage/manage", &["tls_silent_peer"], "fail")],
        ..CASE
    },
];

#[test]
fn a_hello_that_is_lost_on_the_way_is_told_from_a_mute_server() {
    super::play_all(HELLOS);
}

const V6: Change = Change::Ip(
    Place::Client,
    "route add default via fd77:1::1\n",
    "route del default via fd77:1::1\n",
);

pub(super) const IPV6: &[Case<'static>] = &[
    Case {
        name: "IPv6 dropped",
        changes: &[V6, Change::Filter("meta nfproto ipv6 drop")],
        proof: (
            "nmap -6 -Pn -n -sS --reason --max-retries 1 -p 443 2a01:b740:a42:10::14",
            &["443/tcp filtered"],
        ),
        verdict: "degraded",
        rows: &[rows("*", &["tcp_silent"], "degraded")],
        ..CASE
    },
    Case {
        name: "IPv6 prohibited",
        changes: &[
            V6,
            Change::Filter("meta nfproto ipv6 reject with icmpv6 type admin-prohibited"),
        ],
        proof: (
            "nmap -6 -Pn -n -sS --reason --max-retries 1 -p 443 2a01:b740:a42:10::14",
            &["443/tcp filtered", "admin-prohibited"],
        ),
        verdict: "degraded",
        rows: &[Rows {
            id: "*",
            codes: &["tcp_admin_prohibited", "tcp_silent"],
            verdict: "degraded",
            offender: Some("fd77:1::1"),
        }],
        ..CASE
    },
];

#[test]
fn broken_ipv6_beside_a_working_ipv4_degrades_and_says_so() {
    super::play_all(IPV6);
}
