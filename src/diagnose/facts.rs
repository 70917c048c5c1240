//! What the rules look at: the rows of a run with their addresses, ports and failures.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use super::beside::{self, Beside};
use super::reach::Reach;
use super::{is_trouble, is_untested};
use crate::advice;
use crate::code::{Code, Owner};
use crate::finding::Verdict;
use crate::net::path::Path;
use crate::net::{TcpSeen, space};
use crate::report::{Check, Hop, Prerequisite, Vantage};

pub(super) struct Facts<'a> {
    /// Rows in trouble that nothing has explained yet.
    pub(super) rows: Vec<Row<'a>>,
    /// Every row that ran, explained or not: what works is evidence too.
    pub(super) all: Vec<Row<'a>>,
    /// What all of them say of addresses and ports.
    pub(super) reach: Reach,
    pub(super) vantage: &'a Vantage,
}

#[derive(Clone)]
pub(super) struct Row<'a> {
    /// `prerequisite/check`.
    pub(super) id: String,
    /// Its place in the report.
    place: usize,
    /// Which further proxy at fault is looked at; none for the row as it is.
    pub(super) beside: Option<usize>,
    pub(super) prerequisite: &'a Prerequisite,
    pub(super) check: &'a Check,
}

impl<'a> Facts<'a> {
    pub(super) fn of(prerequisites: &'a [Prerequisite], vantage: &'a Vantage) -> Self {
        let mut all = Vec::new();
        for prerequisite in prerequisites {
            let counts = |check: &&Check| check.verdict != Verdict::Skipped && !is_set_aside(check);
            let ran = prerequisite.checks.iter().filter(counts);
            all.extend(ran.map(|check| Row {
                id: format!("{}/{}", prerequisite.id, check.id),
                place: 0,
                beside: None,
                prerequisite,
                check,
            }));
        }
        for (place, row) in all.iter_mut().enumerate() {
            row.place = place;
        }
        // What a rule meets first must not depend on the order of a profile.
        all.sort_by(|one, other| one.id.cmp(&other.id));
        let open = |row: &&Row<'_>| is_trouble(row.check.verdict);
        let rows = all.iter().filter(open).cloned().collect();
        let reach = Reach::of(&all);
        Self {
            rows,
            all,
            reach,
            vantage,
        }
    }

    /// Adds what further proxies of the rows are at fault for; rows that count otherwise have none.
    pub(super) fn with(mut self, prerequisites: &'a [Prerequisite], ways: &'a [Beside]) -> Self {
        // In the order of their names so far.
        let own = self.rows.len();
        for (number, way) in ways.iter().enumerate() {
            let prerequisite = &prerequisites[way.prerequisite];
            let id = format!("{}/{}", prerequisite.id, way.check.id);
            if let Ok(at) = self.rows[..own].binary_search_by(|row| row.id.cmp(&id)) {
                let place = self.rows[at].place;
                self.rows.push(Row {
                    id,
                    place,
                    beside: Some(number),
                    prerequisite,
                    check: &way.check,
                });
            }
        }
        self
    }

