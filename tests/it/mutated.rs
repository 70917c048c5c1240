//! Saved reports with random damage: every one is refused or drawn in every format, and none panics.

use mdm_preflight::compare::{diff, merge, redact};
use mdm_preflight::render::{Format, Line, Look, changes, made_safe, vantages};
use mdm_preflight::report::Report;

use crate::formats::recorded;

const LOOK: Look = Look {
    width: 80,
    color: true,
    verbose: true,
};

fn every_format() -> [Format; 15] {
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

/// One damage: another number, another word, a line that is gone or comes twice, another byte.
fn damage(text: &str, dice: &mut Dice) -> String {
    const NUMBERS: [&str; 6] = [
        "-1",
        "0",
        "1e308",
        "-1e308",
        "18446744073709551615",
        "65535",
    ];
    const WORDS: [&str; 6] = [
        "",
        "\u{1b}[2J",
        "é\u{301}漢字",
        "::",
        "2026-11-23T08:00:00Z",
        "%s",
    ];
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let at = dice.below(lines.len());
    match dice.below(5) {
        0 => drop(lines.remove(at)),
        1 => lines.insert(at, lines[at].clone()),
        2 | 3 => {
            let line = &lines[at];
            let Some((name, value)) = line.split_once("\": ") else {
                return text.to_owned();
            };
            let comma = if value.ends_with(',') { "," } else { "" };
            let instead = if value.starts_with('"') {
                serde_json::Value::from(WORDS[dice.below(WORDS.len())]).to_string()
            } else {
                NUMBERS[dice.below(NUMBERS.len())].to_owned()
            };
            lines[at] = format!("{name}\": {instead}{comma}");
        }
        _ => {
            let line: Vec<char> = lines[at].chars().collect();
            let cut = dice.below(line.len() + 1);
            lines[at] = line[..cut].iter().collect();
        }
    }
    lines.join("\n")
}

#[test]
fn a_damaged_report_is_refused_or_drawn_and_nothing_panics() {
    let text = std::fs::read_to_string(recorded()).unwrap();
    let whole: Report = serde_json::from_str(&text).unwrap();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut drawn = 0;
    for _ in 0..2000 {
        let mut damaged = damage(&text, &mut dice);
        if dice.below(2) == 0 {
            damaged = damage(&damaged, &mut dice);
        }
        let Ok(report) = serde_json::from_str::<Report>(&damaged) else {
            continue;
        };
        if report == whole {
            continue;
        }
        drawn += 1;
        let report = made_safe(&report).unwrap();
        let mut out = Vec::new();
        let format = every_format()[drawn % 15];
        format.write(&report, &mut out).unwrap();
        format.write(&redact::redact(&report), &mut out).unwrap();
        let changed = diff::diff(&whole, &report, 3.0);
        changes::table(&changed, LOOK, &mut out).unwrap();
        let matrix = merge::merge(&[whole.clone(), report]);
        vantages::markdown(&matrix, &mut out).unwrap();
    }
    assert!(
        drawn > 100,
        "only {drawn} damaged reports were still reports"
    );
}
