//! Saved reports whose JSON is damaged by its tree: parts gone, of another type, exchanged, doubled, too
//! large or too deep. Whatever it is, the program says so or draws it, and ends with a code that it has.

use std::time::{Duration, Instant};

use mdm_preflight::compare::{diff, merge, redact};
use mdm_preflight::render::{Format, Line, Look, changes, made_safe, vantages};
use mdm_preflight::report::Report;
use serde_json::{Value, json};

use crate::binary;
use crate::formats::{FORMATS, recorded, recorded_value, write};

/// The same sequence in every run (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit).unwrap()).unwrap()
    }
}

/// The place of everything in the tree.
fn places(value: &Value, place: &str, found: &mut Vec<String>) {
    found.push(place.to_owned());
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                places(item, &format!("{place}/{index}"), found);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                let name = name.replace('~', "~0").replace('/', "~1");
                places(field, &format!("{place}/{name}"), found);
            }
        }
        _ => {}
    }
}

fn strange(dice: &mut Dice) -> Value {
    let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
    let all = [
        Value::Null,
        json!(true),
        json!(-1),
        json!(u64::MAX),
        json!(1e308),
        json!(""),
        json!("x".repeat(100_000)),
        json!("%25252525%2e"),
        json!("\u{0}\u{1b}]0;x\u{7}<script>::error::\r\n|"),
        json!("2026-11-23T08:00:00Z"),
        json!([]),
        json!({}),
        deep,
    ];
    all[dice.below(all.len())].clone()
}

/// One damage at one place, mostly such that the whole may still be a report.
fn damage(report: &mut Value, dice: &mut Dice) {
    let mut all = Vec::new();
    places(report, "", &mut all);
    let place = all[dice.below(all.len())].clone();
    let other = all[dice.below(all.len())].clone();
    let value = report.pointer(&place).unwrap().clone();
    let instead = match (dice.below(6), &value) {
        (0, _) => strange(dice),
        (1, _) => report.pointer(&other).unwrap().clone(),
        (2, Value::Array(items)) => Value::Array(items.iter().chain(items).cloned().collect()),
        (3, Value::Array(_)) => json!([]),
        (2 | 3, Value::String(_)) => json!(["", "\u{1b}[2J", "a b", "::", "漢字"][dice.below(5)]),
        (2 | 3, Value::Number(_)) => json!([0, 1, 65535][dice.below(3)]),
        (4, Value::Object(fields)) => {
            let mut fields = fields.clone();
            let name = fields.keys().nth(dice.below(fields.len().max(1))).cloned();
            if let Some(name) = name {
                fields.remove(&name);
            }
            Value::Object(fields)
        }
        (5, Value::Array(items)) => Value::Array(items.iter().rev().cloned().collect()),
        _ => Value::Null,
    };
    *report.pointer_mut(&place).unwrap() = instead;
}

const LOOK: Look = Look {
    width: 60,
    color: true,
    verbose: true,
};

fn draw_all(report: &Report, old: &Report) {
    let mut out = Vec::new();
    let redacted = redact::redact(report);
    for format in [
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
    ] {
        format.write(report, &mut out).unwrap();
        format.write(&redacted, &mut out).unwrap();
        assert!(!out.contains(&0), "{format:?}");
        out.clear();
    }
    let changed = diff::diff(old, report, 3.0);
    changes::table(&changed, LOOK, &mut out).unwrap();
    changes::markdown(&changed, true, &mut out).unwrap();
    let matrix = merge::merge(&[old.clone(), report.clone(), redacted]);
    vantages::table(&matrix, LOOK, &mut out).unwrap();
    vantages::html(&matrix, &mut out).unwrap();
}

