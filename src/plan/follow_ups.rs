//! Which further questions the observations of a run raise: pure, and independent of their order.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use crate::code::{Code, Stage};
use crate::net::endpoint::Host;
use crate::net::ladder::Hello;
use crate::net::space;
use crate::net::trace::Route;
use crate::probe::{FollowUp, Followed, LadderSeen, Seen, Why};

/// At most so many follow-ups in a run, and about one address and port.
const IN_A_RUN: usize = 32;
const ABOUT_ONE: usize = 3;

/// At most so many addresses have their path walked.
const WALKED_ADDRESSES: usize = 8;

/// Which paths are walked.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Walks {
    /// This system cannot.
    #[default]
    None,
    /// To the first failing address of each cause.
    OneACause,
    /// To every failing address.
    EveryAddress,
}

/// The ports at which a host most likely answers something, if only by a refusal.
const CONTROL_PORTS: [u16; 3] = [443, 80, 22];

/// What is known of one row when follow-ups are planned.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    pub row: usize,
    pub seen: &'a Seen,
    /// What was dialled at this time or earlier, and has not answered yet, counts as silent.
    pub silent_since: Option<Instant>,
}

/// The follow-ups of all rows, each for the first row that raises it. A question already asked is
/// planned again; whoever asks drops it.
pub fn follow_ups(rows: &[Known<'_>], walks: Walks) -> Vec<(usize, FollowUp)> {
    let mut planner = Planner {
        open: open_ports(rows),
        asked: asked(rows),
        names: names(rows),
        walks,
        ..Planner::default()
    };
    for known in rows {
        for ladder in &known.seen.ladders {
            planner.consider(known, ladder);
        }
        for followed in &known.seen.follow_ups {
            planner.beside(known.row, followed);
        }
    }
    planner.planned.truncate(IN_A_RUN);
    planner.planned
}

/// What the end of a ladder makes one ask.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Questions {
    /// Another port of the address, another address of the name, and the path.
    PortAndPath,
    /// Another address of the name.
    Address,
    Path,
    /// The same address, with another name in the hello.
    Name,
    None,
}

impl Questions {
    const fn of(code: Code) -> Self {
        match code {
            Code::TcpSilent | Code::TcpHostUnreachable => Self::PortAndPath,
            Code::TcpRefusedRst => Self::Address,
            Code::TcpAdminProhibited | Code::TcpNetUnreachable => Self::Path,
            Code::TlsSilentPath | Code::TlsResetPath | Code::TlsReset | Code::TlsSilent => {
                Self::Name
            }
            _ => Self::None,
        }
    }
}

/// The ports of an address that answered, each with where a rule led it.
type Open = BTreeMap<IpAddr, BTreeMap<u16, Option<SocketAddr>>>;

#[derive(Default)]
struct Planner {
    /// The ports at which an address answered in this run.
    open: Open,
    /// What the rows themselves ask, so that nothing is asked twice.
    asked: BTreeSet<(IpAddr, u16)>,
    /// The names that TLS rows send, by vendor.
    names: BTreeMap<&'static str, BTreeSet<String>>,
    walks: Walks,
    planned: Vec<(usize, FollowUp)>,
    about: BTreeMap<(IpAddr, u16), usize>,
    /// Causes and addresses whose path is planned already.
    walked: BTreeSet<Code>,
    walked_addresses: BTreeSet<IpAddr>,
}

impl Planner {
    fn consider(&mut self, known: &Known<'_>, ladder: &LadderSeen) {
        let Some(code) = cause(ladder, known.silent_since) else {
            return;
        };
        if self.walks == Walks::EveryAddress && code.stage() == Stage::Tcp {
            self.path_to_address(known.row, ladder);
            self.other_port(known.row, ladder);
        }
        match Questions::of(code) {
            Questions::PortAndPath => {
                self.other_port(known.row, ladder);
                self.other_address(known, ladder);
                self.path(known.row, ladder, code);
            }
            Questions::Address => self.other_address(known, ladder),
            Questions::Path => self.path(known.row, ladder, code),
            Questions::Name => self.other_name(known.row, ladder),
            Questions::None => {}
        }
    }

    fn add(&mut self, row: usize, ladder: &LadderSeen, follow_up: FollowUp) {
        if self.planned.iter().any(|(_, known)| *known == follow_up) {
            return;
        }
        self.add_about((ladder.ladder.address, ladder.ladder.port), row, follow_up);
    }

    fn add_about(&mut self, key: (IpAddr, u16), row: usize, follow_up: FollowUp) {
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
        if known.is_some_and(|ports| ports.keys().any(|port| *port != asked)) {
            return;
        }
        let other = CONTROL_PORTS
            .into_iter()
            .find(|port| !self.asked.contains(&(address, *port)));
        if let Some(port) = other {
            self.add(row, ladder, FollowUp::OtherPort { address, port });
        }
    }

