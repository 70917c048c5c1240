//! What vendors say of their names, blocks and ports wherever these stand, in a profile or in a list.

use std::net::Ipv4Addr;

use ipnet::{IpNet, Ipv4Net};

use crate::net::space;

/// A name that is gone: since when, and what took its place.
pub(super) struct Gone {
    pub(super) host: &'static str,
    pub(super) on: &'static str,
    pub(super) instead: &'static str,
}

const PUSH: &str = "api.push.apple.com 443/2197";
const BINARY_OFF: &str = "2021-03-31";
const AZURE_AD_GRAPH_OFF: &str = "2025-08-31";
const GERMANY_OFF: &str = "2021-10-29";
const GLOBAL: &str = "the hosts of the global cloud";
const EDGE_MOVED: &str = "2025-03";

const fn gone_name(host: &'static str, on: &'static str, instead: &'static str) -> Gone {
    Gone { host, on, instead }
}

const GONE: [Gone; 16] = [
    gone_name("gateway.push.apple.com", BINARY_OFF, PUSH),
    gone_name("feedback.push.apple.com", BINARY_OFF, PUSH),
    gone_name("gateway.sandbox.push.apple.com", BINARY_OFF, PUSH),
    gone_name("feedback.sandbox.push.apple.com", BINARY_OFF, PUSH),
    gone_name(
        "graph.windows.net",
        AZURE_AD_GRAPH_OFF,
        "graph.microsoft.com 443",
    ),
    gone_name(
        "graph.microsoftazure.us",
        AZURE_AD_GRAPH_OFF,
        "graph.microsoft.us 443",
    ),
    gone_name(
        "directory.microsoftazure.us",
        AZURE_AD_GRAPH_OFF,
        "graph.microsoft.us 443",
    ),
    gone_name(
        "graph.chinacloudapi.cn",
        AZURE_AD_GRAPH_OFF,
        "microsoftgraph.chinacloudapi.cn 443",
    ),
    gone_name("login.microsoftonline.de", GERMANY_OFF, GLOBAL),
    gone_name("graph.microsoft.de", GERMANY_OFF, GLOBAL),
    gone_name("graph.cloudapi.de", GERMANY_OFF, GLOBAL),
    gone_name("portal.microsoftazure.de", GERMANY_OFF, GLOBAL),
    // The move began in that month; when the old names end is not published.
    gone_name(
        "macsidecarprod.azureedge.net",
        EDGE_MOVED,
        "macsidecar.manage.microsoft.com 443",
    ),
    gone_name(
        "macsidecarprodeu.azureedge.net",
        EDGE_MOVED,
        "macsidecareu.manage.microsoft.com 443",
    ),
    gone_name(
        "macsidecarprodap.azureedge.net",
        EDGE_MOVED,
        "macsidecarap.manage.microsoft.com 443",
    ),
    gone_name(
        "*.manage.microsoft.cn",
        "2025",
        "*.manage.microsoftonline.cn 443",
    ),
];

/// Zones of which a vendor asks for every name: one of them that is asked is only a sample.
pub(super) const WHOLE_ZONES: [&str; 3] = [
    "manage.microsoft.com",
    "manage.microsoft.us",
    "manage.microsoftonline.cn",
];

/// Whether a name is a zone's own or one below it.
pub(super) fn is_in(name: &str, zone: &str) -> bool {
    name.strip_suffix(zone)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The zone of `WHOLE_ZONES` that a name belongs to.
pub(super) fn whole_zone(name: &str) -> Option<&'static str> {
    let mut zones = WHOLE_ZONES.into_iter();
    zones.find(|zone| is_in(name, zone))
}

