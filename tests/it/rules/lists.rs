//! Mistakes about IPv6 and Microsoft's clouds in a list.

use crate::bad_input::folder::Folder;
use crate::binary::{self, Run};

/// A list in which nothing is wrong.
pub(super) const GOOD: &str = "\
Destination,Port,Protocol
17.0.0.0/8,\"443,5223\",tcp
2620:149:a44::/48,\"443,5223\",tcp
2403:300:a42::/48,\"443,5223\",tcp
2403:300:a51::/48,\"443,5223\",tcp
2a01:b740:a42::/48,\"443,5223\",tcp
api.push.apple.com,443,tcp
login.microsoftonline.com,443,tcp
device.login.microsoftonline.com,443,tcp
enterpriseregistration.windows.net,443,tcp
graph.microsoft.com,443,tcp
manage.microsoft.com,443,tcp
*.manage.microsoft.com,443,tcp
jamf.example.com,8443,tcp
";

pub(super) fn audit(name: &str, list: &str, more: &[&str]) -> Run {
    let folder = Folder::new(&format!("lists-{name}"));
    let file = folder.file("list.csv", list);
    let mut arguments = vec!["rules", "--audit", &file, "--tenant", "contoso.com"];
    arguments.extend(["--jamf", "https://jamf.example.com:8443"]);
    arguments.extend(more);
    binary::run(&arguments)
}

/// What replaces which part of the good list, the kind of the remark and words of it.
type Mistake = (&'static str, &'static str, &'static str, &'static str);

const IPV6: &[Mistake] = &[
    (
        "2620:149:a44::/48",
        "2620:149:a44::/64",
        "mistyped",
        "Apple's block is 2620:149:a44::/48",
    ),
    (
        "2620:149:a44::/48",
        "2620:149:a45::/48",
        "mistyped",
        "2620:149:a44::/48 is needed",
    ),
    (
        "2403:300:a42::/48",
        "2403:300:a42:1::/64",
        "too-narrow",
        "only a part of Apple's 2403:300:a42::/48",
    ),
    (
        "2403:300:a51::/48",
        "2403:300:a51::1/48",
        "mistyped",
        "2403:300:a51::/48 is the block",
    ),
    (
        "2a01:b740:a42::/48,\"443,5223\",tcp\n",
        "",
        "missing",
        "2a01:b740:a42::/48",
    ),
    (
        "2a01:b740:a42::/48,\"443,5223\",tcp",
        "2a01:b740:a42::/48,\"443,5223\",udp",
        "mistyped",
        "the protocol is tcp",
    ),
    (
        "2a01:b740:a42::/48,\"443,5223\"",
        "2a01:b740:a42::/48,443",
        "missing",
        "2a01:b740:a42::/48 (or *.push.apple.com) tcp 5223",
    ),
    (
        "2a01:b740:a42::/48,\"443,5223\"",
        "2a01:b740:a42::/48,\"443,5233\"",
        "mistyped",
        "5223 is needed",
    ),
    (
        "2a01:b740:a42::/48",
        "2a01:b740:a42::/148",
        "unreadable",
        "`2a01:b740:a42::/148`",
    ),
    (
        "2a01:b740:a42::/48",
        "2a01:b740:a42:/48",
        "unreadable",
        "`2a01:b740:a42:/48`",
    ),
];

