//! What is said of causes in answers that lead astray, and of a system that says otherwise than the DNS server.

use super::Meaning;
use crate::code::{Code, Owner};
use crate::finding::Confidence::{High, Medium};

pub(super) const MEANINGS: &[Meaning] = &[
    Meaning {
        code: "dns_alias_filtered",
        owner: Owner::Dns,
        meaning: "DNS denies what vendors' names are aliases of.",
        signs: &[
            Code::DnsNxdomain,
            Code::DnsSinkhole,
            Code::DnsBogon,
            Code::DnsNodata,
        ],
        seen: "An answer that leads on to a name in another zone and denies that one, or some of a pattern's \
               numbers that resolve through such a zone while others do not.",
        confidence: &[
            (
                High,
                "the answer shows the alias that it denies, and other numbers of the pattern resolve",
            ),
            (Medium, "one of the two is seen"),
        ],
        next: "Allow the zone that the names are aliases of on the DNS filter.",
        steps: &[
            "Look for the alias in the filter's lists: content networks' names get on them by mistake.",
            "Compare with a server that does not filter: --compare-dns ADDR.",
        ],
    },
    Meaning {
        code: "name_missing",
        owner: Owner::Dns,
        meaning: "DNS knows no address of a name of the organisation's own, or one that leads nowhere.",
        signs: &[Code::DnsNxdomain, Code::DnsNodata, Code::DnsSinkhole],
        seen: "NXDOMAIN, an empty answer or a sinkhole for a name that is in no vendor's zone.",
        confidence: &[(Medium, "one server's answer is one signal")],
        next: "Make a record for the name, if it is the one that the Macs use; if the answer leads nowhere, take the \
               name off the filter list.",
        steps: &[
            "See whether the name is known inside the organisation only, or outside only, and which DNS \
             server the Macs are given.",
        ],
    },
    Meaning {
        code: "dnssec_fails",
        owner: Owner::Dns,
        meaning: "The DNS server does not believe the signatures of some names.",
        signs: &[Code::DnsDnssecBogus],
        seen: "SERVFAIL, and an answer to the same question when the server is told not to validate.",
        confidence: &[(
            High,
            "the failure, and the answer of the same server without validation",
        )],
        next: "Look at the server's clock and trust anchors.",
        steps: &[
            "If they are in order, tell whoever runs the zone that its signatures do not verify.",
        ],
    },
    Meaning {
        code: "dns_tcp_blocked",
        owner: Owner::Network,
        meaning: "DNS over TCP is blocked, and long answers get lost.",
        signs: &[Code::DnsTcpBlocked],
        seen: "An answer over UDP that is marked as cut short, and no connection over TCP to the same server.",
        confidence: &[(
            High,
            "the server's own mark on the short answer, and the end of the connect",
        )],
        next: "Allow TCP 53 to the DNS server.",
        steps: &["Look for rules that know DNS as UDP only."],
    },
    Meaning {
        code: "system_resolver_broken",
        owner: Owner::Device,
        meaning: "This machine's own resolver does not resolve.",
        signs: &[Code::DnsSystemFailed, Code::DnsNxdomain, Code::DnsNodata],
        seen: "The operating system's look-up fails, and the configured DNS server answers the same question.",
        confidence: &[
            (
                High,
                "the system's failure, and the server's answer to the same question",
            ),
            (Medium, "the system's failure alone"),
        ],
        next: "Look at the resolver's own service on this machine.",
        steps: &[
            "Look at agents and VPN clients that answer in its place, and at the order of its sources.",
        ],
    },
    Meaning {
        code: "system_answers_differ",
        owner: Owner::Device,
        meaning: "This machine leads names elsewhere than its DNS server does.",
        signs: &[Code::DnsSystemDiffers],
        seen: "The system's addresses and those on the wire share no address and no block, and the row is in \
               trouble.",
        confidence: &[
            (
                High,
                "names of two owners are led elsewhere, or what one is led to does not work",
            ),
            (Medium, "names of one owner are led elsewhere"),
        ],
        next: "Look at the hosts file, the VPN and the security agents of this machine.",
        steps: &[
            "Run on another machine of the same network: if it is in order there, it is this machine.",
        ],
    },
];
