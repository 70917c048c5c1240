//! What decides which proxy a connection takes: the command line, the environment, the system or a PAC file.

use std::sync::Arc;

use super::{Destination, Listed, Login, Pac, Proxy, Way};
use crate::net::{Failure, Net, Reach};

/// What decides for every connection of a run.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    kind: Kind,
    /// For proxies that bring none of their own.
    login: Option<Login>,
    /// What the reader of a report should know of how it was decided.
    remarks: Vec<String>,
    unused: Unused,
}

/// What a machine says of proxies that a run leaves aside.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Unused {
    /// As a report shows it.
    pub named: Option<String>,
    /// Whether the network is to be asked where its PAC file is (WPAD), which nobody did.
    pub discovery: bool,
}

#[derive(Clone, Debug, Default)]
enum Kind {
    #[default]
    None,
    Fixed(Arc<Proxy>),
    Listed(Listed),
    Pac(Pac),
}

/// What was decided for a destination.
#[derive(Clone, Debug)]
pub struct Decision {
    /// In the order in which they are to be tried; never empty.
    pub ways: Vec<Way>,
    /// Why whoever decides did not speak, or not of every way, if so.
    pub problem: Option<Failure>,
    /// Nobody named a way, and the direct one stands in for it.
    pub no_way: bool,
}

impl Choice {
    /// One proxy for whatever is not on this machine itself.
    pub fn fixed(proxy: Proxy) -> Self {
        Self {
            kind: Kind::Fixed(Arc::new(proxy)),
            ..Self::default()
        }
    }

    /// What the environment or the system lists.
    pub fn listed(listed: Listed) -> Self {
        let kind = if listed.is_empty() {
            Kind::None
        } else {
            Kind::Listed(listed)
        };
        Self {
            kind,
            ..Self::default()
        }
    }

    pub fn pac(pac: Pac) -> Self {
        Self {
            kind: Kind::Pac(pac),
            ..Self::default()
        }
    }

    /// With a user name and password for proxies that bring none of their own.
    #[must_use]
    pub fn with_login(mut self, login: Option<Login>) -> Self {
        self.login = login;
        self
    }

    #[must_use]
    pub fn with_remarks(mut self, remarks: Vec<String>) -> Self {
        self.remarks = remarks;
        self
    }

    #[must_use]
    pub fn with_unused(mut self, unused: Unused) -> Self {
        self.unused = unused;
        self
    }

    pub fn unused(&self) -> &Unused {
        &self.unused
    }

    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// What is set, for a report; none if nothing is. User names are left out.
    pub fn shown(&self) -> Option<String> {
        match &self.kind {
            Kind::None => None,
            Kind::Fixed(proxy) => Some(proxy.to_string()),
            Kind::Listed(listed) => listed.shown().map(ToString::to_string),
            Kind::Pac(pac) => Some(pac.shown().to_owned()),
        }
    }

    /// Where nobody names a way, it is the direct one, as applications do.
    fn decided(&self, mut ways: Vec<Way>, problem: Option<Failure>) -> Decision {
        let no_way = ways.is_empty();
        if no_way {
            ways.push(Way::Direct);
        }
        Decision {
            ways: ways.into_iter().map(|way| self.signed_in(way)).collect(),
            problem,
            no_way,
        }
    }

    fn signed_in(&self, way: Way) -> Way {
        match (way, &self.login) {
            (Way::Through(proxy), Some(login)) if proxy.login.is_none() => {
                Way::Through(Arc::new(Proxy {
                    login: Some(login.clone()),
                    ..proxy.as_ref().clone()
                }))
            }
            (way, _) => way,
        }
    }
}

impl Net {
    /// The ways that a connection to there is to take, as whoever decides says.
    pub(crate) async fn ways(&self, destination: &Destination) -> Decision {
        let settings = self.settings();
        let choice = &settings.proxies;
        let way = match &choice.kind {
            Kind::None => Way::Direct,
            Kind::Fixed(proxy) => Way::Through(Arc::clone(proxy)),
            // What this machine says is nobody's business in the lab.
            _ if settings.reach == Reach::Closed => Way::Direct,
            Kind::Listed(listed) => listed.way(destination),
            Kind::Pac(pac) => {
                let said = Box::pin(self.ways_by_pac(pac, destination)).await;
                return choice.decided(said.seen.clone(), said.failure().cloned());
            }
        };
        choice.decided(vec![way], None)
    }
}
