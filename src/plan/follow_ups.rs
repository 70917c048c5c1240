//! Which further questions the observations of a run raise: pure, and independent of their order.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::code::Code;
use crate::net::endpoint::Host;
use crate::net::ladder::Hello;
use crate::net::space;
use crate::net::trace::Route;
use crate::probe::{FollowUp, LadderSeen, Seen};

/// At most so many follow-ups in a run, and about one address and port.
const IN_A_RUN: usize = 32;
const ABOUT_ONE: usize = 3;

/// The ports at which a host most likely answers something, if only by a refusal.
const CONTROL_PORTS: [u16; 3] = [443, 80, 22];

/// What is known of one row when follow-ups are planned.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    pub row: usize,
    pub seen: &'a Seen,
    /// Whether what has not answered yet counts as silent.
    pub late: bool,
}

/// The follow-ups of all rows, each for the first row that raises it. A question already asked is
/// planned again; whoever asks drops it.
pub fn follow_ups(rows: &[Known<'_>], can_trace: bool) -> Vec<(usize, FollowUp)> {
    let mut planner = Planner {
        open: open_ports(rows),
        asked: asked(rows),
        names: names(rows),
        can_trace,
        ..Planner::default()
    };
    for known in rows {
        for ladder in &known.seen.ladders {
            planner.consider(known, ladder);
        }
    }
    planner.planned.truncate(IN_A_RUN);
    planner.planned
}

/// What the end of a ladder makes one ask.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Questions {
    /// Another port of the address, and the path to it.
    PortAndPath,
    Path,
    /// The same address, with another name in the hello.
    Name,
    None,
}

impl Questions {
    const fn of(code: Code) -> Self {
        match code {
            Code::TcpSilent | Code::TcpHostUnreachable => Self::PortAndPath,
            Code::TcpAdminProhibited | Code::TcpNetUnreachable => Self::Path,
            Code::TlsSilentPath | Code::TlsResetPath | Code::TlsReset | Code::TlsSilent => {
                Self::Name
            }
            _ => Self::None,
        }
    }
}

#[derive(Default)]
struct Planner {
    /// The ports at which an address answered in this run.
    open: BTreeMap<IpAddr, BTreeSet<u16>>,
    /// What the rows themselves ask, so that nothing is asked twice.
    asked: BTreeSet<(IpAddr, u16)>,
    /// The names that TLS rows send, by vendor.
    names: BTreeMap<&'static str, BTreeSet<String>>,
    can_trace: bool,
    planned: Vec<(usize, FollowUp)>,
    about: BTreeMap<(IpAddr, u16), usize>,
    /// Causes whose path is walked already: one walk a cause.
    walked: BTreeSet<Code>,
}

impl Planner {
    fn consider(&mut self, known: &Known<'_>, ladder: &LadderSeen) {
        let Some(code) = cause(ladder, known.late) else {
            return;
        };
        match Questions::of(code) {
            Questions::PortAndPath => {
                self.other_port(known.row, ladder);
                self.path(known.row, ladder, code);
            }
            Questions::Path => self.path(known.row, ladder, code),
            Questions::Name => self.other_name(known.row, ladder),
            Questions::None => {}
        }
    }

    fn add(&mut self, row: usize, ladder: &LadderSeen, follow_up: FollowUp) {
        if self.planned.iter().any(|(_, known)| *known == follow_up) {
            return;
        }
        let key = (ladder.ladder.address, ladder.ladder.port);
        let about = self.about.entry(key).or_default();
        if *about < ABOUT_ONE {
            *about += 1;
            self.planned.push((row, follow_up));
        }
    }

    /// Another port, unless one is known to answer: then the run has its own control already.
    fn other_port(&mut self, row: usize, ladder: &LadderSeen) {
        let (address, asked) = (ladder.ladder.address, ladder.ladder.port);
        let known = self.open.get(&address);
        if known.is_some_and(|ports| ports.iter().any(|port| *port != asked)) {
            return;
        }
        let other = CONTROL_PORTS
            .into_iter()
            .find(|port| !self.asked.contains(&(address, *port)));
        if let Some(port) = other {
            self.add(row, ladder, FollowUp::OtherPort { address, port });
        }
    }

    fn other_name(&mut self, row: usize, ladder: &LadderSeen) {
        let Some(hello) = &ladder.ladder.hello else {
            return;
        };
        let others = space::vendor(&hello.name).and_then(|vendor| self.names.get(vendor));
        let other = others.and_then(|names| names.iter().find(|name| **name != hello.name));
        if let Some(name) = other {
            let follow_up = FollowUp::OtherName {
                address: ladder.ladder.address,
                port: ladder.ladder.port,
                hello: Hello {
                    name: name.clone(),
                    alpn: hello.alpn.clone(),
                },
            };
            self.add(row, ladder, follow_up);
        }
    }

    fn path(&mut self, row: usize, ladder: &LadderSeen, code: Code) {
        if self.can_trace && self.walked.insert(code) {
            let route = Route {
                address: ladder.ladder.address,
                port: ladder.ladder.port,
            };
            self.add(row, ladder, FollowUp::Path { route, cause: code });
        }
    }
}

/// Whether what a ladder has come to may raise a further question.
pub fn raises(ladder: &LadderSeen) -> bool {
    cause(ladder, false).is_some_and(|code| Questions::of(code) != Questions::None)
}

