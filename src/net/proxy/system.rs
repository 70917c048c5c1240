//! What macOS and Windows are set to: from the values of their settings to proxies. Reading the values is the
//! platform's own business.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Exempt, Listed, Origin, Proxy};
use crate::net::platform;

/// One value of a system's settings.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Setting {
    Number(i64),
    Text(String),
    List(Vec<String>),
}

/// Values by their names.
pub type Settings = BTreeMap<String, Setting>;

/// The settings of a system that has some of its own, as they stand there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Raw {
    /// The dictionary of the dynamic store (`scutil --proxy` prints it).
    Apple(Settings),
    /// The user's `Internet Settings` in the registry.
    Windows(Settings),
}

/// What the system says of proxies.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct System {
    pub listed: Listed,
    /// The address of a PAC file, which goes before what is listed.
    pub pac: Option<String>,
    /// Whether the network is to be asked where its PAC file is (WPAD).
    pub discovers: bool,
    /// What was passed over, and why.
    pub wrong: Vec<String>,
}

impl System {
    /// Of this machine; none where the system has no such settings.
    pub fn here() -> Option<Self> {
        platform::proxy_settings().as_ref().map(Self::of)
    }

    fn of(raw: &Raw) -> Self {
        match raw {
            Raw::Apple(settings) => apple(&Reader(settings)),
            Raw::Windows(settings) => windows(&Reader(settings)),
        }
    }

    fn proxy(&mut self, scheme: &str, place: &str) -> Option<Arc<Proxy>> {
        match Proxy::parse(&format!("{scheme}://{place}"), Origin::System) {
            Ok(proxy) => Some(Arc::new(proxy)),
            Err(error) => {
                self.wrong.push(error.to_string());
                None
            }
        }
    }

    fn except<'a>(&mut self, entries: impl IntoIterator<Item = &'a str>) {
        let (exempt, unknown) = Exempt::of_system(entries);
        self.listed.exempt = exempt;
        let why = |entry| format!("the exception `{entry}` is no host, address or block");
        self.wrong.extend(unknown.iter().map(why));
    }
}

struct Reader<'a>(&'a Settings);

impl<'a> Reader<'a> {
    fn is_on(&self, name: &str) -> bool {
        matches!(self.0.get(name), Some(Setting::Number(number)) if *number != 0)
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        match self.0.get(name) {
            Some(Setting::Text(text)) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    fn number(&self, name: &str) -> Option<i64> {
        match self.0.get(name) {
            Some(Setting::Number(number)) => Some(*number),
            _ => None,
        }
    }

    fn list(&self, name: &str) -> &'a [String] {
        match self.0.get(name) {
            Some(Setting::List(list)) => list,
            _ => &[],
        }
    }
}

/// Names as in `SCSchemaDefinitions.h`. "Secure web proxy" is a proxy for HTTPS that is itself spoken to in plain HTTP.
fn apple(settings: &Reader<'_>) -> System {
    let mut system = System::default();
    let mut listed = |kind: &str, scheme: &str| {
        if !settings.is_on(&format!("{kind}Enable")) {
            return None;
        }
        let host = settings.text(&format!("{kind}Proxy"))?;
        let host = if host.contains(':') && !host.starts_with('[') {
            format!("[{host}]")
        } else {
            host.to_owned()
        };
        let place = match settings.number(&format!("{kind}Port")) {
            Some(port) => format!("{host}:{port}"),
            None => host,
        };
        system.proxy(scheme, &place)
    };
    let (tls, plain) = (listed("HTTPS", "http"), listed("HTTP", "http"));
    let socks = listed("SOCKS", "socks5");
    system.listed.tls = tls.or_else(|| socks.clone());
    system.listed.plain = plain.or(socks);
    system.except(settings.list("ExceptionsList").iter().map(String::as_str));
    if settings.is_on("ExcludeSimpleHostnames") {
        system.listed.exempt = std::mem::take(&mut system.listed.exempt).and_simple_names();
    }
    if settings.is_on("ProxyAutoConfigEnable") {
        let address = settings.text("ProxyAutoConfigURLString");
        system.pac = address.map(ToOwned::to_owned);
    }
    system.discovers = settings.is_on("ProxyAutoDiscoveryEnable");
    system
}

/// `ProxyServer` is `HOST:PORT` for all, or `http=…;https=…;socks=…`, where what is not named goes directly.
fn windows(settings: &Reader<'_>) -> System {
    let mut system = System::default();
    if settings.is_on("ProxyEnable") {
        let servers = settings.text("ProxyServer").unwrap_or_default();
        for server in servers.split([';', ' ']).filter(|one| !one.is_empty()) {
            let (kind, place) = server.split_once('=').unwrap_or(("", server));
            let place = place.split_once("://").map_or(place, |(_, rest)| rest);
            match kind.to_ascii_lowercase().as_str() {
                "" => {
                    system.listed.tls = system.proxy("http", place);
                    system.listed.plain.clone_from(&system.listed.tls);
                }
                "https" => system.listed.tls = system.proxy("http", place),
                "http" => system.listed.plain = system.proxy("http", place),
                "socks" => system.wrong.push(format!(
                    "`{server}`: Windows means version 4 of SOCKS, which is not spoken here"
                )),
                _ => {}
            }
        }
        let exceptions = settings.text("ProxyOverride").unwrap_or_default();
        system.except(exceptions.split(';'));
    }
    system.pac = settings.text("AutoConfigURL").map(ToOwned::to_owned);
    system.discovers = settings.is_on("AutoDetect");
    system
}

#[cfg(test)]
mod tests {
    use super::super::{Destination, Way};
    use super::*;

