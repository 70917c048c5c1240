//! Why an exchange failed: from the types of errors down the chain of their causes, never from texts.

use std::error::Error;
use std::io;
use std::time::Duration;

use http::header;
use http::response::Parts;

use super::Connection;
use crate::code::Code;
use crate::net::failure::Failure;
use crate::net::tls::late_alert;

/// The connection's task ends right after the request's error, if it ends at all.
const REAL_REASON: Duration = Duration::from_millis(100);

pub(super) async fn before_the_head(error: &hyper::Error, connection: &mut Connection) -> Failure {
    let real = real_reason(connection).await;
    for error in real.iter().chain([error]) {
        if let Some(alert) = io_error(error).and_then(late_alert) {
            return alert;
        }
    }
    let closed = |error: &hyper::Error| error.is_incomplete_message() || io_error(error).is_some();
    if error.is_parse() || real.as_ref().is_some_and(hyper::Error::is_parse) {
        let error = real
            .as_ref()
            .filter(|real| real.is_parse())
            .unwrap_or(error);
        return Failure::new(Code::HttpProtocol, words(error));
    }
    if let Some(real) = real.iter().chain([error]).find(|error| closed(error)) {
        return Failure::new(Code::HttpEof, words(real));
    }
    if error.is_canceled() || error.is_closed() {
        let detail = "the connection ended before an answer";
        return Failure::new(Code::HttpEof, detail);
    }
    Failure::new(Code::HttpProtocol, words(error))
}

/// A body that ends with the connection is whole for every browser, even if TLS was not closed
/// first; one whose length was told is not.
pub(super) async fn within_the_body(
    error: &hyper::Error,
    head: &Parts,
    connection: &mut Connection,
) -> Result<(), Failure> {
    let delimited = head.version == http::Version::HTTP_2
        || head.headers.contains_key(header::CONTENT_LENGTH)
        || head.headers.contains_key(header::TRANSFER_ENCODING);
    let real = real_reason(connection).await;
    let cause = io_error(error).or_else(|| real.as_ref().and_then(io_error));
    if let Some(alert) = cause.and_then(late_alert) {
        return Err(alert);
    }
    let ended = cause.is_some_and(|cause| cause.kind() == io::ErrorKind::UnexpectedEof);
    if ended && !delimited {
        return Ok(());
    }
    Err(Failure::new(Code::HttpTruncated, words(error)))
}

async fn real_reason(connection: &mut Connection) -> Option<hyper::Error> {
    let ended = tokio::time::timeout(REAL_REASON, connection.join_next()).await;
    ended.ok()??.ok()?.err()
}

fn io_error(error: &hyper::Error) -> Option<&io::Error> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref() {
            return Some(io);
        }
        cause = error.source();
    }
    None
}

/// The error and its causes in one line.
fn words(error: &hyper::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    crate::net::text::printable(&text, 300)
}
