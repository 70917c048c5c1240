//! Company Portal's download link is followed by HEAD: its version is learned, and nothing of the package is fetched.

use crate::binary;
use crate::tls_server::{Asked, Reply, Server};

const PACKAGE: &str =
    "/pr/C1297A47-86C4-4C1F-97FA-950631F94777/MacAutoupdate/CompanyPortal_5.2504.1-Installer.pkg";

/// Microsoft's three hosts in one: the short link, where it leads, and the package, which is long.
fn microsoft() -> Server {
    Server::new(|asked: &Asked| match asked.host.as_str() {
        "aka.ms" => Reply::to(301, "https://go.microsoft.com/fwlink/?linkid=853070"),
        "go.microsoft.com" => Reply::to(302, &format!("https://officecdn.microsoft.com{PACKAGE}")),
        _ => Reply {
            body: vec![b'x'; 20_000_000],
            ..Reply::new(200, "application/octet-stream", "")
        },
    })
}

fn check(server: &Server) -> serde_json::Value {
    let root = format!("public={}", Server::root());
    let mut arguments: Vec<String> = [
        "check",
        "--profile",
        "company-portal",
        "--only",
        "intune.company-portal.download",
        "--skip",
        "canary",
        "--format",
        "json",
        "-4",
        "--roots",
        &root,
    ]
    .map(str::to_owned)
    .into();
    for host in ["aka.ms", "go.microsoft.com", "officecdn.microsoft.com"] {
        arguments.extend(["--resolve".to_owned(), format!("{host}:127.0.0.1")]);
        let detour = format!("{host}:443:{}", server.at);
        arguments.extend(["--connect-to".to_owned(), detour]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    binary::run(&arguments).json()
}

#[test]
fn the_version_is_read_from_the_redirect_and_the_package_is_not_downloaded() {
    let server = microsoft();
    let report = check(&server);
    let all = report["prerequisites"].as_array().unwrap().iter();
    let mut checks = all.flat_map(|one| one["checks"].as_array().unwrap());
    let link = checks.find(|row| row["id"] == "fwlink").unwrap();
    assert_eq!(link["verdict"], "pass", "{link}");
    assert_eq!(link["stages"]["app"]["facts"]["version"], "5.2504.1");
    let said = link["message"].as_str().unwrap();
    assert!(said.contains("version 5.2504.1"), "{said}");
    let lines = server.lines();
    assert!(
        lines.iter().all(|line| line.starts_with("HEAD ")),
        "{lines:?}"
    );
    let package = format!("HEAD {PACKAGE}");
    assert!(lines.contains(&package), "its end was looked at: {lines:?}");
    assert_eq!(server.written(), 0, "no byte of any body was sent");
}
