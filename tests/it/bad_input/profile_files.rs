//! Profile files with one mistake each: the error has file, line, column and the text at fault.

use std::fmt::Write;

use super::folder::Folder;
use super::refused;
use crate::binary;

const HEAD: &str = "[profile]\nname = \"x\"\ntitle = \"x\"\nversion = \"1\"\n";
const PREREQUISITE: &str = "[[prerequisite]]\nid = \"a.b\"\ntitle = \"t\"\nseverity = \"required\"\n\
                            from = [\"client\"]\nowner = \"network\"\n";
const CHECK: &str = "[[prerequisite.check]]\nid = \"c\"\ntitle = \"t\"\n";

/// A profile with one check whose probe is `probe`, on line 14.
fn with(probe: &str) -> String {
    format!("{HEAD}{PREREQUISITE}{CHECK}{probe}\n")
}

/// A probe with one mistake, where the mistake stands, and what is said about it.
const CHECK_MISTAKES: &[(&str, &str, &str)] = &[
    (
        "tcp = { host = \"h.example\", prot = 1 }",
        "14:29",
        "did you mean `port`?",
    ),
    (
        "tpc = { host = \"h.example\", port = 1 }",
        "14:1",
        "did you mean `tcp`?",
    ),
    ("tcp = { host = 7, port = 1 }", "14:16", "integer `7`"),
    ("tcp = { host = \"h.example\", port = 0 }", "14:36", "`0`"),
    (
        "tcp = { host = \"h.example\", port = 70000 }",
        "14:36",
        "`70000`",
    ),
    (
        "tcp = { host = \"h.example\", port = \"x\" }",
        "14:36",
        "`x`",
    ),
    (
        "tcp = { host = \"h example\", port = 1 }",
        "14:16",
        "`h example`",
    ),
    ("http = { url = \"https://\" }", "14:16", "`https://`"),
    ("http = { url = \"h.example/x\" }", "14:16", "`h.example/x`"),
    ("http = { url = \"https://h.example:0\" }", "14:16", "`0`"),
    (
        "tcp = { host = \"${nope}\", port = 1 }",
        "14:16",
        "variable `nope`",
    ),
    ("tcp = { host = \"${nope\", port = 1 }", "14:16", "`}`"),
    ("", "12:6", "exactly one probe"),
    (
        "dns = { name = \"h.example\" }\ntcp = { host = \"h.example\", port = 1 }",
        "12:6",
        "exactly one probe",
    ),
    (
        "dns = { name = \"h.example\" }\nexpect = \"tls\"",
        "15:10",
        "`tls`",
    ),
    (
        "dns = { name = \"h.example\" }\nexpect = \"wow\"",
        "15:10",
        "`wow`",
    ),
    (
        "dns = { name = \"h.example\" }\ncontrol = \"a.b/d\"",
        "15:11",
        "`a.b/d`",
    ),
    (
        "tls = { host = \"{50..1}.example\", sample = 2, port = 443 }",
        "14:16",
        "`{50..1}`",
    ),
    (
        "tls = { host = \"{1..50}.example\", port = 443 }",
        "14:16",
        "`sample`",
    ),
    (
        "tls = { host = \"{1..9}.example\", sample = 0, port = 443 }",
        "14:43",
        "sample",
    ),
    (
        "tls = { host = \"h.example\", port = 443, stores = [\"mine\"] }",
        "14:51",
        "`mine`",
    ),
    (
        "range = { hosts = \"{1..9}.example\", sample = 2, port = 443, within = \"17.0.0.1/8\", \
             limit = 1, least_hosts = 1, least_addresses = 1 }",
        "14:70",
        "17.0.0.1/8",
    ),
];

#[test]
fn a_mistake_in_a_check_is_shown_at_its_place() {
    for (probe, place, says) in CHECK_MISTAKES {
        let folder = Folder::new("check-mistake");
        let file = folder.file("profile.toml", with(probe));
        let place = format!("{file}:{place}: ");
        refused(&["check", "--profile", &file], &[], &[&place, says]);
        refused(&["profiles", "lint", &file], &[], &[&place, says]);
    }
}

