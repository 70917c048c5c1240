//! `profiles lint` against what Microsoft, Apple and Jamf say, and with the variables of a profile filled in.

use crate::bad_input::folder::Folder;
use crate::binary::{self, Run};

fn lint(name: &str, row: &str, more: &[&str]) -> Run {
    let folder = Folder::new(&format!("vendors-{name}"));
    let text = format!(
        "[profile]\nname = \"p\"\ntitle = \"p\"\nversion = \"1\"\n\n[variables.jamf]\ntype = \"url\"\ndescription = \"x\"\n\n\
         [[prerequisite]]\nid = \"own\"\ntitle = \"Own\"\n\
         severity = \"required\"\nfrom = [\"client\"]\nowner = \"network\"\n\n\
         [[prerequisite.check]]\nid = \"row\"\ntitle = \"row\"\n{row}\n"
    );
    let file = folder.file("p.toml", text);
    let mut arguments = vec!["profiles", "lint", file.as_str()];
    arguments.extend(more);
    binary::run(&arguments)
}

const FORBIDDEN: &str = "inspection = \"forbidden\"";

/// A row, the kind of the remark and words of it.
const MISTAKES: &[(&str, &str, &str)] = &[
    // Narrower than Microsoft's.
    (
        "tls = { host = \"portal.manage.microsoft.com\", port = 443 }",
        "too-narrow",
        "Microsoft asks for *.manage.microsoft.com",
    ),
    (
        "tls = { host = \"manage.microsoft.us\", port = 443 }",
        "too-narrow",
        "stands_for = [\"*.manage.microsoft.us\"]",
    ),
    (
        "tls = { host = \"20.190.160.14\", port = 443 }",
        "too-narrow",
        "20.190.128.0/18 and may change; ask by name",
    ),
    (
        "tls = { host = \"2603:1026::1\", port = 443 }\nretired = { on = \"2021-01-01\", use = \"x\" }",
        "",
        "",
    ),
    (
        "tls = { host = \"2620:1ec:40::7\", port = 443 }",
        "too-narrow",
        "2620:1ec:40::/48",
    ),
    (
        "range = { hosts = \"login.microsoftonline.com\", sample = 1, port = 443, within = \"20.190.160.0/24\" }",
        "too-narrow",
        "Microsoft's 20.190.128.0/18",
    ),
    (
        "range = { hosts = \"{1..50}-courier.push.apple.com\", sample = 5, port = 5223, within = \"2620:149:a44:1::/64\" }",
        "too-narrow",
        "Apple's 2620:149:a44::/48",
    ),
    // Gone.
    (
        "tls = { host = \"graph.microsoftazure.us\", port = 443 }",
        "retired",
        "graph.microsoft.us",
    ),
    (
        "tls = { host = \"login.microsoftonline.de\", port = 443 }",
        "retired",
        "2021-10-29",
    ),
    (
        "tls = { host = \"macsidecarprodeu.azureedge.net\", port = 443 }",
        "retired",
        "macsidecareu.manage.microsoft.com",
    ),
    // At a port that is none of theirs.
    (
        "tls = { host = \"login.microsoftonline.com\", port = 5223 }",
        "wrong-port",
        "Microsoft's hosts listen on 443",
    ),
    (
        "tls = { host = \"acme.jamfcloud.com\", port = 8443 }",
        "wrong-port",
        "Jamf Cloud listens on 443",
    ),
    // Opened on the way although the vendor forbids it.
    (
        "tls = { host = \"device.login.microsoftonline.com\", port = 443 }",
        "inspection",
        "client certificate",
    ),
    (
        "tls = { host = \"manage.microsoft.com\", port = 443 }\nstands_for = [\"*.manage.microsoft.com\"]",
        "inspection",
        "say `inspection = \"forbidden\"`",
    ),
    (
        "tls = { host = \"api.push.apple.com\", port = 443 }",
        "inspection",
        "Apple fails every connection",
    ),
    (
        "http = { url = \"https://acme.jamfcloud.com/\" }",
        "inspection",
        "Jamf does not support",
    ),
    // A host that stands for strangers.
    (
        "tls = { host = \"a.example.com\", port = 443 }\nstands_for = [\"*.example.org\"]",
        "wrong-wildcard",
        "a.example.com cannot stand for *.example.org",
    ),
];

