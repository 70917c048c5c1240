//! Comparing what two DNS servers say of the same name: `--compare-dns`.
//!
//! Vendors' names rotate and differ by region, so two answers agree by any of several signs. Only a contradiction that
//! can be shown is reported; what neither agrees nor contradicts is undecided.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ask::{LadderSeen, Seen};
use super::context::{Context, finding, verdict_of};
use super::{chain, names};
use crate::code::Code;
use crate::finding::{Finding, Verdict};
use crate::net::Observation;
use crate::net::endpoint::Host;
use crate::net::names::NameSeen;
use crate::net::space::{self, Kind};
use crate::net::trust::StoreName;
use crate::net::wire::{Family, WireSeen};

/// A DNS server that decides nothing, and what it is asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Comparison {
    pub server: SocketAddr,
    pub names: BTreeSet<String>,
    /// Names of the organisation, which that server does not get to see.
    pub withheld: BTreeSet<String>,
}

/// What that server said of one host.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    pub host: Host,
    pub server: SocketAddr,
    pub answers: Vec<(Family, Observation<WireSeen>)>,
    /// To an address that only this server gives.
    pub ladder: Option<LadderSeen>,
}

/// By what two answers are one.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    Address,
    /// Addresses of one owner's block.
    Block,
    /// The zone at the end of the aliases.
    Zone,
    /// Both lead to a chain that the row accepts.
    Chain,
    /// Both say that there is nothing.
    Absence,
}

/// Whether two servers say the same of a name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Agreement {
    Agree(By),
    Differ,
    /// One of them did not answer, or nothing shows which address is right.
    Undecided,
}

/// The sort of thing that a server says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Sort {
    Addresses,
    /// Private ones, for a vendor's public name.
    Private,
    Nowhere,
    Denied,
    Empty,
    /// An error of the server: SERVFAIL, REFUSED and the like.
    Failed,
    Unheard,
}

struct Answer {
    sort: Sort,
    addresses: Vec<IpAddr>,
    alias: Option<String>,
    said: String,
}

impl Compared {
    /// The addresses that it gave, each once.
    pub fn addresses(&self) -> Vec<IpAddr> {
        let answers = self.answers.iter().flat_map(|(_, seen)| &seen.seen.answers);
        let mut all: Vec<IpAddr> = Vec::new();
        for answer in answers {
            if !all.contains(&answer.address) {
                all.push(answer.address);
            }
        }
        all
    }

    /// Addresses of which one has to present a chain, since nothing else shows that both answers are one.
    pub(super) fn to_dial(&self, seen: &Seen) -> Vec<IpAddr> {
        let name = seen.names.iter().find(|name| name.host == self.host);
        let open = name.is_some_and(|name| by_names(&own(name), &self.answer()).is_none());
        let mut all = self.addresses();
        all.retain(|address| open && space::kind(*address) == Kind::Public);
        all
    }

    fn answer(&self) -> Answer {
        let addresses = self.addresses();
        let failures = self.answers.iter().filter_map(|(_, seen)| seen.failure());
        let failure = failures.min_by_key(|failure| of_failure(failure.code) == Sort::Unheard);
        let mut seen = self.answers.iter().map(|(_, seen)| &seen.seen);
        let alias = seen.find_map(|seen| seen.cname.last().cloned());
        answer(&self.host, addresses, alias, failure.map(|f| f.code))
    }

    /// Whether this server and the run's own say the same of the host.
    pub fn agreement(
        &self,
        seen: &Seen,
        accepts: &[StoreName],
        context: &Context<'_>,
    ) -> Agreement {
        let Some(name) = seen.names.iter().find(|name| name.host == self.host) else {
            return Agreement::Undecided;
        };
        if let Some(agreement) = by_names(&own(name), &self.answer()) {
            return agreement;
        }
        let ladders = seen.ladders.iter().filter(|l| l.host == self.host);
        let accepted = |ladder: &LadderSeen| is_accepted(ladder, accepts, context);
        let (here, there) = (
            ladders.clone().any(accepted),
            self.ladder.as_ref().map(accepted),
        );
        match (here, there) {
            (true, Some(true)) => Agreement::Agree(By::Chain),
            (true, Some(false)) => Agreement::Differ,
            (false, Some(true)) if ladders.count() > 0 => Agreement::Differ,
            _ => Agreement::Undecided,
        }
    }
}

