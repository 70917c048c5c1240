//! `--until`: the run again and again, for a change window. What changes is said once, with its time; the
//! report is that of the last run.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use crate::code::Code;
use crate::compare::diff::diff;
use crate::engine::{self, Options};
use crate::finding::Verdict;
use crate::net::{Net, Settings};
use crate::plan::Plan;
use crate::report::Report;

/// How long the window is where `--deadline` does not say.
pub(super) const WINDOW: Duration = Duration::from_secs(3600);

/// How often, and for how long.
pub(super) struct Window {
    pub(super) goal: Verdict,
    pub(super) every: Duration,
    /// No run begins that would not be over by then if it lasts somewhat longer than the one before, and none goes on
    /// after it: nothing else cuts a run short, since a row that is never seen to its end would never change.
    pub(super) length: Duration,
    /// How much longer one may last that keeps connections silent.
    pub(super) held: Duration,
}

impl Window {
    /// The deadline of a run that begins now.
    fn left(&self, now: Duration) -> Duration {
        self.length.saturating_sub(now) + self.held
    }

    /// Whether a run would be over in time.
    fn has_room(&self, then: Duration, last: Duration) -> bool {
        then + last * 5 / 4 <= self.length
    }
}

/// Runs until the verdict, the end of the window or an interruption, whichever comes first. Each run has options of its
/// own, but for the deadline.
pub(super) async fn repeat(
    plan: &Plan,
    settings: &Settings,
    mut options: impl FnMut() -> Options,
    window: &Window,
    say: impl Fn(&str),
    interrupted: impl Future<Output = ()>,
) -> Report {
    // One for all runs: between two of them somebody has to listen as well.
    let mut interrupted = pin!(interrupted);
    let clock = Net::new(settings.clone());
    let mut before: Option<Report> = None;
    loop {
        let began = clock.elapsed();
        let mut options = options();
        options.deadline = window.left(began);
        let net = Net::new(settings.clone());
        let mut report = engine::run(plan, &net, &options, interrupted.as_mut(), None).await;
        if report.run.interrupted {
            return report;
        }
        let (now, took) = (clock.elapsed(), net.elapsed());
        let then = now.max(began + window.every);
        for change in before.iter().flat_map(|before| changes(before, &report)) {
            say(&change);
        }
        if report.verdict == window.goal {
            say(&format!("{}, as awaited", report.verdict));
            return report;
        }
        if !window.has_room(then, took) {
            say(&over(&report, window));
            return report;
        }
        // Only where another one follows is there something to announce.
        if before.is_none() {
            say(&first(&report, window));
        }
        tokio::select! {
            () = interrupted.as_mut() => {
                report.run.interrupted = true;
                say("interrupted");
                return report;
            }
            () = tokio::time::sleep(then.saturating_sub(now)) => {}
        }
        before = Some(report);
    }
}

/// What there is to wait for.
fn first(report: &Report, window: &Window) -> String {
    let checks = &report.counts.checks;
    format!(
        "{} ({} of {} checks pass); again every {} s until {}",
        report.verdict,
        checks.pass,
        checks.pass + checks.degraded + checks.fail + checks.inconclusive,
        window.every.as_secs_f64(),
        window.goal
    )
}

fn over(report: &Report, window: &Window) -> String {
    let (verdict, length) = (report.verdict, window.length.as_secs_f64());
    if report.run.deadline_reached {
        format!("still {verdict} at the end of the {length} s, which cut the last run short")
    } else {
        format!("still {verdict}, and no further run fits into the {length} s")
    }
}

/// A row that is only slower, or that another address of its block answers for, has not changed, nor has one that the end
/// of the window hides.
fn changes(before: &Report, after: &Report) -> Vec<String> {
    let all = diff(before, after, f64::INFINITY).changes;
    let hidden: BTreeSet<String> = after
        .checks()
        .filter(|(_, check)| check.code == Some(Code::InconclusiveDeadline))
        .map(|(prerequisite, check)| format!("{}/{}", prerequisite.id, check.id))
        .collect();
    all.into_iter()
        .filter(|change| !change.minor && !hidden.contains(&change.id))
        .map(|one| {
            let words = one.kind.words();
            format!("{}: {words}: {} -> {}", one.id, one.before, one.after)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_may_last_as_long_as_the_window_and_the_silence_that_it_keeps() {
        let seconds = Duration::from_secs;
        let window = |held| Window {
            goal: Verdict::Pass,
            every: seconds(10),
            length: seconds(3600),
            held: seconds(held),
        };
        // Many rows and long time-outs need more than half a minute.
        assert_eq!(window(0).left(Duration::ZERO), seconds(3600));
        assert_eq!(window(0).left(seconds(3590)), seconds(10));
        assert_eq!(window(90).left(seconds(3601)), seconds(90));
        assert!(window(0).has_room(seconds(3520), seconds(64)));
        assert!(!window(0).has_room(seconds(3521), seconds(64)));
    }
}
