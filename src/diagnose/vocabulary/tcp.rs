//! What is said of causes on the way to a port.

use super::Meaning;
use crate::code::{Code, Owner};
use crate::finding::Confidence::{Certain, High, Low, Medium};

pub(super) const MEANINGS: &[Meaning] = &[
    Meaning {
        code: "firewall_rejects",
        owner: Owner::Network,
        meaning: "A firewall that names itself refuses the connections.",
        signs: &[
            Code::TcpAdminProhibited,
            Code::TcpRefusedIcmp,
            Code::TcpProtoUnreachable,
        ],
        seen: "ICMP errors that mean a rule, from a box that is neither the target nor this \
               machine; silent rows of the same port or owner are joined to it, since such \
               errors are rationed.",
        confidence: &[
            (Certain, "each row got the box's own refusal"),
            (
                High,
                "some silent rows of the same port or owner are joined to it",
            ),
        ],
        next: "Have the rule on that box allow the destinations and ports.",
        steps: &["Find the box by the address that it gave, and the rule by the port in its log."],
    },
    Meaning {
        code: "ipv6_broken",
        owner: Owner::Network,
        meaning: "IPv6 is offered here and does not work.",
        signs: &[Code::TcpSilent, Code::TcpAdminProhibited, Code::TcpMixed],
        seen: "Rows whose IPv6 address fails while their IPv4 address works.",
        confidence: &[
            (High, "hosts of two owners or more fail over IPv6 alone"),
            (Medium, "hosts of one owner do"),
        ],
        next: "Allow the same destinations over IPv6, or do not announce it.",
        steps: &[
            "Compare the rules for IPv4 and IPv6: each permission needs its twin.",
            "Run with -4 and with -6 to see the two apart.",
        ],
    },
    Meaning {
        code: "transparent_proxy",
        owner: Owner::Network,
        meaning: "A transparent proxy accepts every connection.",
        signs: &[Code::TcpTransparentProxy],
        seen: "The canary, an address that belongs to nobody, accepted a connect.",
        confidence: &[(Certain, "an address that nobody may answer has answered")],
        next: "Judge by the rows that go on to TLS, and ask for an exemption.",
        steps: &["Name the box that intercepts, and have the destinations left out of it."],
    },
    Meaning {
        code: "egress_port_filtered",
        owner: Owner::Network,
        meaning: "A firewall on the way out drops one port.",
        signs: &[Code::TcpSilent],
        seen: "Silence at that port at every address, while the same addresses or others answer \
               on another port.",
        confidence: &[
            (
                High,
                "two of: no address answers on the port, the same addresses answer on another one, hosts of several owners are alike",
            ),
            (Medium, "one of them"),
        ],
        next: "Allow the port to these destinations.",
        steps: &[
            "Look in the firewall's log for drops from the source addresses and ports below; if \
             it has none, ask for --trace, which shows after which hop the answers stop.",
        ],
    },
    Meaning {
        code: "allow_list_narrow",
        owner: Owner::Network,
        meaning: "A rule covers only a part of the vendor's block.",
        signs: &[Code::RangePartial],
        seen: "Some samples of the block are open and others silent.",
        confidence: &[
            (
                High,
                "some of the block is silent, and the silent addresses stand apart from the open ones",
            ),
            (Medium, "some of the block is silent"),
        ],
        next: "Allow the whole block that the vendor publishes.",
        steps: &["Write rules by name, or by the whole block, and not by addresses seen once."],
    },
    Meaning {
        code: "egress_destination_filtered",
        owner: Owner::Network,
        meaning: "Connections to one owner's addresses go unanswered.",
        signs: &[Code::TcpSilent, Code::RangeClosed],
        seen: "Silence at every port of that owner's addresses, while other owners answer.",
        confidence: &[
            (
                High,
                "two of: the port answers elsewhere, several addresses are alike, the same address answers on another port",
            ),
            (Medium, "one of them"),
            (
                Low,
                "one address of the organisation's own is silent, and as well may be down",
            ),
        ],
        next: "Look for a rule that drops this owner; if there is none, ask whether the host is up.",
        steps: &[
            "Run the same from another network with --output, and give its report as --control: \
             what is open there is up.",
        ],
    },
    Meaning {
        code: "host_down",
        owner: Owner::Server,
        meaning: "The last router finds nobody at the address.",
        signs: &[Code::TcpHostUnreachable],
        seen: "Host unreachable after the packet had left, and after the router had looked for it: it says so after \
               seconds, nothing at once, and not of several owners' hosts that cannot all be on its own link.",
        confidence: &[(
            High,
            "a router's own message, seconds after it began to look",
        )],
        next: "See whether the host is up and has this address.",
        steps: &["If the host is up, see whether the name leads to its present address."],
    },
    Meaning {
        code: "route_missing",
        owner: Owner::Network,
        meaning: "A router on the way has no route to the address.",
        signs: &[Code::TcpHostUnreachable, Code::TcpNetUnreachable],
        seen: "Network or host unreachable from a router that has not looked for the host, after the packet had left; \
               where it says so of several addresses, silent rows of the same port or owner are joined to it, since \
               such errors are rationed.",
        confidence: &[
            (
                High,
                "one router's own messages about unrelated owners' hosts, with nothing else in common",
            ),
            (
                Medium,
                "a router's own message, which a rule that rejects may send as well; or its messages about unrelated \
                 owners' hosts, and silent rows that are joined to them",
            ),
            (
                Low,
                "a router's own messages about one owner's hosts, and silent rows that are joined to them",
            ),
        ],
        next: "Ask the network team for a route on that router.",
        steps: &["See that the route exists both ways: the answers need one back."],
    },
    Meaning {
        code: "protocol_refused",
        owner: Owner::Network,
        meaning: "Something answers for the address that says it does not speak TCP.",
        signs: &[Code::TcpProtoUnreachable],
        seen: "ICMP 3/2, protocol unreachable, which no ordinary server sends.",
        confidence: &[(Medium, "one message, whose sender may not be the host")],
        next: "Find the box that sends it: a filter with an odd rule, or a wrong address.",
        steps: &["Compare the address with the one that the vendor's name has elsewhere."],
    },
    Meaning {
        code: "service_down",
        owner: Owner::Server,
        meaning: "The way is open and nothing listens, or a firewall resets in the host's name.",
        signs: &[Code::TcpRefusedRst],
        seen: "Connects that are answered by a reset at once.",
        confidence: &[
            (
                High,
                "the refusal, and the same address answers on another port",
            ),
            (
                Medium,
                "the refusal alone, which a firewall can send as well",
            ),
        ],
        next: "See whether a service listens; a vendor's host that resets is more likely a \
               firewall's answer.",
        steps: &[
            "Ask from another network: a vendor's host that accepts there is reset by a firewall \
             here.",
        ],
    },
];
