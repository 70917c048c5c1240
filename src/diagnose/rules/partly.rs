//! Causes by which some addresses of a name or of a block work and others do not.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use super::super::argument::Argument;
use super::super::facts::{Facts, Row, list, meanings};
use super::super::reach::neighbourhood;
use super::super::request::Wish;
use super::super::{Cause, has_code};
use crate::code::{Code, Owner};
use crate::finding::Verdict;
use crate::net::{counted, space};

fn is_partial(row: &Row<'_>) -> bool {
    has_code(row, Code::RangePartial) || has_code(row, Code::RangeClosed)
}

/// The names of one owner and what is known of their addresses on the ports at which some are silent.
#[derive(Default)]
struct Names {
    /// Names of which one address answers and another of the same family is silent.
    split: BTreeSet<String>,
    /// Names of which every address that was tried is silent.
    dark: BTreeSet<String>,
    /// The silent addresses of the split names.
    in_split: BTreeSet<IpAddr>,
    silent: BTreeSet<SocketAddr>,
    open: BTreeSet<SocketAddr>,
}

impl Names {
    /// The silent addresses that have one that answers beside them, in the same /24 or /64.
    fn neighbours(&self) -> usize {
        let beside = |one: &&SocketAddr| {
            let mut open = self.open.iter();
            open.any(|other| {
                one.port() == other.port() && neighbourhood(one.ip()) == neighbourhood(other.ip())
            })
        };
        self.silent.iter().filter(beside).count()
    }
}

fn names(facts: &Facts<'_>, owner: &str) -> Names {
    let mut names = Names::default();
    for row in facts.all.iter().filter(|row| row.owner() == owner) {
        let port = row.check.target.port.unwrap_or_default();
        let looked_up = row.check.stages.dns.iter().flat_map(|dns| &dns.addresses);
        let own = row.check.addresses.iter().map(|one| one.address);
        let all: BTreeSet<SocketAddr> = looked_up
            .map(|one| one.address)
            .chain(own)
            .map(|address| SocketAddr::new(address, port))
            .collect();
        let of = |wanted: fn(&Facts<'_>, SocketAddr) -> bool| -> BTreeSet<SocketAddr> {
            all.iter()
                .copied()
                .filter(|at| wanted(facts, *at))
                .collect()
        };
        let silent = of(|facts, at| facts.reach.is_silent(at));
        let open = of(|facts, at| facts.reach.answers(at));
        let alike = |one: &SocketAddr| open.iter().any(|other| one.is_ipv4() == other.is_ipv4());
        let is_range = row.check.probe == "range";
        if silent.iter().any(alike) && !is_range {
            names.split.insert(row.host().to_owned());
            names.in_split.extend(silent.iter().map(SocketAddr::ip));
        } else if !silent.is_empty() && open.is_empty() && !is_range {
            names.dark.insert(row.host().to_owned());
        }
        names.silent.extend(silent);
        names.open.extend(open);
    }
    names
}

/// Rows that are silent at addresses of one owner of which others answer on the same port, by owner.
fn by_owner(facts: &Facts<'_>) -> BTreeMap<String, (Vec<usize>, Names)> {
    let lost = |row: &Row<'_>| !row.silent().is_empty() && (row.is_silent() || is_partial(row));
    let groups = facts.group(|row| lost(row).then(|| row.owner()));
    let groups = groups.into_iter().map(|(owner, rows)| {
        let names = names(facts, &owner);
        (owner, (rows, names))
    });
    groups.collect()
}

/// Addresses of one name flip between open and silent, and no name is lost altogether: a firewall that knows the name by
/// addresses that it looked up itself, at another time or from another server.
pub(in super::super) fn name_object(facts: &Facts<'_>) -> Vec<Cause> {
    let groups = by_owner(facts).into_values();
    let found: Vec<Cause> = groups
        .filter_map(|(rows, names)| one_name_object(facts, &rows, &names))
        .collect();
    // With other silence beside it, no single name is to be blamed.
    let claimed: BTreeSet<usize> = found.iter().flat_map(|cause| cause.rows.clone()).collect();
    let all = facts.find(Row::is_silent);
    if all.iter().all(|row| claimed.contains(row)) {
        found
    } else {
        Vec::new()
    }
}

