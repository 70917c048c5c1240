//! A request that a proxy is given whole, as applications do for plain HTTP, and answers that are the proxy's own.

use zeroize::Zeroize as _;

use super::request::{BASIC, WORDS, basic};
use super::{Proxy, ProxySeen};
use crate::code::Code;
use crate::net::failure::Failure;
use crate::net::http::{HttpSeen, Request};
use crate::net::proxy::Login;
use crate::net::secret::{Secret, hide};
use crate::net::text::printable;

/// Servers whose name in an error's head says that the proxy itself wrote it.
const PROXIES: [&str; 2] = ["squid", "tinyproxy"];

/// The request as a proxy wants it: with the whole address, and signed in where that was asked for.
pub(in super::super) struct Forwarded(pub(in super::super) Request);

impl Drop for Forwarded {
    fn drop(&mut self) {
        for (name, value) in &mut self.0.headers {
            if name == "proxy-authorization" {
                value.zeroize();
            }
        }
    }
}

pub(in super::super) fn forwarded(request: &Request, proxy: &Proxy) -> Forwarded {
    let mut request = request.clone();
    request.path = format!("http://{}{}", request.host, request.path);
    if let Some(login) = &proxy.login {
        let value = basic(login).to_string();
        request
            .headers
            .push(("proxy-authorization".to_owned(), value));
    }
    Forwarded(request)
}

/// Takes out of an answer what it repeats of the sign-in that the proxy was sent.
pub(in super::super) fn conceal(login: &Login, seen: &mut HttpSeen) {
    let basic = basic(login);
    let token = Secret::new(basic.trim_start_matches(BASIC).to_owned());
    for secret in [&token, &login.password] {
        hide(secret, seen);
    }
}

/// What an answer says of the proxy, if the proxy wrote it itself. That there is none is the proxy's as well: nobody
/// else was spoken to.
pub(in super::super) fn of_answer(
    http: &HttpSeen,
    end: &Result<(), Failure>,
    request: &Request,
    seen: &mut ProxySeen,
) -> Result<(), Failure> {
    let field = |name: &str| http.headers.get(name).cloned();
    seen.method.clone_from(&request.method);
    seen.target.clone_from(&request.host);
    seen.software = field("via").or_else(|| http.server.clone());
    let status = match (http.status, end) {
        (None, Err(failure)) => {
            // The wait is all that was heard.
            seen.ms += http.ms;
            return Err(unanswered(failure, seen));
        }
        (status, _) => status.unwrap_or_default(),
    };
    let own = [
        field("proxy-status").filter(|value| is_error(value)),
        field("x-squid-error"),
    ];
    let named = http.server.as_deref().is_some_and(is_proxys_name);
    let signed = named || own.iter().any(Option::is_some);
    // With a redirect it sends whom it refuses to its page that says why.
    let refuses = status >= 400 || ((300..400).contains(&status) && http.leads_to.is_some());
    let proxys_own = status == 407 || (refuses && signed);
    if !proxys_own {
        seen.passed_on = true;
        return Ok(());
    }
    // Its answer is all that was heard.
    seen.ms += http.ms;
    seen.status = http.status;
    seen.reason = own
        .into_iter()
        .flatten()
        .next()
        .or_else(|| http.title.clone());
    seen.schemes = field("proxy-authenticate").map_or_else(Vec::new, |value| challenges(&value));
    let (proxy, target) = (&seen.proxy, &seen.target);
    let (code, detail) = match status {
        407 => return Err(asks_to_sign_in(seen)),
        500.. => (
            Code::ProxyBadGateway,
            format!("{proxy}: could not reach {target}: {}", seen.said()),
        ),
        _ => {
            let mut detail = format!("{proxy}: refuses {target}: {}", seen.said());
            if let Some(to) = http.leads_to.as_ref().filter(|_| status < 400) {
                let to = printable(to, WORDS);
                detail = format!("{detail}, and sends its reader to {to}");
            }
            (Code::ProxyDenied, detail)
        }
    };
    Err(Failure::new(code, detail))
}

/// Whether the `Server` of an answer that no peer can have given is that of a proxy.
pub(super) fn is_proxys_name(server: &str) -> bool {
    let server = server.to_ascii_lowercase();
    PROXIES.iter().any(|name| server.starts_with(name))
}

fn unanswered(failure: &Failure, seen: &ProxySeen) -> Failure {
    let code = match failure.code {
        Code::HttpTimeoutHeaders => Code::ProxySilent,
        Code::HttpEof => Code::ProxyClosed,
        Code::HttpProtocol => Code::ProxyProtocol,
        _ => return failure.clone(),
    };
    let (proxy, method, target) = (&seen.proxy, &seen.method, &seen.target);
    let detail = format!(
        "{proxy}: no answer to {method} {target}: {} ({})",
        failure.detail, failure.code
    );
    Failure::new(code, detail)
}

/// Whether a `Proxy-Status` tells of an error of the proxy that wrote it, rather than of the answer that it passes on
/// (RFC 9209, section 2.1.1).
pub(super) fn is_error(proxy_status: &str) -> bool {
    let parameters = proxy_status.split([';', ',']);
    parameters
        .map(str::trim_start)
        .any(|part| part.starts_with("error="))
}

/// Whether a user name was sent or not makes the difference, and whether it could be.
pub(super) fn asks_to_sign_in(seen: &ProxySeen) -> Failure {
    let schemes = match seen.schemes.as_slice() {
        [] => "names no way to do so".to_owned(),
        some => format!("offers {}", some.join(", ")),
    };
    let proxy = &seen.proxy;
    let basic = |scheme: &String| scheme.eq_ignore_ascii_case("basic");
    if seen.signed_in && !seen.schemes.is_empty() && !seen.schemes.iter().any(basic) {
        let detail = format!(
            "{proxy}: wants its users to sign in; it {schemes}, and a user name with a password is none of these"
        );
        return Failure::new(Code::ProxyAuthRequired, detail);
    }
    if seen.signed_in {
        let detail = format!("{proxy}: did not accept the user name and password; it {schemes}");
        return Failure::new(Code::ProxyLoginRefused, detail);
    }
    let detail = format!("{proxy}: wants its users to sign in; it {schemes}");
    Failure::new(Code::ProxyAuthRequired, detail)
}

/// The schemes of a list of challenges: the words that no `=` follows (RFC 9110, section 11.3).
pub(super) fn challenges(value: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut quoted = false;
    let parts = value.split(|c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    });
    for part in parts {
        let word = part.split_whitespace().next().unwrap_or_default();
        let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        if !word.is_empty() && word.len() <= 40 && word.chars().all(token) {
            names.push(word.to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes_are_told_from_their_parameters() {
        let all = [
            ("Basic realm=\"a, b\"", vec!["Basic"]),
            (
                "Negotiate, NTLM, Basic realm=\"x\"",
                vec!["Negotiate", "NTLM", "Basic"],
            ),
            (
                "Digest realm=\"x\", nonce=\"n, m\", qop=auth",
                vec!["Digest"],
            ),
            (
                "Negotiate TlRMTVNTUAAB, Basic realm=\"y\"",
                vec!["Negotiate", "Basic"],
            ),
            ("", vec![]),
            ("=,\"", vec![]),
        ];
        for (value, expected) in all {
            assert_eq!(challenges(value), expected, "{value}");
        }
    }
}
