//! Hosts, ports, URLs and targets as users type them: the only place that parses an address.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use ipnet::IpNet;
use url::Url;

/// A host name in its wire form (lower case, no trailing dot, IDN as `xn--`), or an IP address.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Host {
    Name(String),
    Address(IpAddr),
}

/// Servers take no longer lines, in bytes.
const LONGEST_LOCATION: usize = 8 * 1024;

/// What is wrong with a typed host, port, URL or target; the value at fault is part of the message.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum EndpointError {
    #[error("`{0}` is not a host name: {1}")]
    Host(String, &'static str),
    #[error("`{0}` is not a port: it must be a whole number from 1 to 65535")]
    Port(String),
    #[error("`{0}` is not a URL that can be asked: {1}")]
    Url(String, String),
    #[error(
        "a URL or an address must not carry a user name or a password; the value is not repeated here"
    )]
    UserInfo,
    #[error("`{0}` is not an address: {1}")]
    Address(String, &'static str),
}

impl EndpointError {
    /// What is wrong, for a message that names the value itself.
    pub fn reason(&self) -> String {
        match self {
            Self::Host(_, why) => format!("not a host name: {why}"),
            Self::Port(_) => "not a port: it must be a whole number from 1 to 65535".to_owned(),
            Self::Url(_, why) => format!("not a URL that can be asked: {why}"),
            Self::UserInfo => self.to_string(),
            Self::Address(_, why) => format!("not an address: {why}"),
        }
    }
}

/// Whether a name is this machine's own, which no DNS server is asked for (RFC 6761, section 6.3).
pub fn is_localhost(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost")
}

impl Host {
    pub fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Name(_) => None,
            Self::Address(address) => Some(*address),
        }
    }

    /// The host in a URL's authority: IPv6 stands in brackets.
    pub fn authority(&self) -> String {
        match self {
            Self::Address(IpAddr::V6(address)) => format!("[{address}]"),
            other => other.to_string(),
        }
    }
}

impl FromStr for Host {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bare = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .unwrap_or(text);
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Ok(Self::Address(address));
        }
        let wrong = |why| EndpointError::Host(text.to_owned(), why);
        if text.is_empty() {
            return Err(wrong("it is empty"));
        }
        if text.chars().any(char::is_whitespace) {
            return Err(wrong("it contains a space"));
        }
        let name = idna::domain_to_ascii(text).map_err(|_| wrong("not a valid domain name"))?;
        let name = name.strip_suffix('.').unwrap_or(&name);
        if name.is_empty() || name.len() > 253 {
            return Err(wrong("it must have 1 to 253 characters"));
        }
        if name
            .split('.')
            .any(|label| label.is_empty() || label.len() > 63)
        {
            return Err(wrong("each part between dots must have 1 to 63 characters"));
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if !name.chars().all(allowed) {
            return Err(wrong(
                "only letters, digits, `-`, `_` and `.` can stand in it",
            ));
        }
        let last = name.rsplit('.').next().unwrap_or(name);
        if last.chars().all(|c| c.is_ascii_digit()) {
            return Err(wrong("it looks like an incomplete IP address"));
        }
        Ok(Self::Name(name.to_owned()))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.pad(name),
            Self::Address(address) => address.fmt(f),
        }
    }
}

/// A port from 1 to 65535.
pub fn port(text: &str) -> Result<u16, EndpointError> {
    match text.parse::<u16>() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(EndpointError::Port(text.to_owned())),
    }
}

/// An HTTPS or HTTP URL, taken apart.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Address {
    pub tls: bool,
    pub host: Host,
    pub port: u16,
    /// Path and query, from the first `/`.
    pub path: String,
}

impl Address {
    /// Scheme, host and port, without a trailing slash; the port only where it is not the scheme's own.
    pub fn origin(&self) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        format!("{scheme}://{}", self.authority())
    }

    /// The whole URL, without a fragment.
    pub fn url(&self) -> String {
        format!("{}{}", self.origin(), self.path)
    }

    /// Where a `Location` that was sent from here leads; nothing if it is no http or https address, names a user, or is
    /// longer than servers take.
    pub fn join(&self, location: &str) -> Option<Self> {
        if location.len() > LONGEST_LOCATION {
            return None;
        }
        let base = Url::parse(&self.url()).ok()?;
        base.join(location).ok()?.as_str().parse().ok()
    }

    /// Host and port as a `Host:` header has them.
    pub fn authority(&self) -> String {
        let usual = if self.tls { 443 } else { 80 };
        if self.port == usual {
            self.host.authority()
        } else {
            format!("{}:{}", self.host.authority(), self.port)
        }
    }
}

