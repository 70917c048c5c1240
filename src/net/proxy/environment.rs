//! The variables by which a shell names its proxies, as curl and most tools read them.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use super::{Destination, Origin, Proxy, Way};
use crate::net::endpoint::Host;

/// The proxies of the environment, and whom they are not for.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Environment {
    tls: Option<Arc<Proxy>>,
    plain: Option<Arc<Proxy>>,
    exempt: Exempt,
}

impl Environment {
    /// `http_proxy` counts in lower case only: in upper case, a web server sets it from a request's header.
    ///
    /// Beside what can be used, what is wrong: the variable's name, and why.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> (Self, Vec<(&'static str, String)>) {
        let mut wrong = Vec::new();
        let mut first = |names: &[&'static str]| {
            let (name, value) = names.iter().find_map(|name| {
                let value = get(name)?;
                (!value.is_empty()).then_some((*name, value))
            })?;
            match Proxy::parse_with_login(&value, Origin::Env) {
                Ok(proxy) => Some(Arc::new(proxy)),
                Err(error) => {
                    wrong.push((name, error.to_string()));
                    None
                }
            }
        };
        let tls = first(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]);
        let plain = first(&["http_proxy", "all_proxy", "ALL_PROXY"]);
        let name = ["no_proxy", "NO_PROXY"]
            .into_iter()
            .find(|name| get(name).is_some_and(|value| !value.is_empty()));
        let (exempt, unknown) = Exempt::read(&name.and_then(&get).unwrap_or_default());
        for entry in unknown {
            let why = format!("`{entry}` is no host, address or block, with or without a port");
            wrong.push((name.unwrap_or_default(), why));
        }
        wrong.dedup();
        (Self { tls, plain, exempt }, wrong)
    }

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
            // A shell's proxy is for what is outside this machine.
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
        Host::Name(name) => name == "localhost",
        Host::Address(address) => address.is_loopback(),
    }
}

/// Hosts to which no proxy leads: names with all below them, addresses, blocks, each perhaps with a port; `*` is all.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Exempt(Vec<(Rule, Option<u16>)>);

#[derive(Clone, Debug, Eq, PartialEq)]
enum Rule {
    All,
    /// The name itself and whatever ends in it.
    Below(String),
    Block(IpNet),
}

impl Exempt {
    /// A list with commas or spaces between its entries, and beside it the entries that mean nothing.
    pub fn read(text: &str) -> (Self, Vec<String>) {
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        let entries = text.split([',', ' ', ';']).map(str::trim);
        for entry in entries.filter(|entry| !entry.is_empty()) {
            match rule(entry) {
                Some(rule) => known.push(rule),
                None => unknown.push(entry.to_owned()),
            }
        }
        (Self(known), unknown)
    }

    pub fn has(&self, host: &Host, port: u16) -> bool {
        let is = |(rule, only): &(Rule, Option<u16>)| {
            only.is_none_or(|only| only == port)
                && match (rule, host) {
                    (Rule::All, _) => true,
                    (Rule::Below(end), Host::Name(name)) => {
                        let rest = name.strip_suffix(end.as_str());
                        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
                    }
                    (Rule::Block(block), Host::Address(address)) => block.contains(address),
                    _ => false,
                }
        };
        self.0.iter().any(is)
    }
}

fn rule(entry: &str) -> Option<(Rule, Option<u16>)> {
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
    fn each_scheme_has_its_variable_and_upper_case_http_counts_for_nothing() {
        let read = |set: &[(&str, &str)]| {
            let get = |name: &str| {
                let found = set.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            Environment::read(get)
        };
        let way = |environment: &Environment, url| match environment.way(&to(url)) {
            Way::Direct => "direct".to_owned(),
            Way::Through(proxy) => proxy.to_string(),
        };
        let both = read(&[
            ("http_proxy", "a:1"),
            ("HTTPS_PROXY", "b:2"),
            ("no_proxy", "c.test"),
        ]);
        let (both, wrong) = both;
        assert_eq!(wrong, []);
        assert_eq!(way(&both, "http://x.test"), "http://a:1");
        assert_eq!(way(&both, "https://x.test"), "http://b:2");
        assert_eq!(way(&both, "https://c.test"), "direct");
        assert_eq!(way(&both, "https://localhost:8443"), "direct");
        assert_eq!(way(&both, "https://[::1]"), "direct");
        let (cgi, _) = read(&[("HTTP_PROXY", "evil:1")]);
        assert!(cgi.is_empty());
        let (all, _) = read(&[("ALL_PROXY", "socks5://s:1"), ("https_proxy", "")]);
        assert_eq!(way(&all, "https://x.test"), "socks5://s:1");
        assert_eq!(way(&all, "http://x.test"), "socks5://s:1");
        let (rest, wrong) = read(&[
            ("https_proxy", "http://u:hush@[::1"),
            ("http_proxy", "a:1"),
            ("no_proxy", "10.0.0.0/99,b.test"),
        ]);
        let names: Vec<&str> = wrong.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["https_proxy", "no_proxy"]);
        assert!(!format!("{wrong:?}").contains("hush"), "{wrong:?}");
        assert_eq!(
            way(&rest, "http://x.test"),
            "http://a:1",
            "what is right is used"
        );
        assert_eq!(way(&rest, "http://b.test"), "direct");
    }
}
