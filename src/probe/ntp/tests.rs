//! What is made of a time server's answer, and of this machine's clock beside the other servers' dates.

use std::net::{IpAddr, SocketAddr};

use super::*;
use crate::finding::{Expectation, deciding};
use crate::net::ntp::{TimeQuestion, TimeSeen};
use crate::net::{End, Failure, Observation};
use crate::probe::tests::context;
use crate::probe::{ClockFacts, RunFacts};

fn told() -> TimeTold {
    TimeTold {
        offset_s: 0.0021,
        round_trip_ms: 12.3,
        stratum: 1,
        alarm: false,
        reference: "GPSs".to_owned(),
        distance_ms: 1.0,
    }
}

fn seen(told: Option<TimeTold>, failure: Option<Code>) -> Seen {
    let address = IpAddr::from([17, 253, 2, 125]);
    let question = TimeQuestion {
        address,
        port: 123,
        detour: None,
    };
    let failure = failure.map(|code| Failure::new(code, "as seen"));
    let observation = Observation {
        seen: TimeSeen {
            ms: 12.5,
            peer: SocketAddr::new(address, 123),
            dialled: None,
            local: None,
            tries: 1,
            foreign: 0,
            malformed: 0,
            icmp: None,
            told,
        },
        end: failure.map_or(End::Done, End::Failed),
    };
    let host = host();
    Seen {
        times: vec![TimeAsked {
            host,
            question,
            observation,
        }],
        ..Seen::default()
    }
}

fn host() -> Host {
    "time.apple.com".parse().expect("a host")
}

/// The code and the verdict of the row, where HTTPS dates differ by so much.
fn shown(seen: &Seen, dates: &[(&str, i64)]) -> (&'static str, &'static str) {
    let mut run = RunFacts::default();
    for (owner, skew) in dates {
        run.clock.note_date((*owner).to_owned(), *skew);
    }
    let findings = judge(seen, &context(Expectation::Time, &run, None));
    deciding(&findings).map_or(("-", "pass"), |one| (one.code.name(), one.verdict.name()))
}

const AGREE: &[(&str, i64)] = &[("Apple", 0), ("Microsoft", -1)];

#[test]
fn a_server_in_order_passes_with_its_offset_and_round_trip() {
    let seen = seen(Some(told()), None);
    assert_eq!(shown(&seen, &[]), ("-", "pass"));
    let text =
        "17.253.2.125: stratum 1, agrees with this machine's clock to 2.1 ms, round trip 12.3 ms";
    assert_eq!(sentence(&seen).as_deref(), Some(text));
}

#[test]
fn no_time_is_never_a_pass_and_degraded_where_others_vouch_for_the_clock() {
    for code in [
        Code::NtpSilent,
        Code::NtpRejected,
        Code::NtpRefused,
        Code::NtpForeign,
        Code::NtpMalformed,
    ] {
        let seen = seen(None, Some(code));
        assert_eq!(shown(&seen, &[]), (code.name(), "fail"));
        assert_eq!(shown(&seen, AGREE), (code.name(), "degraded"));
        let torn = [("Apple", 0), ("Microsoft", 3600)];
        assert_eq!(shown(&seen, &torn), (code.name(), "fail"));
    }
    let own = seen(None, Some(Code::LocalInternal));
    assert_eq!(shown(&own, AGREE), ("local_internal", "inconclusive"));
}

#[test]
fn a_server_that_knows_no_time_or_declines_is_told_by_its_own_words() {
    let with = |change: fn(&mut TimeTold)| {
        let mut told = told();
        // Whatever it says of the time is not believed.
        told.offset_s = 4000.0;
        change(&mut told);
        shown(&seen(Some(told), None), AGREE)
    };
    let kiss = with(|told| {
        told.stratum = 0;
        "RATE".clone_into(&mut told.reference);
    });
    assert_eq!(kiss, ("ntp_kiss", "degraded"));
    let unset = ("ntp_unsynchronised", "degraded");
    assert_eq!(with(|told| told.alarm = true), unset);
    assert_eq!(with(|told| told.stratum = 16), unset);
    assert_eq!(with(|told| told.distance_ms = 1000.0), unset);
    let starting = with(|told| {
        told.stratum = 0;
        "INIT".clone_into(&mut told.reference);
    });
    assert_eq!(starting, unset);
    let blank = with(|told| {
        told.stratum = 0;
        "0.0.0.0".clone_into(&mut told.reference);
    });
    assert_eq!(blank, unset);
}

#[test]
fn one_wrong_clock_has_one_verdict_whoever_shows_it() {
    let ahead = |offset_s| {
        let told = TimeTold { offset_s, ..told() };
        seen(Some(told), None)
    };
    assert_eq!(shown(&ahead(299.0), &[]), ("-", "pass"));
    assert_eq!(shown(&ahead(-301.0), &[]), ("ntp_clock_skew", "degraded"));
    let same = [("Apple", 3600), ("Microsoft", 3601)];
    assert_eq!(shown(&ahead(3600.0), &same), ("ntp_clock_skew", "degraded"));
    assert_eq!(shown(&ahead(3600.0), AGREE), ("ntp_disagrees", "degraded"));
}

#[test]
fn the_other_rows_hear_of_a_server_that_agrees_only() {
    let mut clock = ClockFacts::default();
    let mut alarmed = told();
    alarmed.alarm = true;
    note(&Spec::new(host()), &seen(Some(alarmed), None), &mut clock);
    assert_eq!(clock.set_by(), None);
    note(&Spec::new(host()), &seen(Some(told()), None), &mut clock);
    assert_eq!(clock.set_by(), Some("time.apple.com"));
    clock.times.push(("time.example.com".to_owned(), 900.0));
    assert_eq!(clock.set_by(), None, "two servers that differ set nothing");
}
