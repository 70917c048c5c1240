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
fn a_diagnosis_says_how_sure_it_can_be_and_in_which_codes_it_shows() {
    let said = run(&["explain", "egress_port_filtered"]).stdout;
    for words in [
        "Rows show it as: tcp_silent.",
        "How sure it can be",
        "  high: two of: no address answers on the port",
        "What is told as one",
        "There is one in a run: ",
        "  1. Allow the port",
        "  2. Look in the firewall's log",
    ] {
        assert!(said.contains(words), "{words} is not in\n{said}");
    }
}

#[test]
fn what_is_not_the_networks_fault_stands_under_one_name_with_its_sources() {
    let said = run(&["explain", "not-network"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    for one in mdm_preflight::advice::ELSEWHERE {
        assert!(said.stdout.contains(one.source), "{}", one.source);
    }
    for words in [
        "push certificate",
        "AccountNotOnboarded",
        "530003",
        "Terminated",
    ] {
        assert!(said.stdout.contains(words), "{words}");
    }
    let healthy = run(&["demo"]).stdout;
    let line = "`mdm-preflight explain not-network`";
    assert!(
        healthy
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .contains(line),
        "{healthy}"
    );
    assert!(!healthy.contains("AccountNotOnboarded"), "{healthy}");
    let all = run(&["demo", "-v"]).stdout;
    assert!(all.contains("AccountNotOnboarded"), "{all}");
}

#[test]
fn the_story_of_a_saved_report_tells_what_was_asked_what_is_wrong_and_what_to_send() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join("story.json");
    let report = crate::demo::runs::of(Some("push-5223-silent"))
        .run
        .stdout
        .clone();
    fs::write(&file, report).unwrap();
    let said = run(&["explain", file.to_str().unwrap()]);
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""));
    let mut rest = said.stdout.as_str();
    for words in [
        "What was asked",
        "The same again: mdm-preflight demo --fault push-5223-silent",
        "What came of it",
        "1. Port 5223 is dropped, and the fallback on port 443 is in use",
        "What is wrong",
        "Weakens: push",
        "Still works: ",
        "Why we think so",
        "Confidence high: two of: no address answers on the port",
        "https://support.apple.com/102266",
        "Who mends it, and how",
        "network: whoever runs the network and its firewalls",
        "What to send",
        "Destination blocks: 17.0.0.0/8",
        "What was not tested",
        "apple.push.provider/api-443",
    ] {
        let at = rest
            .find(words)
            .unwrap_or_else(|| panic!("{words} is not in, or not after, in\n{}", said.stdout));
        rest = &rest[at..];
    }
}

#[test]
fn what_is_no_report_is_said_in_one_line() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let cases = [
        ("story-none.json", None, "No such file"),
        ("story-text.json", Some("hello"), "is not JSON"),
        ("story-other.json", Some("{\"a\": 1}"), "it has no `schema`"),
        (
            "story-half.json",
            Some("{\"schema\": \"mdm-preflight/report/1\"}"),
            "does not follow it",
        ),
    ];
    for (name, text, why) in cases {
        let file = folder.join(name);
        if let Some(text) = text {
            fs::write(&file, text).unwrap();
        }
        let said = run(&["explain", file.to_str().unwrap()]);
        assert_eq!((said.code, said.stdout.as_str()), (Some(2), ""), "{said:?}");
        assert_eq!(said.stderr.lines().count(), 1, "{said:?}");
        assert!(
            said.stderr.contains(why) && said.stderr.contains(name),
            "{said:?}"
        );
    }
}

#[test]
fn a_misspelt_name_is_pointed_at_with_the_right_one() {
    for (typed, meant) in [
        ("tcp_silnt", "; did you mean `tcp_silent`?"),
        ("host_don", "; did you mean `host_down`?"),
        ("not-netwrok", "; did you mean `not-network`?"),
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
