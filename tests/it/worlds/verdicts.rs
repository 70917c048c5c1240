//! What nmap and curl say in the worlds of the tables, beside what this program says. Each pair of their answers is one
//! line of the README, with all that may be wrong behind it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use mdm_preflight::code::Code;
use serde_json::Value;

use super::case::{self, Case, Check, checks, text};
use super::ground::Ground;
use super::truth::{self, Role};
use crate::readme::{README, UPDATE, WRITING};

/// Rows of these probes ask what neither tool asks.
const NOT_TCP: &[&str] = &["ntp"];

/// Worlds whose owner is not the one who broke them, and why that is right.
const OTHERWISE: &[(&str, &str, &str)] = &[
    ("resolver silent", "dns", SILENT),
    (
        "the router drops UDP to the resolver and resets TCP",
        "dns",
        SILENT,
    ),
    (
        "tenant-unknown",
        "identity",
        "the administrators of Entra know the tenant's right name",
    ),
];
const SILENT: &str =
    "silence has no sender, and whoever runs the resolver knows whether it was asked";

/// One world, and what three tools say of it.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Line {
    nmap: String,
    curl: String,
    ours: String,
    truth: String,
    owner: String,
}

impl Line {
    /// The start of the row of the README that holds it.
    fn answers(&self) -> String {
        format!("| {} | {} | ", self.nmap, self.curl)
    }

    fn entry(&self) -> String {
        format!("{} {}: {}", self.ours, self.truth, self.owner)
    }
}

