//! What is made of the tools' words, era by era.

use super::*;
use crate::finding::Expectation;
use crate::net::{End, Failure, Observation};
use crate::probe::RunFacts;
use crate::probe::tests::context;

fn spec(fact: Fact) -> Spec {
    let server = "jamf.example.com".parse().ok();
    Spec {
        fact,
        least: Version::parse("10.11")
            .filter(|_| matches!(fact, Fact::Macos | Fact::CompanyPortal)),
        server: server.filter(|_| fact == Fact::MdmServer),
    }
}

fn judged(fact: Fact, seen: ToolSeen, end: End) -> (Option<Code>, Verdict, String) {
    let seen = Seen {
        tool: Some(Observation { seen, end }),
        ..Seen::default()
    };
    let run = RunFacts::default();
    let spec = spec(fact);
    let findings = spec.judge(&seen, &context(Expectation::Met, &run, None));
    match findings.first() {
        Some(one) => (Some(one.code), one.verdict, one.actual.clone()),
        None => (None, Verdict::Pass, spec.sentence(&seen)),
    }
}

fn printed(fact: Fact, out: &str) -> (Option<Code>, Verdict, String) {
    let seen = ToolSeen {
        status: Some(0),
        out: out.to_owned(),
        ..ToolSeen::default()
    };
    judged(fact, seen, End::Done)
}

#[test]
fn the_version_of_macos_is_held_against_the_least() {
    for (out, code, sentence) in [
        ("10.11\n", None, "macOS 10.11"),
        ("10.15.7\n", None, "macOS 10.15.7"),
        ("26.1\n", None, "macOS 26.1"),
        ("10.10.5\n", Some(Code::DeviceOsOld), "macOS 10.10.5"),
        (
            "ProductName: macOS\n",
            Some(Code::DeviceOutputUnknown),
            "`sw_vers -productVersion` printed: ProductName: macOS",
        ),
        (
            "",
            Some(Code::DeviceOutputUnknown),
            "`sw_vers -productVersion` printed nothing",
        ),
    ] {
        let (found, verdict, said) = printed(Fact::Macos, out);
        assert_eq!((found, said.as_str()), (code, sentence), "{out}");
        let expected = match code {
            None => Verdict::Pass,
            Some(Code::DeviceOsOld) => Verdict::Fail,
            Some(_) => Verdict::Inconclusive,
        };
        assert_eq!(verdict, expected, "{out}");
    }
}

#[test]
fn company_portal_is_absent_old_there_or_not_to_be_read() {
    let absent = ToolSeen {
        absent: true,
        ..ToolSeen::default()
    };
    let (code, verdict, _) = judged(Fact::CompanyPortal, absent, End::Done);
    assert_eq!(
        (code, verdict),
        (Some(Code::DeviceAppMissing), Verdict::Fail)
    );
    let (code, _, said) = printed(Fact::CompanyPortal, "52.2404.0\n");
    assert_eq!((code, said.as_str()), (None, "Company Portal 52.2404.0"));
    let (code, verdict, _) = printed(Fact::CompanyPortal, "5.2404.0\n");
    assert_eq!((code, verdict), (Some(Code::DeviceAppOld), Verdict::Fail));
    let damaged = ToolSeen {
        status: Some(1),
        error: "The domain/default pair does not exist\n".to_owned(),
        ..ToolSeen::default()
    };
    let (code, verdict, said) = judged(Fact::CompanyPortal, damaged, End::Done);
    assert_eq!(code, Some(Code::DeviceOutputUnknown));
    assert_eq!(verdict, Verdict::Inconclusive);
    assert!(said.ends_with("printed with status 1: The domain/default pair does not exist"));
}

#[test]
fn the_server_of_the_enrollment_is_held_against_the_one_that_was_given() {
    let yes = "MDM enrollment: Yes (User Approved)\n";
    let at = |host: &str| format!("{yes}MDM server: https://{host}/mdm/ServerURL\n");
    let of = |out: &str| {
        let (code, verdict, _) = printed(Fact::MdmServer, out);
        (code, verdict)
    };
    assert_eq!(of(&at("jamf.example.com:8443")), (None, Verdict::Pass));
    let other = (Some(Code::DeviceOtherServer), Verdict::Fail);
    assert_eq!(of(&at("old.example.com")), other);
    let not = (Some(Code::DeviceNotEnrolled), Verdict::Fail);
    assert_eq!(of("MDM enrollment: No\n"), not);
    let unsure = (Some(Code::DeviceOutputUnknown), Verdict::Inconclusive);
    assert_eq!(of(yes), unsure, "an older system does not name the server");
    assert_eq!(of("MDM enrollment: Ja\n"), unsure);
    assert_eq!(of("profiles must be run as root\n"), unsure);
}

#[test]
fn the_push_service_is_believed_and_a_tool_that_fails_says_nothing() {
    let port = "application port name: com.apple.aps.mdmclient.daemon.push.production\n";
    let state = |state: &str| format!("{port}persistent connection status: {state}\n");
    let (code, _, said) = printed(Fact::Push, &state("Connected"));
    assert_eq!(
        (code, said.as_str()),
        (None, "the push service says: Connected")
    );
    let (code, verdict, _) = printed(Fact::Push, &state("Disconnected"));
    assert_eq!(
        (code, verdict),
        (Some(Code::DevicePushDown), Verdict::Degraded)
    );
    let failure = Failure::new(Code::DeviceToolFailed, "apsctl did not end in 5 s");
    let (code, verdict, _) = judged(Fact::Push, ToolSeen::default(), End::Failed(failure));
    assert_eq!(code, Some(Code::DeviceToolFailed));
    assert_eq!(verdict, Verdict::Inconclusive);
    let (code, ..) = judged(Fact::Push, ToolSeen::default(), End::Pending);
    assert_eq!(code, Some(Code::InconclusiveDeadline));
}
