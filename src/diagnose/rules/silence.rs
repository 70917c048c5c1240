//! Causes of connects that nobody answers.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use super::super::Cause;
use super::super::argument::Argument;
use super::super::facts::{Facts, Row, capital, list, named, numbers, owners};
use super::super::request::Wish;
use super::way_out;
use crate::code::{Code, Owner};
use crate::finding::{Confidence, Verdict};
use crate::net::{counted, space};
use crate::report::Hop;

fn is_dark(row: &Row<'_>) -> bool {
    row.is_silent() && row.check.verdict != Verdict::Degraded
}

/// A network is closed if at most one row in so many gets an answer, and no one rule by port or destination explains the
/// rest: a few exceptions do not make two causes of one.
const EXCEPTIONS: usize = 3;

/// No connect to anybody is answered, whatever the port, or next to none.
pub(in super::super) fn nothing_gets_out(facts: &Facts<'_>) -> Vec<Cause> {
    let rows = facts.find(is_dark);
    let owners = owners(facts.each(&rows));
    let answered = facts.all.iter().filter(|row| row.is_connected());
    let answered: BTreeSet<String> = answered.map(Row::pattern).collect();
    if owners.len() < 2 || (facts.reach.anything() && !is_next_to_closed(facts, &rows)) {
        return Vec::new();
    }
    // What this run never asked may be open: where that is the most of it, nothing is known of the network.
    let unasked = facts.all.iter().filter(|row| had_no_turn(row)).count();
    if unasked > rows.len() {
        return Vec::new();
    }
    let argument = why_closed(facts, &rows, &owners, &answered, unasked);
    let confidence = match unasked {
        0 => argument.confidence(),
        _ => argument.confidence().min(Confidence::Medium),
    };
    let ports = named(&facts.ports(&rows));
    let (some, but) = if answered.is_empty() {
        ("No", "")
    } else {
        ("Next to no", " but a few exceptions")
    };
    vec![Cause {
        code: "egress_closed",
        title: format!("{some} connection gets out of this network"),
        summary: format!(
            "{some} connect was answered in this run, to {} on {ports}: everything{but} is dropped on the way \
             out, or this network reaches the internet by a proxy only.",
            list(&owners)
        ),
        confidence,
        owner: Owner::Network,
        evidence: argument.lines(),
        rows: [rows, facts.timeless(&owners)].concat(),
        remedy: "Allow outbound TCP to these destinations and ports, or give this machine the proxy that \
                 it is to use."
            .to_owned(),
        request: Some(Wish::Allow),
    }]
}

fn why_closed(
    facts: &Facts<'_>,
    rows: &[usize],
    owners: &BTreeSet<String>,
    answered: &BTreeSet<String>,
    unasked: usize,
) -> Argument {
    let mut argument = Argument::default();
    argument.notes(facts.said(rows));
    if !answered.is_empty() {
        argument.note(format!("the exceptions: {}", list(answered)));
    }
    for owner in owners {
        argument.signal(format!("no address of {owner} answers"));
    }
    argument.notes(hops(facts, rows));
    if unasked > 0 {
        let rows = counted(unasked, "row");
        argument.note(format!(
            "{rows} had no turn in this run, or none to its end, and may be open"
        ));
    }
    if facts.vantage.proxy.is_none() && !way_out::is_spoken_of(facts) {
        argument.note(
            "nothing speaks of a proxy: none is set, and none answers plain requests; a proxy's settings on this \
             machine, or its own page on port 80, would",
        );
    }
    argument
}

/// Whether a row had no turn to connect, or none to its end, for a reason of this machine's or of the run's own.
fn had_no_turn(row: &Row<'_>) -> bool {
    let own = matches!(
        row.check.code,
        Some(
            Code::InconclusiveDeadline
                | Code::InconclusiveInterrupted
                | Code::LocalDescriptors
                | Code::LocalSourceUnusable
                | Code::LocalInternal
        )
    );
    own && row.protocol() == "TCP"
        && row.check.target.port.is_some()
        && row.check.stages.tcp.is_none()
}

fn is_next_to_closed(facts: &Facts<'_>, rows: &[usize]) -> bool {
    let answered = facts.all.iter().filter(|row| row.is_connected()).count();
    let dark = |row: &Row<'_>| row.check.target.port.filter(|_| is_dark(row));
    let groups = facts.group(dark).into_iter();
    let (of_port, other): (Vec<_>, Vec<_>) =
        groups.partition(|(port, rows)| is_port(facts, *port, rows));
    answered * EXCEPTIONS <= rows.len() && !of_port.is_empty() && !other.is_empty()
}