/// The zones of Microsoft's clouds; the first that fits counts.
const CLOUDS: [(&str, &str); 13] = [
    ("microsoftonline.us", "US Government"),
    ("microsoft.us", "US Government"),
    ("microsoftazure.us", "US Government"),
    ("microsoftonline.cn", "China"),
    ("microsoft.cn", "China"),
    ("chinacloudapi.cn", "China"),
    ("login.microsoftonline.com", "global"),
    ("device.login.microsoftonline.com", "global"),
    ("login.windows.net", "global"),
    ("enterpriseregistration.windows.net", "global"),
    ("graph.microsoft.com", "global"),
    ("manage.microsoft.com", "global"),
    ("login.microsoft.com", "global"),
];

/// The cloud of Microsoft that a name, or a wildcard without its star, belongs to.
pub(super) fn cloud(name: &str) -> Option<&'static str> {
    let found = CLOUDS.iter().find(|(zone, _)| is_in(name, zone));
    found.map(|(_, cloud)| *cloud)
}

/// Blocks in which Microsoft's sign-in and Intune hosts have their many addresses.
const MICROSOFT_BLOCKS: [&str; 9] = [
    "20.190.128.0/18",
    "40.126.0.0/18",
    "13.107.219.0/24",
    "13.107.227.0/24",
    "13.107.228.0/23",
    "150.171.97.0/24",
    "2620:1ec:40::/48",
    "2620:1ec:49::/48",
    "2620:1ec:4a::/47",
];

/// The parts of IPv6 that Apple publishes for push.
pub(super) const APPLE_V6: [&str; 4] = [
    "2620:149:a44::/48",
    "2403:300:a42::/48",
    "2403:300:a51::/48",
    "2a01:b740:a42::/48",
];

fn parsed(text: &str) -> IpNet {
    text.parse().expect("the blocks are written here")
}

/// The block of a vendor of which an address or a part is only one among many, and whose it is.
pub(super) fn block_of(inside: &IpNet) -> Option<(&'static str, IpNet)> {
    let apple = APPLE_V6.into_iter().map(parsed).chain([apple_block()]);
    let apple = apple.map(|net| ("Apple", net));
    let microsoft = MICROSOFT_BLOCKS.into_iter().map(parsed);
    let mut all = apple.chain(microsoft.map(|net| ("Microsoft", net)));
    all.find(|(_, net)| net.contains(inside))
}

pub(super) fn gone(host: &str) -> Option<&'static Gone> {
    GONE.iter().find(|gone| gone.host == host)
}

/// Why the vendor does not have this name's connections opened on the way.
pub(super) fn uninspected(name: &str) -> Option<&'static str> {
    if is_push(name) {
        Some("Apple fails every connection that is inspected")
    } else if whole_zone(name).is_some() {
        Some("Microsoft does not support inspection below this zone")
    } else if name == "device.login.microsoftonline.com" {
        Some("Microsoft wants it left out of inspection, since it asks for a client certificate")
    } else if is_in(name, "jamfcloud.com") {
        Some("Jamf does not support inspection of connections to Jamf Pro")
    } else {
        None
    }
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

/// Why a port cannot be meant for a vendor's name.
pub(super) fn wrong_port(host: &str, port: u16) -> Option<&'static str> {
    match port {
        2179 if is_push(host) => Some("2179 is a known copying error for 2197"),
        5223 if host == "api.push.apple.com" => {
            Some("5223 is the port of the couriers; api.push.apple.com listens on 443 and 2197")
        }
        2197 if is_courier(host) => {
            Some("2197 is the port of api.push.apple.com; the couriers listen on 5223 and 443")
        }
        8443 if is_in(host, "jamfcloud.com") => {
            Some("Jamf Cloud listens on 443; 8443 is usual on premises only")
        }
        _ => None,
    }
}

/// Why a port is none of Microsoft's.
pub(super) fn odd_port(host: &str, port: u16) -> Option<&'static str> {
    let microsoft = cloud(host).is_some() || space::vendor(host) == Some("Microsoft");
    (microsoft && !matches!(port, 80 | 443))
        .then_some("Microsoft's hosts listen on 443, some on 80 as well")
}
