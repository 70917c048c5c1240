//! The 48 bytes of an SNTP message, as RFC 4330 lays them out.

use std::net::Ipv4Addr;

/// A client's question, version 4; the mark stands where the client's time would.
pub(super) fn request(cookie: u64) -> [u8; 48] {
    let mut bytes = [0; 48];
    bytes[0] = 4 << 3 | 3;
    bytes[40..].copy_from_slice(&cookie.to_be_bytes());
    bytes
}

/// What a server answered; times in seconds since 1970.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reply {
    pub(super) alarm: bool,
    pub(super) stratum: u8,
    pub(super) reference: String,
    /// In seconds.
    pub(super) root_delay: f64,
    pub(super) root_dispersion: f64,
    pub(super) received: f64,
    pub(super) sent: f64,
}

/// Why a datagram is no answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Unfit {
    /// Not of a server, or too short, or without its time.
    Malformed,
    /// To another question.
    Foreign,
}

/// The answer, and to which of the questions.
pub(super) fn reply(bytes: &[u8], cookies: &[u64]) -> Result<(usize, Reply), Unfit> {
    let Some(bytes) = bytes.first_chunk::<48>() else {
        return Err(Unfit::Malformed);
    };
    let (leap, version, mode) = (bytes[0] >> 6, bytes[0] >> 3 & 7, bytes[0] & 7);
    if mode != 4 || version == 0 {
        return Err(Unfit::Malformed);
    }
    let origin = long(bytes, 24);
    let Some(which) = cookies.iter().position(|cookie| *cookie == origin) else {
        return Err(Unfit::Foreign);
    };
    let stratum = bytes[1];
    let (received, sent) = (long(bytes, 32), long(bytes, 40));
    // A refusal by name, of stratum 0, need not tell the time.
    if stratum != 0 && (received == 0 || sent == 0) {
        return Err(Unfit::Malformed);
    }
    Ok((
        which,
        Reply {
            alarm: leap == 3,
            stratum,
            reference: reference(stratum, [bytes[12], bytes[13], bytes[14], bytes[15]]),
            root_delay: short(bytes, 4),
            root_dispersion: short(bytes, 8),
            received: unix(received),
            sent: unix(sent),
        },
    ))
}

fn word(bytes: &[u8; 48], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn long(bytes: &[u8; 48], at: usize) -> u64 {
    u64::from(word(bytes, at)) << 32 | u64::from(word(bytes, at + 4))
}

/// A short time: sixteen bits of seconds, sixteen of their parts.
fn short(bytes: &[u8; 48], at: usize) -> f64 {
    f64::from(word(bytes, at)) / 65_536.0
}

/// A time that begins with a zero bit lies after 2036, by the convention of RFC 4330, section 3.
fn unix(time: u64) -> f64 {
    const FROM_1900_TO_1970: f64 = 2_208_988_800.0;
    const ERA: f64 = 4_294_967_296.0;
    let half = |bits: u64| u32::try_from(bits & u64::from(u32::MAX)).unwrap_or_default();
    let (seconds, parts) = (half(time >> 32), half(time));
    let era = if seconds >> 31 == 0 { ERA } else { 0.0 };
    f64::from(seconds) + era - FROM_1900_TO_1970 + f64::from(parts) / ERA
}

/// A primary server names its source, and a refusal its reason, by letters; any other names the address that it follows.
fn reference(stratum: u8, id: [u8; 4]) -> String {
    let letters = id.iter().take_while(|byte| **byte != 0);
    let letters: String = letters.map(|byte| char::from(*byte)).collect();
    let named = !letters.is_empty() && letters.chars().all(|letter| letter.is_ascii_graphic());
    if stratum < 2 && named {
        return letters;
    }
    Ipv4Addr::from(id).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a server sends that follows a GPS clock, at 2026-11-25T12:00:00.5Z.
    fn answer(cookie: u64) -> [u8; 48] {
        let mut bytes = [0; 48];
        bytes[0] = 4 << 3 | 4;
        bytes[1] = 1;
        bytes[4..8].copy_from_slice(&0x0000_8000_u32.to_be_bytes());
        bytes[8..12].copy_from_slice(&0x0000_4000_u32.to_be_bytes());
        bytes[12..16].copy_from_slice(b"GPS\0");
        bytes[24..32].copy_from_slice(&cookie.to_be_bytes());
        let seconds = 1_795_608_000_u64 + 2_208_988_800;
        let time = (seconds << 32 | 0x8000_0000).to_be_bytes();
        bytes[32..40].copy_from_slice(&time);
        bytes[40..48].copy_from_slice(&time);
        bytes
    }

    #[test]
    fn an_answer_is_read_field_by_field() {
        let (which, reply) = reply(&answer(7), &[3, 7]).expect("an answer");
        assert_eq!(which, 1);
        assert_eq!(reply.reference, "GPS");
        assert_eq!((reply.stratum, reply.alarm), (1, false));
        assert!(
            (reply.sent - 1_795_608_000.5).abs() < 1e-6,
            "{}",
            reply.sent
        );
        assert!((reply.root_delay - 0.5).abs() < 1e-9);
        assert!((reply.root_dispersion - 0.25).abs() < 1e-9);
    }

    #[test]
    fn what_is_no_answer_to_us_is_told_apart_from_what_is_no_answer() {
        let good = answer(7);
        assert_eq!(reply(&good, &[8]), Err(Unfit::Foreign));
        assert_eq!(reply(&good[..47], &[7]), Err(Unfit::Malformed));
        assert_eq!(reply(&request(7), &[7]), Err(Unfit::Malformed));
        let mut timeless = good;
        timeless[40..].fill(0);
        assert_eq!(reply(&timeless, &[7]), Err(Unfit::Malformed));
        timeless[1] = 0;
        timeless[12..16].copy_from_slice(b"RATE");
        let (_, kiss) = reply(&timeless, &[7]).expect("a refusal by name");
        assert_eq!(kiss.reference, "RATE");
    }

    #[test]
    fn the_time_goes_on_after_the_seconds_begin_anew() {
        assert!((unix(1) - 2_085_978_496.0).abs() < 1e-3, "2036-02-07");
        assert!((unix(1 << 63) + 61_505_152.0).abs() < 1e-3, "1968-01-20");
    }

    proptest::proptest! {
        #[test]
        fn no_datagram_ends_the_reader(bytes in proptest::collection::vec(0_u8..=255, 0..80)) {
            let _ = reply(&bytes, &[1, 2]);
        }
    }
}
