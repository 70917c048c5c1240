//! Further hosts for a world: what a profile asks beyond the demo's own, each played by one of the lab's services.

use std::net::{IpAddr, SocketAddr};

use super::world::{Behaviour, COURIER, Chain, Endpoint, Name, Service, Vendor, World};

/// A host that somebody else brings into the world.
#[derive(Clone, Debug)]
pub struct Guest {
    pub host: &'static str,
    pub addresses: Vec<IpAddr>,
    /// Ports at which each address listens; none: the name alone is added or replaced.
    pub ports: Vec<u16>,
    pub plays: Part,
}

/// What a guest plays.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Part {
    Courier,
    PushProvider,
    PushBag,
    Entra,
    DeviceLogin,
    Registration,
    Graph,
    Intune,
    Jamf,
    /// One with the addresses that older releases have, and none that came later.
    OlderJamf,
    /// The answer by which a Mac knows that it has the internet.
    Captive,
    /// Microsoft's short links, and where they lead in the end.
    ShortLink,
    Packages,
    /// A web server that answers everything alike, over a public chain.
    Web {
        status: u16,
    },
}

impl Part {
    const fn service(self) -> Service {
        match self {
            Self::Courier => Service::Courier,
            Self::PushProvider => Service::PushProvider,
            Self::PushBag => Service::PushBag,
            Self::Entra => Service::Login,
            Self::DeviceLogin => Service::DeviceLogin,
            Self::Registration => Service::Registration,
            Self::Graph => Service::Graph,
            Self::Intune => Service::Intune,
            Self::Jamf => Service::Jamf,
            Self::OlderJamf => Service::OlderJamf,
            Self::Captive => Service::Captive,
            Self::ShortLink => Service::ShortLink,
            Self::Packages => Service::Packages,
            Self::Web { status } => Service::Web(status),
        }
    }

    const fn chain(self) -> Chain {
        match self {
            Self::Courier | Self::PushBag => Chain::Apple,
            _ => Chain::Public,
        }
    }
}

impl World {
    /// Adds a guest: its name takes the place of one that is there, its ports that of none.
    pub(super) fn welcome(&mut self, guest: &Guest) {
        let mut name = Name {
            vendor: Vendor::Customer,
            alias: None,
            v4: Vec::new(),
            v6: Vec::new(),
            ttl: 300,
        };
        for address in &guest.addresses {
            match address {
                IpAddr::V4(v4) => name.v4.push(*v4),
                IpAddr::V6(v6) => name.v6.push(*v6),
            }
        }
        self.names.insert(guest.host.to_owned(), name);
        let all = guest.addresses.iter();
        let places = all.flat_map(|&address| {
            guest
                .ports
                .iter()
                .map(move |&port| SocketAddr::from((address, port)))
        });
        for at in places {
            if self.endpoints.iter().any(|known| known.at == at) {
                continue;
            }
            self.endpoints.push(Endpoint {
                at,
                host: match guest.plays {
                    Part::Courier => COURIER,
                    _ => guest.host,
                },
                service: guest.plays.service(),
                chain: (at.port() != 80).then_some(guest.plays.chain()),
                behaviour: Behaviour::Serve,
            });
        }
    }
}
