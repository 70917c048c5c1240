//! The one diagnosis that each world of the laboratory has, by the world's name.

/// World, diagnosis, owner. A world that stands here has this diagnosis and no other.
const DIAGNOSES: &[(&str, &str, &str)] = &[
    ("hello reset by the router", "tls_hello_blocked", "network"),
    ("hello dropped", "tls_hello_blocked", "network"),
    (
        "a smaller MTU whose errors are dropped",
        "large_hello_lost",
        "network",
    ),
    (
        "large hellos dropped by a router",
        "large_hello_lost",
        "network",
    ),
    (
        "large hellos reset by a router",
        "large_hello_lost",
        "network",
    ),
    ("5223 dropped", "egress_port_filtered", "network"),
    ("443 dropped", "egress_port_filtered", "network"),
    (
        "all of push dropped",
        "egress_destination_filtered",
        "network",
    ),
    ("17/8 prohibited", "firewall_rejects", "network"),
    (
        "Graph refused: host-prohibited",
        "firewall_rejects",
        "network",
    ),
    (
        "Graph refused: net-prohibited",
        "firewall_rejects",
        "network",
    ),
    (
        "Graph refused: port-unreachable",
        "firewall_rejects",
        "network",
    ),
    ("IPv6 prohibited", "firewall_rejects", "network"),
    ("the router has no way on", "firewall_rejects", "network"),
    ("IPv6 dropped", "ipv6_broken", "network"),
    ("a /18 for a /8", "allow_list_narrow", "network"),
    ("range-partial", "allow_list_narrow", "network"),
    (
        "Graph refused: host-unreachable",
        "route_missing",
        "network",
    ),
    ("Graph refused: net-unreachable", "route_missing", "network"),
    ("host down behind the router", "host_down", "server"),
    ("Graph reset by the router", "service_down", "network"),
    ("courier-port-closed", "service_down", "network"),
    ("jamf-down", "service_down", "server"),
    ("server mute", "service_stalls", "server"),
    ("http-stalled", "service_stalls", "server"),
    ("own firewall rejects", "local_policy", "device"),
    ("own firewall drops", "local_policy", "device"),
    ("own route unreachable", "local_policy", "device"),
    ("own route prohibited", "local_policy", "device"),
    (
        "Graph refused: prot-unreachable",
        "firewall_rejects",
        "network",
    ),
    (
        "the first of two resolvers silent",
        "resolver_partly_silent",
        "dns",
    ),
    (
        "UDP to the resolver lost, TCP works",
        "dns_udp_blocked",
        "network",
    ),
    ("dns-servfail", "resolver_failing", "dns"),
    ("dns-nxdomain", "dns_filtered", "dns"),
    ("dns-sinkhole", "dns_filtered", "dns"),
    ("dns-bogon", "dns_filtered", "dns"),
    ("tls-inspected", "tls_inspection", "network"),
    ("cert-expired", "certificate_fault", "server"),
    ("cert-wrong-name", "certificate_fault", "server"),
    ("cert-chain-incomplete", "certificate_fault", "server"),
    ("block-page", "block_page", "proxy"),
    ("tenant-unknown", "tenant_unknown", "identity"),
    ("entra-throttled", "service_trouble", "vendor"),
    ("clock-skew", "clock_wrong", "device"),
    ("server-clock", "server_clock_wrong", "server"),
    ("transparent proxy", "transparent_proxy", "network"),
    ("nginx: certificate expired", "certificate_fault", "server"),
    (
        "nginx: certificate not yet valid",
        "certificate_fault",
        "server",
    ),
    (
        "nginx: another host's certificate",
        "certificate_fault",
        "server",
    ),
    (
        "nginx: intermediate left out",
        "certificate_fault",
        "server",
    ),
    ("nginx: self-signed", "certificate_fault", "server"),
    ("nginx: private authority", "certificate_fault", "server"),
    (
        "nginx: private root left out",
        "certificate_fault",
        "server",
    ),
    (
        "nginx: certificate ends in five days",
        "certificate_fault",
        "server",
    ),
    ("nginx: plain HTTP on the port", "service_stalls", "server"),
    (
        "the server closes after the hello",
        "service_stalls",
        "server",
    ),
    ("nginx: nothing behind it", "service_trouble", "server"),
    ("nginx: under maintenance", "service_trouble", "server"),
    (
        "nginx: closes without an answer",
        "service_stalls",
        "server",
    ),
];

/// Diagnosis and owner of a world; none if it is not in the table.
pub(super) fn of(world: &str) -> Option<(&'static str, &'static str)> {
    let row = DIAGNOSES.iter().find(|(name, _, _)| *name == world);
    row.map(|(_, code, owner)| (*code, *owner))
}
