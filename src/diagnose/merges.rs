//! Which causes cannot be told apart from what is seen, and are told as one.

/// What a diagnosis stands for: two faults alike within it are one diagnosis.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum One {
    /// At most one in a run.
    Run,
    /// One for each vendor, or owner of hosts.
    Owner,
    Host,
    /// One for each box that names itself: by its address, or as the issuer of certificates.
    Box,
}

/// How far a diagnosis reaches, and why.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Merge {
    pub code: &'static str,
    pub one: One,
    /// What the same fault at hosts of several vendors is taken for instead, since vendors do not fail together.
    pub several_vendors: Option<&'static str>,
    pub why: &'static str,
}

const fn merge(code: &'static str, one: One, why: &'static str) -> Merge {
    Merge {
        code,
        one,
        several_vendors: None,
        why,
    }
}

/// Every diagnosis that is not simply one for each run.
pub const MERGES: &[Merge] = &[
    merge(
        "egress_port_filtered",
        One::Run,
        "the rules that drop two ports are seen no otherwise than the one rule that drops both",
    ),
    merge(
        "egress_closed",
        One::Run,
        "where nothing is answered, or next to nothing, two filters are seen no otherwise than one",
    ),
    merge(
        "egress_destination_filtered",
        One::Run,
        "what one firewall drops is as silent as what two drop, and so is a host that is down beside it",
    ),
    merge(
        "dns_filtered",
        One::Run,
        "one server's filter denies all that it denies, whichever list has the name",
    ),
    merge(
        "idle_connections_forgotten",
        One::Run,
        "two boxes that forget silent connections are seen no otherwise than one",
    ),
    merge(
        "block_page",
        One::Run,
        "one web filter answers in the place of all hosts that it does not let through",
    ),
    merge(
        "firewall_rejects",
        One::Box,
        "a box rations its refusals, so silence on the same port, or at the same owner's addresses, is joined to it",
    ),
    merge(
        "route_missing",
        One::Box,
        "what one router says of many addresses has one reason as a rule, and it rations its messages",
    ),
    merge(
        "tls_inspection",
        One::Box,
        "one issuer is one box, whatever it signs",
    ),
    merge(
        "tls_inspection_partial",
        One::Box,
        "one issuer is one box, whatever it signs",
    ),
    Merge {
        several_vendors: Some("firewall_resets"),
        ..merge(
            "service_down",
            One::Owner,
            "hosts of one owner that refuse together have one cause as a rule",
        )
    },
    Merge {
        several_vendors: Some("tls_broken_on_way"),
        ..merge(
            "service_stalls",
            One::Host,
            "handshakes that break off at several vendors' hosts have a box on the way in common",
        )
    },
    merge(
        "vendor_outage",
        One::Owner,
        "a vendor's services fail together",
    ),
    merge(
        "certificate_fault",
        One::Host,
        "each host shows its own chain",
    ),
    merge("service_trouble", One::Host, "each host speaks for itself"),
    merge(
        "name_missing",
        One::Host,
        "each name has a record of its own",
    ),
    merge(
        "allow_list_narrow",
        One::Owner,
        "each owner's block is a rule of its own",
    ),
    merge(
        "name_object_stale",
        One::Owner,
        "with other silence beside it, it is told as a filter of destinations: no name can be blamed then",
    ),
    merge(
        "member_failing",
        One::Owner,
        "the members of one owner's services are one cause",
    ),
    merge(
        "uneven_answers",
        One::Owner,
        "attempts at one owner's hosts go the same ways",
    ),
];

/// How far a diagnosis reaches.
pub fn merge_of(code: &str) -> Option<&'static Merge> {
    MERGES.iter().find(|known| known.code == code)
}
