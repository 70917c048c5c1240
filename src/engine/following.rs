//! Follow-ups while the rows still run: planned from all that is known, asked at most once each.

use std::time::Duration;

use super::Options;
use super::running::{Done, Running};
use crate::plan::{Known, Plan, Walks, follow_ups};
use crate::probe::{FollowUp, Seen};

/// A follow-up that has not ended by then is not waited for.
const FOLLOW_UP_BUDGET: Duration = Duration::from_millis(1500);
/// The same for a walk that was asked for: it may have to wait for its turn.
const WALK_BUDGET: Duration = Duration::from_secs(20);
/// At most so many in a run, however often they are planned.
const FOLLOW_UPS: usize = 32;

/// What a reader who asked for walks is told where there can be none.
pub(super) const NO_WALK: &str =
    "no path was walked: this system does not tell a program who sent an ICMP error";

impl Running {
    /// Asks what the observations so far raise, beside the rows that still run.
    pub(super) fn follow_up(&mut self, plan: &Plan, options: &Options) {
        if self.followed.len() >= FOLLOW_UPS {
            return;
        }
        let seen: Vec<Seen> = (0..self.asks.len()).map(|index| self.seen(index)).collect();
        let silent_since = self.net.silent_since();
        let counts = |row: &usize| {
            let check = &plan.rows[*row].check;
            check.retired.is_none() && check.misprint.is_none()
        };
        let known: Vec<Known<'_>> = (0..seen.len())
            .filter(counts)
            .map(|row| Known {
                row,
                seen: &seen[row],
                silent_since,
            })
            .collect();
        for (row, follow_up) in follow_ups(&known, self.walks(options)) {
            let full = self.followed.len() >= FOLLOW_UPS;
            let Some(ask) = self.asks[row].clone().filter(|_| !full) else {
                continue;
            };
            if self.followed.iter().any(|known| known.covers(&follow_up)) {
                continue;
            }
            self.followed.push(follow_up.clone());
            let budget = match follow_up {
                FollowUp::Path { .. } if options.trace => WALK_BUDGET,
                _ => FOLLOW_UP_BUDGET,
            };
            self.tasks.spawn(async move {
                // One that takes longer is shown as far as it came.
                drop(tokio::time::timeout(budget, ask.follow(follow_up)).await);
                Done::FollowUp
            });
        }
    }

    fn walks(&self, options: &Options) -> Walks {
        match (self.net.can_trace(), options.trace) {
            (false, _) => Walks::None,
            (true, false) => Walks::OneACause,
            (true, true) => Walks::EveryAddress,
        }
    }
}
