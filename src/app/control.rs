//! `--control`: a fresh report from another vantage, which shows what is up there.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use super::{Error, complain, saved};
use crate::probe::Elsewhere;

/// An older report says nothing about now.
const OLDEST: SignedDuration = SignedDuration::from_mins(15);

/// What the report showed to be open, and when.
pub(super) struct Control {
    file: String,
    hostname: String,
    started: Timestamp,
    open: BTreeSet<(String, u16)>,
}

/// Reads the report, which must not be too old already.
pub(super) fn read(path: &Path) -> Result<Control, Error> {
    let file = path.display().to_string();
    let wrong = |why: String| Error::Usage(format!("--control {file}: {why}"));
    let report = saved::read(path)?;
    let started: Timestamp = report
        .run
        .started
        .parse()
        .map_err(|_| wrong(format!("`{}` is no time", report.run.started)))?;
    let age = now().duration_since(started);
    if age > OLDEST || age < -SignedDuration::from_mins(5) {
        return Err(wrong(format!(
            "it is of {started}; a control may be 15 minutes old at most"
        )));
    }
    let open = report.checks().filter_map(|(_, check)| {
        let connected = check.stages.tcp.as_deref()?.is_connected();
        let target = (check.target.host.clone()?, check.target.port?);
        connected.then_some(target)
    });
    Ok(Control {
        open: open.collect(),
        hostname: report.vantage.hostname.clone(),
        started,
        file,
    })
}

/// What it shows of a run that begins now. One that has become too old meanwhile is left aside from then on, which is said.
pub(super) fn of_a_run(control: &mut Option<Control>) -> Option<Elsewhere> {
    let known = control.as_ref()?;
    let elsewhere = known.at(now());
    if elsewhere.is_none() {
        complain(&format!(
            "--control {}: it is older than 15 minutes by now, and shows nothing any more",
            known.file
        ));
        *control = None;
    }
    elsewhere
}

impl Control {
    fn at(&self, now: Timestamp) -> Option<Elsewhere> {
        let age = now.duration_since(self.started);
        (age <= OLDEST).then(|| Elsewhere {
            // Another machine's clock may be ahead of this one's.
            label: format!("{} {} s before", self.hostname, age.as_secs().max(0)),
            open: self.open.clone(),
        })
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the age of a file is told before there is a run"
)]
pub(super) fn now() -> Timestamp {
    // A clock outside the years that a timestamp can hold makes every report too old.
    Timestamp::try_from(std::time::SystemTime::now()).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_has_the_age_of_each_run_and_ends_with_a_quarter_of_an_hour() {
        let started: Timestamp = "2026-11-26T08:00:00Z".parse().expect("a time");
        let control = Control {
            file: "elsewhere.json".to_owned(),
            hostname: "mac".to_owned(),
            started,
            open: [("push.example".to_owned(), 443)].into(),
        };
        let label = |seconds: i64| {
            let shown = control.at(started + SignedDuration::from_secs(seconds));
            shown.map(|one| (one.label, one.open.len()))
        };
        assert_eq!(label(3), Some(("mac 3 s before".to_owned(), 1)));
        assert_eq!(label(900), Some(("mac 900 s before".to_owned(), 1)));
        assert_eq!(label(901), None);
        assert_eq!(label(-20), Some(("mac 0 s before".to_owned(), 1)));
    }
}
