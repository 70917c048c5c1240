//! Which questions a run raises, by what its rows have seen.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::net::ladder::{Ladder, Rungs};
use crate::net::tunnel::Via;
use crate::net::{End, Failure, Observation};

fn ladder(address: &str, port: u16, code: Option<Code>) -> LadderSeen {
    LadderSeen {
        host: Host::Name("graph.microsoft.com".to_owned()),
        large: None,
        ladder: Arc::new(Ladder {
            address: address.parse().expect("an address"),
            port,
            detour: None,
            via: Via::Direct,
            hello: None,
            request: None,
            attempt: 0,
            hedged: true,
        }),
        observation: Observation {
            seen: Rungs::default(),
            end: code.map_or(End::Pending, |code| End::Failed(Failure::new(code, ""))),
        },
    }
}

fn seen(ladders: Vec<LadderSeen>) -> Seen {
    Seen {
        ladders,
        ..Seen::default()
    }
}

#[test]
fn what_raises_nothing_is_asked_nothing() {
    for code in Code::ALL {
        let lone = ladder("192.0.2.7", 5223, Some(*code));
        let raises = raises(&lone);
        let seen = seen(vec![lone]);
        let known = [Known {
            row: 0,
            seen: &seen,
            silent_since: None,
        }];
        let planned = follow_ups(&known, Walks::OneACause);
        assert!(raises || planned.is_empty(), "{code}: {planned:?}");
    }
    assert!(raises(&ladder("192.0.2.7", 5223, Some(Code::TcpSilent))));
}

#[test]
fn a_silent_port_raises_another_one_and_one_walk_a_cause() {
    let silent = Some(Code::TcpSilent);
    let seen = seen(vec![
        ladder("192.0.2.7", 5223, silent),
        ladder("192.0.2.8", 5223, silent),
    ]);
    let rows = [Known {
        row: 4,
        seen: &seen,
        silent_since: None,
    }];
    let planned = follow_ups(&rows, Walks::OneACause);
    let paths = planned
        .iter()
        .filter(|(_, f)| matches!(f, FollowUp::Path { .. }));
    let ports = planned
        .iter()
        .filter(|(_, f)| matches!(f, FollowUp::OtherPort { port: 443, .. }));
    assert_eq!((paths.count(), ports.count()), (1, 2));
    assert!(planned.iter().all(|(row, _)| *row == 4));
}

#[test]
fn with_trace_every_failing_address_is_walked_once_up_to_eight() {
    let address = |n: u32| format!("192.0.2.{n}");
    let ladders = (1..=20).map(|n| ladder(&address(n), 5223, Some(Code::TcpRefusedRst)));
    let seen = seen(ladders.collect());
    let rows = [Known {
        row: 0,
        seen: &seen,
        silent_since: None,
    }];
    assert_eq!(follow_ups(&rows, Walks::OneACause), []);
    let planned = follow_ups(&rows, Walks::EveryAddress);
    let paths = planned
        .iter()
        .filter(|(_, f)| matches!(f, FollowUp::Path { .. }));
    assert_eq!(paths.count(), 8);
}

#[test]
fn a_walked_port_has_the_open_port_of_its_address_walked_beside_it() {
    let mut seen = seen(vec![
        ladder("192.0.2.7", 25, Some(Code::TcpSilent)),
        ladder("192.0.2.7", 443, Some(Code::TcpRefusedRst)),
    ]);
    let question = walk(&seen.ladders[0], Why::Address);
    let answer = Observation {
        seen: crate::net::trace::RouteSeen::default(),
        end: End::Done,
    };
    seen.follow_ups = vec![Followed::Path(question, answer)];
    let rows = [Known {
        row: 3,
        seen: &seen,
        silent_since: None,
    }];
    let beside = FollowUp::Path {
        route: Route {
            address: "192.0.2.7".parse().expect("an address"),
            port: 443,
            detour: None,
            open: true,
        },
        why: Why::Beside,
    };
    assert!(follow_ups(&rows, Walks::EveryAddress).contains(&(3, beside)));
}

#[test]
fn an_address_that_answered_elsewhere_needs_no_control() {
    let seen = seen(vec![
        ladder("192.0.2.7", 25, Some(Code::TcpSilent)),
        ladder("192.0.2.7", 443, Some(Code::TcpRefusedRst)),
    ]);
    let rows = [Known {
        row: 0,
        seen: &seen,
        silent_since: None,
    }];
    assert_eq!(follow_ups(&rows, Walks::None), []);
}

#[test]
fn what_is_pending_counts_as_silent_only_when_it_was_dialled_long_ago() {
    let began = Instant::now();
    let mut waiting = ladder("192.0.2.7", 5223, None);
    waiting.observation.seen.begun = Some(began);
    // A connect that waits for its turn has not been dialled.
    let queued = ladder("192.0.2.8", 5223, None);
    let seen = seen(vec![waiting, queued]);
    let planned = |silent_since| {
        let known = Known {
            row: 0,
            seen: &seen,
            silent_since,
        };
        follow_ups(&[known], Walks::None).len()
    };
    assert_eq!(planned(None), 0);
    assert_eq!(planned(began.checked_sub(Duration::from_millis(1))), 0);
    assert_eq!(planned(Some(began)), 1);
}

#[test]
fn a_run_asks_at_most_32_more() {
    let address = |n: u32| format!("192.0.{}.{}", n / 200, n % 200 + 1);
    let ladders = (0..100).map(|n| ladder(&address(n), 5223, Some(Code::TcpSilent)));
    let seen = seen(ladders.collect());
    let rows = [Known {
        row: 0,
        seen: &seen,
        silent_since: None,
    }];
    assert_eq!(follow_ups(&rows, Walks::OneACause).len(), 32);
}
