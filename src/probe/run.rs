//! What the rows of a run say about each other.

use std::collections::BTreeSet;

use super::ask::{LadderSeen, Seen};
use super::context::{Elsewhere, RunFacts};
use super::follow::Followed;
use super::{Spec, chain, ntp, portal};
use crate::code::Code;
use crate::net::endpoint::Host;
use crate::net::trust::StoreName;
use crate::net::wire::Family;

/// Put together when all of them are final.
pub fn run_facts<'a>(
    rows: impl Iterator<Item = (&'a Spec, &'a Seen)>,
    canary: BTreeSet<(Family, u16)>,
    elsewhere: Option<Elsewhere>,
) -> RunFacts {
    let mut facts = RunFacts {
        canary,
        elsewhere,
        ..RunFacts::default()
    };
    for (spec, seen) in rows {
        if let Spec::Http(spec) = spec
            && facts.portal.is_none()
        {
            facts.portal = portal::seen_by(spec, seen);
        }
        if let Spec::Jamf(spec) = spec {
            facts.on_jamf_cloud = facts.on_jamf_cloud.or_else(|| spec.on_jamf_cloud(seen));
        }
        if let Spec::Ntp(spec) = spec {
            ntp::note(spec, seen, &mut facts.clock);
        }
        for ladder in &seen.ladders {
            note_ladder(&mut facts, ladder);
        }
        for (address, port) in seen.follow_ups.iter().filter_map(Followed::answered) {
            facts.answered.entry(address).or_default().insert(port);
        }
        let answers = seen.names.iter().flat_map(|name| &name.wire);
        let over_udp = answers
            .map(|(_, answer)| &answer.seen)
            .filter(|answer| answer.rcode.is_some() && answer.transport == "udp");
        facts
            .udp_resolvers
            .extend(over_udp.map(|answer| answer.resolver));
    }
    // Two servers that leave out the same public intermediate are not signed by a box.
    let RunFacts {
        private_issuers,
        public_issuers,
        ..
    } = &mut facts;
    private_issuers.retain(|issuer, _| !public_issuers.contains(issuer));
    facts
}

fn note_ladder(facts: &mut RunFacts, ladder: &LadderSeen) {
    let observation = &ladder.observation;
    let refused = observation
        .failure()
        .is_some_and(|failure| failure.code == Code::TcpRefusedRst);
    let tcp = observation.seen.tcp.as_deref();
    let connected = tcp.is_some_and(crate::net::TcpSeen::is_connected);
    if refused || connected {
        let ports = facts.answered.entry(ladder.ladder.address).or_default();
        ports.insert(ladder.ladder.port);
    }
    let Some(tls) = &observation.seen.tls else {
        return;
    };
    let http = observation.seen.http.as_deref();
    if let Some(skew) = http.and_then(|http| http.date_skew_s)
        && chain::proves(tls)
        && let Host::Name(name) = &ladder.host
    {
        facts.clock.note_date(crate::net::space::owner(name), skew);
    }
    let known = [StoreName::Public, StoreName::Apple];
    let vouched = known.iter().any(|store| {
        tls.stores
            .get(store)
            .is_some_and(|v| v.chain == "ok" || v.without_dates == "ok")
    });
    if vouched {
        let above = tls.chain.iter().skip(1);
        let subjects = above.map(|certificate| certificate.subject.clone());
        facts.public_issuers.extend(subjects);
    }
    if let Some(issuer) = chain::issuer(tls)
        && !vouched
        && let Host::Name(name) = &ladder.host
    {
        let owners = facts.private_issuers.entry(issuer.to_owned()).or_default();
        owners.insert(crate::net::space::owner(name));
    }
}
