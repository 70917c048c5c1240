//! When things run: every row at once, each in a task of its own, until all have ended or the run is cut short.

mod addresses;
mod canary;
mod compared;
mod fold;
mod following;
mod paths;
mod remarks;
mod rows;
mod running;
mod stages;
mod vantage;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::diagnose::{Asked, diagnose, reasoning};
use crate::net::Net;
use crate::net::ladder::Ladder;
use crate::plan::Plan;
use crate::probe::{Cut, Elsewhere, RunFacts, Seen};
use crate::report::{self, Report};
pub use fold::has_internal_error;
use jiff::Timestamp;
pub use paths::Paths;
use rows::Judging;
use running::Running;

/// What a run is told beside its plan.
#[derive(Clone, Debug)]
pub struct Options {
    /// The whole run ends by then, whatever is still open.
    pub deadline: Duration,
    pub attempts: u32,
    /// Whether every failing address has its path walked, not only the first of each cause.
    pub trace: bool,
    pub paths: Paths,
    /// `--control`: what another vantage reached a short while ago.
    pub elsewhere: Option<Elsewhere>,
    /// What was typed for this run, for whoever wants it again.
    pub arguments: Vec<String>,
}

/// What happens during a run, for whoever wants to show it.
#[derive(Clone, Debug)]
pub enum Event {
    Started {
        id: String,
    },
    /// The row is still waiting after a second; so far this is what is known.
    Provisional {
        id: String,
        check: Box<report::Check>,
    },
    Ended {
        id: String,
        check: Box<report::Check>,
    },
}

/// Whoever wants to know of events. Without one a row is judged once, when all is known.
pub type Watcher<'a> = Option<&'a mut (dyn FnMut(Event) + Send)>;

/// Runs a plan and reports on it in the plan's order. Can be called again with a new `Net`.
pub async fn run(
    plan: &Plan,
    net: &Net,
    options: &Options,
    cancel: impl Future<Output = ()>,
    mut watcher: Watcher<'_>,
) -> Report {
    let vantage = vantage::of(plan, net);
    if vantage::is_offline(plan, net, &vantage) {
        let blank = vec![Row::default(); plan.rows.len()];
        return report_of(plan, net, options, vantage, blank, None);
    }
    let trust = Arc::clone(&net.settings().trust);
    let loading = tokio::spawn(async move { trust.load().await });
    let dialled = canary::begin(plan, net);
    let mut running = Running::begin(plan, net, options, &mut watcher);
    running.until_end(plan, options, cancel, &mut watcher).await;
    // What a row has begun goes on without it: a secret that has not left by now stays here.
    net.keep_secrets();
    // A row that goes on could sign in anew, and nobody would give that token back.
    running.tasks.shutdown().await;
    net.give_back(GIVING_BACK).await;
    let cut = running.cut;
    let rows: Vec<Row> = running.finish(
        plan,
        canary::answered(net, &dialled),
        options.elsewhere.clone(),
        cut,
    );
    loading.abort();
    report_of(plan, net, options, vantage, rows, Some(&dialled))
}

/// How long the end of a run waits until tokens that were granted for it are given back.
const GIVING_BACK: Duration = Duration::from_secs(2);

/// What one row has come to.
#[derive(Clone, Debug, Default)]
struct Row {
    seen: Seen,
    /// What the direct path showed beside it, where that was asked for.
    direct: Option<Box<Seen>>,
    cut: Option<Cut>,
    /// Its task died: a mistake of this program.
    died: bool,
    facts: Arc<RunFacts>,
}

fn judging(net: &Net, options: &Options) -> Judging {
    // A clock outside the years that a timestamp can hold is shown as 1970.
    let now = Timestamp::try_from(net.started_at()).unwrap_or(Timestamp::UNIX_EPOCH);
    Judging {
        now,
        paths: options.paths,
        fast: net.settings().fast,
    }
}

fn report_of(
    plan: &Plan,
    net: &Net,
    options: &Options,
    vantage: report::Vantage,
    rows: Vec<Row>,
    // None: this machine is offline, and nothing was dialled at all.
    canary: Option<&[Arc<Ladder>]>,
) -> Report {
    let judging = judging(net, options);
    let facts = rows
        .first()
        .map(|row| Arc::clone(&row.facts))
        .unwrap_or_default();
    let cut = rows.iter().find_map(|row| row.cut);
    let comparison = compared::summary(plan, &rows, &judging);
    // What a row has seen goes as soon as it is judged: the report of a large run has as much to hold.
    let checks = plan.rows.iter().zip(rows).map(|(row, outcome)| {
        if canary.is_none() && row.todo.is_ok() {
            return Judging::offline(row);
        }
        judging.check(row, &outcome)
    });
    let mut prerequisites = fold::prerequisites(plan, checks);
    let started = format!("{:.3}", judging.now);
    let asked = Asked {
        started: &started,
        arguments: &options.arguments,
    };
    let reasoned = diagnose(&mut prerequisites, &vantage, asked);
    let verdict = fold::run_verdict(&prerequisites);
    let mut remarks = remarks::of(plan, &prerequisites, net, facts.on_jamf_cloud);
    remarks.extend(comparison.as_ref().map(compared::remark));
    let all = || prerequisites.iter().flat_map(|p| &p.checks);
    if options.trace && !net.can_trace() {
        remarks.push(following::NO_WALK.to_owned());
    }
    Report {
        schema: report::SCHEMA.to_owned(),
        tool: report::Tool {
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        run: report::Run {
            id: fold::run_id(judging.now),
            arguments: options.arguments.clone(),
            started,
            duration_ms: u64::try_from(net.elapsed().as_millis()).unwrap_or(u64::MAX),
            deadline_reached: cut == Some(Cut::Deadline),
            interrupted: cut == Some(Cut::Interrupted),
            provisional: all().any(|check| check.provisional),
            longest_ladder_round_trips: all().map(|c| c.stages.round_trips()).max().unwrap_or(0),
            canary: canary::reported(canary.unwrap_or_default(), &facts.canary),
            dns_comparison: comparison,
        },
        profiles: plan.profiles.clone(),
        verdict,
        headline: remarks::headline(&reasoned, &prerequisites, &remarks),
        remarks,
        counts: report::Counts::of(&prerequisites),
        vantage,
        reasoning: reasoning(&prerequisites, &reasoned.diagnoses),
        diagnoses: reasoned.diagnoses,
        unexplained: reasoned.unexplained,
        prerequisites,
    }
}