fn one_name_object(facts: &Facts<'_>, rows: &[usize], names: &Names) -> Option<Cause> {
    let of_name = |index: &&usize| {
        let row = &facts.rows[**index];
        let silent = row.silent();
        let same = silent.iter().all(|at| names.in_split.contains(&at.ip()));
        names.split.contains(row.host()) || is_partial(row) || same
    };
    let rows: Vec<usize> = rows.iter().filter(of_name).copied().collect();
    let is_split = |index: &usize| names.split.contains(facts.rows[*index].host());
    if !names.dark.is_empty() || !rows.iter().any(is_split) {
        return None;
    }
    let of_split = facts.each(&rows);
    let of_split = of_split.filter(|row| names.split.contains(row.host()));
    let subject = list(of_split.map(Row::pattern));
    let beside = names.neighbours();
    let mut argument = Argument::default();
    argument.notes(facts.said(&rows));
    argument.signal(format!(
        "{} on the same port: {} silent, {} open",
        if names.split.len() == 1 {
            "one name"
        } else {
            "the same names"
        },
        list(names.silent.iter().map(SocketAddr::ip)),
        list(names.open.iter().map(SocketAddr::ip))
    ));
    if names.split.len() > 1 {
        let count = names.split.len();
        argument.note(format!(
            "{count} names are split like this, and none is lost altogether"
        ));
    }
    argument.signal_if(beside > 0, || {
        format!(
            "{} beside an open one, so no rule by block parts them",
            counted(beside, "silent address")
        )
    });
    Some(Cause {
        code: "name_object_stale",
        title: format!("Only some addresses of {subject} are let through"),
        summary: format!(
            "Of the addresses of {subject}, some answer and others are silent on the same port. A firewall \
             that knows a name by addresses that it looked up itself does that, since its answers are not \
             those of the clients; a member that is down behind the name can look the same."
        ),
        confidence: argument.confidence(),
        owner: Owner::Network,
        evidence: argument.lines(),
        rows,
        remedy: "Write the rule by the blocks that the vendor publishes, not by names.".to_owned(),
        request: Some(Wish::Allow),
    })
}

/// Only a part of a vendor's block is open; the silent rows of the same owner are in the other part.
pub(in super::super) fn narrow(facts: &Facts<'_>) -> Vec<Cause> {
    let groups = by_owner(facts).into_values();
    groups
        .filter_map(|(rows, names)| one_narrow(facts, &rows, &names))
        .collect()
}

fn one_narrow(facts: &Facts<'_>, rows: &[usize], names: &Names) -> Option<Cause> {
    let partial: Vec<usize> = rows
        .iter()
        .copied()
        .filter(|index| is_partial(&facts.rows[*index]))
        .collect();
    if partial.is_empty() {
        return None;
    }
    let lost: BTreeSet<_> = facts.each(&partial).flat_map(Row::silent).collect();
    let lost: BTreeSet<_> = lost.iter().map(SocketAddr::ip).collect();
    let same = |index: &&usize| {
        let row = &facts.rows[**index];
        row.silent().iter().any(|at| lost.contains(&at.ip()))
    };
    let rows: Vec<usize> = rows.iter().filter(same).copied().collect();
    let mut argument = Argument::default();
    argument.notes(facts.said(&partial));
    argument.signal(format!(
        "of one block, {} silent and {} open on the same ports",
        list(&lost),
        counted(
            names
                .open
                .iter()
                .map(SocketAddr::ip)
                .collect::<BTreeSet<_>>()
                .len(),
            "address"
        )
    ));
    argument.signal_if(names.neighbours() == 0 && lost.len() > 1, || {
        "the silent addresses stand apart from the open ones, in other /24 or /64".to_owned()
    });
    Some(Cause {
        code: "allow_list_narrow",
        title: "The rule is narrower than the vendor's block".to_owned(),
        summary: "Some addresses of the vendor's block answer and others do not; names move between them \
                  by the minute, so the failures come and go."
            .to_owned(),
        confidence: argument.confidence(),
        owner: Owner::Network,
        evidence: argument.lines(),
        rows,
        remedy: "Allow the whole block that the vendor publishes, not a part of it.".to_owned(),
        request: Some(Wish::Allow),
    })
}

