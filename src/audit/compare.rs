//! A customer's list held against what a profile needs: what is missing, too narrow, retired or mistyped.

mod itself;

use std::collections::BTreeSet;

use ipnet::IpNet;

use self::itself::{of_itself, part_of_block, wrong_port};
use super::list::{Entry, List};
use super::{Destination, Remark, Rule, Rules, Transport, distance, vendor};
use crate::profile::Severity;

type Way = (Destination, u16, Transport);

/// Destinations and ports of which one is to be open.
struct Need {
    ways: BTreeSet<Way>,
    label: String,
    from: Vec<&'static str>,
}

/// Everything there is to say of a list, in the order of its lines; what is missing comes last.
pub fn compare(list: &List, rules: &Rules) -> Vec<Remark> {
    let needs = needs(rules, list);
    let said = |entry: &Entry, (kind, says): (&'static str, String)| Remark {
        file: list.file.clone(),
        line: Some(entry.line),
        kind,
        says,
    };
    let mut found: BTreeSet<Remark> = list.unread.iter().cloned().collect();
    for entry in &list.entries {
        found.extend(
            of_itself(entry, rules)
                .into_iter()
                .map(|what| said(entry, what)),
        );
    }
    // What belongs to another cloud is not mistyped, however near it is to what is needed.
    let foreign: BTreeSet<Option<usize>> = found
        .iter()
        .filter(|remark| remark.kind == "wrong-cloud")
        .map(|remark| remark.line)
        .collect();
    let mut missing = Vec::new();
    for need in needs.iter().filter(|need| !need.is_met(list)) {
        let why: Vec<Remark> = list
            .entries
            .iter()
            .filter_map(|entry| Some(said(entry, falls_short(entry, need, &needs)?)))
            .collect();
        if why.is_empty() {
            missing.push(Remark {
                file: list.file.clone(),
                line: None,
                kind: "missing",
                says: format!("{}, from {}", need.label, need.from.join(" and ")),
            });
        }
        found.extend(
            why.into_iter()
                .filter(|remark| remark.kind != "mistyped" || !foreign.contains(&remark.line)),
        );
    }
    let mut all: Vec<Remark> = found.into_iter().collect();
    all.append(&mut missing);
    all
}

fn needs(rules: &Rules, list: &List) -> Vec<Need> {
    let v6 = list
        .entries
        .iter()
        .any(|entry| is_apples_v6(&entry.destination));
    let asked = |rule: &&Rule| {
        let counts = rule.severity == Severity::Required || (v6 && is_apples_v6(&rule.to));
        counts && rule.action == super::Action::Allow
    };
    let mut needs: Vec<Need> = Vec::new();
    for rule in rules.rules.iter().filter(asked) {
        let members: Vec<&Rule> = match &rule.equal {
            Some(_) => rules
                .rules
                .iter()
                .filter(|other| other.equal == rule.equal && other.from == rule.from)
                .collect(),
            None => vec![rule],
        };
        let ways: BTreeSet<Way> = members
            .iter()
            .flat_map(|rule| {
                let places = std::iter::once(&rule.to).chain(&rule.or);
                places.map(|to| (to.clone(), rule.port, rule.protocol))
            })
            .collect();
        if let Some(known) = needs.iter_mut().find(|need| need.ways == ways) {
            if !known.from.contains(&rule.from.name()) {
                known.from.push(rule.from.name());
            }
            continue;
        }
        needs.push(Need {
            label: label(rule, &members),
            ways,
            from: vec![rule.from.name()],
        });
    }
    needs
}

/// Whether it is, or was meant to be, one of the IPv6 blocks that Apple publishes: who lists one has IPv6.
fn is_apples_v6(destination: &Destination) -> bool {
    let Destination::Block(net @ IpNet::V6(_)) = destination else {
        return false;
    };
    let typed = net.to_string();
    vendor::APPLE_V6.iter().any(|block| {
        let inside = block.parse().is_ok_and(|block: IpNet| block.contains(net));
        inside || distance(&typed, block) == 1
    })
}

