//! The change request of a diagnosis: text to paste into a ticket, made of the rows it explains.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::net::IpAddr;

use super::Asked;
use super::facts::{Row, every};
use crate::finding::Diagnosis;
use crate::net::{space, typed};
use crate::probe::{Inspection, ProxyPolicy};
use crate::profile::{Role, Severity, Source};
use crate::report::{Check, Vantage};

/// What is asked of whoever owns the rules.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Wish {
    /// Let the connections through.
    Allow,
    /// Leave the hosts out of TLS inspection.
    Exempt,
    /// Answer the names as their owners publish them.
    Resolve,
    /// Mend what the diagnosis says; no rule is to be changed that could be named here.
    Repair,
    /// The same, where what the reader is told to do is not what the owner is asked for.
    Ask(&'static str),
}

/// Options of a run that another one has no use for: it asks for its own rows, at once, and an old control is none.
const ONCE: [&str; 5] = ["--only", "--splay", "--control", "--until", "--every"];
/// The cause of a run that left a proxy aside: its rows are asked again without that `--proxy`.
const PROXY_REQUIRED: &str = "proxy_required";
/// So many sockets help to find a log's lines; more hide them.
const SOCKETS: usize = 5;
/// A cause that reaches further is verified by the whole run.
const PREREQUISITES: usize = 6;

/// The command that asks the same of these rows again.
pub(super) fn again(asked: Asked<'_>, rows: &[&Row<'_>], cause: &str) -> String {
    let mut words = vec!["mdm-preflight"];
    let is_check = asked.arguments.first().is_none_or(|first| first == "check");
    let ids: BTreeSet<&str> = rows
        .iter()
        .map(|row| row.prerequisite.id.as_str())
        .collect();
    let narrows = is_check && ids.len() <= PREREQUISITES;
    let mut given = asked.arguments.iter();
    while let Some(word) = given.next() {
        let leaves_aside = word == "--proxy" && cause == PROXY_REQUIRED;
        // What was narrowed before stays so where nothing else narrows it.
        if leaves_aside || (ONCE.contains(&word.as_str()) && (narrows || word != "--only")) {
            given.next();
        } else if word == "--connect-to" && narrows {
            let detour = given.next().filter(|detour| concerns(detour, rows));
            words.extend(
                detour
                    .into_iter()
                    .flat_map(|detour| [word, detour.as_str()]),
            );
        } else {
            words.push(word);
        }
    }
    if asked.arguments.is_empty() {
        words.push("check");
    }
    if narrows {
        words.extend(ids.into_iter().flat_map(|id| ["--only", id]));
    }
    let words: Vec<String> = words.into_iter().map(typed).collect();
    words.join(" ")
}

/// Whether one of the rows dials what the detour leads elsewhere.
fn concerns(detour: &str, rows: &[&Row<'_>]) -> bool {
    let dials = |row: &&Row<'_>| {
        let seen = row.check.addresses.iter().map(|one| one.address);
        let looked_up = row.check.stages.dns.iter().flat_map(|dns| &dns.addresses);
        let addresses = seen
            .chain(looked_up.map(|one| one.address))
            .chain(row.peer());
        let mut names = addresses
            .map(|address| match address {
                IpAddr::V4(v4) => v4.to_string(),
                IpAddr::V6(v6) => format!("[{v6}]"),
            })
            .chain([row.host().to_owned()]);
        names.any(|name| {
            let rest = detour.strip_prefix(&name);
            rest.is_some_and(|rest| rest.starts_with(':'))
        })
    };
    rows.iter().any(dials)
}

