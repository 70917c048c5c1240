//! What a terminal shows on standard error while a run goes on: a line for each prerequisite that fills in, and one for
//! the whole. All of it is gone when the report comes.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::cli::ReportArgs;
use crate::engine::Event;
use crate::finding::Verdict;
use crate::plan::Plan;
use crate::report::Check;

/// A run that ends before shows nothing: it would only flicker.
const PATIENCE: Duration = Duration::from_millis(300);
/// How often the time that is left is written anew.
const TICK: Duration = Duration::from_millis(200);
/// Rows of a terminal that are left to what stood there before.
const MARGIN: usize = 3;

/// What is known of a prerequisite's checks.
#[derive(Default)]
struct Tally {
    total: usize,
    done: usize,
    failed: usize,
    worst: Option<Verdict>,
}

pub(super) struct Progress {
    /// None: there is no terminal, or nobody wants to watch.
    screen: Option<Screen>,
    started: Instant,
    deadline: Duration,
    all: Tally,
    each: BTreeMap<String, Tally>,
    /// In the order of the profile.
    order: Vec<String>,
    /// The checks without an answer after a second, and whom they wait for.
    awaited: BTreeMap<String, String>,
}

struct Screen {
    bars: MultiProgress,
    /// Drawn once there is something to wait for.
    shown: Option<Lines>,
}

struct Lines {
    each: BTreeMap<String, ProgressBar>,
    whole: ProgressBar,
}

impl Progress {
    pub(super) fn of(args: &ReportArgs, plan: &Plan, deadline: Duration) -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let wanted = !args.quiet && !dumb && io::stderr().is_terminal();
        let mut progress = Self {
            screen: wanted.then(|| Screen {
                bars: MultiProgress::with_draw_target(ProgressDrawTarget::stderr()),
                shown: None,
            }),
            started: Instant::now(),
            deadline,
            all: Tally::default(),
            each: BTreeMap::new(),
            order: Vec::new(),
            awaited: BTreeMap::new(),
        };
        for row in plan.rows.iter().filter(|row| row.todo.is_ok()) {
            let id = &plan.prerequisites[row.prerequisite].id;
            progress.all.total += 1;
            progress.each.entry(id.clone()).or_default().total += 1;
            if !progress.order.contains(id) {
                progress.order.push(id.clone());
            }
        }
        progress
    }

    pub(super) const fn is_wanted(&self) -> bool {
        self.screen.is_some()
    }

    pub(super) fn event(&mut self, event: &Event) {
        match event {
            Event::Started { .. } => return,
            Event::Provisional { id, check } => {
                self.awaited.insert(id.clone(), awaited(id, check));
            }
            Event::Ended { id, check } => {
                self.awaited.remove(id);
                self.all.add(check.verdict);
                if let Some(tally) = id.split_once('/').and_then(|(of, _)| self.each.get_mut(of)) {
                    tally.add(check.verdict);
                }
            }
        }
        self.draw(event);
    }

    fn draw(&mut self, event: &Event) {
        let started = self.started;
        let Some(screen) = &mut self.screen else {
            return;
        };
        if started.elapsed() < PATIENCE {
            return;
        }
        let fresh = screen.shown.is_none();
        let lines = screen.shown.get_or_insert_with(|| {
            let left = self.deadline.saturating_sub(started.elapsed());
            Lines::new(&screen.bars, &self.order, self.all.total, left)
        });
        let changed = match event {
            Event::Started { id } | Event::Provisional { id, .. } | Event::Ended { id, .. } => id,
        };
        for (id, tally) in &self.each {
            let here = changed.split_once('/').is_some_and(|(of, _)| of == id);
            if let Some(line) = lines.each.get(id).filter(|_| fresh || here) {
                line.set_message(tally.words());
            }
        }
        let whole = &lines.whole;
        whole.set_prefix(match self.all.failed {
            0 => String::new(),
            failed => format!(", {failed} failed"),
        });
        whole.set_message(waiting(&self.awaited));
        whole.set_position(u64::try_from(self.all.done).unwrap_or(u64::MAX));
    }

    /// Writes to standard output, which may be the same terminal.
    pub(super) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.screen {
            Some(screen) if screen.shown.is_some() => screen.bars.suspend(write),
            _ => write(),
        }
    }
}