/// Codes by which a host, or a box in its place, spoke: the way to it is open.
const fn speaks(code: Code) -> bool {
    tells(code)
        || matches!(
            code,
            Code::TcpRefusedRst
                | Code::TlsSilentPeer
                | Code::TlsResetPeer
                | Code::TlsEof
                | Code::TlsNotTls
                | Code::HttpTimeoutHeaders
                | Code::HttpTimeoutBody
                | Code::HttpEof
        )
}

/// Those among them by which it said what is wrong: nothing on the way lost a word of it.
pub(super) const fn tells(code: Code) -> bool {
    matches!(
        code,
        Code::TlsAlert
            | Code::TlsCertExpired
            | Code::TlsCertNotYetValid
            | Code::TlsCertName
            | Code::TlsCertUntrusted
            | Code::TlsChainIncomplete
            | Code::HttpServerError
    )
}

/// Some of the hosts behind one name do what they should and others do not.
pub(in super::super) fn member_fails(facts: &Facts<'_>) -> Vec<Cause> {
    let groups = facts.group(|row| has_bad_member(row).then(|| row.owner()));
    groups
        .into_iter()
        .map(|(owner, rows)| one_member(facts, &owner, rows))
        .collect()
}

fn has_bad_member(row: &Row<'_>) -> bool {
    let bad = row.ended(speaks);
    // A row of several calls lists the addresses of other hosts as well; one of a block has several hosts by its nature.
    let is_hosts = |address: IpAddr| {
        let looked_up = row.check.stages.dns.as_ref();
        row.check.probe == "range"
            || looked_up.is_none_or(|dns| dns.addresses.iter().any(|one| one.address == address))
    };
    let works = |bad: &SocketAddr| {
        let own = row.check.addresses.iter();
        let mut all = own.filter(|one| is_hosts(one.address) && is_hosts(bad.ip()));
        let is = |verdict| matches!(verdict, Verdict::Pass | Verdict::Degraded);
        // What one family loses may be lost on its way; what a server says of itself is its own in either.
        let told = row.ended(tells).contains(bad);
        all.any(|one| {
            (told || one.address.is_ipv4() == bad.is_ipv4())
                && one.code.is_none_or(|code| !speaks(code))
                && is(one.verdict)
        })
    };
    let chosen = row.check.application.as_ref();
    let degraded = row.check.verdict == Verdict::Degraded
        || is_partial(row)
        || chosen.is_some_and(|race| !race.works);
    let beside = row
        .check
        .follow_ups
        .iter()
        .filter_map(|one| one.instead.as_ref())
        .any(|instead| {
            instead.answered == Some(true)
                && Some(instead.at.port()) == row.check.target.port
                && instead.name.is_none()
                && bad.iter().any(|at| at.ip() != instead.at.ip())
        });
    let split = degraded && bad.iter().any(works);
    split || (has_code(row, Code::TcpRefusedRst) && beside)
}

fn one_member(facts: &Facts<'_>, owner: &str, rows: Vec<usize>) -> Cause {
    let bad: BTreeSet<_> = facts
        .each(&rows)
        .flat_map(|row| row.ended(speaks))
        .collect();
    let codes = facts.each(&rows).flat_map(|row| row.check.addresses.iter());
    let codes: BTreeSet<Code> = codes
        .filter_map(|one| one.code)
        .filter(|c| speaks(*c))
        .collect();
    let subject = facts.subject(&rows);
    let is_vendors = space::vendor(owner).is_some() || !facts.vendors(&rows).is_empty();
    let members = list(bad.iter().map(SocketAddr::ip));
    let mut argument = Argument::default();
    argument.notes(facts.said(&rows));
    argument.signal(format!(
        "{}: {}, while another address of the same name works",
        list(bad.iter().map(SocketAddr::ip)),
        list(&codes)
    ));
    Cause {
        code: "member_failing",
        title: format!("A part of the servers behind {subject} fails"),
        summary: format!(
            "{subject} has several addresses, and not all of them do what they should: a member of the \
             balanced service is at fault, not the way to it. {}",
            meanings(&codes)
        ),
        confidence: argument.confidence(),
        owner: if is_vendors {
            Owner::Vendor
        } else {
            Owner::Server
        },
        evidence: argument.lines(),
        rows,
        remedy: if is_vendors {
            format!("Report {members} to the vendor; nothing in this network mends it.")
        } else {
            format!("Take {members} out of the service until it is mended.")
        },
        request: is_vendors.then_some(Wish::Ask("look at the members that fail")),
    }
}
