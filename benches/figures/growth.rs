//! How the cost grows with the work: time, memory, size of the report, and the time each format takes to draw it.

use clap::ValueEnum as _;
use mdm_preflight::cli::FormatName;

use super::rows;
use super::table::{Line, median, number};
use super::worker::Task;
use super::world::{PROGRAM, owned};

const STEPS: [u32; 4] = [10, 100, 1_000, 10_000];
/// Ten times the rows may cost so much more than ten times as long before it is called worse than linear: what is
/// measured here varies.
const SLACK: f64 = 1.25;
/// Many formats: the median of so many suffices.
const RUNS: usize = 5;

/// One thing that may grow.
struct Cost {
    name: String,
    unit: &'static str,
    values: Vec<f64>,
}

#[expect(clippy::cast_precision_loss, reason = "a report is smaller than that")]
pub(crate) fn measure(pairs: usize) -> Vec<Line> {
    let (mut world, _doors) = rows::open();
    let runs = pairs.min(RUNS);
    let mut costs: Vec<Cost> = Vec::new();
    let mut note = |name: &str, unit, value| match costs.iter_mut().find(|one| one.name == name) {
        Some(cost) => cost.values.push(value),
        None => costs.push(Cost {
            name: name.to_owned(),
            unit,
            values: vec![value],
        }),
    };
    for count in STEPS {
        let task = rows::rows(&mut world, count);
        let seconds = (0..runs).map(|_| world.perform(&task).seconds * 1e3);
        note("time", "ms", median(seconds.collect()));
        let report = task.into.clone().unwrap();
        note(
            "memory",
            "MiB",
            world
                .perform(&Task {
                    watch: true,
                    ..task
                })
                .peak_mib,
        );
        note(
            "report",
            "KiB",
            std::fs::metadata(&report).unwrap().len() as f64 / 1024.0,
        );
        for format in FormatName::value_variants() {
            let name = format.to_possible_value().unwrap().get_name().to_owned();
            let draw = Task {
                arguments: owned(&[PROGRAM, "render", &report, "--format", &name]),
                into: Some(world.path("drawn")),
                watch: false,
            };
            let seconds = (0..runs).map(|_| world.perform(&draw).seconds * 1e3);
            note(
                &format!("render as {name}"),
                "ms",
                median(seconds.collect()),
            );
        }
    }
    costs.iter().map(line).collect()
}

/// The last ten times as many rows against the ten times before, each without what ten rows cost.
fn line(cost: &Cost) -> Line {
    let [ten, .., thousand, most] = cost.values[..] else {
        unreachable!("a value for each step")
    };
    // What is too small to be measured has not grown.
    let growth = (most - ten) / (thousand - ten).max(0.02 * most) / 10.0;
    let values: Vec<String> = cost.values.iter().map(|value| number(*value, "")).collect();
    let what = format!(
        "10, 100, 1,000, 10,000 rows: {} ({} {})",
        cost.name,
        values.join(", "),
        cost.unit
    );
    Line::at_most(&what, growth, SLACK, "x linear")
}
