//! What is wrong with a single line of a list, whatever is needed.

use crate::audit::list::Entry;
use crate::audit::{Destination, Rules, distance, vendor};

/// What is wrong with a line whatever is needed.
pub(super) fn of_itself(entry: &Entry, rules: &Rules) -> Vec<(&'static str, String)> {
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
        if let Some(why) = wrong_port(destination, port).or_else(|| odd_port(destination, port)) {
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
    found.extend(part_of_block(destination));
    found.extend(wrong_cloud(destination, rules).map(|says| ("wrong-cloud", says)));
    found
}

/// A part of a block that only works as a whole. Apple's IPv4 block is a need, and compared as such.
pub(super) fn part_of_block(destination: &Destination) -> Option<(&'static str, String)> {
    let Destination::Block(net) = destination else {
        return None;
    };
    let (owner, whole) = vendor::block_of(&net.trunc())?;
    if net.trunc() == whole || whole == vendor::apple_block() {
        return None;
    }
    if net.network() == whole.network() && net.prefix_len() < net.max_prefix_len() {
        let last = net.broadcast();
        let says = format!("{net} ends at {last}, {owner}'s block is {whole}");
        return Some(("mistyped", says));
    }
    let instead = match owner {
        "Microsoft" => "; its hosts move about in it, so ask by name",
        _ => "",
    };
    let says = format!("{destination} is only a part of {owner}'s {whole}{instead}");
    Some(("too-narrow", says))
}

/// A name of another cloud of Microsoft's than the one that the rules are for.
fn wrong_cloud(destination: &Destination, rules: &Rules) -> Option<String> {
    let (Destination::Name(name) | Destination::Wildcard(name)) = destination else {
        return None;
    };
    let own = vendor::cloud(name.trim_start_matches("*."))?;
    let serves = |to: &Destination| to.covers(destination) || destination.covers(to);
    if rules.rules.iter().any(|rule| serves(&rule.to)) {
        return None;
    }
    // The sign-in host tells the tenant's cloud; the others may have names of the global one.
    let wanted = rules.rules.iter().find_map(|rule| match &rule.to {
        Destination::Name(name) if name.starts_with("login.") => Some((name, vendor::cloud(name)?)),
        _ => None,
    });
    let (host, wanted) = wanted.filter(|(_, wanted)| *wanted != own)?;
    Some(format!(
        "{destination} belongs to Microsoft's {own} cloud; the tenant is in the {wanted} one, whose sign-in host is {host}"
    ))
}

/// Names and ports that Apple and Microsoft have switched off.
fn retired(entry: &Entry) -> Option<String> {
    let destination = &entry.destination;
    if let Destination::Name(name) | Destination::Wildcard(name) = destination
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

pub(super) fn wrong_port(destination: &Destination, port: u16) -> Option<&'static str> {
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

/// A port that is none of Microsoft's; one that looks like a slip for 443 is told as such.
fn odd_port(destination: &Destination, port: u16) -> Option<&'static str> {
    let (Destination::Name(name) | Destination::Wildcard(name)) = destination else {
        return None;
    };
    let typed = port.to_string();
    let slip = typed.len() == 3 && distance(&typed, "443") == 1;
    let host = name.trim_start_matches("*.");
    vendor::odd_port(host, port).filter(|_| !slip)
}
