//! The table of what was measured, as text and as Markdown.

use std::fmt::Write as _;
use std::process::Command;

/// One figure: what was measured, the value, what is aimed at and whether it was reached.
pub(crate) struct Line {
    what: String,
    value: String,
    goal: String,
    met: Option<bool>,
}

impl Line {
    /// A value to be kept below a limit.
    pub(crate) fn at_most(what: &str, value: f64, limit: f64, unit: &str) -> Self {
        Self {
            what: what.to_owned(),
            value: number(value, unit),
            goal: format!("at most {}", number(limit, unit)),
            met: Some(value <= limit),
        }
    }

    pub(crate) fn at_least(what: &str, value: f64, limit: f64, unit: &str) -> Self {
        Self {
            goal: format!("at least {}", number(limit, unit)),
            met: Some(value >= limit),
            ..Self::at_most(what, value, limit, unit)
        }
    }

    /// A value that stands beside the others.
    pub(crate) fn beside(what: &str, value: impl Into<String>) -> Self {
        Self {
            what: what.to_owned(),
            value: value.into(),
            goal: String::new(),
            met: None,
        }
    }

    fn cells(&self) -> [&str; 4] {
        let met = match self.met {
            Some(true) => "yes",
            Some(false) => "NO",
            None => "",
        };
        [&self.what, &self.value, &self.goal, met]
    }
}

/// A value with as many digits as can be read.
pub(crate) fn number(value: f64, unit: &str) -> String {
    let digits = match value.abs() {
        value if value >= 100.0 => 0,
        value if value >= 10.0 => 1,
        _ => 2,
    };
    format!("{value:.digits$} {unit}").trim_end().to_owned()
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) {
        f64::midpoint(values[middle - 1], values[middle])
    } else {
        values[middle]
    }
}

/// The lines under a sentence that says where and when.
pub(crate) fn draw(lines: &[Line], markdown: bool, pairs: usize) -> String {
    let mut out = format!(
        "{}, {}, load {}, medians of {pairs} alternating runs\n\n",
        said("date", &["+%F %H:%M"]),
        machine(),
        std::fs::read_to_string("/proc/loadavg")
            .unwrap()
            .split(' ')
            .next()
            .unwrap_or_default(),
    );
    let head = ["measured", "value", "aim", "reached"];
    let rows: Vec<[&str; 4]> = std::iter::once(head)
        .chain(lines.iter().map(Line::cells))
        .collect();
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: [usize; 4] = std::array::from_fn(width);
    for (place, row) in rows.iter().enumerate() {
        if markdown {
            writeln!(out, "| {} |", row.join(" | ")).unwrap();
            if place == 0 {
                out.push_str("|---|---|---|---|\n");
            }
        } else {
            let mut text = String::new();
            for (cell, width) in row.iter().zip(widths) {
                write!(text, "{cell:<width$}  ").unwrap();
            }
            writeln!(out, "{}", text.trim_end()).unwrap();
        }
    }
    out
}

/// Processors and kernel.
fn machine() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("unknown processor", |rest| {
            rest.trim_matches([' ', '\t', ':'])
        });
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{cores} x {model}, Linux {}", said("uname", &["-r"]))
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or_else(
        |error| format!("({program}: {error})"),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}