const MICROSOFT: &[Mistake] = &[
    (
        "*.manage.microsoft.com",
        "portal.manage.microsoft.com",
        "too-narrow",
        "*.manage.microsoft.com",
    ),
    (
        "*.manage.microsoft.com,443,tcp\n",
        "",
        "missing",
        "*.manage.microsoft.com tcp 443",
    ),
    (
        "*.manage.microsoft.com",
        "*.manage.microsoft.us",
        "wrong-cloud",
        "US Government",
    ),
    (
        "\nlogin.microsoftonline.com",
        "\nlogin.microsoftonline.us",
        "wrong-cloud",
        "belongs to Microsoft's US Government cloud",
    ),
    (
        "\nlogin.microsoftonline.com",
        "\nlogin.partner.microsoftonline.cn",
        "wrong-cloud",
        "China",
    ),
    (
        "graph.microsoft.com",
        "graph.microsoft.us",
        "wrong-cloud",
        "sign-in host is login.microsoftonline.com",
    ),
    (
        "graph.microsoft.com",
        "graph.windows.net",
        "retired",
        "graph.microsoft.com 443",
    ),
    (
        "graph.microsoft.com",
        "graph.microsoft.de",
        "retired",
        "2021-10-29",
    ),
    (
        "\njamf",
        "\nmacsidecarprod.azureedge.net,443,tcp\njamf",
        "retired",
        "macsidecar.manage.microsoft.com",
    ),
    (
        "\njamf",
        "\n*.manage.microsoft.cn,443,tcp\njamf",
        "retired",
        "*.manage.microsoftonline.cn",
    ),
    (
        "graph.microsoft.com,443,tcp",
        "graph.microsoft.com,443,udp",
        "mistyped",
        "the protocol is tcp",
    ),
    (
        "graph.microsoft.com,443",
        "graph.microsoft.com,8080",
        "mistyped",
        "Microsoft's hosts listen on 443",
    ),
    (
        "graph.microsoft.com,443",
        "graph.microsoft.com,444",
        "mistyped",
        "443 is needed",
    ),
    (
        "enterpriseregistration.windows.net",
        "enterpriseregistration.windows.com",
        "mistyped",
        "enterpriseregistration.windows.net",
    ),
    (
        "\nlogin.microsoftonline.com",
        "\n20.190.160.14",
        "too-narrow",
        "Microsoft's 20.190.128.0/18",
    ),
    (
        "graph.microsoft.com,443",
        "graph.microsoft.com,https-alt",
        "unreadable",
        "`https-alt`",
    ),
    (
        "graph.microsoft.com,443",
        "graph.microsoft.com,",
        "unreadable",
        "no port",
    ),
    (
        "graph.microsoft.com,443",
        ",443",
        "unreadable",
        "no destination",
    ),
    (
        "graph.microsoft.com",
        "graph .microsoft.com",
        "unreadable",
        "`graph .microsoft.com`",
    ),
];

#[test]
fn every_mistake_about_ipv6_is_said_at_its_line() {
    said("ipv6", IPV6);
}

#[test]
fn every_mistake_about_microsoft_is_said_at_its_line() {
    said("microsoft", MICROSOFT);
}

fn said(name: &str, mistakes: &[Mistake]) {
    for (index, (good, bad, kind, says)) in mistakes.iter().enumerate() {
        assert!(GOOD.contains(good), "{good}");
        let run = audit(
            &format!("{name}-{index}"),
            &GOOD.replacen(good, bad, 1),
            &[],
        );
        assert_eq!(run.code, Some(1), "{bad}\n{}{}", run.stdout, run.stderr);
        let at = GOOD.find(good).unwrap() + usize::from(good.starts_with('\n'));
        let line = GOOD[..at].matches('\n').count() + 1;
        let place = match *kind {
            "missing" => format!("list.csv: {kind}: "),
            _ => format!("list.csv:{line}: {kind}: "),
        };
        let mut lines = run.stdout.lines();
        let found = lines.any(|l| l.contains(&place) && l.contains(says));
        assert!(found, "{bad}: {place} {says}\n{}", run.stdout);
    }
}

#[test]
fn another_cloud_has_another_good_list() {
    let us = GOOD
        .replace("login.microsoftonline.com", "login.microsoftonline.us")
        .replace(
            "enterpriseregistration.windows.net",
            "enterpriseregistration.microsoftonline.us",
        )
        .replace("graph.microsoft.com", "graph.microsoft.us")
        .replace("manage.microsoft.com", "manage.microsoft.us")
        .replace("device.login.microsoftonline.us,443,tcp\n", "");
    let run = audit("usgov", &us, &["--cloud", "usgov"]);
    assert_eq!(run.code, Some(0), "{}", run.stdout);
    let run = audit("usgov-global", GOOD, &["--cloud", "usgov"]);
    assert_eq!(run.code, Some(1), "{}", run.stdout);
    assert!(
        run.stdout
            .contains("login.microsoftonline.com belongs to Microsoft's global cloud"),
        "{}",
        run.stdout
    );
}

#[test]
fn one_mistake_is_said_once() {
    for (good, bad) in [
        ("\nlogin.microsoftonline.com", "\nlogin.microsoftonline.us"),
        ("*.manage.microsoft.com", "*.manage.microsoft.us"),
        ("2620:149:a44::/48", "2620:149:a44::/64"),
        ("17.0.0.0/8", "17.0.0.0/18"),
    ] {
        let run = audit("once", &GOOD.replacen(good, bad, 1), &[]);
        assert_eq!(run.stdout.lines().count(), 1, "{bad}\n{}", run.stdout);
    }
}
