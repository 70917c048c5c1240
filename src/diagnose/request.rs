//! The change request of a diagnosis: text to paste into a ticket, made of the rows it explains.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::Cause;
use super::facts::{Row, every};
use crate::profile::Source;
use crate::report::Vantage;

/// What is asked of whoever owns the rules.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Wish {
    /// Let the connections through.
    Allow,
    /// Leave the hosts out of TLS inspection.
    Exempt,
    /// Answer the names as their owners publish them.
    Resolve,
}

/// The vendors' sentences that demand what the rows ask, each once.
pub(super) fn sources(rows: &[&Row<'_>]) -> Vec<Source> {
    let mut sources: Vec<Source> = Vec::new();
    for source in rows.iter().flat_map(|row| &row.prerequisite.sources) {
        if !sources.contains(source) {
            sources.push(source.clone());
        }
    }
    sources
}

pub(super) fn text(wish: Wish, cause: &Cause, rows: &[&Row<'_>], vantage: &Vantage) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{name}: {value}");
    };
    line("Request", &format!("{}.", asked(wish)));
    line("Source", &source(vantage));
    line(
        "Destination names",
        &every(rows.iter().map(|row| row.host())),
    );
    line(
        "Destination addresses seen",
        &every(rows.iter().filter_map(|row| row.peer())),
    );
    line("Destination ports", &format!("TCP {}", ports(rows)));
    line(
        "Direction",
        "outbound; return traffic of these connections, no inbound rule",
    );
    line("TLS inspection", "exempt these names");
    line("Reason", &cause.summary);
    for source in sources(rows).iter().take(3) {
        line("Demanded by", &format!("{} {}", source.says, source.url));
    }
    for evidence in &cause.evidence {
        line("Evidence", evidence);
    }
    line("To verify", &verify(rows));
    text
}

const fn asked(wish: Wish) -> &'static str {
    match wish {
        Wish::Allow => "allow these connections",
        Wish::Exempt => "leave these hosts out of TLS inspection",
        Wish::Resolve => "answer these names as their owners publish them",
    }
}

fn source(vantage: &Vantage) -> String {
    let addresses = every(&vantage.addresses);
    if addresses.is_empty() {
        "the networks of the managed Macs".to_owned()
    } else {
        format!("the networks of the managed Macs (seen from {addresses})")
    }
}

fn ports(rows: &[&Row<'_>]) -> String {
    let ports: BTreeSet<u16> = rows
        .iter()
        .filter_map(|row| row.check.target.port)
        .collect();
    let ports: Vec<String> = ports.iter().map(ToString::to_string).collect();
    ports.join(", ")
}

fn verify(rows: &[&Row<'_>]) -> String {
    let ids: BTreeSet<&str> = rows
        .iter()
        .map(|row| row.prerequisite.id.as_str())
        .collect();
    let only: Vec<String> = ids.iter().map(|id| format!("--only {id}")).collect();
    format!(
        "mdm-preflight check {} (with the options of this run)",
        only.join(" ")
    )
}
