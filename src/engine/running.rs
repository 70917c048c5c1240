//! A run under way: a task for each row, what they have come to so far, and what ends them all.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinError, JoinSet};

use super::paths::{carriers, is_asked_twice, left_out};
use super::{Event, Options, Paths, Row, Watcher, judging};
use crate::net::Net;
use crate::net::wire::Family;
use crate::plan::{Plan, is_silent, raises};
use crate::probe::{Ask, Cut, Elsewhere, FollowUp, LadderSeen, ProxyPolicy, Seen, run_facts};
use crate::report;

/// Planning looks at every row: after each time it rests for so many times as long as it took.
const PLANNING_SHARE: u32 = 10;

/// With more rows than that still open, their ends are gathered for so long: to wake for each costs more than to look at it.
const MANY: usize = 256;
const GATHERING: Duration = Duration::from_millis(1);

/// How often it is looked for connects that have become silent.
const SILENCE_LOOK: Duration = Duration::from_millis(250);

/// What a task of the run was.
pub(super) enum Done {
    Row(usize),
    /// A row's direct path, beside the way that it takes.
    Beside,
    FollowUp,
}

pub(super) struct Running {
    pub(super) asks: Vec<Option<Ask>>,
    /// For each row that a proxy may carry, its direct path.
    beside: Vec<Option<Ask>>,
    ended: BTreeSet<usize>,
    died: BTreeSet<usize>,
    pub(super) tasks: JoinSet<Done>,
    /// How many tasks of rows have not ended.
    open: usize,
    pub(super) followed: Vec<FollowUp>,
    /// Something has ended that may raise a further question.
    raised: bool,
    pub(super) cut: Option<Cut>,
    pub(super) net: Net,
    paths: Paths,
}

impl Running {
    pub(super) fn begin(
        plan: &Plan,
        net: &Net,
        options: &Options,
        watcher: &mut Watcher<'_>,
    ) -> Self {
        let mut running = Self {
            asks: Vec::new(),
            beside: Vec::new(),
            ended: BTreeSet::new(),
            died: BTreeSet::new(),
            tasks: JoinSet::new(),
            open: 0,
            followed: Vec::new(),
            raised: false,
            cut: None,
            net: net.clone(),
            paths: options.paths,
        };
        for row in &plan.rows {
            let Ok(spec) = &row.todo else {
                running.asks.push(None);
                running.beside.push(None);
                continue;
            };
            if let Some(tell) = watcher {
                tell(Event::Started { id: plan.id(row) });
            }
            let carriers = carriers(row, options.paths);
            let ask = |carriers, beside| Ask::new(net.clone(), options.attempts, beside, carriers);
            let direct = (options.paths == Paths::Both && is_asked_twice(spec, carriers))
                .then(|| ask(ProxyPolicy::Never, None));
            running.beside.push(direct);
            let ask = ask(carriers, plan.comparison.clone());
            running.asks.push(Some(ask));
        }
        for index in plan.interleaved() {
            running.start(plan, index);
        }
        running
    }

    fn start(&mut self, plan: &Plan, index: usize) {
        let Ok(spec) = &plan.rows[index].todo else {
            return;
        };
        if let Some(ask) = self.beside[index].clone() {
            let spec = Arc::clone(spec);
            self.open += 1;
            self.tasks.spawn(async move {
                spec.observe(&ask).await;
                Done::Beside
            });
        }
        if let Some(ask) = self.asks[index].clone() {
            let spec = Arc::clone(spec);
            let left_out = left_out(&plan.rows[index], self.paths);
            self.open += 1;
            self.tasks.spawn(async move {
                spec.observe(&ask).await;
                Box::pin(ask.compare(&spec.wants())).await;
                if left_out != ProxyPolicy::Never {
                    Box::pin(ask.note_not_tried(&spec.wants(), left_out)).await;
                }
                Done::Row(index)
            });
        }
    }

