//! `--control`: a fresh report from another vantage, which shows what is up there.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use super::{Error, saved};
use crate::probe::Elsewhere;

/// An older report says nothing about now.
const OLDEST: SignedDuration = SignedDuration::from_mins(15);

/// Reads the report and what it showed to be open.
pub(super) fn read(path: &Path) -> Result<Elsewhere, Error> {
    let wrong = |why: String| Error::Usage(format!("--control {}: {why}", path.display()));
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
    let label = format!("{} {} s before", report.vantage.hostname, age.as_secs());
    let open = report.checks().filter_map(|(_, check)| {
        let connected = check.stages.tcp.as_deref()?.is_connected();
        let target = (check.target.host.clone()?, check.target.port?);
        connected.then_some(target)
    });
    Ok(Elsewhere {
        label,
        open: open.collect(),
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "the age of a file is told before there is a run"
)]
pub(super) fn now() -> Timestamp {
    // A clock outside the years that a timestamp can hold makes every report too old.
    Timestamp::try_from(std::time::SystemTime::now()).unwrap_or(Timestamp::MAX)
}
