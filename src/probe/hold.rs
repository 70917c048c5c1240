//! What a connection that was kept silent shows: whether something on the way forgot it, or its peer ended it.

use std::time::Duration;

use super::ask::{Held, Seen};
use super::context::{Context, cut_code, finding};
use crate::code::Code;
use crate::finding::{Finding, Verdict};
use crate::net::hold::{HeldEnd, HeldTry};

/// One finding for each connection that ended otherwise than by our own word.
pub(super) fn judge(seen: &Seen, context: &Context<'_>) -> Vec<Finding> {
    let one = |held: &Held| {
        let (code, verdict, actual) = match held.shortfall() {
            Some(Shortfall::Pending) => {
                let (code, end) = cut_code(context);
                let actual = format!("{}: still silent when {end}", held.peer);
                (code, Verdict::Inconclusive, actual)
            }
            Some(Shortfall::Told(code, verdict)) => (code, verdict, held.sentence()),
            None => return None,
        };
        let silence = time(held.silence);
        let expected = format!("a connection that outlives a silence of {silence}");
        Some(finding(code, verdict, &expected, actual))
    };
    seen.held.iter().filter_map(one).collect()
}

/// For the sentence of a row that is in order.
pub(super) fn kept(seen: &Seen) -> Option<String> {
    let first = seen.held.first()?;
    Some(format!("outlives a silence of {}", time(first.silence)))
}

enum Shortfall {
    Pending,
    Told(Code, Verdict),
}

impl Held {
    pub fn question(&self) -> String {
        let silence = time(self.silence);
        format!(
            "does a connection to {} outlive a silence of {silence}?",
            self.peer
        )
    }

    /// The end of each connection, in the order in which they were tried.
    pub fn sentence(&self) -> String {
        let tries = &self.observation.seen.tries;
        let mut said: Vec<String> = tries.iter().map(|tried| self.one(tried)).collect();
        if self.observation.is_pending() {
            said.push("the run ended before the rest was known".to_owned());
        }
        said.join("; ")
    }

    fn one(&self, tried: &HeldTry) -> String {
        let local = tried
            .local
            .map_or_else(String::new, |local| format!("{local} > "));
        let peer = self.peer;
        let silent = time(Duration::from_secs_f64(tried.silent_ms / 1000.0));
        let then = if tried.planned_ms > 0.0 {
            format!("silent for {silent}, then what was sent")
        } else {
            "on another one what was sent at once".to_owned()
        };
        let waited = time(Duration::from_secs_f64(
            tried.answer_ms.unwrap_or_default() / 1000.0,
        ));
        let said = match tried.end {
            HeldEnd::Kept => format!("{then} was confirmed in {waited}"),
            HeldEnd::Unacknowledged => {
                let again = tried.retransmits.unwrap_or_default();
                format!("{then} stayed unconfirmed for {waited} and {again} repeats")
            }
            HeldEnd::ResetOnWrite => format!("{then} was answered by a reset in {waited}"),
            HeldEnd::ClosedBefore => format!(
                "closed by the peer after {silent}, before anything was sent; it was known on the way until then"
            ),
            HeldEnd::ResetBefore => format!("reset after {silent}, before anything was sent"),
            HeldEnd::Untold => {
                format!(
                    "{then} drew no answer in {waited}, and this system does not tell whether it was confirmed"
                )
            }
            HeldEnd::NeverSilent => {
                let planned = time(Duration::from_secs_f64(tried.planned_ms / 1000.0));
                format!(
                    "the peer itself spoke again, last after {silent}: no silence of {planned} came about"
                )
            }
            HeldEnd::NotOpened => "another one could not be opened".to_owned(),
        };
        format!("{local}{peer}: {said}")
    }

    /// Nothing, if what was sent after the silence was confirmed.
    fn shortfall(&self) -> Option<Shortfall> {
        use HeldEnd::{
            ClosedBefore, Kept, NeverSilent, NotOpened, ResetBefore, ResetOnWrite, Unacknowledged,
            Untold,
        };
        let ends: Vec<HeldEnd> = self
            .observation
            .seen
            .tries
            .iter()
            .map(|tried| tried.end)
            .collect();
        let unsure = |code| Some(Shortfall::Told(code, Verdict::Inconclusive));
        let trouble = |code| Some(Shortfall::Told(code, Verdict::Degraded));
        let (Some(first), second) = (ends.first(), ends.get(1)) else {
            return Some(Shortfall::Pending);
        };
        match (first, second) {
            (Kept, _) => None,
            // The peer's own choice: before anything was sent, or whatever was silent before.
            (ClosedBefore | ResetBefore, _) | (ResetOnWrite, Some(ResetOnWrite)) => {
                unsure(Code::TlsIdleClosed)
            }
            (Unacknowledged | ResetOnWrite, None) => Some(Shortfall::Pending),
            // Where even what is sent at once comes to grief, it is not the silence.
            (Untold | NeverSilent | NotOpened, _) | (_, Some(Unacknowledged | NotOpened)) => {
                unsure(Code::InconclusiveHold)
            }
            (Unacknowledged, _) => trouble(Code::TlsIdleForgotten),
            (ResetOnWrite, _) => trouble(Code::TlsIdleReset),
        }
    }
}

