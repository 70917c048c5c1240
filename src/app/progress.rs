//! What a terminal shows on standard error while a run goes on: the matrix, which fills in place, or a line for each
//! prerequisite where that does not fit, and a line for the whole. All of it is gone when the report comes.

mod screen;

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use screen::Screen;

use crate::cli::ReportArgs;
use crate::engine::Event;
use crate::finding::Verdict;
use crate::net::path::Path;
use crate::plan::Plan;
use crate::report::Check;

/// A run that ends before shows nothing: it would only flicker.
const PATIENCE: Duration = Duration::from_millis(300);

/// What is known of some checks.
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
    /// The checks without an answer after a second, and whom they wait for.
    awaited: BTreeMap<String, String>,
}

impl Progress {
    /// `proxied` if some rows may go through a proxy.
    pub(super) fn of(args: &ReportArgs, plan: &Plan, proxied: bool, deadline: Duration) -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let wanted = !args.quiet && !dumb && io::stderr().is_terminal();
        Self {
            screen: wanted.then(|| Screen::of(plan, proxied, args.color)),
            started: Instant::now(),
            deadline,
            all: Tally {
                total: plan.rows.iter().filter(|row| row.todo.is_ok()).count(),
                ..Tally::default()
            },
            awaited: BTreeMap::new(),
        }
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
            }
        }
        let Some(screen) = &mut self.screen else {
            return;
        };
        screen.note(event);
        let passed = self.started.elapsed();
        if passed >= PATIENCE {
            let left = self.deadline.saturating_sub(passed);
            screen.draw(&self.all, &waiting(&self.awaited), left);
        }
    }

    /// Writes to standard output, which may be the same terminal.
    pub(super) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.screen {
            Some(screen) => screen.aside(write),
            None => write(),
        }
    }
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

/// Whom a check waits for: a proxy, until that has taken it on.
fn awaited(id: &str, check: &Check) -> String {
    let agreed = check.stages.proxy.as_ref();
    if let Some(proxy) = check.path.as_ref().and_then(Path::proxy)
        && !agreed.is_some_and(|seen| seen.passed_on)
    {
        return proxy.clone();
    }
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
