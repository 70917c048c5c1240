//! Answers that are long, lead in a circle, or are no answers at all.

use super::*;

/// `count` aliases in one answer, the last of which leads to `end`.
fn with_aliases(mut message: Message, count: usize, end: &str) -> Message {
    let mut owner = message.queries[0].name.clone();
    for number in 1..=count {
        let target = if number == count {
            name(end)
        } else {
            name(&format!("n{number}.example.com."))
        };
        let data = RData::CNAME(CNAME(target.clone()));
        message.add_answer(Record::from_rdata(owner, 30, data));
        owner = target;
    }
    message
}

#[tokio::test]
async fn fifty_aliases_are_followed_to_their_end() {
    let resolver = udp_server(|bytes, _| {
        let mut message = with_aliases(reply_to(bytes), 50, "end.example.com.");
        let data = RData::A(A(END));
        message.add_answer(Record::from_rdata(name("end.example.com."), 30, data));
        vec![message.to_vec().unwrap()]
    })
    .await;
    let (seen, code) = asked(resolver).await;
    assert_eq!(code, None);
    assert_eq!(seen.cname.len(), 50);
    assert_eq!(seen.answers.len(), 1);
}

#[tokio::test]
async fn aliases_in_a_circle_end_and_are_said_to_be_one() {
    for (count, back) in [
        (1, "courier.example.com."),
        (2, "n1.example.com."),
        (9, "n4.example.com."),
    ] {
        let resolver = udp_server(move |bytes, _| {
            let message = with_aliases(reply_to(bytes), count, back);
            vec![message.to_vec().unwrap()]
        })
        .await;
        let (seen, result) = ask(HOST, Family::V4, resolver, &hasty()).await;
        let failure = result.unwrap_err();
        assert_eq!(failure.code, Code::DnsNodata);
        assert!(
            failure.detail.contains("lead in a circle"),
            "{}",
            failure.detail
        );
        assert!(seen.cname.len() <= 10, "{:?}", seen.cname);
    }
}

#[tokio::test]
async fn a_name_that_points_at_itself_in_compression_is_passed_over() {
    let resolver = udp_server(|bytes, _| {
        let mut forged = bytes.to_vec();
        // A response whose question is a pointer to itself.
        forged[2] |= 0x80;
        forged.truncate(12);
        forged.extend([0xc0, 12, 0, 1, 0, 1]);
        let right = with_addresses(reply_to(bytes), 1).to_vec().unwrap();
        let endless = vec![0xff; 4096];
        vec![forged, endless, right]
    })
    .await;
    let (seen, code) = asked(resolver).await;
    assert_eq!(code, None);
    // By its identifier the first is an answer, if a spoilt one.
    assert_eq!(seen.ignored, 1);
}

proptest::proptest! {
    #[test]
    fn no_bytes_of_a_stranger_end_the_program(
        noise in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..600),
        at in 0_usize..400,
        cut in 0_usize..400,
    ) {
        let name = name("courier.example.com.");
        let question = Question::new(&name, RecordType::A, Extension::Edns).unwrap();
        let _ = question.reply_in(&noise);
        // A right answer with some of it overwritten, or cut off.
        let mut bytes = with_aliases(with_addresses(reply_to(&question.bytes), 9), 3, "end.example.com.")
            .to_vec()
            .unwrap();
        for (place, byte) in bytes.iter_mut().skip(at).zip(&noise).take(8) {
            *place = *byte;
        }
        let _ = question.reply_in(&bytes);
        bytes.truncate(cut);
        let _ = question.reply_in(&bytes);
    }
}
