//! Two routers in a row: how far connects get is said by the routers, and compared with a port that is open.

use std::process::Command;

use serde_json::Value;

use super::case::checks;
use super::ground::{Ground, Place, done, fed};
use crate::binary::Run;

const NEAR: &str = "10.77.3.1";
const FAR: &str = "10.77.4.2";
const TARGET: &str = "20.190.190.131:25";

/// A world whose client has one router more before the usual one.
struct TwoRouters {
    ground: Ground,
    near: String,
}

impl TwoRouters {
    fn new() -> Self {
        Self::linked("10.77.4")
    }

    /// The link between the two routers is a /24 that begins so.
    fn linked(middle: &str) -> Self {
        let mut ground = Ground::new();
        ground.serve(None, Some(TARGET.parse().unwrap()));
        let (client, far) = (ground.at(Place::Client), ground.at(Place::Router));
        let near = format!("{far}2");
        done(Command::new("ip").args(["netns", "add", &near]));
        ground.ip(
            Place::Client,
            &format!(
                "link add way type veth peer name inner netns {near}\n\
                 addr add 10.77.3.2/24 dev way\nlink set way up\n"
            ),
        );
        ground.ip(
            Place::Router,
            &format!(
                "link add middle type veth peer name outer netns {near}\n\
                 addr add {middle}.2/24 dev middle\nlink set middle up\n"
            ),
        );
        fed(
            Command::new("ip").args(["-n", &near, "-batch", "-"]),
            &format!(
                "link set lo up\naddr add {NEAR}/24 dev inner\nlink set inner up\n\
                 addr add {middle}.1/24 dev outer\nlink set outer up\nroute add default via {middle}.2\n"
            ),
        );
        let forward = "echo 1 >/proc/sys/net/ipv4/ip_forward";
        done(Command::new("ip").args(["netns", "exec", &near, "sh", "-c", forward]));
        let back = format!("route add 10.77.3.0/24 via {middle}.1\n");
        ground.ip(Place::Router, &back);
        ground.ip(Place::Client, "route replace default via 10.77.3.1\n");
        assert_ne!(client, near);
        Self { ground, near }
    }

    /// A rule of the second router for all that arrives, before it looks at the time to live.
    fn arriving(&self, statement: &str) {
        let table = format!(
            "flush ruleset\ntable inet wall {{\nchain arriving {{\n\
             type filter hook prerouting priority 0\n{statement}\n}}\n}}\n"
        );
        fed(
            &mut self.ground.inside(Place::Router, &["nft", "-f", "-"]),
            &table,
        );
    }

    fn check(&self, further: &[&str]) -> Run {
        let target = format!("tcp://{TARGET}");
        let mut arguments = vec!["check", &target, "--skip", "canary", "--trace"];
        arguments.extend(further);
        self.ground.preflight(&arguments)
    }

    /// The walks of the only row: to its own port, and to an open one.
    fn walks(&self) -> (Value, Value) {
        let report = self.check(&["--format", "json"]).json();
        let further = checks(&report)[0].report["follow_ups"].clone();
        let to = |port: &str| {
            let all = further.as_array().unwrap().iter();
            let mut paths = all.filter(|one| one["path"].is_object());
            let found = paths.find(|one| one["path"]["to"].as_str().unwrap().ends_with(port));
            found.cloned().unwrap_or(Value::Null)
        };
        (to(":25"), to(":443"))
    }
}

impl Drop for TwoRouters {
    fn drop(&mut self) {
        let _ = Command::new("ip")
            .args(["netns", "del", &self.near])
            .output();
    }
}

fn hops(walk: &Value) -> Vec<&str> {
    let hops = walk["path"]["hops"].as_array().unwrap();
    hops.iter()
        .map(|hop| hop["address"].as_str().unwrap())
        .collect()
}

