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

/// One thing that may grow: what it is at each step, once a turn.
struct Cost {
    name: String,
    unit: &'static str,
    turns: Vec<[f64; STEPS.len()]>,
}

#[expect(clippy::cast_precision_loss, reason = "a report is smaller than that")]
pub(crate) fn measure(pairs: usize) -> Vec<Line> {
    let (mut world, _doors) = rows::open();
    let cost = |name: &str, unit, turns| Cost {
        name: name.to_owned(),
        unit,
        turns,
    };
    let checks = STEPS.map(|count| rows::rows(&mut world, count));
    let reports = checks.each_ref().map(|task| task.into.clone().unwrap());
    let mut costs = vec![cost("time", "ms", times(&mut world, &checks, pairs))];
    let mut memory = |task: Task| {
        world
            .perform(&Task {
                watch: true,
                ..task
            })
            .peak_mib
    };
    costs.push(cost("memory", "MiB", vec![checks.map(&mut memory)]));
    let size = |report: &String| std::fs::metadata(report).unwrap().len() as f64 / 1024.0;
    costs.push(cost("report", "KiB", vec![reports.each_ref().map(size)]));
    for format in FormatName::value_variants() {
        let name = format.to_possible_value().unwrap().get_name().to_owned();
        let draw = |report: &String| Task {
            arguments: owned(&[PROGRAM, "render", report, "--format", &name]),
            into: Some(world.path("drawn")),
            watch: false,
        };
        let drawn = reports.each_ref().map(draw);
        let name = format!("render as {name}");
        costs.push(cost(&name, "ms", times(&mut world, &drawn, pairs)));
    }
    costs.iter().map(line).collect()
}

/// Milliseconds. The steps take turns, as a processor is not equally fast all the time.
fn times(world: &mut World, tasks: &[Task; STEPS.len()], runs: usize) -> Vec<[f64; STEPS.len()]> {
    let mut turn = || {
        tasks
            .each_ref()
            .map(|task| world.perform(task).seconds * 1e3)
    };
    (0..runs).map(|_| turn()).collect()
}

/// The last ten times as many rows against the ten times before, each without what ten rows cost.
fn growth([ten, _, thousand, most]: &[f64; STEPS.len()]) -> f64 {
    // What is too small to be measured has not grown.
    (most - ten) / (thousand - ten).max(0.02 * most) / 10.0
}

fn line(cost: &Cost) -> Line {
    let middle = |step: usize| median(cost.turns.iter().map(|turn| turn[step]).collect());
    let values: Vec<String> = (0..STEPS.len())
        .map(|step| number(middle(step), ""))
        .collect();
    let what = format!(
        "10, 100, 1,000, 10,000 rows: {} ({} {})",
        cost.name,
        values.join(", "),
        cost.unit
    );
    let growths = cost.turns.iter().map(growth).collect();
    Line::at_most(&what, median(growths), SLACK, "x linear")
}
