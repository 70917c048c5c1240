//! Questions to small servers on loopback, each with one fault.

use std::net::Ipv4Addr;

use hickory_proto::op::{Edns, Message, MessageType};
use hickory_proto::rr::rdata::opt::EdnsOption;
use hickory_proto::rr::rdata::{A, CNAME, SOA};
use hickory_proto::rr::{RData, Record};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};

use super::*;

mod strange;

const HOST: &str = "courier.example.com";
const END: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 10);

fn hasty() -> WireOptions {
    WireOptions {
        source: Source::default(),
        timeout: Duration::from_millis(400),
        resend: vec![Duration::from_millis(60), Duration::from_millis(120)],
        tcp_after: Duration::from_millis(150),
    }
}

fn name(text: &str) -> Name {
    Name::from_ascii(text).unwrap()
}

/// The empty reply to a question as it stands on the wire.
fn reply_to(bytes: &[u8]) -> Message {
    let mut message = Message::from_vec(bytes).unwrap();
    message.metadata.message_type = MessageType::Response;
    message.edns = None;
    message
}

fn with_addresses(mut message: Message, count: u8) -> Message {
    let owner = message.queries[0].name.clone();
    for last in 0..count {
        let address = A(Ipv4Addr::new(192, 0, 2, last));
        message.add_answer(Record::from_rdata(owner.clone(), 30, RData::A(address)));
    }
    message
}

/// A server that answers each datagram with what `answer` makes of it; TCP is not served.
async fn udp_server(answer: impl Fn(&[u8], u32) -> Vec<Vec<u8>> + Send + 'static) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(serve_udp(socket, answer));
    address
}

async fn serve_udp(socket: UdpSocket, answer: impl Fn(&[u8], u32) -> Vec<Vec<u8>>) {
    let mut buffer = [0; 2048];
    let mut count = 0;
    while let Ok((length, peer)) = socket.recv_from(&mut buffer).await {
        count += 1;
        for bytes in answer(&buffer[..length], count) {
            socket.send_to(&bytes, peer).await.unwrap();
        }
    }
}

async fn serve_tcp(listener: TcpListener, answer: impl Fn(&[u8]) -> Message) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let length = stream.read_u16().await.unwrap();
        let mut bytes = vec![0; usize::from(length)];
        stream.read_exact(&mut bytes).await.unwrap();
        let bytes = answer(&bytes).to_vec().unwrap();
        stream
            .write_u16(u16::try_from(bytes.len()).unwrap())
            .await
            .unwrap();
        stream.write_all(&bytes).await.unwrap();
    }
}

/// UDP and TCP on one port.
async fn both() -> (UdpSocket, TcpListener, SocketAddr) {
    loop {
        let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = udp.local_addr().unwrap();
        if let Ok(tcp) = TcpListener::bind(address).await {
            return (udp, tcp, address);
        }
    }
}

async fn asked(resolver: SocketAddr) -> (WireSeen, Option<Code>) {
    let (seen, result) = ask(HOST, Family::V4, resolver, &hasty()).await;
    (seen, result.err().map(|failure| failure.code))
}

#[tokio::test]
async fn replies_to_another_question_are_passed_over() {
    let resolver = udp_server(|bytes, _| {
        let right = with_addresses(reply_to(bytes), 1);
        let mut other_id = with_addresses(reply_to(bytes), 3);
        other_id.metadata.id ^= 1;
        let mut other_name = with_addresses(reply_to(bytes), 3);
        other_name.queries[0].name = name("elsewhere.example.com.");
        let mut echo = right.clone();
        echo.metadata.message_type = MessageType::Query;
        let mut wrong: Vec<Vec<u8>> = [other_id, other_name, echo, right]
            .iter()
            .map(|message| message.to_vec().unwrap())
            .collect();
        wrong.insert(0, b"garbage".to_vec());
        wrong
    })
    .await;
    let (seen, code) = asked(resolver).await;
    assert_eq!(code, None);
    assert_eq!(seen.ignored, 4);
    assert_eq!(seen.answers.len(), 1);
    assert_eq!((seen.tries, seen.transport.as_str()), (1, "udp"));
}

