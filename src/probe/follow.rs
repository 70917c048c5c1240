//! Follow-ups: further questions that a failure raises. They add evidence and never change a row's code.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::code::Code;
use crate::net::ladder::{Hello, Ladder, Rungs};
use crate::net::trace::{Route, RouteSeen};
use crate::net::tunnel::Via;
use crate::net::{End, Observation, TcpSeen};

/// One further question.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum FollowUp {
    /// Does the same address answer on another port?
    OtherPort { address: IpAddr, port: u16 },
    /// Does another address of the same name answer on the same port?
    OtherAddress { address: IpAddr, port: u16 },
    /// Does the same address answer a hello with another name of the same vendor?
    OtherName {
        address: IpAddr,
        port: u16,
        detour: Option<SocketAddr>,
        hello: Hello,
    },
    /// How far do SYNs to this port get?
    Path { route: Route, why: Why },
}

/// What a path is walked for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Why {
    /// Once for each cause.
    Cause(Code),
    /// Once for each address, since the user asked.
    Address,
    /// To compare with the walk to a port of the same address that does not answer.
    Beside,
}

/// A follow-up and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Followed {
    Ladder(FollowUp, Box<Observation<Rungs>>),
    Path(FollowUp, Observation<RouteSeen>),
}

impl FollowUp {
    /// The ladder that answers it; none for a path.
    pub(super) fn ladder(&self) -> Option<Arc<Ladder>> {
        let (address, port, detour, hello) = match self {
            Self::OtherPort { address, port } | Self::OtherAddress { address, port } => {
                (*address, *port, None, None)
            }
            Self::OtherName {
                address,
                port,
                detour,
                hello,
            } => (*address, *port, *detour, Some(hello.clone())),
            Self::Path { .. } => return None,
        };
        Some(Arc::new(Ladder {
            address,
            port,
            detour,
            via: Via::Direct,
            hello,
            request: None,
            attempt: 0,
            hedged: false,
        }))
    }

    /// Whether asking this makes asking `other` needless.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Path {
                    why: Why::Cause(cause),
                    ..
                },
                Self::Path {
                    why: Why::Cause(same),
                    ..
                },
            ) => cause == same,
            (
                Self::Path {
                    route,
                    why: Why::Address,
                },
                Self::Path {
                    route: same,
                    why: Why::Address,
                },
            ) => route.address == same.address,
            _ => self == other,
        }
    }

    pub fn sentence(&self) -> String {
        match self {
            Self::OtherPort { address, port } => {
                format!("does {address} answer on another port, {port}?")
            }
            Self::OtherAddress { address, port } => {
                let to = SocketAddr::new(*address, *port);
                format!("does another address of the name, {to}, answer?")
            }
            Self::OtherName {
                address,
                port,
                hello,
                ..
            } => format!("does {address}:{port} answer a hello for {}?", hello.name),
            Self::Path { route, .. } => {
                let to = SocketAddr::new(route.address, route.port);
                let and = if route.open { ", which answers," } else { "" };
                format!("how far do connects to {to}{and} get?")
            }
        }
    }
}

impl Followed {
    pub fn question(&self) -> String {
        match self {
            Self::Ladder(question, _) | Self::Path(question, _) => question.sentence(),
        }
    }

    /// The address and port that answered, by SYN-ACK or RST.
    pub fn answered(&self) -> Option<(IpAddr, u16)> {
        let Self::Ladder(question, observation) = self else {
            return None;
        };
        let ladder = question.ladder()?;
        let refused =
            observation.failure().map(|failure| failure.code) == Some(Code::TcpRefusedRst);
        let tcp = observation.seen.tcp.as_deref();
        let answers = refused || tcp.is_some_and(TcpSeen::is_connected);
        answers.then_some((ladder.address, ladder.port))
    }

    /// What was tried instead of what had failed, the name of its hello, and whether that was answered.
    pub fn instead(&self) -> Option<(SocketAddr, Option<&str>, Option<bool>)> {
        let Self::Ladder(question, observation) = self else {
            return None;
        };
        let ladder = question.ladder()?;
        let at = SocketAddr::new(ladder.address, ladder.port);
        let tls = observation.seen.tls.as_deref();
        let answered = match question {
            FollowUp::OtherName { .. } => tls.is_some_and(|tls| tls.received > 0),
            FollowUp::OtherAddress { .. } => {
                let tcp = observation.seen.tcp.as_deref();
                tcp.is_some_and(TcpSeen::is_connected)
            }
            _ => self.answered().is_some(),
        };
        let known = answered || !observation.is_pending();
        let name = match question {
            FollowUp::OtherName { hello, .. } => Some(hello.name.as_str()),
            _ => None,
        };
        Some((at, name, known.then_some(answered)))
    }