/// The report follows: nothing is left of what was shown.
impl Drop for Progress {
    fn drop(&mut self) {
        let shown = self.screen.as_mut().and_then(|screen| screen.shown.take());
        let Some(lines) = shown else { return };
        for line in lines.each.values() {
            line.finish_and_clear();
        }
        lines.whole.finish_and_clear();
    }
}

impl Lines {
    fn new(bars: &MultiProgress, order: &[String], total: usize, left: Duration) -> Self {
        let rows = terminal_size::terminal_size_of(io::stderr()).map(|(_, rows)| rows.0);
        let fits = rows.is_some_and(|rows| order.len() + 1 + MARGIN <= usize::from(rows));
        let width = order.iter().map(String::len).max().unwrap_or_default();
        let template = format!("  {{prefix:{width}}}  {{wide_msg}}");
        let mut each = BTreeMap::new();
        for id in order.iter().filter(|_| fits) {
            let line = bars.add(ProgressBar::new(1));
            line.set_style(style(&template));
            line.set_prefix(id.clone());
            each.insert(id.clone(), line);
        }
        let whole = bars.add(ProgressBar::new(u64::try_from(total).unwrap_or(u64::MAX)));
        let until = move |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            let left = left.saturating_sub(state.elapsed());
            // Nothing can be done about a terminal that takes no text.
            let _ = write!(out, "{} s", left.as_secs());
        };
        whole.set_style(
            style("{pos} of {len} checks{prefix}, at most {left} more{wide_msg}")
                .with_key("left", until),
        );
        whole.enable_steady_tick(TICK);
        Self { each, whole }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the template is a constant but for a number")
}

impl Tally {
    fn add(&mut self, verdict: Verdict) {
        self.done += 1;
        self.failed += usize::from(verdict == Verdict::Fail);
        self.worst = Some(
            self.worst
                .map_or(verdict, |worst| Verdict::worst([worst, verdict])),
        );
    }

    fn words(&self) -> String {
        match self.worst {
            _ if self.done < self.total && self.failed > 0 => {
                format!("{} of {}, {} failed", self.done, self.total, self.failed)
            }
            Some(worst) if self.done == self.total => worst.to_string(),
            _ => format!("{} of {}", self.done, self.total),
        }
    }
}

/// Whom a check waits for.
fn awaited(id: &str, check: &Check) -> String {
    match (&check.target.host, check.target.port) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.clone(),
        (None, _) => id.to_owned(),
    }
}

fn waiting(awaited: &BTreeMap<String, String>) -> String {
    let mut hosts: Vec<&str> = awaited.values().map(String::as_str).collect();
    hosts.sort_unstable();
    hosts.dedup();
    match hosts.as_slice() {
        [] => String::new(),
        [one] => format!("; waiting for {one}"),
        // The number first: a narrow terminal cuts off the end.
        all => format!("; waiting for {} hosts: {}", all.len(), all.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_a_prerequisite_is_and_how_it_ended() {
        let mut tally = Tally {
            total: 3,
            ..Tally::default()
        };
        assert_eq!(tally.words(), "0 of 3");
        tally.add(Verdict::Pass);
        assert_eq!(tally.words(), "1 of 3");
        tally.add(Verdict::Fail);
        assert_eq!(tally.words(), "2 of 3, 1 failed");
        tally.add(Verdict::Degraded);
        assert_eq!(tally.words(), "fail");
    }

    #[test]
    fn hosts_that_are_awaited_are_named_once() {
        let awaited = |hosts: &[&str]| {
            let all = hosts.iter().enumerate();
            waiting(
                &all.map(|(n, host)| (n.to_string(), (*host).to_owned()))
                    .collect(),
            )
        };
        assert_eq!(awaited(&[]), "");
        assert_eq!(awaited(&["a:1", "a:1"]), "; waiting for a:1");
        assert_eq!(
            awaited(&["a:1", "b:1", "c:1"]),
            "; waiting for 3 hosts: a:1, b:1, c:1"
        );
    }
}
