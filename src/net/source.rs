//! Where packets leave this machine: from an address or through an interface that the user chose, or as the system's
//! routes have it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use if_addrs::Interface;

use super::wire::Family;

/// Whether a socket can be held to an interface here; elsewhere an interface stands for its addresses.
const BINDS_INTERFACES: bool = cfg!(any(target_os = "linux", target_vendor = "apple"));

/// `--source`. What stays on this machine is not concerned.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Source(Option<Arc<Chosen>>);

#[derive(Debug, Eq, Hash, PartialEq)]
struct Chosen {
    typed: String,
    interface: Option<String>,
    v4: Option<Ipv4Addr>,
    v6: Option<Ipv6Addr>,
}

/// What a socket is to be tied to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Tie<'a> {
    /// The system decides.
    Loose,
    Address(IpAddr),
    Interface(&'a str),
    /// The source has no address of this family.
    Impossible,
}

/// Why nothing can be sent from there.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
pub enum SourceError {
    #[error("this machine has no interface `{0}`")]
    Unknown(String),
    #[error("no interface of this machine has the address {0}")]
    Foreign(IpAddr),
    #[error("nothing leaves this machine from {0}")]
    Inside(String),
    #[error("interface `{0}` is down")]
    Down(String),
    #[error("interface `{0}` has no address to send from")]
    Bare(String),
}

impl Source {
    /// An address or an interface of this machine, as it is now.
    ///
    /// # Errors
    ///
    /// If the machine has neither, or nothing can be sent from it.
    pub fn of(typed: &str) -> Result<Self, SourceError> {
        Self::among(typed, &if_addrs::get_if_addrs().unwrap_or_default())
    }

    fn among(typed: &str, interfaces: &[Interface]) -> Result<Self, SourceError> {
        let mut chosen = Chosen {
            typed: typed.to_owned(),
            interface: None,
            v4: None,
            v6: None,
        };
        let bare = typed.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = bare.parse::<IpAddr>() {
            let owner = interfaces.iter().find(|one| one.ip() == address);
            if address.is_loopback() || address.is_unspecified() || address.is_multicast() {
                return Err(SourceError::Inside(typed.to_owned()));
            }
            let owner = owner.ok_or(SourceError::Foreign(address))?;
            if !owner.is_oper_up() {
                return Err(SourceError::Down(owner.name.clone()));
            }
            match address {
                IpAddr::V4(v4) => chosen.v4 = Some(v4),
                IpAddr::V6(v6) => chosen.v6 = Some(v6),
            }
            return Ok(Self(Some(Arc::new(chosen))));
        }
        let own: Vec<&Interface> = interfaces.iter().filter(|one| one.name == typed).collect();
        let name = || typed.to_owned();
        if own.is_empty() {
            return Err(SourceError::Unknown(name()));
        }
        if own.iter().all(|one| one.is_loopback()) {
            return Err(SourceError::Inside(name()));
        }
        if !own.iter().any(|one| one.is_oper_up()) {
            return Err(SourceError::Down(name()));
        }
        let wide = || own.iter().filter(|one| !one.is_link_local());
        chosen.v4 = wide().find_map(|one| v4_of(one.ip()));
        chosen.v6 = wide().find_map(|one| v6_of(one.ip()));
        if chosen.v4.is_none() && chosen.v6.is_none() {
            return Err(SourceError::Bare(name()));
        }
        chosen.interface = BINDS_INTERFACES.then(name);
        Ok(Self(Some(Arc::new(chosen))))
    }

    /// One address, whether or not this machine has it.
    #[cfg(test)]
    pub(super) fn at(address: IpAddr) -> Self {
        Self(Some(Arc::new(Chosen {
            typed: address.to_string(),
            interface: None,
            v4: v4_of(address),
            v6: v6_of(address),
        })))
    }

    pub fn is_chosen(&self) -> bool {
        self.0.is_some()
    }

    /// Whether anything of this family can be sent.
    pub fn has(&self, family: Family) -> bool {
        self.0.as_deref().is_none_or(|chosen| match family {
            Family::V4 => chosen.v4.is_some(),
            Family::V6 => chosen.v6.is_some(),
        })
    }

    /// Whether this address, or this interface, is part of it.
    pub(super) fn includes(&self, interface: &Interface) -> bool {
        self.0.as_deref().is_none_or(|chosen| {
            let address = interface.ip();
            interface.name == chosen.typed
                || v4_of(address).is_some_and(|v4| chosen.v4 == Some(v4))
                || v6_of(address).is_some_and(|v6| chosen.v6 == Some(v6))
        })
    }