/// Ports that are silent everywhere, while the same addresses or others answer on other ports. One rule set is behind
/// all of them.
pub(in super::super) fn port_filtered(facts: &Facts<'_>) -> Vec<Cause> {
    let groups = facts.group(|row| row.check.target.port.filter(|_| is_dark(row)));
    let groups = groups.into_iter();
    let rows: Vec<usize> = groups
        .filter(|(port, rows)| is_port(facts, *port, rows))
        .flat_map(|(_, rows)| rows)
        .collect();
    if rows.is_empty() {
        return Vec::new();
    }
    vec![ports_dropped(facts, rows)]
}

/// Whether it is the port that is dropped, and not what was asked on it.
fn is_port(facts: &Facts<'_>, port: u16, rows: &[usize]) -> bool {
    let at = silent(facts, rows);
    let answering = at
        .iter()
        .filter(|at| facts.reach.answers_beside(**at))
        .count();
    let dark = at
        .iter()
        .filter(|at| facts.reach.is_silent_beside(**at))
        .count();
    // Silent at a port that works elsewhere as well: then it is the destination, not the port.
    let destination = dark * 2 > at.len();
    let alone = at.len() < 2 && answering == 0;
    let works = !facts.reach.open_ports().is_empty();
    works && !facts.reach.port_answers(port) && !destination && !alone
}

fn ports_dropped(facts: &Facts<'_>, rows: Vec<usize>) -> Cause {
    let at = silent(facts, &rows);
    let addresses: BTreeSet<IpAddr> = at.iter().map(SocketAddr::ip).collect();
    let ports = facts.ports(&rows);
    let port = named(&ports);
    let argument = why_ports(facts, &rows, &at, &port);
    let fallback = numbers(&fallback(facts, &rows));
    let dropped = is(&port, ports.len());
    let (title, more) = if !fallback.is_empty() {
        (
            format!("{dropped} dropped, and the fallback on port {fallback} is in use"),
            format!(" The same hosts are reached on port {fallback}, to which devices fall back."),
        )
    } else if addresses.len() == 1 {
        (
            format!("{dropped} dropped on the way to {}", facts.subject(&rows)),
            " A firewall before that very host can do the same.".to_owned(),
        )
    } else {
        (format!("{dropped} dropped on the way out"), String::new())
    };
    Cause {
        code: "egress_port_filtered",
        title,
        summary: format!(
            "Every connect to {port} goes unanswered, at {}, while other ports work: a firewall on the way \
             drops what goes there.{more}",
            counted(addresses.len(), "address")
        ),
        confidence: argument.confidence(),
        owner: Owner::Network,
        evidence: argument.lines(),
        rows,
        remedy: format!(
            "Allow outbound TCP {} to these destinations.",
            numbers(&ports)
        ),
        request: Some(Wish::Allow),
    }
}

fn why_ports(facts: &Facts<'_>, rows: &[usize], at: &BTreeSet<SocketAddr>, port: &str) -> Argument {
    let addresses: BTreeSet<IpAddr> = at.iter().map(SocketAddr::ip).collect();
    let answering = at
        .iter()
        .filter(|at| facts.reach.answers_beside(**at))
        .count();
    let mut argument = Argument::default();
    argument.notes(facts.said(rows));
    argument.signal_if(addresses.len() > 1, || {
        format!(
            "none of {} answers on {port}; connects succeed on {}",
            counted(addresses.len(), "address"),
            named(&facts.reach.open_ports())
        )
    });
    argument.signal_if(answering > 0, || {
        let verb = if answering == 1 { "answers" } else { "answer" };
        format!(
            "{answering} of {} {verb} on another port in the same run",
            counted(at.len(), "silent address")
        )
    });
    let owners = owners(facts.each(rows));
    argument.signal_if(owners.len() > 1, || {
        format!("hosts of {} are alike in this", list(&owners))
    });
    argument.notes(hops(facts, rows));
    argument
}

fn is(port: &str, count: usize) -> String {
    let verb = if count == 1 { "is" } else { "are" };
    format!("{} {verb}", capital(port))
}

/// The ports of other rows of the same prerequisites on which the very same hosts work.
fn fallback(facts: &Facts<'_>, rows: &[usize]) -> BTreeSet<u16> {
    let ports = facts.ports(rows);
    let is_twin = |one: &Row<'_>, other: &Row<'_>| {
        one.prerequisite.id == other.prerequisite.id && one.host() == other.host()
    };
    let twins = facts.all.iter().filter(|other| {
        other.check.verdict == Verdict::Pass && facts.each(rows).any(|one| is_twin(one, other))
    });
    twins
        .filter_map(|row| row.check.target.port)
        .filter(|port| !ports.contains(port))
        .collect()
}

