//! Prometheus' text format for the textfile collector: no timestamps, families and series in a fixed
//! order, the reason as a label.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::row;
use crate::finding::Verdict;
use crate::report::{Check, Report};

type Labels<'a> = Vec<(&'a str, String)>;

/// One metric with its series; a series that comes twice is kept once, else the reader refuses all.
struct Family {
    name: &'static str,
    help: &'static str,
    series: Vec<String>,
    seen: BTreeSet<String>,
}

impl Family {
    fn new(name: &'static str, help: &'static str) -> Self {
        Self {
            name,
            help,
            series: Vec::new(),
            seen: BTreeSet::new(),
        }
    }

    fn add(&mut self, labels: &[(&str, String)], value: &str) {
        let labels: Vec<String> = labels
            .iter()
            .map(|(name, text)| format!("{name}=\"{}\"", escaped(text)))
            .collect();
        let labels = match labels.as_slice() {
            [] => String::new(),
            labels => format!("{{{}}}", labels.join(",")),
        };
        if self.seen.insert(labels.clone()) {
            self.series.push(format!("{}{labels} {value}", self.name));
        }
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.series.is_empty() {
            return Ok(());
        }
        writeln!(out, "# HELP {} {}", self.name, self.help)?;
        writeln!(out, "# TYPE {} gauge", self.name)?;
        for line in &self.series {
            writeln!(out, "{line}")?;
        }
        Ok(())
    }
}

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for family in run(report).iter().chain(&checks(report)) {
        family.write(out)?;
    }
    Ok(())
}

fn run(report: &Report) -> Vec<Family> {
    let mut verdict = Family::new("mdm_preflight_run_verdict", "Which verdict the run has.");
    for one in Verdict::ALL {
        let value = if one == report.verdict { "1" } else { "0" };
        verdict.add(&[("verdict", one.to_string())], value);
    }
    let mut completed = Family::new(
        "mdm_preflight_run_completed_timestamp_seconds",
        "When the run ended.",
    );
    let ended = report
        .run
        .started
        .parse::<jiff::Timestamp>()
        .ok()
        .and_then(|started| {
            started
                .as_millisecond()
                .checked_add_unsigned(report.run.duration_ms)
        });
    if let Some(ended) = ended {
        completed.add(
            &[],
            &format!("{}.{:03}", ended.div_euclid(1000), ended.rem_euclid(1000)),
        );
    }
    let mut took = Family::new(
        "mdm_preflight_run_duration_seconds",
        "How long the run took.",
    );
    let whole = std::time::Duration::from_millis(report.run.duration_ms).as_secs_f64();
    took.add(&[], &format!("{whole:.3}"));
    let mut build = Family::new("mdm_preflight_build_info", "The version of the program.");
    build.add(&[("version", report.tool.version.clone())], "1");
    let mut causes = Family::new(
        "mdm_preflight_diagnosis",
        "A root cause that the run found.",
    );
    for cause in &report.diagnoses {
        let labels = [
            ("code", cause.code.clone()),
            ("id", cause.id.clone()),
            ("owner", cause.owner.to_string()),
        ];
        causes.add(&labels, "1");
    }
    vec![verdict, completed, took, build, causes]
}

fn checks(report: &Report) -> Vec<Family> {
    let mut success = Family::new(
        "mdm_preflight_check_success",
        "Whether the check passed or was only degraded; skipped checks are absent.",
    );
    let mut reason = Family::new(
        "mdm_preflight_check_reason",
        "Why a check did not pass: one series for each such check.",
    );
    let mut stages = Family::new(
        "mdm_preflight_check_stage_duration_seconds",
        "How long a stage of the check took.",
    );
    let mut expiry = Family::new(
        "mdm_preflight_check_tls_earliest_cert_expiry_timestamp_seconds",
        "When the first certificate of the chain expires.",
    );
    for (prerequisite, check) in report.checks() {
        if check.verdict == Verdict::Skipped {
            continue;
        }
        let labels: Labels<'_> = vec![
            ("prerequisite", prerequisite.id.clone()),
            ("check", check.id.clone()),
        ];
        let with = |more: &[(&'static str, String)]| {
            let mut all = labels.clone();
            all.extend(more.iter().cloned());
            all
        };
        let good = matches!(check.verdict, Verdict::Pass | Verdict::Degraded);
        success.add(&labels, if good { "1" } else { "0" });
        if check.verdict != Verdict::Pass {
            let code = check.code.map_or("none", |code| code.name());
            let why = [
                ("verdict", check.verdict.to_string()),
                ("reason", code.to_owned()),
            ];
            reason.add(&with(&why), "1");
        }
        for (stage, ms) in check.stages.times() {
            let labels = with(&[("stage", row::stage(stage).to_owned())]);
            stages.add(&labels, &row::seconds(ms));
        }
        if let Some(second) = earliest_expiry(check) {
            expiry.add(&labels, &second.to_string());
        }
    }
    vec![success, reason, stages, expiry]
}

fn earliest_expiry(check: &Check) -> Option<i64> {
    let chain = &check.stages.tls.as_deref()?.seen.chain;
    chain
        .iter()
        .filter_map(|certificate| certificate.not_after.parse::<jiff::Timestamp>().ok())
        .map(jiff::Timestamp::as_second)
        .min()
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
