//! `profiles lint`: what is wrong with a profile although it can be read.

use crate::bad_input::folder::Folder;
use crate::binary::{self, Run};

fn profile(rows: &str) -> String {
    format!(
        "[profile]\nname = \"p\"\ntitle = \"p\"\nversion = \"1\"\n\n[[prerequisite]]\nid = \"own\"\ntitle = \"Own\"\n\
         severity = \"required\"\nfrom = [\"client\"]\nowner = \"network\"\n\
         sources = [{{ url = \"https://example.com\", says = \"x\", read = \"READ\" }}]\n{rows}"
    )
    .replace("READ", "2099-01-01")
}

fn row(id: &str, rest: &str) -> String {
    format!("\n[[prerequisite.check]]\nid = \"{id}\"\ntitle = \"{id}\"\n{rest}\n")
}

fn lint(name: &str, text: &str, more: &[&str]) -> Run {
    let folder = Folder::new(&format!("lint-{name}"));
    let file = folder.file("p.toml", text);
    let mut arguments = vec!["profiles", "lint", file.as_str()];
    arguments.extend(more);
    binary::run(&arguments)
}

const HOST: &str = "tcp = { host = \"a.example.com\", port = 443 }";
const BLOCK: &str = "tcp = { host = \"a.example.com\", port = 443 }\nexpect = \"blocked\"";
const RANGE: &str = "[prerequisite.check.range]\nhosts = \"{1..50}-courier.push.apple.com\"\nsample = 5\nport = 5223\n\
                     within = \"17.249.0.0/16\"\nlimit = 12\nleast_hosts = 5\nleast_addresses = 4";

/// Rows, the kind of the remark, a word of it, and at which row it stands.
type Case = (&'static [&'static str], &'static str, &'static str, usize);

const CASES: &[Case] = &[
    (&[HOST, HOST], "duplicate", "own/check-0", 1),
    (
        &[HOST, BLOCK],
        "contradiction",
        "`blocked` here and `connected`",
        1,
    ),
    (
        &["tcp = { host = \"gateway.push.apple.com\", port = 2195 }"],
        "retired",
        "2021-03-31",
        0,
    ),
    (
        &["tcp = { host = \"graph.windows.net\", port = 443 }"],
        "retired",
        "graph.microsoft.com",
        0,
    ),
    (&[RANGE], "too-narrow", "17.0.0.0/8", 0),
    (
        &["tcp = { host = \"17.57.144.20\", port = 5223 }"],
        "too-narrow",
        "ask by name",
        0,
    ),
    (
        &["tcp = { host = \"5-courier.push.apple.com\", port = 5223 }"],
        "too-narrow",
        "{1..50}-courier",
        0,
    ),
    (
        &["tcp = { host = \"api.push.apple.com\", port = 5223 }"],
        "wrong-port",
        "443 and 2197",
        0,
    ),
    (
        &["tcp = { host = \"api.push.apple.com\", port = 2179 }"],
        "wrong-port",
        "2197",
        0,
    ),
    (
        &["tls = { host = \"{1..50}-courier.push.apple.com\", sample = 2, port = 2197 }"],
        "wrong-port",
        "5223 and 443",
        0,
    ),
    (
        &[BLOCK],
        "no-control",
        "nothing shows that a.example.com is up",
        0,
    ),
    (
        &[
            "tcp = { host = \"b.example.com\", port = 25 }\nexpect = \"silent\"\ncontrol = \"own/check-1\"",
            "tcp = { host = \"b.example.com\", port = 26 }\nexpect = \"blocked\"\ncontrol = \"own/check-0\"",
        ],
        "no-control",
        "own/check-1 cannot show",
        0,
    ),
];

#[test]
fn every_mistake_of_a_profile_is_said_at_its_line() {
    for (index, (rows, kind, says, at)) in CASES.iter().enumerate() {
        let rows: Vec<String> = rows
            .iter()
            .enumerate()
            .map(|(number, rest)| row(&format!("check-{number}"), rest))
            .collect();
        let text = profile(&rows.concat());
        let run = lint(&format!("case-{index}"), &text, &[]);
        assert_eq!(run.code, Some(1), "{text}\n{}{}", run.stdout, run.stderr);
        let id = text.find(&format!("id = \"check-{at}\"")).unwrap();
        // The row begins at its header, the line above its id.
        let line = text[..id].matches('\n').count();
        let place = format!("p.toml:{line}: {kind}: ");
        let found = run
            .stdout
            .lines()
            .any(|l| l.contains(&place) && l.contains(says));
        assert!(found, "{place} {says}\n{}", run.stdout);
    }
}

#[test]
fn a_control_that_can_show_its_target_is_up_is_enough() {
    for rows in [
        row("open", "tcp = { host = \"a.example.com\", port = 443 }")
            + &row(
                "closed",
                "tcp = { host = \"a.example.com\", port = 25 }\nexpect = \"blocked\"",
            ),
        row("open", "tcp = { host = \"b.example.com\", port = 443 }")
            + &row(
                "closed",
                "tcp = { host = \"a.example.com\", port = 25 }\nexpect = \"silent\"\ncontrol = \"own/open\"",
            ),
        // A host that refuses by itself shows by that that it is up.
        row(
            "refused",
            "tcp = { host = \"a.example.com\", port = 25 }\nexpect = \"refused\"",
        ),
    ] {
        let run = lint("control", &profile(&rows), &[]);
        assert_eq!(run.code, Some(0), "{rows}\n{}{}", run.stdout, run.stderr);
    }
}

#[test]
fn a_source_is_read_again_when_it_is_older_than_asked() {
    let text = profile(&row("a", "tcp = { host = \"a.example.com\", port = 443 }"));
    let old = text.replace("2099-01-01", "2024-01-01");
    let run = lint("old", &old, &[]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(
        run.stdout
            .contains("old-source: own: https://example.com was read"),
        "{}",
        run.stdout
    );
    assert_eq!(
        lint("old-enough", &old, &["--max-age-days", "36500"]).code,
        Some(0)
    );
    let none = lint("no-date", &text.replace("2099-01-01", "lately"), &[]);
    assert_eq!(none.code, Some(2), "{}", none.stdout);
    assert!(
        none.stderr.contains("`lately` is no day"),
        "{}",
        none.stderr
    );
}
