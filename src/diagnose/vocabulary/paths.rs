//! What is said of causes on the way that are neither a port's nor one owner's, and of answers in others' names.

use super::Meaning;
use crate::code::{Code, Owner};
use crate::finding::Confidence::{Certain, High, Medium};

pub(super) const MEANINGS: &[Meaning] = &[
    Meaning {
        code: "egress_closed",
        owner: Owner::Network,
        meaning: "No connection gets out of this network, or next to none.",
        signs: &[Code::TcpSilent],
        seen: "Silence at every address of two owners or more, and not one answer to any connect of the run; or answers to at \
               most one row for three that are silent, where no one port or destination tells these apart.",
        confidence: &[
            (
                High,
                "each owner that is silent is a signal, and there are two or more",
            ),
            (
                Medium,
                "the same, where some rows had no turn to connect before the run ended",
            ),
        ],
        next: "Allow outbound TCP to the destinations, or give this machine the proxy that it is to use.",
        steps: &[
            "Ask whether this network reaches the internet by a proxy only; with --proxy URL the rows show whether one leads out.",
        ],
    },
    Meaning {
        code: "name_object_stale",
        owner: Owner::Network,
        meaning: "A firewall lets through only some of the addresses that a name has.",
        signs: &[Code::TcpSilent, Code::RangePartial, Code::RangeClosed],
        seen: "Of the addresses of one name some answer and others are silent on the same port, and no name is \
               lost altogether.",
        confidence: &[
            (
                High,
                "a silent address stands beside an open one in the same /24 or /64, so no block parts them",
            ),
            (
                Medium,
                "the name is split, and a member that is down behind it would look the same",
            ),
        ],
        next: "Write the rule by the blocks that the vendor publishes.",
        steps: &[
            "If the firewall has to know names, let it ask the DNS server that the clients ask, and honour \
             the records' time to live.",
            "Run with --all-addresses, twice: the open addresses are those that the firewall knows.",
        ],
    },
    Meaning {
        code: "path_ends",
        owner: Owner::Network,
        meaning: "The path ends at a router outside this network.",
        signs: &[Code::TcpSilent],
        seen: "Connects with a small time to live are answered by routers up to a public address, and nothing \
               answers after it, on any port of the destination.",
        confidence: &[
            (
                High,
                "the last router that answers, and silence at several addresses or beside answers of others",
            ),
            (Medium, "the last router that answers is the only signal"),
        ],
        next: "Send the hops to the provider, and ask for the route and the filters towards the addresses.",
        steps: &[
            "Run with --trace from another network: a path that ends at the same router is its owner's matter.",
        ],
    },
    Meaning {
        code: "routing_loop",
        owner: Owner::Network,
        meaning: "Packets go round in circles on the way.",
        signs: &[Code::TcpTtlExceeded],
        seen: "ICMP time exceeded for a packet with the usual time to live.",
        confidence: &[(
            Certain,
            "the router's own message arrived, with its address",
        )],
        next: "Compare the routes to these addresses on the router that reports and on its neighbours.",
        steps: &[
            "Run with --trace: the routers between which packets go to and fro stand in the hops.",
        ],
    },
    Meaning {
        code: "member_failing",
        owner: Owner::Server,
        meaning: "A part of the servers behind one name fails.",
        signs: &[
            Code::TcpRefusedRst,
            Code::TlsSilentPeer,
            Code::TlsResetPeer,
            Code::TlsEof,
            Code::TlsNotTls,
            Code::TlsAlert,
            Code::TlsCertExpired,
            Code::TlsCertNotYetValid,
            Code::TlsCertName,
            Code::TlsCertUntrusted,
            Code::TlsChainIncomplete,
            Code::HttpTimeoutHeaders,
            Code::HttpTimeoutBody,
            Code::HttpEof,
            Code::HttpServerError,
            Code::RangePartial,
        ],
        seen: "Some addresses of a name work, and another one of the same family answers by a refusal, a broken \
               handshake, a wrong certificate or an error.",
        confidence: &[(Medium, "one address differs from the others of its name")],
        next: "Take the failing member out of the service until it is mended.",
        steps: &["Run with --all-addresses to see every member."],
    },
    Meaning {
        code: "firewall_resets",
        owner: Owner::Network,
        meaning: "A firewall resets connections in the names of several vendors.",
        signs: &[Code::TcpRefusedRst],
        seen: "Hosts of two vendors or more refuse the ports that they are there to serve.",
        confidence: &[(
            High,
            "each vendor whose hosts refuse is a signal, and there are two or more",
        )],
        next: "Look for a rule that rejects with a TCP reset, and allow the destinations.",
        steps: &[
            "Compare the time of the reset with the round trip to a host that answers: a near box is faster.",
        ],
    },
    Meaning {
        code: "unexpectedly_open",
        owner: Owner::Network,
        meaning: "Connections go through that are to be blocked.",
        signs: &[Code::TcpConnected],
        seen: "An accepted connect where the profile demands silence, a refusal or a rejection.",
        confidence: &[(Certain, "the kernel has the connection")],
        next: "Have the rule block the connections, or correct the profile.",
        steps: &[
            "Run from a network that the rule is meant for: another one may be allowed on purpose.",
        ],
    },
];