    pub(super) fn tie(&self, to: IpAddr) -> Tie<'_> {
        let Some(chosen) = self.0.as_deref().filter(|_| !to.is_loopback()) else {
            return Tie::Loose;
        };
        let address = match to {
            IpAddr::V4(_) => chosen.v4.map(IpAddr::V4),
            IpAddr::V6(_) => chosen.v6.map(IpAddr::V6),
        };
        match (address, &chosen.interface) {
            (None, _) => Tie::Impossible,
            (Some(_), Some(name)) => Tie::Interface(name),
            (Some(address), None) => Tie::Address(address),
        }
    }
}

/// As it was typed.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(chosen) => f.write_str(&chosen.typed),
            None => f.write_str("as the system's routes have it"),
        }
    }
}

/// What the interfaces of this machine are called, for somebody who has misspelt one.
pub fn interface_names() -> Vec<String> {
    let mut names: Vec<String> = if_addrs::get_if_addrs()
        .unwrap_or_default()
        .into_iter()
        .filter(|one| !one.is_loopback())
        .map(|one| one.name)
        .collect();
    names.sort();
    names.dedup();
    names
}

const fn v4_of(address: IpAddr) -> Option<Ipv4Addr> {
    match address {
        IpAddr::V4(v4) => Some(v4),
        IpAddr::V6(_) => None,
    }
}

const fn v6_of(address: IpAddr) -> Option<Ipv6Addr> {
    match address {
        IpAddr::V6(v6) => Some(v6),
        IpAddr::V4(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use if_addrs::{IfAddr, IfOperStatus, Ifv4Addr, Ifv6Addr};

    use super::*;

    fn interface(name: &str, address: &str, oper_status: IfOperStatus) -> Interface {
        let addr = match address.parse().expect("an address") {
            IpAddr::V4(ip) => IfAddr::V4(Ifv4Addr {
                ip,
                netmask: Ipv4Addr::new(255, 255, 255, 0),
                prefixlen: 24,
                broadcast: None,
            }),
            IpAddr::V6(ip) => IfAddr::V6(Ifv6Addr {
                ip,
                netmask: Ipv6Addr::UNSPECIFIED,
                prefixlen: 64,
                broadcast: None,
            }),
        };
        Interface {
            name: name.to_owned(),
            addr,
            index: None,
            oper_status,
            is_p2p: false,
            #[cfg(windows)]
            adapter_name: String::new(),
        }
    }

    fn machine() -> Vec<Interface> {
        let up = || IfOperStatus::Up;
        vec![
            interface("lo", "127.0.0.1", up()),
            interface("eth0", "10.0.0.2", up()),
            interface("eth0", "fe80::2", up()),
            interface("eth0", "2001:db8::2", up()),
            interface("eth1", "10.1.0.2", up()),
            interface("eth2", "fe80::3", up()),
            interface("eth3", "10.3.0.2", IfOperStatus::Down),
        ]
    }

    #[test]
    fn an_address_of_this_machine_or_an_interface_is_a_source_and_nothing_else_is() {
        let why = |typed: &str| {
            let error = Source::among(typed, &machine()).expect_err(typed);
            error.to_string()
        };
        for (typed, expected) in [
            (
                "10.0.0.9",
                "no interface of this machine has the address 10.0.0.9",
            ),
            ("127.0.0.1", "nothing leaves this machine from 127.0.0.1"),
            ("::", "nothing leaves this machine from ::"),
            ("224.0.0.1", "nothing leaves this machine from 224.0.0.1"),
            ("lo", "nothing leaves this machine from lo"),
            ("eth7", "this machine has no interface `eth7`"),
            ("", "this machine has no interface ``"),
            ("eth2", "interface `eth2` has no address to send from"),
            ("eth3", "interface `eth3` is down"),
            ("10.3.0.2", "interface `eth3` is down"),
        ] {
            assert_eq!(why(typed), expected);
        }
    }

    #[test]
    fn a_source_has_the_families_of_its_addresses_and_leaves_loopback_alone() {
        let source = |typed: &str| Source::among(typed, &machine()).expect(typed);
        let both = source("eth0");
        assert!(both.has(Family::V4) && both.has(Family::V6));
        let (v4, v6) = (
            IpAddr::from([192, 0, 2, 1]),
            "2001:db8::9".parse().expect("v6"),
        );
        if BINDS_INTERFACES {
            assert_eq!(both.tie(v4), Tie::Interface("eth0"));
            assert_eq!(both.tie(v6), Tie::Interface("eth0"));
        }
        let one = source("10.1.0.2");
        assert!(one.has(Family::V4) && !one.has(Family::V6));
        assert_eq!(one.tie(v4), Tie::Address(IpAddr::from([10, 1, 0, 2])));
        assert_eq!(one.tie(v6), Tie::Impossible);
        assert_eq!(one.tie(IpAddr::from([127, 0, 0, 1])), Tie::Loose);
        assert_eq!(source("[2001:db8::2]").tie(v4), Tie::Impossible);
        assert_eq!(Source::default().tie(v4), Tie::Loose);
    }
}