/// Why a ladder stopped; a connect without an answer for long enough counts as silent.
fn cause(ladder: &LadderSeen, late: bool) -> Option<Code> {
    let observation = &ladder.observation;
    if let Some(failure) = observation.failure() {
        return Some(failure.code);
    }
    let silent = observation.is_pending() && observation.seen.tcp.is_none() && late;
    silent.then_some(Code::TcpSilent)
}

fn open_ports(rows: &[Known<'_>]) -> BTreeMap<IpAddr, BTreeSet<u16>> {
    let mut open: BTreeMap<IpAddr, BTreeSet<u16>> = BTreeMap::new();
    for ladder in rows.iter().flat_map(|known| &known.seen.ladders) {
        let refused = cause(ladder, false) == Some(Code::TcpRefusedRst);
        let tcp = ladder.observation.seen.tcp.as_ref();
        if refused || tcp.is_some_and(crate::net::TcpSeen::is_connected) {
            let ports = open.entry(ladder.ladder.address).or_default();
            ports.insert(ladder.ladder.port);
        }
    }
    open
}

fn asked(rows: &[Known<'_>]) -> BTreeSet<(IpAddr, u16)> {
    let ladders = rows.iter().flat_map(|known| &known.seen.ladders);
    ladders
        .map(|seen| (seen.ladder.address, seen.ladder.port))
        .collect()
}

fn names(rows: &[Known<'_>]) -> BTreeMap<&'static str, BTreeSet<String>> {
    let mut names: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    for ladder in rows.iter().flat_map(|known| &known.seen.ladders) {
        let (Some(hello), Host::Name(_)) = (&ladder.ladder.hello, &ladder.host) else {
            continue;
        };
        if let Some(vendor) = space::vendor(&hello.name) {
            names.entry(vendor).or_default().insert(hello.name.clone());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::ladder::{Ladder, Path, Rungs};
    use crate::net::{End, Failure, Observation};

    fn ladder(address: &str, port: u16, code: Option<Code>) -> LadderSeen {
        LadderSeen {
            host: Host::Name("graph.microsoft.com".to_owned()),
            ladder: Ladder {
                address: address.parse().expect("an address"),
                port,
                path: Path::Direct,
                source: None,
                hello: None,
                request: None,
                attempt: 0,
                hedged: true,
            },
            observation: Observation {
                seen: Rungs::default(),
                end: code.map_or(End::Pending, |code| End::Failed(Failure::new(code, ""))),
            },
        }
    }

    fn seen(ladders: Vec<LadderSeen>) -> Seen {
        Seen {
            ladders,
            ..Seen::default()
        }
    }

    #[test]
    fn what_raises_nothing_is_asked_nothing() {
        for code in Code::ALL {
            let lone = ladder("192.0.2.7", 5223, Some(*code));
            let raises = raises(&lone);
            let seen = seen(vec![lone]);
            let known = [Known {
                row: 0,
                seen: &seen,
                late: false,
            }];
            let planned = follow_ups(&known, true);
            assert!(raises || planned.is_empty(), "{code}: {planned:?}");
        }
        assert!(raises(&ladder("192.0.2.7", 5223, Some(Code::TcpSilent))));
    }

    #[test]
    fn a_silent_port_raises_another_one_and_one_walk_a_cause() {
        let silent = Some(Code::TcpSilent);
        let seen = seen(vec![
            ladder("192.0.2.7", 5223, silent),
            ladder("192.0.2.8", 5223, silent),
        ]);
        let rows = [Known {
            row: 4,
            seen: &seen,
            late: false,
        }];
        let planned = follow_ups(&rows, true);
        let paths = planned
            .iter()
            .filter(|(_, f)| matches!(f, FollowUp::Path { .. }));
        let ports = planned
            .iter()
            .filter(|(_, f)| matches!(f, FollowUp::OtherPort { port: 443, .. }));
        assert_eq!((paths.count(), ports.count()), (1, 2));
        assert!(planned.iter().all(|(row, _)| *row == 4));
    }

    #[test]
    fn an_address_that_answered_elsewhere_needs_no_control() {
        let seen = seen(vec![
            ladder("192.0.2.7", 25, Some(Code::TcpSilent)),
            ladder("192.0.2.7", 443, Some(Code::TcpRefusedRst)),
        ]);
        let rows = [Known {
            row: 0,
            seen: &seen,
            late: false,
        }];
        assert_eq!(follow_ups(&rows, false), []);
    }

    #[test]
    fn what_is_pending_counts_as_silent_only_when_late() {
        let seen = seen(vec![ladder("192.0.2.7", 5223, None)]);
        let early = [Known {
            row: 0,
            seen: &seen,
            late: false,
        }];
        let late = [Known {
            row: 0,
            seen: &seen,
            late: true,
        }];
        assert_eq!(follow_ups(&early, false).len(), 0);
        assert_eq!(follow_ups(&late, false).len(), 1);
    }

    #[test]
    fn a_run_asks_at_most_32_more() {
        let address = |n: u32| format!("192.0.{}.{}", n / 200, n % 200 + 1);
        let ladders = (0..100).map(|n| ladder(&address(n), 5223, Some(Code::TcpSilent)));
        let seen = seen(ladders.collect());
        let rows = [Known {
            row: 0,
            seen: &seen,
            late: false,
        }];
        assert_eq!(follow_ups(&rows, true).len(), 32);
    }
}
