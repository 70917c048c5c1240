//! Head and body of an answer, bounded and safe to show.

use std::time::SystemTime;

use bytes::Bytes;
use http::header;
use http::response::Parts;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::time::timeout;

use super::{HttpOptions, HttpSeen};
use crate::net::text::printable;

const FIELDS: usize = 64;
const VALUE_LENGTH: usize = 512;
const BODY_SHOWN: usize = 4096;
const USUAL_BODY: usize = 16 * 1024;
/// A title stands near the beginning of its page.
const TITLE_SEARCHED: usize = 64 * 1024;
const TITLE_LENGTH: usize = 200;

/// How the reading of a body ended.
pub(super) enum End {
    Whole,
    TooLarge,
    TimedOut,
    Failed(hyper::Error),
}

/// As much of a body as there was.
pub(super) struct Taken {
    pub(super) bytes: Vec<u8>,
    pub(super) end: End,
}

/// `at` is our clock's time in the middle of the exchange.
pub(super) fn describe_head(head: &Parts, at: SystemTime, seen: &mut HttpSeen) {
    seen.status = Some(head.status.as_u16());
    seen.version = Some(match head.version {
        http::Version::HTTP_2 => "HTTP/2".to_owned(),
        other => format!("{other:?}"),
    });
    for name in head.headers.keys().take(FIELDS) {
        let shown = printable(name.as_str(), VALUE_LENGTH);
        seen.headers.insert(shown, field(head, name));
    }
    let named =
        |name: header::HeaderName| head.headers.contains_key(&name).then(|| field(head, &name));
    seen.server = named(header::SERVER);
    seen.content_type = named(header::CONTENT_TYPE);
    seen.location = named(header::LOCATION);
    let location = head.headers.get(header::LOCATION);
    seen.leads_to = location.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    seen.date = named(header::DATE);
    seen.date_skew_s = seen.date.as_deref().and_then(|date| skew(date, at));
}

fn field(head: &Parts, name: &header::HeaderName) -> String {
    // A session's cookie is a secret, however short its life.
    if name == header::SET_COOKIE {
        return "(not shown)".to_owned();
    }
    let values = head.headers.get_all(name).iter().take(FIELDS);
    let texts: Vec<_> = values
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    printable(&texts.join(", "), VALUE_LENGTH)
}

/// Seconds that the peer's clock is ahead of ours.
fn skew(date: &str, at: SystemTime) -> Option<i64> {
    let peer = httpdate::parse_http_date(date).ok()?;
    let seconds = |time: SystemTime| match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => after.as_secs_f64(),
        Err(before) => -before.duration().as_secs_f64(),
    };
    // The header drops the fraction of its second: on average half of one.
    let ahead = (seconds(peer) + 0.5 - seconds(at)).round();
    #[expect(clippy::cast_possible_truncation, reason = "dates of four-digit years")]
    let ahead = ahead as i64;
    Some(ahead)
}

pub(super) async fn take_body(mut body: Incoming, options: &HttpOptions) -> Taken {
    // Where a token is in it, the buffer seldom moves and leaves a copy behind.
    let mut bytes = Vec::with_capacity(USUAL_BODY);
    let reading = read(&mut body, options.limit, &mut bytes);
    let end = timeout(options.body_timeout, reading).await;
    Taken {
        end: end.unwrap_or(End::TimedOut),
        bytes,
    }
}

async fn read(body: &mut Incoming, limit: usize, bytes: &mut Vec<u8>) -> End {
    while let Some(frame) = body.frame().await {
        let data = match frame {
            Ok(frame) => frame.into_data().unwrap_or_else(|_| Bytes::new()),
            Err(error) => return End::Failed(error),
        };
        let room = limit.saturating_sub(bytes.len());
        bytes.extend(data.iter().take(room));
        if data.len() > room {
            return End::TooLarge;
        }
    }
    End::Whole
}

/// An answer in which a secret may stand gives no text of its body.
pub(super) fn describe_body(taken: &Taken, seen: &mut HttpSeen, secret: bool) {
    let bytes = taken.bytes.as_slice();
    seen.body_bytes = bytes.len();
    if bytes.is_empty() {
        return;
    }
    if !secret {
        let start = &bytes[..bytes.len().min(BODY_SHOWN)];
        seen.body = Some(printable(&String::from_utf8_lossy(start), BODY_SHOWN));
    }
    // A connection that ends without ceremony may still have brought a whole document.
    if matches!(taken.end, End::Whole | End::Failed(_)) {
        seen.json = serde_json::from_slice(bytes).ok();
    }
    let declared = seen.content_type.as_deref().unwrap_or_default();
    let html = declared.to_ascii_lowercase().contains("html")
        || bytes.trim_ascii_start().starts_with(b"<");
    if html {
        seen.title = title(&bytes[..bytes.len().min(TITLE_SEARCHED)]);
    }
}

fn title(page: &[u8]) -> Option<String> {
    let page = String::from_utf8_lossy(page);
    // ASCII only, so that positions stay those of the page.
    let lower = page.to_ascii_lowercase();
    let tag = lower.find("<title")?;
    let from = tag + lower[tag..].find('>')? + 1;
    let to = from + lower[from..].find("</title")?;
    let words: Vec<_> = page[from..to].split_whitespace().collect();
    (!words.is_empty()).then(|| printable(&words.join(" "), TITLE_LENGTH))
}
