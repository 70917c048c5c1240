//! How a handshake failed: from the types of errors, the first bytes and the kernel's counters, never from texts.

use std::io;
use std::time::Duration;

use rustls::{AlertDescription, Error, PeerIncompatible};

use super::TlsSeen;
use super::recorder::{Record, Wire, look};
use crate::code::Code;
use crate::net::failure::Failure;
use crate::net::text::escaped;

/// Alerts that a client with fewer ciphers, groups and versions than a Mac can bring on itself:
/// `handshake_failure`, `protocol_version`, `insufficient_security`.
const OURS: [u8; 3] = [40, 70, 71];

pub(super) fn describe_wire(record: &Record, seen: &mut TlsSeen) {
    let wire = look(record);
    seen.received = wire.received;
    if not_tls(&wire) {
        seen.first_bytes = Some(escaped(&wire.first));
    }
    let Some(after) = wire.after else {
        // A clean end leaves no counters behind, but an answer is a confirmation.
        seen.acked = (wire.received > 0).then_some(true);
        return;
    };
    // Before the hello, a tunnel's request may have been confirmed already.
    let before = wire.before.map_or(1, |before| before.bytes_acked.max(1));
    let confirmed = after.bytes_acked > before && after.unacked == 0;
    seen.acked = Some(wire.received > 0 || confirmed);
    seen.retransmits = u32::try_from(after.retransmits).ok();
}

/// `None` is the end of our patience.
pub(super) fn failure(
    error: Option<io::Error>,
    record: &Record,
    patience: Duration,
    seen: &mut TlsSeen,
) -> Failure {
    let wire = look(record);
    if not_tls(&wire) {
        let shown = escaped(&wire.first);
        return Failure::new(Code::TlsNotTls, format!("the peer sent `{shown}`"));
    }
    let Some(error) = error else {
        return silent(&wire, patience);
    };
    match rustls_error(&error) {
        Some(Error::AlertReceived(alert)) => {
            seen.alert = Some(u8::from(*alert));
            return Failure::new(alert_code(*alert), alert_text(*alert));
        }
        Some(Error::PeerIncompatible(PeerIncompatible::ExtendedMasterSecretExtensionRequired)) => {
            let detail = "the peer chose TLS 1.2 without extended master secret";
            return Failure::new(Code::TlsBelowAts, detail);
        }
        Some(other) => return Failure::new(Code::TlsOther, other.to_string()),
        None => {}
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Failure::new(Code::TlsEof, eof(&wire)),
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe => reset(&wire, &error),
        io::ErrorKind::TimedOut => silent(&wire, patience),
        _ => Failure::new(Code::TlsOther, error.to_string()),
    }
}

fn silent(wire: &Wire, patience: Duration) -> Failure {
    let waited = format!("in {:.1} s", patience.as_secs_f64());
    let received = match wire.received {
        0 => "no answer".to_owned(),
        bytes => format!("{bytes} bytes, then no more"),
    };
    match wire.after {
        Some(now) if now.unacked > 0 => {
            let again = now.retransmits;
            let detail =
                format!("{received} {waited}; what was sent is unconfirmed after {again} repeats");
            Failure::new(Code::TlsSilentPath, detail)
        }
        Some(_) => {
            let detail = format!("{received} {waited}; the peer confirmed what was sent");
            Failure::new(Code::TlsSilentPeer, detail)
        }
        None => Failure::new(Code::TlsSilent, format!("{received} {waited}")),
    }
}

fn reset(wire: &Wire, error: &io::Error) -> Failure {
    let before = wire.before.map_or(1, |before| before.bytes_acked.max(1));
    match wire.after {
        Some(now) if now.bytes_acked <= before && wire.received == 0 => {
            let detail = "reset before the peer confirmed the hello";
            Failure::new(Code::TlsResetPath, detail)
        }
        Some(_) => {
            let detail = "reset after the peer confirmed the hello";
            Failure::new(Code::TlsResetPeer, detail)
        }
        None => Failure::new(Code::TlsReset, error.to_string()),
    }
}