/// One finding for all the hosts of a row of which the two servers do not say the same.
pub(super) fn judge(seen: &Seen, accepts: &[StoreName], context: &Context<'_>) -> Option<Finding> {
    let differ =
        |compared: &&Compared| compared.agreement(seen, accepts, context) == Agreement::Differ;
    let said: Vec<String> = seen
        .compared
        .iter()
        .filter(differ)
        .filter_map(|compared| {
            let name = seen.names.iter().find(|name| name.host == compared.host)?;
            let (own, other) = (own(name), compared.answer());
            Some(format!(
                "{}: {} here, {} says {}",
                compared.host,
                own.said,
                compared.server.ip(),
                other.said
            ))
        })
        .collect();
    (!said.is_empty()).then(|| {
        finding(
            Code::DnsResolversDiffer,
            Verdict::Degraded,
            "the same answer from both DNS servers",
            said.join("; "),
        )
    })
}

/// What the answers alone show; none where it takes a look at what is behind the addresses.
fn by_names(own: &Answer, other: &Answer) -> Option<Agreement> {
    if own.sort == Sort::Unheard || matches!(other.sort, Sort::Unheard | Sort::Failed) {
        return Some(Agreement::Undecided);
    }
    if own.sort != other.sort {
        return Some(Agreement::Differ);
    }
    if own.sort != Sort::Addresses {
        return Some(Agreement::Agree(By::Absence));
    }
    let shared = |test: &dyn Fn(IpAddr, IpAddr) -> bool| {
        let mut all = own.addresses.iter();
        all.any(|one| other.addresses.iter().any(|two| test(*one, *two)))
    };
    if shared(&|one, two| space::unwrap_nat64(one) == space::unwrap_nat64(two)) {
        return Some(Agreement::Agree(By::Address));
    }
    if shared(&space::is_neighbour) {
        return Some(Agreement::Agree(By::Block));
    }
    let zone = |answer: &Answer| answer.alias.as_deref().map(space::owner);
    (own.alias.is_some() && zone(own) == zone(other)).then_some(Agreement::Agree(By::Zone))
}

/// What this run works with.
fn own(name: &NameSeen) -> Answer {
    let failure = names::failure(name).map(|failure| failure.code);
    let pending = name.is_pending().then_some(Code::DnsTimeout);
    let mut done = name.wire.iter().filter(|(_, answer)| answer.is_done());
    let alias = done.find_map(|(_, answer)| answer.seen.cname.last());
    let addresses = name
        .addresses
        .iter()
        .map(|address| name.behind_nat64(*address));
    let mut unwrapped: Vec<IpAddr> = addresses.collect();
    unwrapped.dedup();
    answer(&name.host, unwrapped, alias.cloned(), failure.or(pending))
}

fn answer(
    host: &Host,
    addresses: Vec<IpAddr>,
    alias: Option<String>,
    failure: Option<Code>,
) -> Answer {
    let (sort, said) = if addresses.is_empty() {
        failure.map_or((Sort::Unheard, "nothing yet".to_owned()), |code| {
            (of_failure(code), code.to_string())
        })
    } else {
        let shown: Vec<String> = addresses.iter().take(4).map(ToString::to_string).collect();
        (of_addresses(host, &addresses), shown.join(", "))
    };
    Answer {
        sort,
        addresses,
        alias,
        said,
    }
}

const fn of_failure(code: Code) -> Sort {
    match code {
        Code::DnsNxdomain => Sort::Denied,
        Code::DnsNodata => Sort::Empty,
        Code::DnsServfail
        | Code::DnsDnssecBogus
        | Code::DnsRefused
        | Code::DnsFormerr
        | Code::DnsNotimp
        | Code::DnsOther => Sort::Failed,
        _ => Sort::Unheard,
    }
}

