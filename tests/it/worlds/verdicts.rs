//! What nmap and curl say of the same worlds, beside what this program says. Where they say the same of two worlds that
//! differ, the README shows it.

use std::fmt::Write as _;
use std::fs;
use std::sync::{Mutex, PoisonError};

use mdm_preflight::code::Code;

use super::case::{self, Case, checks, text};
use super::ground::Ground;
use super::truth::{self, Role};
use crate::readme::{README, UPDATE, WRITING};

/// A world, the URL that fails there, and our row for it.
struct Subject {
    world: &'static str,
    url: &'static str,
    row: &'static str,
}

const fn subject(world: &'static str, url: &'static str, row: &'static str) -> Subject {
    Subject { world, url, row }
}

const GRAPH: (&str, &str) = ("https://graph.microsoft.com:443/", "entra.graph/https");
const JAMF: (&str, &str) = (
    "https://jamf.example.com:8443/api/v1/health-check",
    "jamf.https/health-check",
);
const MANAGE: (&str, &str) = ("https://manage.microsoft.com:443/", "intune.manage/manage");
const REGISTRATION: (&str, &str) = (
    "https://enterpriseregistration.windows.net:443/",
    "entra.registration/discover",
);
const CAPTIVE: &str = "http://captive.apple.com:80/";

/// Worlds of which the other tools say the same stand together.
const SUBJECTS: &[Subject] = &[
    subject("Graph refused: host-prohibited", GRAPH.0, GRAPH.1),
    subject("Graph refused: host-unreachable", GRAPH.0, GRAPH.1),
    subject("own firewall rejects", GRAPH.0, GRAPH.1),
    subject("own route unreachable", GRAPH.0, GRAPH.1),
    subject("own route prohibited", GRAPH.0, GRAPH.1),
    subject("Graph refused: net-prohibited", GRAPH.0, GRAPH.1),
    subject("Graph refused: net-unreachable", GRAPH.0, GRAPH.1),
    subject("Graph refused: port-unreachable", GRAPH.0, GRAPH.1),
    subject("jamf-down", JAMF.0, JAMF.1),
    subject("host down behind the router", JAMF.0, JAMF.1),
    subject("443 dropped", GRAPH.0, GRAPH.1),
    subject("hello dropped", GRAPH.0, GRAPH.1),
    subject("server mute", MANAGE.0, MANAGE.1),
    subject("http-stalled", GRAPH.0, GRAPH.1),
    subject("hello reset by the router", GRAPH.0, GRAPH.1),
    subject("tls-reset", GRAPH.0, GRAPH.1),
    subject("the server closes after the hello", JAMF.0, JAMF.1),
    subject("not-tls", REGISTRATION.0, REGISTRATION.1),
    subject("nginx: name refused", JAMF.0, JAMF.1),
    subject("nginx: private authority", JAMF.0, JAMF.1),
    subject("nginx: intermediate left out", JAMF.0, JAMF.1),
    subject("squid opens TLS", GRAPH.0, GRAPH.1),
    subject("dns-nxdomain", GRAPH.0, GRAPH.1),
    subject("dns-servfail", GRAPH.0, GRAPH.1),
    subject("dns-sinkhole", GRAPH.0, GRAPH.1),
    subject("squid forbids", CAPTIVE, "*"),
];

/// One line of the table.
#[derive(Clone, PartialEq)]
struct Line {
    truth: String,
    nmap: String,
    curl: String,
    ours: String,
    owner: String,
}

#[test]
fn the_readme_shows_where_nmap_and_curl_cannot_tell_two_faults_apart() {
    if !super::possible() {
        return;
    }
    let lines = Mutex::new(vec![None; SUBJECTS.len()]);
    let next = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    let Some(subject) = SUBJECTS.get(index) else {
                        return;
                    };
                    let line = measure(subject);
                    lines.lock().unwrap()[index] = Some(line);
                }
            });
        }
    });
    let lines: Vec<Line> = lines.into_inner().unwrap().into_iter().flatten().collect();
    tell_apart(&lines);
    compare(&table(&lines));
}

