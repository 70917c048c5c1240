//! What the rules look at: the rows of a run with their addresses, ports and failures.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::{is_trouble, is_untested};
use crate::code::Code;
use crate::finding::Verdict;
use crate::net::space;
use crate::report::{Check, Prerequisite, Vantage};

pub(super) struct Facts<'a> {
    /// Rows in trouble that nothing has explained yet.
    pub(super) rows: Vec<Row<'a>>,
    /// Every row that ran, explained or not: what works is evidence too.
    pub(super) all: Vec<Row<'a>>,
    pub(super) vantage: &'a Vantage,
}

#[derive(Clone)]
pub(super) struct Row<'a> {
    /// `prerequisite/check`.
    pub(super) id: String,
    /// Its place in the report.
    place: usize,
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
        Self { rows, all, vantage }
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
        let tested = |row: &usize| !self.rows[*row].check.code.is_some_and(is_untested);
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

    /// The ports at which some address accepted a connection in this run.
    pub(super) fn ports_that_work(&self) -> BTreeSet<u16> {
        let connected = self.all.iter().filter(|row| row.is_connected());
        connected.filter_map(|row| row.check.target.port).collect()
    }

    /// Addresses that accepted a connection, at any port.
    pub(super) fn addresses_that_work(&self) -> BTreeSet<IpAddr> {
        let connected = self.all.iter().filter(|row| row.is_connected());
        connected.filter_map(Row::peer).collect()
    }
}

impl Row<'_> {
    pub(super) fn peer(&self) -> Option<IpAddr> {
        self.check.stages.tcp.as_ref().map(|tcp| tcp.peer.ip())
    }

    pub(super) fn is_connected(&self) -> bool {
        self.check
            .stages
            .tcp
            .as_ref()
            .is_some_and(crate::net::TcpSeen::is_connected)
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

    /// Rows of one owner count as one signal.
    pub(super) fn owner(&self) -> String {
        space::owner(self.host())
    }

    /// Who refused a connect by ICMP: a box that is neither the target nor this machine.
    pub(super) fn refused_by(&self) -> Option<IpAddr> {
        let tcp = self.check.stages.tcp.as_ref()?;
        let sender = tcp.icmp?.from;
        let own = tcp.local.map(|local| local.ip());
        (sender != tcp.peer.ip() && Some(sender) != own).then_some(sender)
    }

    pub(super) fn is_silent(&self) -> bool {
        self.check.code == Some(Code::TcpSilent)
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

/// A list for a sentence, cut after a few.
pub(super) fn list<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let all: BTreeSet<String> = items.into_iter().map(|item| item.to_string()).collect();
    let shown: Vec<String> = all.iter().take(6).cloned().collect();
    match all.len().saturating_sub(shown.len()) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