    /// The answer in words; `beside` are the follow-ups of the same row, among them the walk to an
    /// open port of the same address.
    pub fn answer(&self, beside: &[Self]) -> String {
        match self {
            Self::Ladder(_, observation) => ladder_answer(observation),
            Self::Path(_, observation) => {
                let open = self.open_port(beside);
                path_answer(observation, open)
            }
        }
    }

    /// The path that was walked, and what was seen of it.
    pub fn path(&self) -> Option<(Route, &RouteSeen)> {
        match self {
            Self::Path(FollowUp::Path { route, .. }, seen) => Some((*route, &seen.seen)),
            _ => None,
        }
    }

    /// Another port of the same address that was reached, and how many hops away.
    fn open_port(&self, beside: &[Self]) -> Option<(u16, u8)> {
        let (own, _) = self.path().filter(|(own, _)| !own.open)?;
        let mut others = beside.iter().filter_map(Self::path);
        others.find_map(|(route, seen)| {
            let same = route.open && route.address == own.address;
            Some((route.port, seen.reached.filter(|_| same)?))
        })
    }
}

fn ladder_answer(observation: &Observation<Rungs>) -> String {
    let tls = observation.seen.tls.as_deref();
    match &observation.end {
        End::Pending => "no answer by the end of the run".to_owned(),
        End::Failed(failure) => format!("{}: {}", failure.code, failure.detail),
        End::Done => match tls.and_then(|tls| tls.version.as_deref()) {
            Some(version) => format!("yes, with {version}"),
            None => "yes, it connects".to_owned(),
        },
    }
}

fn path_answer(observation: &Observation<RouteSeen>, open: Option<(u16, u8)>) -> String {
    let seen = &observation.seen;
    let beside = open.map_or_else(String::new, |(port, ttl)| {
        format!("; connects to its port {port} reach it, {} away", hops(ttl))
    });
    match (seen.reached, seen.refused, seen.last(), open) {
        (Some(ttl), _, _, Some((port, further))) if ttl < further => format!(
            "to a box {} away that answers in the peer's name: its port {port} is {} away",
            hops(ttl),
            hops(further)
        ),
        (Some(ttl), ..) => format!("to the peer, {} away", hops(ttl)),
        (None, Some((ttl, from)), ..) => {
            format!("to {from}, {} away, which refuses{beside}", hops(ttl))
        }
        (None, None, Some((ttl, from)), _) => format!(
            "answers stop after hop {ttl} ({from}): that box or the next one drops them{beside}"
        ),
        (None, None, None, _) if observation.is_pending() => {
            "not known by the end of the run".to_owned()
        }
        (None, None, None, _) => format!("no hop answers at all{beside}"),
    }
}

fn hops(count: u8) -> String {
    if count == 1 {
        "1 hop".to_owned()
    } else {
        format!("{count} hops")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walked(port: u16, open: bool, seen: RouteSeen) -> Followed {
        let route = Route {
            address: IpAddr::from([192, 0, 2, 7]),
            port,
            detour: None,
            open,
        };
        let why = if open { Why::Beside } else { Why::Address };
        let end = End::Done;
        Followed::Path(FollowUp::Path { route, why }, Observation { seen, end })
    }

    fn seen(hops: &[(u8, [u8; 4])], reached: Option<u8>) -> RouteSeen {
        let hop = |(ttl, from): &(u8, [u8; 4])| (*ttl, IpAddr::from(*from));
        RouteSeen {
            hops: hops.iter().map(hop).collect(),
            reached,
            refused: None,
        }
    }

    #[test]
    fn the_answer_names_the_last_hop_and_compares_with_a_port_that_answers() {
        let near = [(1, [10, 0, 0, 1])];
        let far = [(1, [10, 0, 0, 1]), (2, [10, 0, 1, 1])];
        let open = walked(443, true, seen(&far, Some(3)));
        for (seen, beside, expected) in [
            (
                seen(&near, None),
                None,
                "answers stop after hop 1 (10.0.0.1): that box or the next one drops them",
            ),
            (
                seen(&near, None),
                Some(&open),
                "answers stop after hop 1 (10.0.0.1): that box or the next one drops them; connects to its \
                 port 443 reach it, 3 hops away",
            ),
            (seen(&far, Some(3)), Some(&open), "to the peer, 3 hops away"),
            (
                seen(&[], Some(1)),
                Some(&open),
                "to a box 1 hop away that answers in the peer's name: its port 443 is 3 hops away",
            ),
            (seen(&[], None), None, "no hop answers at all"),
        ] {
            let blocked = walked(25, false, seen);
            let all: Vec<Followed> = beside.into_iter().cloned().collect();
            assert_eq!(blocked.answer(&all), expected);
        }
    }
}
