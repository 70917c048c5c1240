//! Where this machine stands: its addresses, the interface that leads out, and whether that is a
//! tunnel.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Mutex;

use if_addrs::{IfAddr, IfOperStatus, Interface};
use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use socket2::Protocol;

use crate::code::Code;
use crate::net::failure::Failure;
use crate::net::source::Source;
use crate::net::{platform, socket};

/// Documentation addresses: routed like any other, and never sent to here.
const ANYWHERE: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
];

#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Vantage {
    pub hostname: String,
    pub os: String,
    /// The one that default traffic leaves by.
    pub interface: Option<String>,
    pub addresses: Vec<IpAddr>,
    /// The networks of these addresses.
    #[schemars(with = "Vec<String>")]
    pub networks: Vec<IpNet>,
    pub gateway: Option<IpAddr>,
    /// Default traffic leaves through a VPN.
    pub tunnel: bool,
}

/// The address that the kernel would send from; `None` if there is no route. Sends nothing.
pub fn source_for(to: IpAddr, source: &Source) -> Option<IpAddr> {
    asked_for(to, source).ok().flatten()
}

/// The same; an error where this machine has no socket to ask with.
fn asked_for(to: IpAddr, source: &Source) -> Result<Option<IpAddr>, Failure> {
    let to = SocketAddr::new(to, 9);
    let socket = match socket::open(to, Protocol::UDP, source) {
        Err(failure) if failure.code == Code::LocalDescriptors => return Err(failure),
        Err(_) => return Ok(None),
        Ok(socket) => socket,
    };
    if socket.connect(&to.into()).is_err() {
        return Ok(None);
    }
    let local = socket.local_addr().ok();
    let source = local.and_then(|local| local.as_socket()).map(|at| at.ip());
    Ok(source.filter(|source| !source.is_unspecified()))
}

/// Which addresses this machine has a route to: the kernel is asked once for each, as every row wants to know.
#[derive(Debug, Default)]
pub(super) struct Routes(Mutex<HashMap<IpAddr, bool>>);

impl Routes {
    pub(super) fn has(&self, address: IpAddr, source: &Source) -> bool {
        let mut known = self.0.lock().expect("no task panics while it asks");
        if let Some(has) = known.get(&address) {
            return *has;
        }
        // Without a socket nothing is learned, and the next who wants to know asks again.
        let Ok(from) = asked_for(address, source) else {
            return false;
        };
        known.insert(address, from.is_some());
        from.is_some()
    }
}

impl Vantage {
    /// Of this machine, now, as far as the source goes.
    pub fn here(source: &Source) -> Self {
        let mut interfaces = if_addrs::get_if_addrs().unwrap_or_default();
        interfaces.retain(|interface| source.includes(interface));
        let leaves_from = ANYWHERE.iter().find_map(|to| source_for(*to, source));
        let interface = leaves_from.and_then(|from| owner_of(from, &interfaces));
        let gateway = match (&interface, source.is_chosen()) {
            (None, true) => None,
            (Some(name), true) => platform::gateway(Some(name)),
            (_, false) => platform::gateway(None),
        };
        Self {
            hostname: hostname::get()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default(),
            os: os(),
            tunnel: interface.as_deref().is_some_and(is_tunnel),
            interface,
            addresses: usable(&interfaces).map(Interface::ip).collect(),
            networks: usable(&interfaces).filter_map(network).collect(),
            gateway,
        }
    }
}

fn owner_of(address: IpAddr, interfaces: &[Interface]) -> Option<String> {
    interfaces
        .iter()
        .find(|interface| interface.ip() == address)
        .map(|interface| interface.name.clone())
}

fn usable(interfaces: &[Interface]) -> impl Iterator<Item = &Interface> {
    interfaces
        .iter()
        .filter(|interface| interface.oper_status != IfOperStatus::Down)
        .filter(|interface| !interface.is_loopback() && !interface.is_link_local())
}

fn network(interface: &Interface) -> Option<IpNet> {
    let length = match &interface.addr {
        IfAddr::V4(v4) => v4.prefixlen,
        IfAddr::V6(v6) => v6.prefixlen,
    };
    Some(IpNet::new(interface.ip(), length).ok()?.trunc())
}

fn is_tunnel(interface: &str) -> bool {
    ["tun", "utun", "wg", "ppp", "ipsec"]
        .iter()
        .any(|prefix| interface.starts_with(prefix))
}

/// The system's name and version, as it writes them for people.
fn os() -> String {
    let from_linux = || {
        let release = std::fs::read_to_string("/etc/os-release").ok()?;
        let name = release
            .lines()
            .find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
        Some(name.trim_matches('"').to_owned())
    };
    let from_macos = || {
        let path = "/System/Library/CoreServices/SystemVersion.plist";
        let list = std::fs::read_to_string(path).ok()?;
        let (_, after) = list.split_once("<key>ProductVersion</key>")?;
        let (_, value) = after.split_once("<string>")?;
        Some(format!("macOS {}", value.split_once("</string>")?.0))
    };
    match std::env::consts::OS {
        "linux" => from_linux(),
        "macos" => from_macos(),
        _ => None,
    }
    .unwrap_or_else(|| std::env::consts::OS.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traffic_to_this_machine_leaves_from_loopback() {
        let loopback = IpAddr::from([127, 0, 0, 1]);
        assert_eq!(source_for(loopback, &Source::default()), Some(loopback));
    }

    #[test]
    fn a_vpn_is_known_by_the_name_of_its_interface() {
        for name in ["utun3", "tun0", "wg0", "ppp0", "ipsec1"] {
            assert!(is_tunnel(name), "{name}");
        }
        for name in ["en0", "eth0", "wlan0", "bridge0"] {
            assert!(!is_tunnel(name), "{name}");
        }
    }

    #[test]
    fn loopback_is_no_address_of_a_vantage() {
        let vantage = Vantage::here(&Source::default());
        assert!(
            vantage
                .addresses
                .iter()
                .all(|address| !address.is_loopback())
        );
        assert!(!vantage.os.is_empty());
    }
}
