//! `--connect-to`: where a connection really goes, and the one place that decides it.

use std::net::SocketAddr;
use std::str::FromStr;

use super::endpoint::{EndpointError, Host, port};

/// Connections to `host:port` go to `to` instead.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Detour {
    pub host: Host,
    pub port: u16,
    pub to: SocketAddr,
}

impl FromStr for Detour {
    type Err = EndpointError;

    /// `HOST|ADDR:PORT:ADDR:PORT`, IPv6 in brackets.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || {
            EndpointError::Address(
                text.to_owned(),
                "expected HOST:PORT:ADDR:PORT, IPv6 in brackets",
            )
        };
        let (from, from_port, rest) = pair(text).ok_or_else(wrong)?;
        let (to, to_port, rest) = rest.strip_prefix(':').and_then(pair).ok_or_else(wrong)?;
        if !rest.is_empty() {
            return Err(wrong());
        }
        let Host::Address(to) = to.parse()? else {
            return Err(EndpointError::Address(
                to.to_owned(),
                "a numeric address is needed here",
            ));
        };
        Ok(Self {
            host: from.parse()?,
            port: port(from_port)?,
            to: SocketAddr::new(to, port(to_port)?),
        })
    }
}

/// `HOST:PORT` at the front of `text`, and what follows.
fn pair(text: &str) -> Option<(&str, &str, &str)> {
    let split = if text.starts_with('[') {
        text.find(']')? + 1
    } else {
        text.find(':')?
    };
    let (host, rest) = text.split_at(split);
    let rest = rest.strip_prefix(':')?;
    let end = rest.find(':').unwrap_or(rest.len());
    Some((host, &rest[..end], &rest[end..]))
}

/// The rule that names this host and port.
pub(super) fn for_host(detours: &[Detour], host: &Host, port: u16) -> Option<SocketAddr> {
    detours
        .iter()
        .find(|detour| detour.host == *host && detour.port == port)
        .map(|detour| detour.to)
}

/// The rule that names this address and port.
pub(super) fn for_address(detours: &[Detour], vendor: SocketAddr) -> Option<SocketAddr> {
    for_host(detours, &Host::Address(vendor.ip()), vendor.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_read_with_names_and_both_families() {
        let rule: Detour = "Jamf.example:8443:127.0.0.1:9".parse().expect("a rule");
        assert_eq!(rule.host.to_string(), "jamf.example");
        assert_eq!(rule.to, "127.0.0.1:9".parse().expect("an address"));
        let rule: Detour = "[2001:db8::1]:443:[::1]:9".parse().expect("a rule");
        assert_eq!(rule.host, Host::Address("2001:db8::1".parse().expect("v6")));
        assert_eq!(rule.to, "[::1]:9".parse().expect("an address"));
        for wrong in [
            "",
            "a:1",
            "a:1:b:2",
            "a:0:127.0.0.1:2",
            "a:1:127.0.0.1:2:3",
            "a:1:::1:2",
        ] {
            assert!(wrong.parse::<Detour>().is_err(), "{wrong}");
        }
    }
}
