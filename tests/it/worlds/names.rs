//! Worlds whose names lead nowhere, or whose resolvers do not answer.

use super::case::{CASE, Case, Change, Rows, rows};

/// One name only: a sender rations its errors, and here every question has to draw one.
const ONE: &[&str] = &["--only", "entra.graph"];

pub(super) const CASES: &[Case<'static>] = &[
    Case {
        name: "resolver silent",
        changes: &[Change::Filter("udp dport 53 drop\ntcp dport 53 drop")],
        proof: (
            "dig +time=1 +tries=1 @198.51.100.53 graph.microsoft.com",
            &["timed out", "exit=9"],
        ),
        verdict: "fail",
        exit: 1,
        rows: &[rows("*", &["dns_timeout"], "fail")],
        diagnosis: Some(("resolver_silent", "dns")),
        ..CASE
    },
    Case {
        name: "the first of two resolvers silent",
        changes: &[Change::Resolvers(
            "nameserver 198.51.100.99\nnameserver 198.51.100.53\n",
        )],
        proof: (
            "dig +time=1 +tries=1 graph.microsoft.com",
            &["timed out", "NOERROR", "SERVER: 198.51.100.53"],
        ),
        verdict: "degraded",
        rows: &[rows("*", &["dns_server_silent"], "degraded")],
        ..CASE
    },
    Case {
        name: "UDP to the resolver lost, TCP works",
        changes: &[Change::Filter("udp dport 53 drop")],
        proof: (
            "dig +time=1 +tries=1 +notcp graph.microsoft.com; dig +tcp graph.microsoft.com",
            &["timed out", "NOERROR"],
        ),
        verdict: "degraded",
        rows: &[rows("*", &["dns_udp_blocked"], "degraded")],
        ..CASE
    },
    Case {
        name: "the router refuses UDP and TCP to the resolver",
        changes: &[Change::Filter(
            "meta l4proto { tcp, udp } th dport 53 reject with icmp type admin-prohibited",
        )],
        proof: (
            "nmap -Pn -n -sS --reason --max-retries 1 -p 53 198.51.100.53",
            &["admin-prohibited from 10.77.1.1"],
        ),
        arguments: ONE,
        verdict: "fail",
        exit: 1,
        rows: &[Rows {
            offender: Some("10.77.1.1"),
            ..rows("*", &["dns_unreachable", "dns_timeout"], "fail")
        }],
        diagnosis: Some(("resolver_unreachable", "network")),
        ..CASE
    },
    Case {
        name: "the router refuses UDP to the resolver and resets TCP",
        changes: &[Change::Filter(
            "udp dport 53 reject with icmp type port-unreachable\ntcp dport 53 reject with tcp reset",
        )],
        proof: (
            "nmap -Pn -n -sS --reason --max-retries 1 -p 53 198.51.100.53; dig +time=1 +tries=1 @198.51.100.53 graph.microsoft.com",
            &["53/tcp closed", "refused"],
        ),
        arguments: ONE,
        verdict: "fail",
        exit: 1,
        rows: &[Rows {
            offender: Some("10.77.1.1"),
            ..rows("*", &["dns_unreachable", "dns_timeout"], "fail")
        }],
        diagnosis: Some(("resolver_unreachable", "network")),
        ..CASE
    },
    Case {
        name: "the router drops UDP to the resolver and resets TCP",
        changes: &[Change::Filter(
            "udp dport 53 drop\ntcp dport 53 reject with tcp reset",
        )],
        proof: (
            "nmap -Pn -n -sS --reason --max-retries 1 -p 53 198.51.100.53; dig +time=1 +tries=1 @198.51.100.53 graph.microsoft.com",
            &["53/tcp closed", "timed out"],
        ),
        verdict: "fail",
        exit: 1,
        rows: &[rows("*", &["dns_timeout"], "fail")],
        diagnosis: Some(("resolver_silent", "dns")),
        ..CASE
    },
    Case {
        name: "this machine's own firewall refuses DNS",
        changes: &[Change::Own(
            "meta l4proto { tcp, udp } th dport 53 reject with icmp type admin-prohibited",
        )],
        proof: (
            "dig +time=1 +tries=1 @198.51.100.53 graph.microsoft.com",
            &["exit=9"],
        ),
        arguments: ONE,
        verdict: "fail",
        exit: 1,
        rows: &[rows("*", &["local_policy_denied"], "fail")],
        diagnosis: Some(("local_policy", "device")),
        ..CASE
    },
    Case {
        name: "nothing listens where the resolver should",
        changes: &[Change::Resolvers("nameserver 10.77.2.2\n")],
        proof: (
            "dig +time=1 +tries=1 @10.77.2.2 graph.microsoft.com; grep nameserver /etc/resolv.conf",
            &["refused", "nameserver 10.77.2.2"],
        ),
        arguments: ONE,
        verdict: "fail",
        exit: 1,
        rows: &[Rows {
            offender: Some("10.77.2.2"),
            ..rows("*", &["dns_unreachable", "dns_timeout"], "fail")
        }],
        diagnosis: Some(("resolver_unreachable", "dns")),
        ..CASE
    },
    Case {
        name: "dns-nxdomain",
        changes: &[Change::Servers("dns-nxdomain")],
        proof: ("dig graph.microsoft.com", &["NXDOMAIN"]),
        verdict: "fail",
        exit: 1,
        rows: &[
            rows("entra.graph/https", &["dns_nxdomain"], "fail"),
            rows("entra.registration/discover", &["dns_nxdomain"], "fail"),
        ],
        ..CASE
    },
    Case {
        name: "dns-aaaa-silent",
        changes: &[Change::Servers("dns-aaaa-silent")],
        proof: (
            "dig graph.microsoft.com; dig +time=1 +tries=1 graph.microsoft.com AAAA",
            &["NOERROR", "timed out"],
        ),
        verdict: "degraded",
        rows: &[rows("*", &["dns_family_silent"], "degraded")],
        ..CASE
    },
    Case {
        name: "dns-servfail",
        changes: &[Change::Servers("dns-servfail")],
        proof: ("dig graph.microsoft.com", &["SERVFAIL"]),
        verdict: "fail",
        exit: 1,
        rows: &[rows("*", &["dns_servfail"], "fail")],
        ..CASE
    },
    Case {
        name: "dns-sinkhole",
        changes: &[Change::Servers("dns-sinkhole")],
        proof: ("dig +short graph.microsoft.com", &["0.0.0.0"]),
        verdict: "fail",
        exit: 1,
        rows: &[
            rows("entra.*", &["dns_sinkhole"], "fail"),
            rows("intune.*", &["dns_sinkhole"], "fail"),
        ],
        ..CASE
    },
    Case {
        name: "dns-bogon",
        changes: &[Change::Servers("dns-bogon")],
        proof: ("dig +short 7-courier.push.apple.com", &["10.10.34.36"]),
        verdict: "fail",
        exit: 1,
        rows: &[
            rows("apple.push.device/*", &["dns_bogon"], "fail"),
            rows(
                "apple.push.block/*",
                &["inconclusive_sample"],
                "inconclusive",
            ),
        ],
        ..CASE
    },
];

#[test]
fn what_the_resolver_does_is_not_blamed_on_the_way() {
    super::play_all(CASES);
}
