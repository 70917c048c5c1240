//! What the program costs before it does anything, and for the default profile.

use super::table::{Line, median, number};
use super::worker::Task;
use super::world::{PROGRAM, World};

const MIB: f64 = 1024.0 * 1024.0;

#[expect(clippy::cast_precision_loss, reason = "a file is smaller than that")]
pub(crate) fn measure(pairs: usize) -> Vec<Line> {
    let mut world = World::new(None);
    world.serve(&[]);
    let version: Vec<f64> = (0..pairs)
        .map(|_| world.run(&[PROGRAM, "--version"]).seconds * 1e3)
        .collect();
    let task = Task {
        arguments: world.preflight(&["--jamf", "https://jamf.example.com:8443"]),
        watch: true,
        ..Task::default()
    };
    let memory = (0..pairs).map(|_| world.perform(&task).peak_mib).collect();
    let nothing: Vec<f64> = (0..pairs)
        .map(|_| world.run(&["/bin/true"]).seconds * 1e3)
        .collect();
    let size = std::fs::metadata(PROGRAM).unwrap().len() as f64 / MIB;
    vec![
        Line::at_most("`--version`", median(version), 10.0, "ms"),
        Line::beside(
            "`/bin/true`, started the same way",
            number(median(nothing), "ms"),
        ),
        Line::at_most("default profile: peak memory", median(memory), 30.0, "MiB"),
        Line::at_most("release binary", size, 16.0, "MiB"),
    ]
}
