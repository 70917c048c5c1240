//! How near a healthy run comes to the round trips that its slowest row needs.

use std::collections::BTreeSet;
use std::time::Duration;

use super::hosts::curl;
use super::table::{Line, median, number};
use super::worker::Task;
use super::world::World;

const ROUND_TRIP: Duration = Duration::from_millis(100);

pub(crate) fn measure(pairs: usize) -> Vec<Line> {
    let mut world = World::new(Some(ROUND_TRIP / 2));
    world.serve(&[]);
    let task = Task {
        arguments: world.preflight(&[
            "--jamf",
            "https://jamf.example.com:8443",
            "--tenant",
            "contoso.onmicrosoft.com",
            "--format",
            "json",
        ]),
        ..Task::default()
    };
    let first = world.perform(&task);
    assert_eq!(first.code, Some(0), "{first:?}");
    let urls = urls(&first.json());
    let curl = Task {
        arguments: curl(&world, &urls),
        ..Task::default()
    };
    let (mut ratios, mut own, mut other, mut longest) = (vec![], vec![], vec![], 0.0_f64);
    for _ in 0..pairs {
        let ran = world.perform(&task);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let trips = ran.json()["run"]["longest_ladder_round_trips"]
            .as_f64()
            .unwrap();
        longest = longest.max(trips);
        ratios.push(ran.seconds / (trips * ROUND_TRIP.as_secs_f64()));
        own.push(ran.seconds * 1e3);
        other.push(world.perform(&curl).seconds * 1e3);
    }
    vec![
        Line::at_most(
            "100 ms link, default profile: time / round trips of its longest ladder",
            median(ratios),
            1.25,
            "",
        ),
        Line::at_most("100 ms link: longest ladder", longest, 4.0, "round trips"),
        Line::beside("100 ms link: whole run", number(median(own), "ms")),
        Line::beside(
            &format!("100 ms link: `curl -Z`, {} of the same hosts", urls.len()),
            number(median(other), "ms"),
        ),
    ]
}

/// Where the run spoke TLS to port 443, which is what curl can ask of the same hosts.
fn urls(report: &serde_json::Value) -> Vec<String> {
    let all = report["prerequisites"].as_array().unwrap().iter();
    let checks = all.flat_map(|one| one["checks"].as_array().unwrap());
    let spoken = checks.filter(|one| one["stages"]["tls"].is_object());
    let hosts: BTreeSet<String> = spoken
        .filter(|one| one["target"]["port"] == 443)
        .filter_map(|one| one["target"]["host"].as_str())
        .map(|host| format!("https://{host}/"))
        .collect();
    hosts.into_iter().collect()
}
