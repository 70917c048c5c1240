//! When things run: every row at once, each in a task of its own, until all have ended or the run is cut short.

mod addresses;
mod canary;
mod compared;
mod fold;
mod following;
mod paths;
mod remarks;
mod rows;
mod stages;
mod vantage;

use std::collections::BTreeSet;
use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;
use tokio::task::JoinSet;

use crate::diagnose::{Asked, diagnose, reasoning};
use crate::net::Net;
use crate::net::ladder::Ladder;
use crate::net::wire::Family;
use crate::plan::{Plan, raises};
use crate::probe::{Ask, Cut, Elsewhere, FollowUp, ProxyPolicy, RunFacts, Seen, Spec, run_facts};
use crate::report::{self, Report};
pub use fold::has_internal_error;
pub use paths::Paths;
use paths::{carriers, is_asked_twice};
use rows::Judging;

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
        message: String,
    },
    Ended {
        id: String,
        check: Box<report::Check>,
    },
}

/// Runs a plan and reports on it in the plan's order. Can be called again with a new `Net`.
pub async fn run(
    plan: &Plan,
    net: &Net,
    options: &Options,
    cancel: impl Future<Output = ()>,
    mut on_event: impl FnMut(Event),
) -> Report {
    let vantage = vantage::of(plan, net);
    if vantage::is_offline(plan, net, &vantage) {
        let blank = vec![Row::default(); plan.rows.len()];
        return report_of(plan, net, options, vantage, &blank, None);
    }
    let trust = std::sync::Arc::clone(&net.settings().trust);
    let loading = tokio::spawn(async move { trust.load().await });
    let dialled = canary::begin(plan, net);
    let mut running = Running::begin(plan, net, options, &mut on_event);
    running
        .until_end(plan, options, cancel, &mut on_event)
        .await;
    // A row that goes on could sign in anew, and nobody would give that token back.
    running.tasks.shutdown().await;
    net.give_back(GIVING_BACK).await;
    let cut = running.cut;
    let rows: Vec<Row> = running.finish(
        canary::answered(net, &dialled),
        options.elsewhere.clone(),
        cut,
    );
    loading.abort();
    report_of(plan, net, options, vantage, &rows, Some(&dialled))
}

/// How long the end of a run waits until tokens that were granted for it are given back.
const GIVING_BACK: Duration = Duration::from_secs(2);

/// What one row has come to.
#[derive(Clone, Debug, Default)]
struct Row {
    seen: Seen,
    /// What the direct path showed beside it, where that was asked for.
    direct: Option<Seen>,
    cut: Option<Cut>,
    /// Its task died: a mistake of this program.
    died: bool,
    facts: std::sync::Arc<RunFacts>,
}

/// Planning looks at every row: after each time it rests for so many times as long as it took.
const PLANNING_SHARE: u32 = 10;

/// What a task of the run was.
enum Done {
    Row(usize),
    /// A row's direct path, beside the way that it takes.
    Beside,
    FollowUp,
}

struct Running {
    asks: Vec<Option<Ask>>,
    /// For each row that a proxy may carry, its direct path.
    beside: Vec<Option<Ask>>,
    specs: Vec<Option<Spec>>,
    ended: BTreeSet<usize>,
    died: BTreeSet<usize>,
    tasks: JoinSet<Done>,
    followed: Vec<FollowUp>,
    /// Something has ended that may raise a further question.
    raised: bool,
    cut: Option<Cut>,
    net: Net,
}

impl Running {
    fn begin(plan: &Plan, net: &Net, options: &Options, on_event: &mut impl FnMut(Event)) -> Self {
        let mut running = Self {
            asks: Vec::new(),
            beside: Vec::new(),
            specs: Vec::new(),
            ended: BTreeSet::new(),
            died: BTreeSet::new(),
            tasks: JoinSet::new(),
            followed: Vec::new(),
            raised: false,
            cut: None,
            net: net.clone(),
        };
        for (index, row) in plan.rows.iter().enumerate() {
            let Ok(spec) = &row.todo else {
                running.asks.push(None);
                running.beside.push(None);
                running.specs.push(None);
                continue;
            };
            on_event(Event::Started { id: plan.id(row) });
            let carriers = carriers(row, options.paths);
            let ask = |carriers, beside| Ask::new(net.clone(), options.attempts, beside, carriers);
            let direct = (options.paths == Paths::Both && is_asked_twice(spec, carriers))
                .then(|| ask(ProxyPolicy::Never, None));
            if let Some(ask) = direct.clone() {
                let spec = spec.clone();
                running.tasks.spawn(async move {
                    spec.observe(&ask).await;
                    Done::Beside
                });
            }
            running.beside.push(direct);
            let ask = ask(carriers, plan.comparison.clone());
            running.asks.push(Some(ask.clone()));
            running.specs.push(Some(spec.clone()));
            let spec = spec.clone();
            running.tasks.spawn(async move {
                spec.observe(&ask).await;
                ask.compare(&spec.wants()).await;
                Done::Row(index)
            });
        }
        running
    }

