//! Judging names: what the decider and the wire said, and whether the addresses can be the vendor's.

use std::net::{IpAddr, SocketAddr};

use super::ask::Seen;
use super::context::{Context, cut_code, finding};
use super::judge::weight;
use crate::code::Code;
use crate::finding::{Finding, Verdict};
use crate::net::endpoint::Host;
use crate::net::names::{Decider, NameSeen};
use crate::net::space::{self, Kind};
use crate::net::wire::{Family, WireSeen};
use crate::net::{Failure, Observation};

/// The findings of every name that the row asked for.
pub(super) fn judge(seen: &Seen, context: &Context<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = seen
        .names
        .iter()
        .flat_map(|name| one(name, context))
        .collect();
    findings.dedup_by_key(|finding| finding.code);
    findings
}

/// The row works: what its names only hinted at is a note.
pub(super) fn forgive(findings: &mut [Finding]) {
    for finding in findings {
        if matches!(
            finding.code,
            Code::DnsBogon | Code::DnsSynthetic | Code::DnsSystemDiffers
        ) {
            finding.verdict = Verdict::Pass;
        }
    }
}

fn one(name: &NameSeen, context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if name.addresses.is_empty() {
        findings.push(no_address(name, context));
        return findings;
    }
    findings.extend(bogus(name));
    findings.extend(silent_server(name));
    findings.extend(one_family(name));
    findings.extend(udp_lost(name, context));
    findings.extend(differs(name));
    findings
}

/// Why a host has no address; none if it has one.
pub(super) fn no_address(name: &NameSeen, context: &Context<'_>) -> Finding {
    let (pending, end) = cut_code(context);
    if name.is_pending() {
        let actual = format!("waiting for the look-up of {} when {end}", name.host);
        return finding(pending, Verdict::Inconclusive, "an address", actual);
    }
    let (code, detail) = failure(name).map_or_else(
        || (Code::DnsNodata, "no address of either family".to_owned()),
        |failure| (failure.code, failure.detail.clone()),
    );
    finding(
        code,
        weight(code),
        "an address",
        format!("{}: {detail}", name.host),
    )
}

/// The failure that decides: the wire's, which is exact, where the wire failed as well; IPv4's before IPv6's.
pub(super) fn failure(name: &NameSeen) -> Option<&Failure> {
    let of = |family| {
        name.wire
            .iter()
            .filter(move |(asked, _)| *asked == family)
            .filter_map(|(_, answer)| answer.failure())
            .min_by_key(|failure| matches!(failure.code, Code::DnsTimeout | Code::DnsUnreachable))
    };
    // Who refuses the question is worth more than that nobody answered it.
    let of_v6 = of(Family::V6);
    let tells = |failure: &&Failure| failure.code == Code::DnsUnreachable;
    let wire = match of(Family::V4) {
        Some(silent) if silent.code == Code::DnsTimeout => of_v6.filter(tells).or(Some(silent)),
        failure => failure.or(of_v6),
    };
    let wire_works = name.wire.iter().any(|(_, answer)| answer.is_done());
    let system = name.system.as_ref().and_then(Observation::failure);
    match name.decider {
        Decider::System if wire_works => system,
        _ => wire.or(system),
    }
}

/// Addresses that a vendor's public name cannot have.
fn bogus(name: &NameSeen) -> Option<Finding> {
    let Host::Name(host) = &name.host else {
        return None;
    };
    if !matches!(name.decider, Decider::System | Decider::Dns) {
        return None;
    }
    let of_kind = |wanted: Kind| -> Vec<IpAddr> {
        let is = |address: &&IpAddr| space::kind(name.behind_nat64(**address)) == wanted;
        name.addresses.iter().filter(is).copied().collect()
    };
    let nowhere: Vec<IpAddr> = [of_kind(Kind::Undialable), of_kind(Kind::Loopback)].concat();
    let (code, verdict, addresses) = if nowhere.len() == name.addresses.len() {
        (Code::DnsSinkhole, Verdict::Fail, nowhere)
    } else if space::vendor(host).is_none() {
        return None;
    } else if !of_kind(Kind::Private).is_empty() {
        (Code::DnsBogon, Verdict::Degraded, of_kind(Kind::Private))
    } else if !of_kind(Kind::Synthetic).is_empty() {
        (Code::DnsSynthetic, Verdict::Pass, of_kind(Kind::Synthetic))
    } else {
        return None;
    };
    let list: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    Some(finding(
        code,
        verdict,
        "an address of its owner",
        format!("{host} resolves to {}", list.join(", ")),
    ))
}

