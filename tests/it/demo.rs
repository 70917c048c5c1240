//! The demo: every fault is proven by a foreign client, shown by `demo`, and seen alike by `check` with users' options.

pub(crate) mod isolation;
mod peers;
mod proof;
pub(crate) mod runs;
mod table;
pub(crate) mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use mdm_preflight::lab::{faults, skipped_here};
use serde_json::Value;

use crate::binary;
use proof::{Proof, Question};
use table::{Row, table};
use world::World;

/// More would make the runs' budgets depend on how busy the machine is.
const AT_ONCE: usize = 6;

/// Verdict and code of a check.
type Outcome = (String, Option<String>);

/// Every check of a report by `prerequisite/check`.
fn outcomes(report: &Value) -> BTreeMap<String, Outcome> {
    let mut all = BTreeMap::new();
    for (id, check) in checks(report) {
        let outcome = (
            text(&check["verdict"]),
            check["code"].as_str().map(str::to_owned),
        );
        assert!(all.insert(id.clone(), outcome).is_none(), "{id} twice");
    }
    all
}

pub(crate) fn checks(report: &Value) -> impl Iterator<Item = (String, &Value)> {
    list(&report["prerequisites"]).iter().flat_map(|line| {
        let id = text(&line["id"]);
        let checks = list(&line["checks"]).iter();
        checks.map(move |check| (format!("{id}/{}", text(&check["id"])), check))
    })
}

fn list(value: &Value) -> &[Value] {
    value
        .as_array()
        .map_or_else(|| panic!("no list: {value}"), Vec::as_slice)
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| panic!("no text: {value}"), str::to_owned)
}

/// `*` stands for anything, dots and slashes included.
fn matches(glob: &str, id: &str) -> bool {
    let Some((before, after)) = glob.split_once('*') else {
        return glob == id;
    };
    id.strip_prefix(before).is_some_and(|rest| {
        (0..=rest.len()).any(|at| rest.is_char_boundary(at) && matches(after, &rest[at..]))
    })
}

