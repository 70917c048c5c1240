//! The rows that ask this machine itself: what they say where it is no Mac. What the tools of macOS print is read in the
//! unit tests.
#![cfg(not(target_os = "macos"))]

use crate::binary::run;

const ROWS: [&str; 4] = [
    "mac.os/version",
    "mac.enrollment/server",
    "mac.push/connection",
    "mac.company-portal/app",
];

#[test]
fn a_machine_that_is_no_mac_skips_the_rows_of_a_mac_and_says_why() {
    let listed = run(&["check", "--list", "--jamf", "https://127.0.0.1:9"]).stdout;
    for id in ROWS {
        let line = listed.lines().find(|line| line.starts_with(id)).unwrap();
        let reason = "skipped, asked of a Mac itself, and this machine runs ";
        assert!(line.contains(reason), "{line}");
    }
    let arguments = ["check", "--only", "mac.os", "--skip", "canary"];
    let nothing = run(&arguments);
    assert_eq!(nothing.code, Some(2), "{}", nothing.stdout);
    assert!(
        nothing.stderr.contains("asked of a Mac itself"),
        "{}",
        nothing.stderr
    );
}
