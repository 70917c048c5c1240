//! A proxy for each scheme, and whom they are not for: as a shell's variables and a system's settings list them.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use super::{Destination, Proxy, Way};
use crate::net::endpoint::{Host, is_localhost};
use crate::net::glob;

/// The proxies of the environment or of the system, and whom they are not for.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Listed {
    pub(super) tls: Option<Arc<Proxy>>,
    pub(super) plain: Option<Arc<Proxy>>,
    pub(super) exempt: Exempt,
}

impl Listed {
    pub fn is_empty(&self) -> bool {
        self.tls.is_none() && self.plain.is_none()
    }

    /// The proxy for HTTPS, which is that of almost every row.
    pub(super) fn shown(&self) -> Option<&Proxy> {
        self.tls.as_deref().or(self.plain.as_deref())
    }

    pub(super) fn way(&self, destination: &Destination) -> Way {
        let proxy = if destination.tls {
            &self.tls
        } else {
            &self.plain
        };
        match proxy {
            // A proxy is for what is outside this machine.
            _ if is_here(&destination.host) => Way::Direct,
            Some(proxy) if !self.exempt.has(&destination.host, destination.port) => {
                Way::Through(Arc::clone(proxy))
            }
            _ => Way::Direct,
        }
    }
}

fn is_here(host: &Host) -> bool {
    match host {
        Host::Name(name) => is_localhost(name),
        Host::Address(address) => address.is_loopback(),
    }
}

/// Hosts to which no proxy leads: names with all below them, addresses, blocks, each perhaps with a port; `*` is all.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Exempt(Vec<Entry>);

/// A rule, and the port that it is for if it is not for all.
type Entry = (Rule, Option<u16>);

#[derive(Clone, Debug, Eq, PartialEq)]
enum Rule {
    All,
    /// The name itself and whatever ends in it.
    Below(String),
    Block(IpNet),
    /// A name, or an address as text, with stars anywhere.
    Glob(String),
    /// Names without a dot.
    Simple,
}

impl Exempt {
    /// A list with commas or spaces between its entries, and beside it the entries that mean nothing.
    pub fn read(text: &str) -> (Self, Vec<String>) {
        Self::collect(text.split([',', ' ', ';']), rule)
    }

    /// The entries of a system's list, in which stars stand anywhere and `<local>` for names without a dot.
    pub(super) fn of_system<'a>(entries: impl IntoIterator<Item = &'a str>) -> (Self, Vec<String>) {
        Self::collect(entries, system_rule)
    }

    fn collect<'a>(
        entries: impl IntoIterator<Item = &'a str>,
        read: fn(&str) -> Option<Entry>,
    ) -> (Self, Vec<String>) {
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        let entries = entries.into_iter().map(str::trim);
        for entry in entries.filter(|entry| !entry.is_empty()) {
            match read(entry) {
                Some(rule) => known.push(rule),
                None => unknown.push(entry.to_owned()),
            }
        }
        (Self(known), unknown)
    }

    /// Names without a dot too.
    pub(super) fn and_simple_names(mut self) -> Self {
        self.0.push((Rule::Simple, None));
        self
    }

    pub fn has(&self, host: &Host, port: u16) -> bool {
        let is = |(rule, only): &Entry| {
            only.is_none_or(|only| only == port)
                && match (rule, host) {
                    (Rule::All, _) => true,
                    (Rule::Below(end), Host::Name(name)) => {
                        let rest = name.strip_suffix(end.as_str());
                        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
                    }
                    (Rule::Block(block), Host::Address(address)) => block.contains(address),
                    (Rule::Glob(pattern), host) => glob(pattern, &host.to_string()),
                    (Rule::Simple, Host::Name(name)) => !name.contains('.'),
                    _ => false,
                }
        };
        self.0.iter().any(is)
    }
}

