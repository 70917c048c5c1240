//! What a profile asks of a firewall, a customer's own list held against it, and a profile held against itself.

mod compare;
mod lint;
mod list;
mod rules;
mod vendor;

pub use compare::compare;
pub use lint::lint;
pub use list::{Entry, List};
pub use rules::{Action, LeftOut, Rule, Rules};

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use serde::{Serialize, Serializer};

use crate::net::endpoint::Host;
use crate::net::glob;

/// One thing that an audit has to say.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Remark {
    pub file: String,
    /// None: what is said of the list as a whole.
    pub line: Option<usize>,
    pub kind: &'static str,
    pub says: String,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}: {}", self.file, self.kind, self.says),
            None => write!(f, "{}: {}: {}", self.file, self.kind, self.says),
        }
    }
}

/// What a connection is made with.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    Tcp,
    Udp,
}

impl Transport {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

/// Where a rule leads.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Destination {
    Any,
    Name(String),
    /// A name with `*` in it, which stands for any text.
    Wildcard(String),
    /// A single address is a block of one.
    Block(IpNet),
}

impl Destination {
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Name(_) => "name",
            Self::Wildcard(_) => "wildcard",
            Self::Block(_) => "block",
        }
    }

    pub(crate) fn of_host(host: &Host) -> Self {
        match host {
            Host::Name(name) => Self::Name(name.to_ascii_lowercase()),
            Host::Address(address) => Self::Block(IpNet::from(*address)),
        }
    }

    /// Whether a rule for this one lets through all that `other` stands for.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) => true,
            (Self::Block(one), Self::Block(other)) => one.contains(other),
            // Everything, as people write it who know addresses only.
            (Self::Block(all), _) => all.prefix_len() == 0,
            (Self::Wildcard(pattern), Self::Name(name)) => glob(pattern, name),
            // A letter that no name has stands for all that the other's `*` may be.
            (Self::Wildcard(pattern), Self::Wildcard(other)) => {
                glob(pattern, &other.replace('*', "\u{1}"))
            }
            (Self::Name(one), Self::Name(other)) => one == other,
            _ => false,
        }
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::Name(name) | Self::Wildcard(name) => f.write_str(name),
            Self::Block(net) if net.prefix_len() == net.max_prefix_len() => {
                write!(f, "{}", net.addr())
            }
            Self::Block(net) => write!(f, "{net}"),
        }
    }
}

impl Serialize for Destination {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromStr for Destination {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim().trim_end_matches('.').to_ascii_lowercase();
        if matches!(text.as_str(), "any" | "all" | "*") {
            return Ok(Self::Any);
        }
        if let Some((_, rest)) = text.split_once("://") {
            // A link: its host is what a firewall can let through.
            let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
            let host = match authority.rsplit_once(':') {
                Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
                _ => authority,
            };
            if host.is_empty() || host.contains('/') {
                return Err(format!("`{text}` has no host"));
            }
            return host.parse();
        }
        let bare = text.replace(['[', ']'], "");
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Ok(Self::Block(IpNet::from(address)));
        }
        if bare.contains('/') || bare.contains(' ') {
            return block(&bare)
                .map(Self::Block)
                .ok_or_else(|| format!("`{text}` is neither a CIDR block nor a host name"));
        }
        let (name, wildcard) = match text.strip_prefix('.') {
            Some(rest) => (format!("*.{rest}"), true),
            None => (text.clone(), text.contains('*')),
        };
        // A label's worth of letters stands in for each `*`, so that the rest is checked as a name.
        match name.replace('*', "x").parse::<Host>() {
            Ok(Host::Name(_)) if wildcard => Ok(Self::Wildcard(name)),
            Ok(host) => Ok(Self::of_host(&host)),
            Err(_) => Err(format!(
                "`{text}` is no host name, wildcard, address or block"
            )),
        }
    }
}

/// `17.0.0.0/8`, `17.0.0.0/255.0.0.0` and `17.0.0.0 255.0.0.0`.
fn block(text: &str) -> Option<IpNet> {
    if let Ok(net) = text.parse() {
        return Some(net);
    }
    let (address, mask) = text.split_once(['/', ' '])?;
    let (address, mask): (IpAddr, IpAddr) = (address.parse().ok()?, mask.trim().parse().ok()?);
    IpNet::with_netmask(address, mask).ok()
}

/// How many letters are to be typed, left out or exchanged with a neighbour to make one text the other.
fn distance(one: &str, other: &str) -> usize {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut rows = vec![(0..=other.len()).collect::<Vec<usize>>()];
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let mut best = (rows[i][j] + usize::from(a != b))
                .min(rows[i][j + 1] + 1)
                .min(row[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                best = best.min(rows[i - 1][j - 1] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[one.len()][other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Destination {
        text.parse().expect("a destination")
    }

    #[test]
    fn a_wider_destination_covers_a_narrower_one_and_never_the_reverse() {
        for (wide, narrow) in [
            ("any", "17.0.0.0/8"),
            ("0.0.0.0/0", "api.push.apple.com"),
            ("17.0.0.0/8", "17.249.0.0/16"),
            ("*.push.apple.com", "*-courier.push.apple.com"),
            ("*.apple.com", "*.push.apple.com"),
            (".manage.microsoft.com", "a.manage.microsoft.com"),
        ] {
            assert!(read(wide).covers(&read(narrow)), "{wide} {narrow}");
            assert!(!read(narrow).covers(&read(wide)), "{narrow} {wide}");
        }
        assert!(!read("*.push.apple.com").covers(&read("push.apple.com")));
    }

    #[test]
    fn two_digits_exchanged_are_one_slip() {
        assert_eq!(distance("2179", "2197"), 1);
        assert_eq!(distance("5223", "5233"), 1);
        assert_eq!(distance("443", "2197"), 4);
        assert_eq!(distance("", "443"), 3);
    }
}
