//! Forty web servers that all answer, beside curl.

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use super::table::{Line, median, number};
use super::worker::Task;
use super::world::{World, owned};

pub(crate) const OPEN: u8 = 40;

pub(crate) fn measure(pairs: usize) -> Vec<Line> {
    let mut world = World::new(None);
    let hosts = web("open", 1, OPEN);
    world.serve(&hosts);
    let urls = urls(&hosts);
    let targets: Vec<&str> = urls.iter().map(String::as_str).collect();
    let own = Task {
        arguments: world.preflight(&[&targets[..], &["--format", "json"]].concat()),
        ..Task::default()
    };
    let curl = Task {
        arguments: curl(&world, &urls),
        ..Task::default()
    };
    let (mut ratios, mut ours, mut theirs) = (vec![], vec![], vec![]);
    for pair in 0..pairs {
        // Whoever goes second finds warmer caches.
        let (mine, other) = if pair % 2 == 0 {
            let mine = world.perform(&own);
            (mine, world.perform(&curl))
        } else {
            let other = world.perform(&curl);
            (world.perform(&own), other)
        };
        assert_eq!(
            (mine.code, other.code),
            (Some(0), Some(0)),
            "{mine:?} {other:?}"
        );
        ratios.push(mine.seconds / other.seconds);
        ours.push(mine.seconds * 1e3);
        theirs.push(other.seconds * 1e3);
    }
    vec![
        Line::at_most(
            "40 hosts: time / time of `curl -Z --parallel-max 50`",
            median(ratios),
            1.1,
            "",
        ),
        Line::beside("40 hosts: whole run", number(median(ours), "ms")),
        Line::beside(
            "40 hosts: `curl -Z --parallel-max 50`",
            number(median(theirs), "ms"),
        ),
    ]
}

/// Web servers with a name and an address each.
pub(crate) fn web(word: &str, first: u8, count: u8) -> Vec<(String, Ipv4Addr)> {
    (first..first + count)
        .map(|last| {
            let host = format!("{word}-{last}.figures.example");
            (host, Ipv4Addr::new(203, 0, 113, last))
        })
        .collect()
}

pub(crate) fn urls(hosts: &[(String, Ipv4Addr)]) -> Vec<String> {
    hosts
        .iter()
        .map(|(host, _)| format!("https://{host}/"))
        .collect()
}

/// Curl as one would ask so many at once; it verifies chains as the program does.
pub(crate) fn curl(world: &World, urls: &[String]) -> Vec<String> {
    let mut config = String::new();
    for url in urls {
        writeln!(config, "url = \"{url}\"\noutput = \"/dev/null\"").unwrap();
    }
    let config = world.file("curl", &config);
    let roots = world.roots();
    owned(&[
        "curl",
        "-sS",
        "-Z",
        "--parallel-max",
        "50",
        "--cacert",
        &roots,
        "--max-time",
        "10",
        "-w",
        "%{url} %{http_code} %{errormsg}\\n",
        "-K",
        &config,
    ])
}