    pub(super) async fn until_end(
        &mut self,
        plan: &Plan,
        options: &Options,
        cancel: impl Future<Output = ()>,
        watcher: &mut Watcher<'_>,
    ) {
        tokio::pin!(cancel);
        let deadline = tokio::time::sleep(options.deadline.saturating_sub(self.net.elapsed()));
        tokio::pin!(deadline);
        let provisional = tokio::time::sleep(self.net.provisional_after());
        tokio::pin!(provisional);
        let mut told = false;
        let planning = tokio::time::sleep(Duration::ZERO);
        tokio::pin!(planning);
        let gathering = tokio::time::sleep(Duration::ZERO);
        tokio::pin!(gathering);
        loop {
            tokio::select! {
                // Whoever waits for the rows must not starve the clock.
                () = &mut deadline => { self.cut = Some(Cut::Deadline); break; }
                () = &mut cancel => { self.cut = Some(Cut::Interrupted); break; }
                () = &mut planning, if self.raised => {
                    self.raised = false;
                    let started = tokio::time::Instant::now();
                    self.follow_up(plan, options);
                    planning.as_mut().reset(started + started.elapsed() * PLANNING_SHARE);
                }
                () = &mut gathering, if !gathering.is_elapsed() => {}
                ended = self.tasks.join_next(), if gathering.is_elapsed() => match ended {
                    Some(ended) => {
                        self.task_ended(&ended, plan, options, watcher);
                        self.all_ended(plan, options, watcher);
                        if self.open > MANY {
                            gathering.as_mut().reset(tokio::time::Instant::now() + GATHERING);
                        }
                    }
                    None if self.raised => {
                        self.raised = false;
                        self.follow_up(plan, options);
                    }
                    None => break,
                },
                () = &mut provisional => {
                    let later = self.net.provisional_after().saturating_sub(self.net.elapsed());
                    if later.is_zero() && !told {
                        told = true;
                        self.tell_provisional(plan, options, watcher);
                    }
                    // What was dialled later than the first is silent later; and an answer may raise a question of its own.
                    self.raised |= !self.followed.is_empty() || self.any_in_trouble();
                    provisional.as_mut().reset(tokio::time::Instant::now() + later.max(SILENCE_LOOK));
                }
            }
            // Whoever wants to be fast does not wait for what only adds to the evidence.
            if self.open == 0 && self.net.settings().fast {
                break;
            }
        }
        // What came at the same moment as the end was there in time.
        self.all_ended(plan, options, watcher);
        if self.cut.is_none() {
            self.died = (0..self.asks.len())
                .filter(|index| self.asks[*index].is_some() && !self.ended.contains(index))
                .collect();
        }
    }

    /// Looks at every task that has ended by now.
    fn all_ended(&mut self, plan: &Plan, options: &Options, watcher: &mut Watcher<'_>) {
        while let Some(ended) = self.tasks.try_join_next() {
            self.task_ended(&ended, plan, options, watcher);
        }
    }

    fn task_ended(
        &mut self,
        ended: &Result<Done, JoinError>,
        plan: &Plan,
        options: &Options,
        watcher: &mut Watcher<'_>,
    ) {
        match ended {
            Ok(Done::Row(index)) => {
                self.open -= 1;
                self.row_ended(plan, options, *index, watcher);
            }
            // A walk can be compared with that to a port that has answered since.
            Ok(Done::FollowUp) => self.raised |= options.trace,
            Ok(Done::Beside) => self.open -= 1,
            // Which row a dead task was shows at the end: it is neither ended nor running.
            Err(_) => {}
        }
    }

    fn row_ended(
        &mut self,
        plan: &Plan,
        options: &Options,
        index: usize,
        watcher: &mut Watcher<'_>,
    ) {
        self.ended.insert(index);
        self.raised |= self.any_ladder(index, raises);
        let Some(tell) = watcher else { return };
        tell(Event::Ended {
            id: plan.id(&plan.rows[index]),
            check: Box::new(self.judge_now(plan, options, index, self.seen(index))),
        });
    }

