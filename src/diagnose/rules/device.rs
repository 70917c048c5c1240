//! Causes that this Mac tells of itself, by its system's own tools.

use super::super::facts::{Facts, Row};
use super::super::{Cause, has_code, meaning};
use crate::code::{Code, Owner};
use crate::finding::Confidence;
use crate::net::space;

/// The codes of rows, the diagnosis, and its title and summary.
struct Kind {
    codes: &'static [Code],
    code: &'static str,
    title: &'static str,
    summary: &'static str,
}

const KINDS: [Kind; 4] = [
    Kind {
        codes: &[Code::DeviceOsOld],
        code: "macos_too_old",
        title: "The system of this Mac is too old",
        summary: "This Mac's system is older than what it is to take part in accepts. Whatever the network lets through, \
                  this Mac stays out; other Macs on the same network may be fine.",
    },
    Kind {
        codes: &[Code::DeviceNotEnrolled],
        code: "mac_not_enrolled",
        title: "This Mac is enrolled with no MDM server",
        summary: "By its own word this Mac has no MDM enrolment, so no server can command it. The network is not at fault: \
                  it was never enrolled, or has lost its MDM profile.",
    },
    Kind {
        codes: &[Code::DeviceOtherServer],
        code: "mac_enrolled_elsewhere",
        title: "This Mac is enrolled with another MDM server",
        summary: "This Mac takes its commands from another MDM server than the one that this run was told to check. Either \
                  that is the wrong one of several, or this Mac was not moved with the others.",
    },
    Kind {
        codes: &[Code::DeviceAppMissing, Code::DeviceAppOld],
        code: "company_portal_unfit",
        title: "Company Portal is missing on this Mac, or too old",
        summary: "Users register a Mac with Entra by Company Portal, and this Mac has none that will do. Where the policy of \
                  Jamf Pro that installs it has not run yet, that is as it should be.",
    },
];

/// Nothing else of Apple's listens there.
const PORT: u16 = 5223;

const PUSH: Kind = Kind {
    codes: &[Code::DevicePushDown],
    code: "mac_push_down",
    title: "The push service of this Mac is not connected",
    summary: "By its own word the push service of this Mac has no connection, so no command wakes it.",
};

/// What this Mac lacks, one cause for each kind.
pub(in super::super) fn state(facts: &Facts<'_>) -> Vec<Cause> {
    KINDS.iter().filter_map(|kind| of(facts, kind)).collect()
}

/// The push service of this Mac has no connection; what the couriers' rows show says whose matter that is.
pub(in super::super) fn push(facts: &Facts<'_>) -> Vec<Cause> {
    let couriers: Vec<&Row<'_>> = facts.all.iter().filter(|row| is_courier(row)).collect();
    let reached = couriers.iter().any(|row| row.is_connected());
    let (confidence, owner, why) = match (couriers.is_empty(), reached) {
        (true, _) => (
            Confidence::Low,
            Owner::Device,
            "No courier of Apple's was asked in this run, so the network may be what is missing.",
        ),
        (false, true) => (
            Confidence::Medium,
            Owner::Device,
            "Couriers of Apple's can be reached from this very Mac, so its push service itself is what is stuck, or a \
             proxy, a VPN or an agent that it goes through.",
        ),
        (false, false) => (
            Confidence::High,
            Owner::Network,
            "No courier of Apple's can be reached from here either: this goes with what is said of them.",
        ),
    };
    let cause = of(facts, &PUSH).map(|cause| Cause {
        summary: format!("{} {why}", cause.summary),
        confidence,
        owner,
        ..cause
    });
    cause.into_iter().collect()
}

fn of(facts: &Facts<'_>, kind: &Kind) -> Option<Cause> {
    let rows = facts.find(|row| kind.codes.iter().any(|code| has_code(row, *code)));
    let known = meaning(kind.code).filter(|_| !rows.is_empty())?;
    Some(Cause {
        code: kind.code,
        title: kind.title.to_owned(),
        summary: kind.summary.to_owned(),
        confidence: Confidence::Certain,
        owner: Owner::Device,
        evidence: facts.said(&rows),
        rows,
        remedy: known.next.to_owned(),
        request: None,
    })
}

