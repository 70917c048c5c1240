//! Arguments and environment variables that are refused, and unusual ones that are accepted.

use std::fs;

use super::folder::Folder;
use super::{Ear, listed, refused};

/// Arguments, and what the error about them says.
type Cases = &'static [(&'static [&'static str], &'static [&'static str])];

/// Wrong words about what to check.
const WHAT: Cases = &[
    (
        &["check", "--profile", "nope"],
        &["`nope`", "jamf-intune", "microsoft-2019"],
    ),
    (
        &["check", "--only", "apple.nope"],
        &["`apple.nope`", "--only"],
    ),
    (&["check", "--only", "apple.*,nope"], &["`nope`", "--only"]),
    (&["check", "--skip", "nope*"], &["`nope*`", "--skip"]),
    (
        &["check", "--set", "tennant=x"],
        &["`tennant`", "did you mean `tenant`?"],
    ),
    (&["check", "--set", "zzzzzzzz=x"], &["`zzzzzzzz`"]),
    (
        &["check", "--set", "cloud=mars"],
        &["`mars`", "`cloud`", "usgov"],
    ),
    (
        &["check", "--cloud", "mars"],
        &["`mars`", "`cloud`", "usgov"],
    ),
    (
        &["check", "--set", "sso_extension=maybe"],
        &["`maybe`", "`sso_extension`", "true or false"],
    ),
    (
        &["check", "--set", "cloud"],
        &["'cloud'", "--set", "KEY=VALUE"],
    ),
    (&["check", "--tenant", "a b"], &["`a b`", "`tenant`"]),
    (
        &["check", "--jamf", "https://jamf example"],
        &["`https://jamf example`", "`jamf`", "space"],
    ),
    (
        &["check", "--jamf", "jamf.example"],
        &["`jamf.example`", "`jamf`", "URL"],
    ),
    (
        &["check", "--jamf", "ftp://jamf.example"],
        &["`ftp://jamf.example`", "https"],
    ),
    (
        &["check", "--jamf", "https://jamf.example:0"],
        &["`https://jamf.example:0`", "port"],
    ),
    (
        &["check", "--jamf", "https://jamf.example:70000"],
        &["`https://jamf.example:70000`", "port"],
    ),
    (&["check", "--jamf", "https://"], &["`https://`", "host"]),
    (
        &["check", "--jamf-ca", "/nonexistent.pem"],
        &["/nonexistent.pem", "jamf-ca"],
    ),
    (
        &["check", "--from", "mars"],
        &["'mars'", "--from", "jamf-server"],
    ),
];

/// Wrong words about the network.
const NETWORK: Cases = &[
    (
        &["check", "--connect-to", "x"],
        &["`x`", "HOST:PORT:ADDR:PORT"],
    ),
    (
        &["check", "--connect-to", "a.example:1:b.example:2"],
        &["`b.example`", "numeric"],
    ),
    (
        &["check", "--connect-to", "a.example:0:127.0.0.1:1"],
        &["`0`", "port"],
    ),
    (
        &["check", "--dns", "resolver.example"],
        &["resolver.example", "--dns"],
    ),
    (
        &["check", "--dns", "127.0.0.1:0"],
        &["127.0.0.1:0", "--dns", "port"],
    ),
    (&["check", "--resolve", "x"], &["'x'", "HOST:ADDR"]),
    (
        &["check", "--resolve", "a.example:b"],
        &["'a.example:b'", "numeric"],
    ),
    (
        &["check", "--roots", "mine=x.pem"],
        &["`mine`", "public, apple"],
    ),
    (&["check", "--roots", "public"], &["'public'", "STORE=FILE"]),
    (
        &["check", "--roots", "public=/nonexistent.pem"],
        &["`public`", "/nonexistent.pem"],
    ),
    (&["check", "-4", "-6"], &["-4", "-6"]),
    (&["check", "--timeout", "0"], &["'0'", "--timeout"]),
    (&["check", "--timeout", "0s"], &["'0s'", "--timeout"]),
    (
        &["check", "--deadline", "x"],
        &["'x'", "--deadline", "500ms"],
    ),
    (
        &["check", "--deadline", "9999h"],
        &["'9999h'", "--deadline"],
    ),
    (&["check", "--attempts", "0"], &["'0'", "--attempts"]),
    (&["check", "--concurrency", "0"], &["'0'", "--concurrency"]),
    (&["check", "--rate", "0/1"], &["'0/1'", "--rate", "off"]),
    (&["check", "--rate", "1"], &["'1'", "BURST/PER_SECOND"]),
];

/// Wrong words about the report.
const REPORT: Cases = &[
    (
        &["check", "--format", "nope"],
        &["'nope'", "--format", "json"],
    ),
    (&["check", "--fail-on", "maybe"], &["'maybe'", "never"]),
    (&["check", "--color", "mauve"], &["'mauve'", "--color"]),
    (&["check", "--output", ""], &["--output"]),
    (&["check", "--output", "json:"], &["'json:'", "--output"]),
    (
        &["check", "--output", "/nonexistent/report.json"],
        &["/nonexistent/report.json"],
    ),
    (&["check", "--nope"], &["'--nope'"]),
];

/// Wrong words of the other subcommands.
const OTHERS: Cases = &[
    (&["explain", "tcp_silnt"], &["`tcp_silnt`"]),
    (
        &["demo", "--fault", "nope"],
        &["`nope`", "push-5223-silent"],
    ),
    (&["schema", "nope"], &["'nope'", "report"]),
    (&["profiles", "show", "nope"], &["`nope`", "jamf-intune"]),
    (&["profiles", "lint", "nope"], &["`nope`", "jamf-intune"]),
    (&["frobnicate"], &["`frobnicate`"]),
];

#[test]
fn an_argument_that_cannot_be_used_is_named_with_its_value() {
    for (arguments, says) in [WHAT, NETWORK, REPORT, OTHERS].concat() {
        refused(arguments, &[], says);
    }
}

#[test]
fn a_target_that_cannot_be_asked_is_named() {
    for (target, says) in [
        ("tls://host.example", "HOST:PORT"),
        ("tls://host.example:0", "`0`"),
        ("tcp://host.example:70000", "`70000`"),
        ("tcp://a b:1", "space"),
        ("tcp://:1", "empty"),
        ("tcp://2001:db8::1:443", "HOST:PORT"),
        ("ftp://host.example", "`ftp`"),
        ("https://", "host"),
        ("https://host.example:0", "`0`"),
        ("dns:", "empty"),
        ("dns:a..b", "`a..b`"),
        ("host.example:443", "tls://HOST:PORT"),
        ("tcp://0.0.0.0:443", "nobody can dial 0.0.0.0"),
        ("https://224.0.0.1", "nobody can dial 224.0.0.1"),
        ("tcp://[fe80::1]:443", "nobody can dial fe80::1"),
    ] {
        refused(&["check", target], &[], &[target, says]);
    }
    let target = "tls://host.example:443";
    refused(
        &["check", target, "--expect", "nxdomain"],
        &[],
        &[target, "`nxdomain`"],
    );
    refused(
        &["check", target, "--expect", "wow"],
        &[],
        &["'wow'", "refused"],
    );
    refused(&["check", "--expect", "tls"], &[], &["TARGET"]);
    refused(
        &["check", "--until", "degraded"],
        &[],
        &["'degraded'", "pass or fail"],
    );
    refused(&["check", "--every", "5s"], &[], &["--until"]);
    refused(
        &["check", "--until", "pass", "--every", "500ms"],
        &[],
        &["'500ms'", "at least 1s"],
    );
    refused(
        &["check", target, "--profile", "jamf-intune"],
        &[],
        &["--profile"],
    );
}

#[test]
fn a_password_in_a_url_is_never_repeated() {
    for url in [
        "https://admin:hunter2@jamf.example",
        "https://admin:hunter2@jamf.example:0",
        "https://admin:hunter2@",
        "https://admin:hunter 2@jamf.example",
        "ftp://admin:hunter2@jamf.example",
        "admin:hunter2@jamf.example",
    ] {
        let set = format!("jamf={url}");
        for (arguments, environment) in [
            (&["check", "--jamf", url][..], &[][..]),
            (&["check", "--set", &set], &[]),
            (&["check"], &[("MDM_PREFLIGHT_JAMF", url)]),
            (&["check", url], &[]),
        ] {
            let run = refused(arguments, environment, &[]);
            assert!(
                !run.stderr.contains("hunter"),
                "{arguments:?}\n{}",
                run.stderr
            );
        }
    }
    for target in [
        "tls://admin:hunter2@host.example:443",
        "tcp://admin:hunter2@host.example:1",
    ] {
        let run = refused(&["check", target], &[], &[]);
        assert!(!run.stderr.contains("hunter"), "{}", run.stderr);
    }
}

#[test]
fn a_file_of_roots_without_a_certificate_is_refused() {
    let folder = Folder::new("roots");
    let file = folder.file("empty.pem", "no certificate here\n");
    let roots = format!("public={file}");
    refused(&["check", "--roots", &roots], &[], &["`public`", &file]);
    refused(&["check", "--jamf-ca", &file], &[], &["`jamf-ca`", &file]);
    let roots = format!("apple={}", folder.path(""));
    refused(
        &["check", "--roots", &roots],
        &[],
        &["`apple`", &folder.path("")],
    );
}

#[test]
fn an_output_that_cannot_be_written_leaves_no_other_behind() {
    let folder = Folder::new("outputs");
    let fine = folder.path("fine.json");
    let wrong = folder.path("missing/report.json");
    refused(
        &["check", "--output", &fine, "--output", &wrong],
        &[],
        &[&wrong],
    );
    assert!(!fs::exists(&fine).unwrap(), "{fine} was left behind");

    let kept = folder.file("kept.json", "an earlier report");
    refused(
        &["check", "--output", &kept, "--output", &wrong],
        &[],
        &[&wrong],
    );
    assert_eq!(fs::read_to_string(&kept).unwrap(), "an earlier report");

    // A folder cannot be written to by anybody, not even by root.
    refused(
        &["check", "--output", &folder.path("")],
        &[],
        &[&folder.path("")],
    );
    refused(
        &["check", "--output", &fine, "--only", "nope"],
        &[],
        &["`nope`"],
    );
    assert!(!fs::exists(&fine).unwrap(), "{fine} was left behind");
}

#[test]
fn a_run_in_which_nothing_would_run_is_refused_with_the_reason() {
    let reason = "asked from jamf-server";
    refused(
        &["check", "--only", "apple.push.binary"],
        &[],
        &["nothing to run", reason],
    );
    refused(
        &["check", "--skip", "*"],
        &[],
        &["nothing to run", "--skip"],
    );
    let folder = Folder::new("nothing");
    let output = folder.path("report.json");
    refused(&["check", "--skip", "*", "--output", &output], &[], &[]);
    assert!(!fs::exists(&output).unwrap(), "{output} was left behind");
}

#[test]
fn no_argument_at_all_prints_the_short_help() {
    let run = Ear::new().run(&[], &[]);
    assert!(
        run.stderr.contains("Usage: mdm-preflight"),
        "{}",
        run.stderr
    );
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""));
}

