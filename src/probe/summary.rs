//! One sentence of evidence for a row that is in order: what answered, and with what.

use super::ask::{LadderSeen, Seen};
use crate::code::Code;
use crate::net::names::NameSeen;

pub(super) fn sentence(seen: &Seen) -> String {
    let refused = |ladder: &&LadderSeen| {
        let failure = ladder.observation.failure();
        failure.is_some_and(|failure| failure.code == Code::TcpRefusedRst)
    };
    if let Some(ladder) = seen.ladders.iter().find(refused) {
        let address = ladder.ladder.address;
        return format!("{address}: refused by the host itself, so the path is open");
    }
    let done = seen
        .ladders
        .iter()
        .find(|ladder| ladder.observation.is_done());
    let Some(ladder) = done else {
        return addresses(seen);
    };
    let rungs = &ladder.observation.seen;
    let mut parts = Vec::new();
    if let Some(http) = &rungs.http {
        let status = http.status.unwrap_or_default();
        let version = http.version.as_deref().unwrap_or("HTTP");
        parts.push(format!("{version} {status}"));
    }
    if let Some(tls) = &rungs.tls {
        let version = tls.version.as_deref().unwrap_or("TLS");
        let issuer = super::chain::issuer(tls).map_or("nobody", common_name);
        parts.push(format!("{version}, chain to {issuer}"));
    }
    if parts.is_empty() {
        parts.push("connected".to_owned());
    }
    let at = match ladder.ladder.via.proxy() {
        Some(proxy) => format!("through {proxy}"),
        None => ladder.ladder.address.to_string(),
    };
    format!("{at}: {}", parts.join(", "))
}

fn addresses(seen: &Seen) -> String {
    const SHOWN: usize = 8;
    let mut all: Vec<String> = seen
        .names
        .iter()
        .flat_map(|name| &name.addresses)
        .map(ToString::to_string)
        .collect();
    all.sort_unstable();
    all.dedup();
    let left_out: usize = seen.names.iter().map(NameSeen::left_out).sum();
    let (listed, total) = (all.len(), all.len() + left_out);
    all.truncate(SHOWN);
    let shown = all.join(", ");
    if total == 0 {
        "no address, as expected".to_owned()
    } else if left_out > 0 {
        format!("{total} addresses, of which the report lists {listed}: {shown} and more")
    } else if total > SHOWN {
        format!("{shown} and {} more", total - SHOWN)
    } else {
        shown
    }
}

/// The part of a distinguished name that people call a certificate authority by.
fn common_name(name: &str) -> &str {
    name.split(", ")
        .find_map(|part| part.strip_prefix("CN="))
        .unwrap_or(name)
}
