//! Whose clock is wrong: this machine's, or a server's. A `Date` alone shows only that two clocks differ.

use std::collections::BTreeSet;
use std::time::SystemTime;

use jiff::Timestamp;

use super::super::facts::{Facts, Row, list};
use super::super::{Cause, has_code};
use crate::code::{Code, Owner};
use crate::finding::Confidence;
use crate::net::space;

/// Entra tolerates so much, in seconds.
const TOLERATED: i64 = 300;
/// Clocks that differ from ours by the same, give or take so many seconds, agree with each other.
const ALIKE: i64 = 150;

/// What one row shows of a server's clock.
struct Reading {
    /// Of the server: readings of one owner are one signal.
    owner: String,
    ahead: i64,
    /// The server's own time.
    time: Option<Timestamp>,
}

impl Reading {
    fn is_off(&self) -> bool {
        self.ahead.abs() > TOLERATED
    }

    fn agrees(&self, other: &Self) -> bool {
        (self.ahead - other.ahead).abs() <= ALIKE
    }
}

/// Unrelated owners who agree with each other are right, and this machine is not. One owner alone is
/// not believed against another who agrees with this machine; without another, nobody is.
pub(in super::super) fn clock(facts: &Facts<'_>) -> Vec<Cause> {
    let readings: Vec<Reading> = facts.all.iter().filter_map(reading).collect();
    let right = owners(readings.iter().filter(|one| !one.is_off()));
    // A time server is asked for nothing else: where no other server speaks for this machine, it is believed.
    if let Some(one) = facts
        .all
        .iter()
        .filter(|row| is_timed(row))
        .find_map(reading)
        && right.is_empty()
    {
        let with = || readings.iter().filter(|other| one.agrees(other));
        // A Date tells the servers' own time as well, by which certificates are judged.
        let best = with().find(|other| other.time.is_some()).unwrap_or(&one);
        let cause = this_machine(facts, best, &owners(with()));
        return cause.into_iter().collect();
    }
    let agreeing = readings.iter().filter(|one| one.is_off()).map(|one| {
        let with = readings.iter().filter(|other| one.agrees(other));
        (one, owners(with))
    });
    let most = agreeing.max_by_key(|(_, owners)| owners.len());
    if let Some((one, owners)) = most
        && owners.len() > 1
        && owners.len() > right.len()
    {
        return this_machine(facts, one, &owners).into_iter().collect();
    }
    let rows = facts
        .group(|row| (has_code(row, Code::HttpClockSkew) || is_timed(row)).then(|| row.owner()));
    let of_owner = |(owner, rows): (String, Vec<usize>)| {
        let mut others = right.clone();
        others.remove(&owner);
        if others.is_empty() {
            undecided(facts, rows)
        } else {
            server(facts, rows, &others)
        }
    };
    rows.into_iter().map(of_owner).collect()
}

/// A time server that differs from this machine.
fn is_timed(row: &Row<'_>) -> bool {
    has_code(row, Code::NtpClockSkew)
}

/// The clock of whoever answered; a page in the host's place shows another's.
fn reading(row: &Row<'_>) -> Option<Reading> {
    let strangers = [
        Code::HttpBlockPage,
        Code::HttpCaptivePortal,
        Code::EntraNotGenuine,
        Code::TlsIntercepted,
    ];
    if strangers.iter().any(|code| has_code(row, *code)) {
        return None;
    }
    if row.check.probe == "ntp" {
        return told(row);
    }
    let http = row.check.stages.http.as_deref()?;
    let time = http.date.as_deref().and_then(|date| {
        let date = httpdate::parse_http_date(date).ok()?;
        let since = date.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        Timestamp::from_second(i64::try_from(since.as_secs()).ok()?).ok()
    });
    Some(Reading {
        owner: row.owner(),
        ahead: http.date_skew_s?,
        time,
    })
}

/// What a time server tells; of one that knows no time the report has no offset.
fn told(row: &Row<'_>) -> Option<Reading> {
    let app = row.check.stages.app.as_ref()?;
    let ahead = app.facts.get("offset_s")?.as_f64()?;
    #[expect(clippy::cast_possible_truncation, reason = "no clock is so far ahead")]
    let ahead = ahead.round() as i64;
    Some(Reading {
        owner: row.owner(),
        ahead,
        time: None,
    })
}

fn owners<'a>(readings: impl Iterator<Item = &'a Reading>) -> BTreeSet<String> {
    readings.map(|one| one.owner.clone()).collect()
}

