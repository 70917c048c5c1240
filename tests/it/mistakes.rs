//! A profile with several mistakes: each is shown at its place, all at once, with a hint at what was meant.

use std::fmt::Write;
use std::time::{Duration, Instant};

use crate::bad_input::folder::Folder;
use crate::binary;

/// What `profiles lint` says of a file with this text; its place is left out.
fn said(name: &str, text: &str) -> String {
    let folder = Folder::new(name);
    let file = folder.file("office.toml", text);
    let run = binary::run(&["profiles", "lint", &file]);
    assert_eq!(run.code, Some(2), "{}{}", run.stdout, run.stderr);
    assert_eq!(run.stdout, "");
    run.stderr.replace(&file, "office.toml")
}

/// The lines that name a place, without what is drawn below them.
fn mistakes(said: &str) -> Vec<&str> {
    let said = said.trim_start_matches("mdm-preflight: ");
    said.lines()
        .filter(|line| line.starts_with("office.toml:"))
        .collect()
}

/// Seven mistakes: keys, types, words, ids, a date, and what only makes sense with the rest of the profile.
const OFFICE: &str = r#"[profile]
name = "office"
title = "Head office"
version = "1"
includes = ["jamf-intune"]

[variables.office_port]
type = "port"
description = "d"
default = "70000"

[[prerequisite]]
id = "office.mail"
title = "Mail"
severity = "requierd"
from = ["client"]
owner = "network"

[[prerequisite.check]]
id = "smtp"
title = "t"
tcp = { host = "mail.example.com", prot = 25 }

[[prerequisite]]
id = "office.web"
title = "Web"
severity = "required"
from = ["client", "client"]
owner = "network"
sources = [{ url = "intranet", says = "s", read = "2026-11-31" }]

[[prerequisite.check]]
id = "web"
title = "t"
tls = { host = "web.example.com", port = "443" , sample = 0 }
"#;

#[test]
fn every_mistake_of_a_file_is_shown_at_its_place() {
    let said = said("shape", OFFICE);
    let found = mistakes(&said);
    let expected = [
        ("5:1", "unknown key `includes`; did you mean `include`?"),
        ("15:12", "`requierd` is no `severity`"),
        ("22:36", "unknown key `prot`; did you mean `port`?"),
        ("28:19", "`client` stands twice in `from`"),
        ("30:20", "`intranet` is no address of a page"),
        ("30:51", "`2026-11-31` is no day"),
        ("35:59", "the integer `0` is no `sample`"),
    ];
    assert_eq!(found.len(), expected.len(), "{said}");
    for (line, (place, says)) in found.iter().zip(expected) {
        let start = format!("office.toml:{place}: {says}");
        assert!(line.starts_with(&start), "{start}\n{said}");
    }
    assert!(said.contains("did you mean `required`?"), "{said}");
    assert!(said.trim_end().ends_with("7 mistakes"), "{said}");
}

/// Every row is well formed; what is wrong is what the values mean.
const MEANING: &str = r#"[profile]
name = "office"
title = "Head office"
version = "1"
include = ["nowhere.toml", "jamf-intune"]

[variables.office_port]
type = "port"
description = "d"
default = "70000"

[[prerequisite]]
id = "office.mail"
title = "Mail"
severity = "required"
from = ["client"]
owner = "network"

[[prerequisite.check]]
id = "smtp"
title = "t"
tcp = { host = "mail example", port = "x" }
expect = "tls"

[[prerequisite.check]]
id = "block"
title = "t"
range = { hosts = "{50..1}.example", sample = 2, port = 0, within = "17.0.0.1/8", limit = 1, least_hosts = 1, least_addresses = 1 }

[[prerequisite.check]]
id = "block-2"
title = "t"
any = "x"
equal = "y"
range = { hosts = "{50..1}.example", sample = 2, port = "y", within = "17.0.0.1/8", limit = 1, least_hosts = 1, least_addresses = 1 }
"#;

#[test]
fn rows_that_are_well_formed_are_judged_even_if_others_are_not() {
    let said = said("meaning", MEANING);
    let found = mistakes(&said);
    let expected = [
        ("5:12", "there is no profile `nowhere.toml`"),
        ("10:11", "no value for the variable `office_port`"),
        ("22:16", "`mail example` is not a host name"),
        ("22:39", "`x` is not a port"),
        ("23:10", "a `tcp` probe cannot be expected to be `tls`"),
        ("28:57", "the integer `0` is no `port`"),
        ("33:7", "a check is in one group at most"),
        ("35:19", "`{50..1}` in `{50..1}.example` counts down"),
        ("35:57", "`y` is not a port"),
        (
            "35:71",
            "`17.0.0.1/8`: it has host bits; did you mean 17.0.0.0/8?",
        ),
    ];
    assert_eq!(found.len(), expected.len(), "{said}");
    for (line, (place, says)) in found.iter().zip(expected) {
        let start = format!("office.toml:{place}: {says}");
        assert!(line.starts_with(&start), "{start}\n{said}");
    }
}