fn rule(entry: &str) -> Option<Entry> {
    if entry == "*" {
        return Some((Rule::All, None));
    }
    if let Ok(block) = entry.parse::<IpNet>() {
        return Some((Rule::Block(block), None));
    }
    let bare = entry
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    if let Ok(address) = bare.unwrap_or(entry).parse::<IpAddr>() {
        return Some((Rule::Block(address.into()), None));
    }
    let (host, port) = match entry.rsplit_once(':') {
        Some((host, port)) => (host, Some(port.parse().ok()?)),
        None => (entry, None),
    };
    let bare = host.trim_start_matches("*.").trim_start_matches('.');
    match bare.parse::<Host>().ok()? {
        Host::Name(name) => Some((Rule::Below(name), port)),
        Host::Address(address) => Some((Rule::Block(address.into()), port)),
    }
}

fn system_rule(entry: &str) -> Option<Entry> {
    if entry.eq_ignore_ascii_case("<local>") {
        return Some((Rule::Simple, None));
    }
    let entry = entry.split_once("://").map_or(entry, |(_, rest)| rest);
    let known = rule(entry).or_else(|| Some((Rule::Block(shortened(entry)?), None)));
    let is_pattern = |c: char| c.is_ascii_alphanumeric() || "*.-_:".contains(c);
    known.or_else(|| {
        let glob = entry.contains('*') && entry.chars().all(is_pattern);
        glob.then(|| (Rule::Glob(entry.to_ascii_lowercase()), None))
    })
}

/// A block of IPv4 whose last zeros are left out, such as `169.254/16`.
fn shortened(entry: &str) -> Option<IpNet> {
    let (address, length) = entry.split_once('/')?;
    let missing = 4_usize.checked_sub(address.split('.').count())?;
    format!("{address}{}/{length}", ".0".repeat(missing))
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(url: &str) -> Destination {
        let address: crate::net::endpoint::Address = url.parse().expect("a URL");
        Destination {
            tls: address.tls,
            host: address.host,
            port: address.port,
        }
    }

    #[test]
    fn exceptions_are_names_with_all_below_them_addresses_and_blocks() {
        let (exempt, unknown) = Exempt::read(
            "example.com, .corp.test *.lab.test,10.0.0.0/8;192.0.2.7:8443, [2001:db8::1] a:b,!",
        );
        assert_eq!(unknown, ["a:b", "!"]);
        for (url, expected) in [
            ("https://example.com", true),
            ("https://www.example.com", true),
            ("https://badexample.com", false),
            ("https://corp.test", true),
            ("https://x.corp.test", true),
            ("https://y.lab.test", true),
            ("https://10.1.2.3", true),
            ("https://11.1.2.3", false),
            ("https://192.0.2.7", false),
            ("https://192.0.2.7:8443", true),
            ("https://[2001:db8::1]", true),
            ("https://login.microsoftonline.com", false),
        ] {
            let to = to(url);
            assert_eq!(exempt.has(&to.host, to.port), expected, "{url}");
        }
        assert!(Exempt::read("*").0.has(&to("https://a.test").host, 443));
        assert!(!Exempt::read("").0.has(&to("https://a.test").host, 443));
    }

    #[test]
    fn a_systems_list_has_stars_short_blocks_and_names_without_a_dot() {
        let entries = [
            "<local>",
            "10.*",
            "169.254/16",
            "*.corp.test",
            "https://b.test",
            "x y",
            "*stage*",
        ];
        let (exempt, unknown) = Exempt::of_system(entries);
        assert_eq!(unknown, ["x y"]);
        for (url, expected) in [
            ("https://intranet", true),
            ("https://10.1.2.3", true),
            ("https://110.1.2.3", false),
            ("https://169.254.7.7", true),
            ("https://a.corp.test", true),
            ("https://b.test", true),
            ("https://my-stage-2.test", true),
            ("https://graph.microsoft.com", false),
        ] {
            let to = to(url);
            assert_eq!(exempt.has(&to.host, to.port), expected, "{url}");
        }
    }
}
