//! The stages of one row as the report shows them: the ladder that stands for it, and its look-up.

use std::net::IpAddr;
use std::sync::Arc;

use super::addresses::alone;
use crate::finding::Verdict;
use crate::net::Observation;
use crate::net::endpoint::Host;
use crate::net::names::NameSeen;
use crate::net::tls::LargeHelloSeen;
use crate::net::wire::{Family, WireSeen};
use crate::probe::{Agreement, Context, LadderSeen, Seen, Spec, is_intercepted};
use crate::report::{self, Check};

/// The stages of the ladder that stands for the row: one that failed, if the row did, else one that works.
pub(super) fn stages(
    spec: &Spec,
    seen: &Seen,
    check: &Check,
    context: &Context<'_>,
) -> report::Stages {
    let last = spec.came_to(seen).host;
    // Where the calls led to another host, that one stands for the row; else the last of the calls.
    let elsewhere = last != spec.target().host;
    let wants_failure = check.verdict != Verdict::Pass;
    let failed = |ladder: &&LadderSeen| !ladder.observation.is_done();
    let mut ladders = seen.on_taken();
    let chosen = seen
        .on_taken()
        .find(|ladder| wants_failure && fails_as_told(ladder, check))
        .or_else(|| {
            let mut all = seen.on_taken();
            all.find(|ladder| wants_failure && failed(ladder))
        })
        .or_else(|| {
            let mut all = seen.on_taken();
            let wrong = |ladder: &&LadderSeen| is_wrong(ladder, check, spec, context);
            all.find(|ladder| wants_failure && !elsewhere && wrong(ladder))
        })
        .or_else(|| {
            ladders.rfind(|ladder| {
                let stands = elsewhere || is_call(ladder);
                !failed(ladder) && ladder.host.to_string() == last && stands
            })
        })
        .or_else(|| seen.on_taken().find(|ladder| !failed(ladder)))
        .or_else(|| seen.on_taken().next());
    let of_last = |host: &Host| host.to_string() == last;
    let unreached = seen.ladders.iter().all(|ladder| !of_last(&ladder.host));
    // A call that found no address has no ladder; those before it do not stand for the row.
    let stuck = seen
        .names
        .iter()
        .find(|name| unreached && of_last(&name.host));
    let chosen = chosen.filter(|_| stuck.is_none());
    let name = match chosen {
        Some(ladder) => seen.names.iter().find(|name| name.host == ladder.host),
        None => stuck.or_else(|| seen.names.first()),
    };
    let mut stages = report::Stages {
        dns: name.and_then(|name| {
            let mut stage = dns(name)?;
            stage.compared = compared(spec, name, seen, context);
            Some(Box::new(stage))
        }),
        app: seen.app.clone(),
        ..report::Stages::default()
    };
    if let Some(ladder) = chosen {
        let rungs = &ladder.observation.seen;
        stages.tcp.clone_from(&rungs.tcp);
        stages.proxy.clone_from(&rungs.proxy);
        stages.http.clone_from(&rungs.http);
        stages.tls = rungs.tls.as_ref().map(|tls| {
            Box::new(report::TlsStage {
                seen: Arc::clone(tls),
                accepts: spec.accepts().to_vec(),
                intercepted: is_intercepted(ladder, spec.accepts(), context),
                large_hello: large_hello(ladder),
            })
        });
    }
    stages
}

/// Whether a ladder failed at what decides the row: of several addresses each may fail at something else.
fn fails_as_told(ladder: &LadderSeen, check: &Check) -> bool {
    let failure = ladder.observation.failure();
    failure.is_some_and(|failure| Some(failure.code) == check.code)
}

/// Whether a ladder that came to its end is what is wrong with the row, such as one with a chain that was made on the way.
fn is_wrong(ladder: &LadderSeen, check: &Check, spec: &Spec, context: &Context<'_>) -> bool {
    if is_call(ladder) {
        return false;
    }
    let verdict = alone(spec, ladder, context);
    verdict != Verdict::Pass && [verdict, Verdict::Degraded].contains(&check.verdict)
}

