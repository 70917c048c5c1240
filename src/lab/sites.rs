//! The healthy world's hosts, as their vendors run them: one table of sites and one of courier regions.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::world::{Chain, JAMF, LOGIN, Service, Vendor};

/// One host of the healthy world, as its vendor runs it.
pub(super) struct Site {
    pub(super) vendor: Vendor,
    pub(super) host: &'static str,
    pub(super) via: &'static [&'static str],
    pub(super) addresses: &'static [Ipv4Addr],
    pub(super) ports: &'static [u16],
    pub(super) service: Service,
    pub(super) chain: Chain,
}

/// A point of presence of Apple push: the couriers of one region share its addresses.
pub(super) struct Region {
    pub(super) name: &'static str,
    pub(super) addresses: [Ipv4Addr; 2],
    pub(super) v6: [Ipv6Addr; 2],
}

const fn v4(a: u8, b: u8, c: u8, d: u8) -> Ipv4Addr {
    Ipv4Addr::new(a, b, c, d)
}

const fn v6(pop: u16, host: u16) -> Ipv6Addr {
    Ipv6Addr::new(0x2a01, 0xb740, 0xa42, pop, 0, 0, 0, host)
}

/// Ten addresses in five of the blocks that Apple publishes for push.
pub(super) static REGIONS: [Region; 5] = [
    Region {
        name: "eur-benelux",
        addresses: [v4(17, 57, 146, 20), v4(17, 57, 146, 52)],
        v6: [v6(0x10, 0x14), v6(0x10, 0x34)],
    },
    Region {
        name: "eur-central",
        addresses: [v4(17, 188, 180, 73), v4(17, 188, 131, 88)],
        v6: [v6(0x11, 0x49), v6(0x11, 0x58)],
    },
    Region {
        name: "eur-nordic",
        addresses: [v4(17, 188, 20, 14), v4(17, 188, 21, 40)],
        v6: [v6(0x12, 0xe), v6(0x12, 0x28)],
    },
    Region {
        name: "eur-south",
        addresses: [v4(17, 249, 25, 246), v4(17, 249, 185, 12)],
        v6: [v6(0x13, 0xf6), v6(0x13, 0xc)],
    },
    Region {
        name: "eur-uk",
        addresses: [v4(17, 252, 11, 14), v4(17, 252, 27, 21)],
        v6: [v6(0x14, 0xe), v6(0x14, 0x15)],
    },
];

const fn microsoft(host: &'static str, addresses: &'static [Ipv4Addr], service: Service) -> Site {
    Site {
        vendor: Vendor::Microsoft,
        host,
        via: &[],
        addresses,
        ports: &[443],
        service,
        chain: Chain::Public,
    }
}

const fn apple(host: &'static str, addresses: &'static [Ipv4Addr], service: Service) -> Site {
    Site {
        vendor: Vendor::Apple,
        host,
        via: &[],
        addresses,
        ports: &[443],
        service,
        chain: Chain::Public,
    }
}

/// Apple's time servers, as they would be asked by a Mac.
pub(super) static CLOCKS: [(&str, Ipv4Addr); 2] = [
    ("time.apple.com", v4(17, 253, 38, 125)),
    ("time-macos.apple.com", v4(17, 253, 38, 253)),
];

pub(super) static SITES: [Site; 14] = [
    Site {
        via: &[
            "login.mso.msidentity.com",
            "ak.privatelink.msidentity.com",
            "www.tm.ak.prd.aadg.trafficmanager.net",
        ],
        ..microsoft(
            LOGIN,
            &[v4(40, 126, 32, 68), v4(20, 190, 160, 14)],
            Service::Login,
        )
    },
    microsoft(
        "device.login.microsoftonline.com",
        &[v4(20, 190, 160, 22)],
        Service::DeviceLogin,
    ),
    microsoft(
        "enterpriseregistration.windows.net",
        &[v4(40, 126, 32, 74)],
        Service::Registration,
    ),
    microsoft(
        "graph.microsoft.com",
        &[v4(20, 190, 190, 131)],
        Service::Graph,
    ),
    microsoft(
        "manage.microsoft.com",
        &[v4(13, 107, 219, 40)],
        Service::Intune,
    ),
    microsoft(
        "enterpriseenrollment.manage.microsoft.com",
        &[v4(13, 107, 219, 52)],
        Service::Intune,
    ),
    microsoft(
        "portal.manage.microsoft.com",
        &[v4(13, 107, 227, 31)],
        Service::Intune,
    ),
    microsoft(
        "fef.msud01.manage.microsoft.com",
        &[v4(13, 107, 228, 24)],
        Service::Intune,
    ),
    Site {
        ports: &[443, 2197],
        ..apple(
            "api.push.apple.com",
            &[v4(17, 188, 143, 34)],
            Service::PushProvider,
        )
    },
    Site {
        chain: Chain::Apple,
        ..apple(
            "init.push.apple.com",
            &[v4(17, 253, 38, 201)],
            Service::PushBag,
        )
    },
    apple(
        "app-site-association.cdn-apple.com",
        &[v4(17, 253, 37, 195)],
        Service::AppSites,
    ),
    apple(
        "app-site-association.networking.apple",
        &[v4(17, 253, 37, 201)],
        Service::AppSites,
    ),
    Site {
        ports: &[443, 80],
        ..apple(
            "captive.apple.com",
            &[v4(17, 253, 37, 210)],
            Service::Captive,
        )
    },
    Site {
        vendor: Vendor::Customer,
        host: JAMF,
        via: &[],
        addresses: &[v4(54, 93, 118, 77)],
        ports: &[8443],
        service: Service::Jamf,
        chain: Chain::Public,
    },
];