    /// The rows of a cause as the profile orders them, each once.
    pub(super) fn in_order(&self, rows: &[usize]) -> Vec<&Row<'a>> {
        let mut rows: Vec<&Row<'a>> = rows.iter().map(|index| &self.rows[*index]).collect();
        rows.sort_by_key(|row| row.place);
        rows.dedup_by_key(|row| row.place);
        rows
    }

    /// The rows that are still open and were tested, in the profile's order.
    pub(super) fn unexplained(&self) -> Vec<String> {
        let tested = |row: &usize| {
            let row = &self.rows[*row];
            row.beside.is_none() && !row.check.code.is_some_and(is_untested)
        };
        let open: Vec<usize> = (0..self.rows.len()).filter(tested).collect();
        let rows = self.in_order(&open).into_iter();
        rows.map(|row| row.id.clone()).collect()
    }

    /// The open rows that satisfy a rule, by their index.
    pub(super) fn find(&self, wanted: impl Fn(&Row<'a>) -> bool) -> Vec<usize> {
        (0..self.rows.len())
            .filter(|index| wanted(&self.rows[*index]))
            .collect()
    }

    /// The open rows that ask these owners for the time in vain: what drops or refuses connects to somebody's addresses
    /// does so with datagrams as well.
    pub(super) fn timeless(&self, owners: &BTreeSet<String>) -> Vec<usize> {
        let lost =
            |row: &Row<'a>| matches!(row.check.code, Some(Code::NtpSilent | Code::NtpRejected));
        self.find(|row| lost(row) && owners.contains(&row.owner()))
    }

    /// The open rows of each key that a rule groups by.
    pub(super) fn group<K: Ord>(
        &self,
        key: impl Fn(&Row<'a>) -> Option<K>,
    ) -> BTreeMap<K, Vec<usize>> {
        let mut groups: BTreeMap<K, Vec<usize>> = BTreeMap::new();
        for (index, row) in self.rows.iter().enumerate() {
            if let Some(key) = key(row) {
                groups.entry(key).or_default().push(index);
            }
        }
        groups
    }

    /// Who the rows are about: an owner, if all of its hosts that were asked are among them, else the hosts.
    pub(super) fn subject(&self, rows: &[usize]) -> String {
        let touched: BTreeSet<&str> = self.each(rows).map(|row| row.id.as_str()).collect();
        let owners = owners(self.each(rows));
        let hosts: BTreeSet<String> = self.each(rows).map(Row::pattern).collect();
        let spared = |row: &Row<'_>| {
            let dialled = row.check.stages.tcp.is_some();
            dialled && owners.contains(&row.owner()) && !touched.contains(row.id.as_str())
        };
        if hosts.len() > 1 && !self.all.iter().any(spared) {
            return list(owners);
        }
        let all: Vec<String> = hosts.into_iter().collect();
        match all.as_slice() {
            [one, two, three, _, more @ ..] => {
                format!("{one}, {two}, {three} and {} more", more.len() + 1)
            }
            few => few.join(", "),
        }
    }

    pub(super) fn each<'b>(&'b self, rows: &'b [usize]) -> impl Iterator<Item = &'b Row<'a>> {
        rows.iter().map(|index| &self.rows[*index])
    }

    /// What some of the rows said, in their own words; what happened alike at one place is said once.
    pub(super) fn said(&self, rows: &[usize]) -> Vec<String> {
        let mut places = BTreeSet::new();
        let mut said: Vec<String> = self
            .each(rows)
            .filter(|row| {
                let check = row.check;
                places.insert((row.host(), check.target.port, row.peer(), check.code))
            })
            .map(Row::said)
            .collect();
        said.sort_unstable();
        said.dedup();
        said.truncate(4);
        said
    }

    pub(super) fn ports(&self, rows: &[usize]) -> BTreeSet<u16> {
        let ports = self.each(rows).filter_map(|row| row.check.target.port);
        ports.collect()
    }

    /// The vendors of the rows; the organisation's own hosts are nobody's here.
    pub(super) fn vendors(&self, rows: &[usize]) -> BTreeSet<&'static str> {
        let vendors = self.each(rows).filter_map(|row| space::vendor(row.host()));
        vendors.collect()
    }
}

impl Row<'_> {
    /// What a cause claims of it.
    pub(super) fn key(&self) -> (String, Option<usize>) {
        (self.id.clone(), self.beside)
    }

    /// The connection to the peer itself; through a proxy there is none from here.
    fn tcp(&self) -> Option<&TcpSeen> {
        let direct = !matches!(self.check.path, Some(Path::Proxy { .. }));
        self.check.stages.tcp.as_deref().filter(|_| direct)
    }

    /// The proxy that the row fell short at: of several ways the row's own may be another one, which has worked.
    pub(super) fn at_fault(&self) -> Option<String> {
        beside::at_fault(self.check)
    }

    /// The proxy on the row's own way.
    pub(super) fn proxy(&self) -> Option<String> {
        beside::on_the_way(self.check)
    }

    pub(super) fn peer(&self) -> Option<IpAddr> {
        self.tcp().map(|tcp| tcp.peer.ip())
    }

    pub(super) fn is_connected(&self) -> bool {
        self.tcp().is_some_and(TcpSeen::is_connected)
    }

    /// What the row speaks on its way to the port.
    pub(super) fn protocol(&self) -> &'static str {
        if self.check.probe == "ntp" {
            "UDP"
        } else {
            "TCP"
        }
    }

    pub(super) fn host(&self) -> &str {
        self.check.target.host.as_deref().unwrap_or_default()
    }

    /// What the row says, with the host and the address that it is about, if it does not name them.
    pub(super) fn said(&self) -> String {
        let (host, message) = (self.host(), &self.check.message);
        let peer = self.peer().map(|peer| peer.to_string());
        let dialled = self.check.addresses.iter().map(|one| one.address);
        let mut names = dialled.map(|one| one.to_string()).chain(peer.clone());
        if message.contains(host) || names.any(|name| message.contains(&name)) {
            return message.clone();
        }
        match peer.filter(|peer| peer != host) {
            Some(peer) => format!("{host} ({peer}): {message}"),
            None => format!("{host}: {message}"),
        }
    }

    /// Rows of one owner count as one signal.
    pub(super) fn owner(&self) -> String {
        space::owner(self.host())
    }

    /// Who refused a connect by ICMP: a box that is neither the target nor this machine.
    pub(super) fn refused_by(&self) -> Option<IpAddr> {
        let tcp = self.tcp()?;
        let sender = tcp.icmp?.from;
        let own = tcp.local.map(|local| local.ip());
        (sender != tcp.peer.ip() && Some(sender) != own).then_some(sender)
    }

    pub(super) fn is_silent(&self) -> bool {
        self.check.code == Some(Code::TcpSilent)
    }

    /// The addresses that did not answer, with the row's port.
    pub(super) fn silent(&self) -> Vec<SocketAddr> {
        self.ended(|code| code == Code::TcpSilent)
    }

    /// The addresses whose ladder ended so.
    pub(super) fn ended(&self, wanted: impl Fn(Code) -> bool) -> Vec<SocketAddr> {
        let port = self.check.target.port.unwrap_or_default();
        let all = self.check.addresses.iter();
        all.filter(|one| one.code.is_some_and(&wanted))
            .map(|one| SocketAddr::new(one.address, port))
            .collect()
    }

    /// The host; where hosts are numbered, all of them together.
    pub(super) fn pattern(&self) -> String {
        let host = self.host();
        let rest = host.trim_start_matches(|c: char| c.is_ascii_digit());
        let rest = match host.split_once('}') {
            Some((braced, rest)) if braced.starts_with('{') => rest,
            _ => rest,
        };
        if rest.starts_with('-') && rest.len() < host.len() {
            format!("N{rest}")
        } else {
            host.to_owned()
        }
    }

    /// The last hop of a walked path that did not reach its end.
    pub(super) fn last_hop(&self) -> Option<Hop> {
        let walks = self.check.follow_ups.iter().filter_map(|f| f.path.as_ref());
        let port = self.check.target.port;
        let mut own = walks.filter(|walk| Some(walk.to.port()) == port && walk.reached.is_none());
        own.find_map(|walk| walk.hops.last().copied())
    }
}