/// `*.push.apple.com (or 17.0.0.0/8) tcp 5223`.
fn label(rule: &Rule, members: &[&Rule]) -> String {
    let or: Vec<String> = rule.or.iter().map(ToString::to_string).collect();
    let or = match or.as_slice() {
        [] => String::new(),
        some => format!(" (or {})", some.join(" or ")),
    };
    let ports: Vec<String> = members
        .iter()
        .map(|member| member.port.to_string())
        .collect();
    let protocol = rule.protocol.name();
    format!("{}{or} {protocol} {}", rule.to, ports.join(" or "))
}

impl Need {
    fn is_met(&self, list: &List) -> bool {
        self.ways.iter().any(|(to, port, transport)| {
            list.entries
                .iter()
                .any(|entry| entry.allows(*port, *transport) && entry.destination.covers(to))
        })
    }
}

/// Why a line that seems to be meant for a need does not meet it.
fn falls_short(entry: &Entry, need: &Need, needs: &[Need]) -> Option<(&'static str, String)> {
    need.ways
        .iter()
        .find_map(|way| narrower(entry, way))
        .or_else(|| need.ways.iter().find_map(|way| slip(entry, way, needs)))
}

fn narrower(entry: &Entry, (to, port, transport): &Way) -> Option<(&'static str, String)> {
    let inside = entry.destination != *to && to.covers(&entry.destination);
    if !inside || !entry.allows(*port, *transport) {
        return None;
    }
    let own = &entry.destination;
    if let Some(said) = part_of_block(own) {
        return Some(said);
    }
    if let (Destination::Block(own), Destination::Block(whole)) = (own, to)
        && own.network() == whole.network()
    {
        let (last, prefix) = (own.broadcast(), own.prefix_len());
        let known = match (*whole == vendor::apple_block(), prefix) {
            (true, 18) => "; /18 is a known copying error",
            _ => "",
        };
        let says = format!("{own} ends at {last}, the block is {whole}{known}");
        return Some(("mistyped", says));
    }
    // A name that is needed in its own right is not there for the wildcard.
    if matches!(own, Destination::Name(name) if name == "api.push.apple.com") {
        return None;
    }
    let says = format!("{own} is only a part of {to}, which is needed on port {port}");
    Some(("too-narrow", says))
}

/// A slip of the fingers: a digit, a letter or the protocol.
fn slip(
    entry: &Entry,
    (to, port, transport): &Way,
    needs: &[Need],
) -> Option<(&'static str, String)> {
    let (port, transport) = (*port, *transport);
    let own = &entry.destination;
    let wanted = |port: u16| {
        let mut ways = needs.iter().flat_map(|need| &need.ways);
        ways.any(|(to, known, _)| *known == port && (own.covers(to) || to.covers(own)))
    };
    if own.covers(to) && *own != Destination::Any {
        if entry.has(port) && !entry.transports.contains(&transport) {
            let protocol = transport.name();
            return Some((
                "mistyped",
                format!("{own} {port}: the protocol is {protocol}"),
            ));
        }
        let typed = entry.single().find(|single| {
            let (single, port) = (single.to_string(), port.to_string());
            single.len() == port.len() && distance(&single, &port) == 1
        })?;
        let known = vendor::is_gone_port(typed) || wrong_port(own, typed).is_some();
        let other = known || wanted(typed);
        let says = format!("{own} {typed}: {port} is needed, and {typed} looks like a slip");
        return (!other).then_some(("mistyped", says));
    }
    let named = |name: &Destination| {
        let mut ways = needs.iter().flat_map(|need| &need.ways);
        ways.any(|(to, ..)| to == name)
    };
    let (one, other) = (own.to_string(), to.to_string());
    let is_block = |one: &Destination| matches!(one, Destination::Block(_));
    // Two short IPv4 blocks are near each other by chance; two of IPv6 are not.
    let slips = match (is_block(own), is_block(to)) {
        (false, false) if one.len() > 8 => 2,
        (true, true) if is_apples_v6(to) => 1,
        _ => 0,
    };
    let stem = |name: &str| name.rsplit_once('.').map(|(stem, _)| stem.to_owned());
    let ending = slips > 1 && stem(&one).is_some() && stem(&one) == stem(&other);
    let near = ending || (1..=slips).contains(&distance(&one, &other));
    (near && entry.allows(port, transport) && !named(own))
        .then(|| ("mistyped", format!("{own}: {to} is needed on port {port}")))
}