impl FromStr for Address {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // First of all, so that no other error repeats a password. An `@` may stand in a path.
        let after = text.split_once("://").map_or(text, |(_, after)| after);
        let authority = after.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(EndpointError::UserInfo);
        }
        let wrong = |why: String| EndpointError::Url(text.to_owned(), why);
        if text.chars().any(char::is_whitespace) {
            return Err(wrong("it contains a space".to_owned()));
        }
        let url = Url::parse(text).map_err(|error| match error {
            url::ParseError::RelativeUrlWithoutBase => {
                wrong("it does not begin with https://".to_owned())
            }
            other => wrong(other.to_string()),
        })?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EndpointError::UserInfo);
        }
        let tls = match url.scheme() {
            "https" => true,
            "http" => false,
            other => return Err(wrong(format!("`{other}` is neither https nor http"))),
        };
        let host = url
            .host_str()
            .ok_or_else(|| wrong("it has no host".to_owned()))?
            .parse()?;
        let port = url.port_or_known_default().unwrap_or_default();
        if port == 0 {
            return Err(EndpointError::Port("0".to_owned()));
        }
        let query = url.query().map(|query| format!("?{query}"));
        Ok(Self {
            tls,
            host,
            port,
            path: format!("{}{}", url.path(), query.unwrap_or_default()),
        })
    }
}

/// A CIDR block without host bits; else what is wrong with it.
pub fn block(text: &str) -> Result<IpNet, String> {
    let net: IpNet = text
        .parse()
        .map_err(|_| "not a CIDR block such as 17.0.0.0/8".to_owned())?;
    if net.trunc() != net {
        let meant = net.trunc();
        return Err(format!("it has host bits; did you mean {meant}?"));
    }
    Ok(net)
}

/// `HOST:PORT`, IPv6 in brackets.
pub fn host_and_port(text: &str) -> Result<(Host, u16), EndpointError> {
    if text.contains('@') {
        return Err(EndpointError::UserInfo);
    }
    let (host, number) = text
        .rsplit_once(':')
        .filter(|(host, _)| !host.contains(':') || host.starts_with('['))
        .ok_or_else(|| EndpointError::Address(text.to_owned(), "expected HOST:PORT"))?;
    Ok((host.parse()?, port(number)?))
}

/// `ADDR` or `ADDR:PORT`, IPv6 with a port in brackets.
pub fn address_and_port(text: &str, usual: u16) -> Result<SocketAddr, EndpointError> {
    if let Ok(Host::Address(address)) = text.parse::<Host>() {
        return Ok(SocketAddr::new(address, usual));
    }
    match host_and_port(text)? {
        (Host::Address(address), port) => Ok(SocketAddr::new(address, port)),
        (Host::Name(_), _) => Err(EndpointError::Address(
            text.to_owned(),
            "a numeric address is needed here",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_has_no_host_bits() {
        assert!(block("17.0.0.0/8").is_ok());
        assert_eq!(
            block("17.0.0.1/8").unwrap_err(),
            "it has host bits; did you mean 17.0.0.0/8?"
        );
        for wrong in ["17.0.0.0", "17.0.0.0/33", "x"] {
            assert!(block(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn hosts_are_accepted_as_people_write_them() {
        for (typed, meant) in [
            ("Login.MicrosoftOnline.com", "login.microsoftonline.com"),
            ("jamf.example.com.", "jamf.example.com"),
            ("münchen.example", "xn--mnchen-3ya.example"),
            ("17.57.144.10", "17.57.144.10"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("2001:DB8::1", "2001:db8::1"),
            ("_service.example.com", "_service.example.com"),
        ] {
            let host: Host = typed.parse().expect(typed);
            assert_eq!(host.to_string(), meant);
        }
    }

    #[test]
    fn what_is_no_host_is_refused_with_its_value() {
        for typed in ["", "a b", "a..b", "exa$mple.com", "10.0.0", ".", "[::1"] {
            let error = typed.parse::<Host>().expect_err(typed);
            assert!(error.to_string().contains(typed), "{error}");
        }
    }

    #[test]
    fn a_url_gives_host_port_and_path_and_keeps_secrets_to_itself() {
        let url: Address = "https://Jamf.example.com:8443/a?b=c"
            .parse()
            .expect("a URL");
        assert_eq!((url.port, url.path.as_str()), (8443, "/a?b=c"));
        assert_eq!(url.origin(), "https://jamf.example.com:8443");
        let error = "https://me:hunter2@x.example".parse::<Address>();
        let text = error.expect_err("user information").to_string();
        assert!(!text.contains("hunter2"), "{text}");
        for typed in [
            "https://",
            "ftp://x.example",
            "x.example",
            "https://x:0",
            "https://a b",
        ] {
            assert!(typed.parse::<Address>().is_err(), "{typed}");
        }
    }

    #[test]
    fn addresses_take_an_optional_port() {
        assert_eq!(
            address_and_port("10.0.0.1", 53),
            Ok("10.0.0.1:53".parse().expect(""))
        );
        assert_eq!(
            address_and_port("::1", 53),
            Ok("[::1]:53".parse().expect(""))
        );
        assert_eq!(
            address_and_port("[::1]:5353", 53),
            Ok("[::1]:5353".parse().expect(""))
        );
        assert!(address_and_port("dns.example:53", 53).is_err());
        assert!(address_and_port("10.0.0.1:0", 53).is_err());
    }
}
