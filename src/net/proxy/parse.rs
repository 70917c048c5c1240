//! A proxy as people write it: scheme, host and port, and in the environment a user name and password too.

use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

use super::{Login, Origin, Proxy, Scheme};
use crate::net::endpoint::{Host, port};
use crate::net::secret::Secret;

/// What is wrong with a proxy; a user name or a password is never repeated.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ProxyError {
    #[error("`{0}` is not a proxy: {1}")]
    Wrong(String, String),
    #[error("a proxy must not carry a user name or a password here; the value is not repeated")]
    UserInfo,
}

impl Proxy {
    /// `http://HOST:PORT`, `https://…` or `socks5://…`; `HOST:PORT` without a scheme is http. The port is the scheme's own
    /// where none stands beside one: 80, 443 and 1080.
    pub fn parse(text: &str, from: Origin) -> Result<Self, ProxyError> {
        let (proxy, user_info) = Self::apart(text, from)?;
        match user_info {
            None => Ok(proxy),
            Some(_) => Err(ProxyError::UserInfo),
        }
    }

    /// The same, with a user name and password before an `@`, percent-encoded, as the environment's variables have them.
    pub fn parse_with_login(text: &str, from: Origin) -> Result<Self, ProxyError> {
        let (mut proxy, user_info) = Self::apart(text, from)?;
        proxy.login = user_info.filter(|info| !info.is_empty()).map(|info| {
            let (user, password) = info.split_once(':').unwrap_or((&info, ""));
            Login {
                user: decoded(user),
                password: decoded(password),
            }
        });
        Ok(proxy)
    }

    fn apart(text: &str, from: Origin) -> Result<(Self, Option<Zeroizing<String>>), ProxyError> {
        // A password may have `://` in it; what stands before is a scheme only if it looks like one (RFC 3986).
        let named = text
            .split_once("://")
            .filter(|(scheme, _)| is_scheme(scheme));
        let (scheme, rest) = named.unwrap_or(("http", text));
        // First of all, so that no other error repeats a password.
        let (user_info, authority) = match rest.rsplit_once('@') {
            Some((info, authority)) => (Some(Zeroizing::new(info.to_owned())), authority),
            None => (None, rest),
        };
        let authority = authority.strip_suffix('/').unwrap_or(authority);
        let shown = match (&user_info, authority.rsplit_once("%40")) {
            (Some(_), _) => format!("{scheme}://…@{authority}"),
            // An `@` that was encoded with the rest of a user name and password.
            (None, Some((_, host))) => format!("{scheme}://…%40{host}"),
            (None, None) => text.to_owned(),
        };
        let wrong = |why: String| ProxyError::Wrong(shown.clone(), why);
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            "socks5" | "socks5h" => Scheme::Socks5,
            other => {
                let why = format!("`{other}` is none of http, https and socks5");
                return Err(wrong(why));
            }
        };
        let own = match scheme {
            Scheme::Http => 80,
            Scheme::Https => 443,
            Scheme::Socks5 => 1080,
        };
        // A word alone is a slip more often than a proxy.
        let own = named.is_some().then_some(own);
        let (host, port) = apart(authority, own).map_err(wrong)?;
        let proxy = Self {
            scheme,
            host,
            port,
            from,
            login: None,
        };
        Ok((proxy, user_info))
    }
}

fn apart(authority: &str, own: Option<u16>) -> Result<(Host, u16), String> {
    let ends_in_port = |(_, last): &(&str, &str)| !last.ends_with(']');
    let (host, number) = match authority.rsplit_once(':').filter(ends_in_port) {
        Some((host, number)) => (host, port(number).map_err(|error| error.reason())?),
        None => match own {
            Some(own) => (authority, own),
            None => return Err("it has neither a scheme nor a port".to_owned()),
        },
    };
    if host.contains(':') && !host.starts_with('[') {
        return Err("an IPv6 address stands in brackets".to_owned());
    }
    let host: Host = host
        .parse()
        .map_err(|error: crate::net::endpoint::EndpointError| error.reason())?;
    Ok((host, number))
}

fn decoded(text: &str) -> Secret {
    Secret::new(percent_decode_str(text).decode_utf8_lossy().into_owned())
}

fn is_scheme(text: &str) -> bool {
    let mut letters = text.chars();
    letters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic())
        && letters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_read_as_people_write_it() {
        for (text, shown) in [
            (
                "http://proxy.example.com:3128",
                "http://proxy.example.com:3128",
            ),
            ("proxy.example.com:3128", "http://proxy.example.com:3128"),
            (
                "HTTP://Proxy.Example.com:3128/",
                "http://proxy.example.com:3128",
            ),
            ("http://proxy.example.com", "http://proxy.example.com:80"),
            ("https://proxy.example.com", "https://proxy.example.com:443"),
            ("socks5h://[2001:db8::1]", "socks5://[2001:db8::1]:1080"),
            ("socks5://192.0.2.1:9", "socks5://192.0.2.1:9"),
        ] {
            let proxy = Proxy::parse(text, Origin::Option).expect(text);
            assert_eq!(proxy.to_string(), shown, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_and_a_password_is_not() {
        for (text, said) in [
            (
                "ftp://p:1",
                "`ftp://p:1` is not a proxy: `ftp` is none of http, https and socks5",
            ),
            (
                "http://p:0",
                "`http://p:0` is not a proxy: not a port: it must be a whole number from 1 to 65535",
            ),
            (
                "http://:1",
                "`http://:1` is not a proxy: not a host name: it is empty",
            ),
            (
                "sytem",
                "`sytem` is not a proxy: it has neither a scheme nor a port",
            ),
            (
                "2001:db8::1",
                "`2001:db8::1` is not a proxy: an IPv6 address stands in brackets",
            ),
            (
                "http://user:hush@p",
                "a proxy must not carry a user name or a password here; the value is not repeated",
            ),
            (
                "ftp://user:hush@p",
                "`ftp://…@p` is not a proxy: `ftp` is none of http, https and socks5",
            ),
            (
                "http://user:hush@p:x",
                "`http://…@p:x` is not a proxy: not a port: it must be a whole number from 1 to 65535",
            ),
        ] {
            let error = Proxy::parse(text, Origin::Option).expect_err(text);
            assert_eq!(error.to_string(), said);
        }
    }

    #[test]
    fn the_environment_may_carry_a_login() {
        let proxy = Proxy::parse_with_login("http://me%40corp:p%3A%25@p:3128", Origin::Env);
        let proxy = proxy.expect("a proxy");
        let login = proxy.login.clone().expect("a login");
        assert_eq!(
            (login.user.expose(), login.password.expose()),
            ("me@corp", "p:%")
        );
        assert!(!format!("{proxy} {proxy:?}").contains("corp"), "{proxy:?}");
    }

    #[test]
    fn no_error_repeats_a_password_however_it_is_written() {
        for text in [
            "bob:hunter2://x@127.0.0.1:port",
            "http://bob:hunter2%40127.0.0.1:3128",
            "ftp://bob:hunter2@127.0.0.1:3128",
        ] {
            let error = Proxy::parse_with_login(text, Origin::Option).expect_err(text);
            let said = error.to_string();
            assert!(!said.contains("hunter2"), "{said}");
        }
        let odd = "bob:a://b@127.0.0.1:3128";
        let proxy = Proxy::parse_with_login(odd, Origin::Option).expect(odd);
        assert_eq!(proxy.login.expect("a login").password.expose(), "a://b");
    }
}