#[test]
fn a_mistake_elsewhere_in_a_profile_is_shown_at_its_place() {
    let dns = "dns = { name = \"h.example\" }\n";
    let twice = format!("{}{CHECK}{dns}", with(dns));
    let prerequisites = format!("{0}{PREREQUISITE}{CHECK}{dns}", with(dns));
    for (text, place, says) in [
        (String::new(), "1:1", "`profile`"),
        ("x".to_owned(), "1:2", "`=`"),
        (
            HEAD.replace("title", "titel"),
            "3:1",
            "did you mean `title`?",
        ),
        (HEAD.replace("\"1\"", "1"), "4:11", "integer `1`"),
        (
            format!("{HEAD}{PREREQUISITE}"),
            "5:1",
            "`check` is missing in prerequisite `a.b`",
        ),
        (twice, "17:6", "`c`"),
        (prerequisites, "17:6", "`a.b`"),
        (with(dns).replace("required", "urgent"), "8:12", "`urgent`"),
        (with(dns).replace("\"client\"", ""), "9:8", "`from`"),
        (with(dns).replace("\"client\"", "\"mars\""), "9:9", "`mars`"),
        (
            format!("{}[override.\"a.c\"]\nskip = true\n", with(dns)),
            "16:11",
            "`a.c`",
        ),
        (
            format!(
                "{}[variables.v]\ntype = \"colour\"\ndescription = \"d\"\n",
                with(dns)
            ),
            "17:8",
            "`colour`",
        ),
    ] {
        let folder = Folder::new("profile-mistake");
        let file = folder.file("profile.toml", &text);
        let place = format!("{file}:{place}: ");
        refused(&["check", "--profile", &file], &[], &[&place, says]);
    }
}

#[test]
fn a_file_that_is_no_profile_is_refused_by_name() {
    let folder = Folder::new("no-profile");
    let binary = folder.file("binary.toml", [0xff, 0xfe, 0]);
    refused(&["check", "--profile", &binary], &[], &[&binary, "UTF-8"]);
    let directory = folder.path("");
    refused(
        &["check", "--profile", &directory],
        &[],
        &[&directory, "directory"],
    );
    let missing = folder.path("missing.toml");
    refused(&["check", "--profile", &missing], &[], &[&missing]);
    let bare = folder.file("bare.toml", HEAD);
    refused(&["check", "--profile", &bare], &[], &["nothing to run"]);
}

#[test]
fn an_include_that_leads_nowhere_or_back_is_refused_where_it_stands() {
    let folder = Folder::new("include");
    let including = |other: &str| format!("{HEAD}include = [\"{other}\"]\n");
    let missing = folder.file("missing.toml", including("nowhere.toml"));
    refused(
        &["check", "--profile", &missing],
        &[],
        &["`nowhere.toml`", &missing],
    );
    let own = folder.file("own.toml", including("own.toml"));
    refused(
        &["check", "--profile", &own],
        &[],
        &["own.toml", "includes itself"],
    );
    let one = folder.file("one.toml", including("two.toml"));
    folder.file("two.toml", including("one.toml"));
    refused(
        &["check", "--profile", &one],
        &[],
        &["one.toml", "two.toml", "includes itself"],
    );
}

#[test]
fn two_profiles_that_differ_in_one_prerequisite_are_refused() {
    let folder = Folder::new("clash");
    let one = folder.file("one.toml", with("dns = { name = \"one.example\" }"));
    let two = folder.file("two.toml", with("dns = { name = \"two.example\" }"));
    refused(
        &["check", "--profile", &one, "--profile", &two],
        &[],
        &["`a.b`"],
    );
}

#[test]
fn a_profile_of_a_hundred_thousand_rows_is_refused_or_listed_within_seconds() {
    let mut text = format!("{HEAD}{PREREQUISITE}");
    for row in 0..100_000 {
        write!(
            text,
            "[[prerequisite.check]]\nid = \"c{row}\"\ntitle = \"t\"\ntcp = {{ host = \"h{row}.example\", port = 1 }}\n"
        )
        .unwrap();
    }
    let folder = Folder::new("huge");
    let file = folder.file("huge.toml", &text);
    let run = binary::run(&["check", "--profile", &file, "--list"]);
    match run.code {
        Some(0) => assert!(run.stdout.lines().count() >= 100_000),
        code => {
            assert_eq!(code, Some(2), "{}", run.stderr);
            assert!(run.stderr.contains(&file), "{}", run.stderr);
        }
    }
}
