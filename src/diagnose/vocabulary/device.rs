//! Causes that this Mac tells of itself.

use super::Meaning;
use crate::code::{Code, Owner};
use crate::finding::Confidence::{Certain, High, Low, Medium};

const OWN_WORD: &str = "the system says so itself";

pub(super) const MEANINGS: &[Meaning] = &[
    Meaning {
        code: "macos_too_old",
        owner: Owner::Device,
        meaning: "This Mac's system is older than what it is to take part in accepts.",
        signs: &[Code::DeviceOsOld],
        seen: "The version that sw_vers prints, below the least of a row.",
        confidence: &[(Certain, OWN_WORD)],
        next: "Update macOS on this Mac, or correct the least version with --set macos_least=VERSION.",
        steps: &["Run again on a Mac whose system is recent: the network is the same for both."],
    },
    Meaning {
        code: "mac_not_enrolled",
        owner: Owner::Device,
        meaning: "This Mac is enrolled with no MDM server.",
        signs: &[Code::DeviceNotEnrolled],
        seen: "`profiles status -type enrollment` says that there is no MDM enrolment.",
        confidence: &[(Certain, OWN_WORD)],
        next: "Enrol this Mac, or run on one that is enrolled.",
        steps: &[
            "If it was enrolled before, see in Jamf Pro when it checked in last, and who removed its MDM profile.",
            "See that the rows for enrolment pass (--profile apple-enrollment) before enrolling.",
        ],
    },
    Meaning {
        code: "mac_enrolled_elsewhere",
        owner: Owner::Device,
        meaning: "This Mac is enrolled with another MDM server than the one that was given.",
        signs: &[Code::DeviceOtherServer],
        seen: "The host in `profiles status -type enrollment`, which is not that of --jamf.",
        confidence: &[(Certain, OWN_WORD)],
        next: "Compare --jamf with the server that the evidence names.",
        steps: &[
            "If --jamf is right, this Mac has to be enrolled anew: an MDM profile cannot be led to another server.",
            "If both names are of one server, give --jamf the one with which Macs are enrolled.",
        ],
    },
    Meaning {
        code: "company_portal_unfit",
        owner: Owner::Device,
        meaning: "Company Portal is missing on this Mac, or older than what a row asks for.",
        signs: &[Code::DeviceAppMissing, Code::DeviceAppOld],
        seen: "No /Applications/Company Portal.app, or the version in its Info.plist.",
        confidence: &[(Certain, OWN_WORD)],
        next: "Have a policy of Jamf Pro install or update Company Portal on this Mac.",
        steps: &[
            "Have users open it from Self Service, not by themselves: only so does a Mac register with its partner.",
        ],
    },
    Meaning {
        code: "mac_push_down",
        owner: Owner::Device,
        meaning: "The push service of this Mac has no connection.",
        signs: &[Code::DevicePushDown],
        seen: "The state that `apsctl status` gives for the MDM client, held against this run's rows for Apple's couriers. \
               Apple documents neither the tool nor its words.",
        confidence: &[
            (
                High,
                "no courier of Apple's can be reached from here either",
            ),
            (
                Medium,
                "couriers are reached, and the push service is not connected all the same",
            ),
            (Low, "no courier was asked in this run"),
        ],
        next: "Mend what is said of Apple's couriers first; if they are reached, restart this Mac and run again.",
        steps: &[
            "See whether a proxy, a VPN or an agent is in the way of apsd alone: it goes by the system's settings, not by \
             a shell's.",
        ],
    },
];
