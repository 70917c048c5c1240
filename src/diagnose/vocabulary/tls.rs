//! What is said of causes in the TLS handshake.

use super::Meaning;
use crate::code::{Code, Owner};
use crate::finding::Confidence::{Certain, High, Medium};

pub(super) const MEANINGS: &[Meaning] = &[
    Meaning {
        code: "tls_inspection",
        owner: Owner::Network,
        meaning: "A box on the way opens TLS.",
        signs: &[Code::TlsIntercepted],
        seen: "Chains signed by an inspection product, or by one private issuer on hosts of \
               unrelated owners.",
        confidence: &[
            (Certain, "an inspection product's own name signed the chain"),
            (
                High,
                "one private issuer signed for hosts of two owners or more",
            ),
            (Medium, "one private issuer signed for hosts of one owner"),
        ],
        next: "Leave the hosts out of TLS inspection.",
        steps: &[
            "Add the names, wildcards included, to the list of hosts that the box does not decrypt.",
            "See that the rule also covers connections that go by address and not by name.",
        ],
    },
    Meaning {
        code: "tls_hello_blocked",
        owner: Owner::Network,
        meaning: "The TLS hello is stopped on the way.",
        signs: &[Code::TlsSilentPath, Code::TlsResetPath],
        seen: "The connection is accepted and the hello is never acknowledged, or is reset before \
               it was.",
        confidence: &[
            (
                High,
                "hellos to hosts of two owners, or with two names at one address, do not get through",
            ),
            (Medium, "one hello is not confirmed by the peer's kernel"),
        ],
        next: "Look for a filter by server name, then for a smaller MTU on the way.",
        steps: &["Ask for the log of the filter by name or application at the time of the run."],
    },
    Meaning {
        code: "large_hello_lost",
        owner: Owner::Network,
        meaning: "TLS hellos of the size that Macs send today are lost on the way.",
        signs: &[Code::TlsLargeHelloLost],
        seen: "A small hello is answered at an address, and one of more than 1,700 bytes to the \
               same address is never acknowledged, or reset before it is.",
        confidence: &[
            (High, "hosts of two owners or more show it"),
            (Medium, "hosts of one owner show it"),
        ],
        next: "Let ICMP \"fragmentation needed\" and \"packet too big\" through, or clamp the MSS.",
        steps: &[
            "Compare the MTU of the tunnels and links on the way with 1,500 bytes.",
            "Where no link is smaller, look for a firewall's or balancer's limit on the hello.",
        ],
    },
    Meaning {
        code: "idle_connections_forgotten",
        owner: Owner::Network,
        meaning: "A box on the way forgets connections that are silent for a while.",
        signs: &[Code::TlsIdleForgotten, Code::TlsIdleReset],
        seen: "With --hold, what is sent on a connection after the silence is never acknowledged, or reset, and the same \
               on a new connection to the same address is acknowledged at once.",
        confidence: &[
            (
                High,
                "what was sent after the silence stayed unacknowledged, by the kernel's counters",
            ),
            (
                Medium,
                "it was answered by a reset, which a server may send as well",
            ),
        ],
        next: "Raise the idle time-out of established TCP connections to 2 h 4 min or more, as RFC 5382 (section 5) demands of \
               NATs.",
        steps: &[
            "Find the time-out: run with a longer and a shorter --hold until one is kept and one is not.",
            "Look for it on every box that keeps track: firewall, NAT, VPN, balancer and wireless controller.",
            "Run with the same --hold from a network without that firewall: what ends there as well is the server's choice.",
        ],
    },
    Meaning {
        code: "service_stalls",
        owner: Owner::Server,
        meaning: "The host accepts connections and does not serve them.",
        signs: &[
            Code::TlsSilentPeer,
            Code::TlsResetPeer,
            Code::TlsEof,
            Code::TlsNotTls,
            Code::HttpTimeoutHeaders,
            Code::HttpTimeoutBody,
            Code::HttpEof,
        ],
        seen: "Silence, a reset or an end after the peer had all that it was sent.",
        confidence: &[(
            Medium,
            "the peer had the question; whether it or a box in its place failed is not seen",
        )],
        next: "Look at the host and at whatever terminates its TLS.",
        steps: &["Ask from another network: if it stalls there too, the host is at fault."],
    },
    Meaning {
        code: "certificate_fault",
        owner: Owner::Server,
        meaning: "The host's own certificate is not in order.",
        signs: &[
            Code::TlsCertExpired,
            Code::TlsCertNotYetValid,
            Code::TlsCertName,
            Code::TlsChainIncomplete,
            Code::TlsCertUntrusted,
            Code::TlsCertExpiring,
        ],
        seen: "An expired, misnamed, untrusted or incomplete chain without a sign of inspection.",
        confidence: &[(
            High,
            "the chain itself was read, and judged by name, date and issuer",
        )],
        next: "Renew or complete the host's chain.",
        steps: &["Look at what the load balancer presents, if one stands before the host."],
    },
    Meaning {
        code: "tls_inspection_partial",
        owner: Owner::Network,
        meaning: "A box on the way opens TLS to some hosts and leaves others alone.",
        signs: &[Code::TlsIntercepted],
        seen: "Chains as of TLS inspection at some hosts, and the vendors' own chains at others in the same run.",
        confidence: &[
            (Certain, "an inspection product's own name signed the chain"),
            (
                High,
                "one private issuer signed for hosts of two owners or more",
            ),
            (Medium, "one private issuer signed for hosts of one owner"),
        ],
        next: "Add these hosts to those that the box already leaves out.",
        steps: &[
            "Compare its list of exemptions with the vendors' list of hosts, wildcards included.",
        ],
    },
    Meaning {
        code: "sni_filtered",
        owner: Owner::Network,
        meaning: "A filter on the way stops TLS by the name in the hello.",
        signs: &[
            Code::TlsSilentPath,
            Code::TlsResetPath,
            Code::TlsSilent,
            Code::TlsReset,
        ],
        seen: "The hello is lost or reset on the way, and one that names another host of the same vendor is \
               answered at the same address.",
        confidence: &[(
            High,
            "the hello that is lost, and the hello with another name that is answered at the same address",
        )],
        next: "Let these names pass the filter by server name, application or category.",
        steps: &["Ask for the log of the filter by name or application at the time of the run."],
    },
    Meaning {
        code: "tls_broken_on_way",
        owner: Owner::Network,
        meaning: "A box on the way takes connections and breaks their TLS.",
        signs: &[
            Code::TlsSilentPeer,
            Code::TlsResetPeer,
            Code::TlsEof,
            Code::TlsNotTls,
        ],
        seen: "Handshakes with hosts of two vendors or more break off alike after the hello had arrived.",
        confidence: &[(
            High,
            "each vendor whose handshakes break is a signal, and there are two or more",
        )],
        next: "Look for a proxy or an inspecting firewall that takes these connections.",
        steps: &["Leave the hosts out of it, and see whether the handshakes end."],
    },
];
