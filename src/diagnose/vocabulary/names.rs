//! What is said of causes in the look-up of names.

use super::Meaning;
use crate::code::{Code, Owner};
use crate::finding::Confidence::{Certain, High, Medium};

pub(super) const MEANINGS: &[Meaning] = &[
    Meaning {
        code: "resolver_unreachable",
        owner: Owner::Dns,
        meaning: "Questions to the DNS server are refused, and by whom.",
        signs: &[Code::DnsUnreachable, Code::DnsTimeout],
        seen: "No server answers any question, and an ICMP error or a reset came back instead; the \
               sender is named where the kernel tells.",
        confidence: &[(
            Certain,
            "the refusal itself arrived, with its sender's address",
        )],
        next: "Have the box that refuses allow UDP and TCP 53, or give this machine another server.",
        steps: &["Compare the DNS servers that clients are given with those that run."],
    },
    Meaning {
        code: "resolver_silent",
        owner: Owner::Dns,
        meaning: "No configured DNS server answers any question.",
        signs: &[Code::DnsTimeout, Code::DnsUnreachable],
        seen: "Every look-up on the wire ended without an answer.",
        confidence: &[(High, "nothing came back over UDP, nor over TCP")],
        next: "Have the DNS server answer this machine, or give it another one.",
        steps: &[
            "Ask the server from another machine: if it answers there, look for a rule on UDP and \
             TCP 53 between the two networks.",
        ],
    },
    Meaning {
        code: "resolver_failing",
        owner: Owner::Dns,
        meaning: "The DNS server answers every name with an error.",
        signs: &[
            Code::DnsServfail,
            Code::DnsRefused,
            Code::DnsFormerr,
            Code::DnsOther,
            Code::DnsNotimp,
        ],
        seen: "SERVFAIL, REFUSED or the like for two rows or more, and no name that resolves.",
        confidence: &[
            (
                High,
                "names of two owners or more fail alike, or a second server contradicts",
            ),
            (Medium, "names of one owner fail"),
        ],
        next: "Look at the server's forwarders, its validation and its log.",
        steps: &[
            "See whether the server reaches its forwarders or the root servers.",
            "See whether its clock is right, if it validates DNSSEC.",
        ],
    },
    Meaning {
        code: "dns_filtered",
        owner: Owner::Dns,
        meaning: "DNS gives wrong answers for vendors' public names.",
        signs: &[
            Code::DnsSinkhole,
            Code::DnsBogon,
            Code::DnsNxdomain,
            Code::DnsOutsideBlock,
            Code::DnsResolversDiffer,
            Code::InconclusiveSample,
        ],
        seen: "NXDOMAIN, a sinkhole, a private address or one outside the vendor's block for a \
               vendor's name.",
        confidence: &[
            (
                High,
                "names of two vendors are led astray, an answer is an address that nobody can have, or a second server contradicts it",
            ),
            (Medium, "names of one vendor are denied"),
        ],
        next: "Look for a filter list, a response policy zone or a local zone on the DNS server.",
        steps: &[
            "Look for the names, and for the aliases that they lead to, in filter lists, response \
             policy zones and local zones.",
            "Compare with a server that does not filter: --compare-dns ADDR.",
        ],
    },
    Meaning {
        code: "dns_resolvers_differ",
        owner: Owner::Dns,
        meaning: "Two DNS servers lead to different owners' addresses for the same name.",
        signs: &[Code::DnsResolversDiffer],
        seen: "The answers of --compare-dns and of this machine's DNS share no address, block or \
               alias zone, and only one of them leads to an accepted chain.",
        confidence: &[(
            Medium,
            "an accepted chain at one address and none at the other is one signal",
        )],
        next: "Look at the filter, zone or cache of the server that leads elsewhere.",
        steps: &["See which of the two servers the managed Macs are given."],
    },
    Meaning {
        code: "resolver_partly_silent",
        owner: Owner::Dns,
        meaning: "One of several configured DNS servers does not answer.",
        signs: &[Code::DnsServerSilent],
        seen: "The first server silent while a later one answers the same question.",
        confidence: &[(
            High,
            "one server's silence, and the answer of another to the same question",
        )],
        next: "Repair that server, or take it out of what clients are given.",
        steps: &["Look at what DHCP or the VPN hands out, so that no client is given it again."],
    },
    Meaning {
        code: "resolver_lacks_family",
        owner: Owner::Dns,
        meaning: "A DNS server answers for one address family, and not or with an error for the other.",
        signs: &[Code::DnsFamilySilent, Code::DnsFamilyFailed],
        seen: "Addresses to the question for A (or AAAA), and silence, NXDOMAIN or another error to the other \
               question, for the same name at the same server.",
        confidence: &[
            (High, "names of two owners show it"),
            (
                Medium,
                "names of one owner show it, whose own servers may be at fault",
            ),
        ],
        next: "Have the DNS server answer both questions; what does not exist is an empty answer (RFC 4074).",
        steps: &[
            "Ask the server for A and AAAA of a name with dig, and look for a filter of AAAA on it, on its \
             forwarder and on the firewall before it.",
        ],
    },
    Meaning {
        code: "dns_udp_blocked",
        owner: Owner::Network,
        meaning: "DNS works over TCP only.",
        signs: &[Code::DnsUdpBlocked],
        seen: "The same server answers over TCP and not over UDP.",
        confidence: &[(
            High,
            "an answer over TCP and silence over UDP, for the same question at the same server",
        )],
        next: "Allow UDP 53 to the DNS server.",
        steps: &[
            "Look for a rule, or a rate limit, on UDP 53 between this network and the server.",
        ],
    },
];
