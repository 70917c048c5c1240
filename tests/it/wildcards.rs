//! Wildcards cannot be asked: the profile says which host stands for which, and rules and reports repeat it.

use serde_json::Value;

use crate::bad_input::folder::Folder;
use crate::binary;
use crate::demo::{checks, runs};

const PROFILE: &str = include_str!("../../profiles/jamf-intune.toml");

/// All that a rule says, but for its reason, which is a sentence of the profile.
fn rules(profile: &str) -> Vec<Value> {
    let run = binary::run(&["rules", "--profile", profile, "--format", "json"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let mut all = run.json()["rules"].as_array().unwrap().clone();
    for rule in &mut all {
        rule.as_object_mut().unwrap().remove("reason");
    }
    all
}

#[test]
fn no_rule_depends_on_the_words_of_a_title_or_a_remedy() {
    let worded = |line: &str| line.replace("*.", "the hosts of ");
    let mut changed = 0;
    let mut lines = Vec::new();
    for line in PROFILE.lines() {
        let said = line.starts_with("stands_for") || !line.contains("*.");
        changed += usize::from(!said);
        lines.push(if said { line.to_owned() } else { worded(line) });
    }
    assert!(changed >= 4, "{changed}");
    let folder = Folder::new("reworded");
    let file = folder.file("jamf-intune.toml", lines.join("\n"));
    assert_eq!(rules(&file), rules("jamf-intune"));
}

#[test]
fn the_report_says_which_host_stands_for_which_wildcard() {
    let report = runs::of(None).run.json();
    for (id, wildcard) in [
        ("intune.manage/manage", "*.manage.microsoft.com"),
        ("intune.manage/enrollment", "*.manage.microsoft.com"),
    ] {
        let (_, check) = checks(&report).find(|(known, _)| known == id).unwrap();
        assert_eq!(check["stands_for"], serde_json::json!([wildcard]), "{id}");
        let message = check["message"].as_str().unwrap();
        let words = format!("; stands for {wildcard}");
        assert!(message.ends_with(&words), "{message}");
    }
    let folder = Folder::new("stands-for");
    let file = folder.file("report.json", report.to_string());
    for format in ["table", "markdown", "html", "csv", "junit", "tap"] {
        let run = binary::run(&["render", &file, "--format", format]);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let text = run.stdout.replace("\\*", "*");
        let words: Vec<&str> = text.split_whitespace().collect();
        assert!(
            words
                .join(" ")
                .contains("stands for *.manage.microsoft.com"),
            "{format}\n{text}"
        );
    }
}

#[test]
fn what_is_no_wildcard_is_refused_at_its_place() {
    let folder = Folder::new("no-wildcard");
    for wrong in [
        "manage.example.com",
        "*.com",
        "*",
        "a*.example.com",
        "*.b b.com",
    ] {
        let text = format!(
            "[profile]\nname = \"p\"\ntitle = \"p\"\nversion = \"1\"\n\n[[prerequisite]]\nid = \"own\"\ntitle = \"Own\"\n\
             severity = \"required\"\nfrom = [\"client\"]\nowner = \"network\"\n\n[[prerequisite.check]]\nid = \"a\"\n\
             title = \"a\"\ntcp = {{ host = \"a.example.com\", port = 443 }}\nstands_for = [\"{wrong}\"]\n"
        );
        let file = folder.file("p.toml", text);
        let run = binary::run(&["rules", "--profile", &file]);
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{wrong}");
        let said = run.stderr;
        assert!(
            said.contains(&format!("`{wrong}` is no wildcard")),
            "{said}"
        );
        assert!(said.contains(":17:"), "{said}");
    }
}
