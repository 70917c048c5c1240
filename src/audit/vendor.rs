//! What vendors say of their names, blocks and ports wherever these stand, in a profile or in a list.

use ipnet::{IpNet, Ipv4Net};
use std::net::Ipv4Addr;

/// A name that is gone: since when, and what took its place.
pub(super) struct Gone {
    pub(super) host: &'static str,
    pub(super) on: &'static str,
    pub(super) instead: &'static str,
}

const PUSH: &str = "api.push.apple.com 443/2197";
const BINARY_OFF: &str = "2021-03-31";

const GONE: [Gone; 5] = [
    Gone {
        host: "gateway.push.apple.com",
        on: BINARY_OFF,
        instead: PUSH,
    },
    Gone {
        host: "feedback.push.apple.com",
        on: BINARY_OFF,
        instead: PUSH,
    },
    Gone {
        host: "gateway.sandbox.push.apple.com",
        on: BINARY_OFF,
        instead: PUSH,
    },
    Gone {
        host: "feedback.sandbox.push.apple.com",
        on: BINARY_OFF,
        instead: PUSH,
    },
    Gone {
        host: "graph.windows.net",
        on: "2025-08-31",
        instead: "graph.microsoft.com 443",
    },
];

/// Zones of which a vendor asks for every name: one of them that is asked is only a sample.
pub(super) const WHOLE_ZONES: [&str; 3] = [
    "manage.microsoft.com",
    "manage.microsoft.us",
    "manage.microsoftonline.cn",
];

pub(super) fn gone(host: &str) -> Option<&'static Gone> {
    GONE.iter().find(|gone| gone.host == host)
}

/// The ports of Apple's binary protocol.
pub(super) const fn is_gone_port(port: u16) -> bool {
    matches!(port, 2195 | 2196)
}

/// Apple's own block, from which its push service answers.
pub(super) fn apple_block() -> IpNet {
    IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(17, 0, 0, 0), 8))
}

pub(super) fn is_push(host: &str) -> bool {
    host == "push.apple.com" || host.ends_with(".push.apple.com")
}

pub(super) fn is_courier(host: &str) -> bool {
    is_push(host) && host.contains("courier")
}

/// Why a port cannot be meant for one of Apple's push names.
pub(super) fn wrong_port(host: &str, port: u16) -> Option<&'static str> {
    match port {
        2179 if is_push(host) => Some("2179 is a known copying error for 2197"),
        5223 if host == "api.push.apple.com" => {
            Some("5223 is the port of the couriers; api.push.apple.com listens on 443 and 2197")
        }
        2197 if is_courier(host) => {
            Some("2197 is the port of api.push.apple.com; the couriers listen on 5223 and 443")
        }
        _ => None,
    }
}
