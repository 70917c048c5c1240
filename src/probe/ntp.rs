//! `ntp`: does a time server tell the time, and does this machine's clock agree with it?

use serde::Deserialize;
use serde_spanned::Spanned;

use super::ask::{Ask, Seen, TimeAsked};
use super::context::{ClockFacts, Context, TOLERATED_S, cut_code, finding};
use super::fill::{Fill, Number, Text, Unfilled};
use super::judge::{combined, weight};
use super::{compare, names};
use crate::code::Code;
use crate::finding::{Finding, Verdict};
use crate::net::endpoint::Host;
use crate::net::ntp::{TimeSeen, TimeTold};

const PORT: u16 = 123;
/// A server whose own account of its error is a second or more is of no use (RFC 5905, MAXDIST).
const FARTHEST_MS: f64 = 1000.0;

/// The probe's table in a profile.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub host: Text,
    pub port: Option<Spanned<Number>>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Spec {
    pub host: Host,
    pub port: u16,
}

impl Settings {
    pub fn resolve(&self, fill: &Fill<'_>) -> Result<Spec, Unfilled> {
        let port = self.port.as_ref().map(|port| fill.port(port)).transpose();
        Ok(Spec {
            host: fill.host(&self.host)?,
            port: port?.unwrap_or(PORT),
        })
    }
}

impl Spec {
    /// The usual port of a server.
    pub fn new(host: Host) -> Self {
        Self { host, port: PORT }
    }

    pub(super) async fn observe(&self, ask: &Ask) {
        ask.time(&self.host, self.port).await;
        let seen = ask.seen();
        // The first that told the time stands for the row, else the first that told anything.
        let all = || seen.times.iter().map(|asked| &asked.observation.seen);
        let fit = |seen: &&TimeSeen| seen.told.as_ref().is_some_and(|told| unfit(told).is_none());
        let told = all().find(fit).or(all().find(|seen| seen.told.is_some()));
        if let Some(seen) = told {
            learned(seen, ask);
        }
    }
}

pub(super) fn judge(seen: &Seen, context: &Context<'_>) -> Vec<Finding> {
    let mut findings = names::judge(seen, context);
    findings.extend(compare::judge(seen, &[], context));
    combined(findings, each_address(seen, context), seen, context)
}

/// What a server told, as facts of the report.
fn learned(seen: &TimeSeen, ask: &Ask) {
    let Some(told) = &seen.told else { return };
    ask.took(seen.ms);
    ask.fact("server", seen.peer.to_string());
    // Of a server that knows no time nothing is to be believed that follows from it.
    if unfit(told).is_none() {
        ask.fact("offset_s", rounded(told.offset_s, 1e6));
        ask.fact("round_trip_ms", rounded(told.round_trip_ms, 1e3));
    }
    ask.fact("stratum", told.stratum);
    ask.fact("reference", told.reference.as_str());
    ask.fact("distance_ms", rounded(told.distance_ms, 1e3));
    ask.fact("requests", seen.tries);
}

/// No more digits than were measured.
fn rounded(value: f64, parts: f64) -> f64 {
    (value * parts).round() / parts
}

pub(super) fn each_address(seen: &Seen, context: &Context<'_>) -> Vec<Vec<Finding>> {
    let one = |asked: &TimeAsked| one(asked, context).into_iter().collect();
    seen.times.iter().map(one).collect()
}

fn one(asked: &TimeAsked, context: &Context<'_>) -> Option<Finding> {
    let peer = asked.observation.seen.peer;
    let expected = "the time, within 300 s of this machine's clock";
    if asked.observation.is_pending() {
        let (code, end) = cut_code(context);
        let actual = format!("{peer}: waiting for the time when {end}");
        return Some(finding(code, Verdict::Inconclusive, expected, actual));
    }
    if let Some(failure) = asked.observation.failure() {
        let actual = format!("{peer}: {}", failure.detail);
        let one = finding(failure.code, weight(failure.code), expected, actual);
        return Some(excused(one, context));
    }
    let told = asked.observation.seen.told.as_ref()?;
    if let Some((code, why)) = unfit(told) {
        let one = finding(code, Verdict::Fail, expected, format!("{peer}: {why}"));
        return Some(excused(one, context));
    }
    if told.offset_s.abs() <= TOLERATED_S {
        return None;
    }
    let said = format!("{peer}: {}", told.sentence());
    let (code, actual) = match context.run.clock.vouched() {
        Some(owners) => (
            Code::NtpDisagrees,
            format!("{said}, and HTTPS Date of {owners} agrees with this machine"),
        ),
        None => (Code::NtpClockSkew, said),
    };
    Some(finding(code, Verdict::Degraded, expected, actual))
}

/// A clock that others vouch for needs this server less: what it lacks does not fail the row, and never passes it.
fn excused(mut one: Finding, context: &Context<'_>) -> Finding {
    if one.verdict == Verdict::Fail
        && let Some(owners) = context.run.clock.vouched()
    {
        one.verdict = Verdict::Degraded;
        one.actual = format!(
            "{}; HTTPS Date of {owners} agrees with this machine's clock",
            one.actual
        );
    }
    one
}

/// Why an answer tells no time, if it does not.
fn unfit(told: &TimeTold) -> Option<(Code, String)> {
    let TimeTold {
        stratum,
        alarm,
        reference,
        distance_ms,
        ..
    } = told;
    // Two of the codes of stratum 0 mean that the server has just started and refuses nobody.
    let declines = *stratum == 0
        && reference
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric())
        && !matches!(reference.as_str(), "INIT" | "STEP");
    if declines {
        let why = format!("it declines with the kiss code {reference}");
        return Some((Code::NtpKiss, why));
    }
    let why = if *alarm {
        "its alarm bit says that its clock is not set".to_owned()
    } else if matches!(stratum, 0 | 16..) {
        format!("its stratum {stratum} says that it follows no source")
    } else if *distance_ms >= FARTHEST_MS {
        format!("by its own account it may be {distance_ms:.0} ms wrong")
    } else {
        return None;
    };
    Some((Code::NtpUnsynchronised, why))
}

impl TimeTold {
    /// Which clock is ahead, and by how much.
    fn sentence(&self) -> String {
        let side = if self.offset_s > 0.0 {
            "ahead of"
        } else {
            "behind"
        };
        let by = self.offset_s.abs();
        format!("the server's clock is {by:.1} s {side} this machine's")
    }
}

/// One sentence of evidence for a server that is in order.
pub(super) fn sentence(seen: &Seen) -> Option<String> {
    let (asked, told) = answers(seen).next()?;
    let offset = told.offset_s.abs();
    let clock = if offset < 1.0 {
        format!(
            "agrees with this machine's clock to {:.1} ms",
            offset * 1000.0
        )
    } else {
        told.sentence()
    };
    Some(format!(
        "{}: stratum {}, {clock}, round trip {:.1} ms",
        asked.question.address, told.stratum, told.round_trip_ms
    ))
}

/// The servers that told the time.
fn answers(seen: &Seen) -> impl Iterator<Item = (&TimeAsked, &TimeTold)> {
    seen.times.iter().filter_map(|asked| {
        let told = asked.observation.seen.told.as_ref()?;
        unfit(told).is_none().then_some((asked, told))
    })
}

/// What the row says of this machine's clock, for the others.
pub(super) fn note(spec: &Spec, seen: &Seen, clock: &mut ClockFacts) {
    for (_, told) in answers(seen) {
        clock.times.push((spec.host.to_string(), told.offset_s));
    }
}

#[cfg(test)]
mod tests;
