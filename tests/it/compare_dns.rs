//! `--compare-dns`: what is refused, and what `--list` says will be sent. Nothing is sent here.

use crate::binary::run;

const SERVER: &str = "198.51.100.54:5353";

/// The lines of `--list` about the second server.
fn listed(further: &[&str]) -> Vec<String> {
    let mut arguments = vec!["check", "--list", "--compare-dns", SERVER];
    arguments.extend(further);
    let run = run(&arguments);
    assert_eq!(run.code, Some(0), "{run:?}");
    let lines = run
        .stdout
        .lines()
        .filter(|line| line.starts_with("compare-dns/"));
    lines.map(str::to_owned).collect()
}

fn about<'a>(lines: &'a [String], name: &str) -> &'a str {
    let id = format!("compare-dns/{name} ");
    let line = lines.iter().find(|line| line.starts_with(&id));
    line.unwrap_or_else(|| panic!("no {name} in {lines:#?}"))
}

#[test]
fn the_list_shows_the_server_and_the_names_that_stay_here() {
    let jamf = ["--jamf", "https://graph.corp.example.org:8443"];
    let lines = listed(&jamf);
    assert!(about(&lines, "graph.microsoft.com").contains(SERVER));
    let internal = about(&lines, "graph.corp.example.org");
    assert!(
        internal.contains("skipped") && internal.contains("--compare-internal"),
        "{internal}"
    );
    assert!(!internal.contains(SERVER), "{internal}");
    let lines = listed(&[jamf[0], jamf[1], "--compare-internal"]);
    assert!(about(&lines, "graph.corp.example.org").contains(SERVER));
}

#[test]
fn a_clouds_own_names_are_public_and_typed_targets_are_not() {
    let lines = listed(&["--cloud", "usgov"]);
    assert!(about(&lines, "graph.microsoft.us").contains(SERVER));
    let lines = listed(&[
        "tls://intranet.example.org:443",
        "tls://graph.microsoft.com:443",
    ]);
    assert!(about(&lines, "intranet.example.org").contains("skipped"));
    assert!(about(&lines, "graph.microsoft.com").contains(SERVER));
}

#[test]
fn a_server_that_cannot_be_compared_with_is_refused() {
    for (arguments, says) in [
        (&["--compare-dns", "dns.example.org"][..], "dns.example.org"),
        (&["--compare-dns", "192.0.2.53:0"], "192.0.2.53:0"),
        (&["--compare-internal"], "--compare-dns"),
        (
            &["--compare-dns", "192.0.2.53", "--dns", "192.0.2.53:53"],
            "--compare-dns 192.0.2.53:53: this server is already asked",
        ),
    ] {
        let mut all = vec!["check", "--list"];
        all.extend(arguments);
        let run = run(&all);
        assert_eq!(run.code, Some(2), "{run:?}");
        assert!(run.stderr.contains(says), "{run:?}");
        assert_eq!(run.stdout, "");
    }
}