/// `60 s`, `1.5 s`, `12 ms`.
fn time(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 1.0 {
        return format!("{:.0} ms", seconds * 1000.0);
    }
    let tenths = format!("{seconds:.1}");
    format!("{} s", tenths.trim_end_matches(".0"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Expectation;
    use crate::net::hold::HeldSeen;
    use crate::net::{End, Observation};
    use crate::probe::RunFacts;
    use crate::probe::tests::context;

    fn judged(ends: &[HeldEnd], end: End) -> (Option<&'static str>, Verdict, String) {
        let tries = ends.iter().enumerate().map(|(place, end)| HeldTry {
            local: "10.0.0.2:50000".parse().ok(),
            planned_ms: [60_000.0, 0.0, 30_000.0][place],
            silent_ms: [60_000.4, 0.0, 30_000.0][place],
            end: *end,
            answer_ms: Some(12.2),
            retransmits: Some(4),
        });
        let seen = HeldSeen {
            tries: tries.collect(),
        };
        let held = Held {
            peer: "17.57.144.12:5223".parse().expect("an address"),
            silence: Duration::from_secs(60),
            observation: Observation { seen, end },
        };
        let seen = Seen {
            held: vec![held],
            ..Seen::default()
        };
        let run = RunFacts::default();
        let found = judge(&seen, &context(Expectation::Tls, &run, None));
        match found.first() {
            Some(one) => (Some(one.code.name()), one.verdict, one.actual.clone()),
            None => (None, Verdict::Pass, kept(&seen).expect("it was held")),
        }
    }

    #[test]
    fn only_what_the_silence_alone_explains_is_blamed_on_the_way() {
        use HeldEnd::*;
        let (degraded, unsure) = (Verdict::Degraded, Verdict::Inconclusive);
        for (ends, code, verdict) in [
            (&[Kept][..], None, Verdict::Pass),
            (&[ClosedBefore], Some("tls_idle_closed"), unsure),
            (&[ResetBefore], Some("tls_idle_closed"), unsure),
            (&[Untold], Some("inconclusive_hold"), unsure),
            (&[NeverSilent], Some("inconclusive_hold"), unsure),
            (&[NotOpened], Some("inconclusive_hold"), unsure),
            (
                &[Unacknowledged, Kept],
                Some("tls_idle_forgotten"),
                degraded,
            ),
            (
                &[Unacknowledged, ClosedBefore],
                Some("tls_idle_forgotten"),
                degraded,
            ),
            (
                &[Unacknowledged, NotOpened],
                Some("inconclusive_hold"),
                unsure,
            ),
            (
                &[Unacknowledged, Unacknowledged],
                Some("inconclusive_hold"),
                unsure,
            ),
            (
                &[ResetOnWrite, Kept, Kept],
                Some("tls_idle_reset"),
                degraded,
            ),
            (
                &[ResetOnWrite, Kept, ResetOnWrite],
                Some("tls_idle_reset"),
                degraded,
            ),
            (
                &[ResetOnWrite, ResetOnWrite],
                Some("tls_idle_closed"),
                unsure,
            ),
            (
                &[ResetOnWrite, NotOpened],
                Some("inconclusive_hold"),
                unsure,
            ),
        ] {
            let (found, weight, said) = judged(ends, End::Done);
            assert_eq!((found, weight), (code, verdict), "{ends:?}: {said}");
        }
    }

    #[test]
    fn a_hold_that_is_cut_short_is_said_and_what_is_known_by_then_stands() {
        let (code, _, said) = judged(&[], End::Pending);
        assert_eq!(code, Some("inconclusive_deadline"));
        assert_eq!(
            said,
            "17.57.144.12:5223: still silent when the run's deadline came"
        );
        let both = [HeldEnd::ResetOnWrite, HeldEnd::Kept];
        let (code, _, said) = judged(&both, End::Pending);
        assert_eq!(code, Some("tls_idle_reset"));
        assert_eq!(
            said,
            "10.0.0.2:50000 > 17.57.144.12:5223: silent for 60 s, then what was sent was answered by a reset in 12 ms; \
             10.0.0.2:50000 > 17.57.144.12:5223: on another one what was sent at once was confirmed in 12 ms; the run \
             ended before the rest was known"
        );
        let (_, _, said) = judged(&[HeldEnd::Kept], End::Done);
        assert_eq!(said, "outlives a silence of 60 s");
    }
}
