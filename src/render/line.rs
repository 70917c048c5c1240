//! Where a verdict begins to count as a failure: one line for the exit code and every test format.

use crate::finding::Verdict;
use crate::profile::Severity;
use crate::report::{Check, Prerequisite};

/// From which verdict on a run counts as failed, as `--fail-on` says it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Line {
    /// A `fail` is a failure, an `inconclusive` an error: as the exit code without `--fail-on`.
    Usual,
    At(Verdict),
    Never,
}

/// What a row is for a test format.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Mark {
    Passed,
    Failed,
    /// It could not be tested honestly.
    Undecided,
    Skipped,
}

impl Line {
    /// A row counts as much as it does in the run's verdict: never more than its prerequisite.
    pub(super) fn mark(self, prerequisite: &Prerequisite, check: &Check) -> Mark {
        // A value that nobody gave: what the requirement needs was not tested, which is never a pass.
        let lacking = check.verdict == Verdict::Skipped
            && check.code.is_some()
            && prerequisite.verdict == Verdict::Inconclusive;
        let verdict = if lacking {
            Verdict::Inconclusive
        } else {
            check.verdict
        };
        self.draw(verdict, prerequisite)
    }

    /// The prerequisite itself, for formats in which it is a test of its own.
    pub(super) fn mark_whole(self, prerequisite: &Prerequisite) -> Mark {
        self.draw(prerequisite.verdict, prerequisite)
    }

    fn draw(self, verdict: Verdict, prerequisite: &Prerequisite) -> Mark {
        let counted = lesser(verdict, ceiling(prerequisite));
        if verdict == Verdict::Skipped || counted == Verdict::Skipped {
            return Mark::Skipped;
        }
        let line = match self {
            Self::Never => return Mark::Passed,
            Self::Usual => Verdict::Fail,
            Self::At(line) => line,
        };
        match counted {
            verdict if verdict.rank() >= line.rank() => Mark::Failed,
            Verdict::Inconclusive => Mark::Undecided,
            _ => Mark::Passed,
        }
    }
}

/// The worst that a prerequisite can make of the run.
fn ceiling(prerequisite: &Prerequisite) -> Verdict {
    match prerequisite.severity {
        Severity::Required => prerequisite.verdict,
        Severity::Recommended => lesser(prerequisite.verdict, Verdict::Degraded),
        Severity::Informational => Verdict::Pass,
    }
}

fn lesser(one: Verdict, other: Verdict) -> Verdict {
    if other.rank() < one.rank() {
        other
    } else {
        one
    }
}
