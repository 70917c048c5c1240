//! From what a row has seen to its line in the report.

use std::net::SocketAddr;

use jiff::Timestamp;

use super::addresses::{addresses, application, attempts};
use super::stages::stages;
use super::{Paths, Row};
use crate::advice;
use crate::code::Code;
use crate::finding::{Finding, Verdict, deciding};
use crate::net::path::Path;
use crate::plan;
use crate::probe::{
    Context, Cut, Followed, Held, HopWhy, Redirect, RunFacts, Seen, Spec, gate, judge_hosted,
    judge_misprint, judge_retired,
};
use crate::report::{self, Check};

/// What every row of a run is judged with.
pub(super) struct Judging {
    pub(super) now: Timestamp,
    pub(super) paths: Paths,
    pub(super) fast: bool,
}

impl Judging {
    pub(super) fn context<'b>(
        &'b self,
        row: &plan::Row,
        cut: Option<Cut>,
        run: &'b RunFacts,
    ) -> Context<'b> {
        Context {
            expect: row.check.expect,
            inspection: row.check.inspection,
            proxy: row.check.proxy,
            cut,
            fast: self.fast,
            now: self.now,
            run,
        }
    }

    pub(super) fn check(&self, row: &plan::Row, outcome: &Row) -> Check {
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
        let mut check = judged(row, findings, || spec.evidence(&outcome.seen, &context));
        let target = spec.came_to(&outcome.seen);
        check.target = report::Target {
            host: Some(target.host).filter(|host| !host.is_empty()),
            port: target.port,
        };
        check.path = path(&outcome.seen).filter(|_| check.target.host.is_some());
        check.provisional = outcome.cut.is_some() || (self.fast && is_silence(&check));
        if check.provisional && outcome.cut.is_none() {
            check.message.push_str(" (provisional)");
        }
        check.addresses = addresses(spec, &outcome.seen, &context);
        check.application = application(&outcome.seen, &check.addresses, &context);
        let all = &outcome.seen.follow_ups;
        check.follow_ups = all.iter().map(|one| follow_up(one, all)).collect();
        check
            .follow_ups
            .extend(outcome.seen.redirects.iter().map(hop));
        check.follow_ups.extend(outcome.seen.held.iter().map(held));
        check.attempts = attempts(spec, &outcome.seen, check.verdict, &context);
        check.stages = stages(spec, &outcome.seen, &check, &context);
        if self.paths == Paths::Both {
            check.paths = self.both(row, outcome, &check);
        }
        check
    }

    /// What each of the two ways out came to, the direct one first.
    fn both(&self, row: &plan::Row, outcome: &Row, check: &Check) -> Vec<report::PathVerdict> {
        let verdict = |path: Path, check: &Check| report::PathVerdict {
            path,
            verdict: check.verdict,
            code: check.code,
            message: check.message.clone(),
        };
        let Some(path) = check.path.clone() else {
            return Vec::new();
        };
        let own = verdict(path.clone(), check);
        let (Some(seen), Ok(spec)) = (&outcome.direct, &row.todo) else {
            return vec![own];
        };
        if path == Path::Direct {
            return vec![own];
        }
        let context = self.context(row, outcome.cut, &outcome.facts);
        let findings = judge(row, spec, seen, &context);
        let direct = judged(row, findings, || spec.evidence(seen, &context));
        vec![verdict(Path::Direct, &direct), own]
    }

    /// The row of a machine that is on no network: nothing was asked.
    pub(super) fn offline(row: &plan::Row) -> Check {
        let finding = own_finding(
            Code::NetOffline,
            "this machine is on no network: it has no usable address or no route",
        );
        judged(row, vec![finding], String::new)
    }
}

/// Whether the row came to what it is because something did not answer in time.
fn is_silence(check: &Check) -> bool {
    let counts = |finding: &&Finding| finding.verdict != Verdict::Skipped;
    let findings = check.findings.iter().filter(counts);
    findings.map(|finding| finding.code).any(Code::is_silence)
}

/// The way that the row took.
fn path(seen: &Seen) -> Option<Path> {
    let taken = seen.path();
    let unresolved = || Some(Path::through(&seen.proxies.last()?.proxy));
    taken.or_else(unresolved).or(Some(Path::Direct))
}

