//! The variables by which a shell names its proxies, as curl and most tools read them.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use super::{Destination, Origin, Proxy, ProxyError, Way};
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
    /// The error names the variable.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Result<Self, (&'static str, ProxyError)> {
        let first = |names: &[&'static str]| {
            let set = names.iter().find_map(|name| {
                let value = get(name)?;
                Some((*name, value)).filter(|(_, value)| !value.is_empty())
            });
            set.map(
                |(name, value)| match Proxy::parse_with_login(&value, Origin::Env) {
                    Ok(proxy) => Ok(Arc::new(proxy)),
                    Err(error) => Err((name, error)),
                },
            )
            .transpose()
        };
        let exempt = get("no_proxy").or_else(|| get("NO_PROXY"));
        Ok(Self {
            tls: first(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])?,
            plain: first(&["http_proxy", "all_proxy", "ALL_PROXY"])?,
            exempt: Exempt::read(&exempt.unwrap_or_default()),
        })
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
    /// A list with commas or spaces between its entries. What is no host, address or block exempts nobody.
    pub fn read(text: &str) -> Self {
        let entries = text.split([',', ' ', ';']).map(str::trim);
        Self(entries.filter_map(rule).collect())
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
        let exempt = Exempt::read(
            "example.com, .corp.test *.lab.test,10.0.0.0/8;192.0.2.7:8443, [2001:db8::1] a:b,!",
        );
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
        assert!(Exempt::read("*").has(&to("https://a.test").host, 443));
        assert!(!Exempt::read("").has(&to("https://a.test").host, 443));
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
        let both = both.expect("two proxies");
        assert_eq!(way(&both, "http://x.test"), "http://a:1");
        assert_eq!(way(&both, "https://x.test"), "http://b:2");
        assert_eq!(way(&both, "https://c.test"), "direct");
        assert_eq!(way(&both, "https://localhost:8443"), "direct");
        assert_eq!(way(&both, "https://[::1]"), "direct");
        let cgi = read(&[("HTTP_PROXY", "evil:1")]).expect("no proxy");
        assert!(cgi.is_empty());
        let all = read(&[("ALL_PROXY", "socks5://s:1"), ("https_proxy", "")]).expect("one proxy");
        assert_eq!(way(&all, "https://x.test"), "socks5://s:1");
        assert_eq!(way(&all, "http://x.test"), "socks5://s:1");
        let wrong = read(&[("https_proxy", "http://u:hush@[::1")]).expect_err("no address");
        assert_eq!(wrong.0, "https_proxy");
        assert!(!wrong.1.to_string().contains("hush"), "{}", wrong.1);
    }
}
