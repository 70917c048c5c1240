//! Causes that a router names itself: it finds nobody at an address, or knows no way to it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::super::facts::{Facts, Row, list, owners};
use super::super::reach::{is_outside, neighbourhood};
use super::super::{Cause, has_code};
use super::tcp::joined;
use crate::code::{Code, Owner};
use crate::finding::Confidence;
use crate::net::counted;

/// A router that looks for a host on its own link gives up after three seconds; one that says no sooner never looked.
const SEARCH_MS: f64 = 2000.0;
/// What is said by then was known before.
const AT_ONCE_MS: f64 = 1000.0;

fn unreachable_peer(row: &Row<'_>) -> Option<IpAddr> {
    let unreachable =
        has_code(row, Code::TcpHostUnreachable) || has_code(row, Code::TcpNetUnreachable);
    row.peer().filter(|_| unreachable)
}

/// The rows of each address that a router reports, with those that heard nothing of it: routers ration such messages.
fn unreachable(facts: &Facts<'_>) -> Vec<(IpAddr, Vec<usize>)> {
    let groups = facts.group(unreachable_peer).into_iter();
    let with_silent = |(peer, rows): (IpAddr, Vec<usize>)| {
        let silent = facts.find(|row| row.is_silent() && row.peer() == Some(peer));
        (peer, [rows, silent].concat())
    };
    groups.map(with_silent).collect()
}

/// Whether a router took its time to say that nobody has the address.
fn was_looked_for(facts: &Facts<'_>, rows: &[usize]) -> bool {
    let mut rows = rows.iter().map(|index| &facts.rows[*index]);
    rows.any(|row| {
        let waited = told_by(row).is_some_and(|(_, ms)| ms >= SEARCH_MS);
        waited && !answers_at_once(facts, row) && !tells_of_strangers(facts, row)
    })
}

/// The router that says of a row's host that nobody has it, and after how long.
fn told_by(row: &Row<'_>) -> Option<(IpAddr, f64)> {
    let tcp = row.check.stages.tcp.as_deref();
    let tcp = tcp.filter(|_| has_code(row, Code::TcpHostUnreachable))?;
    Some((tcp.icmp?.from, tcp.ms))
}

/// Whether the same router has said so at once elsewhere: it looks for nobody then, and what comes late of it answers
/// a later packet, since it rations what it says.
fn answers_at_once(facts: &Facts<'_>, row: &Row<'_>) -> bool {
    let router = told_by(row).map(|(from, _)| from);
    let mut told = facts.all.iter().filter_map(told_by);
    told.any(|(from, ms)| Some(from) == router && ms < AT_ONCE_MS)
}

/// Whether the same router says so of hosts that cannot all be on a link of its own, however late: then it has looked
/// for none of them. This machine's own link is known to it.
fn tells_of_strangers(facts: &Facts<'_>, row: &Row<'_>) -> bool {
    let Some(router) = row.refused_by() else {
        return false;
    };
    let told = facts.all.iter();
    let told = told.filter(|other| other.refused_by() == Some(router) && told_by(other).is_some());
    are_strangers(told)
}

/// Whether the peers of these rows belong to several owners and stand in several places. What has no public address is
/// the organisation's own, whatever it is called.
fn are_strangers<'a>(rows: impl Iterator<Item = &'a Row<'a>>) -> bool {
    let mut known = BTreeSet::new();
    let mut places = BTreeSet::new();
    for (row, peer) in rows.filter_map(|row| Some((row, row.peer()?))) {
        known.insert(is_outside(peer).then(|| row.owner()));
        places.insert(neighbourhood(peer));
    }
    known.len() > 1 && places.len() > 1
}

/// The last router says that nobody has the address.
pub(in super::super) fn host_down(facts: &Facts<'_>) -> Vec<Cause> {
    let groups = unreachable(facts).into_iter();
    let cause = |(peer, rows): (IpAddr, Vec<usize>)| Cause {
        // Two signals: the router's word, and the time for which it looked.
        code: "host_down",
        title: format!("{peer} cannot be reached behind its last router"),
        summary: format!("A router on the way looked for {peer} and reports that nobody is there."),
        confidence: Confidence::High,
        owner: Owner::Server,
        evidence: facts.said(&rows),
        rows,
        remedy: format!("See whether {peer} is up and has this address."),
        request: None,
    };
    groups
        .filter(|(_, rows)| was_looked_for(facts, rows))
        .map(cause)
        .collect()
}

