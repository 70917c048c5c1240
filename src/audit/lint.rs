//! A profile held against itself and against what its vendors say: rows that are twice there, contradict each
//! other, ask too little, or rest on old sources.

mod vendors;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::Remark;
use crate::finding::{Expectation, Source};
use crate::probe::Spec;
use crate::profile::{Check, Place, Prerequisite, Profile};

/// Everything there is to say of a profile, by file and line.
pub fn lint(profile: &Profile, today: Date, max_age_days: u32) -> Vec<Remark> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for prerequisite in profile.prerequisites.iter().filter(|one| !one.skip) {
        for check in &prerequisite.checks {
            if let Ok(spec) = &check.probe {
                rows.push(Row {
                    prerequisite,
                    check,
                    spec,
                });
            }
        }
    }
    let mut lint = Lint::default();
    lint.pairs(&rows);
    for row in &rows {
        lint.asked(row);
        lint.control(row, &rows);
    }
    lint.zones(&rows);
    for prerequisite in &profile.prerequisites {
        lint.sources(prerequisite, today, max_age_days);
        lint.words(prerequisite);
    }
    lint.found.into_iter().collect()
}

struct Row<'a> {
    prerequisite: &'a Prerequisite,
    check: &'a Check,
    spec: &'a Spec,
}

impl Row<'_> {
    fn id(&self) -> String {
        format!("{}/{}", self.prerequisite.id, self.check.id)
    }

    /// Whether the row means to find something open today.
    fn counts(&self) -> bool {
        self.check.retired.is_none() && self.check.misprint.is_none()
    }

    fn meets(&self, other: &Self) -> bool {
        let from = &other.prerequisite.from;
        self.prerequisite
            .from
            .iter()
            .any(|role| from.contains(role))
    }

    fn endpoints(&self) -> BTreeSet<(String, u16)> {
        let wants = self.spec.wants().into_iter();
        wants
            .map(|want| (want.host.to_string(), want.port))
            .collect()
    }
}

#[derive(Default)]
struct Lint {
    found: BTreeSet<Remark>,
}

impl Lint {
    fn say(&mut self, place: &Place, kind: &'static str, says: String) {
        self.found.insert(Remark {
            file: place.file.to_string(),
            line: Some(place.line),
            kind,
            says,
        });
    }

    /// Rows of the same endpoint: the same question twice, or two answers that cannot both come.
    fn pairs(&mut self, rows: &[Row<'_>]) {
        let mut by_endpoint: BTreeMap<(String, u16), Vec<usize>> = BTreeMap::new();
        for (index, row) in rows.iter().enumerate().filter(|(_, row)| row.counts()) {
            let mut endpoints = row.endpoints();
            if endpoints.is_empty() {
                endpoints.insert((row.spec.target().host, 0));
            }
            for endpoint in endpoints {
                by_endpoint.entry(endpoint).or_default().push(index);
            }
        }
        for ((host, port), members) in by_endpoint {
            for (at, later) in members.iter().enumerate() {
                let later = &rows[*later];
                // The first that disagrees is named; more would repeat it.
                let mut earlier = members[..at].iter().map(|index| &rows[*index]);
                let clash = earlier.find_map(|earlier| {
                    let said = pair(earlier, later, &host, port)?;
                    Some((said.0, said.1))
                });
                if let Some((kind, says)) = clash {
                    self.say(&later.check.place, kind, says);
                }
            }
        }
    }

    /// A negative row proves something only if its target is known to be up.
    fn control(&mut self, row: &Row<'_>, rows: &[Row<'_>]) {
        let blocked = matches!(row.check.expect, Expectation::Blocked | Expectation::Silent);
        if !blocked || !row.counts() {
            return;
        }
        let positive = |other: &Row<'_>| other.counts() && !other.check.expect.is_negative();
        let named = |other: &&Row<'_>, control: &str| {
            let sample = other.check.sample_of.as_ref();
            let base = sample.map(|base| format!("{}/{base}", other.prerequisite.id));
            other.id() == control || base.as_deref() == Some(control)
        };
        let host = row.spec.target().host;
        let shows = |other: &&Row<'_>| positive(other) && row.meets(other);
        let says = if let Some(control) = &row.check.control {
            let of_name = |other: &&Row<'_>| named(other, control);
            if rows.iter().filter(of_name).any(|other| shows(&other)) {
                return;
            }
            format!("its control {control} cannot show that {host} is up")
        } else {
            let same_host = |other: &&Row<'_>| other.spec.target().host == host;
            if rows.iter().filter(same_host).any(|other| shows(&other)) {
                return;
            }
            format!("nothing shows that {host} is up: name a `control`, or silence proves nothing")
        };
        self.say(
            &row.check.place,
            "no-control",
            format!("{}: {says}", row.id()),
        );
    }

    fn sources(&mut self, prerequisite: &Prerequisite, today: Date, max_age_days: u32) {
        let Some(first) = prerequisite.checks.first() else {
            return;
        };
        let own = prerequisite.sources.iter().map(|source| (source, first));
        let of_checks = prerequisite
            .checks
            .iter()
            .flat_map(|check| check.sources.iter().map(move |source| (source, check)));
        for (source, check) in own.chain(of_checks) {
            if let Some(says) = aged(source, today, max_age_days) {
                let says = format!("{}: {says}", prerequisite.id);
                self.say(&check.place, "old-source", says);
            }
        }
    }

    /// A remedy is pasted into a change request: what it asks for must be wide enough.
    fn words(&mut self, prerequisite: &Prerequisite) {
        let Some(first) = prerequisite.checks.first() else {
            return;
        };
        let remedy = &prerequisite.remedy;
        let narrow = "*-courier.push.apple.com";
        if remedy.contains(narrow) && !remedy.contains("too narrow") {
            let id = &prerequisite.id;
            let says = format!("{id}: its remedy asks for {narrow}; use *.push.apple.com");
            self.say(&first.place, "too-narrow", says);
        }
    }
}

fn pair(
    earlier: &Row<'_>,
    later: &Row<'_>,
    host: &str,
    port: u16,
) -> Option<(&'static str, String)> {
    if !earlier.meets(later) {
        return None;
    }
    let place = &earlier.check.place;
    let there = format!("{} ({}:{})", earlier.id(), place.file, place.line);
    let open = |row: &Row<'_>| !row.check.expect.is_negative();
    let refused = |row: &Row<'_>| row.check.expect == Expectation::Refused;
    // A host that refuses by itself is reached: only a row that wants more than that contradicts it.
    let path = |row: &Row<'_>| row.check.expect == Expectation::PathOpen;
    let both = (refused(earlier) && path(later)) || (path(earlier) && refused(later));
    if open(earlier) != open(later) && !both {
        let says = format!(
            "{}: {host} {port} is expected `{}` here and `{}` in {there}",
            later.id(),
            later.check.expect,
            earlier.check.expect
        );
        return Some(("contradiction", says));
    }
    let same = earlier.spec == later.spec && earlier.check.expect == later.check.expect;
    same.then(|| {
        (
            "duplicate",
            format!("{} asks what {there} asks", later.id()),
        )
    })
}

fn aged(source: &Source, today: Date, max_age_days: u32) -> Option<String> {
    let read: Date = source.read.parse().ok()?;
    let days = today.since(read).ok()?.get_days();
    let limit = i64::from(max_age_days);
    (i64::from(days) > limit).then(|| {
        format!(
            "{} was read {} days ago, on {read}; read it again",
            source.url, days
        )
    })
}