/// Where Macs wait for messages: at Apple, on the port that nothing else of Apple's has, or on another one by the
/// protocol that only couriers speak.
fn is_courier(row: &Row<'_>) -> bool {
    let stages = &row.check.stages;
    let tls = stages.tls.as_deref();
    let alpn = tls.and_then(|tls| tls.seen.alpn.as_deref());
    let asked = stages.tcp.is_some() || tls.is_some();
    let courier =
        row.check.target.port == Some(PORT) || alpn.is_some_and(|it| it.starts_with("apns-"));
    asked && courier && space::vendor(row.host()).is_some()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::finding::Verdict;
    use crate::report::{Check, Prerequisite, Report, Vantage};

    #[derive(Clone, Copy)]
    enum Couriers {
        Reached,
        Silent,
        NotAsked,
    }

    /// Some report's rows as in a healthy world, of which a Mac's own have come to these codes.
    fn found(codes: &[Code], couriers: Couriers) -> Vec<(&'static str, Owner, Confidence)> {
        let text = include_str!("../../../tests/it/reports/v1.json");
        let report: Report = serde_json::from_str(text).expect("the recorded report");
        let mut prerequisites: Vec<Prerequisite> = report.prerequisites;
        match couriers {
            Couriers::Reached => {}
            Couriers::Silent => {
                let checks = prerequisites.iter_mut().flat_map(|one| &mut one.checks);
                for tcp in checks.filter_map(|check| check.stages.tcp.as_mut()) {
                    Arc::make_mut(tcp).connects.clear();
                }
            }
            Couriers::NotAsked => prerequisites.retain(|one| !one.id.starts_with("apple.push")),
        }
        let checks = || -> Vec<Check> { prerequisites[0].checks.clone() };
        let blank = checks().remove(0);
        let rows = codes.iter().enumerate().map(|(place, code)| Check {
            id: format!("own-{place}"),
            probe: "device".to_owned(),
            code: Some(*code),
            verdict: Verdict::Fail,
            message: code.name().to_owned(),
            stages: crate::report::Stages::default(),
            ..blank.clone()
        });
        let mac = Prerequisite {
            id: "own".to_owned(),
            checks: rows.collect(),
            ..prerequisites[0].clone()
        };
        prerequisites.push(mac);
        let vantage = Vantage::default();
        let facts = Facts::of(&prerequisites, &vantage);
        let causes = state(&facts).into_iter().chain(push(&facts));
        causes
            .map(|cause| (cause.code, cause.owner, cause.confidence))
            .collect()
    }

    #[test]
    fn each_thing_that_a_mac_lacks_is_a_cause_of_its_own() {
        let device = |code| (code, Owner::Device, Confidence::Certain);
        for (code, expected) in [
            (Code::DeviceOsOld, "macos_too_old"),
            (Code::DeviceNotEnrolled, "mac_not_enrolled"),
            (Code::DeviceOtherServer, "mac_enrolled_elsewhere"),
            (Code::DeviceAppMissing, "company_portal_unfit"),
            (Code::DeviceAppOld, "company_portal_unfit"),
        ] {
            assert_eq!(
                found(&[code], Couriers::Reached),
                [device(expected)],
                "{code}"
            );
        }
        let both = found(
            &[Code::DeviceOsOld, Code::DeviceAppMissing],
            Couriers::Reached,
        );
        assert_eq!(both.len(), 2, "{both:?}");
        for untold in [Code::DeviceOutputUnknown, Code::DeviceToolFailed] {
            assert_eq!(
                found(&[untold], Couriers::Reached),
                [],
                "what was not told is no cause"
            );
        }
    }

    #[test]
    fn whose_matter_a_silent_push_service_is_shows_at_the_couriers() {
        let alone = found(&[Code::DevicePushDown], Couriers::NotAsked);
        assert_eq!(alone, [("mac_push_down", Owner::Device, Confidence::Low)]);
        let beside = found(&[Code::DevicePushDown], Couriers::Reached);
        assert_eq!(
            beside,
            [("mac_push_down", Owner::Device, Confidence::Medium)]
        );
        let with_them = found(&[Code::DevicePushDown], Couriers::Silent);
        assert_eq!(
            with_them,
            [("mac_push_down", Owner::Network, Confidence::High)]
        );
    }
}
