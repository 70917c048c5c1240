//! One request on a connection that is already open. Redirects are seen, never followed.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;
use tokio::time::timeout;
use zeroize::Zeroize as _;

use super::failure::Failure;
use super::secret::{Credential, Secret, conceal};
use crate::code::Code;

mod answer;
mod ending;

/// More than any honest peer sends, and little enough for many exchanges at once.
const HEAD_BYTES: usize = 64 * 1024;
const HEAD_FIELDS: usize = 200;

/// One request. Two that are equal need only be sent once.
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct Request {
    pub method: String,
    /// The authority: host, and port if it is not the scheme's own.
    pub host: String,
    /// Path and query; a whole URL where a forward proxy is asked over HTTP/1.
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<Vec<u8>>,
    /// A secret that is written into it, once the peer is known to be the right one.
    pub credential: Option<Credential>,
}

/// Headers and bodies carry secrets; a log gets their number only.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.split('?').next();
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("host", &self.host)
            .field("path", &path)
            .field("headers", &self.headers.len())
            .field("body", &self.body.as_ref().map(Vec::len))
            .field("credential", &self.credential.is_some())
            .finish()
    }
}

/// How long and how much.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct HttpOptions {
    /// From the start of the exchange to the end of the answer's head.
    pub headers_timeout: Duration,
    pub body_timeout: Duration,
    /// The longest body that is read.
    pub limit: usize,
    /// Whether the body is kept to its end.
    pub whole: bool,
}

impl HttpOptions {
    pub const STANDARD: Self = Self {
        headers_timeout: Duration::from_secs(5),
        body_timeout: Duration::from_secs(5),
        limit: 1024 * 1024,
        whole: false,
    };
}

/// What an exchange showed, however it ended.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct HttpSeen {
    pub ms: f64,
    /// When the head of the answer was there.
    pub headers_ms: Option<f64>,
    pub status: Option<u16>,
    /// Such as `HTTP/1.1` or `HTTP/2`.
    pub version: Option<String>,
    pub server: Option<String>,
    pub date: Option<String>,
    /// The peer's clock minus ours, in seconds.
    pub date_skew_s: Option<i64>,
    /// Names in lower case; cookies are named but not shown.
    pub headers: BTreeMap<String, String>,
    pub content_type: Option<String>,
    pub location: Option<String>,
    /// The same in full, to be followed.
    #[serde(skip)]
    pub leads_to: Option<String>,
    pub body_bytes: usize,
    /// The first 4 KiB.
    #[serde(skip)]
    pub body: Option<String>,
    /// All of it, where that was asked for.
    #[serde(skip)]
    pub whole: Option<Vec<u8>>,
    /// The whole body, if it is JSON.
    #[serde(skip)]
    pub json: Option<serde_json::Value>,
    /// Of an HTML page.
    pub title: Option<String>,
    /// What the answer granted to a request with a credential.
    #[serde(skip)]
    pub token: Option<Secret>,
}

/// This machine's clock, against which the peer's `Date` is held.
#[expect(
    clippy::disallowed_methods,
    reason = "a skew is a difference of two clocks"
)]
fn now() -> SystemTime {
    SystemTime::now()
}

/// Sends the request and reads the answer, both within their own budgets.
pub async fn exchange<IO>(
    io: IO,
    h2: bool,
    request: &Request,
    options: &HttpOptions,
) -> (HttpSeen, Result<(), Failure>)
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut seen = HttpSeen::default();
    let started = Instant::now();
    let end = run(io, h2, request, options, started, &mut seen).await;
    seen.ms = milliseconds(started);
    (seen, end)
}

/// The connection's own task. It knows the real reason when a request fails, and ends with the set.
type Connection = JoinSet<Result<(), hyper::Error>>;

