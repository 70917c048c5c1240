//! `--thorough` as `--list` shows it: every host of every pattern, and nothing else changes.

use crate::bad_input::folder::Folder;
use crate::binary;

fn listed(more: &[&str]) -> Vec<String> {
    let mut arguments = vec!["check", "--list", "--jamf", "https://jamf.example.com"];
    arguments.extend(more);
    let run = binary::run(&arguments);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    run.stdout.lines().map(ToOwned::to_owned).collect()
}

fn count(lines: &[String], start: &str) -> usize {
    lines.iter().filter(|line| line.starts_with(start)).count()
}

#[test]
fn thorough_lists_all_fifty_couriers_and_the_usual_run_its_five() {
    let (usual, thorough) = (listed(&[]), listed(&["--thorough"]));
    for start in [
        "apple.push.device/courier-5223-",
        "apple.push.device/courier-443-",
        "apple.push.block/block-5223 ",
        "apple.push.block/block-443 ",
    ] {
        assert_eq!(
            (count(&usual, start), count(&thorough, start)),
            (5, 50),
            "{start}"
        );
    }
    assert!(
        thorough
            .iter()
            .any(|line| line.contains(" 50-courier.push.apple.com:5223"))
    );
    let others = |lines: &[String]| lines.iter().filter(|l| !l.contains("-courier.")).count();
    assert_eq!(others(&usual), others(&thorough));
}

#[test]
fn thorough_means_nothing_for_single_targets() {
    let run = binary::run(&["check", "--thorough", "--list", "tls://a.example.com:443"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""));
    assert!(run.stderr.contains("--thorough"), "{}", run.stderr);
}

#[test]
fn a_share_that_is_none_is_refused_at_its_place() {
    let folder = Folder::new("fail-percent");
    for (share, refused) in [("0", true), ("101", true), ("1", false), ("100", false)] {
        let text = format!(
            "[profile]\nname = \"p\"\ntitle = \"p\"\nversion = \"1\"\n\n[[prerequisite]]\nid = \"own\"\ntitle = \"Own\"\n\
             severity = \"required\"\nfrom = [\"client\"]\nowner = \"network\"\n\n[[prerequisite.check]]\nid = \"a\"\n\
             title = \"a\"\n[prerequisite.check.range]\nhosts = \"{{1..9}}.example.com\"\nsample = 5\nport = 443\n\
             within = \"198.18.0.0/15\"\nfail_percent = {share}\n"
        );
        let file = folder.file("p.toml", text);
        let run = binary::run(&["check", "--list", "--profile", &file]);
        if !refused {
            assert_eq!(run.code, Some(0), "{share}: {}", run.stderr);
            continue;
        }
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{share}");
        let words =
            format!("`{share}` is no `fail_percent`: it must be a whole number from 1 to 100");
        assert!(run.stderr.contains(&words), "{}", run.stderr);
        assert!(run.stderr.contains("p.toml:21:"), "{}", run.stderr);
    }
}