#[test]
fn a_report_with_a_damaged_tree_is_refused_or_drawn_in_every_format() {
    let sound = recorded_value();
    let whole: Report = serde_json::from_value(sound.clone()).unwrap();
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let started = Instant::now();
    let mut drawn = 0;
    for _ in 0..600 {
        let mut damaged = sound.clone();
        for _ in 0..=dice.below(3) {
            damage(&mut damaged, &mut dice);
        }
        let Ok(report) = serde_json::from_value::<Report>(damaged) else {
            continue;
        };
        drawn += 1;
        draw_all(&made_safe(&report).unwrap(), &whole);
    }
    assert!(drawn > 60, "only {drawn} were still reports");
    assert!(started.elapsed() < Duration::from_secs(120));
}

#[test]
fn the_program_ends_with_one_of_its_codes_whatever_the_file_holds() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for number in 0..24 {
        let mut damaged = recorded_value();
        damage(&mut damaged, &mut dice);
        let file = write(&format!("damaged-{number}.json"), &damaged.to_string());
        let format = FORMATS[number % FORMATS.len()];
        for arguments in [
            vec!["render", &file, "--redact", "--format", format],
            vec!["diff", &recorded(), &file],
            vec!["merge", &file, &recorded(), &file],
        ] {
            let run = binary::run(&arguments);
            let known = matches!(run.code, Some(0..=3));
            assert!(known, "{arguments:?}: {:?} {}", run.code, run.stderr);
            assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
            assert!(!run.stdout.contains("\u{1b}]0"), "{arguments:?}");
        }
    }
}

#[test]
fn what_is_no_file_of_a_report_is_refused_by_every_subcommand() {
    let folder = env!("CARGO_MANIFEST_DIR");
    let deep = format!(
        "{{\"schema\": \"mdm-preflight/report/1\", \"x\": {}1{}}}",
        "[".repeat(500_000),
        "]".repeat(500_000)
    );
    let deep = write("nested.json", &deep);
    for file in [folder, &deep] {
        for arguments in [
            vec!["render", file],
            vec!["diff", &recorded(), file],
            vec!["diff", file, &recorded()],
            vec!["merge", &recorded(), file],
        ] {
            let run = binary::run(&arguments);
            assert_eq!(run.code, Some(2), "{arguments:?}");
            assert!(run.stderr.contains(file), "{}", run.stderr);
            assert!(run.stdout.is_empty());
        }
    }
    assert_eq!(binary::run(&["merge"]).code, Some(2));
}

#[test]
fn a_report_beside_itself_has_no_change_and_no_disagreement() {
    let same = binary::run(&["diff", &recorded(), &recorded()]);
    assert_eq!(same.code, Some(0));
    assert!(same.stdout.contains("Nothing has changed."));
    let matrix = binary::run(&["merge", &recorded(), &recorded(), "--format", "json"]).json();
    assert!(
        matrix["rows"]
            .as_array()
            .unwrap()
            .iter()
            .all(|row| row["disagree"] == false),
        "{matrix}"
    );
    assert_ne!(
        matrix["vantages"][0]["label"],
        matrix["vantages"][1]["label"]
    );
}

#[test]
fn a_diff_says_when_the_two_can_hardly_be_compared() {
    let mut other = recorded_value();
    other["profiles"][0]["name"] = json!("office");
    other["run"]["started"] = json!("2026-11-24T08:00:00Z");
    let other = write("office.json", &other.to_string());
    let forth = binary::run(&["diff", &recorded(), &other]).stdout;
    assert!(
        forth.contains("Note: the profiles differ: jamf-intune 2026-11 before, office 2026-11 now")
    );
    assert!(!forth.contains("wrong order"), "{forth}");
    let back = binary::run(&["diff", &other, &recorded(), "--format", "markdown"]).stdout;
    assert!(back.contains("wrong order?"), "{back}");
}

#[test]
fn vantages_that_fail_for_different_reasons_disagree() {
    let mut other = recorded_value();
    other["prerequisites"][4]["checks"][0]["code"] = json!("tcp_silent");
    let other = write("elsewhere.json", &other.to_string());
    let matrix = binary::run(&["merge", &recorded(), &other, "--format", "json"]).json();
    assert_eq!(matrix["rows"][0]["id"], "jamf.https");
    assert_eq!(matrix["rows"][0]["disagree"], true);
}
