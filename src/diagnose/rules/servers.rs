//! Causes at the DNS servers themselves: who refuses the questions, and which of two servers is wrong.

use std::net::{IpAddr, SocketAddr};

use super::super::Cause;
use super::super::facts::{Facts, Row};
use super::names::{any_of, contradictions, servers};
use crate::code::{Code, Owner};
use crate::finding::Confidence;
use crate::net::{Icmp, counted, space};
use crate::report::{ComparedAnswer, Query};

/// No server answered, and a box said why: it refused the questions by name.
pub(in super::super) fn unreachable(facts: &Facts<'_>) -> Vec<Cause> {
    let codes = [Code::DnsTimeout, Code::DnsUnreachable];
    let rows = facts.find(|row| any_of(row, &codes));
    let refused: Vec<&Query> = queries(facts)
        .filter(|query| query.icmp.is_some())
        .collect();
    let first = refused
        .first()
        .and_then(|query| Some((query.resolver, query.icmp?)));
    let Some((server, icmp)) = first else {
        return Vec::new();
    };
    if rows.is_empty() || !servers(facts, true).is_empty() {
        return Vec::new();
    }
    let checks = rows.iter().map(|index| facts.rows[*index].check);
    let clearest = checks.min_by_key(|check| check.code != Some(Code::DnsUnreachable));
    let share = format!(
        "{} of {} refused like this; senders ration such errors",
        refused.len(),
        counted(queries(facts).count(), "question")
    );
    let (title, owner, remedy) = blame(facts, server, icmp);
    vec![Cause {
        code: "resolver_unreachable",
        title,
        summary: format!(
            "No DNS server answered, and {} refused questions to {server}: nothing that needs a \
             name can work or be judged.",
            icmp.from
        ),
        confidence: Confidence::Certain,
        owner,
        evidence: clearest
            .map(|check| check.message.clone())
            .into_iter()
            .chain([share])
            .collect(),
        rows,
        remedy,
        request: None,
    }]
}

fn queries<'a>(facts: &'a Facts<'_>) -> impl Iterator<Item = &'a Query> {
    let stages = facts
        .all
        .iter()
        .filter_map(|row| row.check.stages.dns.as_ref());
    stages.flat_map(|dns| &dns.queries)
}

/// Title, owner and remedy by who sent the refusal: this machine, the server itself, or a box between.
fn blame(facts: &Facts<'_>, server: SocketAddr, icmp: Icmp) -> (String, Owner, String) {
    let at = server.ip();
    if facts.vantage.addresses.contains(&icmp.from) {
        return (
            format!("Nobody on this network has the DNS server's address {at}"),
            Owner::Dns,
            "Correct the DNS server's address in what clients get, or start that server."
                .to_owned(),
        );
    }
    if icmp.from == at {
        return (
            format!("{at} runs no DNS service"),
            Owner::Dns,
            format!("Start the DNS service at {at}, or give clients another server."),
        );
    }
    (
        format!("A box at {} refuses DNS to {at}", icmp.from),
        Owner::Network,
        format!(
            "Have {} allow UDP and TCP port {} to {at}, or give clients the server that they may \
             use.",
            icmp.from,
            server.port()
        ),
    )
}

/// The server of `--compare-dns` and this machine's own contradict each other, and the rows work: either that server
/// filters, or it leads elsewhere.
pub(in super::super) fn differ(facts: &Facts<'_>) -> Vec<Cause> {
    let rows = facts.find(|row| row.check.code == Some(Code::DnsResolversDiffer));
    let answer = |index: &usize| compared(&facts.rows[*index]);
    let Some(server) = rows
        .iter()
        .find_map(answer)
        .map(|answer| answer.server.ip())
    else {
        return Vec::new();
    };
    let leads_nowhere = |index: &usize| {
        let public = |address: &IpAddr| space::kind(*address) == space::Kind::Public;
        answer(index).is_some_and(|answer| !answer.addresses.iter().any(public))
    };
    let (withheld, elsewhere): (Vec<usize>, Vec<usize>) =
        rows.iter().partition(|row| leads_nowhere(row));
    let withheld = (
        withheld,
        "dns_filtered",
        format!("The compared DNS server {server} withholds vendors' names"),
        "This machine's own DNS answers these names with addresses that work; the server of \
         --compare-dns answers with none, or with one that cannot be the vendor's. Whoever uses \
         that server cannot reach them.",
        Confidence::High,
    );
    let elsewhere = (
        elsewhere,
        "dns_resolvers_differ",
        format!("{server} leads elsewhere than this machine's DNS"),
        "The two servers give addresses of different owners, and only one of them leads to the \
         vendor's service.",
        Confidence::Medium,
    );
    [withheld, elsewhere]
        .into_iter()
        .filter(|(rows, ..)| !rows.is_empty())
        .map(|(rows, code, title, summary, confidence)| Cause {
            code,
            title,
            summary: summary.to_owned(),
            confidence,
            owner: Owner::Dns,
            evidence: contradictions(facts, &rows),
            rows,
            remedy: format!(
                "Look on {server} for the filter, the zone or the cache that these answers come \
                 from."
            ),
            request: None,
        })
        .collect()
}

fn compared<'a>(row: &Row<'a>) -> Option<&'a ComparedAnswer> {
    row.check.stages.dns.as_ref()?.compared.as_ref()
}