/// For each vendor that the rows ask, the one of its sentences that fits the wish best: of inspection, of the ports,
/// of the names; else the first of the first row's.
pub(super) fn sources(wish: Option<Wish>, rows: &[&Row<'_>]) -> Vec<Source> {
    let mut best: BTreeMap<String, (usize, Source)> = BTreeMap::new();
    for row in rows {
        for source in &row.prerequisite.sources {
            let worth = worth(wish, source, row.prerequisite.severity, row.check);
            let known = best.get(&row.owner());
            if known.is_none_or(|(known, _)| worth > *known) {
                best.insert(row.owner(), (worth, source.clone()));
            }
        }
    }
    let mut sources: Vec<Source> = Vec::new();
    for (_, source) in best.into_values() {
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    sources
}

fn worth(wish: Option<Wish>, source: &Source, severity: Severity, check: &Check) -> usize {
    let says = source.says.to_ascii_lowercase();
    let words = || says.split(|c: char| !c.is_ascii_alphanumeric());
    let port = check.target.port.map(|port| port.to_string());
    let port = port.is_some_and(|port| words().any(|word| word == port));
    let host = check.target.host.as_deref().unwrap_or_default();
    let name = !host.is_empty() && says.contains(&host.to_ascii_lowercase());
    let inspection = ["inspect", "intercept"]
        .iter()
        .any(|word| says.contains(word));
    let fits = usize::from(port) + usize::from(name);
    // What is required says more than what is recommended, and that more than the rest.
    let weight = match severity {
        Severity::Required => 32,
        Severity::Recommended => 16,
        Severity::Informational => 0,
    };
    weight
        + match wish {
            Some(Wish::Exempt) => fits + 4 * usize::from(inspection),
            _ => 4 * fits + usize::from(!inspection),
        }
}

pub(super) fn text(
    wish: Wish,
    diagnosis: &Diagnosis,
    rows: &[&Row<'_>],
    vantage: &Vantage,
    asked: Asked<'_>,
) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            // Writing to a text cannot fail.
            let _ = writeln!(text, "{name}: {value}");
        }
    };
    line("Request", &format!("{}.", wanted(wish, diagnosis)));
    line("To", diagnosis.owner.who());
    line(seen_from(wish), &source(vantage));
    match wish {
        Wish::Allow | Wish::Exempt => destination(wish, rows, &mut line),
        Wish::Resolve => {
            line("Names", &names(rows));
            line("DNS servers", &every(&vantage.resolvers));
        }
        Wish::Repair | Wish::Ask(_) => {
            line("Hosts", &every(rows.iter().map(|row| row.host())));
            line("Addresses seen", &addresses(rows));
        }
    }
    line("Reason", &diagnosis.summary);
    line("Breaks", &diagnosis.impact.breaks.join("; "));
    line("Weakens", &diagnosis.impact.weakens.join("; "));
    for source in &diagnosis.sources {
        line(said_by(wish), &format!("{} {}", source.says, source.url));
    }
    for evidence in &diagnosis.evidence {
        line("Evidence", evidence);
    }
    line("Seen at", asked.started);
    line("Connections to look for", &sockets(rows));
    line("To verify", &diagnosis.verify);
    text
}

fn wanted(wish: Wish, diagnosis: &Diagnosis) -> &str {
    match wish {
        Wish::Allow => "allow these connections",
        Wish::Exempt => "leave these hosts out of TLS inspection",
        Wish::Resolve => "answer these names as their owners publish them",
        Wish::Repair => diagnosis.remedy.trim_end_matches('.'),
        Wish::Ask(what) => what,
    }
}

/// A vendor demands rules; of what is to be mended its pages only speak.
const fn said_by(wish: Wish) -> &'static str {
    match wish {
        Wish::Allow | Wish::Exempt | Wish::Resolve => "Demanded by",
        Wish::Repair | Wish::Ask(_) => "The vendor says",
    }
}

/// Only a rule has a source; what is to be mended was seen from somewhere.
const fn seen_from(wish: Wish) -> &'static str {
    match wish {
        Wish::Allow | Wish::Exempt => "Source",
        Wish::Resolve | Wish::Repair | Wish::Ask(_) => "Seen from",
    }
}

fn source(vantage: &Vantage) -> String {
    let networks = match vantage.roles.as_slice() {
        [Role::JamfServer] => "the Jamf Pro server",
        [_, _, ..] => "the networks of the managed Macs and the Jamf Pro server",
        _ => "the networks of the managed Macs",
    };
    match every(&vantage.addresses) {
        none if none.is_empty() => networks.to_owned(),
        addresses => format!("{networks} (this run: {addresses})"),
    }
}

