//! The share of a block that is lost, and what it is called.

use super::*;

fn spec() -> Spec {
    let block = "17.0.0.0/8".parse().expect("a block");
    Spec {
        pattern: "{1..8}-courier.example".to_owned(),
        hosts: Vec::new(),
        port: 5223,
        within: block,
        published: vec![block],
        sni: "courier.example".to_owned(),
        alpn: Vec::new(),
        stores: Vec::new(),
        limit: 12,
        least_hosts: 1,
        least_addresses: 1,
        fail_percent: 50,
    }
}

fn judged(lost: &[Option<Code>]) -> Option<(&'static str, Verdict)> {
    let one = |code: &Option<Code>| {
        let of = |code| finding(code, Verdict::Fail, "an answer", "said".to_owned());
        code.map(of).into_iter().collect::<Vec<_>>()
    };
    let all: Vec<_> = lost.iter().map(one).collect();
    let found = spec().lost(&all, &Seen::default());
    deciding(&found).map(|finding| (finding.code.name(), finding.verdict))
}

#[test]
fn what_loses_large_hellos_only_is_not_called_closed() {
    let (large, silent) = (Some(Code::TlsLargeHelloLost), Some(Code::TcpSilent));
    for (lost, expected) in [
        ([None; 4], None),
        ([large; 4], Some(("tls_large_hello_lost", Verdict::Fail))),
        (
            [large, None, None, None],
            Some(("tls_large_hello_lost", Verdict::Degraded)),
        ),
        (
            [large, silent, None, None],
            Some(("range_closed", Verdict::Fail)),
        ),
        (
            [silent, None, None, None],
            Some(("range_partial", Verdict::Degraded)),
        ),
        (
            [silent, silent, None, None],
            Some(("range_closed", Verdict::Fail)),
        ),
        ([silent; 4], Some(("tcp_silent", Verdict::Fail))),
    ] {
        assert_eq!(judged(&lost), expected, "{lost:?}");
    }
}
