//! `CONNECT` (RFC 9110, section 9.3.6), written and read by hand: libraries lose the status, the schemes and the reason.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use zeroize::Zeroizing;

use super::{ProxySeen, Tunnel, closed};
use crate::code::Code;
use crate::net::failure::Failure;
use crate::net::pipe::Pipe;
use crate::net::proxy::Login;
use crate::net::secret::{Echoes, End};
use crate::net::text::{escaped, printable};

/// The longest head of an answer.
const HEAD: usize = 16 * 1024;
const FIELDS: usize = 200;
/// As much of what is no HTTP as is shown.
const SHOWN: usize = 64;
pub(super) const WORDS: usize = 200;
/// Before the value that signs in.
pub(super) const BASIC: &str = "Basic ";

pub(super) async fn ask(
    pipe: &mut Pipe,
    tunnel: &Tunnel,
    seen: &mut ProxySeen,
) -> Result<(), Failure> {
    let login = tunnel.proxy.login.as_ref();
    let request = written(&tunnel.to_string(), login);
    if let Err(error) = pipe.write_all(request.as_bytes()).await {
        return Err(closed(seen, Some(&error)));
    }
    // What TLS holds back until it is asked to send.
    if let Err(error) = pipe.flush().await {
        return Err(closed(seen, Some(&error)));
    }
    seen.signed_in = login.is_some();
    let echoes = echoes(login);
    let mut heads = 0;
    loop {
        let head = head(pipe, &echoes, seen).await?;
        heads += head.len();
        let words = describe(&head, &echoes, seen)?;
        // What comes before the answer itself (RFC 9110, section 15.2).
        let interim = matches!(seen.status, Some(100 | 102..=199)) && heads < HEAD;
        if !interim {
            return verdict(seen, &words);
        }
    }
}

fn written(target: &str, login: Option<&Login>) -> Zeroizing<String> {
    let agent = concat!("mdm-preflight/", env!("CARGO_PKG_VERSION"));
    let basic = login.map(basic).unwrap_or_default();
    // One allocation: a buffer that moved would leave a copy of the password behind.
    let mut request = Zeroizing::new(String::with_capacity(256 + 2 * target.len() + basic.len()));
    for part in [
        "CONNECT ",
        target,
        " HTTP/1.1\r\nHost: ",
        target,
        "\r\nUser-Agent: ",
        agent,
        "\r\n",
    ] {
        request.push_str(part);
    }
    if !basic.is_empty() {
        for part in ["Proxy-Authorization: ", basic.as_str(), "\r\n"] {
            request.push_str(part);
        }
    }
    request.push_str("\r\n");
    request
}

/// The value of a header that signs in (RFC 7617).
pub(super) fn basic(login: &Login) -> Zeroizing<String> {
    let (user, password) = (login.user.expose(), login.password.expose());
    let mut plain = Zeroizing::new(String::with_capacity(user.len() + 1 + password.len()));
    for part in [user, ":", password] {
        plain.push_str(part);
    }
    let mut value = Zeroizing::new(String::with_capacity(8 + plain.len() * 4 / 3 + 4));
    value.push_str(BASIC);
    STANDARD.encode_string(plain.as_bytes(), &mut value);
    value
}

/// Byte for byte, so that nothing of what follows the head is taken away from the tunnel.
async fn head(pipe: &mut Pipe, echoes: &Echoes, seen: &mut ProxySeen) -> Result<Vec<u8>, Failure> {
    let mut head = Vec::new();
    loop {
        match pipe.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                return Err(if head.is_empty() {
                    closed(seen, None)
                } else {
                    no_http(&head, echoes, seen)
                });
            }
            Err(error) => return Err(closed(seen, Some(&error))),
        }
        let begins = &b"HTTP/"[..head.len().min(5)];
        if !head.starts_with(begins) {
            // A few more bytes tell the reader what it is instead. More than are shown: of a sign-in that it repeats, the
            // second half alone is not known again.
            let mut more = [0; 16 * SHOWN];
            let rest =
                tokio::time::timeout(std::time::Duration::from_millis(100), pipe.read(&mut more));
            if let Ok(Ok(count)) = rest.await {
                head.extend_from_slice(&more[..count]);
            }
            return Err(no_http(&head, echoes, seen));
        }
        if head.ends_with(b"\r\n\r\n") || head.ends_with(b"\n\n") {
            return Ok(head);
        }
        if head.len() >= HEAD {
            return Err(no_http(&head, echoes, seen));
        }
    }
}

