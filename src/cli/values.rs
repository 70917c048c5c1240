//! How a word of the command line becomes a value, and what is said when it does not.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::finding::{Expectation, Verdict};
use crate::net::endpoint::{Host, address_and_port};
use crate::net::secret::is_identifier;
use crate::net::trust::StoreName;

pub(super) fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE".to_owned()),
    }
}

/// A GUID, as Entra shows it.
pub(super) fn client_id(text: &str) -> Result<String, String> {
    if is_identifier(text) {
        return Ok(text.to_ascii_lowercase());
    }
    Err(
        "expected the application (client) id, such as 00000000-0000-0000-0000-000000000000"
            .to_owned(),
    )
}

pub(super) fn expectation(text: &str) -> Result<Expectation, String> {
    let known = Expectation::ALL.into_iter().find(|one| one.name() == text);
    known.ok_or_else(|| {
        let names = Expectation::ALL.map(Expectation::name);
        format!("expected one of {}", names.join(", "))
    })
}

pub(super) fn dns_server(text: &str) -> Result<SocketAddr, String> {
    address_and_port(text, 53).map_err(|error| error.to_string())
}

pub(super) fn resolve(text: &str) -> Result<(String, IpAddr), String> {
    let (host, address) = text.split_once(':').ok_or("expected HOST:ADDR")?;
    let host: Host = host.parse().map_err(|error| format!("{error}"))?;
    let address: Host = address.parse().map_err(|error| format!("{error}"))?;
    match (host, address) {
        (Host::Name(name), Host::Address(address)) => Ok((name, address)),
        _ => Err("expected a host name, a colon and a numeric address".to_owned()),
    }
}

pub(super) fn roots(text: &str) -> Result<(StoreName, PathBuf), String> {
    let (store, file) = text.split_once('=').ok_or("expected STORE=FILE")?;
    match store.parse() {
        Ok(StoreName::JamfCa) | Err(_) => Err(format!(
            "`{store}` is none of the stores public, apple and system"
        )),
        Ok(store) => Ok((store, PathBuf::from(file))),
    }
}

/// `3s`, `500ms`, `1m30s`, `3.3s`: at least a millisecond, at most a day.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let duration = time(text)?;
    if duration < Duration::from_millis(1) || duration > Duration::from_secs(86_400) {
        return Err("it must be between 1ms and 24h".to_owned());
    }
    Ok(duration)
}

fn time(text: &str) -> Result<Duration, String> {
    let span: jiff::SignedDuration = text
        .parse()
        .map_err(|_| "expected a duration such as 3s, 500ms or 2m".to_owned())?;
    Duration::try_from(span).map_err(|_| "it must not be negative".to_owned())
}

/// What `--until` waits for.
pub(super) fn goal(text: &str) -> Result<Verdict, String> {
    match text {
        "pass" => Ok(Verdict::Pass),
        "fail" => Ok(Verdict::Fail),
        _ => Err("expected pass or fail".to_owned()),
    }
}

/// Between two runs; the peers are other people's servers.
pub(super) fn pause(text: &str) -> Result<Duration, String> {
    let pause = duration(text)?;
    if pause < Duration::from_secs(1) {
        return Err("it must be at least 1s".to_owned());
    }
    Ok(pause)
}

/// What no firewall forgets tells nothing, and the longest time-out that is demanded of one is 2 h 4 min.
pub(super) fn silence(text: &str) -> Result<Duration, String> {
    let silence = time(text)?;
    if silence < Duration::from_secs(1) || silence > Duration::from_secs(3 * 3600) {
        return Err("it must be between 1s and 3h".to_owned());
    }
    Ok(silence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_write_them() {
        for (text, ms) in [
            ("3s", 3000),
            ("500ms", 500),
            ("3.3s", 3300),
            ("1m30s", 90_000),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for wrong in ["", "3", "-1s", "0s", "2d", "x"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
