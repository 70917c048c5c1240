//! One world as a row of a table, and the comparison of what the program says in it with what is true there.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::diagnoses;
use super::foreign::Server;
use super::ground::{Ground, Place};
use super::unbound;
use crate::binary::Run;

/// What the reader of the README types, but for the roots.
pub(super) const FULL: &[&str] = &[
    "--jamf",
    "https://jamf.example.com:8443",
    "--tenant",
    "contoso.onmicrosoft.com",
];

/// One thing that is wrong with a world.
#[derive(Clone, Copy)]
pub(super) enum Change {
    /// Statements of the router's filter, one a line.
    Filter(&'static str),
    /// Statements of the router's filter for packets of its own, such as its ICMP errors.
    Errors(&'static str),
    /// Statements of the client's own filter, for packets that leave it.
    Own(&'static str),
    /// A router that drops packets to a port in which these words stand: a filter by the name in the hello.
    Words(u16, &'static str),
    /// A file of the client's own folder `/etc`, in place of the machine's.
    File(&'static str, &'static str),
    /// A fault of the servers.
    Servers(&'static str),
    /// Commands of `ip` that break something, and those that mend it.
    Ip(Place, &'static str, &'static str),
    /// The configuration of unbound, which is the client's resolver; in order, it is the healthy one.
    Unbound(&'static str),
    /// The client's resolv.conf.
    Resolvers(&'static str),
    /// A server that is not the lab's.
    Employ(Server),
    /// Redirections by the router.
    Redirect(&'static str),
}

/// The rows that a world's fault touches. The first code has to be seen at least once; the others are allowed.
#[derive(Clone, Copy)]
pub(super) struct Rows {
    /// A check's id; `*` matches anything.
    pub(super) id: &'static str,
    pub(super) codes: &'static [&'static str],
    pub(super) verdict: &'static str,
    /// The box whose refusal at least one row shows, under the first code.
    pub(super) offender: Option<&'static str>,
}

pub(super) const fn rows(
    id: &'static str,
    codes: &'static [&'static str],
    verdict: &'static str,
) -> Rows {
    Rows {
        id,
        codes,
        verdict,
        offender: None,
    }
}

pub(super) struct Case<'a> {
    pub(super) name: &'static str,
    /// What the world has before anything breaks.
    pub(super) before: &'static [(Place, &'static str)],
    /// A port that somebody listens on, beside the lab's.
    pub(super) listener: Option<(&'static str, u16)>,
    pub(super) changes: &'static [Change],
    /// What a foreign client is told to do, and what its output contains if and only if the fault is there.
    pub(super) proof: (&'static str, &'static [&'static str]),
    pub(super) arguments: &'a [&'static str],
    /// A profile to use in place of the built-in one.
    pub(super) profile: Option<&'static str>,
    pub(super) verdict: &'static str,
    pub(super) exit: i32,
    /// Every check that is neither a pass nor skipped is among these.
    pub(super) rows: &'a [Rows],
    /// The one diagnosis and its owner; if none is given here, the table of diagnoses has it.
    pub(super) diagnosis: Option<(&'static str, &'static str)>,
    pub(super) within: Duration,
    /// Verdict and exit code when the fault is gone.
    pub(super) mended: (&'static str, i32),
}

/// A world without a fault, to start the others from.
pub(super) const CASE: Case<'static> = Case {
    name: "",
    before: &[],
    listener: None,
    changes: &[],
    proof: ("", &[]),
    arguments: FULL,
    profile: None,
    verdict: "pass",
    exit: 0,
    rows: &[],
    diagnosis: None,
    within: Duration::from_secs(12),
    mended: ("pass", 0),
};

/// Builds the world, proves its fault, runs the program, takes the fault away, and does it all again. Says what is wrong.
pub(super) fn play(case: &Case<'_>) -> Result<(), String> {
    let mut ground = Ground::new();
    break_it(&mut ground, case);
    let mut wrong = proof(&ground, case, true);
    let (run, took) = run(&ground, case);
    wrong += &compare(case, &run);
    if took > case.within {
        writeln!(wrong, "took {took:?}, not {:?}", case.within).unwrap();
    }
    if !case.changes.is_empty() {
        put(&mut ground, case, false);
        wrong += &proof(&ground, case, false);
        wrong += &healed(case, &self::run(&ground, case).0);
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(format!("== {}\n{wrong}", case.name))
}

/// Lets the world's fault come about.
pub(super) fn break_it(ground: &mut Ground, case: &Case<'_>) {
    for (place, lines) in case.before {
        ground.ip(*place, lines);
    }
    put(ground, case, true);
}

fn put(ground: &mut Ground, case: &Case<'_>, broken: bool) {
    let mut fault = None;
    for change in case.changes {
        match change {
            Change::Filter(statements) => ground.filter(if broken { statements } else { "" }),
            Change::Errors(statements) => {
                ground.errors_filter(if broken { statements } else { "" });
            }
            Change::Words(port, words) => {
                ground.filter("");
                if broken {
                    ground.drop_words(*port, words);
                }
            }
            Change::File(name, text) => ground.own_file(name, broken.then_some(text)),
            Change::Own(statements) => ground.own_filter(if broken { statements } else { "" }),
            Change::Servers(name) => fault = broken.then_some(*name),
            // It forwards to servers that have to be there.
            Change::Unbound(_) => {}
            Change::Resolvers(text) if broken => ground.write_resolvers(text),
            Change::Resolvers(_) => ground.write_resolvers("nameserver 198.51.100.53\n"),
            Change::Redirect(statements) => ground.redirect(if broken { statements } else { "" }),
            Change::Employ(server) => fault = server.makes_room.or(fault),
            // A listener has to be there before its address goes away.
            Change::Ip(..) if broken => {}
            Change::Ip(place, _, mend) => ground.ip(*place, mend),
        }
    }
    let listener = case
        .listener
        .map(|(address, port)| SocketAddr::new(address.parse().unwrap(), port));
    ground.serve(fault, listener);
    for change in case.changes {
        match change {
            Change::Ip(place, breaks, _) if broken => ground.ip(*place, breaks),
            Change::Employ(server) => {
                let state = if broken { server.broken } else { server.mended };
                if let Some(configuration) = state {
                    ground.employ(server, configuration);
                }
            }
            Change::Unbound(text) => {
                ground.resolve_by_unbound(if broken { text } else { unbound::HEALTHY });
            }
            _ => {}
        }
    }
}

fn proof(ground: &Ground, case: &Case<'_>, broken: bool) -> String {
    let (script, shows) = case.proof;
    let said = ground.foreign(script);
    if shows.iter().all(|words| said.contains(words)) == broken {
        return String::new();
    }
    let there = if broken { "there" } else { "gone" };
    format!("a foreign client does not agree that the fault is {there}: {said}\n")
}

pub(super) fn run(ground: &Ground, case: &Case<'_>) -> (Run, Duration) {
    let mut arguments = vec!["check", "--format", "json"];
    arguments.extend(case.arguments);
    let profile = case.profile.map(|text| ground.file("own.toml", text));
    if let Some(profile) = &profile {
        arguments.extend(["--profile", profile]);
    }
    let started = Instant::now();
    let run = ground.preflight(&arguments);
    (run, started.elapsed())
}

/// What the report says against what the row of the table says.
fn compare(case: &Case<'_>, run: &Run) -> String {
    let Ok(report) = serde_json::from_str::<Value>(&run.stdout) else {
        return format!("no report: {run:?}\n");
    };
    let mut wrong = ends(&report, run, (case.verdict, case.exit));
    for check in checks(&report) {
        let verdict = text(check.report, "verdict");
        if matches!(verdict, "pass" | "skipped") {
            continue;
        }
        let code = text(check.report, "code");
        let known = case.rows.iter().any(|rows| {
            matches(rows.id, &check.id) && rows.codes.contains(&code) && rows.verdict == verdict
        });
        if !known {
            writeln!(wrong, "unexpected: {}", check.line()).unwrap();
        }
    }
    for rows in case.rows {
        wrong += &touched(rows, &report);
    }
    wrong + &diagnosed(case, &report)
}

/// The first code is there, and so is the box that it is blamed on.
fn touched(rows: &Rows, report: &Value) -> String {
    let all: Vec<Check> = checks(report)
        .into_iter()
        .filter(|check| matches(rows.id, &check.id) && text(check.report, "code") == rows.codes[0])
        .collect();
    if all.is_empty() {
        return format!("no {} with {}\n", rows.id, rows.codes[0]);
    }
    let Some(offender) = rows.offender else {
        return String::new();
    };
    let mut wrong = String::new();
    for check in &all {
        let stages = &check.report["stages"];
        let queries = stages["dns"]["queries"].as_array().into_iter().flatten();
        let from = queries
            .map(|query| &query["icmp"]["from"])
            .find(|from| !from.is_null())
            .unwrap_or(&stages["tcp"]["icmp"]["from"]);
        if from != offender {
            writeln!(wrong, "{} blames {from}, not {offender}", check.id).unwrap();
        }
    }
    wrong
}

fn diagnosed(case: &Case<'_>, report: &Value) -> String {
    let all = report["diagnoses"].as_array().unwrap();
    let found: Vec<(&str, &str)> = all
        .iter()
        .map(|one| (text(one, "code"), text(one, "owner")))
        .collect();
    let open = report["unexplained"].as_array().map_or(0, Vec::len);
    let Some(due) = case.diagnosis.or_else(|| diagnoses::of(case.name)) else {
        return format!("nobody says what is due; found {found:?}, {open} unexplained\n");
    };
    let right = match due {
        diagnoses::NONE => found.is_empty() && open == 0,
        diagnoses::UNEXPLAINED => found.is_empty() && open > 0,
        one => found == [one] && open == 0,
    };
    if right {
        return String::new();
    }
    format!("not the one diagnosis {due:?} but {found:?}, {open} unexplained\n")
}

/// Without the fault, none of its codes is left and the verdict is the one of a network in order.
fn healed(case: &Case<'_>, run: &Run) -> String {
    let Ok(report) = serde_json::from_str::<Value>(&run.stdout) else {
        return format!("no report after mending: {run:?}\n");
    };
    let mut wrong = ends(&report, run, case.mended);
    for check in checks(&report) {
        let code = text(check.report, "code");
        let left = case.rows.iter().any(|rows| {
            matches(rows.id, &check.id)
                && rows.codes.contains(&code)
                && rows.verdict == text(check.report, "verdict")
        });
        if left {
            writeln!(wrong, "still there after mending: {}", check.line()).unwrap();
        }
    }
    wrong
}

fn ends(report: &Value, run: &Run, (verdict, exit): (&str, i32)) -> String {
    let said = text(report, "verdict");
    if said == verdict && run.code == Some(exit) {
        return String::new();
    }
    let mut wrong = format!(
        "{said} and exit {:?}, not {verdict} and {exit} {}\n",
        run.code, run.stderr
    );
    for check in checks(report) {
        if !matches!(text(check.report, "verdict"), "pass" | "skipped") {
            writeln!(wrong, "   {}", check.line()).unwrap();
        }
    }
    wrong
}

pub(super) struct Check<'a> {
    /// `prerequisite/check`
    pub(super) id: String,
    pub(super) report: &'a Value,
}

impl Check<'_> {
    pub(super) fn line(&self) -> String {
        let of = |field| text(self.report, field);
        format!(
            "{} {} {}: {}",
            self.id,
            of("verdict"),
            of("code"),
            of("message")
        )
    }
}

pub(super) fn checks(report: &Value) -> Vec<Check<'_>> {
    let mut all = Vec::new();
    for prerequisite in report["prerequisites"].as_array().into_iter().flatten() {
        for report in prerequisite["checks"].as_array().into_iter().flatten() {
            let id = format!("{}/{}", text(prerequisite, "id"), text(report, "id"));
            all.push(Check { id, report });
        }
    }
    all
}

/// The text of a field; empty if it is null.
pub(super) fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

fn matches(pattern: &str, id: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == id;
    };
    let Some(id) = id.strip_prefix(start) else {
        return false;
    };
    (0..=id.len()).any(|from| id.is_char_boundary(from) && matches(rest, &id[from..]))
}
