//! `explain`: every code and every diagnosis has words, and a misspelt one a suggestion.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use mdm_preflight::code::Code;
use mdm_preflight::diagnose::{MEANINGS, MERGES};

use crate::binary::run;

#[test]
fn every_name_that_is_listed_can_be_explained() {
    let listed = run(&["explain"]);
    assert_eq!(listed.code, Some(0), "{listed:?}");
    let names: Vec<&str> = listed
        .stdout
        .lines()
        .filter(|line| line.contains('_') && !line.starts_with("What"))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(names.len(), Code::ALL.len() + MEANINGS.len());
    for name in names {
        let said = run(&["explain", name]);
        assert_eq!(said.code, Some(0), "{said:?}");
        for words in [name, "usual owner:", "What it means", "What to do"] {
            assert!(said.stdout.contains(words), "{name}: {}", said.stdout);
        }
    }
}

#[test]
fn a_code_shows_its_stage_owner_detection_and_next_step() {
    let said = run(&["explain", "tcp_silent"]).stdout;
    for words in [
        "stage:        tcp",
        "usual owner:  network",
        "How it is seen",
        "No SYN-ACK, RST or ICMP in 3.3 s",
    ] {
        assert!(said.contains(words), "{said}");
    }
}

/// One name is both: what a row saw and what a run makes of it.
#[test]
fn a_name_that_is_a_code_and_a_diagnosis_is_explained_as_both() {
    let said = run(&["explain", "dns_udp_blocked"]).stdout;
    assert!(said.contains("How it is seen"), "{said}");
    assert!(said.contains("What it is argued from"), "{said}");
}

#[test]
fn a_misspelt_name_is_pointed_at_with_the_right_one() {
    for (typed, meant) in [
        ("tcp_silnt", "; did you mean `tcp_silent`?"),
        ("host_don", "; did you mean `host_down`?"),
        ("xyzzy", "; `mdm-preflight explain` lists them"),
    ] {
        let said = run(&["explain", typed]);
        assert_eq!(said.code, Some(2), "{said:?}");
        let expected = format!("mdm-preflight: `{typed}` is not a code{meant}\n");
        assert_eq!(said.stderr, expected);
        assert_eq!(said.stdout, "");
    }
}

/// A rule cannot name a cause that `explain` does not know, and `explain` no cause that no rule finds.
#[test]
fn the_rules_and_the_vocabulary_of_causes_are_the_same_names() {
    let mut emitted = BTreeSet::new();
    for entry in fs::read_dir(Path::new("src/diagnose/rules")).unwrap() {
        let source = fs::read_to_string(entry.unwrap().path()).unwrap();
        for rest in source.split("code: \"").skip(1) {
            emitted.insert(rest.split('"').next().unwrap().to_owned());
        }
        // One rule with two names has them on lines of their own.
        for line in source.lines() {
            let alone = line
                .trim()
                .strip_prefix('"')
                .and_then(|l| l.strip_suffix("\","));
            let is_name = |word: &&str| word.contains('_') && !word.contains([' ', '{']);
            emitted.extend(alone.filter(is_name).map(ToOwned::to_owned));
        }
    }
    let known: BTreeSet<String> = MEANINGS.iter().map(|one| one.code.to_owned()).collect();
    assert_eq!(
        known.len(),
        MEANINGS.len(),
        "a diagnosis has its words twice"
    );
    assert_eq!(emitted, known);
    for one in &MEANINGS {
        assert!(!one.signs.is_empty() && !one.confidence.is_empty() && !one.steps.is_empty());
        for sentence in [one.meaning, one.seen, one.next].iter().chain(one.steps) {
            assert!(
                sentence.ends_with('.') && !sentence.contains("  "),
                "{}: {sentence}",
                one.code
            );
        }
    }
}

#[test]
fn the_readme_says_which_causes_are_told_as_one() {
    let readme = fs::read_to_string("README.md").unwrap();
    for merge in MERGES {
        let known = MEANINGS.iter().any(|one| one.code == merge.code);
        let rows = readme.lines().filter(|line| line.starts_with("| `"));
        let told = rows
            .into_iter()
            .any(|line| line.contains(&format!("`{}`", merge.code)));
        assert!(known && told, "{merge:?}");
    }
}
