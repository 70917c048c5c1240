//! The canary of IPv6: a box that answers for everybody in one family says nothing about the other.

use super::case::{checks, text};
use super::ground::{Ground, Place};

/// Where the box on the way leads every IPv6 connect to port 443.
const ACCEPTOR: &str = "2001:db8:ffff::1";

const TRANSPARENT: &str = "\
table ip6 lead {
chain pre {
type nat hook prerouting priority -100
tcp dport 443 dnat to 2001:db8:ffff::1
}
}
";

#[test]
fn an_acceptor_of_ipv6_takes_the_worth_from_ipv6_connects_only() {
    if !super::possible() {
        return;
    }
    let mut ground = Ground::new();
    ground.ip(Place::Client, "route add default via fd77:1::1\n");
    ground.ip(
        Place::Internet,
        &format!("addr add {ACCEPTOR}/128 dev lo nodad\n"),
    );
    let listener = format!("[{ACCEPTOR}]:443").parse().unwrap();
    ground.serve(None, Some(listener));
    let file = ground.file("lead.nft", TRANSPARENT);
    ground.does(Place::Router, &["nft", "-f", &file]);
    let accepted = "curl -g -m 3 -sv http://[2001:db8::1]:443/ 2>&1 | grep -c Connected";
    assert!(ground.foreign(accepted).contains("1 exit=0"));
    let arguments = [
        "check",
        "tcp://[2a01:b740:a42::1]:443",
        "tcp://17.57.146.20:443",
        "tls://17.57.146.20:5223",
        "--format",
        "json",
    ];
    let report = ground.preflight(&arguments).json();
    let all = checks(&report);
    let row = |number: usize| {
        let check = all[number].report;
        (
            text(check, "verdict").to_owned(),
            text(check, "code").to_owned(),
        )
    };
    assert_eq!(
        row(0),
        (
            "inconclusive".to_owned(),
            "tcp_transparent_proxy".to_owned()
        ),
        "{report}"
    );
    assert_eq!(row(1), ("pass".to_owned(), String::new()), "{report}");
    assert_ne!(row(2).1, "tcp_transparent_proxy");
    let canary = report["run"]["canary"].as_array().unwrap();
    let answered: Vec<String> = canary
        .iter()
        .filter(|one| one["connected"] == true)
        .map(|one| format!("{} {}", text(one, "address"), one["port"]))
        .collect();
    assert_eq!(answered, ["2001:db8::1 443"], "{canary:?}");
    assert_eq!(canary.len(), 6, "{canary:?}");
    // Without the box, the canary is silent and nothing is demoted.
    ground.does(Place::Router, &["nft", "flush", "ruleset"]);
    let report = ground.preflight(&arguments).json();
    // The reasoning of a report names every code that it looked for.
    let said = report["prerequisites"].to_string();
    assert!(!said.contains("tcp_transparent_proxy"), "{said}");
}

#[test]
fn without_an_ipv6_route_the_canary_has_one_family() {
    if !super::possible() {
        return;
    }
    let mut ground = Ground::new();
    ground.serve(None, None);
    let report = ground
        .preflight(&["check", "tcp://17.57.146.20:443", "--format", "json"])
        .json();
    let canary = report["run"]["canary"].as_array().unwrap();
    assert_eq!(canary.len(), 3, "{canary:?}");
    assert!(canary.iter().all(|one| text(one, "address") == "192.0.2.1"));
}
