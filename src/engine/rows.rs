//! From what a row has seen to its line in the report.

use std::net::IpAddr;

use jiff::Timestamp;

use super::Row;
use crate::advice;
use crate::code::Code;
use crate::finding::{Finding, Verdict, deciding};
use crate::net::ladder::Path;
use crate::net::names::NameSeen;
use crate::net::wire::Family;
use crate::plan::{self, Plan};
use crate::probe::{
    Context, Cut, LadderSeen, RunFacts, Seen, Spec, is_intercepted, judge_misprint, judge_retired,
};
use crate::report::{self, Check};

/// What every row of a run is judged with.
pub(super) struct Judging<'a> {
    pub(super) now: Timestamp,
    pub(super) proxy: Option<&'a str>,
}

impl Judging<'_> {
    fn context<'b>(&'b self, row: &plan::Row, cut: Option<Cut>, run: &'b RunFacts) -> Context<'b> {
        Context {
            expect: row.check.expect,
            inspection: row.check.inspection,
            proxy: row.check.proxy,
            proxy_not_tried: self.proxy,
            cut,
            now: self.now,
            run,
        }
    }

    pub(super) fn check(&self, _plan: &Plan, row: &plan::Row, outcome: &Row) -> Check {
        let spec = match &row.todo {
            Ok(spec) => spec,
            Err(reason) => return skipped(row, reason),
        };
        let context = self.context(row, outcome.cut, &outcome.facts);
        let findings = if outcome.died {
            vec![own_finding(
                Code::LocalInternal,
                "an internal error ended this row; please report it",
            )]
        } else {
            judge(row, spec, &outcome.seen, &context)
        };
        let mut check = judged(row, findings, || spec.evidence(&outcome.seen));
        let target = spec.target();
        check.target = report::Target {
            host: Some(target.host),
            port: target.port,
        };
        check.path = Some(Path::Direct);
        check.provisional = outcome.cut.is_some();
        check.addresses = addresses(spec, &outcome.seen, &context);
        check.attempts = attempts(&outcome.seen);
        check.stages = stages(spec, &outcome.seen, &check, &context);
        check
    }

    /// The row of a machine that is on no network: nothing was asked.
    pub(super) fn offline(&self, row: &plan::Row) -> Check {
        let finding = own_finding(
            Code::NetOffline,
            "this machine is on no network: it has no usable address or no route",
        );
        judged(row, vec![finding], String::new)
    }
}

fn own_finding(code: Code, actual: &str) -> Finding {
    Finding {
        code,
        verdict: Verdict::Inconclusive,
        expected: "an answer from the network".to_owned(),
        actual: actual.to_owned(),
        advice: advice::of(code).next.to_owned(),
    }
}

fn judge(row: &plan::Row, spec: &Spec, seen: &Seen, context: &Context<'_>) -> Vec<Finding> {
    let findings = spec.judge(seen, context);
    if let Some(retired) = &row.check.retired {
        return judge_retired(&findings, seen, &retired.on, &retired.instead);
    }
    if let Some(sentence) = &row.check.misprint {
        return judge_misprint(&findings, sentence);
    }
    findings
}

fn judged(row: &plan::Row, findings: Vec<Finding>, evidence: impl FnOnce() -> String) -> Check {
    let mut check = blank(row);
    if let Some(skip) = findings.iter().find(|f| f.verdict == Verdict::Skipped) {
        check.verdict = Verdict::Skipped;
        check.message.clone_from(&skip.actual);
        check.code = Some(skip.code);
        check.findings = findings;
        return check;
    }
    let verdicts = findings.iter().map(|finding| finding.verdict);
    check.verdict = Verdict::worst(verdicts.chain([Verdict::Pass]));
    match deciding(&findings) {
        Some(decides) => {
            check.message.clone_from(&decides.actual);
            check.code = Some(decides.code);
            check.stage = Some(decides.stage());
        }
        None => check.message = evidence(),
    }
    check.findings = findings;
    check
}

fn blank(row: &plan::Row) -> Check {
    let probe = row.check.probe.as_ref().map_or("none", Spec::kind);
    let target = row.check.probe.as_ref().map(Spec::target).ok();
    Check {
        id: row.check.id.clone(),
        title: row.check.title.clone(),
        probe: probe.to_owned(),
        target: report::Target {
            port: target.as_ref().and_then(|target| target.port),
            host: target.map(|target| target.host),
        },
        path: None,
        expect: row.check.expect,
        verdict: Verdict::Pass,
        provisional: false,
        code: None,
        stage: None,
        message: String::new(),
        findings: Vec::new(),
        control: None,
        attempts: report::Attempts::default(),
        stages: report::Stages::default(),
        addresses: Vec::new(),
        source: Some(row.place().clone()),
        follow_ups: Vec::new(),
        explained_by: None,
    }
}

fn skipped(row: &plan::Row, reason: &plan::Reason) -> Check {
    let mut check = blank(row);
    check.verdict = Verdict::Skipped;
    check.message = reason.sentence();
    if matches!(reason, plan::Reason::Variable(_)) {
        check.code = Some(Code::InconclusiveVariable);
    }
    check
}

