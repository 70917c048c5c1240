//! Every exit code with its meaning: the only way from a verdict or an error to a number.

use crate::cli::FailOn;
use crate::finding::Verdict;

pub const OK: u8 = 0;
pub const FAIL: u8 = 1;
/// Usage, profile or variable error, or nothing ran.
pub const USAGE: u8 = 2;
pub const INCONCLUSIVE: u8 = 3;
/// A mistake of this program, or an output that failed after the run began.
pub const INTERNAL: u8 = 4;

/// The code of a finished run.
pub fn of_verdict(verdict: Verdict, fail_on: Option<FailOn>) -> u8 {
    match fail_on {
        Some(FailOn::Never) => OK,
        Some(FailOn::Verdict(line)) if verdict.rank() >= line.rank() => FAIL,
        Some(FailOn::Verdict(_)) | None => plain(verdict),
    }
}

/// What a monitoring system expects of a plugin: 0 fine, 1 warning, 2 critical, 3 unknown.
pub const fn of_plugin(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => 0,
        Verdict::Degraded => 1,
        Verdict::Fail => 2,
        Verdict::Inconclusive | Verdict::Skipped => PLUGIN_UNKNOWN,
    }
}

/// A plugin that could not do its work.
pub const PLUGIN_UNKNOWN: u8 = 3;

fn plain(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass | Verdict::Degraded | Verdict::Skipped => OK,
        Verdict::Fail => FAIL,
        Verdict::Inconclusive => INCONCLUSIVE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fail_on_draws_the_line_and_inconclusive_keeps_its_own_code_below_it() {
        use Verdict::{Degraded, Fail, Inconclusive, Pass};
        let at = |verdict| Some(FailOn::Verdict(verdict));
        assert_eq!(of_verdict(Degraded, None), 0);
        assert_eq!(of_verdict(Inconclusive, None), 3);
        assert_eq!(of_verdict(Fail, None), 1);
        assert_eq!(of_verdict(Pass, at(Degraded)), 0);
        assert_eq!(of_verdict(Degraded, at(Degraded)), 1);
        assert_eq!(of_verdict(Inconclusive, at(Degraded)), 1);
        assert_eq!(of_verdict(Inconclusive, at(Fail)), 3);
        assert_eq!(of_verdict(Fail, Some(FailOn::Never)), 0);
    }
}