fn eof(wire: &Wire) -> String {
    match wire.received {
        0 => "closed without an answer to the hello".to_owned(),
        bytes => format!("closed during the handshake, after {bytes} bytes"),
    }
}

/// Whether the peer's first bytes cannot begin a TLS record.
fn not_tls(wire: &Wire) -> bool {
    match wire.first.as_slice() {
        [] => false,
        // An alert or a handshake, of a version that begins with 3.
        [kind, rest @ ..] => {
            !matches!(kind, 0x15 | 0x16) || rest.first().is_some_and(|major| *major != 3)
        }
    }
}

/// An alert that arrives after the handshake: with TLS 1.3 a peer refuses a missing client
/// certificate only then, and whoever uses the connection gets it as an error of reading.
pub fn late_alert(error: &io::Error) -> Option<Failure> {
    match rustls_error(error) {
        Some(Error::AlertReceived(alert)) => {
            let detail = format!("{}, after the handshake", alert_text(*alert));
            Some(Failure::new(Code::TlsAlert, detail))
        }
        _ => None,
    }
}

fn rustls_error(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

fn alert_code(alert: AlertDescription) -> Code {
    if OURS.contains(&u8::from(alert)) {
        Code::TlsAlertOurs
    } else {
        Code::TlsAlert
    }
}

/// Such as `alert 40 handshake_failure`, in the words of the standard.
fn alert_text(alert: AlertDescription) -> String {
    let number = u8::from(alert);
    match alert {
        AlertDescription::UnknownCA => format!("alert {number} unknown_ca"),
        AlertDescription::UnrecognisedName => format!("alert {number} unrecognized_name"),
        AlertDescription::UnknownPSKIdentity => format!("alert {number} unknown_psk_identity"),
        _ => match alert.as_str() {
            Some(name) => format!("alert {number} {}", snake(name)),
            None => format!("alert {number}"),
        },
    }
}

fn snake(name: &str) -> String {
    let mut text = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(character.to_ascii_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::platform::TcpInfo;

    const fn info(bytes_acked: u64, unacked: u64, retransmits: u64) -> TcpInfo {
        TcpInfo {
            rtt_us: 1000,
            bytes_acked,
            unacked,
            retransmits,
        }
    }

    /// The measured table: a hello of 517 bytes, and the counters when it was over.
    #[test]
    fn the_kernels_counters_tell_whether_the_hello_arrived() {
        let quiet = |after| {
            let wire = Wire {
                before: Some(info(1, 0, 0)),
                after,
                ..Wire::default()
            };
            let silent = silent(&wire, Duration::from_secs(2)).code;
            let reset = reset(&wire, &io::ErrorKind::ConnectionReset.into()).code;
            (silent.name(), reset.name())
        };
        let (path, peer) = (Some(info(1, 1, 3)), Some(info(518, 0, 0)));
        assert_eq!(quiet(path), ("tls_silent_path", "tls_reset_path"));
        assert_eq!(quiet(peer), ("tls_silent_peer", "tls_reset_peer"));
        // Where the system does not count, nobody is blamed.
        assert_eq!(quiet(None), ("tls_silent", "tls_reset"));
    }

    /// A kernel may report other errors than an end and a reset, such as a late ICMP message.
    #[test]
    fn an_error_that_is_neither_an_end_nor_a_reset_keeps_its_own_words() {
        let late = io::Error::from(io::ErrorKind::HostUnreachable);
        let words = late.to_string();
        let mut seen = TlsSeen::default();
        let failure = failure(
            Some(late),
            &Record::default(),
            Duration::from_secs(2),
            &mut seen,
        );
        assert_eq!((failure.code, failure.detail), (Code::TlsOther, words));
    }
}
