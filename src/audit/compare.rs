//! A customer's list held against what a profile needs: what is missing, too narrow, retired or mistyped.

use std::collections::BTreeSet;

use super::list::{Entry, List};
use super::{Destination, Remark, Rule, Rules, distance, vendor};
use crate::profile::Severity;

/// Destinations and ports of which one is to be open.
struct Need {
    ways: BTreeSet<(Destination, u16)>,
    label: String,
    from: Vec<&'static str>,
}

/// Everything there is to say of a list, in the order of its lines; what is missing comes last.
pub fn compare(list: &List, rules: &Rules) -> Vec<Remark> {
    let needs = needs(rules);
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
        found.extend(why);
    }
    let mut all: Vec<Remark> = found.into_iter().collect();
    all.append(&mut missing);
    all
}

fn needs(rules: &Rules) -> Vec<Need> {
    let asked =
        |rule: &&Rule| rule.severity == Severity::Required && rule.action == super::Action::Allow;
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
        let ways: BTreeSet<(Destination, u16)> = members
            .iter()
            .flat_map(|rule| {
                let places = std::iter::once(&rule.to).chain(&rule.or);
                places.map(|to| (to.clone(), rule.port))
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
    format!("{}{or} tcp {}", rule.to, ports.join(" or "))
}

impl Need {
    fn is_met(&self, list: &List) -> bool {
        self.ways.iter().any(|(to, port)| {
            list.entries
                .iter()
                .any(|entry| entry.allows(*port) && entry.destination.covers(to))
        })
    }
}

/// What is wrong with a line whatever is needed.
fn of_itself(entry: &Entry, rules: &Rules) -> Vec<(&'static str, String)> {
    let mut found: Vec<(&'static str, String)> = Vec::new();
    let destination = &entry.destination;
    let listed = |kind: &'static str| {
        let mut left = rules.left_out.iter().filter(move |left| left.kind == kind);
        move |port: Option<u16>| {
            left.find(|left| {
                left.to.as_ref() == Some(destination) && (port.is_none() || left.port == port)
            })
        }
    };
    if let Some(says) = retired(entry).or_else(|| {
        let left = listed("retired")(None)?;
        Some(format!("{destination}: {}; take it out", left.why))
    }) {
        found.push(("retired", says));
    }
    for port in entry.single() {
        if let Some(left) = listed("misprint")(Some(port)) {
            found.push(("misprint", format!("{destination} {port}: {}", left.why)));
        }
        if let Some(why) = wrong_port(destination, port) {
            found.push(("mistyped", format!("{destination} {port}: {why}")));
        }
    }
    if let Destination::Block(net) = destination
        && net.trunc() != *net
    {
        let block = net.trunc();
        let says = format!("{net} has bits beyond its prefix; {block} is the block");
        found.push(("mistyped", says));
    }
    found
}

/// Names and ports that Apple and Microsoft have switched off.
fn retired(entry: &Entry) -> Option<String> {
    let destination = &entry.destination;
    if let Destination::Name(name) = destination
        && let Some(gone) = vendor::gone(name)
    {
        let (on, instead) = (gone.on, gone.instead);
        return Some(format!("{name}: retired {on}, use {instead}; take it out"));
    }
    // A wide range holds these ports by the way; a narrow one means them.
    let narrow = entry
        .ports
        .iter()
        .filter(|range| range.end() - range.start() < 8);
    let gone: Vec<String> = narrow
        .flat_map(Clone::clone)
        .filter(|port| vendor::is_gone_port(*port))
        .map(|port| port.to_string())
        .collect();
    (is_apple(destination) && !gone.is_empty()).then(|| {
        format!(
            "{destination} {}: Apple switched this protocol off on 2021-03-31; \
             use api.push.apple.com 443/2197",
            gone.join(" and ")
        )
    })
}

fn is_apple(destination: &Destination) -> bool {
    match destination {
        Destination::Name(name) => vendor::is_push(name),
        Destination::Wildcard(pattern) => pattern.ends_with(".apple.com"),
        Destination::Block(net) => vendor::apple_block().contains(net),
        Destination::Any => false,
    }
}

fn wrong_port(destination: &Destination, port: u16) -> Option<&'static str> {
    match destination {
        Destination::Name(name) => vendor::wrong_port(name, port),
        // Without the star it reads like a courier's name, or like any name below Apple's.
        Destination::Wildcard(pattern) => vendor::wrong_port(&pattern.replace('*', "x"), port),
        Destination::Block(_) if is_apple(destination) => {
            vendor::wrong_port("push.apple.com", port)
        }
        Destination::Block(_) | Destination::Any => None,
    }
}

/// Why a line that seems to be meant for a need does not meet it.
fn falls_short(entry: &Entry, need: &Need, needs: &[Need]) -> Option<(&'static str, String)> {
    need.ways
        .iter()
        .find_map(|(to, port)| narrower(entry, to, *port))
        .or_else(|| {
            let mut ways = need.ways.iter();
            ways.find_map(|(to, port)| slip(entry, to, *port, needs))
        })
}

fn narrower(entry: &Entry, to: &Destination, port: u16) -> Option<(&'static str, String)> {
    let inside = entry.destination != *to && to.covers(&entry.destination);
    if !inside || !entry.allows(port) {
        return None;
    }
    let own = &entry.destination;
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
    to: &Destination,
    port: u16,
    needs: &[Need],
) -> Option<(&'static str, String)> {
    let own = &entry.destination;
    let wanted = |port: u16| {
        let mut ways = needs.iter().flat_map(|need| &need.ways);
        ways.any(|(to, known)| *known == port && (own.covers(to) || to.covers(own)))
    };
    if own.covers(to) && *own != Destination::Any {
        if !entry.tcp && entry.has(port) {
            return Some(("mistyped", format!("{own} {port}: the protocol is tcp")));
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
        ways.any(|(to, _)| to == name)
    };
    let (one, other) = (own.to_string(), to.to_string());
    let by_name = !matches!(own, Destination::Block(_)) && !matches!(to, Destination::Block(_));
    let near = by_name && one.len() > 8 && (1..=2).contains(&distance(&one, &other));
    (near && entry.allows(port) && !named(own))
        .then(|| ("mistyped", format!("{own}: {to} is needed on port {port}")))
}
