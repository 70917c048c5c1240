//! What must hold for any input at all: the bodies of the fuzz targets, which the ordinary tests run over the corpus.

use std::sync::Arc;
use std::sync::LazyLock;

use mdm_preflight::audit::{self, List, Rules};
use mdm_preflight::compare::{diff, merge, redact};
use mdm_preflight::plan::{Plan, Selection};
use mdm_preflight::probe::pattern::Pattern;
use mdm_preflight::profile::{
    Origin, Place, Profile, ProfileError, Role, Values, load, load_text, written_text,
};
use mdm_preflight::render::{Format, Line, Look, changes, made_safe, vantages};
use mdm_preflight::report::Report;
use serde_json::Value;

/// Nothing stands beside it, so that an include finds built-ins only.
const FILE: &str = "/nonexistent/fuzz.toml";

const ROLES: [Role; 2] = [Role::Client, Role::JamfServer];

/// A profile's text is read or refused; what is read is planned, written out and read back.
pub(crate) fn profile(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let values = Values::new();
    let profile = match load_text(FILE, text, &values) {
        Ok(profile) => profile,
        Err(error) => {
            refused(&error);
            return;
        }
    };
    let selection = Selection {
        roles: ROLES.to_vec(),
        ..Selection::default()
    };
    let plan = Plan::of(std::slice::from_ref(&profile), &selection).expect("nothing is selected");
    let checks: usize = profile
        .prerequisites
        .iter()
        .map(|one| one.checks.len())
        .sum();
    assert_eq!(plan.rows.len(), checks);
    let written = written_text(FILE, text).expect("it was read a moment ago");
    let again = load_text(FILE, &written.toml(), &values);
    let again = again.unwrap_or_else(|error| panic!("{error}\nin\n{}", written.toml()));
    assert_eq!(placeless(again), placeless(profile), "{}", written.toml());
}

/// An error has the file, a line and a column.
fn refused(error: &ProfileError) {
    let said = error.to_string();
    let place = said.split_once(".toml:").map(|(_, place)| place);
    let number = |text: &str| text.parse::<usize>().is_ok_and(|number| number > 0);
    let has_place = place.is_some_and(|place| place.split(':').take(2).all(number));
    assert!(has_place, "{said}");
}

fn placeless(mut profile: Profile) -> Profile {
    profile.origin = Origin::CommandLine;
    let prerequisites = profile.prerequisites.iter_mut();
    for check in prerequisites.flat_map(|one| &mut one.checks) {
        Arc::make_mut(check).place = Place {
            file: Arc::default(),
            line: 0,
        };
    }
    profile
}

/// A host pattern is taken apart or refused, and its sample is bounded and always the same.
pub(crate) fn pattern(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(parsed) = Pattern::parse(text) else {
        assert!(text.contains('{'), "{text}");
        return;
    };
    let Some(pattern) = parsed else {
        assert!(!text.contains('{'), "{text}");
        return;
    };
    for size in [1, 2, 7, 10_000, u32::MAX] {
        let sample = pattern.sample(size);
        assert_eq!(sample, pattern.sample(size), "{text}");
        assert!(!sample.is_empty() && sample.len() <= 10_000, "{text}");
        assert!(sample.len() as u64 <= u64::from(size), "{text}");
        for (number, host) in &sample {
            assert!((pattern.first..=pattern.last).contains(number), "{text}");
            let expected = format!("{}{number}{}", pattern.before, pattern.after);
            assert_eq!(*host, expected, "{text}");
        }
        let rising = sample.windows(2).all(|pair| pair[0].0 < pair[1].0);
        assert!(rising, "{text} {size}");
    }
}

static RECORDED: LazyLock<Value> = LazyLock::new(|| {
    let text = include_str!("../it/reports/v1.json");
    serde_json::from_str(text).expect("a test reads it")
});

/// A saved report is refused or drawn in every format, redacted, compared and merged. What is no report
/// is taken for changes to the recorded one.
pub(crate) fn report(data: &[u8]) {
    let Ok(value) = serde_json::from_slice::<Value>(data) else {
        return;
    };
    let whole: Report = serde_json::from_value(RECORDED.clone()).expect("a test reads it");
    let report = serde_json::from_value::<Report>(value.clone()).or_else(|_| {
        let mut changed = RECORDED.clone();
        change(&mut changed, value);
        serde_json::from_value(changed)
    });
    // A report with a value that cannot be printed is refused.
    let Some(report) = report.ok().and_then(|report| made_safe(&report).ok()) else {
        return;
    };
    for report in [&report, &redact::redact(&report)] {
        for format in formats() {
            let mut out = Vec::new();
            format
                .write(report, &mut out)
                .expect("a list of bytes takes everything");
        }
    }
    let mut json = Vec::new();
    Format::Json
        .write(&report, &mut json)
        .expect("a list of bytes takes everything");
    let again: Report = serde_json::from_slice(&json).expect("it was a report");
    assert_eq!(again, report);
    let mut out = Vec::new();
    let changed = diff::diff(&whole, &report, 3.0);
    changes::table(&changed, LOOK, &mut out).expect("a list of bytes takes everything");
    let matrix = merge::merge(&[whole, report]);
    vantages::table(&matrix, LOOK, &mut out).expect("a list of bytes takes everything");
}

/// Puts the changes in: tables are gone into, items of lists are named by their number.
fn change(value: &mut Value, changes: Value) {
    match (value, changes) {
        (Value::Object(table), Value::Object(changes)) => {
            for (key, changed) in changes {
                match table.get_mut(&key) {
                    Some(known) => change(known, changed),
                    None => drop(table.insert(key, changed)),
                }
            }
        }
        (Value::Array(items), Value::Object(changes)) => {
            for (key, changed) in changes {
                if let Some(item) = key.parse().ok().and_then(|at: usize| items.get_mut(at)) {
                    change(item, changed);
                }
            }
        }
        (value, changes) => *value = changes,
    }
}

const LOOK: Look = Look {
    width: 80,
    color: true,
    verbose: true,
};

fn formats() -> [Format; 15] {
    [
        Format::Table(LOOK),
        Format::Compact(LOOK),
        Format::Json,
        Format::Jsonl,
        Format::Junit(Line::Usual),
        Format::Tap(Line::Usual),
        Format::Sarif(Line::Usual),
        Format::Markdown,
        Format::Github(Line::Usual),
        Format::Csv,
        Format::Html,
        Format::Prometheus,
        Format::Nagios,
        Format::JamfEa { now: None },
        Format::OtlpJson,
    ]
}

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    let profile = load("jamf-intune", &Values::new()).expect("a built-in");
    Rules::of(&[profile], &ROLES)
});

/// A customer's list of rules is read line by line and held against what the default profile needs.
pub(crate) fn rules_csv(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let list = List::parse("rules.csv", text);
    let lines = text.lines().count();
    assert!(list.entries.len() + list.unread.len() <= lines, "{text}");
    let places = list.entries.iter().map(|entry| entry.line);
    let unread = list.unread.iter().filter_map(|remark| remark.line);
    for line in places.chain(unread) {
        assert!(
            (1..=lines).contains(&line),
            "line {line} of {lines}\n{text}"
        );
    }
    for remark in audit::compare(&list, &RULES) {
        assert!(!remark.says.is_empty());
    }
}
