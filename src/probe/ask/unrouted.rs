//! Addresses of a family over which nothing can be sent from here.

use std::net::IpAddr;

use super::{Ask, EVERYWHERE_V4, EVERYWHERE_V6};
use crate::code::Code;
use crate::net::names::NameSeen;
use crate::net::source::Source;
use crate::net::space::{Kind, kind};
use crate::net::wire::Family;

/// An address that is not tested, and said.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unrouted {
    pub address: IpAddr,
    /// The chosen source, if it is what lacks the family: the machine may well have it.
    pub source: Option<Source>,
}

impl Unrouted {
    /// Why it is not tested: for want of a route, or because of how this run was asked.
    pub const fn code(&self) -> Code {
        match self.source {
            Some(_) => Code::InconclusiveFamily,
            None => Code::LocalRouteMissing,
        }
    }
}

/// Why nothing was sent to any of these; none where there are none. What the source rules out says nothing about the
/// others.
pub(in super::super) fn why_unrouted(all: &[Unrouted]) -> Option<(Code, String)> {
    let missing = Code::LocalRouteMissing;
    let list = |code: Code| {
        let of_code = all.iter().filter(|one| one.code() == code);
        let texts: Vec<String> = of_code.map(|one| one.address.to_string()).collect();
        texts.join(", ")
    };
    if all.iter().any(|one| one.code() == missing) {
        let said = format!("only {}, and no route for its family", list(missing));
        return Some((missing, said));
    }
    let first = all.first()?;
    let source = first.source.as_ref()?;
    let family = Family::of(first.address).name();
    let addresses = list(first.code());
    let said = format!("only {addresses}, and the source {source} has no {family} address");
    Some((first.code(), said))
}

impl Ask {
    /// A machine without any route has IPv4 too: that the connect fails is what it has to report.
    pub(super) fn has_ipv4(&self) -> bool {
        let source = &self.net.settings().source;
        source.has(Family::V4)
            && (self.net.has_route(EVERYWHERE_V4) || !self.net.has_route(EVERYWHERE_V6))
    }

    /// An address of a family that this machine does not have is not tested; a missing route within a family is a
    /// failure that the connect itself reports.
    pub(super) fn lacks_route(&self, address: IpAddr) -> bool {
        let family = match address {
            IpAddr::V4(_) => self.has_ipv4(),
            IpAddr::V6(_) => self.net.has_route(EVERYWHERE_V6),
        };
        !family && !self.net.has_route(address)
    }

    /// The addresses that the names gave and whose family leads nowhere from here.
    pub(super) fn without_route(&self, names: &[NameSeen]) -> Vec<Unrouted> {
        let settings = self.net.settings();
        let mut unrouted: Vec<Unrouted> = Vec::new();
        for name in names {
            let all = name.addresses.iter().copied().chain(name.wire_addresses());
            let dialable = all.filter(|a| kind(*a) != Kind::Undialable);
            let of_family = dialable.filter(|a| settings.families.allow(*a));
            unrouted.extend(of_family.filter(|a| self.lacks_route(*a)).map(|address| {
                let lacks = !settings.source.has(Family::of(address));
                Unrouted {
                    address,
                    source: lacks.then(|| settings.source.clone()),
                }
            }));
        }
        unrouted.sort_unstable_by_key(|one| one.address);
        unrouted.dedup();
        unrouted
    }
}
