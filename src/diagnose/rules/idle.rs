//! Connections that are forgotten on the way while they are silent: why messages to Macs come late.

use super::super::facts::{Facts, Row, list, owners};
use super::super::request::Wish;
use super::super::{Cause, has_code};
use crate::code::{Code, Owner};
use crate::finding::Confidence;
use crate::net::counted;
use crate::net::hold::{HeldEnd, HeldTry};

/// What is sent on a connection after a silence is lost or reset, and on a new one it is not.
pub(in super::super) fn forgotten(facts: &Facts<'_>) -> Vec<Cause> {
    let lost = facts.find(|row| has_code(row, Code::TlsIdleForgotten));
    let reset = facts.find(|row| has_code(row, Code::TlsIdleReset));
    let rows = [lost.clone(), reset].concat();
    if rows.is_empty() {
        return Vec::new();
    }
    let silence = facts.each(&rows).flat_map(tries).map(|one| one.silent_ms);
    let silence = silence.fold(0.0, f64::max) / 1000.0;
    let mut evidence = facts.said(&rows);
    let whole = |row: &&Row<'_>| {
        tries(row)
            .next()
            .is_some_and(|one| one.end == HeldEnd::Kept)
    };
    let kept = facts.all.iter().filter(whole).count();
    if kept > 0 {
        evidence.push(format!(
            "{} kept a connection through the same silence",
            counted(kept, "row")
        ));
    }
    let confidence = if lost.is_empty() {
        Confidence::Medium
    } else {
        Confidence::High
    };
    vec![Cause {
        code: "idle_connections_forgotten",
        title: format!("Connections that are silent for {silence:.0} s are forgotten on the way"),
        summary: format!(
            "A connection to {} works, and after {silence:.0} s without a packet what is sent on it {}. A firewall, NAT or \
             balancer forgets idle connections and tells neither end: Macs wait on such a connection for their messages, \
             which then arrive only when the Mac has noticed and connected anew.",
            list(owners(facts.each(&rows))),
            if lost.is_empty() {
                "is answered by a reset"
            } else {
                "goes unanswered, while a new connection works"
            }
        ),
        confidence,
        owner: Owner::Network,
        evidence,
        rows,
        remedy: "Raise the idle time-out of established TCP connections to these hosts to 2 h 4 min or more, as RFC 5382 \
                 (section 5) demands of NATs, or have the box reset both ends of a connection that it gives up."
            .to_owned(),
        request: Some(Wish::Ask(
            "keep established TCP connections to port 5223 of these hosts, and to their fallback 443, for 2 h 4 min or more \
             without traffic, as RFC 5382 (section 5) demands of NATs, or reset both ends of one that is given up",
        )),
    }]
}

fn tries<'a>(row: &'a Row<'_>) -> impl Iterator<Item = &'a HeldTry> {
    let held = row
        .check
        .follow_ups
        .iter()
        .filter_map(|one| one.held.as_ref());
    held.flat_map(|held| &held.tries)
}