/// The verdict of each address, in the order in which they were dialled.
fn addresses(spec: &Spec, seen: &Seen, context: &Context<'_>) -> Vec<report::Address> {
    let mut order: Vec<&LadderSeen> = Vec::new();
    for ladder in &seen.ladders {
        if !order
            .iter()
            .any(|known| known.ladder.address == ladder.ladder.address)
        {
            order.push(ladder);
        }
    }
    let judged = spec.each_address(seen, context);
    order
        .iter()
        .zip(judged)
        .map(|(ladder, findings)| {
            let verdicts = findings.iter().map(|finding| finding.verdict);
            report::Address {
                address: ladder.ladder.address,
                family: family(ladder.ladder.address),
                verdict: Verdict::worst(verdicts.chain([Verdict::Pass])),
                code: deciding(&findings).map(|finding| finding.code),
                ms: total(ladder),
            }
        })
        .collect()
}

fn family(address: IpAddr) -> Family {
    if address.is_ipv4() {
        Family::V4
    } else {
        Family::V6
    }
}

fn total(ladder: &LadderSeen) -> Option<f64> {
    let rungs = &ladder.observation.seen;
    let tcp = rungs.tcp.as_ref()?.ms;
    let tls = rungs.tls.as_ref().map_or(0.0, |tls| tls.ms);
    let http = rungs.http.as_ref().map_or(0.0, |http| http.ms);
    Some(tcp + tls + http)
}

fn attempts(seen: &Seen) -> report::Attempts {
    let Some(first) = seen.ladders.first() else {
        return report::Attempts::default();
    };
    let same = |ladder: &&LadderSeen| ladder.ladder.address == first.ladder.address;
    let tries: Vec<&LadderSeen> = seen.ladders.iter().filter(same).collect();
    report::Attempts {
        made: tries.len(),
        ok: tries
            .iter()
            .filter(|ladder| ladder.observation.is_done())
            .count(),
    }
}

/// The stages of the ladder that stands for the row: one that failed, if the row did, else one that works.
fn stages(spec: &Spec, seen: &Seen, check: &Check, context: &Context<'_>) -> report::Stages {
    let wants_failure = check.verdict != Verdict::Pass;
    let failed = |ladder: &&LadderSeen| !ladder.observation.is_done();
    let chosen = seen
        .ladders
        .iter()
        .find(|ladder| wants_failure && failed(ladder))
        .or_else(|| seen.ladders.iter().find(|ladder| !failed(ladder)))
        .or_else(|| seen.ladders.first());
    let name = match chosen {
        Some(ladder) => seen.names.iter().find(|name| name.host == ladder.host),
        None => seen.names.first(),
    };
    let mut stages = report::Stages {
        dns: name.and_then(dns),
        ..report::Stages::default()
    };
    if let Some(ladder) = chosen {
        let rungs = &ladder.observation.seen;
        stages.tcp.clone_from(&rungs.tcp);
        stages.http.clone_from(&rungs.http);
        stages.tls = rungs.tls.as_ref().map(|tls| report::TlsStage {
            seen: tls.clone(),
            accepts: spec.accepts().to_vec(),
            intercepted: is_intercepted(ladder, spec.accepts(), context),
        });
    }
    stages
}

fn dns(name: &NameSeen) -> Option<report::DnsStage> {
    let queries: Vec<report::Query> = name
        .wire
        .iter()
        .filter(|(_, answer)| !answer.is_pending())
        .map(|(family, answer)| report::Query {
            kind: match family {
                Family::V4 => "A".to_owned(),
                Family::V6 => "AAAA".to_owned(),
            },
            resolver: answer.seen.resolver,
            rcode: answer.seen.rcode.clone(),
            ms: answer.seen.ms,
            tries: answer.seen.tries,
            transport: answer.seen.transport.clone(),
            failure: answer.failure().cloned(),
        })
        .collect();
    if queries.is_empty() && name.system.is_none() {
        return None;
    }
    let decided = name
        .wire
        .iter()
        .map(|(_, answer)| answer)
        .find(|answer| answer.is_done() && !answer.seen.answers.is_empty());
    let ttl = |address: &IpAddr| {
        let answers = name
            .wire
            .iter()
            .flat_map(|(_, answer)| &answer.seen.answers);
        answers
            .into_iter()
            .find(|a| a.address == *address)
            .map(|a| a.ttl)
    };
    let wire = name.wire_addresses();
    let system = name.system.as_ref().filter(|answer| !answer.is_pending());
    Some(report::DnsStage {
        ms: system.map_or_else(
            || decided.map_or_else(|| slowest(&queries), |answer| answer.seen.ms),
            |answer| answer.seen.ms,
        ),
        decided_by: name.decider,
        resolver: decided
            .map(|answer| answer.seen.resolver)
            .or_else(|| queries.first().map(|query| query.resolver)),
        cname: decided
            .map(|answer| answer.seen.cname.clone())
            .unwrap_or_default(),
        addresses: name
            .addresses
            .iter()
            .map(|address| report::DnsAddress {
                address: *address,
                ttl: ttl(address),
            })
            .collect(),
        system: system.map(|answer| report::SystemAnswer {
            addresses: answer.seen.addresses.clone(),
            error: answer.failure().cloned(),
            differs: !wire.is_empty() && !answer.seen.addresses.iter().any(|a| wire.contains(a)),
        }),
        queries,
    })
}

fn slowest(queries: &[report::Query]) -> f64 {
    queries.iter().map(|query| query.ms).fold(0.0, f64::max)
}
