//! What each fault of the lab has to look like: to foreign clients, and in the report.

mod identity;
mod names;
mod paths;
mod servers;

use std::net::Ipv4Addr;

use super::proof::{At, Proof};

/// One fault. Checks and prerequisites that it does not name are as in the healthy world: they pass or are skipped.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) fault: &'static str,
    pub(crate) verdict: &'static str,
    pub(crate) exit: i32,
    /// Glob, verdict and code; the first that matches counts.
    pub(crate) checks: &'static [(&'static str, &'static str, &'static str)],
    /// The prerequisites that are hurt, with their verdicts.
    pub(crate) lines: &'static [(&'static str, &'static str)],
    /// Codes that would blame something else, or state a guess.
    pub(crate) never: &'static [&'static str],
    pub(crate) proofs: &'static [Proof],
}

const fn at(host: &'static str, address: [u8; 4], port: u16) -> At {
    let [a, b, c, d] = address;
    let address = Ipv4Addr::new(a, b, c, d);
    At {
        host,
        address,
        port,
    }
}

const LOGIN: At = at("login.microsoftonline.com", [40, 126, 32, 68], 443);
/// The other address of the same host.
const LOGIN_TOO: At = at("login.microsoftonline.com", [20, 190, 160, 14], 443);
const DEVICE: At = at("device.login.microsoftonline.com", [20, 190, 160, 22], 443);
const REGISTRATION: At = at("enterpriseregistration.windows.net", [40, 126, 32, 74], 443);
const GRAPH: At = at("graph.microsoft.com", [20, 190, 190, 131], 443);
const MANAGE: At = at("manage.microsoft.com", [13, 107, 219, 40], 443);
const JAMF: At = at("jamf.example.com", [54, 93, 118, 77], 8443);
const TIME: Ipv4Addr = Ipv4Addr::new(17, 253, 38, 125);
const COURIER: Ipv4Addr = Ipv4Addr::new(17, 57, 146, 20);

const TOKEN: &str = "/organizations/oauth2/v2.0/token";
/// Where the application signs in.
const SIGN_IN: &str = "/contoso.onmicrosoft.com/oauth2/v2.0/token";
const TENANT: &str = "/contoso.onmicrosoft.com/v2.0/.well-known/openid-configuration";

const TRUSTED: &str = "0 (ok)";
/// What openssl says of a chain whose root it has been given no reason to trust.
const FOREIGN: &str = "19 (self-signed certificate in certificate chain)";

/// Every row, in the order of the lab's own list.
pub(crate) fn table() -> Vec<&'static Row> {
    let parts = [paths::ROWS, names::ROWS, servers::ROWS, identity::ROWS];
    parts.into_iter().flatten().collect()
}