    fn settings<const N: usize>(values: [(&str, Setting); N]) -> Settings {
        values
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    fn text(value: &str) -> Setting {
        Setting::Text(value.to_owned())
    }

    const ON: Setting = Setting::Number(1);

    fn way(system: &System, url: &str) -> String {
        let address: crate::net::endpoint::Address = url.parse().expect("a URL");
        let destination = Destination {
            tls: address.tls,
            host: address.host,
            port: address.port,
        };
        match system.listed.way(&destination) {
            Way::Direct => "direct".to_owned(),
            Way::Through(proxy) => {
                assert_eq!(proxy.from, Origin::System);
                proxy.to_string()
            }
        }
    }

    #[test]
    fn apples_dictionary_is_read_as_the_settings_pane_writes_it() {
        let list = ["*.local", "169.254/16", "what ever"].map(str::to_owned);
        let system = System::of(&Raw::Apple(settings([
            ("HTTPSEnable", ON),
            ("HTTPSProxy", text("proxy.example.com")),
            ("HTTPSPort", Setting::Number(3128)),
            ("HTTPEnable", Setting::Number(0)),
            ("HTTPProxy", text("old.example.com")),
            ("SOCKSEnable", ON),
            ("SOCKSProxy", text("2001:db8::1")),
            ("SOCKSPort", Setting::Number(1080)),
            ("ExcludeSimpleHostnames", ON),
            ("ExceptionsList", Setting::List(list.into())),
            ("ProxyAutoDiscoveryEnable", ON),
            ("ProxyAutoConfigEnable", Setting::Number(0)),
            (
                "ProxyAutoConfigURLString",
                text("http://old.example.com/proxy.pac"),
            ),
        ])));
        let secure = "http://proxy.example.com:3128";
        assert_eq!(way(&system, "https://graph.microsoft.com"), secure);
        assert_eq!(way(&system, "http://a.test"), "socks5://[2001:db8::1]:1080");
        assert_eq!(way(&system, "https://printer.local"), "direct");
        assert_eq!(way(&system, "https://169.254.1.1"), "direct");
        assert_eq!(way(&system, "https://intranet"), "direct");
        assert_eq!((&system.pac, system.discovers), (&None, true));
        assert_eq!(
            system.wrong,
            ["the exception `what ever` is no host, address or block"]
        );
        let automatic = System::of(&Raw::Apple(settings([
            ("ProxyAutoConfigEnable", ON),
            (
                "ProxyAutoConfigURLString",
                text("http://wpad.test/proxy.pac"),
            ),
        ])));
        assert_eq!(automatic.pac.as_deref(), Some("http://wpad.test/proxy.pac"));
        assert!(automatic.listed.is_empty() && !automatic.discovers);
        assert_eq!(System::of(&Raw::Apple(Settings::new())), System::default());
    }

    #[test]
    fn both_forms_of_windows_are_read_and_nothing_counts_that_is_switched_off() {
        let given = |enabled: i64, servers: &str| {
            System::of(&Raw::Windows(settings([
                ("ProxyEnable", Setting::Number(enabled)),
                ("ProxyServer", text(servers)),
                ("ProxyOverride", text("<local>;10.*;*.corp.test")),
            ])))
        };
        let all = given(1, "proxy.test:8080");
        for (url, expected) in [
            ("https://a.test", "http://proxy.test:8080"),
            ("http://a.test", "http://proxy.test:8080"),
            ("https://10.1.2.3", "direct"),
            ("https://intranet", "direct"),
            ("https://x.corp.test", "direct"),
        ] {
            assert_eq!(way(&all, url), expected, "{url}");
        }
        let each = given(
            1,
            "http=a.test:80;https=http://b.test:443;ftp=c.test:21;socks=d.test:1080",
        );
        assert_eq!(way(&each, "http://x.test"), "http://a.test:80");
        assert_eq!(way(&each, "https://x.test"), "http://b.test:443");
        assert_eq!(each.wrong.len(), 1);
        assert!(given(0, "proxy.test:8080").listed.is_empty());
        let wrong = given(1, "proxy.test:port");
        assert!(wrong.listed.is_empty());
        assert_eq!(wrong.wrong.len(), 1, "{:?}", wrong.wrong);
        let automatic = System::of(&Raw::Windows(settings([
            ("AutoConfigURL", text("http://x.test/p.pac")),
            ("AutoDetect", ON),
        ])));
        assert_eq!(automatic.pac.as_deref(), Some("http://x.test/p.pac"));
        assert!(automatic.discovers);
    }
}
