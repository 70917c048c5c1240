//! Durations as reports show them: a number of milliseconds, or a short text for a sentence.

use std::time::{Duration, Instant};

/// Milliseconds since `start`, to the microsecond.
pub(super) fn ms(start: Instant) -> f64 {
    in_ms(start.elapsed())
}

pub(super) fn in_ms(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

/// `1.2 ms`, `3.06 s`, `3.3 s`: below a second in milliseconds, above it without trailing zeros.
pub(super) fn text(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 1.0 {
        return format!("{:.1} ms", seconds * 1e3);
    }
    let digits = format!("{seconds:.2}");
    let digits = digits.trim_end_matches('0').trim_end_matches('.');
    format!("{digits} s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_reads_as_a_person_would_say_it() {
        assert_eq!(text(Duration::from_millis(3300)), "3.3 s");
        assert_eq!(text(Duration::from_millis(3064)), "3.06 s");
        assert_eq!(text(Duration::from_secs(30)), "30 s");
        assert_eq!(text(Duration::from_micros(1234)), "1.2 ms");
    }
}
