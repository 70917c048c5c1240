//! How the cost grows with the work: time, memory, size of the report, and the time each format takes to draw it.

use clap::ValueEnum as _;
use mdm_preflight::cli::FormatName;

use super::rows;
use super::table::{Line, median, number};
use super::worker::Task;
use super::world::{PROGRAM, World, owned};

const STEPS: [u32; 4] = [10, 100, 1_000, 10_000];
/// Ten times the rows may cost so much more than ten times as long before it is called worse than linear: what is
/// measured here varies.
const SLACK: f64 = 1.25;

/// One thing that may grow, at each step.
struct Cost {
    name: String,
    unit: &'static str,
    values: Vec<f64>,
}

#[expect(clippy::cast_precision_loss, reason = "a report is smaller than that")]
pub(crate) fn measure(pairs: usize) -> Vec<Line> {
    let (mut world, _doors) = rows::open();
    let cost = |name: &str, unit, values| Cost {
        name: name.to_owned(),
        unit,
        values,
    };
    let checks = STEPS.map(|count| rows::rows(&mut world, count));
    let reports: Vec<String> = checks.iter().filter_map(|task| task.into.clone()).collect();
    let mut costs = vec![cost("time", "ms", times(&mut world, &checks, pairs))];
    let mut memory = |task: Task| {
        world
            .perform(&Task {
                watch: true,
                ..task
            })
            .peak_mib
    };
    costs.push(cost("memory", "MiB", checks.map(&mut memory).to_vec()));
    let size = |report: &String| std::fs::metadata(report).unwrap().len() as f64 / 1024.0;
    costs.push(cost("report", "KiB", reports.iter().map(size).collect()));
    for format in FormatName::value_variants() {
        let name = format.to_possible_value().unwrap().get_name().to_owned();
        let draw = |report: &String| Task {
            arguments: owned(&[PROGRAM, "render", report, "--format", &name]),
            into: Some(world.path("drawn")),
            watch: false,
        };
        let drawn: Vec<Task> = reports.iter().map(draw).collect();
        let name = format!("render as {name}");
        costs.push(cost(&name, "ms", times(&mut world, &drawn, pairs)));
    }
    costs.iter().map(line).collect()
}

/// The median of each in milliseconds. They take turns, as a processor is not equally fast all the time.
fn times(world: &mut World, tasks: &[Task], runs: usize) -> Vec<f64> {
    let mut all = vec![Vec::new(); tasks.len()];
    for _ in 0..runs {
        for (task, times) in tasks.iter().zip(&mut all) {
            times.push(world.perform(task).seconds * 1e3);
        }
    }
    all.into_iter().map(median).collect()
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
