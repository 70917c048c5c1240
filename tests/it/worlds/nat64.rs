//! A network with IPv6 alone: unbound makes up addresses (DNS64) and tayga translates what is sent to them (NAT64).

use super::case::{FULL, checks, text};
use super::ground::{Ground, Place, Started};
use super::unbound::HEALTHY;

/// The resolver's address for a client without IPv4.
const RESOLVER: &str = "fd77:2::53";

/// A healthy world for a client without IPv4; the gateway works for as long as the second lives.
fn world(prefix: &str) -> Option<(Ground, Started)> {
    if !super::possible() {
        return None;
    }
    let mut ground = Ground::new();
    ground.serve(None, None);
    ground.ip(
        Place::Internet,
        &format!("addr add {RESOLVER}/64 dev eth0 nodad\n"),
    );
    ground.ip(
        Place::Client,
        "addr del 10.77.1.2/24 dev eth0\nroute add default via fd77:1::1\n",
    );
    // The lab serves IPv4 only: genuine IPv6 addresses of the names lead nowhere in it.
    ground.resolve_by_unbound(&format!(
        "{HEALTHY}server:\n do-ip6: yes\n interface: {RESOLVER}\n access-control: ::/0 allow\n \
         module-config: \"dns64 validator iterator\"\n dns64-prefix: {prefix}\n dns64-synthall: yes\n"
    ));
    ground.write_resolvers(&format!("nameserver {RESOLVER}\n"));
    let gateway = translate(&ground, prefix);
    Some((ground, gateway))
}

/// Starts tayga on the router, with a pool of addresses that the inside internet sends back to it.
fn translate(ground: &Ground, prefix: &str) -> Started {
    let settings = ground.file(
        "tayga.conf",
        &format!(
            "tun-device nat64\nipv4-addr 192.168.255.1\nprefix {prefix}\n\
             dynamic-pool 192.168.255.0/24\nipv6-addr fd77:64::1\n"
        ),
    );
    ground.does(Place::Router, &["tayga", "-c", &settings, "--mktun"]);
    ground.ip(
        Place::Router,
        &format!(
            "link set nat64 up\nroute add 192.168.255.0/24 dev nat64\nroute add {prefix} dev nat64\n"
        ),
    );
    ground.starts(Place::Router, &["tayga", "-d", "-c", &settings])
}

fn passes_behind(prefix: &str, address: &str) {
    let Some((ground, gateway)) = world(prefix) else {
        return;
    };
    let proof = "for i in 1 2 3 4 5; do curl -6 -sSk -m 5 -o /dev/null -w '%{http_code} %{remote_ip} ' \
                 https://jamf.example.com:8443/api/v1/health-check && break; sleep 1; done";
    let said = ground.foreign(proof);
    assert!(said.contains(&format!("204 {address}")), "{said}");
    let mut arguments = vec!["check", "--format", "json"];
    arguments.extend(FULL);
    let run = ground.preflight(&arguments);
    let report = run.json();
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(text(&report, "verdict"), "pass");
    for check in checks(&report) {
        let verdict = text(check.report, "verdict");
        assert!(
            matches!(verdict, "pass" | "skipped"),
            "{}: {}",
            check.id,
            check.report
        );
        let findings = check.report["findings"].to_string();
        for wrong in [
            "dns_bogon",
            "dns_outside_block",
            "dns_synthetic",
            "dns_system_differs",
        ] {
            assert!(!findings.contains(wrong), "{}: {findings}", check.id);
        }
    }
    let remarks = report["remarks"].to_string();
    assert!(remarks.contains("IPv4 was not tested"), "{remarks}");
    // IPv6 alone is all there is; who asks for IPv4 alone hears that it has no route, and nothing of any other box.
    let only = |family: &str| ground.preflight(&[&arguments[..], &[family]].concat());
    assert_eq!(only("-6").code, Some(0));
    let run = only("-4");
    assert_eq!(run.code, Some(1), "{run:?}");
    let report = run.json();
    let mut failed = checks(&report);
    failed.retain(|check| text(check.report, "verdict") == "fail");
    assert!(!failed.is_empty());
    for check in failed {
        let code = text(check.report, "code");
        assert_eq!(code, "local_route_missing", "{}", check.id);
    }
    // Without the gateway nothing behind it answers, and names are not what is blamed.
    drop(gateway);
    let run = ground.preflight(&arguments);
    assert_eq!(run.code, Some(1), "{run:?}");
    let report = run.json();
    for check in checks(&report) {
        if text(check.report, "verdict") == "fail" {
            let code = text(check.report, "code");
            let silent = code.starts_with("tcp_") || code == "ntp_silent";
            assert!(silent, "{}: {code}", check.id);
        }
    }
}

#[test]
fn a_network_with_ipv6_alone_passes_behind_a_gateway_with_the_well_known_prefix() {
    passes_behind("64:ff9b::/96", "64:ff9b::365d:764d");
}

#[test]
fn a_network_with_ipv6_alone_passes_behind_a_gateway_with_a_prefix_of_its_own() {
    passes_behind("fd64:ff9b::/96", "fd64:ff9b::365d:764d");
}