fn hop(redirect: &Redirect) -> report::FollowUp {
    report::FollowUp {
        question: redirect.question(),
        answer: redirect.answer(),
        path: None,
        redirect: (redirect.why == HopWhy::Redirect).then(|| report::RedirectHop {
            url: redirect.shown(),
            status: redirect.status(),
        }),
        instead: None,
        held: None,
    }
}

fn held(held: &Held) -> report::FollowUp {
    report::FollowUp {
        question: held.question(),
        answer: held.sentence(),
        path: None,
        redirect: None,
        instead: None,
        held: Some(report::HeldConnections {
            peer: held.peer,
            tries: held.observation.seen.tries.clone(),
        }),
    }
}

fn follow_up(followed: &Followed, all: &[Followed]) -> report::FollowUp {
    report::FollowUp {
        question: followed.question(),
        answer: followed.answer(all),
        path: followed.path().map(|(route, seen)| report::WalkedPath {
            to: SocketAddr::new(route.address, route.port),
            hops: seen
                .hops
                .iter()
                .map(|(ttl, address)| report::Hop {
                    ttl: *ttl,
                    address: *address,
                })
                .collect(),
            reached: seen.reached,
        }),
        redirect: None,
        instead: followed
            .instead()
            .map(|(at, name, answered)| report::Instead {
                at,
                name: name.map(ToOwned::to_owned),
                answered,
            }),
        held: None,
    }
}

fn own_finding(code: Code, actual: &str) -> Finding {
    Finding {
        code,
        verdict: Verdict::Inconclusive,
        expected: "an answer from the network".to_owned(),
        actual: actual.to_owned(),
        advice: advice::of(code).next.to_owned(),
        proxy: None,
        address: None,
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
    let findings = gate(findings, context.run);
    if row.check.on_premises {
        return judge_hosted(findings, context.run);
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
    // A sampled host says by its pattern what it stands for.
    if !row.check.stands_for.is_empty() && row.check.sample_of.is_none() {
        let wildcards = row.check.stands_for.join(" and ");
        check.message = format!("{}; stands for {wildcards}", check.message);
    }
    check.findings = findings;
    check
}

fn blank(row: &plan::Row) -> Check {
    let probe = row.check.probe.as_deref().map_or("none", Spec::kind);
    let target = row.check.probe.as_deref().map(Spec::target).ok();
    Check {
        id: row.check.id.clone(),
        title: row.check.title.clone(),
        probe: probe.to_owned(),
        target: report::Target {
            port: target.as_ref().and_then(|target| target.port),
            host: target
                .map(|target| target.host)
                .filter(|host| !host.is_empty()),
        },
        path: None,
        paths: Vec::new(),
        expect: row.check.expect,
        policy: Some(report::Policy {
            inspection: row.check.inspection,
            proxy: row.check.proxy,
        }),
        verdict: Verdict::Pass,
        provisional: false,
        code: None,
        stage: None,
        message: String::new(),
        stands_for: row.check.stands_for.clone(),
        findings: Vec::new(),
        control: None,
        attempts: report::Attempts::default(),
        stages: report::Stages::default(),
        addresses: Vec::new(),
        application: None,
        source: Some(row.place().clone()),
        follow_ups: Vec::new(),
        explained_by: None,
    }
}

fn skipped(row: &plan::Row, reason: &plan::Reason) -> Check {
    let mut check = blank(row);
    check.verdict = Verdict::Skipped;
    check.message = reason.sentence();
    if matches!(
        reason,
        plan::Reason::Variable(_) | plan::Reason::Optional(_) | plan::Reason::Secret(_)
    ) {
        check.code = Some(Code::InconclusiveVariable);
    }
    check
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Plan, Selection};
    use crate::profile::{Role, target_profile};

    #[test]
    fn a_row_whose_task_died_is_our_own_fault_and_blames_nobody() {
        let targets = ["tcp://192.0.2.1:443".to_owned()];
        let profile = target_profile(&targets, None).expect("a target");
        let selection = Selection {
            roles: vec![Role::Client],
            ..Selection::default()
        };
        let plan = Plan::of(&[profile], &selection).expect("nothing is left out");
        let judging = Judging {
            now: Timestamp::UNIX_EPOCH,
            paths: Paths::Proxied,
            fast: false,
        };
        let outcome = Row {
            died: true,
            ..Row::default()
        };
        let check = judging.check(&plan.rows[0], &outcome);
        assert_eq!(check.code, Some(Code::LocalInternal));
        assert_eq!(check.verdict, Verdict::Inconclusive);
    }
}