/// Of what was read for a moment only, nobody knows where it would have ended.
fn no_http(head: &[u8], echoes: &Echoes, seen: &mut ProxySeen) -> Failure {
    let head = &echoes.hidden(head, End::Cut);
    let shown = escaped(&head[..head.len().min(SHOWN)]);
    let detail = format!("{}: sent `{shown}` in answer to CONNECT", seen.proxy);
    seen.first_bytes = Some(shown);
    Failure::new(Code::ProxyProtocol, detail)
}

/// What an answer may repeat of the sign-in that the proxy was sent.
fn echoes(login: Option<&Login>) -> Echoes {
    let Some(login) = login else {
        return Echoes::of(&[]);
    };
    let basic = basic(login);
    let token = basic.trim_start_matches(BASIC);
    Echoes::of(&[token, login.password.expose()])
}

/// What of an answer tells whose it is.
struct Words {
    /// The proxy signed its refusal, by a field that no web server sends or by its name.
    signed: bool,
    location: Option<String>,
}

/// What it repeats is taken out of its texts only: a password may be a word of HTTP.
fn describe(head: &[u8], echoes: &Echoes, seen: &mut ProxySeen) -> Result<Words, Failure> {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS];
    let mut answer = httparse::Response::new(&mut fields);
    let mut tolerant = httparse::ParserConfig::default();
    // Old appliances write such heads.
    tolerant
        .allow_spaces_after_header_name_in_responses(true)
        .allow_obsolete_multiline_headers_in_responses(true);
    let parsed = tolerant.parse_response(&mut answer, head);
    // Of too many fields the first do.
    let whole = matches!(
        parsed,
        Ok(httparse::Status::Complete(_)) | Err(httparse::Error::TooManyHeaders)
    );
    if !whole || answer.code.is_none() {
        return Err(no_http(head, echoes, seen));
    }
    seen.status = answer.code;
    let clean = |value: &[u8]| {
        let clean = echoes.hidden(value, End::Whole);
        String::from_utf8_lossy(&clean).into_owned()
    };
    let first = |name: &str| {
        let field = answer
            .headers
            .iter()
            .find(|field| field.name.eq_ignore_ascii_case(name));
        field.map(|field| printable(&clean(field.value), WORDS))
    };
    let reason = answer.reason.map(|reason| clean(reason.as_bytes()));
    let words = reason.map(|reason| printable(reason.trim(), WORDS));
    let own = [first("proxy-status"), first("x-squid-error")];
    let by_status = own[0].as_deref().is_some_and(super::forward::is_error);
    let named = first("server").is_some_and(|server| super::forward::is_proxys_name(&server));
    let signed = by_status || own[1].is_some() || named;
    let said: Vec<String> = words
        .into_iter()
        .chain(own.into_iter().flatten())
        .filter(|words| !words.is_empty())
        .collect();
    seen.reason = (!said.is_empty()).then(|| said.join("; "));
    seen.software = first("via")
        .or_else(|| first("server"))
        .or_else(|| first("proxy-agent"));
    seen.schemes = schemes(answer.headers, clean);
    let location = first("location");
    Ok(Words { signed, location })
}