/// One configured server says nothing while another answers: every look-up pays for it.
fn silent_server(name: &NameSeen) -> Option<Finding> {
    let answers = name.wire.iter().map(|(_, answer)| answer);
    if !answers.clone().any(Observation::is_done) {
        return None;
    }
    let silent = answers
        .filter(|answer| {
            let code = answer.failure().map(|failure| failure.code);
            matches!(code, Some(Code::DnsTimeout | Code::DnsUnreachable))
        })
        .map(|answer| answer.seen.resolver)
        .find(|resolver| {
            let same = |answer: &&Observation<_>| wire_resolver(answer) == *resolver;
            !name
                .wire
                .iter()
                .map(|(_, a)| a)
                .filter(same)
                .any(Observation::is_done)
        })?;
    Some(finding(
        Code::DnsServerSilent,
        Verdict::Degraded,
        "an answer from every configured server",
        format!("{silent} does not answer, another configured server does"),
    ))
}

/// A server that has addresses of one family, and for the other one an error or nothing, where an empty answer is due
/// (RFC 4074): look-ups wait for it, or take the error for the name's.
pub(super) fn one_family(name: &NameSeen) -> Option<Finding> {
    let failure = |resolver: SocketAddr| {
        let same =
            |(_, answer): &&(Family, Observation<WireSeen>)| answer.seen.resolver == resolver;
        let failed = |(family, answer): &(Family, Observation<WireSeen>)| {
            Some((*family, answer.failure()?.clone()))
        };
        name.wire.iter().filter(same).find_map(failed)
    };
    let (good, (bad, failure)) = name
        .wire
        .iter()
        .filter(|(_, answer)| answer.is_done())
        .find_map(|(good, answer)| Some((good, failure(answer.seen.resolver)?)))?;
    let code = match failure.code {
        Code::DnsTimeout => Code::DnsFamilySilent,
        Code::DnsNxdomain
        | Code::DnsServfail
        | Code::DnsDnssecBogus
        | Code::DnsRefused
        | Code::DnsFormerr
        | Code::DnsNotimp
        | Code::DnsOther => Code::DnsFamilyFailed,
        // Nothing of that family is in order, and what did not get out says nothing of the server.
        _ => return None,
    };
    let (good, bad) = (good.record(), bad.record());
    Some(finding(
        code,
        Verdict::Degraded,
        "an answer for A and for AAAA",
        format!(
            "for {good} there is an answer, for {bad}: {}",
            failure.detail
        ),
    ))
}

/// The operating system sends applications elsewhere than the DNS servers say: a hosts file, a VPN,
/// an agent. Where the row works all the same it is a note.
fn differs(name: &NameSeen) -> Option<Finding> {
    if name.decider != Decider::System || !name.system_differs() {
        return None;
    }
    let list = |all: &[IpAddr]| {
        let all: Vec<String> = all.iter().take(4).map(ToString::to_string).collect();
        all.join(", ")
    };
    let system = list(&name.addresses);
    let wire = list(&name.wire_addresses());
    Some(finding(
        Code::DnsSystemDiffers,
        Verdict::Degraded,
        "the same answer from the system and on the wire",
        format!(
            "{}: the system says {system}, the DNS server {wire}",
            name.host
        ),
    ))
}

fn wire_resolver(answer: &Observation<WireSeen>) -> SocketAddr {
    answer.seen.resolver
}

/// An answer came by TCP alone. Where the same server answered another question over UDP, the network loses
/// packets now and then, and blocks nothing.
fn udp_lost(name: &NameSeen, context: &Context<'_>) -> Option<Finding> {
    let lost = name.wire.iter().find(|(_, answer)| {
        answer.is_done()
            && answer.seen.transport == "tcp"
            && !answer.seen.truncated
            && !context.run.udp_resolvers.contains(&answer.seen.resolver)
    })?;
    Some(finding(
        Code::DnsUdpBlocked,
        Verdict::Degraded,
        "an answer over UDP",
        format!("{} answers over TCP only", lost.1.seen.resolver),
    ))
}
