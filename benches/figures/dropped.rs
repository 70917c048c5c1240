//! Fifty web servers of which ten never answer: how soon each tool knows, and what it says of the ten.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::process::{Command, Stdio};

use super::hosts::{OPEN, curl, urls, web};
use super::table::{Line, median, number};
use super::worker::{Ran, Task};
use super::world::{World, installed, owned};

const SILENT: u8 = 10;
/// The other tools wait for ten seconds and more each time, and wait alike.
const SLOW_RUNS: usize = 3;

pub(crate) fn measure(pairs: usize) -> Vec<Line> {
    let mut world = World::new(None);
    let silent = web("silent", 101, SILENT);
    let hosts = [web("open", 1, OPEN), silent.clone()].concat();
    world.serve(&hosts);
    world.drop_silently(&silent);
    let mut lines = own(&mut world, pairs, &urls(&hosts));
    for tool in tools(&world, &hosts) {
        let what = format!("40 + 10 hosts: {}", tool.name);
        let value = if installed(tool.program) {
            beside(&mut world, tool, pairs.min(SLOW_RUNS), &silent)
        } else {
            "not installed".to_owned()
        };
        lines.push(Line::beside(&what, value));
    }
    lines
}

/// What people use for this today.
struct Tool {
    name: &'static str,
    program: &'static str,
    arguments: Vec<String>,
    told: Told,
}

const BLACKBOX: &str = "prometheus-blackbox-exporter";

fn tools(world: &World, hosts: &[(String, Ipv4Addr)]) -> [Tool; 5] {
    [
        Tool {
            name: "nmap -sT",
            program: "nmap",
            arguments: nmap(world, hosts),
            told: |ran, host| {
                let state = ran
                    .stdout
                    .lines()
                    .find(|line| line.contains(host) && line.contains("443/"))?;
                state.split("443/").nth(1)?.split('/').next()
            },
        },
        Tool {
            name: "rustscan",
            program: "rustscan",
            arguments: rustscan(hosts),
            told: |ran, host| {
                Some(if ran.stdout.contains(host) {
                    "open"
                } else {
                    "not named"
                })
            },
        },
        Tool {
            name: "curl -Z, 10 s",
            program: "curl",
            arguments: curl(world, &urls(hosts)),
            told: |ran, host| {
                let line = ran.stdout.lines().find(|line| line.contains(host))?;
                Some(line.split_once(" 000 ")?.1)
            },
        },
        Tool {
            name: "check_http, 50 at once",
            program: "check_http",
            arguments: check_http(hosts),
            told: after_the_name,
        },
        Tool {
            name: "blackbox exporter, 50 at once",
            program: BLACKBOX,
            arguments: blackbox(world, hosts),
            told: after_the_name,
        },
    ]
}

fn after_the_name<'a>(ran: &'a Ran, host: &str) -> Option<&'a str> {
    let line = ran.stdout.lines().find(|line| line.starts_with(host))?;
    Some(line.split_once(' ')?.1)
}

/// How long a tool took, and its words about the hosts that never answer.
fn beside(world: &mut World, tool: Tool, runs: usize, silent: &[(String, Ipv4Addr)]) -> String {
    let exporter = (tool.program == BLACKBOX).then(|| Exporter::start(world));
    let task = Task {
        arguments: tool.arguments,
        ..Task::default()
    };
    let all: Vec<Ran> = (0..runs).map(|_| world.perform(&task)).collect();
    drop(exporter);
    let seconds = median(all.iter().map(|ran| ran.seconds).collect());
    let ran = &all[0];
    let said = silent.iter().filter_map(|(host, address)| {
        (tool.told)(ran, host).or_else(|| (tool.told)(ran, &address.to_string()))
    });
    let said: BTreeSet<String> = said.map(plain).collect();
    let said = said
        .into_iter()
        .next()
        .unwrap_or_else(|| "nothing".to_owned());
    format!("{}, of the ten: {said}", number(seconds, "s"))
}

/// What a tool said of a host, by name or address.
type Told = for<'a> fn(&'a Ran, &str) -> Option<&'a str>;

/// A saying without what differs from host to host.
fn plain(text: &str) -> String {
    let words = text
        .split_whitespace()
        .filter(|word| !word.contains("203.0.113.") && !word.contains("figures.example"));
    words.collect::<Vec<_>>().join(" ").replace('|', "/")
}