#[tokio::test]
async fn addresses_stand_at_the_end_of_the_aliases() {
    let resolver = udp_server(|bytes, _| {
        let mut message = with_addresses(reply_to(bytes), 0);
        let (first, last) = (name("Edge.example.net."), name("pop.example.org."));
        for (owner, data) in [
            (last.clone(), RData::A(A(END))),
            (name("stray.example."), RData::A(A(Ipv4Addr::LOCALHOST))),
            (first.clone(), RData::CNAME(CNAME(last))),
            (name("courier.example.com."), RData::CNAME(CNAME(first))),
        ] {
            message.add_answer(Record::from_rdata(owner, 60, data));
        }
        vec![message.to_vec().unwrap()]
    })
    .await;
    let (seen, code) = asked(resolver).await;
    assert_eq!(code, None);
    assert_eq!(seen.cname, ["edge.example.net", "pop.example.org"]);
    let expected = WireAnswer {
        address: END.into(),
        ttl: 60,
    };
    assert_eq!(seen.answers, [expected]);
}

#[tokio::test]
async fn each_response_code_has_its_own_code() {
    for (rcode, expected) in [
        (ResponseCode::NoError, Code::DnsNodata),
        (ResponseCode::NXDomain, Code::DnsNxdomain),
        (ResponseCode::ServFail, Code::DnsServfail),
        (ResponseCode::Refused, Code::DnsRefused),
        (ResponseCode::FormErr, Code::DnsFormerr),
        (ResponseCode::NotImp, Code::DnsNotimp),
        (ResponseCode::NotAuth, Code::DnsOther),
    ] {
        let resolver = udp_server(move |bytes, _| {
            let mut message = reply_to(bytes);
            message.metadata.response_code = rcode;
            let zone = SOA::new(name("ns."), name("me."), 1, 1, 1, 1, 1);
            message.add_authority(Record::from_rdata(
                name("example.com."),
                5,
                RData::SOA(zone),
            ));
            let mut edns = Edns::new();
            let error = [&[0, 22], b"no reachable authority".as_slice()].concat();
            edns.options_mut().insert(EdnsOption::Unknown(15, error));
            message.set_edns(edns);
            vec![message.to_vec().unwrap()]
        })
        .await;
        let (seen, code) = asked(resolver).await;
        assert_eq!(code, Some(expected), "{rcode}");
        assert_eq!(seen.soa.as_deref(), Some("example.com"));
        assert_eq!(seen.ede.as_deref(), Some("22: no reachable authority"));
    }
}

#[tokio::test]
async fn a_server_that_stumbles_over_edns_is_asked_without() {
    let resolver = udp_server(|bytes, _| {
        let with_edns = Message::from_vec(bytes).unwrap().edns.is_some();
        let mut message = with_addresses(reply_to(bytes), 1);
        if with_edns {
            message = Message::error_msg(
                message.metadata.id,
                message.metadata.op_code,
                ResponseCode::FormErr,
            );
        }
        vec![message.to_vec().unwrap()]
    })
    .await;
    let (seen, code) = asked(resolver).await;
    assert_eq!(code, None);
    assert!(!seen.edns);
    assert_eq!(seen.tries, 2);
}

#[tokio::test]
async fn a_failure_that_holds_only_with_checking_is_told_apart() {
    let resolver = udp_server(|bytes, _| {
        let mut message = reply_to(bytes);
        // Byte 3 of the question, bit 0x10: checking disabled.
        if bytes[3] & 0x10 == 0 {
            message.metadata.response_code = ResponseCode::ServFail;
        } else {
            message = with_addresses(message, 1);
        }
        vec![message.to_vec().expect("a message")]
    })
    .await;
    let (seen, code) = asked(resolver).await;
    assert_eq!(code, Some(Code::DnsDnssecBogus));
    // The question that told is none of the look-up's own.
    assert_eq!((seen.rcode.as_deref(), seen.tries), (Some("SERVFAIL"), 1));
}

