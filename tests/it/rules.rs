//! `rules`, `rules --audit` and `profiles lint`: what is asked of a firewall, and what is wrong with a list.

mod audit;
mod lint;
mod lists;
mod shapes;
mod vendors;

use std::process::Command;

use crate::bad_input::folder::Folder;
use crate::binary::{self, Run};

const GIVEN: [&str; 4] = [
    "--jamf",
    "https://jamf.example.com:8443",
    "--tenant",
    "contoso.com",
];

fn rules(more: &[&str]) -> Run {
    let mut arguments = vec!["rules"];
    arguments.extend(GIVEN);
    arguments.extend(more);
    binary::run(&arguments)
}

/// The records of a CSV text, by RFC 4180 and nothing more lenient.
fn strict(text: &str) -> Vec<Vec<String>> {
    let mut records = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let mut record = Vec::new();
        loop {
            let (field, after) = strict_field(rest);
            record.push(field);
            if let Some(next) = after.strip_prefix("\r\n") {
                rest = next;
                break;
            }
            rest = after.strip_prefix(',').unwrap_or_else(|| panic!("{after}"));
        }
        records.push(record);
    }
    records
}

fn strict_field(text: &str) -> (String, &str) {
    let Some(mut rest) = text.strip_prefix('"') else {
        let end = text.find([',', '\r', '\n', '"']).unwrap();
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut field = String::new();
    loop {
        let end = rest.find('"').unwrap();
        field.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(after) => {
                field.push('"');
                rest = after;
            }
            None => return (field, rest),
        }
    }
}

