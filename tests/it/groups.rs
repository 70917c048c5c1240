//! Groups of checks over real ports of this machine: what an `all` is worth, by itself and in an `any` or an `equal`.

use std::fmt::Write;
use std::net::TcpListener;

use serde_json::Value;

use crate::bad_input::folder::Folder;
use crate::binary;

/// What became of a prerequisite whose checks ask an open port or a closed one.
fn asked(name: &str, checks: &[(&str, bool, &str)]) -> Value {
    let open = TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = |listener: &TcpListener| listener.local_addr().unwrap().port();
    let (open_port, closed_port) = (port(&open), port(&closed));
    drop(closed);
    let mut text = "[profile]\nname = \"x\"\ntitle = \"x\"\nversion = \"1\"\n[[prerequisite]]\nid = \"a.b\"\ntitle = \"t\"\n\
         severity = \"required\"\nfrom = [\"client\"]\nowner = \"network\"\n"
        .to_owned();
    for (id, works, groups) in checks {
        let port = if *works { open_port } else { closed_port };
        write!(
            text,
            "[[prerequisite.check]]\nid = \"{id}\"\ntitle = \"{id}\"\ntcp = {{ host = \"127.0.0.1\", port = {port} }}\n{groups}\n"
        )
        .unwrap();
    }
    let folder = Folder::new(name);
    let file = folder.file("groups.toml", text);
    let arguments = [
        "check",
        "--profile",
        &file,
        "--skip",
        "canary",
        "--format",
        "json",
        "-q",
    ];
    let run = binary::run(&arguments);
    drop(open);
    assert_eq!(run.stderr, "", "{name}");
    run.json()["prerequisites"][0].clone()
}

const ANY: &str = "any = \"g\"";
const ANY_NEW: &str = "any = \"g\"\nall = \"new\"";
const EQUAL: &str = "equal = \"g\"";
const EQUAL_NEW: &str = "equal = \"g\"\nall = \"new\"";
const NEW: &str = "all = \"new\"";

/// The groups of the checks `one`, `two` and `old`, which of them work, and what is said of the whole.
type Case = (
    &'static str,
    [&'static str; 3],
    [bool; 3],
    &'static str,
    &'static str,
);

const CASES: [Case; 7] = [
    (
        "all-open",
        [ANY_NEW, ANY_NEW, ANY],
        [true, true, true],
        "pass",
        "",
    ),
    (
        "all-partly-open",
        [ANY_NEW, ANY_NEW, ANY],
        [true, false, true],
        "degraded",
        "running on the fallback: old works, one with two does not",
    ),
    (
        "all-without-fallback",
        [ANY_NEW, ANY_NEW, ANY],
        [true, false, false],
        "fail",
        "",
    ),
    // Without the `all`, one of three is enough to go on.
    (
        "any-of-three",
        [ANY, ANY, ANY],
        [true, false, false],
        "degraded",
        "one works, its fallback does not: two, old",
    ),
    (
        "all-in-equal",
        [EQUAL_NEW, EQUAL_NEW, EQUAL],
        [true, false, false],
        "fail",
        "",
    ),
    (
        "equal-of-three",
        [EQUAL, EQUAL, EQUAL],
        [true, false, false],
        "pass",
        "",
    ),
    ("all-alone", [NEW, NEW, ""], [true, false, true], "fail", ""),
];

#[test]
fn an_all_works_only_if_every_check_of_it_does() {
    for (name, groups, works, verdict, reason) in CASES {
        let checks = [0, 1, 2].map(|at| (["one", "two", "old"][at], works[at], groups[at]));
        let found = asked(name, &checks);
        assert_eq!(found["verdict"], verdict, "{name}: {found:#}");
        let said = found["reason"].as_str().unwrap();
        assert!(said.contains(reason), "{name}: {said}");
    }
}

#[test]
fn the_checks_of_one_all_stand_in_one_group() {
    let folder = Folder::new("split-all");
    let text = include_str!("written/everything.toml");
    let text = text.replacen(
        "any = \"front\"\nall = \"new\"",
        "equal = \"front\"\nall = \"new\"",
        1,
    );
    let file = folder.file("groups.toml", &text);
    let run = binary::run(&["check", "--list", "--profile", &file]);
    assert_eq!(run.code, Some(2));
    let says = "the checks of `all = \"new\"` are in different groups";
    assert!(run.stderr.contains(says), "{}", run.stderr);
}

#[test]
fn a_row_of_the_report_has_the_policies_of_its_check() {
    let found = asked(
        "policies",
        &[(
            "one",
            true,
            "proxy = \"pac-only\"\ninspection = \"forbidden\"",
        )],
    );
    let policy = &found["checks"][0]["policy"];
    assert_eq!(policy["proxy"], "pac-only");
    assert_eq!(policy["inspection"], "forbidden");
}
