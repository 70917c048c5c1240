//! Worlds for negative tests: only evidence of a block passes one.

use super::case::{CASE, Case, Change, rows};
use super::ground::Place;

/// A courier's port 443 is open; its port 25 should not be.
const CLOSED_MAIL: &str = r#"
[profile]
name = "mail"
title = "No mail to the outside"
version = "1"

[[prerequisite]]
id = "web"
title = "The host is up"
severity = "required"
from = ["client"]
owner = "network"

[[prerequisite.check]]
id = "open"
title = "Port 443"
tcp = { host = "17.57.146.20", port = 443 }
expect = "connected"

[[prerequisite]]
id = "mail"
title = "Mail is blocked"
severity = "required"
from = ["client"]
owner = "network"

[[prerequisite.check]]
id = "blocked"
title = "Port 25"
tcp = { host = "17.57.146.20", port = 25 }
expect = "blocked"
"#;

const MAIL: &str = "nmap -Pn -n -sS --reason --max-retries 1 -p 25,443 17.57.146.20";

const BLOCKED: Case<'static> = Case {
    arguments: &[],
    profile: Some(CLOSED_MAIL),
    proof: (MAIL, &["25/tcp filtered", "443/tcp open"]),
    // Without its firewall rule the host itself refuses, and that is no block.
    mended: ("inconclusive", 3),
    ..CASE
};

pub(super) const BLOCKS: &[Case<'static>] = &[
    Case {
        name: "port 25 dropped at a living address",
        changes: &[Change::Filter("tcp dport 25 drop")],
        ..BLOCKED
    },
    Case {
        name: "port 25 prohibited by the router",
        changes: &[Change::Filter(
            "tcp dport 25 reject with icmp type admin-prohibited",
        )],
        ..BLOCKED
    },
    Case {
        name: "port 25 open",
        listener: Some(("17.57.146.20", 25)),
        proof: (MAIL, &["25/tcp open", "443/tcp open"]),
        verdict: "fail",
        exit: 1,
        rows: &[rows("mail/blocked", &["tcp_connected"], "fail")],
        ..BLOCKED
    },
];

#[test]
fn a_negative_test_passes_on_a_block_and_fails_on_an_open_port() {
    super::play_all(BLOCKS);
}

/// Behind some trouble or other, the port is open.
const UNKNOWN: Case<'static> = Case {
    verdict: "inconclusive",
    exit: 3,
    listener: Some(("17.57.146.20", 25)),
    mended: ("fail", 1),
    ..CASE
};

pub(super) const BROKEN: &[Case<'static>] = &[
    Case {
        name: "dead silence",
        changes: &[Change::Filter("ip daddr 17.57.146.20 drop")],
        proof: (MAIL, &["25/tcp filtered", "443/tcp filtered"]),
        arguments: &["tcp://17.57.146.20:25", "--expect", "blocked"],
        rows: &[rows("*", &["inconclusive_control"], "inconclusive")],
        ..UNKNOWN
    },
    Case {
        name: "a host that refuses",
        listener: None,
        proof: (MAIL, &["25/tcp closed"]),
        arguments: &["tcp://17.57.146.20:25", "--expect", "blocked"],
        rows: &[rows("*", &["inconclusive_control"], "inconclusive")],
        ..UNKNOWN
    },
    Case {
        name: "a reset by the router",
        changes: &[Change::Filter("tcp dport 25 reject with tcp reset")],
        proof: (MAIL, &["25/tcp closed"]),
        arguments: &["tcp://17.57.146.20:25", "--expect", "blocked"],
        rows: &[rows("*", &["inconclusive_control"], "inconclusive")],
        ..UNKNOWN
    },
    Case {
        name: "a refusal of this machine's own firewall",
        changes: &[Change::Own(
            "tcp dport 25 reject with icmp type admin-prohibited",
        )],
        proof: ("curl -m 2 -sv http://17.57.146.20:25/", &["exit=7"]),
        arguments: &["tcp://17.57.146.20:25", "--expect", "blocked"],
        rows: &[rows("*", &["inconclusive_control"], "inconclusive")],
        ..UNKNOWN
    },
    Case {
        name: "a misspelt name",
        proof: ("dig graph.microsfot.com", &["NXDOMAIN"]),
        arguments: &["tcp://graph.microsfot.com:25", "--expect", "blocked"],
        rows: &[rows("*", &["dns_nxdomain"], "inconclusive")],
        ..UNKNOWN
    },
    Case {
        name: "no resolver",
        listener: Some(("20.190.190.131", 25)),
        changes: &[Change::Filter("udp dport 53 drop\ntcp dport 53 drop")],
        proof: ("dig +time=1 +tries=1 graph.microsoft.com", &["timed out"]),
        arguments: &["tcp://graph.microsoft.com:25", "--expect", "blocked"],
        rows: &[rows("*", &["dns_timeout"], "inconclusive")],
        ..UNKNOWN
    },
    Case {
        name: "offline",
        changes: &[Change::Ip(
            Place::Client,
            "link set eth0 down\n",
            "link set eth0 up\nroute replace default via 10.77.1.1\n",
        )],
        proof: ("curl -m 2 -sv http://17.57.146.20:25/", &["unreachable"]),
        arguments: &["tcp://17.57.146.20:25", "--expect", "blocked"],
        rows: &[rows("*", &["net_offline"], "inconclusive")],
        ..UNKNOWN
    },
    Case {
        name: "a dead host behind the router",
        changes: &[
            Change::Ip(
                Place::Internet,
                "addr del 17.57.146.20/32 dev lo\n",
                "addr replace 17.57.146.20/32 dev lo\n",
            ),
            Change::Ip(
                Place::Router,
                "route replace 17.57.146.20/32 dev outer\n",
                "route replace 17.57.146.20/32 via 10.77.2.2\n",
            ),
        ],
        proof: (
            "curl -m 5 -sv http://17.57.146.20:25/",
            &["No route to host"],
        ),
        arguments: &["tcp://17.57.146.20:25", "--expect", "blocked"],
        rows: &[rows("*", &["inconclusive_control"], "inconclusive")],
        ..UNKNOWN
    },
    Case {
        name: "the deadline comes first",
        changes: &[Change::Filter("tcp dport 25 drop")],
        proof: (MAIL, &["25/tcp filtered", "443/tcp open"]),
        arguments: &["--deadline", "400ms"],
        profile: Some(CLOSED_MAIL),
        rows: &[rows(
            "mail/blocked",
            &["inconclusive_control"],
            "inconclusive",
        )],
        ..UNKNOWN
    },
];

/// Whatever is broken instead of blocked, the answer is that nothing is known.
#[test]
fn a_negative_test_never_passes_on_a_network_that_is_merely_broken() {
    super::play_all(BROKEN);
}

pub(super) const CANARY: &[Case<'static>] = &[Case {
    name: "transparent proxy",
    before: &[(Place::Internet, "addr add 192.0.2.1/32 dev lo\n")],
    listener: Some(("192.0.2.1", 443)),
    proof: (
        "nmap -Pn -n -sS --reason --max-retries 1 -p 443 192.0.2.1",
        &["443/tcp open"],
    ),
    arguments: &["tcp://graph.microsoft.com:443"],
    verdict: "inconclusive",
    exit: 3,
    rows: &[rows("*", &["tcp_transparent_proxy"], "inconclusive")],
    ..CASE
}];

/// A box that accepts every connection itself makes an open port mean nothing.
#[test]
fn an_answer_from_the_canary_takes_the_worth_from_a_bare_connect() {
    super::play_all(CANARY);
}