#[test]
fn the_json_has_every_word_that_a_firewall_team_asks_for() {
    let run = rules(&["--format", "json"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let json = run.json();
    assert_eq!(json["schema"], "mdm-preflight/rules/1");
    let all = json["rules"].as_array().unwrap();
    for rule in all {
        for word in [
            "direction",
            "action",
            "from",
            "to",
            "protocol",
            "proxy",
            "inspection",
            "severity",
            "reason",
        ] {
            let said = rule[word].as_str().unwrap();
            assert!(!said.is_empty(), "{word} {rule}");
        }
        assert!(rule["port"].as_u64().unwrap() > 0);
        assert!(!rule["sources"].as_array().unwrap().is_empty(), "{rule}");
    }
    let find = |from: &str, to: &str, port: u64| {
        let same = |rule: &&serde_json::Value| {
            rule["from"] == from && rule["to"] == to && rule["port"] == port
        };
        all.iter()
            .find(same)
            .unwrap_or_else(|| panic!("{from} {to} {port}"))
    };
    let push = find("client", "17.0.0.0/8", 5223);
    assert_eq!(
        (&push["proxy"], &push["inspection"]),
        (&"never".into(), &"forbidden".into())
    );
    assert_eq!(find("client", "17.0.0.0/8", 443)["severity"], "required");
    assert_eq!(
        find("client", "*.push.apple.com", 443)["note"],
        "fallback of courier-5223"
    );
    find("client", "*.manage.microsoft.com", 443);
    find("jamf-server", "*.manage.microsoft.com", 443);
    find("jamf-server", "api.push.apple.com", 2197);
    assert_eq!(
        find("client", "jamf.example.com", 8443)["inspection"],
        "forbidden"
    );
}

#[test]
fn what_is_retired_or_misprinted_is_not_asked_for_and_is_named() {
    for profile in ["jamf-intune", "microsoft-2019", "everything"] {
        let json = rules(&["--profile", profile, "--format", "json"]).json();
        for rule in json["rules"].as_array().unwrap() {
            let (to, port) = (rule["to"].as_str().unwrap(), rule["port"].as_u64().unwrap());
            assert!(![2195, 2196].contains(&port), "{rule}");
            assert_ne!(to, "graph.windows.net");
            assert!(
                !(to == "jamf.example.com" && [80, 5223].contains(&port)),
                "{rule}"
            );
        }
        let left: Vec<&str> = json["left_out"]
            .as_array()
            .unwrap()
            .iter()
            .map(|left| left["kind"].as_str().unwrap())
            .collect();
        assert!(left.contains(&"retired"), "{profile} {left:?}");
        assert!(left.contains(&"misprint"), "{profile} {left:?}");
    }
}

#[test]
fn the_vantage_the_cloud_and_a_missing_variable_change_the_rules() {
    let client = rules(&["--from", "client"]);
    assert!(
        !client.stdout.contains("jamf-server  "),
        "{}",
        client.stdout
    );
    let cloud = rules(&["--cloud", "usgov"]);
    for host in ["login.microsoftonline.us", "*.manage.microsoft.us"] {
        assert!(cloud.stdout.contains(host), "{host} {}", cloud.stdout);
    }
    let without = binary::run(&["rules"]);
    assert_eq!(without.code, Some(0));
    assert!(
        without.stderr.contains("(give --jamf)"),
        "{}",
        without.stderr
    );
    let nowhere = binary::run(&["rules", "--profile", "nope"]);
    assert_eq!((nowhere.code, nowhere.stdout.as_str()), (Some(2), ""));
}

#[test]
fn the_csv_is_read_back_by_a_strict_reader_and_by_the_audit() {
    let run = rules(&["--profile", "everything", "--format", "csv"]);
    let records = strict(&run.stdout);
    assert!(records.len() > 60, "{}", records.len());
    for record in &records {
        assert_eq!(record.len(), records[0].len(), "{record:?}");
    }
    assert!(
        records[0].contains(&"destination".to_owned()) || records[0].contains(&"to".to_owned())
    );
    let folder = Folder::new("rules-csv");
    let file = folder.file("own.csv", &run.stdout);
    let audit = rules(&["--profile", "everything", "--audit", &file]);
    assert_eq!(audit.code, Some(0), "{}", audit.stdout);
}

#[test]
fn the_markdown_is_one_table_of_full_rows() {
    let run = rules(&["--format", "markdown"]);
    let rows: Vec<&str> = run
        .stdout
        .lines()
        .filter(|line| line.starts_with('|'))
        .collect();
    assert!(rows.len() > 20);
    let bars = |row: &str| row.replace("\\|", "").matches('|').count();
    assert!(
        rows.iter().all(|row| bars(row) == bars(rows[0])),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("\\*.push.apple.com"));
}

#[test]
fn nft_accepts_the_ruleset_of_every_built_in() {
    if !cfg!(target_os = "linux") {
        eprintln!("SKIPPED: nft is a program of Linux");
        return;
    }
    let folder = Folder::new("rules-nft");
    for builtin in mdm_preflight::profile::BUILTINS {
        let run = rules(&["--profile", builtin.name, "--format", "nftables"]);
        assert_eq!(run.code, Some(0), "{} {}", builtin.name, run.stderr);
        if !is_accepted(&folder.file("rules.nft", &run.stdout)) {
            return;
        }
    }
}

/// Whether it could be asked; a ruleset that nft refuses fails the test.
fn is_accepted(file: &str) -> bool {
    let version = Command::new("nft").arg("--version").output();
    assert!(
        version.is_ok(),
        "nft is missing: install the package nftables"
    );
    let mut found = None;
    for how in ["-n", "-rn"] {
        // A namespace of its own: nothing of this machine is read or changed.
        let tried = Command::new("unshare").args([how, "true"]).status();
        if tried.is_ok_and(|status| status.success()) {
            found = Some(how);
            break;
        }
    }
    let Some(how) = found else {
        let must = std::env::var("CI").is_ok_and(|ci| ci == "true");
        assert!(!must, "no network namespace can be made");
        eprintln!("SKIPPED: no network namespace can be made");
        return false;
    };
    let mut command = Command::new("unshare");
    command.args([how, "nft", "-c", "-f", file]);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    true
}

#[test]
fn a_row_that_must_stay_closed_becomes_a_rule_that_closes() {
    let folder = Folder::new("rules-block");
    let file = folder.file(
        "p.toml",
        "[profile]\nname = \"p\"\ntitle = \"p\"\nversion = \"1\"\n\n[[prerequisite]]\nid = \"mail\"\ntitle = \"No mail\"\n\
         severity = \"required\"\nfrom = [\"client\"]\nowner = \"network\"\n\n[[prerequisite.check]]\nid = \"closed\"\ntitle = \"closed\"\n\
         tcp = { host = \"192.0.2.7\", port = 25 }\nexpect = \"blocked\"\n",
    );
    let json = binary::run(&["rules", "--profile", &file, "--format", "json"]).json();
    assert_eq!(json["rules"][0]["action"], "block");
    let nft = binary::run(&["rules", "--profile", &file, "--format", "nftables"]);
    assert!(
        nft.stdout
            .contains("ip daddr 192.0.2.7/32 tcp dport 25 counter reject"),
        "{}",
        nft.stdout
    );
    is_accepted(&folder.file("p.nft", nft.stdout));
}