    async fn until_end(
        &mut self,
        plan: &Plan,
        options: &Options,
        cancel: impl Future<Output = ()>,
        on_event: &mut impl FnMut(Event),
    ) {
        tokio::pin!(cancel);
        let deadline = tokio::time::sleep(options.deadline.saturating_sub(self.net.elapsed()));
        tokio::pin!(deadline);
        let provisional = tokio::time::sleep(Duration::from_secs(1));
        tokio::pin!(provisional);
        let mut told = false;
        let planning = tokio::time::sleep(Duration::ZERO);
        tokio::pin!(planning);
        loop {
            tokio::select! {
                // Whoever waits for the rows must not starve the clock.
                () = &mut deadline => { self.cut = Some(Cut::Deadline); break; }
                () = &mut cancel => { self.cut = Some(Cut::Interrupted); break; }
                () = &mut planning, if self.raised => {
                    self.raised = false;
                    let started = tokio::time::Instant::now();
                    self.follow_up(plan, options, false);
                    planning.as_mut().reset(started + started.elapsed() * PLANNING_SHARE);
                }
                ended = self.tasks.join_next() => match ended {
                    Some(Ok(Done::Row(index))) => self.row_ended(plan, options, index, on_event),
                    // A walk can be compared with that to a port that has answered since.
                    Some(Ok(Done::FollowUp)) => self.raised |= options.trace,
                    // Which row a dead task was shows at the end: it is neither ended nor running.
                    Some(Ok(Done::Beside) | Err(_)) => {}
                    None if self.raised => {
                        self.raised = false;
                        self.follow_up(plan, options, false);
                    }
                    None => break,
                },
                () = &mut provisional, if !told => {
                    told = true;
                    let slow = self.net.median_round_trip().unwrap_or(0.0) * 4.0 / 1000.0;
                    if slow > 1.0 {
                        told = false;
                        let later = Duration::from_secs_f64(slow).saturating_sub(self.net.elapsed());
                        provisional.as_mut().reset(tokio::time::Instant::now() + later.max(Duration::from_millis(100)));
                    } else {
                        self.tell_provisional(plan, options, on_event);
                        self.follow_up(plan, options, true);
                    }
                }
            }
        }
        if self.cut.is_none() {
            self.died = (0..self.asks.len())
                .filter(|index| self.asks[*index].is_some() && !self.ended.contains(index))
                .collect();
        }
    }

    fn row_ended(
        &mut self,
        plan: &Plan,
        options: &Options,
        index: usize,
        on_event: &mut impl FnMut(Event),
    ) {
        self.ended.insert(index);
        let seen = self.seen(index);
        self.raised |= seen.ladders.iter().any(raises);
        let check = self.judge_now(plan, options, index, seen);
        on_event(Event::Ended {
            id: plan.id(&plan.rows[index]),
            check: Box::new(check),
        });
    }

    fn tell_provisional(&self, plan: &Plan, options: &Options, on_event: &mut impl FnMut(Event)) {
        for index in 0..self.asks.len() {
            if self.asks[index].is_some() && !self.ended.contains(&index) {
                let check = self.judge_now(plan, options, index, self.seen(index));
                on_event(Event::Provisional {
                    id: plan.id(&plan.rows[index]),
                    message: check.message,
                });
            }
        }
    }

    /// What is known of a row at this moment.
    fn seen(&self, index: usize) -> Seen {
        self.asks[index].as_ref().map(Ask::seen).unwrap_or_default()
    }

    /// The row's verdict by what is known so far; the report judges again when all is known.
    fn judge_now(&self, plan: &Plan, options: &Options, index: usize, seen: Seen) -> report::Check {
        let row = Row {
            seen,
            ..Row::default()
        };
        judging(&self.net, options).check(&plan.rows[index], &row)
    }

    fn finish(
        self,
        canary: BTreeSet<(Family, u16)>,
        elsewhere: Option<Elsewhere>,
        cut: Option<Cut>,
    ) -> Vec<Row> {
        let seen: Vec<Seen> = (0..self.asks.len()).map(|index| self.seen(index)).collect();
        let mut direct: Vec<Option<Seen>> = self
            .beside
            .iter()
            .map(|ask| ask.as_ref().map(Ask::seen))
            .collect();
        let specs = self.specs.iter().zip(&seen);
        let asked = specs.filter_map(|(spec, seen)| spec.as_ref().map(|spec| (spec, seen)));
        let facts = std::sync::Arc::new(run_facts(asked, canary, elsewhere));
        seen.into_iter()
            .enumerate()
            .map(|(index, seen)| Row {
                seen,
                direct: direct[index].take(),
                cut: cut.filter(|_| !self.ended.contains(&index)),
                died: self.died.contains(&index),
                facts: std::sync::Arc::clone(&facts),
            })
            .collect()
    }
}

fn judging(net: &Net, options: &Options) -> Judging {
    // A clock outside the years that a timestamp can hold is shown as 1970.
    let now = Timestamp::try_from(net.started_at()).unwrap_or(Timestamp::UNIX_EPOCH);
    Judging {
        now,
        not_tried: net
            .settings()
            .proxies
            .shown()
            .filter(|_| options.paths == Paths::Direct),
        paths: options.paths,
    }
}

fn report_of(
    plan: &Plan,
    net: &Net,
    options: &Options,
    vantage: report::Vantage,
    rows: &[Row],
    // None: this machine is offline, and nothing was dialled at all.
    canary: Option<&[Ladder]>,
) -> Report {
    let judging = judging(net, options);
    let checks: Vec<report::Check> = plan
        .rows
        .iter()
        .zip(rows)
        .map(|(row, outcome)| {
            if canary.is_none() && row.todo.is_ok() {
                return Judging::offline(row);
            }
            judging.check(row, outcome)
        })
        .collect();
    let mut prerequisites = fold::prerequisites(plan, checks);
    let started = format!("{:.3}", judging.now);
    let asked = Asked {
        started: &started,
        arguments: &options.arguments,
    };
    let reasoned = diagnose(&mut prerequisites, &vantage, asked);
    let verdict = fold::run_verdict(&prerequisites);
    let facts = rows
        .first()
        .map(|row| std::sync::Arc::clone(&row.facts))
        .unwrap_or_default();
    let cut = rows.iter().find_map(|row| row.cut);
    let comparison = compared::summary(plan, rows, &judging);
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
