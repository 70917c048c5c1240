//! Follow-ups: further questions that a failure raises. They add evidence and never change a row's code.

use std::net::IpAddr;

use crate::code::Code;
use crate::net::ladder::{Hello, Ladder, Path, Rungs};
use crate::net::trace::{Route, RouteSeen};
use crate::net::{End, Observation, TcpSeen};

/// One further question.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum FollowUp {
    /// Does the same address answer on another port?
    OtherPort { address: IpAddr, port: u16 },
    /// Does the same address answer a hello with another name of the same vendor?
    OtherName {
        address: IpAddr,
        port: u16,
        hello: Hello,
    },
    /// How far do SYNs to this port get? Walked once for each cause.
    Path { route: Route, cause: Code },
}

/// A follow-up and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Followed {
    Ladder(FollowUp, Box<Observation<Rungs>>),
    Path(FollowUp, Observation<RouteSeen>),
}

impl FollowUp {
    /// The ladder that answers it; none for a path.
    pub(super) fn ladder(&self) -> Option<Ladder> {
        let (address, port, hello) = match self {
            Self::OtherPort { address, port } => (*address, *port, None),
            Self::OtherName {
                address,
                port,
                hello,
            } => (*address, *port, Some(hello.clone())),
            Self::Path { .. } => return None,
        };
        Some(Ladder {
            address,
            port,
            path: Path::Direct,
            source: None,
            hello,
            request: None,
            attempt: 0,
            hedged: false,
        })
    }

    /// Whether asking this makes asking `other` needless.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Path { cause, .. }, Self::Path { cause: same, .. }) => cause == same,
            _ => self == other,
        }
    }

    pub fn sentence(&self) -> String {
        match self {
            Self::OtherPort { address, port } => {
                format!("does {address} answer on another port, {port}?")
            }
            Self::OtherName {
                address,
                port,
                hello,
            } => format!("does {address}:{port} answer a hello for {}?", hello.name),
            Self::Path { route, .. } => {
                format!(
                    "how far do connects to {}:{} get?",
                    route.address, route.port
                )
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
        let tcp = observation.seen.tcp.as_ref();
        let answers = refused || tcp.is_some_and(TcpSeen::is_connected);
        answers.then_some((ladder.address, ladder.port))
    }

    pub fn answer(&self) -> String {
        match self {
            Self::Ladder(_, observation) => ladder_answer(observation),
            Self::Path(_, observation) => path_answer(observation),
        }
    }
}

fn ladder_answer(observation: &Observation<Rungs>) -> String {
    let tls = observation.seen.tls.as_ref();
    match &observation.end {
        End::Pending => "no answer by the end of the run".to_owned(),
        End::Failed(failure) => format!("{}: {}", failure.code, failure.detail),
        End::Done => match tls.and_then(|tls| tls.version.as_deref()) {
            Some(version) => format!("yes, with {version}"),
            None => "yes, it connects".to_owned(),
        },
    }
}

fn path_answer(observation: &Observation<RouteSeen>) -> String {
    if observation.is_pending() {
        return "not known by the end of the run".to_owned();
    }
    let seen = &observation.seen;
    let last = seen.last();
    match (seen.reached, seen.refused, last) {
        (Some(ttl), _, _) => format!("to the peer, {ttl} hops away"),
        (None, Some((ttl, from)), _) => format!("to {from}, {ttl} hops away, which refuses"),
        (None, None, Some((ttl, from))) => {
            format!("past hop {ttl} ({from}); after it nothing answers")
        }
        (None, None, None) => "no hop answers at all".to_owned(),
    }
}
