//! Rules as a ruleset of nftables: chains to jump to, and for each name a set that a resolver fills.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use ipnet::IpNet;

use super::rules::named;
use super::safe::written_out;
use crate::audit::{Action, Destination, Rule, Rules};

const TABLE: &str = "mdm_preflight";

pub(super) fn write(rules: &Rules, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "# Outbound connections needed by {}",
        plain(&rules.profiles.join(", "))
    )?;
    writeln!(
        out,
        "# The chains are not hooked: jump to them from your own forward chain.\n\
         # Sets of names are empty until a resolver fills them; dnsmasq does so by these lines of its own configuration:"
    )?;
    for (zone, sets) in zones(rules) {
        let each = |set: &String| format!("4#inet#{TABLE}#{set}_4,6#inet#{TABLE}#{set}_6");
        let sets: Vec<String> = sets.iter().map(each).collect();
        writeln!(out, "#   nftset=/{zone}/{}", sets.join(","))?;
    }
    for left in &rules.left_out {
        writeln!(
            out,
            "# not asked for: {}: {}",
            plain(&named(left)),
            plain(&left.why)
        )?;
    }
    writeln!(out, "table inet {TABLE} {{")?;
    for (set, destination) in sets(rules) {
        for (family, kind) in [("4", "ipv4_addr"), ("6", "ipv6_addr")] {
            writeln!(
                out,
                "\tset {set}_{family} {{\n\t\ttype {kind}\n\t\tflags interval\n\t\tcomment \"{}\"\n\t}}",
                quoted(&destination.to_string())
            )?;
        }
    }
    let sources: BTreeSet<_> = rules.rules.iter().map(|rule| rule.from).collect();
    for role in sources {
        writeln!(out, "\tchain from_{} {{", role.name().replace('-', "_"))?;
        // What must stay blocked comes before wider rules that would let it through.
        for action in [Action::Block, Action::Allow] {
            let asked = rules.rules.iter();
            for rule in asked.filter(|rule| rule.from == role && rule.action == action) {
                for line in lines(rule) {
                    writeln!(out, "\t\t{line}")?;
                }
            }
        }
        writeln!(out, "\t}}")?;
    }
    writeln!(out, "}}")
}

/// The destinations that have no address of their own, by the name of their set.
fn sets(rules: &Rules) -> BTreeMap<String, &Destination> {
    let places = rules.rules.iter().map(|rule| &rule.to);
    places.filter_map(|to| Some((set_of(to)?, to))).collect()
}

/// The sets of each name: a name and what is below it are one to a resolver.
fn zones(rules: &Rules) -> BTreeMap<String, Vec<String>> {
    let mut zones: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (set, destination) in sets(rules) {
        let name = destination.to_string();
        let zone = name.trim_start_matches("*.").to_owned();
        zones.entry(zone).or_default().push(set);
    }
    zones
}

/// Dashes and underscores are doubled and tripled, so that two names never share a set.
fn set_of(destination: &Destination) -> Option<String> {
    let (before, name) = match destination {
        Destination::Name(name) => ("name", name.as_str()),
        Destination::Wildcard(name) => ("below", name.trim_start_matches("*.")),
        Destination::Block(_) | Destination::Any => return None,
    };
    let name = name
        .replace('_', "___")
        .replace('-', "__")
        .replace('.', "_");
    Some(format!("{before}_{}", name.replace('*', "any")))
}

fn lines(rule: &Rule) -> Vec<String> {
    let verdict = match rule.action {
        Action::Allow => "accept",
        Action::Block => "reject",
    };
    let comment = quoted(&rule.checks.join(" "));
    let matches = match (&rule.to, set_of(&rule.to)) {
        (_, Some(set)) => vec![
            format!("ip daddr @{set}_4 "),
            format!("ip6 daddr @{set}_6 "),
        ],
        (Destination::Block(IpNet::V4(net)), None) => vec![format!("ip daddr {net} ")],
        (Destination::Block(IpNet::V6(net)), None) => vec![format!("ip6 daddr {net} ")],
        (_, None) => vec![String::new()],
    };
    let line = |to: String| {
        let (protocol, port) = (rule.protocol.name(), rule.port);
        format!("{to}{protocol} dport {port} counter {verdict} comment \"{comment}\"")
    };
    matches.into_iter().map(line).collect()
}

/// nft takes comments of up to 128 bytes, without quotation marks.
fn quoted(text: &str) -> String {
    let safe = |letter: char| letter.is_ascii_graphic() && !matches!(letter, '"' | '\\');
    let letters = text.chars().map(|l| if safe(l) { l } else { ' ' });
    letters.take(120).collect()
}

/// A comment ends with its line.
fn plain(text: &str) -> String {
    written_out(text, false)
}
