//! A proxy that does not do the same at each address of its name.

use std::collections::BTreeSet;

use super::super::Cause;
use super::super::argument::Argument;
use super::super::facts::{Facts, Row, list, owners};
use super::super::request::Wish;
use crate::code::{Code, Owner};
use crate::finding::Finding;

/// What a proxy's own address can do to a row. One that cannot be connected to is the network's business.
pub(in super::super) const SIGNS: &[Code] = &[
    Code::ProxyAuthRequired,
    Code::ProxyLoginRefused,
    Code::ProxyDenied,
    Code::ProxyBadGateway,
    Code::ProxySilent,
    Code::ProxyClosed,
    Code::ProxyProtocol,
    Code::ProxyTlsFailed,
    Code::TlsSilent,
    Code::TlsReset,
    Code::TlsEof,
    Code::TlsNotTls,
];

pub(in super::super) fn differ(facts: &Facts<'_>) -> Vec<Cause> {
    let groups = facts.group(|row| deciding(row)?.proxy.clone());
    let cause = |(proxy, rows): (String, Vec<usize>)| {
        let at = facts.each(&rows).filter_map(deciding);
        let addresses: BTreeSet<String> = at
            .filter_map(|one| Some(one.address?.to_string()))
            .collect();
        let addresses = list(&addresses);
        let mut argument = Argument::default();
        argument.notes(facts.said(&rows));
        for owner in owners(facts.each(&rows)) {
            argument.signal(format!(
                "another address of the same name carries what is sent to {owner}"
            ));
        }
        Cause {
            code: "proxy_addresses_differ",
            title: format!(
                "The proxy {proxy} does not work at {addresses}, and does at another address"
            ),
            summary: format!(
                "The name of {proxy} has several addresses. One of them does what is asked, and {addresses} fails at the \
                 same. Whoever comes to connect there first does not try the other."
            ),
            confidence: argument.confidence(),
            owner: Owner::Proxy,
            evidence: argument.lines(),
            rows,
            remedy: format!(
                "Let the proxy do the same at {addresses} as at its other address, or take {addresses} out of its name in \
                 the DNS."
            ),
            request: Some(Wish::Ask(
                "let the proxy do the same at each address of its name, or take the address that fails out of the DNS",
            )),
        }
    };
    groups.into_iter().map(cause).collect()
}

/// What decides the row, if it is about one of several addresses of a proxy.
fn deciding<'a>(row: &'a Row<'_>) -> Option<&'a Finding> {
    let code = row.check.code?;
    let mut findings = row.check.findings.iter();
    findings.find(|one| one.code == code && SIGNS.contains(&code) && one.address.is_some())
}