/// Whether it is one of several calls, of which the last one stands for the row.
fn is_call(ladder: &LadderSeen) -> bool {
    let request = ladder.ladder.request.as_ref();
    request.is_some_and(|request| request.credential.is_some())
}

/// A large hello that was sent; one that found no connection says nothing.
fn large_hello(ladder: &LadderSeen) -> Option<LargeHelloSeen> {
    let large = ladder.large.as_ref()?;
    (!large.is_pending() && large.seen.bytes > 0).then(|| large.seen.clone())
}

fn dns(name: &NameSeen) -> Option<report::DnsStage> {
    let queries: Vec<report::Query> = name.wire.iter().filter_map(query).collect();
    if queries.is_empty() && name.system.is_none() {
        return None;
    }
    let decided = name
        .wire
        .iter()
        .map(|(_, answer)| answer)
        .find(|answer| answer.is_done() && !answer.seen.answers.is_empty());
    let system = name.system.as_ref().filter(|answer| !answer.is_pending());
    let resolver = decided.map(|answer| answer.seen.resolver);
    Some(report::DnsStage {
        ms: match (system, decided) {
            (Some(answer), _) => answer.seen.ms,
            (None, Some(answer)) => answer.seen.ms,
            (None, None) => queries.iter().map(|query| query.ms).fold(0.0, f64::max),
        },
        decided_by: name.decider,
        resolver: resolver.or_else(|| queries.first().map(|query| query.resolver)),
        cname: decided
            .or_else(|| led_on(name))
            .map(|answer| answer.seen.cname.clone())
            .unwrap_or_default(),
        addresses: name
            .addresses
            .iter()
            .map(|address| with_ttl(name, *address))
            .collect(),
        system: system.map(|answer| report::SystemAnswer {
            addresses: answer.seen.addresses.clone(),
            error: answer.failure().cloned(),
            differs: name.system_differs(),
        }),
        queries,
        compared: None,
    })
}

/// An answer that leads on and then says that there is nothing: where it leads tells who is denied.
fn led_on(name: &NameSeen) -> Option<&Observation<WireSeen>> {
    let mut answers = name.wire.iter().map(|(_, answer)| answer);
    answers.find(|answer| !answer.seen.cname.is_empty())
}

fn compared(
    spec: &Spec,
    name: &NameSeen,
    seen: &Seen,
    context: &Context<'_>,
) -> Option<report::ComparedAnswer> {
    let compared = seen.compared.iter().find(|one| one.host == name.host)?;
    let (agrees, by) = match compared.agreement(seen, spec.accepts(), context) {
        Agreement::Agree(by) => (Some(true), Some(by)),
        Agreement::Differ => (Some(false), None),
        Agreement::Undecided => (None, None),
    };
    Some(report::ComparedAnswer {
        server: compared.server,
        agrees,
        by,
        addresses: compared.addresses(),
        queries: compared.answers.iter().filter_map(query).collect(),
    })
}

fn query((family, answer): &(Family, Observation<WireSeen>)) -> Option<report::Query> {
    (!answer.is_pending()).then(|| report::Query {
        kind: family.record().to_owned(),
        resolver: answer.seen.resolver,
        rcode: answer.seen.rcode.clone(),
        ms: answer.seen.ms,
        tries: answer.seen.tries,
        transport: answer.seen.transport.clone(),
        failure: answer.failure().cloned(),
        icmp: answer.seen.icmp,
        more: Some(answer.seen.more).filter(|more| *more > 0),
    })
}

fn with_ttl(name: &NameSeen, address: IpAddr) -> report::DnsAddress {
    let mut answers = name
        .wire
        .iter()
        .flat_map(|(_, answer)| &answer.seen.answers);
    let ttl = answers
        .find(|answer| answer.address == address)
        .map(|answer| answer.ttl);
    report::DnsAddress { address, ttl }
}