async fn run<IO>(
    io: IO,
    h2: bool,
    request: &Request,
    options: &HttpOptions,
    started: Instant,
    seen: &mut HttpSeen,
) -> Result<(), Failure>
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let message = message(request, h2)?;
    let mut connection = Connection::new();
    let sending = async {
        if h2 {
            send_h2(io, message, &mut connection).await
        } else {
            send_h1(io, message, &mut connection).await
        }
    };
    let asked = now();
    let Ok(answer) = timeout(options.headers_timeout, sending).await else {
        let waited = options.headers_timeout.as_secs_f64();
        let detail = format!("no complete answer head in {waited:.1} s");
        return Err(Failure::new(Code::HttpTimeoutHeaders, detail));
    };
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return Err(ending::before_the_head(&error, &mut connection).await),
    };
    seen.headers_ms = Some(milliseconds(started));
    let middle = asked + asked.elapsed().unwrap_or_default() / 2;
    let (head, body) = answer.into_parts();
    answer::describe_head(&head, middle, seen);
    let mut taken = answer::take_body(body, options).await;
    answer::describe_body(&taken, seen, request.credential.is_some());
    if options.whole {
        seen.whole = Some(taken.bytes.clone());
    }
    if let Some(credential) = &request.credential {
        taken.bytes.zeroize();
        conceal(&credential.secret, seen);
    }
    match taken.end {
        answer::End::Failed(error) => ending::within_the_body(&error, &head, &mut connection).await,
        answer::End::Whole => Ok(()),
        answer::End::TooLarge => {
            let detail = format!("the body is longer than {} bytes", options.limit);
            Err(Failure::new(Code::HttpBodyTooLarge, detail))
        }
        answer::End::TimedOut => {
            let (bytes, waited) = (seen.body_bytes, options.body_timeout.as_secs_f64());
            let detail = format!("{bytes} bytes of the body in {waited:.1} s, and no end");
            Err(Failure::new(Code::HttpTimeoutBody, detail))
        }
    }
}

type Message = http::Request<Full<Bytes>>;

async fn send_h1<IO>(
    io: IO,
    message: Message,
    connection: &mut Connection,
) -> Result<http::Response<Incoming>, hyper::Error>
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, task) = http1::Builder::new()
        .max_buf_size(HEAD_BYTES)
        .max_headers(HEAD_FIELDS)
        // Old appliances write such heads, and every browser reads them.
        .allow_spaces_after_header_name_in_responses(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .handshake(TokioIo::new(io))
        .await?;
    connection.spawn(task);
    sender.send_request(message).await
}

async fn send_h2<IO>(
    io: IO,
    message: Message,
    connection: &mut Connection,
) -> Result<http::Response<Incoming>, hyper::Error>
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, task) = http2::Builder::new(TokioExecutor::new())
        .max_header_list_size(u32::try_from(HEAD_BYTES).unwrap_or(u32::MAX))
        .handshake(TokioIo::new(io))
        .await?;
    connection.spawn(task);
    sender.send_request(message).await
}

fn message(request: &Request, h2: bool) -> Result<Message, Failure> {
    // HTTP/2 carries scheme and authority in the request, HTTP/1 the authority in a header.
    let uri = if h2 && request.path.starts_with('/') {
        format!("https://{}{}", request.host, request.path)
    } else {
        request.path.clone()
    };
    let mut builder = http::Request::builder()
        .method(request.method.as_str())
        .uri(uri);
    if !h2 {
        builder = builder.header(http::header::HOST, &request.host);
    }
    let ours = [
        (
            "user-agent",
            concat!("mdm-preflight/", env!("CARGO_PKG_VERSION")),
        ),
        ("accept", "*/*"),
    ];
    for (name, value) in ours {
        let given = request
            .headers
            .iter()
            .any(|(given, _)| given.eq_ignore_ascii_case(name));
        if !given {
            builder = builder.header(name, value);
        }
    }
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    let mut body = Bytes::from(request.body.clone().unwrap_or_default());
    if let Some(credential) = &request.credential {
        match credential.authorization() {
            Some(Ok(value)) => builder = builder.header(http::header::AUTHORIZATION, value),
            Some(Err(_)) => {
                let detail = "the token has a character that no header can carry";
                return Err(Failure::new(Code::HttpCredentialUnfit, detail));
            }
            None => body = credential.body(&body),
        }
    }
    builder.body(Full::new(body)).map_err(|error| {
        let detail = format!("this request cannot be written: {error}");
        Failure::new(Code::LocalInternal, detail)
    })
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

#[cfg(all(test, feature = "demo"))]
mod tests;