#[test]
fn a_walk_names_the_last_router_that_answered_before_the_filter() {
    if !super::possible() {
        return;
    }
    let world = TwoRouters::new();
    world.arriving("tcp dport 25 drop");
    let nmap = "nmap -Pn -n -sS --reason --max-retries 1 -p 25,443 20.190.190.131";
    let said = world.ground.foreign(nmap);
    assert!(
        said.contains("25/tcp filtered") && said.contains("443/tcp open"),
        "{said}"
    );
    let (blocked, open) = world.walks();
    assert_eq!(hops(&blocked), [NEAR]);
    assert_eq!(blocked["path"]["reached"], Value::Null);
    assert_eq!(
        blocked["answer"],
        "answers stop after hop 1 (10.77.3.1): that box or the next one drops them; connects to its port \
         443 reach it, 3 hops away"
    );
    assert_eq!(hops(&open), [NEAR, FAR]);
    assert_eq!(open["path"]["reached"], 3);
    // A router that filters what it forwards looks at the time to live first, and so answers itself.
    world.ground.filter("tcp dport 25 drop");
    let (blocked, _) = world.walks();
    assert_eq!(hops(&blocked), [NEAR, FAR]);
    let answer = blocked["answer"].as_str().unwrap();
    assert!(
        answer.starts_with("answers stop after hop 2 (10.77.4.2)"),
        "{answer}"
    );
    // The table shows where the answers stop, and with -v every hop.
    let table = world.check(&["-v"]).stdout;
    for words in [
        "answers stop after hop 2 (10.77.4.2)",
        "hop 1: 10.77.3.1",
        "hop 2: 10.77.4.2",
    ] {
        assert!(table.contains(words), "{table}");
    }
    // Without its fault there is nothing to walk for.
    world.ground.filter("");
    assert_eq!(world.walks(), (Value::Null, Value::Null));
}

#[test]
fn a_reset_that_comes_from_nearer_than_the_host_is_not_the_hosts() {
    if !super::possible() {
        return;
    }
    let world = TwoRouters::new();
    world.arriving("tcp dport 25 reject with tcp reset");
    let said = world
        .ground
        .foreign("nmap -Pn -n -sS --reason -p 25 20.190.190.131");
    assert!(said.contains("25/tcp closed"), "{said}");
    let (refused, _) = world.walks();
    assert_eq!(refused["path"]["reached"], 2, "{refused}");
    assert_eq!(
        refused["answer"],
        "to a box 2 hops away that answers in the peer's name: its port 443 is 3 hops away"
    );
}

/// Each walk is due one error from the first router, which sends six at once and then one a second.
#[test]
fn many_walks_stay_within_the_first_routers_ration() {
    if !super::possible() {
        return;
    }
    let mut ground = Ground::new();
    ground.serve(None, None);
    ground.filter("ip daddr 17.0.0.0/8 tcp dport { 443, 5223 } drop");
    let run = ground.preflight(&[
        "check",
        "--profile",
        "apple-push",
        "--trace",
        "--skip",
        "canary",
        "--format",
        "json",
    ]);
    let report = run.json();
    let all = checks(&report);
    let further = all
        .iter()
        .flat_map(|one| one.report["follow_ups"].as_array().unwrap());
    let walks: Vec<&Value> = further.filter(|one| one["path"].is_object()).collect();
    assert!(walks.len() > 6, "{walks:?}");
    let mute: Vec<&&Value> = walks
        .iter()
        .filter(|walk| hops(walk) != ["10.77.1.1"])
        .collect();
    assert!(mute.is_empty(), "{mute:?}");
}

/// A router with a public address is the provider's; one with a private address is this network's own.
#[test]
fn a_path_that_ends_outside_this_network_is_told_from_a_filter_of_its_own() {
    if !super::possible() {
        return;
    }
    for (middle, code) in [
        ("62.115.4", "path_ends"),
        ("10.77.4", "egress_destination_filtered"),
    ] {
        let world = TwoRouters::linked(middle);
        world.ground.filter("ip daddr 20.190.190.131 drop");
        let run = world.ground.preflight(&[
            "check",
            "https://graph.microsoft.com",
            "https://manage.microsoft.com",
            "--skip",
            "canary",
            "--format",
            "json",
        ]);
        let report = run.json();
        let all = report["diagnoses"].as_array().unwrap();
        assert_eq!(all.len(), 1, "{report}");
        assert_eq!(all[0]["code"], code, "{report}");
        let evidence = all[0]["evidence"].to_string();
        assert!(
            evidence.contains(&format!("{middle}.2, hop 2")),
            "{evidence}"
        );
    }
}
