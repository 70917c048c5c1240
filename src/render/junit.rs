//! `JUnit` XML: a suite for each prerequisite, a case for each check.
//!
//! GitLab keys a case by class name and name, Jenkins needs both, trend graphs need names without
//! times and addresses.

use std::io::{self, Write};
use std::time::Duration;

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::line::{Line, Mark};
use super::row;
use crate::report::{Check, Prerequisite, Report};

pub(super) fn write(report: &Report, line: Line, out: &mut dyn Write) -> io::Result<()> {
    let mut document = quick_junit::Report::new("mdm-preflight");
    document.set_time(Duration::from_millis(report.run.duration_ms));
    for prerequisite in &report.prerequisites {
        document.add_test_suite(suite(report, prerequisite, line));
    }
    document.serialize(&mut *out).map_err(io::Error::other)
}

fn suite(report: &Report, prerequisite: &Prerequisite, line: Line) -> TestSuite {
    let mut suite = TestSuite::new(prerequisite.id.as_str());
    let facts = [
        ("timestamp", &report.run.started),
        ("hostname", &report.vantage.hostname),
    ];
    for (name, value) in facts {
        suite.extra.insert(name.into(), value.as_str().into());
    }
    let roles: Vec<&str> = report.vantage.roles.iter().map(|r| r.name()).collect();
    let resolvers: Vec<String> = report
        .vantage
        .resolvers
        .iter()
        .map(ToString::to_string)
        .collect();
    suite.add_property(("version", report.tool.version.as_str()));
    suite.add_property(("vantage", roles.join(",").as_str()));
    suite.add_property(("resolvers", resolvers.join(",").as_str()));
    suite.add_property(("proxy", report.vantage.proxy.as_deref().unwrap_or("none")));
    for profile in &report.profiles {
        suite.add_property(("profile", profile.release().as_str()));
    }
    let time: f64 = prerequisite.checks.iter().map(row::ms).sum();
    suite.set_time(duration(time));
    for check in &prerequisite.checks {
        suite.add_test_case(case(report, prerequisite, check, line));
    }
    suite
}

fn case(report: &Report, prerequisite: &Prerequisite, check: &Check, line: Line) -> TestCase {
    let mark = line.mark(prerequisite, check);
    let name = match row::target(check) {
        target if target.is_empty() => check.id.clone(),
        target => format!("{}: {target}", check.id),
    };
    let mut case = TestCase::new(name, status(mark, report, check));
    case.set_classname(format!("mdm-preflight.{}", prerequisite.id));
    case.set_time(duration(row::ms(check)));
    if let Some(place) = &check.source {
        case.extra.insert("file".into(), place.file.as_ref().into());
        case.extra
            .insert("line".into(), place.line.to_string().into());
    }
    let timeline = row::timeline(check);
    let mut said: Vec<String> = Vec::new();
    if mark == Mark::Passed {
        // A failure says this itself.
        said.push(format!("{}: {}", check.verdict, row::message(check)));
    }
    said.extend(Some(timeline).filter(|text| !text.is_empty()));
    if !said.is_empty() {
        case.set_system_out(said.join("\n"));
    }
    case
}

fn status(mark: Mark, report: &Report, check: &Check) -> TestCaseStatus {
    let kind = match mark {
        Mark::Passed => return TestCaseStatus::success(),
        Mark::Skipped => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(check.message.as_str());
            return status;
        }
        Mark::Failed => NonSuccessKind::Failure,
        Mark::Undecided => NonSuccessKind::Error,
    };
    let mut status = TestCaseStatus::non_success(kind);
    let code = check.code.map_or(check.verdict.name(), |code| code.name());
    status.set_type(code).set_message(check.message.as_str());
    let cause = row::cause(report, check).map(row::cause_line);
    let lines: Vec<String> = cause.into_iter().chain(row::evidence(check)).collect();
    status.set_description(lines.join("\n"));
    status
}

/// A saved report may hold any number; what no clock shows is no time.
fn duration(ms: f64) -> Duration {
    Duration::try_from_secs_f64(ms / 1000.0).unwrap_or_default()
}
