//! The figures that the README states, measured side by side with what people use today, in one run.
//!
//! `cargo bench --bench figures -- [--list] [--markdown] [--pairs N] [FIGURE…]`. Needs Linux and root, since every
//! packet stays inside network namespaces that it makes; elsewhere it says so and ends well.
#![cfg_attr(
    target_os = "linux",
    expect(
        clippy::unwrap_used,
        clippy::print_stdout,
        clippy::print_stderr,
        reason = "a benchmark prints, and what cannot go on ends it"
    )
)]

#[cfg(target_os = "linux")]
mod bare;
#[cfg(target_os = "linux")]
mod delay;
#[cfg(target_os = "linux")]
mod dropped;
#[cfg(target_os = "linux")]
mod growth;
#[cfg(target_os = "linux")]
mod hosts;
#[cfg(target_os = "linux")]
mod rows;
#[cfg(target_os = "linux")]
mod small;
#[cfg(target_os = "linux")]
mod table;
#[cfg(target_os = "linux")]
mod trips;
#[cfg(target_os = "linux")]
mod worker;
#[cfg(target_os = "linux")]
mod world;

#[cfg(not(target_os = "linux"))]
#[expect(clippy::print_stdout, reason = "whoever runs it has to know")]
fn main() {
    println!("The figures need the network namespaces of Linux; nothing was measured.");
}

#[cfg(target_os = "linux")]
fn main() {
    linux::main();
}

#[cfg(target_os = "linux")]
mod linux {
    use super::table::{self, Line};
    use super::{bare, dropped, growth, hosts, rows, small, trips, worker};

    type Figure = (&'static str, &'static str, fn(usize) -> Vec<Line>);

    const FIGURES: &[Figure] = &[
        (
            "round-trips",
            "the default profile over a link of 100 ms",
            trips::measure,
        ),
        ("hosts", "40 TLS and HTTP hosts, all open", hosts::measure),
        (
            "dropped",
            "the same and 10 hosts that nobody answers for",
            dropped::measure,
        ),
        (
            "small",
            "start, memory and size of the program",
            small::measure,
        ),
        ("rows", "20,000 TCP rows", rows::measure),
        (
            "growth",
            "cost of 10, 100, 1,000 and 10,000 rows",
            growth::measure,
        ),
    ];

    /// Pairs of runs behind each median.
    const PAIRS: usize = 10;

    pub(super) fn main() {
        let mut words = std::env::args().skip(1);
        let (mut markdown, mut list, mut pairs, mut wanted) = (false, false, PAIRS, Vec::new());
        while let Some(word) = words.next() {
            match word.as_str() {
                // Cargo's own.
                "--bench" => {}
                worker::FLAG => return worker::serve(),
                bare::FLAG => return bare::run(words),
                "--markdown" => markdown = true,
                "--list" => list = true,
                "--pairs" => match words.next().and_then(|word| word.parse().ok()) {
                    Some(number) if number > 0 => pairs = number,
                    _ => wrong("--pairs needs a number of at least 1"),
                },
                name if FIGURES.iter().any(|(known, ..)| *known == name) => wanted.push(word),
                other => wrong(&format!("`{other}` is no figure and no option; see --list")),
            }
        }
        if list {
            for (name, about, _) in FIGURES {
                println!("{name:<12} {about}");
            }
            return;
        }
        if let Err(why) = super::world::possible() {
            println!("{why}; nothing was measured.");
            return;
        }
        let chosen = FIGURES
            .iter()
            .filter(|(name, ..)| wanted.is_empty() || wanted.iter().any(|word| word == name));
        let mut lines = Vec::new();
        for (name, about, measure) in chosen {
            eprintln!("{name}: {about}");
            lines.extend(measure(pairs));
        }
        print!("{}", table::draw(&lines, markdown, pairs));
    }

    #[expect(clippy::exit, reason = "as any program does with wrong arguments")]
    fn wrong(why: &str) -> ! {
        eprintln!("figures: {why}");
        std::process::exit(2)
    }
}
