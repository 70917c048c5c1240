//! What an address or a name belongs to: private and reserved blocks, NAT64, and whose zone a name is in.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What kind of address an answer for a public name gave.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    Public,
    /// 0.0.0.0, `::`, multicast, broadcast, or link-local of IPv6, which leads nowhere without an interface that no
    /// answer of DNS can name: never dialled.
    Undialable,
    Loopback,
    /// RFC 1918, unique local, link-local of IPv4 or documentation space.
    Private,
    /// 100.64/10 or 198.18/15: an agent on this machine answers for unrelated names from here.
    Synthetic,
}

/// The kind of an address; NAT64 is unwrapped first.
pub fn kind(address: IpAddr) -> Kind {
    match unwrap_nat64(address) {
        IpAddr::V4(v4) => kind_v4(v4),
        IpAddr::V6(v6) => kind_v6(v6),
    }
}

fn kind_v4(address: Ipv4Addr) -> Kind {
    let [a, b, ..] = address.octets();
    if a == 0 || address.is_multicast() || address.is_broadcast() {
        Kind::Undialable
    } else if address.is_loopback() {
        Kind::Loopback
    } else if (a == 100 && (64..128).contains(&b)) || (a == 198 && (18..20).contains(&b)) {
        Kind::Synthetic
    } else if address.is_private() || address.is_link_local() || address.is_documentation() {
        Kind::Private
    } else {
        Kind::Public
    }
}

fn kind_v6(address: Ipv6Addr) -> Kind {
    let [first, second, ..] = address.segments();
    if address.is_unspecified() || address.is_multicast() || address.is_unicast_link_local() {
        Kind::Undialable
    } else if address.is_loopback() {
        Kind::Loopback
    } else if address.is_unique_local() || (first == 0x2001 && second == 0xdb8) {
        Kind::Private
    } else {
        Kind::Public
    }
}

/// The IPv4 address inside `64:ff9b::/96`, the well-known NAT64 prefix (RFC 6052).
pub fn unwrap_nat64(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) if v6.segments()[..6] == [0x64, 0xff9b, 0, 0, 0, 0] => {
            let [.., a, b, c, d] = v6.octets();
            IpAddr::V4(Ipv4Addr::new(a, b, c, d))
        }
        other => other,
    }
}

/// Large owners' blocks in which the answers for one name move about.
const BLOCKS: &[&str] = &[
    "17.0.0.0/8",
    "20.190.128.0/18",
    "40.126.0.0/18",
    "13.107.0.0/16",
];

/// Blocks that vendors publish for rules that go by address (support.apple.com/102266; Microsoft's endpoint set 56 in
/// github.com/MicrosoftDocs/memdocs, intune/fundamentals/endpoints.md).
const PUBLISHED: &[&str] = &[
    "17.0.0.0/8",
    "2620:149:a44::/48",
    "2403:300:a42::/48",
    "2403:300:a51::/48",
    "2a01:b740:a42::/48",
    "20.190.128.0/18",
    "40.126.0.0/18",
];

/// The published block that an address is in.
pub fn published_block(address: IpAddr) -> Option<&'static str> {
    let address = unwrap_nat64(address);
    let inside = |block: &&&str| {
        let block: Option<ipnet::IpNet> = block.parse().ok();
        block.is_some_and(|block| block.contains(&address))
    };
    PUBLISHED.iter().find(inside).copied()
}

/// Whether two addresses belong together: one owner's block, or the same /16 (IPv6: /32).
pub fn is_neighbour(one: IpAddr, other: IpAddr) -> bool {
    let inside = |block: &&str, address: IpAddr| {
        let block: Option<ipnet::IpNet> = block.parse().ok();
        block.is_some_and(|block| block.contains(&address))
    };
    let (one, other) = (unwrap_nat64(one), unwrap_nat64(other));
    let near = match (one, other) {
        (IpAddr::V4(a), IpAddr::V4(b)) => a.octets()[..2] == b.octets()[..2],
        (IpAddr::V6(a), IpAddr::V6(b)) => a.segments()[..2] == b.segments()[..2],
        _ => false,
    };
    near || BLOCKS
        .iter()
        .any(|block| inside(block, one) && inside(block, other))
}

/// Zones whose names are public and belong to one owner.
const ZONES: &[(&str, &str)] = &[
    ("apple.com", "Apple"),
    ("cdn-apple.com", "Apple"),
    ("networking.apple", "Apple"),
    ("akadns.net", "Apple"),
    ("microsoft.com", "Microsoft"),
    ("microsoft.us", "Microsoft"),
    ("microsoftonline.com", "Microsoft"),
    ("microsoftonline.us", "Microsoft"),
    ("microsoftonline.cn", "Microsoft"),
    ("chinacloudapi.cn", "Microsoft"),
    ("windows.net", "Microsoft"),
    ("msauth.net", "Microsoft"),
    ("msftauth.net", "Microsoft"),
    ("live.com", "Microsoft"),
    ("jamfcloud.com", "Jamf"),
];

/// The vendor whose zone a name is in; none for the organisation's own names.
pub fn vendor(name: &str) -> Option<&'static str> {
    let inside = |zone: &str| {
        name.strip_suffix(zone)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    ZONES
        .iter()
        .find(|(zone, _)| inside(zone))
        .map(|(_, vendor)| *vendor)
}

/// The owner of a host, for "two unrelated owners": the vendor, else the last two labels; an address
/// stands for itself.
pub fn owner(name: &str) -> String {
    if name.parse::<IpAddr>().is_ok() {
        return name.to_owned();
    }
    if let Some(vendor) = vendor(name) {
        return vendor.to_owned();
    }
    let labels: Vec<&str> = name.rsplit('.').take(2).collect();
    labels.into_iter().rev().collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_told_apart() {
        for (text, expected) in [
            ("17.57.144.10", Kind::Public),
            ("0.0.0.0", Kind::Undialable),
            ("224.0.0.1", Kind::Undialable),
            ("127.0.0.1", Kind::Loopback),
            ("10.1.2.3", Kind::Private),
            ("192.0.2.1", Kind::Private),
            ("100.64.0.1", Kind::Synthetic),
            ("100.128.0.1", Kind::Public),
            ("198.19.1.1", Kind::Synthetic),
            ("::", Kind::Undialable),
            ("fe80::1", Kind::Undialable),
            ("169.254.1.1", Kind::Private),
            ("fd00::1", Kind::Private),
            ("64:ff9b::1139:900a", Kind::Public),
            ("64:ff9b::a00:1", Kind::Private),
            ("2a01:b740:a42::1", Kind::Public),
        ] {
            assert_eq!(kind(text.parse().expect(text)), expected, "{text}");
        }
    }

    #[test]
    fn a_zone_is_matched_at_a_dot() {
        assert_eq!(vendor("7-courier.push.apple.com"), Some("Apple"));
        assert_eq!(vendor("notapple.com"), None);
        assert_eq!(owner("jamf.corp.example.org"), "example.org");
        assert_eq!(owner("203.0.113.7"), "203.0.113.7");
    }
}
