//! `--until`: the run again and again, for a change window. What changes is said once, with its time; the
//! report is that of the last run.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use crate::compare::diff::diff;
use crate::engine::{self, Options};
use crate::finding::Verdict;
use crate::net::{Net, Settings};
use crate::plan::Plan;
use crate::report::{Report, Run};

/// How long the window is where `--deadline` does not say.
pub(super) const WINDOW: Duration = Duration::from_secs(3600);

/// How often, and for how long.
pub(super) struct Window {
    pub(super) goal: Verdict,
    pub(super) every: Duration,
    /// No run begins that would not be over by then if it lasts as long as the one before. One that has begun is not
    /// cut short: what it could not see would look like a change.
    pub(super) length: Duration,
}

/// Runs until the verdict, the end of the window or an interruption, whichever comes first.
pub(super) async fn repeat(
    plan: &Plan,
    settings: &Settings,
    options: &Options,
    window: &Window,
    say: impl Fn(&Run, &str),
    interrupted: impl Future<Output = ()>,
) -> Report {
    // One for all runs: between two of them somebody has to listen as well.
    let mut interrupted = pin!(interrupted);
    let clock = Net::new(settings.clone());
    let mut before: Option<Report> = None;
    loop {
        let began = clock.elapsed();
        let net = Net::new(settings.clone());
        let mut report = engine::run(plan, &net, options, interrupted.as_mut(), None).await;
        if report.run.interrupted {
            return report;
        }
        match &before {
            None => say(&report.run, &first(&report, window)),
            Some(before) => {
                for change in changes(before, &report) {
                    say(&report.run, &change);
                }
            }
        }
        let (now, took) = (clock.elapsed(), net.elapsed());
        let then = now.max(began + window.every);
        if report.verdict == window.goal {
            say(&report.run, &format!("{}, as awaited", report.verdict));
            return report;
        }
        if then + took > window.length {
            let over = format!(
                "still {} at the end of the {} s",
                report.verdict,
                window.length.as_secs()
            );
            say(&report.run, &over);
            return report;
        }
        tokio::select! {
            () = interrupted.as_mut() => {
                report.run.interrupted = true;
                say(&report.run, "interrupted");
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

/// A row that is only slower, or that another address of its block answers for, has not changed.
fn changes(before: &Report, after: &Report) -> Vec<String> {
    let all = diff(before, after, f64::INFINITY).changes;
    all.into_iter()
        .filter(|change| !change.minor)
        .map(|one| {
            let words = one.kind.words();
            format!("{}: {words}: {} -> {}", one.id, one.before, one.after)
        })
        .collect()
}
