//! What the rows of a run say together of addresses and ports: which answered, and which were silent.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use super::facts::Row;
use crate::code::{Code, Stage};
use crate::net::space;
use crate::report::Check;

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Seen {
    Connected,
    /// A reset, or an answer of which only is known that it came.
    Answered,
    Silent,
}

/// Every address and port that anything was seen of.
#[derive(Default)]
pub(super) struct Reach(BTreeMap<SocketAddr, BTreeSet<Seen>>);

impl Reach {
    pub(super) fn of<'a>(rows: impl IntoIterator<Item = &'a Row<'a>>) -> Self {
        let mut reach = Self::default();
        // A datagram that was answered says nothing of connects to the same address.
        for row in rows.into_iter().filter(|row| row.protocol() == "TCP") {
            reach.note(row.check);
        }
        reach
    }

    fn note(&mut self, check: &Check) {
        let port = check.target.port.unwrap_or_default();
        for one in &check.addresses {
            if let Some(seen) = seen(one.code) {
                let at = SocketAddr::new(one.address, port);
                self.0.entry(at).or_default().insert(seen);
            }
        }
        for instead in check.follow_ups.iter().filter_map(|f| f.instead.as_ref()) {
            if instead.answered == Some(true) {
                let seen = self.0.entry(instead.at).or_default();
                seen.insert(Seen::Answered);
            }
        }
    }

    /// Whether a connect was accepted there, or reset by the peer.
    pub(super) fn answers(&self, at: SocketAddr) -> bool {
        let seen = self.0.get(&at);
        seen.is_some_and(|seen| seen.contains(&Seen::Connected) || seen.contains(&Seen::Answered))
    }

    pub(super) fn is_silent(&self, at: SocketAddr) -> bool {
        let seen = self.0.get(&at);
        seen.is_some_and(|seen| seen.contains(&Seen::Silent)) && !self.answers(at)
    }

    /// Whether the address answers on a port other than this one.
    pub(super) fn answers_beside(&self, at: SocketAddr) -> bool {
        self.others(at).any(|other| self.answers(other))
    }

    /// Whether the address was silent on another port too, even if it answered there as well; and others answer on it.
    pub(super) fn is_silent_beside(&self, at: SocketAddr) -> bool {
        let was_silent = |at: SocketAddr| {
            let seen = self.0.get(&at);
            seen.is_some_and(|seen| seen.contains(&Seen::Silent))
        };
        self.others(at)
            .any(|other| was_silent(other) && self.port_answers(other.port()))
    }

    fn others(&self, at: SocketAddr) -> impl Iterator<Item = SocketAddr> {
        let known = self.0.keys().copied();
        known.filter(move |other| other.ip() == at.ip() && other.port() != at.port())
    }

    /// Whether any address answers on this port.
    pub(super) fn port_answers(&self, port: u16) -> bool {
        let mut known = self.0.keys();
        known.any(|at| at.port() == port && self.answers(*at))
    }

    /// Whether any address on the internet answers on this port: what stands in the organisation's own network is reached
    /// without a way out.
    pub(super) fn leads_out(&self, port: u16) -> bool {
        let mut known = self.0.keys();
        known.any(|at| at.port() == port && is_outside(at.ip()) && self.answers(*at))
    }

    /// The ports on which connects were accepted.
    pub(super) fn open_ports(&self) -> BTreeSet<u16> {
        let open = self.0.iter();
        open.filter(|(_, seen)| seen.contains(&Seen::Connected))
            .map(|(at, _)| at.port())
            .collect()
    }

    /// Whether anything answered any connect.
    pub(super) fn anything(&self) -> bool {
        self.0.keys().any(|at| self.answers(*at))
    }
}

/// Whether an address can only be reached by a way out of the organisation's network.
pub(super) fn is_outside(address: IpAddr) -> bool {
    space::kind(address) == space::Kind::Public
}

/// What the end of a ladder says of its connect.
fn seen(code: Option<Code>) -> Option<Seen> {
    match code {
        None => Some(Seen::Connected),
        Some(Code::TcpSilent) => Some(Seen::Silent),
        Some(Code::TcpRefusedRst) => Some(Seen::Answered),
        Some(code) if code.stage() > Stage::Tcp => Some(Seen::Connected),
        Some(_) => None,
    }
}

/// The block by which neighbours are known: addresses in one /24, or one /64, stand in one place.
pub(super) fn neighbourhood(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            IpAddr::from([a, b, c, 0])
        }
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
    }
}
