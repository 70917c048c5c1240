//! Lists as firewall teams keep them, with the copying errors that are known from the field.

use super::rules;
use crate::bad_input::folder::Folder;
use crate::binary::Run;

/// A list in which nothing is wrong.
const GOOD: &str = "\
# destination,port,protocol
17.0.0.0/8,\"443,5223\",tcp
api.push.apple.com,2197,tcp
login.microsoftonline.com,443,tcp
device.login.microsoftonline.com,443,tcp
enterpriseregistration.windows.net,443,tcp
graph.microsoft.com,443,tcp
manage.microsoft.com,443,tcp
*.manage.microsoft.com,443,tcp
jamf.example.com,8443,tcp
";

fn audit(name: &str, list: impl AsRef<[u8]>) -> Run {
    let folder = Folder::new(&format!("audit-{name}"));
    let file = folder.file("list.csv", list);
    rules(&["--audit", &file])
}

#[test]
fn a_good_list_is_said_to_be_good() {
    for (name, list) in [
        ("plain", GOOD.to_owned()),
        ("header", GOOD.replace("# destination", "destination")),
        ("crlf", GOOD.replace('\n', "\r\n")),
        (
            "semicolons",
            GOOD.replace("\"443,5223\"", "443 5223").replace(',', ";"),
        ),
        ("by-name", GOOD.replace("17.0.0.0/8", "*.push.apple.com")),
        ("ranges", GOOD.replace("\"443,5223\"", "443,5223-5228")),
        ("everything", "any,any,any\n".to_owned()),
    ] {
        let run = audit(name, &list);
        assert_eq!(run.code, Some(0), "{name}\n{}{}", run.stdout, run.stderr);
        assert!(run.stdout.contains("nothing is missing"), "{}", run.stdout);
    }
}

/// What replaces which line of the good list, the kind of the remark, and a word of it.
const MISTAKES: &[(&str, &str, &str, &str)] = &[
    // Avaya's page of 2024-01-12 prints both of these.
    ("17.0.0.0/8,", "17.0.0.0/18,", "mistyped", "17.0.0.0/8"),
    ("com,2197", "com,2179", "mistyped", "2197"),
    // Published sub-blocks alone.
    ("17.0.0.0/8,", "17.249.0.0/16,", "too-narrow", "17.0.0.0/8"),
    ("17.0.0.0/8,", "17.57.144.0/22,", "too-narrow", "17.0.0.0/8"),
    (
        "17.0.0.0/8,",
        "*-courier.push.apple.com,",
        "too-narrow",
        "*.push.apple.com",
    ),
    (
        "17.0.0.0/8,",
        "5-courier.push.apple.com,",
        "too-narrow",
        "*.push.apple.com",
    ),
    (
        "17.0.0.0/8,",
        "courier.push.apple.com,",
        "too-narrow",
        "*.push.apple.com",
    ),
    (
        "*.manage",
        "enterpriseenrollment.manage",
        "too-narrow",
        "*.manage.microsoft.com",
    ),
    // Ports of the one at the other.
    ("com,2197", "com,5223", "mistyped", "443 and 2197"),
    ("\"443,5223\"", "\"443,5233\"", "mistyped", "5223"),
    (
        "graph.microsoft.com,443",
        "graph.microsoft.com,434",
        "mistyped",
        "443",
    ),
    (
        "login.microsoftonline.com,443,tcp\ndev",
        "login.microsoftonline.com,443,udp\ndev",
        "mistyped",
        "tcp",
    ),
    (
        "\nlogin.microsoftonline.com",
        "\nlogin.microsoftonlin.com",
        "mistyped",
        "login.microsoftonline.com",
    ),
    ("17.0.0.0/8,", "17.1.0.0/8,", "mistyped", "17.0.0.0/8"),
    (
        "\"443,5223\"",
        "\"443,5223,2195,2196\"",
        "retired",
        "2195 and 2196",
    ),
    (
        "\"443,5223\"",
        "\"443,5223,2195-2196\"",
        "retired",
        "2195 and 2196",
    ),
    (
        "\njamf",
        "\ngateway.push.apple.com,2195,tcp\njamf",
        "retired",
        "api.push.apple.com",
    ),
    (
        "\njamf",
        "\nfeedback.push.apple.com,2196,tcp\njamf",
        "retired",
        "2021-03-31",
    ),
    (
        "\njamf",
        "\ngraph.windows.net,443,tcp\njamf",
        "retired",
        "graph.microsoft.com",
    ),
    (
        "com,8443",
        "com,\"8443,80,5223\"",
        "misprint",
        "apple.push.device",
    ),
    (
        "jamf.example.com,8443,tcp\n",
        "",
        "missing",
        "jamf.example.com tcp 8443",
    ),
    (
        "17.0.0.0/8,\"443,5223\",tcp\n",
        "",
        "missing",
        "*.push.apple.com (or 17.0.0.0/8) tcp 5223",
    ),
    (
        "com,2197",
        "com,80",
        "missing",
        "api.push.apple.com tcp 443 or 2197",
    ),
    (
        "graph.microsoft.com,443",
        "graph.microsoft.com,70000",
        "unreadable",
        "70000",
    ),
    (
        "graph.microsoft.com,443,tcp",
        "graph.microsoft.com,443,tpc",
        "unreadable",
        "tpc",
    ),
    ("17.0.0.0/8,", "17.0.0.0/88,", "unreadable", "17.0.0.0/88"),
];

#[test]
fn every_known_copying_error_is_said_at_its_line() {
    for (index, (good, bad, kind, says)) in MISTAKES.iter().enumerate() {
        assert!(GOOD.contains(good), "{good}");
        let list = GOOD.replacen(good, bad, 1);
        let run = audit(&format!("mistake-{index}"), &list);
        assert_eq!(run.code, Some(1), "{bad}\n{}{}", run.stdout, run.stderr);
        let at = GOOD.find(good).unwrap() + usize::from(good.starts_with('\n'));
        let line = GOOD[..at].matches('\n').count() + 1;
        let place = match *kind {
            "missing" => format!("list.csv: {kind}: "),
            _ => format!("list.csv:{line}: {kind}: "),
        };
        let found = run
            .stdout
            .lines()
            .any(|l| l.contains(&place) && l.contains(says));
        assert!(found, "{bad}: {place} {says}\n{}", run.stdout);
        // A line that is wrong is not reported a second time as a missing one.
        let once = ["mistyped", "too-narrow", "retired", "misprint"].contains(kind);
        let silent = !run.stdout.contains("missing:");
        assert!(
            !once || silent || bad.contains("com,5223") || bad.contains("2179"),
            "{bad}\n{}",
            run.stdout
        );
    }
}

#[test]
fn a_list_that_cannot_be_read_is_a_mistake_of_the_arguments() {
    let binary = audit("binary", b"17.0.0.0/8,443\n\xff\xfe");
    assert_eq!(binary.code, Some(2), "{}", binary.stdout);
    assert!(
        binary.stderr.contains("not UTF-8 at byte 15"),
        "{}",
        binary.stderr
    );
    let empty = audit("empty", "# nothing\n\n");
    assert_eq!(empty.code, Some(2), "{}", empty.stdout);
    for path in ["/nonexistent/list.csv", env!("CARGO_TARGET_TMPDIR")] {
        let run = rules(&["--audit", path]);
        assert_eq!(
            (run.code, run.stdout.as_str()),
            (Some(2), ""),
            "{}",
            run.stderr
        );
        assert!(run.stderr.contains(path), "{}", run.stderr);
    }
}