/// Does something for every item, a few at a time, and names those for which it failed.
fn for_each<T: Sync>(items: &[T], name: impl Fn(&T) -> String + Sync, work: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(items.len()) {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(why) = catch_unwind(AssertUnwindSafe(|| work(item))) {
                        let why = why.downcast_ref::<String>().map_or("", String::as_str);
                        failed
                            .lock()
                            .unwrap()
                            .push(format!("{}: {why}", name(item)));
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn every_fault_has_one_row_in_the_table_and_a_proof() {
    let known: Vec<&str> = faults().iter().map(|fault| fault.name).collect();
    let rows: Vec<&str> = table().iter().map(|row| row.fault).collect();
    assert_eq!(known, rows);
    for row in table() {
        assert!(!row.proofs.is_empty(), "{} has no proof", row.fault);
        assert!(!row.checks.is_empty(), "{} shows nowhere", row.fault);
        for proof in row.proofs {
            assert_ne!(proof.faulty, proof.healthy, "{} proves nothing", row.fault);
        }
    }
}

#[test]
fn every_fault_is_proven_and_then_gives_the_verdicts_and_codes_that_fit_it() {
    for_each(&table(), |row| row.fault.to_owned(), |row| examine(row));
}

fn examine(row: &Row) {
    if let Some(why) = skipped_here(row.fault) {
        return isolation::say_skipped(&format!("{}: {why}", row.fault));
    }
    let world = World::start(Some(row.fault));
    for proof in row.proofs {
        proof.hold(row.fault, &world);
    }
    let demo = &runs::of(Some(row.fault)).run;
    let report = demo.json();
    expected(row, demo.code, &report);
    let before = world.lab().objections().len();
    let check = world.check();
    // Where curl has signed in at Jamf Pro for the proof, ours is the second.
    let second = ["a second token request"];
    let by_session = |proof: &Proof| matches!(proof.question, Question::Notified(_));
    let known = &second[..usize::from(row.proofs.iter().any(by_session))];
    let objections = world.lab().objections();
    assert_eq!(objections[before..], *known, "{}", row.fault);
    expected(row, check.code, &check.json());
    assert_eq!(
        outcomes(&report),
        outcomes(&check.json()),
        "{}: `demo` and `check` differ",
        row.fault
    );
}

fn expected(row: &Row, code: Option<i32>, report: &Value) {
    let fault = row.fault;
    assert_eq!(text(&report["verdict"]), row.verdict, "{fault}");
    assert_eq!(code, Some(row.exit), "{fault}");
    let healthy = outcomes(&runs::of(None).run.json());
    let all = outcomes(report);
    for (id, (verdict, code)) in &all {
        let wanted = row.checks.iter().find(|(glob, ..)| matches(glob, id));
        let seen = (verdict.as_str(), code.as_deref());
        match wanted {
            Some((_, verdict, code)) => assert_eq!(seen, (*verdict, Some(*code)), "{fault}: {id}"),
            None => assert_eq!(
                seen,
                (healthy[id].0.as_str(), healthy[id].1.as_deref()),
                "{fault}: {id}"
            ),
        }
    }
    for (glob, ..) in row.checks {
        assert!(all.keys().any(|id| matches(glob, id)), "{fault}: no {glob}");
    }
    lines(row, report);
    for (id, check) in checks(report) {
        for finding in list(&check["findings"]) {
            let code = text(&finding["code"]);
            assert!(!row.never.contains(&code.as_str()), "{fault}: {id}: {code}");
        }
    }
}

/// The prerequisites that are not in order are those of the table, no more and no fewer.
fn lines(row: &Row, report: &Value) {
    let hurt: BTreeSet<(String, String)> = list(&report["prerequisites"])
        .iter()
        .map(|line| (text(&line["id"]), text(&line["verdict"])))
        .filter(|(_, verdict)| !matches!(verdict.as_str(), "pass" | "skipped"))
        .collect();
    let wanted = row
        .lines
        .iter()
        .map(|(id, verdict)| ((*id).to_owned(), (*verdict).to_owned()));
    assert_eq!(hurt, wanted.collect(), "{}", row.fault);
}

#[test]
fn the_healthy_world_passes_from_either_side_with_at_most_64_first_connects() {
    let client = &runs::of(None).run;
    let server = &binary::run(&[
        "demo",
        "--from",
        "jamf-server",
        "--format",
        "json",
        "--color",
        "never",
    ]);
    for run in [client, server] {
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let report = run.json();
        assert_eq!(report["verdict"], "pass");
        for (id, (verdict, code)) in outcomes(&report) {
            let retired = ["local_retired", "local_misprint"].map(|code| Some(code.to_owned()));
            let fine = match verdict.as_str() {
                "pass" => code.is_none(),
                "skipped" => code.is_none() || retired.contains(&code),
                _ => false,
            };
            assert!(fine, "{id}: {verdict} {code:?}");
        }
        let connects = first_connects(&report);
        assert!((4..=64).contains(&connects), "{connects} first connects");
        let trips = report["run"]["longest_ladder_round_trips"].as_u64();
        assert!(trips.is_some_and(|trips| trips <= 4), "{trips:?}");
    }
    let ran = |run: &binary::Run, id: &str| outcomes(&run.json())[id].0 == "pass";
    assert!(ran(client, "apple.push.device/courier-5223-6"));
    assert!(ran(server, "apple.push.provider/api-2197"));
    assert!(!ran(server, "apple.push.device/courier-5223-6"));
}

/// Connects as far as a report shows them: by their own local address, else one for each address and port that no shown
/// connect accounts for; and the canaries.
fn first_connects(report: &Value) -> usize {
    let mut sockets = BTreeSet::new();
    let mut peers = BTreeSet::new();
    // Whoever gives no credentials, as most do, makes no calls; what they cost has a test of its own.
    let calls = [
        "entra.app/*",
        "intune.frontend/*",
        "intune.connector/*",
        "jamf.notifications/*",
    ];
    let default = |id: &str| !calls.iter().any(|glob| matches(glob, id));
    for (_, check) in checks(report).filter(|(id, _)| default(id)) {
        if let Some(tcp) = check["stages"].get("tcp") {
            for connect in list(&tcp["connects"]) {
                sockets.insert(text(&connect["local"]));
            }
            peers.insert(text(&tcp["peer"]));
        }
    }
    let mut others = BTreeSet::new();
    for (_, check) in checks(report).filter(|(id, _)| default(id)) {
        for address in list(&check["addresses"]) {
            let at = format!("{}:{}", text(&address["address"]), check["target"]["port"]);
            others.insert(at);
        }
    }
    let others = others.iter().filter(|at| !peers.contains(*at)).count();
    sockets.len() + others + list(&report["run"]["canary"]).len()
}

#[test]
fn check_with_users_options_sees_the_healthy_world_as_the_demo_does() {
    let check = world::healthy().check();
    assert_eq!(check.code, Some(0), "{}", check.stderr);
    let demo = runs::of(None).run.json();
    assert_eq!(outcomes(&demo), outcomes(&check.json()));
}

#[test]
fn the_demo_asks_what_the_built_in_profile_asks() {
    let shown = binary::run(&["profiles", "show", "jamf-intune"]);
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);
    let mut ids = BTreeSet::new();
    let mut line = String::new();
    for text in shown.stdout.lines() {
        if let Some((check, _)) = text.strip_prefix("  - ").and_then(|t| t.split_once(": ")) {
            ids.insert(format!("{line}/{check}"));
        } else if !text.starts_with(' ')
            && let Some((id, rest)) = text.split_once(" (")
            && rest.contains(", from ")
        {
            id.clone_into(&mut line);
        }
    }
    let demo = outcomes(&runs::of(None).run.json());
    assert_eq!(demo.into_keys().collect::<BTreeSet<_>>(), ids);
}

#[test]
fn the_list_of_faults_starts_each_line_with_a_name() {
    let run = binary::run(&["demo", "--list"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    let first = |line: &str| line.split_whitespace().next().map(str::to_owned);
    let names: Vec<_> = run.stdout.lines().filter_map(first).collect();
    let known: Vec<_> = faults().iter().map(|fault| fault.name.to_owned()).collect();
    assert_eq!(names, known);
    assert!(names.len() >= 12, "{names:?}");
    assert!(run.stdout.lines().all(|line| !line.starts_with(' ')));
}

#[test]
fn an_unknown_fault_is_a_mistake_of_the_user_that_names_the_known_ones() {
    for name in ["dragons", "", "PUSH-5223-SILENT"] {
        let run = binary::run(&["demo", "--fault", name]);
        assert_eq!(run.code, Some(2), "{name}: {}", run.stderr);
        assert_eq!(run.stdout, "");
        assert!(run.stderr.contains(&format!("`{name}`")), "{}", run.stderr);
        assert!(run.stderr.contains("push-5223-silent"), "{}", run.stderr);
    }
}

#[test]
fn nothing_outside_the_lab_reads_the_name_of_a_fault() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut read = 0;
    for file in rust_files(&source) {
        if file.starts_with(source.join("lab")) || file == source.join("lab.rs") {
            continue;
        }
        read += 1;
        let code = std::fs::read_to_string(&file).unwrap();
        for fault in faults() {
            let literal = format!("\"{}\"", fault.name);
            assert!(!code.contains(&literal), "{literal} in {file:?}");
        }
    }
    assert!(read > 30, "only {read} files were read");
}

fn rust_files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    files
}