/// A port that no product needs, or a service that is no more: whatever it does is no evidence.
fn is_set_aside(check: &Check) -> bool {
    let aside = |code| matches!(code, Code::LocalMisprint | Code::LocalRetired);
    check.findings.iter().any(|finding| aside(finding.code))
}

/// Owners, each once.
pub(super) fn owners<'a>(rows: impl IntoIterator<Item = &'a Row<'a>>) -> BTreeSet<String> {
    rows.into_iter().map(Row::owner).collect()
}

/// Every item once, in order: what is to be pasted must be whole.
pub(super) fn every<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let all: BTreeSet<String> = items.into_iter().map(|item| item.to_string()).collect();
    all.into_iter().collect::<Vec<_>>().join(", ")
}

/// Ports in their order as numbers, all of them.
pub(super) fn numbers<'a>(ports: impl IntoIterator<Item = &'a u16>) -> String {
    let ports: BTreeSet<u16> = ports.into_iter().copied().collect();
    let ports: Vec<String> = ports.iter().map(ToString::to_string).collect();
    ports.join(", ")
}

/// What codes mean, a sentence each.
pub(super) fn meanings(codes: &BTreeSet<Code>) -> String {
    let all: Vec<&str> = codes.iter().map(|code| advice::of(*code).meaning).collect();
    all.join(" ")
}

/// Who runs a host: its vendor, or whoever runs the organisation's own servers.
pub(super) fn keeper(host: &str) -> Owner {
    match space::vendor(host) {
        Some(_) => Owner::Vendor,
        None => Owner::Server,
    }
}

/// `port 443`, `ports 80 and 443`.
pub(super) fn named<'a>(ports: impl IntoIterator<Item = &'a u16>) -> String {
    let ports: BTreeSet<u16> = ports.into_iter().copied().collect();
    let named: Vec<String> = ports.iter().map(ToString::to_string).collect();
    let named: Vec<&str> = named.iter().map(String::as_str).collect();
    let word = if named.len() == 1 { "port" } else { "ports" };
    format!("{word} {}", sentence(&named))
}

/// As the first words of a sentence.
pub(super) fn capital(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// A list for a sentence, cut after a few.
pub(super) fn list<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let all: BTreeSet<String> = items.into_iter().map(|item| item.to_string()).collect();
    let shown: Vec<&str> = all.iter().take(6).map(String::as_str).collect();
    match all.len().saturating_sub(shown.len()) {
        0 => sentence(&shown),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// `one`, `one and two`, `one, two and three`.
pub(super) fn sentence(items: &[&str]) -> String {
    match items {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        all => all.concat(),
    }
}