#[test]
fn what_contradicts_a_vendor_is_said_at_its_line() {
    for (index, (row, kind, says)) in MISTAKES.iter().enumerate() {
        let run = lint(&format!("mistake-{index}"), row, &[]);
        if kind.is_empty() {
            assert_eq!(run.code, Some(0), "{row}\n{}{}", run.stdout, run.stderr);
            continue;
        }
        assert_eq!(run.code, Some(1), "{row}\n{}{}", run.stdout, run.stderr);
        let place = format!("p.toml:17: {kind}: ");
        let mut lines = run.stdout.lines();
        let found = lines.any(|l| l.contains(&place) && l.contains(says));
        assert!(found, "{row}: {place} {says}\n{}{}", run.stdout, run.stderr);
    }
}

#[test]
fn what_agrees_with_the_vendors_is_let_be() {
    for (index, row) in [
        "tls = { host = \"manage.microsoft.com\", port = 443 }\nstands_for = [\"*.manage.microsoft.com\"]",
        "tcp = { host = \"manage.microsoft.com\", port = 80 }\nstands_for = [\"*.manage.microsoft.com\"]",
        "tls = { host = \"device.login.microsoftonline.com\", port = 443 }",
        "tls = { host = \"login.microsoftonline.com\", port = 443 }",
        "range = { hosts = \"{1..50}-courier.push.apple.com\", sample = 5, port = 5223, within = \"17.0.0.0/8\" }",
        "tls = { host = \"acme.jamfcloud.com\", port = 443 }",
    ]
    .into_iter()
    .enumerate()
    {
        let run = lint(&format!("good-{index}"), &format!("{row}\n{FORBIDDEN}"), &[]);
        assert_eq!(run.code, Some(0), "{row}\n{}{}", run.stdout, run.stderr);
    }
}

#[test]
fn a_row_with_a_variable_is_looked_at_when_it_is_given() {
    let row = "http = { url = \"${jamf}/\" }";
    let without = lint("without", row, &[]);
    assert_eq!(without.code, Some(0), "{}", without.stdout);
    let words = "not looked at, for jamf is not given (give --jamf): 1";
    assert!(without.stderr.contains(words), "{}", without.stderr);
    for given in [
        &["--jamf", "https://acme.jamfcloud.com:8443"][..],
        &["--set", "jamf=https://acme.jamfcloud.com:8443"],
    ] {
        let with = lint("with", row, given);
        assert_eq!((with.code, with.stderr.as_str()), (Some(1), ""));
        assert!(
            with.stdout.contains("p.toml:17: wrong-port: "),
            "{}",
            with.stdout
        );
    }
    let unknown = lint("unknown", row, &["--set", "jmaf=x"]);
    assert_eq!(unknown.code, Some(2));
    assert!(
        unknown.stderr.contains("did you mean `jamf`"),
        "{}",
        unknown.stderr
    );
    let wrong = lint("wrong", row, &["--jamf", "nonsense"]);
    assert_eq!((wrong.code, wrong.stdout.as_str()), (Some(2), ""));
}

#[test]
fn the_built_ins_agree_with_the_vendors_in_every_cloud() {
    for cloud in ["global", "usgov", "usdod", "china"] {
        let given = [
            "--cloud",
            cloud,
            "--jamf",
            "https://jamf.example.com",
            "--tenant",
            "contoso.com",
            "--set",
            "region=euc1",
            "--set",
            "intune_region=ap",
            "--set",
            "scale_unit=msub05",
            "--max-age-days",
            "36500",
        ];
        let mut arguments = vec!["profiles", "lint", "everything"];
        arguments.extend(given);
        let run = binary::run(&arguments);
        assert_eq!(
            (run.code, run.stderr.as_str()),
            (Some(0), ""),
            "{cloud} {}",
            run.stdout
        );
        let run = binary::run(&[
            "profiles",
            "lint",
            "microsoft-2019",
            "--cloud",
            cloud,
            "--tenant",
            "contoso.com",
            "--jamf",
            "https://jamf.example.com",
            "--max-age-days",
            "36500",
        ]);
        assert_eq!(
            (run.code, run.stderr.as_str()),
            (Some(0), ""),
            "{cloud} {}",
            run.stdout
        );
    }
}