/// A router says that it knows no way, without having looked for the host: one cause for each router, since what one
/// says of many addresses has one reason as a rule.
pub(in super::super) fn route_missing(facts: &Facts<'_>) -> Vec<Cause> {
    let mut of_routers: BTreeMap<(Option<IpAddr>, Option<IpAddr>), Ways> = BTreeMap::new();
    for (peer, rows) in unreachable(facts) {
        if was_looked_for(facts, &rows) {
            continue;
        }
        let router = facts.each(&rows).find_map(Row::refused_by);
        // Where no router names itself, each address stands for itself.
        let key = (router, router.is_none().then_some(peer));
        let ways = of_routers.entry(key).or_default();
        ways.peers.insert(peer);
        ways.rows.extend(rows);
    }
    let causes = of_routers.into_iter();
    causes
        .map(|((router, _), ways)| no_way(facts, router, ways))
        .collect()
}

/// What one router knows no way to.
#[derive(Default)]
struct Ways {
    peers: BTreeSet<IpAddr>,
    rows: Vec<usize>,
}

fn no_way(facts: &Facts<'_>, router: Option<IpAddr>, Ways { peers, rows: own }: Ways) -> Cause {
    let strangers = are_strangers(facts.each(&own));
    let outside = peers.iter().any(|peer| is_outside(*peer));
    let silent = if outside && !facts.reach.anything() {
        // Where nobody answers anything, no silent row needs another reason.
        facts.find(Row::is_silent)
    } else if peers.len() == 1 {
        hardly_asked(facts, &own)
    } else {
        unsaid(facts, &own)
    };
    let joined = without(&own, silent);
    // One signal: the router's word, which a rule can put into its mouth. That hosts which have nothing in common but
    // this router are alike is another; rows of which it says nothing are not as sure as those of which it does.
    let confidence = match (strangers, joined.is_empty()) {
        (true, true) => Confidence::High,
        (false, false) => Confidence::Low,
        _ => Confidence::Medium,
    };
    let mut evidence = facts.said(&own);
    if strangers {
        evidence.push(format!(
            "the same router says so of hosts of {}, which have no other link in common",
            list(owners(facts.each(&own)))
        ));
    }
    if !joined.is_empty() {
        evidence.push(format!(
            "{} of the same owners or ports got no answer at all: routers ration such messages",
            counted(joined.len(), "more row")
        ));
    }
    let named = router.map_or("A router on the way".to_owned(), |router| {
        format!("The router {router}")
    });
    let alone = joined.is_empty();
    let rows = [own, joined].concat();
    let (subject, them) = match peers.iter().collect::<Vec<_>>().as_slice() {
        [peer] if alone => (peer.to_string(), "it"),
        _ => (facts.subject(&rows), "them"),
    };
    Cause {
        code: "route_missing",
        title: format!("{named} knows no way to {subject}"),
        summary: format!(
            "{named} reports, without having looked for {them}, that {subject} cannot be reached: it has no route, \
             or a rule of its own says so."
        ),
        confidence,
        owner: Owner::Network,
        evidence,
        rows,
        remedy: format!(
            "Look on the router that sent the message for its route to {subject} and for a rule that rejects; if it \
             has both in order, ask whether {subject} can be reached from elsewhere."
        ),
        request: None,
    }
}

/// The silent rows beside the one that a router spoke of: of the same owner and port, and asked only once, since who has
/// heard a refusal does not ask the same block again.
fn hardly_asked(facts: &Facts<'_>, own: &[usize]) -> Vec<usize> {
    let (known, ports) = (owners(facts.each(own)), facts.ports(own));
    facts.find(|row| {
        let alike = known.contains(&row.owner())
            && row
                .check
                .target
                .port
                .is_some_and(|port| ports.contains(&port));
        let tcp = row.check.stages.tcp.as_deref();
        row.is_silent() && alike && tcp.is_some_and(|tcp| tcp.connects.len() == 1)
    })
}

/// The silent rows that the router would speak of too if it did not ration what it says. That it does shows in rows of
/// the very owners and places that it speaks of. A port is what they have in common only if several owners' hosts are reported on
/// it, or nobody answers on it: one owner's may lack a route.
fn unsaid(facts: &Facts<'_>, own: &[usize]) -> Vec<usize> {
    let known = owners(facts.each(own));
    let peers = facts.each(own).filter_map(Row::peer);
    let places: BTreeSet<_> = peers.map(neighbourhood).collect();
    let rationed = |row: &Row<'_>| {
        let near = row
            .peer()
            .is_some_and(|peer| places.contains(&neighbourhood(peer)));
        row.is_silent() && (near || known.contains(&row.owner()))
    };
    if facts.find(rationed).is_empty() {
        return Vec::new();
    }
    let mut ports = facts.ports(own);
    ports.retain(|port| {
        let at_port = facts.each(own);
        let at_port = at_port.filter(|row| row.check.target.port == Some(*port));
        owners(at_port).len() > 1 || !facts.reach.port_answers(*port)
    });
    joined(facts, own, &ports)
}

fn without(own: &[usize], mut rows: Vec<usize>) -> Vec<usize> {
    rows.retain(|row| !own.contains(row));
    rows
}