/// Ours is worth its place only if it tells apart what both others call the same.
fn tell_apart(lines: &[Line]) {
    let mut alike = 0;
    for (index, one) in lines.iter().enumerate() {
        for other in &lines[index + 1..] {
            if (&one.nmap, &one.curl) != (&other.nmap, &other.curl) {
                continue;
            }
            alike += 1;
            assert!(
                (&one.ours, &one.owner) != (&other.ours, &other.owner),
                "{} and {} are all one to us as well",
                one.truth,
                other.truth
            );
        }
    }
    assert!(alike >= 12, "only {alike} pairs differ");
}

fn measure(subject: &Subject) -> Line {
    let case = truth::all()
        .find(|case| case.name == subject.world)
        .unwrap_or_else(|| panic!("no world {}", subject.world));
    let mut ground = Ground::new();
    case::break_it(&mut ground, case);
    let (ours, owner) = ours(&ground, case, subject);
    ground.unration();
    let (fault, role) = truth::of(case.name);
    let (by, owners): (&str, &[&str]) = match role {
        Role::Nobody => ("nobody", &[]),
        Role::Client => ("this machine", &["device"]),
        Role::Router => ("the router", &["network"]),
        Role::Resolver => ("the resolver", &["dns"]),
        Role::Proxy => ("a proxy", &["proxy", "network"]),
        Role::Server => ("the server", &["server"]),
    };
    // Whoever does it is whom we name, whatever the others say.
    assert!(owners.contains(&owner.as_str()), "{}: {owner}", case.name);
    Line {
        truth: format!("{fault} ({by})"),
        nmap: nmap(&ground, subject.url),
        curl: curl(&ground, subject.url),
        ours,
        owner,
    }
}

fn ours(ground: &Ground, case: &Case<'_>, subject: &Subject) -> (String, String) {
    let report = case::run(ground, case).0.json();
    let all = checks(&report);
    let row = all
        .iter()
        .find(|check| check.id == subject.row || subject.row == "*")
        .unwrap_or_else(|| panic!("no row {}", subject.row))
        .report;
    let code = text(row, "code");
    let expected = case.rows.iter().any(|rows| rows.codes[0] == code);
    assert!(expected, "{}: {code}", case.name);
    let owner = report["diagnoses"][0]["owner"].as_str().map_or_else(
        || format!("{:?}", known(code).owner()).to_lowercase(),
        ToOwned::to_owned,
    );
    let from = row["stages"]["tcp"]["icmp"]["from"].as_str();
    let ours = match from {
        Some(from) => format!("`{code}`, says {from}"),
        None => format!("`{code}`"),
    };
    (ours, owner)
}

/// State and reason of the port, or why there are none.
fn nmap(ground: &Ground, url: &str) -> String {
    let (_, rest) = url.split_once("://").unwrap();
    let (host, rest) = rest.split_once(':').unwrap();
    let (port, _) = rest.split_once('/').unwrap();
    let said = ground.foreign(&format!(
        "nmap -Pn -n -sT --reason --max-retries 1 -p {port} {host}"
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

fn curl(ground: &Ground, url: &str) -> String {
    let said = ground.foreign(&format!("curl -sS -m 6 --cacert $ROOTS -o /dev/null {url}"));
    said.rsplit("exit=").next().unwrap().to_owned()
}

fn table(lines: &[Line]) -> String {
    let mut text = String::from(
        "| what is wrong there, and who does it | nmap | curl | mdm-preflight | to be mended by |\n|---|---|---|---|---|\n",
    );
    for line in lines {
        writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            line.truth, line.nmap, line.curl, line.ours, line.owner
        )
        .unwrap();
    }
    text
}

const FROM: &str = "<!-- measured by tests/it/worlds/verdicts.rs -->\n";
const TO: &str = "<!-- end -->\n";

fn compare(now: &str) {
    let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let readme = fs::read_to_string(README).unwrap();
    let (before, rest) = readme.split_once(FROM).unwrap();
    let (shown, after) = rest.split_once(TO).unwrap();
    if std::env::var_os(UPDATE).is_some() {
        fs::write(README, format!("{before}{FROM}{now}{TO}{after}")).unwrap();
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