fn of_addresses(host: &Host, addresses: &[IpAddr]) -> Sort {
    let all = |wanted: &[Kind]| {
        let mut kinds = addresses.iter().map(|address| space::kind(*address));
        kinds.all(|kind| wanted.contains(&kind))
    };
    let public_name = space::vendor(&host.to_string()).is_some();
    if all(&[Kind::Undialable, Kind::Loopback]) {
        Sort::Nowhere
    } else if public_name && all(&[Kind::Private]) {
        Sort::Private
    } else {
        Sort::Addresses
    }
}

/// The handshake ended, and nothing speaks against its chain.
fn is_accepted(ladder: &LadderSeen, accepts: &[StoreName], context: &Context<'_>) -> bool {
    let tls = ladder.observation.seen.tls.as_deref();
    tls.filter(|tls| tls.version.is_some()).is_some_and(|tls| {
        let found = chain::judge(ladder, tls, accepts, context);
        verdict_of(&found) == Verdict::Pass
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "graph.microsoft.com";

    fn gives(addresses: &[&str], alias: Option<&str>) -> Answer {
        let addresses = addresses.iter().map(|text| text.parse().expect(text));
        let host = HOST.parse().expect(HOST);
        answer(&host, addresses.collect(), alias.map(str::to_owned), None)
    }

    fn fails(code: Code) -> Answer {
        let host = HOST.parse().expect(HOST);
        answer(&host, Vec::new(), None, Some(code))
    }

    #[test]
    fn answers_agree_by_an_address_a_block_or_a_zone_and_nat64_is_seen_through() {
        let zone = Some("a.trafficmanager.net");
        let other_zone = Some("b.example.net");
        for (one, two, expected) in [
            (
                gives(&["20.1.2.3"], None),
                gives(&["51.1.1.1", "20.1.2.3"], None),
                Some(By::Address),
            ),
            (
                gives(&["20.1.2.3"], None),
                gives(&["64:ff9b::1401:203"], None),
                Some(By::Address),
            ),
            (
                gives(&["17.1.2.3"], None),
                gives(&["17.200.1.1"], None),
                Some(By::Block),
            ),
            (
                gives(&["20.1.2.3"], zone),
                gives(&["51.1.1.1"], Some("b.trafficmanager.net")),
                Some(By::Zone),
            ),
            (
                gives(&["20.1.2.3"], zone),
                gives(&["51.1.1.1"], other_zone),
                None,
            ),
            (gives(&["20.1.2.3"], None), gives(&["51.1.1.1"], None), None),
            (
                fails(Code::DnsNxdomain),
                fails(Code::DnsNxdomain),
                Some(By::Absence),
            ),
        ] {
            let agreement = by_names(&one, &two);
            assert_eq!(
                agreement,
                expected.map(Agreement::Agree),
                "{} and {}",
                one.said,
                two.said
            );
        }
    }

    #[test]
    fn a_withheld_name_differs_and_a_server_in_trouble_decides_nothing() {
        let genuine = || gives(&["20.1.2.3"], None);
        let lies = [
            fails(Code::DnsNxdomain),
            fails(Code::DnsNodata),
            gives(&["0.0.0.0"], None),
            gives(&["10.1.2.3"], None),
        ];
        for lie in lies {
            assert_eq!(
                by_names(&genuine(), &lie),
                Some(Agreement::Differ),
                "{}",
                lie.said
            );
            assert_eq!(
                by_names(&lie, &genuine()),
                Some(Agreement::Differ),
                "{}",
                lie.said
            );
        }
        for code in [Code::DnsRefused, Code::DnsServfail, Code::DnsTimeout] {
            let trouble = fails(code);
            assert_eq!(
                by_names(&genuine(), &trouble),
                Some(Agreement::Undecided),
                "{code}"
            );
        }
        assert_eq!(
            by_names(&fails(Code::DnsServfail), &genuine()),
            Some(Agreement::Differ)
        );
        assert_eq!(
            by_names(&fails(Code::DnsTimeout), &genuine()),
            Some(Agreement::Undecided)
        );
    }
}