fn own(world: &mut World, pairs: usize, urls: &[String]) -> Vec<Line> {
    let targets: Vec<&str> = urls.iter().map(String::as_str).collect();
    let final_task = Task {
        arguments: world.preflight(&[&targets[..], &["--format", "json"]].concat()),
        ..Task::default()
    };
    let fast = Task {
        arguments: world.preflight(&[&targets[..], &["--format", "json", "--fast"]].concat()),
        ..Task::default()
    };
    let (mut provisional, mut whole, mut explained, mut said) =
        (vec![], vec![], u32::MAX, String::new());
    for _ in 0..pairs {
        provisional.push(world.perform(&fast).seconds);
        let ran = world.perform(&final_task);
        whole.push(ran.seconds);
        let report = ran.json();
        let all = report["prerequisites"].as_array().unwrap().iter();
        let known = all
            .flat_map(|one| one["checks"].as_array().unwrap())
            .filter(|one| one["code"] == "tcp_silent" && told_why(one));
        explained = explained.min(u32::try_from(known.count()).unwrap());
        let causes = report["diagnoses"].as_array().unwrap();
        let causes: Vec<String> = causes
            .iter()
            .map(|one| {
                format!(
                    "{} ({})",
                    one["code"].as_str().unwrap(),
                    one["confidence"].as_str().unwrap()
                )
            })
            .collect();
        said = causes.join(", ");
    }
    vec![
        Line::at_most(
            "40 + 10 hosts: provisional answer (`--fast`)",
            median(provisional),
            1.1,
            "s",
        ),
        Line::at_most("40 + 10 hosts: final answer", median(whole), 3.4, "s"),
        Line::at_least(
            "40 + 10 hosts: silent rows with a cause",
            f64::from(explained),
            f64::from(SILENT),
            "",
        ),
        Line::beside("40 + 10 hosts: the causes", said),
    ]
}

/// Whether a row points to a cause.
fn told_why(check: &serde_json::Value) -> bool {
    let by = &check["explained_by"];
    by.is_string() || by.as_array().is_some_and(|all| !all.is_empty())
}

fn nmap(world: &World, hosts: &[(String, Ipv4Addr)]) -> Vec<String> {
    let names: Vec<&str> = hosts.iter().map(|(host, _)| host.as_str()).collect();
    let list = world.file("names", &names.join("\n"));
    owned(&["nmap", "-sT", "-Pn", "-p443", "-oG", "-", "-iL", &list])
}

fn rustscan(hosts: &[(String, Ipv4Addr)]) -> Vec<String> {
    let all: Vec<String> = hosts
        .iter()
        .map(|(_, address)| address.to_string())
        .collect();
    owned(&["rustscan", "--greppable", "-p", "443", "-a", &all.join(",")])
}

/// One a host, as a monitoring system starts them.
fn check_http(hosts: &[(String, Ipv4Addr)]) -> Vec<String> {
    let names: Vec<&str> = hosts.iter().map(|(host, _)| host.as_str()).collect();
    let script =
        "printf '%s\\n' \"$@\" | xargs -P 50 -I{} sh -c 'echo \"{} $(check_http -S -H {})\"'";
    let mut all = owned(&["sh", "-c", script, "sh"]);
    all.extend(owned(&names));
    all
}

const EXPORTER: &str = "127.0.0.1:9115";

fn blackbox(world: &World, hosts: &[(String, Ipv4Addr)]) -> Vec<String> {
    let roots = world.roots();
    world.file(
        "blackbox.yml",
        &format!("modules:\n  https:\n    prober: http\n    timeout: 10s\n    http:\n      preferred_ip_protocol: ip4\n      tls_config:\n        ca_file: {roots}\n"),
    );
    let names: Vec<&str> = hosts.iter().map(|(host, _)| host.as_str()).collect();
    let script = format!(
        "printf '%s\\n' \"$@\" | xargs -P 50 -I{{}} sh -c 'echo \"{{}} $(curl -sS \"http://{EXPORTER}/probe?module=https&target=https://{{}}/\" | grep ^probe_success)\"'"
    );
    let mut all = owned(&["sh", "-c", &script, "sh"]);
    all.extend(owned(&names));
    all
}

/// The exporter, on the client until it is dropped.
struct Exporter(std::process::Child);

impl Exporter {
    fn start(world: &World) -> Self {
        let config = format!("--config.file={}", world.path("blackbox.yml"));
        let listen = format!("--web.listen-address={EXPORTER}");
        let mut command = world.on_client();
        command.args(["prometheus-blackbox-exporter", &config, &listen]);
        let child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        for _ in 0..100 {
            std::thread::sleep(std::time::Duration::from_millis(50));
            let mut ask: Command = world.on_client();
            ask.args(["curl", "-s", &format!("http://{EXPORTER}/-/healthy")]);
            if ask.output().unwrap().status.success() {
                break;
            }
        }
        Self(child)
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
