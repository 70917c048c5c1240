//! A Jamf extension attribute: one `<result>` for the inventory, with the time of the run, since
//! inventory may be taken long after it.

use std::io::{self, Write};

use jiff::Timestamp;

use super::row;
use crate::finding::Verdict;
use crate::report::Report;

pub(super) fn write(
    report: &Report,
    now: Option<Timestamp>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut said = vec![report.verdict.to_string(), started(report, now)];
    let at_fault: Vec<&str> = report
        .prerequisites
        .iter()
        .filter(|prerequisite| prerequisite.verdict.rank() > Verdict::Pass.rank())
        .map(|prerequisite| prerequisite.id.as_str())
        .collect();
    said.extend(
        [at_fault, row::causes(report)]
            .iter()
            .filter(|words| !words.is_empty())
            .map(|words| words.join(", ")),
    );
    let text = said.join(" | ");
    let text = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    writeln!(out, "<result>{text}</result>")
}

fn started(report: &Report, now: Option<Timestamp>) -> String {
    let started = report.run.started.clone();
    let Some((now, then)) = now.zip(started.parse().ok()) else {
        return started;
    };
    let minutes = now.duration_since(then).as_mins().max(0);
    let age = match minutes {
        0..=119 => format!("{minutes} min"),
        120..=2879 => format!("{} h", minutes / 60),
        _ => format!("{} d", minutes / 1440),
    };
    format!("{started}, {age} ago")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_age_is_told_in_the_unit_that_people_would_use() {
        let text = include_str!("../../tests/it/reports/v1.json");
        let report: Report = serde_json::from_str(text).expect("the recorded report");
        let at = |text: &str| Some(text.parse().expect("a time"));
        assert_eq!(started(&report, None), report.run.started);
        let hours = started(&report, at("2026-11-23T13:10:00Z"));
        assert_eq!(hours, "2026-11-23T08:00:00.125Z, 5 h ago");
        let days = started(&report, at("2026-11-30T13:10:00Z"));
        assert_eq!(days, "2026-11-23T08:00:00.125Z, 7 d ago");
    }
}
