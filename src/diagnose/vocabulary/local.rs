//! What is said of causes on this machine, and of those that every row meets.

use super::Meaning;
use crate::code::{Code, Owner};
use crate::finding::Confidence::{Certain, High, Low, Medium};

pub(super) const MEANINGS: &[Meaning] = &[
    Meaning {
        code: "net_offline",
        owner: Owner::Device,
        meaning: "This machine is on no network.",
        signs: &[Code::NetOffline],
        seen: "No usable address, or no default route and no route to a DNS server.",
        confidence: &[(
            Certain,
            "the system's own list of addresses and routes says so",
        )],
        next: "Connect the machine to the network under test and run again.",
        steps: &["Look for a cable, a Wi-Fi network or a VPN that this machine should be on."],
    },
    Meaning {
        code: "captive_portal",
        owner: Owner::Device,
        meaning: "A sign-in portal holds this network back; nothing behind it was tested.",
        signs: &[Code::HttpCaptivePortal],
        seen: "A plain request with a known answer was sent on to another owner's host, or a \
               sign-in page or status 511 came back.",
        confidence: &[
            (
                High,
                "the known answer is another one, and other rows are held back with it",
            ),
            (Medium, "the known answer is another one"),
        ],
        next: "Sign in at the portal and run again.",
        steps: &[
            "For Macs without a user, have their hardware addresses or their network left out of \
             the portal.",
        ],
    },
    Meaning {
        code: "local_policy",
        owner: Owner::Device,
        meaning: "This machine itself does not let the connections out.",
        signs: &[Code::LocalPolicyDenied, Code::LocalRouteMissing],
        seen: "Connects that failed before a packet left, or an ICMP error from the machine's own \
               address.",
        confidence: &[(Certain, "the machine's own kernel refused the connects")],
        next: "Look at this machine's routes, its firewall and its security agents.",
        steps: &[
            "Run the same from a second machine on the same network: if it passes there, the \
             network is not at fault.",
            "Switch the agents of this machine off one at a time, where you may, and run again.",
        ],
    },
    Meaning {
        code: "family_missing",
        owner: Owner::Network,
        meaning: "The hosts have addresses of one family alone, and this machine has none of that family.",
        signs: &[Code::LocalRouteMissing],
        seen: "Names, or addresses that were typed, of IPv6 alone where this machine has no route for IPv6 at all, or \
               of IPv4 alone where it has none for IPv4.",
        confidence: &[(
            Certain,
            "the machine's own routing table leads nowhere over that family",
        )],
        next: "Give the network that family, or the hosts an address of the other one.",
        steps: &[
            "Look whether other machines on this network have an address of that family: if they do, this machine's \
             own settings keep it away.",
        ],
    },
    Meaning {
        code: "clock_wrong",
        owner: Owner::Device,
        meaning: "This machine's clock is wrong.",
        signs: &[
            Code::HttpClockSkew,
            Code::NtpClockSkew,
            Code::TlsCertExpired,
            Code::TlsCertNotYetValid,
        ],
        seen: "The Date of servers of two unrelated owners or more agrees with each other's and is more \
               than five minutes away from this machine's time, and fewer owners' agree with it; or a time \
               server says so, and no Date speaks for this machine.",
        confidence: &[
            (
                Certain,
                "a time server and servers of another owner agree against this machine",
            ),
            (
                High,
                "servers of two owners or more do, or a time server that nobody contradicts",
            ),
        ],
        next: "Set the clock by a time server.",
        steps: &[
            "See that time.apple.com, or the site's own time server, answers on UDP 123.",
            "On a Mac: System Settings, General, Date & Time, Set time and date automatically.",
        ],
    },
    Meaning {
        code: "server_clock_wrong",
        owner: Owner::Server,
        meaning: "A server's clock is wrong.",
        signs: &[Code::HttpClockSkew],
        seen: "One owner's Date is more than five minutes away, while another owner's agrees with this \
               machine.",
        confidence: &[(
            High,
            "this machine and the servers of another owner agree against one",
        )],
        next: "Set that server's clock by a time server.",
        steps: &[
            "Look whether the server itself answers: a balancer before it has a clock of its own.",
        ],
    },
    Meaning {
        code: "clocks_differ",
        owner: Owner::Device,
        meaning: "A server's clock and this machine's differ, and nothing shows which is wrong.",
        signs: &[Code::HttpClockSkew],
        seen: "One owner's Date is more than five minutes away, and no other owner's server showed one.",
        confidence: &[(Low, "two clocks, and no third to compare them with")],
        next: "Compare this machine's clock with a time server, then the server's.",
        steps: &["Run again with a target of another owner, such as https://captive.apple.com."],
    },
    Meaning {
        code: "uneven_answers",
        owner: Owner::Network,
        meaning: "The same question at the same address works at one time and not at another.",
        signs: &[Code::TcpMixed, Code::TlsMixed, Code::HttpMixed],
        seen: "With `--attempts`, some attempts work and others fail.",
        confidence: &[(
            High,
            "attempts at one address, side by side, end differently",
        )],
        next: "Look for one bad path, firewall or load balancer member among several.",
        steps: &[
            "Run again with --attempts 10: a share near a half or a third tells how many members \
             the balancer has.",
            "Look for the source ports of the failed attempts in the logs of the boxes on the way.",
        ],
    },
    Meaning {
        code: "macos_local_network",
        owner: Owner::Device,
        meaning: "macOS keeps this program off the local network.",
        signs: &[Code::TcpHostUnreachable, Code::LocalRouteMissing],
        seen: "On a Mac, no route to a host on its own network, at once and with no word from a router. Known from \
               others' reports of macOS 15, not from a run of this program on such a Mac.",
        confidence: &[
            (
                High,
                "two hosts on the local network or more, while hosts elsewhere connect",
            ),
            (Medium, "one host on the local network"),
        ],
        next: "Allow the program under Privacy & Security, Local Network, and run again.",
        steps: &["Try the same host with a program that is Apple's own: it needs no permission."],
    },
];
