//! Worlds with a real resolver, unbound, each configured into one fault.

use super::case::{CASE, Case, Change, rows};
use super::ground::Place;

/// The server answers everybody, and forwards to the lab.
macro_rules! with {
    ($further:literal) => {
        Change::Unbound(concat!(
            "server:\n access-control: 0.0.0.0/0 allow\n",
            $further,
            "\nforward-zone:\n name: \".\"\n forward-addr: 198.51.100.53\n"
        ))
    };
}

const ANSWERS: &[Case<'static>] = &[
    Case {
        name: "unbound: always_nxdomain",
        changes: &[with!(
            " local-zone: \"graph.microsoft.com.\" always_nxdomain"
        )],
        proof: ("dig graph.microsoft.com", &["NXDOMAIN", "198.51.100.54"]),
        verdict: "fail",
        exit: 1,
        rows: &[rows("entra.graph/https", &["dns_nxdomain"], "fail")],
        diagnosis: Some(("dns_filtered", "dns")),
        ..CASE
    },
    Case {
        name: "unbound: no data",
        changes: &[with!(
            " local-zone: \"graph.microsoft.com.\" static\n local-data: \"graph.microsoft.com. TXT here\""
        )],
        proof: ("dig graph.microsoft.com", &["NOERROR", "ANSWER: 0"]),
        verdict: "fail",
        exit: 1,
        rows: &[rows("entra.graph/https", &["dns_nodata"], "fail")],
        ..CASE
    },
    Case {
        name: "unbound: access-control refuse",
        changes: &[Change::Unbound(
            "server:\n access-control: 0.0.0.0/0 refuse\n",
        )],
        proof: ("dig graph.microsoft.com", &["REFUSED"]),
        verdict: "fail",
        exit: 1,
        rows: &[rows("*", &["dns_refused"], "fail")],
        diagnosis: Some(("resolver_failing", "dns")),
        ..CASE
    },
    Case {
        name: "unbound: access-control deny",
        changes: &[Change::Unbound(
            "server:\n access-control: 0.0.0.0/0 deny\n",
        )],
        proof: ("dig +time=1 +tries=1 graph.microsoft.com", &["timed out"]),
        verdict: "fail",
        exit: 1,
        rows: &[rows("*", &["dns_timeout"], "fail")],
        diagnosis: Some(("resolver_silent", "dns")),
        ..CASE
    },
    Case {
        name: "unbound: redirect to nowhere",
        changes: &[with!(
            " local-zone: \"graph.microsoft.com.\" redirect\n local-data: \"graph.microsoft.com. A 0.0.0.0\""
        )],
        proof: ("dig +short graph.microsoft.com", &["0.0.0.0"]),
        verdict: "fail",
        exit: 1,
        rows: &[rows("entra.graph/https", &["dns_sinkhole"], "fail")],
        diagnosis: Some(("dns_filtered", "dns")),
        ..CASE
    },
    Case {
        name: "unbound: a dead forwarder",
        changes: &[
            Change::Ip(
                Place::Internet,
                "route add unreachable 203.0.113.53\n",
                "route del unreachable 203.0.113.53\n",
            ),
            Change::Unbound(
                "server:\n access-control: 0.0.0.0/0 allow\n\
                     forward-zone:\n name: \".\"\n forward-addr: 203.0.113.53\n",
            ),
        ],
        proof: ("dig graph.microsoft.com", &["SERVFAIL"]),
        verdict: "fail",
        exit: 1,
        rows: &[rows("*", &["dns_servfail"], "fail")],
        diagnosis: Some(("resolver_failing", "dns")),
        ..CASE
    },
    Case {
        name: "unbound: a response policy zone",
        changes: &[with!("rpz:\n name: policy.example\n zonefile: policy.zone")],
        proof: ("dig +short graph.microsoft.com", &["10.10.34.36"]),
        verdict: "fail",
        exit: 1,
        rows: &[rows("entra.graph/https", &["dns_bogon"], "fail")],
        diagnosis: Some(("dns_filtered", "dns")),
        ..CASE
    },
    Case {
        name: "unbound: signatures that do not verify",
        // The lab signs nothing, so a trust anchor for one of its names makes that name bogus.
        changes: &[with!(
            " trust-anchor: \"graph.microsoft.com. DS 12345 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\""
        )],
        proof: (
            "dig graph.microsoft.com; dig +cd graph.microsoft.com",
            &["SERVFAIL", "NOERROR", "cd;"],
        ),
        verdict: "fail",
        exit: 1,
        rows: &[rows("entra.graph/https", &["dns_dnssec_bogus"], "fail")],
        diagnosis: Some(("dnssec_fails", "dns")),
        ..CASE
    },
];

#[test]
fn what_a_real_resolver_says_is_what_is_reported() {
    super::play_all(ANSWERS);
}
