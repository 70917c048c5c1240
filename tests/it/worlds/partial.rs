//! Worlds in which some addresses of one name work and others do not.

use super::case::{CASE, Case, Change, FULL, rows};

/// The sign-in host has this address and another; only a run that asks them all can see it.
const EVERY: &[&str] = &[FULL[0], FULL[1], FULL[2], FULL[3], "--all-addresses"];
const BOTH: &str = "nmap -Pn -n -sS --reason --max-retries 1 -p 443 20.190.160.14 40.126.32.68";

pub(super) const PARTIAL: &[Case<'static>] = &[
    Case {
        name: "one address of two dropped",
        changes: &[Change::Filter("ip daddr 20.190.160.14 drop")],
        proof: (BOTH, &["443/tcp filtered", "443/tcp open"]),
        arguments: EVERY,
        verdict: "degraded",
        rows: &[rows("entra.token/*", &["tcp_silent"], "degraded")],
        ..CASE
    },
    Case {
        name: "one address of two reset",
        changes: &[Change::Filter(
            "ip daddr 20.190.160.14 reject with tcp reset",
        )],
        proof: (BOTH, &["443/tcp closed", "443/tcp open"]),
        arguments: EVERY,
        verdict: "degraded",
        rows: &[rows("entra.token/*", &["tcp_refused_rst"], "degraded")],
        ..CASE
    },
];

#[test]
fn a_name_of_which_some_addresses_work_is_degraded() {
    super::play_all(PARTIAL);
}