#[test]
fn the_mistakes_of_an_included_file_are_shown_with_those_of_the_file_itself() {
    let folder = Folder::new("several-files");
    folder.file("base.toml", OFFICE);
    let text = MEANING.replace("nowhere.toml", "base.toml");
    let file = folder.file("office.toml", text);
    let run = binary::run(&["check", "--profile", &file, "--list"]);
    assert_eq!(run.code, Some(2));
    let base = folder.path("base.toml");
    for place in [
        format!("{base}:5:1: unknown key"),
        format!("{file}:22:16: `mail example`"),
        format!("{file}:35:57: `y`"),
    ] {
        assert!(run.stderr.contains(&place), "{place}\n{}", run.stderr);
    }
    assert!(run.stderr.contains("16 mistakes"), "{}", run.stderr);
}

#[test]
fn a_mistake_in_the_toml_itself_is_shown_at_its_place() {
    let text = "[profile]\nname = \"x\ntitle = \"t\"\n= 3\n[variables\n";
    let said = said("syntax", text);
    let found = mistakes(&said);
    assert!(found.len() > 1, "{said}");
    assert!(found[0].starts_with("office.toml:2:10: "), "{said}");
    assert!(
        found
            .iter()
            .any(|line| line.starts_with("office.toml:4:1: ")),
        "{said}"
    );
}

#[test]
fn of_very_many_mistakes_the_first_are_shown_and_the_rest_counted() {
    let mut text =
        OFFICE[..OFFICE.find("[[prerequisite]]").unwrap()].replace("includes", "include");
    for row in 0..30_000 {
        write!(
            text,
            "[[prerequisite]]\nid = \"p{row}\"\ntitle = 7\nseverity = \"x\"\nfrom = []\nowner = \"me\"\n"
        )
        .unwrap();
    }
    let started = Instant::now();
    let said = said("many", &text);
    assert!(started.elapsed() < Duration::from_secs(20));
    assert_eq!(mistakes(&said).len(), 20, "{said}");
    assert!(
        said.contains("150001 mistakes, of which 20 are shown"),
        "{said}"
    );
}

#[test]
fn a_misspelt_word_is_answered_with_the_one_that_was_meant() {
    for (arguments, says) in [
        (
            &["profiles", "show", "jamf-intun"][..],
            "did you mean `jamf-intune`?",
        ),
        (&["proflies"], "did you mean `profiles`?"),
        (&["check", "--set", "tennant=x"], "did you mean `tenant`?"),
    ] {
        let run = binary::run(arguments);
        assert_eq!(run.code, Some(2), "{arguments:?}");
        assert!(run.stderr.contains(says), "{arguments:?}\n{}", run.stderr);
    }
    let mut command = binary::command(&["check", "--list"]);
    command.env("MDM_PREFLIGHT_TENNANT", "contoso.example");
    command.env("MDM_PREFLIGHT_PUDDING", "");
    let run = binary::finish(command);
    assert_eq!(run.code, Some(0));
    let warnings: Vec<&str> = run.stderr.lines().collect();
    assert_eq!(warnings.len(), 2, "{}", run.stderr);
    assert!(
        run.stderr
            .contains("MDM_PREFLIGHT_TENNANT is not known; did you mean MDM_PREFLIGHT_TENANT?"),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains("MDM_PREFLIGHT_PUDDING is not known\n"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_value_that_is_refused_is_named_once() {
    for (arguments, value) in [
        (
            &["check", "--list", "--jamf", "jamf.example"][..],
            "jamf.example",
        ),
        (&["check", "--list", "--jamf", "https://"], "https://"),
        (&["check", "--list", "--tenant", "a b"], "a b"),
        (&["check", "--list", "--cloud", "mars"], "mars"),
    ] {
        let run = binary::run(arguments);
        assert_eq!(run.code, Some(2));
        let times = run.stderr.matches(&format!("`{value}`")).count();
        assert_eq!(times, 1, "{}", run.stderr);
    }
}
