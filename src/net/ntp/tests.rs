//! Questions to small time servers on loopback, each with one fault.

use std::sync::Arc;

use super::*;
use crate::net::memo::ended;
use crate::net::trust::{Trust, TrustOptions};
use crate::net::{Reach, Settings};

fn net(reach: Reach) -> Net {
    let trust = Trust::new(&TrustOptions::default()).expect("no file to read");
    let mut settings = Settings::open(Arc::new(trust));
    settings.reach = reach;
    settings.budgets.connect = Duration::from_secs(1);
    Net::new(settings)
}

/// A server that answers each datagram with what `answer` makes of it and of how many came before.
async fn server(answer: impl Fn(&[u8], u32) -> Vec<Vec<u8>> + Send + 'static) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let address = socket.local_addr().expect("an address");
    tokio::spawn(async move {
        let mut buffer = [0; 512];
        let mut count = 0;
        while let Ok((length, peer)) = socket.recv_from(&mut buffer).await {
            for bytes in answer(&buffer[..length], count) {
                socket.send_to(&bytes, peer).await.expect("it leaves");
            }
            count += 1;
        }
    });
    address
}

/// What a server of stratum 2 says whose clock is `ahead` of ours.
fn reply(asked: &[u8], ahead: f64) -> Vec<u8> {
    let mut bytes = vec![0; 48];
    bytes[0] = 4 << 3 | 4;
    bytes[1] = 2;
    bytes[12..16].copy_from_slice(&[17, 253, 2, 123]);
    bytes[24..32].copy_from_slice(&asked[40..48]);
    let now = SystemTime::UNIX_EPOCH.elapsed().expect("after 1970");
    let seconds = now.as_secs_f64() + ahead + 2_208_988_800.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a time of this century"
    )]
    let time = ((seconds * 4_294_967_296.0) as u64).to_be_bytes();
    bytes[32..40].copy_from_slice(&time);
    bytes[40..48].copy_from_slice(&time);
    bytes
}

async fn asked(to: SocketAddr) -> Observation<TimeSeen> {
    let question = TimeQuestion {
        address: to.ip(),
        port: to.port(),
        detour: None,
    };
    ended(net(Reach::Open).ask_time(question)).await
}

fn code(observation: &Observation<TimeSeen>) -> Option<&'static str> {
    observation.failure().map(|failure| failure.code.name())
}

#[tokio::test]
async fn the_offset_is_measured_to_the_millisecond_in_either_direction() {
    for ahead in [0.0, 3600.0, -86_400.0] {
        let at = server(move |asked, _| vec![reply(asked, ahead)]).await;
        let seen = asked(at).await;
        let told = seen.seen.told.as_ref().expect("an answer");
        assert!((told.offset_s - ahead).abs() < 0.2, "{ahead}: {told:?}");
        assert!(told.round_trip_ms < 500.0, "{told:?}");
        assert_eq!((told.stratum, told.reference.as_str()), (2, "17.253.2.123"));
        assert!(seen.is_done() && seen.seen.tries == 1, "{seen:?}");
    }
}

#[tokio::test]
async fn a_lost_question_is_asked_again_and_a_late_answer_to_the_first_counts() {
    let first = std::sync::Mutex::new(Vec::new());
    let at = server(move |asked, count| {
        if count == 0 {
            *first.lock().expect("one task") = asked.to_vec();
            return Vec::new();
        }
        vec![reply(&first.lock().expect("one task"), 0.0)]
    })
    .await;
    let seen = asked(at).await;
    assert!(seen.is_done(), "{seen:?}");
    assert_eq!((seen.seen.tries, seen.seen.foreign), (2, 0));
    let round_trip = seen.seen.told.expect("an answer").round_trip_ms;
    assert!(round_trip > 700.0, "counted from the first: {round_trip}");
}

#[tokio::test]
async fn silence_is_said_with_how_often_was_asked() {
    let at = server(|_, _| Vec::new()).await;
    let seen = asked(at).await;
    assert_eq!(code(&seen), Some("ntp_silent"));
    let detail = &seen.failure().expect("silent").detail;
    assert_eq!(detail, "no answer to 2 requests over UDP in 1 s");
}

#[tokio::test]
async fn an_answer_to_another_question_is_not_taken_and_a_right_one_after_it_is() {
    let forged = |asked: &[u8]| {
        let mut bytes = reply(asked, 3600.0);
        bytes[31] ^= 1;
        bytes
    };
    let at = server(move |asked, _| vec![forged(asked)]).await;
    assert_eq!(code(&asked(at).await), Some("ntp_foreign"));
    let at = server(move |asked, _| vec![forged(asked), vec![1, 2, 3], reply(asked, 0.0)]).await;
    let seen = asked(at).await;
    assert!(seen.is_done(), "{seen:?}");
    assert_eq!((seen.seen.foreign, seen.seen.malformed), (1, 1));
    let at = server(|asked, _| vec![asked.to_vec()]).await;
    assert_eq!(code(&asked(at).await), Some("ntp_malformed"), "an echo");
}

#[tokio::test]
async fn a_port_where_nobody_listens_refuses_at_once() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let at = socket.local_addr().expect("an address");
    drop(socket);
    let seen = asked(at).await;
    assert_eq!(code(&seen), Some("ntp_refused"), "{seen:?}");
    assert!(seen.seen.ms < 500.0, "{seen:?}");
}

#[tokio::test]
async fn a_closed_net_asks_no_server_that_no_rule_names() {
    let question = TimeQuestion {
        address: IpAddr::from([127, 0, 0, 1]),
        port: 9,
        detour: None,
    };
    let seen = ended(net(Reach::Closed).ask_time(question)).await;
    assert_eq!(code(&seen), Some("local_internal"));
    assert_eq!(seen.seen.tries, 0);
}