#[test]
fn the_readme_shows_where_nmap_and_curl_cannot_tell_two_faults_apart() {
    if !super::possible() {
        return;
    }
    let worlds = worlds();
    let shown = shown();
    let lines = Mutex::new(BTreeSet::new());
    let wrong = Mutex::new(Vec::new());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while let Some(case) = worlds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match measure_well(case, &shown) {
                        Ok(line) => lines.lock().unwrap().extend(line),
                        Err(what) => wrong.lock().unwrap().push(format!("{}: {what}", case.name)),
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let lines = lines.into_inner().unwrap();
    tell_apart(&lines);
    compare(&shown, &table(&lines));
}

/// One world for each distinct fault, code and offender.
fn worlds() -> Vec<&'static Case<'static>> {
    let mut known = BTreeSet::new();
    truth::all()
        .filter(|case| {
            let (fault, role) = truth::of(case.name);
            let code = case.rows.first().map(|rows| rows.codes[0]);
            role != Role::Nobody && known.insert((fault, code, role))
        })
        .collect()
}

/// Ours is worth its place only if it tells apart what both others call the same.
fn tell_apart(lines: &BTreeSet<Line>) {
    let mut apart = 0;
    let mut alike = Vec::new();
    for one in lines {
        for other in lines.iter().filter(|other| *other > one) {
            if (&one.nmap, &one.curl) != (&other.nmap, &other.curl) {
                continue;
            }
            if (&one.ours, &one.owner) == (&other.ours, &other.owner) {
                alike.push(format!("{} and {}", one.truth, other.truth));
            } else {
                apart += 1;
            }
        }
    }
    eprintln!(
        "{apart} pairs told apart, and {} not: {alike:#?}",
        alike.len()
    );
    assert!(apart >= 12, "only {apart} pairs differ");
}

/// The other tools give up by clocks of their own, which a loaded machine upsets: what differs from the README is
/// measured again before it is believed.
fn measure_well(case: &Case<'_>, shown: &str) -> Result<Option<Line>, String> {
    let known = |measured: &Result<Option<Line>, String>| match measured {
        Ok(None) => true,
        Ok(Some(line)) => shown
            .lines()
            .any(|row| row.starts_with(&line.answers()) && row.contains(&line.entry())),
        Err(_) => false,
    };
    let mut measured = measure(case);
    for _ in 0..2 {
        if known(&measured) {
            break;
        }
        measured = measure(case);
    }
    measured
}

/// Nothing, if there is no connection to ask the others for.
fn measure(case: &Case<'_>) -> Result<Option<Line>, String> {
    let Some(rows) = case.rows.first() else {
        return Ok(None);
    };
    let mut ground = Ground::new();
    case::break_it(&mut ground, case);
    let (run, _) = case::run(&ground, case);
    let report = run.json();
    let code = rows.codes[0];
    let all = checks(&report);
    let with_code = |check: &&Check<'_>| text(check.report, "code") == code;
    // A courier refuses curl's hello in the best of worlds.
    let row = all.iter().filter(with_code).min_by_key(|check| {
        let curl_asks_so = matches!(text(check.report, "probe"), "http" | "token" | "jamf");
        !curl_asks_so
    });
    let row = row.ok_or_else(|| format!("no row with {code}"))?;
    // What could not be told blames nobody.
    let told = matches!(text(row.report, "verdict"), "fail" | "degraded");
    if !told || NOT_TCP.contains(&text(row.report, "probe")) {
        return Ok(None);
    }
    let owner = owner(&report, row, code);
    let (fault, role) = truth::of(case.name);
    let (by, owners): (&str, &[&str]) = match role {
        Role::Nobody => ("nobody", &[]),
        Role::Client => ("this machine", &["device"]),
        Role::Router => ("the router", &["network"]),
        Role::Resolver => ("the resolver", &["dns"]),
        Role::Proxy => ("a proxy", &["proxy", "network"]),
        Role::Server => ("the server", &["server", "vendor"]),
    };
    // Whoever does it is whom we name, whatever the others say.
    let otherwise = OTHERWISE.iter().find(|(world, ..)| *world == case.name);
    if !owners.contains(&owner.as_str()) && otherwise.is_none_or(|(_, known, _)| *known != owner) {
        return Err(format!("{by} does it, and the owner is {owner}"));
    }
    ground.unration();
    let (host, port) = endpoint(row);
    let from = row.report["stages"]["tcp"]["icmp"]["from"].as_str();
    Ok(Some(Line {
        nmap: nmap(&ground, &host, port),
        curl: curl(&ground, &host, port),
        ours: from.map_or_else(
            || format!("`{code}`"),
            |box_| format!("`{code}` from {box_}"),
        ),
        truth: format!("{fault} ({by})"),
        owner,
    }))
}

/// The owner of the one diagnosis, or of the code where there is none.
fn owner(report: &Value, row: &Check<'_>, code: &str) -> String {
    let mut all = report["diagnoses"].as_array().into_iter().flatten();
    let named = all.find(|diagnosis| diagnosis["id"] == row.report["explained_by"]);
    named.map_or_else(
        || format!("{:?}", known(code).owner()).to_lowercase(),
        |diagnosis| text(diagnosis, "owner").to_owned(),
    )
}

/// Where the row connects to; an address of a range.
fn endpoint(row: &Check<'_>) -> (String, u64) {
    let target = &row.report["target"];
    let host = text(target, "host");
    let failing = row.report["addresses"].as_array().into_iter().flatten();
    let failing: Vec<&Value> = failing.collect();
    let host = match failing.first() {
        Some(first) if host.is_empty() || host.contains(['/', '*']) => text(first, "address"),
        _ => host,
    };
    (host.to_owned(), target["port"].as_u64().unwrap_or(443))
}

/// State and reason of the port, or why there are none.
fn nmap(ground: &Ground, host: &str, port: u64) -> String {
    let six = if host.contains(':') { "-6 " } else { "" };
    // Within 3 s, when the router gives a dead host up: a slower nmap may hear of it or not.
    let said = ground.foreign(&format!(
        "nmap {six}-Pn -n -sT --reason --max-retries 1 --max-rtt-timeout 1s -p {port} {host}"
    ));
    if said.contains("Failed to resolve") {
        return "no address".to_owned();
    }
    let line = said.split(&format!("{port}/tcp ")).nth(1);
    let words: Vec<&str> = line
        .unwrap_or_else(|| panic!("{said}"))
        .split(' ')
        .collect();
    format!("{}, {}", words[0], words[2])
}

fn curl(ground: &Ground, host: &str, port: u64) -> String {
    let scheme = if matches!(port, 25 | 53 | 80) {
        "http"
    } else {
        "https"
    };
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    let said = ground.foreign(&format!(
        "curl -sS -m 6 --cacert $ROOTS -o /dev/null {scheme}://{host}:{port}/"
    ));
    said.rsplit("exit=").next().unwrap().to_owned()
}

/// One line for each pair of answers that the two tools give.
fn table(lines: &BTreeSet<Line>) -> String {
    let mut rows: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in lines {
        rows.entry(line.answers()).or_default().push(line.entry());
    }
    let mut text = String::from(
        "| nmap | curl | what it may be: mdm-preflight's code, what is wrong and who does it, who can mend it |\n|---|---|---|\n",
    );
    for (answers, entries) in rows {
        writeln!(text, "{answers}{} |", entries.join("<br>")).unwrap();
    }
    text
}

const FROM: &str = "<!-- measured by tests/it/worlds/verdicts.rs -->\n";
const TO: &str = "<!-- end -->\n";

/// The table of the README.
fn shown() -> String {
    let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let readme = fs::read_to_string(README).unwrap();
    let (_, rest) = readme.split_once(FROM).unwrap();
    rest.split_once(TO).unwrap().0.to_owned()
}

fn compare(shown: &str, now: &str) {
    if std::env::var_os(UPDATE).is_some() {
        let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
        let readme = fs::read_to_string(README).unwrap();
        let now = readme.replacen(
            &format!("{FROM}{shown}{TO}"),
            &format!("{FROM}{now}{TO}"),
            1,
        );
        fs::write(README, now).unwrap();
        return;
    }
    assert!(
        shown == now,
        "{README} shows\n{shown}but the tools say\n{now}update it by `{UPDATE}=1 cargo it readme`, and read what changed"
    );
}

fn known(name: &str) -> Code {
    let mut all = Code::ALL.iter().copied();
    all.find(|code| code.name() == name).unwrap()
}
