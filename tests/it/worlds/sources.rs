//! A machine with two ways out, one of which has a filter: `--source` by address and by interface.

use serde_json::Value;

use super::case::{FULL, checks, text};
use super::ground::{Ground, Place};
use crate::binary;

/// The second way out of the client, by an interface whose name tells where it leads.
const SECOND: &str = "berlin-hq";

/// Both ways lead to the same router, which drops port 5223 on the second. What is sent from the second address takes
/// the second way.
fn two_ways() -> Ground {
    let mut ground = Ground::new();
    let router = ground.at(Place::Router);
    ground.ip(
        Place::Client,
        &format!(
            "link add {SECOND} type veth peer name second netns {router}\nlink set {SECOND} up\n\
             addr add 10.78.1.2/24 dev {SECOND}\nroute add default via 10.78.1.1 dev {SECOND} metric 500\n\
             route add default via 10.78.1.1 dev {SECOND} table 100\nrule add from 10.78.1.2 table 100\n"
        ),
    );
    ground.ip(
        Place::Router,
        "link set second up\naddr add 10.78.1.1/24 dev second\n",
    );
    ground.serve(None, None);
    ground.filter(
        "iifname \"second\" tcp dport 5223 drop\niifname \"second\" udp dport 53 counter accept",
    );
    ground
}

fn run(ground: &Ground, source: &[&str]) -> (Value, Option<i32>) {
    let arguments = [
        &["check", "--format", "json", "--fail-on", "degraded"],
        source,
        FULL,
    ]
    .concat();
    let run = ground.preflight(&arguments);
    (run.json(), run.code)
}

fn senders(report: &Value) -> Vec<&str> {
    let all = checks(report);
    let locals = all
        .iter()
        .filter_map(|check| check.report["stages"]["tcp"]["local"].as_str());
    let mut addresses: Vec<&str> = locals
        .map(|local| local.rsplit_once(':').unwrap().0)
        .collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

#[test]
fn each_way_out_is_judged_by_itself() {
    if !super::possible() {
        return;
    }
    let ground = two_ways();
    for source in [&[][..], &["--source", "eth0"], &["--source", "10.77.1.2"]] {
        let (report, code) = run(&ground, source);
        assert_eq!(code, Some(0), "{source:?}: {}", report["headline"]);
        assert_eq!(senders(&report), ["10.77.1.2"]);
    }
    for source in [SECOND, "10.78.1.2"] {
        let (report, code) = run(&ground, &["--source", source]);
        assert_eq!(code, Some(1), "{source}: {}", report["headline"]);
        assert_eq!(senders(&report), ["10.78.1.2"]);
        let cause = &report["diagnoses"][0];
        assert_eq!(text(cause, "code"), "egress_port_filtered");
        let request = text(cause, "change_request");
        assert!(request.contains("(this run: 10.78.1.2)"), "{request}");
        let vantage = &report["vantage"];
        assert_eq!(text(vantage, "source"), source);
        assert_eq!(text(vantage, "interface"), SECOND);
        assert_eq!(vantage["addresses"], serde_json::json!(["10.78.1.2"]));
        assert_eq!(text(vantage, "gateway"), "10.78.1.1");
        let remarks = report["remarks"].to_string();
        let said = format!("IPv6 was not tested, the source {source} has no such address");
        assert!(remarks.contains(&said), "{remarks}");
        // Time servers are asked the same way, and so are DNS servers.
        let time = checks(&report)
            .into_iter()
            .find(|c| c.id.starts_with("apple.time/"));
        assert_eq!(text(time.unwrap().report, "verdict"), "pass");
    }
    let list = ["nft", "-j", "list", "chain", "inet", "wall", "passing"];
    let said = binary::finish(ground.inside(Place::Router, &list)).json();
    let counted = said["nftables"][3]["rule"]["expr"].to_string();
    let asked = counted.split("\"packets\":").nth(1).unwrap();
    let asked: u32 = asked.split('}').next().unwrap().parse().unwrap();
    assert!(asked > 60, "{asked} questions to DNS servers: {counted}");
}

#[test]
fn the_name_of_a_source_is_redacted_and_one_that_is_down_is_refused() {
    if !super::possible() {
        return;
    }
    let ground = two_ways();
    let (report, code) = run(&ground, &["--source", SECOND, "--redact"]);
    assert_eq!(code, Some(1));
    assert!(!report.to_string().contains("berlin"), "{report}");
    assert_eq!(text(&report["vantage"], "source"), "interface");
    let six = "tcp://[2a01:b740:a42::77]:443";
    let options = ["check", "--format", "json", "--redact", "--skip", "canary"];
    let run = ground.preflight(&[&options[..], &["--source", SECOND, six]].concat());
    assert_eq!(run.code, Some(3), "{run:?}");
    assert!(!run.stdout.contains("berlin"), "{}", run.stdout);
    // Down, it is refused before the first packet.
    ground.ip(Place::Client, &format!("link set {SECOND} down\n"));
    for source in [SECOND, "10.78.1.2"] {
        let run = ground.preflight(&["check", "--source", source, "tcp://17.57.146.20:443"]);
        assert_eq!(run.code, Some(2), "{run:?}");
        assert!(run.stderr.contains("--source: "), "{}", run.stderr);
        assert!(run.stderr.contains("is down"), "{}", run.stderr);
    }
}

/// Who chooses a source of one family has asked for no other: that says nothing about the network, as with `-4` and `-6`.
#[test]
fn a_family_that_the_source_does_not_have_is_nobodys_failure() {
    if !super::possible() {
        return;
    }
    let ground = two_ways();
    ground.ip(Place::Client, "route add default via fd77:1::1\n");
    let proxy = ["--proxy", "http://10.77.1.1:3128"];
    let four = "and the source fd77:1::2 has no IPv4 address";
    let six = "and the source berlin-hq has no IPv6 address";
    let by_proxy = format!("http://10.77.1.1:3128: only 10.77.1.1, {four}");
    for (source, more, target, said) in [
        (
            "fd77:1::2",
            &[][..],
            "tcp://20.190.190.131:443",
            &format!("only 20.190.190.131, {four}"),
        ),
        (
            SECOND,
            &[],
            "tls://[2a01:b740:a42::77]:443",
            &format!("only 2a01:b740:a42::77, {six}"),
        ),
        (
            SECOND,
            &[],
            "ntp://[2a01:b740:a42::77]",
            &format!("only 2a01:b740:a42::77, {six}"),
        ),
        ("fd77:1::2", &proxy, "tcp://20.190.190.131:443", &by_proxy),
    ] {
        let options = ["check", "--format", "json", "--skip", "canary"];
        let run = ground.preflight(&[&options, more, &["--source", source, target]].concat());
        let report = run.json();
        let row = checks(&report)[0].report;
        assert_eq!(text(row, "message"), said, "{row}");
        let judged = (text(row, "verdict"), text(row, "code"), run.code);
        let expected = ("inconclusive", "inconclusive_family", Some(3));
        assert_eq!(judged, expected, "{source} {target}");
        assert_eq!(
            report["diagnoses"],
            serde_json::json!([]),
            "{source} {target}"
        );
    }
}
