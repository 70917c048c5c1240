//! What is said of causes that clocks show.

use super::Meaning;
use crate::code::{Code, Owner};
use crate::finding::Confidence::{Certain, High, Medium};

pub(super) const MEANINGS: &[Meaning] = &[
    Meaning {
        code: "time_blocked",
        owner: Owner::Network,
        meaning: "No time server can be asked from here.",
        signs: &[Code::NtpRejected, Code::NtpSilent],
        seen: "SNTP over UDP refused by a box on the way, or unanswered by every time server that \
               was asked.",
        confidence: &[
            (Certain, "an ICMP error names the box that refuses"),
            (
                High,
                "two time servers or more are silent, and none answers",
            ),
            (Medium, "the only server that was asked is silent"),
        ],
        next: "Let UDP 123 out, or name the site's own time server.",
        steps: &[
            "Ask from another network: a server that answers there is not down.",
            "Where the site has a time server, have the Macs use it, by a profile or by DHCP.",
        ],
    },
    Meaning {
        code: "time_forged",
        owner: Owner::Network,
        meaning: "Something answers for the time servers without knowing the question.",
        signs: &[Code::NtpForeign],
        seen: "SNTP answers without the random mark of the question.",
        confidence: &[(Medium, "answers came, and none belongs to a question")],
        next: "Find what answers UDP 123 in the servers' place.",
        steps: &["Capture UDP 123 on this machine, and compare where the answers come from."],
    },
    Meaning {
        code: "time_server_fault",
        owner: Owner::Server,
        meaning: "A time server is reached and of no use, or is silent where another one answers.",
        signs: &[
            Code::NtpSilent,
            Code::NtpRefused,
            Code::NtpKiss,
            Code::NtpUnsynchronised,
            Code::NtpMalformed,
            Code::NtpDisagrees,
        ],
        seen: "A refusal of its own, a kiss code, an alarm, an answer that is none, or a time that \
               stands alone.",
        confidence: &[(
            High,
            "the server itself says so, or others answer differently",
        )],
        next: "Have the Macs use another time server.",
        steps: &["On the server: `chronyc tracking` or `ntpq -p` shows which source it follows."],
    },
];
