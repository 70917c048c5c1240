//! The lab's time servers: each answers a question of SNTP as its world says, from this machine's own clock.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use tokio::net::UdpSocket;
use tokio::task::JoinSet;

use super::world::Timekeeping;

/// From 1900, where NTP counts from, to 1970.
const TO_1970: u64 = 2_208_988_800;

/// Opens a server and says where it is; where nothing is to listen, the port is free again.
pub(super) async fn open(
    at: SocketAddr,
    keeping: Timekeeping,
    tasks: &mut JoinSet<()>,
) -> io::Result<SocketAddr> {
    let socket = UdpSocket::bind(at).await?;
    let real = socket.local_addr()?;
    if keeping != Timekeeping::Refuses {
        tasks.spawn(serve(socket, keeping));
    }
    Ok(real)
}

async fn serve(socket: UdpSocket, keeping: Timekeeping) {
    let mut buffer = [0; 512];
    loop {
        // On some systems an earlier client that has left shows here as an error.
        let Ok((length, client)) = socket.recv_from(&mut buffer).await else {
            continue;
        };
        if let Some(answer) = answer(&buffer[..length], keeping, now()) {
            // A client that has left is an everyday event.
            socket.send_to(&answer, client).await.ok();
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a time server has a clock of its own"
)]
fn now() -> SystemTime {
    SystemTime::now()
}

/// The answer to a question, if it is one and the server has an answer.
fn answer(asked: &[u8], keeping: Timekeeping, now: SystemTime) -> Option<[u8; 48]> {
    let asked = asked.first_chunk::<48>()?;
    let (version, mode) = (asked[0] >> 3 & 7, asked[0] & 7);
    if mode != 3 || !(1..=4).contains(&version) {
        return None;
    }
    let ahead = match keeping {
        Timekeeping::Silent | Timekeeping::Refuses => return None,
        Timekeeping::Tells(ahead) => ahead,
        Timekeeping::Declines | Timekeeping::Unset | Timekeeping::Forged => Duration::ZERO,
    };
    let mut bytes = [0; 48];
    bytes[0] = version << 3 | 4;
    bytes[1] = 1;
    // It polls its source every 64 s and knows the time to a microsecond.
    bytes[2..4].copy_from_slice(&[6, 0xec]);
    bytes[8..12].copy_from_slice(&66_u32.to_be_bytes());
    bytes[12..16].copy_from_slice(b"GPSs");
    bytes[24..32].copy_from_slice(&asked[40..48]);
    let time = stamp(now + ahead);
    for at in [16, 32, 40] {
        bytes[at..at + 8].copy_from_slice(&time);
    }
    match keeping {
        Timekeeping::Declines => {
            bytes[0] |= 3 << 6;
            bytes[1] = 0;
            bytes[12..16].copy_from_slice(b"RATE");
        }
        Timekeeping::Unset => {
            bytes[0] |= 3 << 6;
            bytes[1] = 16;
            bytes[12..16].fill(0);
        }
        Timekeeping::Forged => bytes[31] ^= 1,
        Timekeeping::Tells(_) | Timekeeping::Silent | Timekeeping::Refuses => {}
    }
    Some(bytes)
}

/// Seconds since 1900, and 2^32 parts of one.
fn stamp(time: SystemTime) -> [u8; 8] {
    let since = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    // Counting begins anew in 2036: the upper bits are left out on purpose.
    let seconds = (since.as_secs() + TO_1970) & u64::from(u32::MAX);
    let parts = (u64::from(since.subsec_nanos()) << 32) / 1_000_000_000;
    (seconds << 32 | parts).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clients_question_is_answered_and_with_its_own_mark() {
        let mut question = [0; 48];
        question[0] = 3 << 3 | 3;
        question[40..].fill(9);
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_608_000_500);
        let told = Timekeeping::Tells(Duration::from_secs(1));
        let said = answer(&question, told, time).expect("an answer");
        assert_eq!((said[0], said[1]), (3 << 3 | 4, 1));
        assert_eq!(said[24..32], [9; 8]);
        let seconds = 1_795_608_001_u64 + TO_1970;
        assert_eq!(said[40..48], (seconds << 32 | 1 << 31).to_be_bytes());
        let forged = answer(&question, Timekeeping::Forged, time).expect("an answer");
        assert_ne!(forged[24..32], [9; 8]);
        assert_eq!(answer(&question, Timekeeping::Silent, time), None);
        assert_eq!(answer(&question[..47], told, time), None);
        question[0] = 3 << 3 | 4;
        assert_eq!(answer(&question, told, time), None, "a server's answer");
    }
}
