//! The closed vocabulary of causes: what each diagnosis claims and what it is argued from, for `explain`.

use crate::code::Owner;

/// What there is to say about the name of a diagnosis.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Meaning {
    pub code: &'static str,
    pub owner: Owner,
    pub meaning: &'static str,
    /// Which observations it is argued from.
    pub seen: &'static str,
    pub next: &'static str,
}

/// Every diagnosis that a report can carry, in the order in which the rules claim rows.
pub const MEANINGS: &[Meaning] = &[
    Meaning {
        code: "net_offline",
        owner: Owner::Device,
        meaning: "This machine is on no network.",
        seen: "No usable address, or no default route and no route to a DNS server.",
        next: "Connect the machine to the network under test and run again.",
    },
    Meaning {
        code: "resolver_unreachable",
        owner: Owner::Dns,
        meaning: "Questions to the DNS server are refused, and by whom.",
        seen: "No server answers any question, and an ICMP error or a reset came back instead; the \
               sender is named where the kernel tells.",
        next: "Have the box that refuses allow UDP and TCP 53, or give this machine another server.",
    },
    Meaning {
        code: "captive_portal",
        owner: Owner::Device,
        meaning: "A sign-in portal holds this network back; nothing behind it was tested.",
        seen: "A plain request with a known answer was sent on to another owner's host, or a \
               sign-in page or status 511 came back.",
        next: "Sign in at the portal and run again.",
    },
    Meaning {
        code: "resolver_silent",
        owner: Owner::Dns,
        meaning: "No configured DNS server answers any question.",
        seen: "Every look-up on the wire ended without an answer.",
        next: "Have the DNS server answer this machine, or give it another one.",
    },
    Meaning {
        code: "resolver_failing",
        owner: Owner::Dns,
        meaning: "The DNS server answers every name with an error.",
        seen: "SERVFAIL, REFUSED or the like for two rows or more, and no name that resolves.",
        next: "Look at the server's forwarders, its validation and its log.",
    },
    Meaning {
        code: "dns_filtered",
        owner: Owner::Dns,
        meaning: "DNS gives wrong answers for vendors' public names.",
        seen: "NXDOMAIN, a sinkhole, a private address or one outside the vendor's block for a \
               vendor's name.",
        next: "Look for a filter list, a response policy zone or a local zone on the DNS server.",
    },
    Meaning {
        code: "dns_resolvers_differ",
        owner: Owner::Dns,
        meaning: "Two DNS servers lead to different owners' addresses for the same name.",
        seen: "The answers of --compare-dns and of this machine's DNS share no address, block or \
               alias zone, and only one of them leads to an accepted chain.",
        next: "Ask whoever runs the server that leads elsewhere for its filter, zone or cache.",
    },
    Meaning {
        code: "resolver_partly_silent",
        owner: Owner::Dns,
        meaning: "One of several configured DNS servers does not answer.",
        seen: "The first server silent while a later one answers the same question.",
        next: "Repair that server, or take it out of what clients are given.",
    },
    Meaning {
        code: "dns_udp_blocked",
        owner: Owner::Network,
        meaning: "DNS works over TCP only.",
        seen: "The same server answers over TCP and not over UDP.",
        next: "Allow UDP 53 to the DNS server.",
    },
    Meaning {
        code: "local_policy",
        owner: Owner::Device,
        meaning: "This machine itself does not let the connections out.",
        seen: "Connects that failed before a packet left, or an ICMP error from the machine's own \
               address.",
        next: "Look at this machine's routes, its firewall and its security agents.",
    },
    Meaning {
        code: "tls_inspection",
        owner: Owner::Network,
        meaning: "A box on the way opens TLS.",
        seen: "Chains signed by an inspection product, or by one private issuer on hosts of \
               unrelated owners.",
        next: "Leave the hosts out of TLS inspection.",
    },
    Meaning {
        code: "firewall_rejects",
        owner: Owner::Network,
        meaning: "A firewall that names itself refuses the connections.",
        seen: "ICMP errors that mean a rule, from a box that is neither the target nor this \
               machine; silent rows of the same port or owner are joined to it, since such \
               errors are rationed.",
        next: "Have the rule on that box allow the destinations and ports.",
    },
    Meaning {
        code: "ipv6_broken",
        owner: Owner::Network,
        meaning: "IPv6 is offered here and does not work.",
        seen: "Rows whose IPv6 address fails while their IPv4 address works.",
        next: "Allow the same destinations over IPv6, or do not announce it.",
    },
    Meaning {
        code: "transparent_proxy",
        owner: Owner::Network,
        meaning: "A transparent proxy accepts every connection.",
        seen: "The canary, an address that belongs to nobody, accepted a connect.",
        next: "Judge by the rows that go on to TLS, and ask for an exemption.",
    },
    Meaning {
        code: "egress_port_filtered",
        owner: Owner::Network,
        meaning: "A firewall on the way out drops one port.",
        seen: "Silence at that port at every address, while the same addresses or others answer \
               on another port.",
        next: "Allow the port to these destinations.",
    },
    Meaning {
        code: "allow_list_narrow",
        owner: Owner::Network,
        meaning: "A rule covers only a part of the vendor's block.",
        seen: "Some samples of the block are open and others silent.",
        next: "Allow the whole block that the vendor publishes.",
    },
    Meaning {
        code: "egress_destination_filtered",
        owner: Owner::Network,
        meaning: "Connections to one owner's addresses go unanswered.",
        seen: "Silence at every port of that owner's addresses, while other owners answer.",
        next: "Look for a rule that drops this owner; if there is none, ask whether the host is up.",
    },
    Meaning {
        code: "host_down",
        owner: Owner::Server,
        meaning: "The last router finds nobody at the address.",
        seen: "Host unreachable after the packet had left.",
        next: "Ask whether the host is up and has this address.",
    },
    Meaning {
        code: "route_missing",
        owner: Owner::Network,
        meaning: "A router on the way has no route to the address.",
        seen: "Network unreachable from a router, after the packet had left.",
        next: "Ask the network team for a route on that router.",
    },
    Meaning {
        code: "protocol_refused",
        owner: Owner::Network,
        meaning: "Something answers for the address that says it does not speak TCP.",
        seen: "ICMP 3/2, protocol unreachable, which no ordinary server sends.",
        next: "Find the box that sends it: a filter with an odd rule, or a wrong address.",
    },
    Meaning {
        code: "service_down",
        owner: Owner::Server,
        meaning: "The way is open and nothing listens, or a firewall resets in the host's name.",
        seen: "Connects that are answered by a reset at once.",
        next: "Ask whether a service listens; a vendor's host that resets is more likely a \
               firewall's answer.",
    },
    Meaning {
        code: "tls_hello_blocked",
        owner: Owner::Network,
        meaning: "The TLS hello is stopped on the way.",
        seen: "The connection is accepted and the hello is never acknowledged, or is reset before \
               it was.",
        next: "Look for a filter by server name, then for a smaller MTU on the way.",
    },
    Meaning {
        code: "large_hello_lost",
        owner: Owner::Network,
        meaning: "TLS hellos of the size that Macs send today are lost on the way.",
        seen: "A small hello is answered at an address, and one of more than 1,700 bytes to the \
               same address is never acknowledged, or reset before it is.",
        next: "Let ICMP \"fragmentation needed\" and \"packet too big\" through, or clamp the MSS.",
    },
    Meaning {
        code: "service_stalls",
        owner: Owner::Server,
        meaning: "The host accepts connections and does not serve them.",
        seen: "Silence, a reset or an end after the peer had all that it was sent.",
        next: "Look at the host and at whatever terminates its TLS.",
    },
    Meaning {
        code: "certificate_fault",
        owner: Owner::Server,
        meaning: "The host's own certificate is not in order.",
        seen: "An expired, misnamed, untrusted or incomplete chain without a sign of inspection.",
        next: "Renew or complete the host's chain.",
    },
    Meaning {
        code: "block_page",
        owner: Owner::Proxy,
        meaning: "A page answers in the place of a service.",
        seen: "HTML without the service's own marks.",
        next: "Ask whoever runs the web filter to let the host pass unchanged.",
    },
    Meaning {
        code: "clock_wrong",
        owner: Owner::Device,
        meaning: "This machine's clock and the servers' differ.",
        seen: "Date headers more than five minutes away from this machine's time.",
        next: "Set the clock by a time server, and see that one can be reached.",
    },
    Meaning {
        code: "tenant_unknown",
        owner: Owner::Identity,
        meaning: "Entra is reached and does not know the tenant.",
        seen: "Entra's own answer for the tenant that was given.",
        next: "Compare --tenant and --cloud with the tenant's properties.",
    },
    Meaning {
        code: "service_trouble",
        owner: Owner::Vendor,
        meaning: "The service is reached and is in trouble itself.",
        seen: "An HTTP status that the service sends of its own: throttling or a server error.",
        next: "Look at the vendor's status page and try again later.",
    },
    Meaning {
        code: "uneven_answers",
        owner: Owner::Network,
        meaning: "The same question at the same address works at one time and not at another.",
        seen: "With `--attempts`, some attempts work and others fail.",
        next: "Look for one bad path, firewall or load balancer member among several.",
    },
];

/// The meaning of a diagnosis by its name.
pub fn meaning(code: &str) -> Option<&'static Meaning> {
    MEANINGS.iter().find(|known| known.code == code)
}