/// Each scheme has a header of its own, or several share one (RFC 9110, section 11.6.1).
fn schemes(fields: &[httparse::Header<'_>], clean: impl Fn(&[u8]) -> String) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for field in fields {
        if !field.name.eq_ignore_ascii_case("proxy-authenticate") {
            continue;
        }
        // A line that goes on below is one line.
        let value = clean(field.value).replace(['\r', '\n'], " ");
        for name in super::forward::challenges(&value) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

/// A web server that knows no `CONNECT` answers it with an error of its own: only what a proxy signs, or what no web server
/// has a reason to say, is a refusal.
fn verdict(seen: &ProxySeen, words: &Words) -> Result<(), Failure> {
    let status = seen.status.unwrap_or_default();
    if (200..300).contains(&status) {
        return Ok(());
    }
    let (proxy, target) = (&seen.proxy, &seen.target);
    // To its page that says why, or that asks who is there.
    if let (300..=399, Some(to)) = (status, &words.location) {
        let said = seen.said();
        let detail = format!("{proxy}: refuses {target}: {said}, and sends its reader to {to}");
        return Err(Failure::new(Code::ProxyDenied, detail));
    }
    let (code, detail) = match status {
        407 => return Err(super::forward::asks_to_sign_in(seen)),
        501 if !words.signed => not_of_a_proxy(seen),
        502..=504 => (
            Code::ProxyBadGateway,
            format!("{proxy}: could not reach {target}: {}", seen.said()),
        ),
        500..=501 => (
            Code::ProxyBadGateway,
            format!("{proxy}: failed to reach {target}: {}", seen.said()),
        ),
        300..=499 if words.signed || matches!(status, 403 | 429 | 451) => (
            Code::ProxyDenied,
            format!("{proxy}: refuses {target}: {}", seen.said()),
        ),
        _ => not_of_a_proxy(seen),
    };
    Err(Failure::new(code, detail))
}

fn not_of_a_proxy(seen: &ProxySeen) -> (Code, String) {
    let (proxy, target) = (&seen.proxy, &seen.target);
    let detail = format!("{proxy}: answers CONNECT {target} with {}", seen.said());
    (Code::ProxyProtocol, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::proxy::{Origin, Proxy};
    use crate::net::secret::Secret;

    /// What is known of a proxy that answers so after a sign-in with this password.
    fn described(answer: &str, password: &str) -> (ProxySeen, Result<(), Failure>) {
        let login = Login {
            user: Secret::new("bob".to_owned()),
            password: Secret::new(password.to_owned()),
        };
        let token = basic(&login).trim_start_matches(BASIC).to_owned();
        let head = format!("HTTP/1.1 {answer}\r\n\r\n").replace("TOKEN", &token);
        let proxy = Proxy::parse("http://127.0.0.1:3128", Origin::Option).expect("a proxy");
        let mut seen = ProxySeen::new(&proxy, "CONNECT", "peer.example:5223".to_owned());
        let words = describe(head.as_bytes(), &echoes(Some(&login)), &mut seen);
        (seen, words.map(|_| ()))
    }

    #[test]
    fn what_a_proxy_repeats_of_the_sign_in_is_not_shown() {
        let (seen, _) = described("403 No TOKEN\r\nVia: hunter2x, TOKEN", "hunter2x");
        assert_eq!(seen.reason.as_deref(), Some("No (not shown)"));
        assert_eq!(seen.software.as_deref(), Some("(not shown), (not shown)"));
    }

    #[test]
    fn a_short_password_is_hidden_where_it_is_a_word() {
        let (seen, _) = described("403 not1\r\nVia: not10 anot1 (not1)", "not1");
        assert_eq!(seen.reason.as_deref(), Some("(not shown)"));
        let software = seen.software.as_deref();
        assert_eq!(software, Some("not10 anot1 ((not shown))"));
    }

    #[test]
    fn a_password_that_is_a_word_of_http_changes_no_answer() {
        for password in ["407", "HTTP", "Proxy-Authenticate"] {
            let answer =
                "407 Sign in with HTTP, 407\r\nProxy-Authenticate: Negotiate, Basic realm=\"x\"";
            let (seen, end) = described(answer, password);
            assert!(end.is_ok(), "{password}: {seen:?}");
            assert_eq!(seen.status, Some(407), "{password}");
            assert_eq!(seen.schemes, ["Negotiate", "Basic"], "{password}");
        }
    }
}