#[test]
fn a_misspelt_variable_of_the_environment_is_a_warning() {
    let run = Ear::new().run(
        &["check", "--list"],
        &[("MDM_PREFLIGHT_TENNANT", "contoso.example")],
    );
    assert_eq!(run.code, Some(0));
    assert!(run.stdout.contains("entra.token/path"), "{}", run.stdout);
    assert!(run.stderr.contains("warning"), "{}", run.stderr);
    assert!(
        run.stderr.contains("MDM_PREFLIGHT_TENNANT"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_variable_of_the_environment_is_checked_like_an_option() {
    for (name, value) in [
        ("MDM_PREFLIGHT_JAMF", "jamf.example"),
        ("MDM_PREFLIGHT_TENANT", "a b"),
        ("MDM_PREFLIGHT_CLOUD", "mars"),
        ("MDM_PREFLIGHT_JAMF_CA", "/nonexistent.pem"),
    ] {
        refused(&["check"], &[(name, value)], &[value]);
    }
}

#[test]
fn hosts_are_accepted_as_people_write_them_and_listed_as_they_are_asked() {
    for (target, shown) in [
        ("tls://[2001:DB8::1]:443", "tls [2001:db8::1]:443"),
        ("https://[2001:db8::1]:8443/x", "http [2001:db8::1]:8443"),
        ("tcp://192.0.2.7:25", "tcp 192.0.2.7:25"),
        ("tls://Login.EXAMPLE.com:443", "tls login.example.com:443"),
        ("tcp://host.example.:1", "tcp host.example:1"),
        (
            "https://münchen.example/",
            "http xn--mnchen-3ya.example:443",
        ),
        ("dns:MÜNCHEN.example.", "dns xn--mnchen-3ya.example"),
    ] {
        let list = listed(&[target]);
        let line = list.lines().next().unwrap();
        let (_, rest) = line.split_once("  ").unwrap();
        let asked = rest.trim_start().split("  (").next().unwrap();
        assert_eq!(asked, shown, "{target}");
    }
}

#[test]
fn the_address_of_the_jamf_server_is_accepted_in_every_usual_form() {
    for (url, shown) in [
        ("https://JAMF.Example.com", "jamf jamf.example.com:443"),
        (
            "https://jamf.example.com.:8443/",
            "jamf jamf.example.com:8443",
        ),
        ("https://[2001:DB8::7]:8443", "jamf [2001:db8::7]:8443"),
        ("https://mün.example", "jamf xn--mn-xka.example:443"),
    ] {
        let list = listed(&["--jamf", url]);
        let line = list.lines().find(|line| line.starts_with("jamf.https/"));
        assert!(line.unwrap().contains(shown), "{url}: {line:?}");
    }
}
