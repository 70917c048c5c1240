//! The variables by which a shell names its proxies, as curl and most tools read them.

use std::sync::Arc;

use super::{Exempt, Listed, Origin, Proxy};

impl Listed {
    /// `http_proxy` counts in lower case only: in upper case, a web server sets it from a request's header.
    ///
    /// Beside what can be used, what is wrong: the variable's name, and why.
    pub fn of_environment(
        get: impl Fn(&str) -> Option<String>,
    ) -> (Self, Vec<(&'static str, String)>) {
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
        let listed = Self { tls, plain, exempt };
        (listed, wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Destination, Way};
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
    fn each_scheme_has_its_variable_and_upper_case_http_counts_for_nothing() {
        let read = |set: &[(&str, &str)]| {
            let get = |name: &str| {
                let found = set.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            Listed::of_environment(get)
        };
        let way = |environment: &Listed, url| match environment.way(&to(url)) {
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