#[tokio::test]
async fn a_failure_is_timed_by_its_own_reply() {
    let resolver = udp_server(|bytes, _| {
        let mut message = reply_to(bytes);
        message.metadata.response_code = ResponseCode::ServFail;
        let checked = bytes[3] & 0x10 == 0;
        let reply = || message.to_vec().expect("a message");
        checked.then(reply).into_iter().collect()
    })
    .await;
    let (seen, code) = asked(resolver).await;
    assert_eq!(code, Some(Code::DnsServfail));
    assert_eq!((seen.tries, seen.transport.as_str()), (1, "udp"));
    assert!(seen.ms < 300.0, "the budget is 400 ms: {}", seen.ms);
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_no_silence() {
    let resolver = udp_server(|bytes, _| {
        let mut spoilt = with_addresses(reply_to(bytes), 2).to_vec().unwrap();
        spoilt.truncate(spoilt.len() - 3);
        vec![spoilt]
    })
    .await;
    let (seen, result) = ask(HOST, Family::V4, resolver, &hasty()).await;
    let failure = result.expect_err("nobody can read it");
    assert_eq!(failure.code, Code::DnsOther, "{failure:?}");
    assert!(
        failure.detail.contains("that cannot be read"),
        "{failure:?}"
    );
    assert_eq!(seen.ignored, 0);
}

#[tokio::test]
async fn a_lost_question_is_sent_again() {
    let resolver = udp_server(|bytes, count| {
        let reply = with_addresses(reply_to(bytes), 1).to_vec().unwrap();
        if count == 1 { Vec::new() } else { vec![reply] }
    })
    .await;
    let (seen, code) = asked(resolver).await;
    assert_eq!(code, None);
    assert_eq!(seen.tries, 2);
    assert!(seen.ms >= 60.0 && seen.ms < 400.0, "{}", seen.ms);
}

#[tokio::test]
async fn a_silent_server_is_a_timeout_within_the_budget() {
    let (_udp, _tcp, resolver) = both().await;
    let (seen, code) = asked(resolver).await;
    assert_eq!(code, Some(Code::DnsTimeout));
    assert_eq!(seen.rcode, None);
    assert_eq!(seen.tries, 4);
    assert!(seen.ms < 900.0, "{}", seen.ms);
}

#[tokio::test]
async fn a_closed_port_is_known_at_once() {
    let (udp, tcp, resolver) = both().await;
    drop((udp, tcp));
    let (seen, result) = ask(HOST, Family::V4, resolver, &hasty()).await;
    let failure = result.unwrap_err();
    assert_eq!(failure.code, Code::DnsUnreachable);
    assert!(seen.ms < 300.0, "{}", seen.ms);
    assert!(seen.udp_error.is_some());
    assert!(failure.detail.contains("over TCP"), "{}", failure.detail);
    #[cfg(target_os = "linux")]
    assert!(
        failure.detail.contains("ICMP 3/3 from 127.0.0.1"),
        "{}",
        failure.detail
    );
}

#[tokio::test]
async fn a_cut_answer_is_fetched_over_tcp() {
    let (udp, tcp, resolver) = both().await;
    tokio::spawn(serve_udp(udp, |bytes, _| {
        let mut message = reply_to(bytes);
        message.metadata.truncation = true;
        vec![message.to_vec().unwrap()]
    }));
    tokio::spawn(serve_tcp(tcp, |bytes| with_addresses(reply_to(bytes), 70)));
    let (seen, code) = asked(resolver).await;
    assert_eq!(code, None);
    assert!(seen.truncated);
    assert_eq!(seen.transport, "tcp");
    assert_eq!((seen.answers.len(), seen.more), (64, 6));
    assert!(
        seen.ms < 140.0,
        "TCP must not wait for its turn: {}",
        seen.ms
    );
}

#[tokio::test]
async fn a_cut_answer_without_tcp_is_a_finding_of_its_own() {
    let resolver = udp_server(|bytes, _| {
        let mut message = with_addresses(reply_to(bytes), 2);
        message.metadata.truncation = true;
        let mut bytes = message.to_vec().unwrap();
        // In the middle of the last record.
        bytes.truncate(bytes.len() - 3);
        vec![bytes]
    })
    .await;
    let (seen, code) = asked(resolver).await;
    assert_eq!(code, Some(Code::DnsTcpBlocked));
    assert!(seen.truncated);
}

#[tokio::test]
async fn tcp_answers_where_udp_is_swallowed() {
    let (udp, tcp, resolver) = both().await;
    tokio::spawn(serve_tcp(tcp, |bytes| with_addresses(reply_to(bytes), 1)));
    let (seen, code) = asked(resolver).await;
    drop(udp);
    assert_eq!(code, None);
    assert_eq!((seen.transport.as_str(), seen.truncated), ("tcp", false));
    assert_eq!(seen.udp_error, None);
}

#[tokio::test]
async fn a_name_that_cannot_be_asked_for_is_said_to_be_one() {
    let resolver = "127.0.0.1:9".parse().unwrap();
    let long = "a".repeat(64);
    let (seen, result) = ask(&long, Family::V6, resolver, &hasty()).await;
    assert_eq!(result.unwrap_err().code, Code::DnsOther);
    assert_eq!(seen.tries, 0);
}

#[test]
fn a_family_is_its_number() {
    assert_eq!(serde_json::to_string(&Family::V6).unwrap(), "6");
    assert_eq!(serde_json::from_str::<Family>("4").unwrap(), Family::V4);
    assert!(serde_json::from_str::<Family>("5").is_err());
}
