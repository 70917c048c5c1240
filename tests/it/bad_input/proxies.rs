//! Proxies that are none, and PAC files that cannot be asked: refused before the first packet, without a password.

use super::folder::Folder;
use super::refused;

#[test]
fn a_proxy_that_is_none_is_refused_and_no_password_repeated() {
    for (given, says) in [
        ("ftp://p:1", "`ftp` is none of http, https and socks5"),
        ("http://p:0", "not a port"),
        ("http://:3128", "it is empty"),
        ("2001:db8::1", "an IPv6 address stands in brackets"),
        ("http://me:hush@p:3128", "a user name or a password"),
        (
            "ftp://me:hush@p:3128",
            "`ftp` is none of http, https and socks5",
        ),
    ] {
        let by_option = refused(&["check", "--proxy", given], &[], &["--proxy", says]);
        let by_variable = refused(&["check"], &[("MDM_PREFLIGHT_PROXY", given)], &[says]);
        for run in [by_option, by_variable] {
            assert!(!run.stderr.contains("hush"), "{}", run.stderr);
        }
    }
    let set = [("https_proxy", "http://me:hush@[::1")];
    let run = refused(&["check", "--proxy", "env"], &set, &["https_proxy"]);
    assert!(!run.stderr.contains("hush"), "{}", run.stderr);
    refused(
        &["check", "--paths", "sideways"],
        &[],
        &["'sideways'", "both"],
    );
}

#[test]
fn credentials_of_a_proxy_have_a_colon_and_are_not_repeated() {
    let folder = Folder::new("proxy-credentials");
    let file = folder.file("login", "hush\n");
    let given = ["check", "--proxy-credentials-file", file.as_str()];
    let run = refused(&given, &[], &["--proxy-credentials-file", "no colon"]);
    assert!(!run.stderr.contains("hush"), "{}", run.stderr);
    let none = [
        "check",
        "--proxy",
        "none",
        "--proxy-credentials-file",
        file.as_str(),
    ];
    let folder_file = folder.file("login", ":hush\n");
    let run = refused(
        &["check", "--proxy-credentials-file", &folder_file],
        &[],
        &["no user name"],
    );
    assert!(!run.stderr.contains("hush"), "{}", run.stderr);
    folder.file("login", "me:hush\n");
    refused(&none, &[], &["--proxy none", "--proxy-credentials-file"]);
    let set = [("MDM_PREFLIGHT_PROXY_CREDENTIALS", "hush")];
    let run = refused(&["check"], &set, &["no colon"]);
    assert!(!run.stderr.contains("hush"), "{}", run.stderr);
}

#[test]
fn a_pac_file_that_cannot_be_asked_is_refused_with_its_place() {
    let folder = Folder::new("pac");
    for (text, says) in [
        ("var x = 1;", "it has no function FindProxyForURL"),
        (
            "function FindProxyForURL(u, h) {\n  return 'DIRECT'",
            "line 2: ",
        ),
        ("\nnothing.known();", "line 2: nothing is not defined"),
        ("while (true) {}", "no answer in 2 s"),
    ] {
        let file = folder.file("proxy.pac", text);
        let given = format!("pac:{file}");
        refused(&["check", "--proxy", &given], &[], &[&file, says]);
    }
    let pipe = folder.path("pipe.pac");
    if std::process::Command::new("mkfifo")
        .arg(&pipe)
        .status()
        .is_ok()
    {
        let given = format!("pac:{pipe}");
        refused(&["check", "--proxy", &given], &[], &["not a regular file"]);
    }
    refused(
        &["check", "--proxy", "pac:/nowhere/proxy.pac"],
        &[],
        &["`/nowhere/proxy.pac`"],
    );
    refused(
        &["check", "--proxy", "pac:ftp://p/proxy.pac"],
        &[],
        &["ftp"],
    );
}