/// With the clock go the certificates that are in order at the servers' time.
fn this_machine(facts: &Facts<'_>, one: &Reading, owners: &BTreeSet<String>) -> Option<Cause> {
    let rows = facts.find(|row| {
        let skewed = (has_code(row, Code::HttpClockSkew) || is_timed(row))
            && reading(row).is_some_and(|reading| reading.agrees(one));
        skewed || one.time.is_some_and(|time| is_out_of_date_here(row, time))
    });
    if rows.is_empty() {
        return None;
    }
    let side = if one.ahead > 0 { "behind" } else { "ahead of" };
    let distance = length(one.ahead);
    Some(Cause {
        code: "clock_wrong",
        title: format!("This machine's clock is {distance} {side} the servers'"),
        summary: "Time servers, or servers of unrelated owners, agree with each other on the time and not with \
                  this machine. Sign-in tolerates five minutes, and certificates are judged by this machine's date."
            .to_owned(),
        confidence: if owners.len() > 1 && rows.iter().any(|index| is_timed(&facts.rows[*index])) {
            Confidence::Certain
        } else {
            Confidence::High
        },
        owner: Owner::Device,
        evidence: vec![
            format!(
                "the time of servers of {} is {distance} away from this machine's",
                list(owners)
            ),
            facts.rows[rows[0]].said(),
        ],
        rows,
        remedy: "Set this machine's clock by a time server.".to_owned(),
        request: None,
    })
}

/// A chain that only this machine's date makes invalid.
fn is_out_of_date_here(row: &Row<'_>, servers_time: Timestamp) -> bool {
    let by_date = has_code(row, Code::TlsCertExpired) || has_code(row, Code::TlsCertNotYetValid);
    let chain = row.check.stages.tls.as_deref().map(|tls| &tls.seen.chain);
    let valid = |text: &str, holds: fn(Timestamp, Timestamp) -> bool| {
        text.parse().is_ok_and(|at| holds(at, servers_time))
    };
    by_date
        && chain.is_some_and(|chain| {
            chain.iter().all(|certificate| {
                valid(&certificate.not_before, |from, now| from <= now)
                    && valid(&certificate.not_after, |until, now| now <= until)
            })
        })
}

/// Somebody else's server agrees with this machine: these do not.
fn server(facts: &Facts<'_>, rows: Vec<usize>, others: &BTreeSet<String>) -> Cause {
    let hosts = hosts(facts, &rows);
    Cause {
        code: "server_clock_wrong",
        title: format!("The clock of {hosts} is wrong"),
        summary: format!(
            "The Date of {hosts} is more than five minutes away from the time on which this machine and \
             the servers of {} agree. What {hosts} signs or checks by its own clock may be refused.",
            list(others)
        ),
        confidence: Confidence::High,
        owner: owner(facts, &rows, Owner::Vendor),
        evidence: vec![
            facts.rows[rows[0]].said(),
            format!(
                "this machine's clock agrees with servers of {}",
                list(others)
            ),
        ],
        rows,
        remedy: format!(
            "Set the clock of {hosts}, or of whatever answers in its name, by a time server."
        ),
        request: None,
    }
}

/// Two clocks, and no third.
fn undecided(facts: &Facts<'_>, rows: Vec<usize>) -> Cause {
    let hosts = hosts(facts, &rows);
    Cause {
        code: "clocks_differ",
        title: format!("The clocks of this machine and of {hosts} differ"),
        summary: format!(
            "The Date of {hosts} is more than five minutes away from this machine's time. No other owner's \
             server showed a time in this run, so it is not known which of the two is wrong."
        ),
        confidence: Confidence::Low,
        owner: owner(facts, &rows, Owner::Device),
        evidence: vec![facts.rows[rows[0]].said()],
        rows,
        remedy: format!(
            "Compare this machine's clock with a time server; if it is right, set the clock of {hosts}."
        ),
        request: None,
    }
}

fn hosts(facts: &Facts<'_>, rows: &[usize]) -> String {
    list(rows.iter().map(|index| facts.rows[*index].host()))
}

/// A customer's own server has somebody who can set its clock.
fn owner(facts: &Facts<'_>, rows: &[usize], of_vendors: Owner) -> Owner {
    match space::vendor(facts.rows[rows[0]].host()) {
        Some(_) => of_vendors,
        None => Owner::Server,
    }
}

fn length(seconds: i64) -> String {
    let length = seconds.unsigned_abs();
    match length {
        // A whole minute is lost to a second that an answer took.
        0..7200 => format!("{} min", (length + 30) / 60),
        7200..172_800 => format!("{} h", length / 3600),
        _ => format!("{} days", length / 86_400),
    }
}
