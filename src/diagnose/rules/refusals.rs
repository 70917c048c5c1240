//! Causes of connects that are answered by a reset, and of ports that are open and should not be.

use std::collections::BTreeSet;

use super::super::argument::Argument;
use super::super::facts::{Facts, Row, capital, list, named};
use super::super::request::Wish;
use super::super::{Cause, has_code};
use crate::code::{Code, Owner};
use crate::net::space;

/// Several vendors at once refuse: no vendor does that, so a box on the way does it in their names.
pub(in super::super) fn resets(facts: &Facts<'_>) -> Vec<Cause> {
    let of_vendor =
        |row: &Row<'_>| has_code(row, Code::TcpRefusedRst) && space::vendor(row.host()).is_some();
    let rows = facts.find(of_vendor);
    let vendors = facts.vendors(&rows);
    if vendors.len() < 2 {
        return Vec::new();
    }
    let mut argument = Argument::default();
    argument.notes(facts.said(&rows));
    for vendor in &vendors {
        argument.signal(format!(
            "hosts of {vendor} refuse what they are there to serve"
        ));
    }
    vec![Cause {
        code: "firewall_resets",
        title: format!("A firewall resets connections to {}", list(&vendors)),
        summary: format!(
            "Connects to hosts of {} on {} are answered by a reset. Vendors' services do not stop listening \
             together: a firewall answers in their names.",
            list(&vendors),
            named(&facts.ports(&rows))
        ),
        confidence: argument.confidence(),
        owner: Owner::Network,
        evidence: argument.lines(),
        rows,
        remedy:
            "Look for a rule that rejects with a TCP reset, and allow these destinations and ports."
                .to_owned(),
        request: Some(Wish::Allow),
    }]
}

/// The address answers with a refusal: nothing listens there, or a firewall answers for it.
pub(in super::super) fn refused(facts: &Facts<'_>) -> Vec<Cause> {
    let groups = facts.group(|row| has_code(row, Code::TcpRefusedRst).then(|| row.owner()));
    let cause = |rows: Vec<usize>| {
        let is_own = facts.vendors(&rows).is_empty();
        let subject = facts.subject(&rows);
        let port = named(&facts.ports(&rows));
        let at: BTreeSet<_> = facts
            .each(&rows)
            .flat_map(|row| row.ended(|code| code == Code::TcpRefusedRst))
            .collect();
        let mut argument = Argument::default();
        argument.notes(facts.said(&rows));
        argument.signal("the refusal came in the name of the address itself");
        argument.signal_if(at.iter().any(|at| facts.reach.answers_beside(*at)), || {
            "the same address answers on another port, so the host is up".to_owned()
        });
        Cause {
            code: "service_down",
            title: format!("{} of {subject} refuses connections", capital(&port)),
            summary: format!(
                "Connects to {port} of {subject} are answered by a reset at once: the way there is \
                 open, and nothing listens, or a firewall resets in the host's name."
            ),
            confidence: argument.confidence(),
            owner: if is_own {
                Owner::Server
            } else {
                Owner::Network
            },
            evidence: argument.lines(),
            rows,
            remedy: if is_own {
                format!(
                    "See whether a service listens on {port} of {subject}, and whether a firewall \
                     before it resets."
                )
            } else {
                format!(
                    "Look for a rule that resets connections to {subject} on {port}: a vendor's host \
                     seldom does that itself."
                )
            },
            request: (!is_own).then_some(Wish::Allow),
        }
    };
    groups.into_values().map(cause).collect()
}

/// A row demands that something is blocked, and the kernel has a connection to it.
pub(in super::super) fn open(facts: &Facts<'_>) -> Vec<Cause> {
    let rows =
        facts.find(|row| row.check.expect.is_negative() && has_code(row, Code::TcpConnected));
    if rows.is_empty() {
        return Vec::new();
    }
    let subject = facts.subject(&rows);
    let ports = named(&facts.ports(&rows));
    let mut argument = Argument::default();
    argument.notes(facts.said(&rows));
    argument.proof("the connect was accepted");
    vec![Cause {
        code: "unexpectedly_open",
        title: format!("{} of {subject} is open, and should not be", capital(&ports)),
        summary: format!(
            "Connects to {ports} of {subject} are accepted, and the profile demands that they are \
             blocked."
        ),
        confidence: argument.confidence(),
        owner: Owner::Network,
        evidence: argument.lines(),
        rows,
        remedy: "Have the rule block these connections, or correct the profile if they are meant to work."
            .to_owned(),
        request: None,
    }]
}