    /// Another address that the same name has in the same family, unless the run dials it itself.
    fn other_address(&mut self, known: &Known<'_>, ladder: &LadderSeen) {
        let (address, port) = (ladder.ladder.address, ladder.ladder.port);
        let names = known.seen.names.iter();
        let name = names.filter(|name| name.host == ladder.host && name.decider.is_look_up());
        let other = name.flat_map(|name| &name.addresses).find(|other| {
            let same = other.is_ipv4() == address.is_ipv4();
            let public = space::kind(**other) != space::Kind::Undialable;
            same && public && !self.asked.contains(&(**other, port))
        });
        if let Some(other) = other {
            let address = *other;
            self.add(known.row, ladder, FollowUp::OtherAddress { address, port });
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
                detour: ladder.ladder.detour,
                hello: Hello {
                    name: name.clone(),
                    alpn: hello.alpn.clone(),
                    strict: false,
                },
            };
            self.add(row, ladder, follow_up);
        }
    }

    fn path(&mut self, row: usize, ladder: &LadderSeen, code: Code) {
        if self.walks == Walks::OneACause && self.walked.insert(code) {
            self.add(row, ladder, walk(ladder, Why::Cause(code)));
        }
    }

    fn path_to_address(&mut self, row: usize, ladder: &LadderSeen) {
        let full = self.walked_addresses.len() >= WALKED_ADDRESSES;
        if !full && self.walked_addresses.insert(ladder.ladder.address) {
            self.add(row, ladder, walk(ladder, Why::Address));
        }
    }

    /// The path to a port that answers, beside one that does not: where they part is the box to ask about.
    fn beside(&mut self, row: usize, followed: &Followed) {
        let Some((route, _)) = followed.path().filter(|(route, _)| !route.open) else {
            return;
        };
        let open = self.open.get(&route.address);
        let open = open.and_then(|ports| ports.iter().find(|(port, _)| **port != route.port));
        if let Some((port, detour)) = open {
            let route = Route {
                port: *port,
                detour: *detour,
                open: true,
                ..route
            };
            let why = Why::Beside;
            self.add_about(
                (route.address, route.port),
                row,
                FollowUp::Path { route, why },
            );
        }
    }
}

fn walk(ladder: &LadderSeen, why: Why) -> FollowUp {
    let route = Route {
        address: ladder.ladder.address,
        port: ladder.ladder.port,
        detour: ladder.ladder.detour,
        open: false,
    };
    FollowUp::Path { route, why }
}

/// Whether what a ladder has come to may raise a further question.
pub fn raises(ladder: &LadderSeen) -> bool {
    cause(ladder, None)
        .is_some_and(|code| code.stage() == Stage::Tcp || Questions::of(code) != Questions::None)
}

/// Why a ladder stopped; a connect without an answer for long enough counts as silent.
fn cause(ladder: &LadderSeen, silent_since: Option<Instant>) -> Option<Code> {
    // What another port or name shows of a proxy says nothing of the peer behind it.
    if !ladder.ladder.via.is_direct() {
        return None;
    }
    let observation = &ladder.observation;
    if let Some(failure) = observation.failure() {
        return Some(failure.code);
    }
    is_silent(ladder, silent_since).then_some(Code::TcpSilent)
}

/// Whether a ladder's connect has waited since then without an answer.
pub fn is_silent(ladder: &LadderSeen, silent_since: Option<Instant>) -> bool {
    let observation = &ladder.observation;
    let connects = observation.is_pending() && observation.seen.tcp.is_none();
    let waiting = connects && ladder.ladder.via.is_direct();
    let begun = observation.seen.begun.zip(silent_since);
    waiting && begun.is_some_and(|(begun, since)| begun <= since)
}

fn open_ports(rows: &[Known<'_>]) -> Open {
    let mut open = Open::new();
    for ladder in rows.iter().flat_map(|known| &known.seen.ladders) {
        let refused = cause(ladder, None) == Some(Code::TcpRefusedRst);
        let tcp = ladder.observation.seen.tcp.as_deref();
        if refused || tcp.is_some_and(crate::net::TcpSeen::is_connected) {
            let ports = open.entry(ladder.ladder.address).or_default();
            ports.insert(ladder.ladder.port, ladder.ladder.detour);
        }
    }
    let followed = rows.iter().flat_map(|known| &known.seen.follow_ups);
    for (address, port) in followed.filter_map(Followed::answered) {
        let ports = open.entry(address).or_default();
        ports.entry(port).or_insert(None);
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
mod tests;