    fn any_ladder(&self, index: usize, is_so: impl FnMut(&LadderSeen) -> bool) -> bool {
        let ask = self.asks[index].as_ref();
        ask.is_some_and(|ask| ask.ladders().iter().any(is_so))
    }

    /// Whether a row that still waits has something to ask about: a ladder that has ended, or a connect that has waited
    /// for so long that it counts as silent.
    fn any_in_trouble(&self) -> bool {
        let since = self.net.silent_since();
        let waits = |ladder: &LadderSeen| raises(ladder) || is_silent(ladder, since);
        (0..self.asks.len())
            .filter(|index| !self.ended.contains(index))
            .any(|index| self.any_ladder(index, waits))
    }

    fn tell_provisional(&self, plan: &Plan, options: &Options, watcher: &mut Watcher<'_>) {
        let Some(tell) = watcher else { return };
        for index in 0..self.asks.len() {
            if self.asks[index].is_some() && !self.ended.contains(&index) {
                let check = self.judge_now(plan, options, index, self.seen(index));
                tell(Event::Provisional {
                    id: plan.id(&plan.rows[index]),
                    check: Box::new(check),
                });
            }
        }
    }

    /// What is known of a row at this moment.
    pub(super) fn seen(&self, index: usize) -> Seen {
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

    pub(super) fn finish(
        self,
        plan: &Plan,
        canary: BTreeSet<(Family, u16)>,
        elsewhere: Option<Elsewhere>,
        cut: Option<Cut>,
    ) -> Vec<Row> {
        let seen: Vec<Seen> = (0..self.asks.len()).map(|index| self.seen(index)).collect();
        let mut direct: Vec<Option<Box<Seen>>> = self
            .beside
            .iter()
            .map(|ask| ask.as_ref().map(|ask| Box::new(ask.seen())))
            .collect();
        let rows = plan.rows.iter().zip(&seen);
        let asked =
            rows.filter_map(|(row, seen)| row.todo.as_deref().ok().map(|spec| (spec, seen)));
        let facts = Arc::new(run_facts(asked, canary, elsewhere));
        seen.into_iter()
            .enumerate()
            .map(|(index, seen)| Row {
                seen,
                direct: direct[index].take(),
                cut: cut.filter(|_| !self.ended.contains(&index)),
                died: self.died.contains(&index),
                facts: Arc::clone(&facts),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Settings;
    use crate::net::trust::{Trust, TrustOptions};
    use crate::plan::Selection;
    use crate::profile::{Role, target_profile};

    /// The rows that have ended of a run whose one row ends just before its deadline comes.
    async fn ended_at_the_deadline(plan: &Plan) -> BTreeSet<usize> {
        let trust = Trust::new(&TrustOptions::default()).expect("no file is read");
        let net = Net::new(Settings::open(Arc::new(trust)));
        let options = Options {
            deadline: Duration::ZERO,
            attempts: 1,
            trace: false,
            paths: Paths::Direct,
            elsewhere: None,
            arguments: Vec::new(),
        };
        let mut running = Running::begin(plan, &net, &options, &mut None);
        // In the place of its task, which has not begun, one of which it is known that it has ended.
        running.tasks = JoinSet::new();
        running.tasks.spawn(async { Done::Row(0) });
        tokio::task::yield_now().await;
        let never = std::future::pending();
        running.until_end(plan, &options, never, &mut None).await;
        running.ended
    }

    #[tokio::test]
    async fn a_row_that_has_ended_when_the_deadline_comes_has_ended_in_time() {
        let targets = ["tcp://127.0.0.1:9".to_owned()];
        let profile = target_profile(&targets, None).expect("a target");
        let selection = Selection {
            roles: vec![Role::Client],
            ..Selection::default()
        };
        let plan = Plan::of(&[profile], &selection).expect("a plan");
        // Which of the two is looked at first is left to chance.
        for _ in 0..40 {
            assert_eq!(ended_at_the_deadline(&plan).await.len(), 1);
        }
    }
}