fn destination(wish: Wish, rows: &[&Row<'_>], line: &mut impl FnMut(&str, &str)) {
    line("Destination names", &names(rows));
    let peers = || rows.iter().filter_map(|row| row.peer());
    line(
        "Destination blocks",
        &every(peers().filter_map(space::published_block)),
    );
    line("Destination addresses seen", &addresses(rows));
    line("Destination ports", &ports(rows));
    line(
        "Direction",
        "outbound; return traffic of these connections, no inbound rule",
    );
    // Neither an inspection of TLS nor a web proxy touches UDP.
    if rows.iter().any(|row| row.protocol() != "UDP") {
        inspection(wish, rows, line);
        proxies(rows, line);
    }
}

fn inspection(wish: Wish, rows: &[&Row<'_>], line: &mut impl FnMut(&str, &str)) {
    let forbids = |row: &&&Row<'_>| {
        let policy = row.check.policy;
        policy.is_some_and(|policy| policy.inspection == Inspection::Forbidden)
    };
    let all = names(rows);
    let exempt = match wish {
        Wish::Exempt => all.clone(),
        _ => names(&rows.iter().filter(forbids).copied().collect::<Vec<_>>()),
    };
    let said = match exempt.as_str() {
        "" => "no exemption is demanded for these names".to_owned(),
        names if names == all => "none of these names may be inspected".to_owned(),
        names => format!("none for {names}"),
    };
    line("TLS inspection", &said);
}

/// One sentence if all hosts are alike; else a line for each kind of proxy that is allowed, the strictest first. A name
/// stands where it is treated most strictly, with its ports.
fn proxies(rows: &[&Row<'_>], line: &mut impl FnMut(&str, &str)) {
    let mut policies: BTreeMap<ProxyPolicy, Vec<&Row<'_>>> = BTreeMap::new();
    for row in rows {
        if let Some(policy) = row.check.policy {
            policies.entry(policy.proxy).or_default().push(row);
        }
    }
    let one = policies.len() == 1;
    let mut said = BTreeSet::new();
    for (policy, rows) in policies {
        let mut ports: BTreeMap<String, Vec<&Row<'_>>> = BTreeMap::new();
        for row in rows {
            ports.entry(self::ports(&[row])).or_default().push(row);
        }
        let places: Vec<String> = ports
            .into_iter()
            .filter_map(|(port, rows)| {
                let new = |name: &String| said.insert((port.clone(), name.clone()));
                let names: Vec<String> = name_list(&rows).into_iter().filter(new).collect();
                (!names.is_empty()).then(|| format!("{} on {port}", names.join(", ")))
            })
            .collect();
        if one {
            line("Proxy", proxy(policy));
        } else if !places.is_empty() {
            line(
                "Proxy",
                &format!("{}: {}", proxy(policy), places.join("; ")),
            );
        }
    }
}

const fn proxy(policy: ProxyPolicy) -> &'static str {
    match policy {
        ProxyPolicy::Never => "none, directly only",
        ProxyPolicy::PacOnly => "directly, or through a proxy that a PAC file names",
        ProxyPolicy::Unauthenticated => "directly, or through a proxy that asks for no sign-in",
        ProxyPolicy::Allowed => "directly, or through a proxy that lets them pass unchanged",
    }
}

/// The wildcards that the hosts stand for, and the hosts that none of them covers.
fn names(rows: &[&Row<'_>]) -> String {
    every(name_list(rows))
}

fn name_list(rows: &[&Row<'_>]) -> BTreeSet<String> {
    let wildcards: BTreeSet<&str> = rows
        .iter()
        .flat_map(|row| &row.check.stands_for)
        .map(String::as_str)
        .collect();
    let covers = |host: &str| {
        let zones = wildcards.iter().filter_map(|name| name.strip_prefix('*'));
        zones.into_iter().any(|zone| host.ends_with(zone))
    };
    let hosts = rows.iter().map(|row| row.host()).filter(|h| !covers(h));
    let all = hosts.chain(wildcards.iter().copied());
    all.map(ToOwned::to_owned).collect()
}

fn addresses(rows: &[&Row<'_>]) -> String {
    every(rows.iter().filter_map(|row| row.peer()))
}

fn ports(rows: &[&Row<'_>]) -> String {
    let ports: BTreeSet<(&str, u16)> = rows
        .iter()
        .filter_map(|row| Some((row.protocol(), row.check.target.port?)))
        .collect();
    let ports: Vec<String> = ports
        .iter()
        .map(|(protocol, port)| format!("{protocol} {port}"))
        .collect();
    ports.join(", ")
}

/// What a firewall's log has of the run: our own port beside the peer's.
fn sockets(rows: &[&Row<'_>]) -> String {
    let seen = rows
        .iter()
        // What is at fault may be another way than the one that was taken then.
        .filter(|row| row.at_fault() == row.proxy())
        .filter_map(|row| row.check.stages.tcp.as_deref());
    let mut pairs: Vec<String> = Vec::new();
    for pair in seen.filter_map(|tcp| Some(format!("{} > {}", tcp.local?, tcp.peer))) {
        // Rows that share a connection show the same one.
        if pairs.len() < SOCKETS && !pairs.contains(&pair) {
            pairs.push(pair);
        }
    }
    pairs.join(", ")
}
