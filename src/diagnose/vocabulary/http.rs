//! What is said of causes in the answers of services.

use super::Meaning;
use crate::code::{Code, Owner};
use crate::finding::Confidence::{Certain, High, Medium};

pub(super) const MEANINGS: &[Meaning] = &[
    Meaning {
        code: "block_page",
        owner: Owner::Proxy,
        meaning: "A page answers in the place of a service.",
        signs: &[Code::HttpBlockPage, Code::EntraNotGenuine],
        seen: "HTML without the service's own marks.",
        confidence: &[
            (
                High,
                "such pages stand in the place of hosts of two owners or more",
            ),
            (Medium, "hosts of one owner"),
        ],
        next: "Let the host pass the web filter unchanged.",
        steps: &[
            "Look for the host in the filter's log; the category under which it fell is there.",
        ],
    },
    Meaning {
        code: "tenant_unknown",
        owner: Owner::Identity,
        meaning: "Entra is reached and does not know the tenant.",
        signs: &[Code::EntraTenantUnknown],
        seen: "Entra's own answer for the tenant that was given.",
        confidence: &[(High, "Entra's answer carries its own marks")],
        next: "Compare --tenant and --cloud with the tenant's properties.",
        steps: &[
            "See that no letter is missing, and that the tenant is in the cloud that was asked.",
        ],
    },
    Meaning {
        code: "service_trouble",
        owner: Owner::Vendor,
        meaning: "The service is reached and is in trouble itself.",
        signs: &[Code::HttpServerError, Code::HttpThrottled],
        seen: "An HTTP status that the service sends of its own: throttling or a server error.",
        confidence: &[
            (Certain, "the answer came over the host's own certificate"),
            (Medium, "the connection proves nobody"),
        ],
        next: "Look at the vendor's status page and try again later.",
        steps: &["Change nothing on the network for it."],
    },
    Meaning {
        code: "vendor_outage",
        owner: Owner::Vendor,
        meaning: "A vendor's service is reached and answers with server errors.",
        signs: &[Code::HttpServerError],
        seen: "An HTTP status of 500 or more from a vendor's host.",
        confidence: &[
            (Certain, "the answer came over the host's own certificate"),
            (Medium, "the connection proves nobody"),
        ],
        next: "Look at the vendor's status page and try again later.",
        steps: &["Nothing in this network is to be changed."],
    },
];