/// Addresses are silent where others answer. What one firewall drops looks like what two drop: one cause names all.
pub(in super::super) fn destination_filtered(facts: &Facts<'_>) -> Vec<Cause> {
    let rows = facts.find(Row::is_silent);
    if rows.is_empty() {
        return Vec::new();
    }
    let timeless = facts.timeless(&owners(facts.each(&rows)));
    let mut cause = destinations(facts, rows);
    cause.rows.extend(timeless);
    vec![cause]
}

fn destinations(facts: &Facts<'_>, rows: Vec<usize>) -> Cause {
    let at = silent(facts, &rows);
    let addresses: BTreeSet<IpAddr> = at.iter().map(SocketAddr::ip).collect();
    let ports = facts.ports(&rows);
    let subject = facts.subject(&rows);
    let mut argument = why_destinations(facts, &rows, &at);
    let up = at.iter().any(|at| facts.reach.answers_beside(*at));
    let is_beyond = |hop: &Hop| !up && space::kind(hop.address) == space::Kind::Public;
    let beyond = facts.each(&rows).filter_map(Row::last_hop).find(is_beyond);
    if let Some(hop) = beyond {
        argument.signal("it is a public address, and no port of the destination answers");
        return path_ends(facts, argument, rows, &subject, hop);
    }
    let elsewhere = ports.iter().any(|port| facts.reach.port_answers(*port));
    let others = if elsewhere {
        ", while other hosts answer"
    } else {
        ""
    };
    Cause {
        code: "egress_destination_filtered",
        title: format!("Connections to {subject} go unanswered"),
        summary: format!(
            "Connects to {} of {subject} on {} get no answer of any kind{others}.",
            counted(addresses.len(), "address"),
            named(&ports)
        ),
        confidence: argument.confidence(),
        owner: Owner::Network,
        evidence: argument.lines(),
        rows,
        remedy: format!(
            "Look for a rule that drops {subject}; if there is none, ask whether the host is up."
        ),
        request: Some(Wish::Allow),
    }
}

fn why_destinations(facts: &Facts<'_>, rows: &[usize], at: &BTreeSet<SocketAddr>) -> Argument {
    let addresses: BTreeSet<IpAddr> = at.iter().map(SocketAddr::ip).collect();
    let up = at.iter().any(|at| facts.reach.answers_beside(*at));
    let ports = facts.ports(rows).into_iter();
    let elsewhere: Vec<u16> = ports
        .filter(|port| facts.reach.port_answers(*port))
        .collect();
    let mut argument = Argument::default();
    argument.notes(facts.said(rows));
    let many = addresses.len() > 1;
    // One silent address of the organisation's own may as well be a host that is down.
    let tells = many || up || !facts.vendors(rows).is_empty();
    if !elsewhere.is_empty() {
        let line = format!(
            "other hosts answer on {} in the same run",
            named(&elsewhere)
        );
        if tells {
            argument.signal(line);
        } else {
            argument.note(line);
        }
    }
    argument.signal_if(many, || {
        format!("{} are alike in this", counted(addresses.len(), "address"))
    });
    argument.signal_if(up, || {
        "the same address answers on another port, so it is up".to_owned()
    });
    argument.notes(hops(facts, rows));
    argument
}

/// The routers answer up to one that is beyond the organisation's own network, and nothing does after it.
fn path_ends(
    facts: &Facts<'_>,
    argument: Argument,
    rows: Vec<usize>,
    subject: &str,
    Hop { ttl, address }: Hop,
) -> Cause {
    Cause {
        code: "path_ends",
        title: format!("The path to {subject} ends after hop {ttl}, {address}"),
        summary: format!(
            "Connects to {subject} on {} leave this network and get as far as {address}, a router outside \
             it: that router or the next one loses them.",
            named(&facts.ports(&rows))
        ),
        confidence: argument.confidence(),
        owner: Owner::Network,
        evidence: argument.lines(),
        rows,
        remedy: format!(
            "Send the hops to whoever runs {address}, which is the provider as a rule, and ask for the route \
             and the filters towards these addresses."
        ),
        request: None,
    }
}

/// How far connects got, where it was tried.
fn hops(facts: &Facts<'_>, rows: &[usize]) -> Vec<String> {
    let line = |Hop { ttl, address }: Hop| {
        format!(
            "the last router that answers is {address}, hop {ttl}: it or the next box drops them"
        )
    };
    let all: BTreeSet<String> = facts
        .each(rows)
        .filter_map(Row::last_hop)
        .map(line)
        .collect();
    all.into_iter().collect()
}

fn silent(facts: &Facts<'_>, rows: &[usize]) -> BTreeSet<SocketAddr> {
    facts.each(rows).flat_map(Row::silent).collect()
}
