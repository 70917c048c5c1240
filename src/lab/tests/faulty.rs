//! Every fault, seen by the client that it is meant for.

use super::*;

#[tokio::test]
async fn a_silent_port_stays_silent_for_longer_than_any_budget() {
    if skipped_here("push-5223-silent").is_some() {
        return;
    }
    let lab = lab(Some("push-5223-silent")).await;
    let wait = Duration::from_millis(4200);
    let attempts = ["17.57.146.20", "17.188.20.14", "192.0.2.1"].map(|address| {
        let at = real(&lab, address, 5223);
        tokio::spawn(tokio::time::timeout(wait, connect(at)))
    });
    for attempt in attempts {
        let ended = attempt.await.expect("joined");
        assert!(ended.is_err(), "not silent: {ended:?}");
    }
    connect(real(&lab, "17.57.146.20", 443))
        .await
        .expect("443 is open");
}

#[tokio::test]
async fn every_address_that_may_be_dialled_stays_on_loopback() {
    for fault in faults().iter().map(|fault| Some(fault.name)).chain([None]) {
        let lab = lab(fault).await;
        assert!(lab.routes().iter().all(|(_, real)| real.ip().is_loopback()));
        let extra = [SINKHOLE, BOGON, CANARY].map(Into::into);
        for address in Lab::addresses().into_iter().chain(extra) {
            for port in PORTS {
                let same = lab
                    .routes()
                    .iter()
                    .filter(|(from, _)| *from == SocketAddr::new(address, port));
                assert_eq!(same.count(), 1, "{fault:?}: {address}:{port}");
            }
        }
    }
}

#[tokio::test]
async fn an_unknown_fault_is_invalid_input_and_a_start_is_quick() {
    let error = Lab::start(Ground::Loopback, Some("dragons"))
        .await
        .err()
        .expect("an error");
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    let began = Instant::now();
    let _lab = lab(None).await;
    assert!(
        began.elapsed() < Duration::from_secs(1),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn faults_of_names_show_on_the_wire() {
    let graph = "graph.microsoft.com.";
    let sunk = dig(&lab(Some("dns-sinkhole")).await, graph, RecordType::A)
        .await
        .expect("an answer");
    assert_eq!(addresses(&sunk), ["0.0.0.0"]);
    let bogus = dig(
        &lab(Some("dns-bogon")).await,
        "9-courier.push.apple.com.",
        RecordType::A,
    )
    .await
    .expect("an answer");
    assert_eq!(addresses(&bogus), [BOGON.to_string()]);
    let denied = dig(&lab(Some("dns-nxdomain")).await, graph, RecordType::A)
        .await
        .expect("an answer");
    assert_eq!(denied.metadata.response_code, ResponseCode::NXDomain);
    let failed = dig(&lab(Some("dns-servfail")).await, graph, RecordType::A)
        .await
        .expect("an answer");
    assert_eq!(failed.metadata.response_code, ResponseCode::ServFail);
    assert!(
        dig(&lab(Some("dns-silent")).await, graph, RecordType::A)
            .await
            .is_none()
    );
    let partial = lab(Some("dns-aaaa-silent")).await;
    assert!(dig(&partial, graph, RecordType::AAAA).await.is_none());
    let half = dig(&partial, graph, RecordType::A)
        .await
        .expect("an answer");
    assert_eq!(half.metadata.response_code, ResponseCode::NoError);
}

#[tokio::test]
async fn faults_of_certificates_show_in_the_handshake() {
    let cases: [(&str, &str, u16, &'static str); 3] = [
        ("cert-expired", "40.126.32.68", 443, LOGIN),
        ("cert-wrong-name", "54.93.118.77", 8443, JAMF),
        ("cert-chain-incomplete", "54.93.118.77", 8443, JAMF),
    ];
    for (fault, address, port, host) in cases {
        let lab = lab(Some(fault)).await;
        let shown = reason(
            tls(
                &lab.public_roots_pem(),
                real(&lab, address, port),
                host,
                &[],
            )
            .await,
        );
        let Error::InvalidCertificate(why) = &shown else {
            panic!("{fault}: {shown:?}")
        };
        let fits = match fault {
            "cert-expired" => matches!(why, CertificateError::ExpiredContext { .. }),
            "cert-wrong-name" => matches!(why, CertificateError::NotValidForNameContext { .. }),
            _ => *why == CertificateError::UnknownIssuer,
        };
        assert!(fits, "{fault}: {why:?}");
    }
    let lab = lab(Some("tls-inspected")).await;
    let at = real(&lab, "17.57.146.20", 5223);
    assert!(
        tls(&lab.apple_roots_pem(), at, COURIER, APNS)
            .await
            .is_err()
    );
    tls(&lab.system_roots_pem(), at, COURIER, APNS)
        .await
        .expect("the administrator's root knows it");
    tls(
        &lab.system_roots_pem(),
        real(&lab, "54.93.118.77", 8443),
        JAMF,
        &[],
    )
    .await
    .expect("everywhere");
}

#[tokio::test]
async fn faults_of_the_token_endpoint_show_in_its_answer() {
    let blocked = post_token(&lab(Some("block-page")).await).await;
    assert!(
        blocked.starts_with("HTTP/1.1 403 ") && blocked.contains("text/html"),
        "{blocked}"
    );
    assert!(!blocked.contains("x-ms-"), "{blocked}");
    let slow = post_token(&lab(Some("entra-throttled")).await).await;
    assert!(
        slow.starts_with("HTTP/1.1 429 ") && slow.contains("retry-after: 30"),
        "{slow}"
    );
    let unknown = lab(Some("tenant-unknown")).await;
    let request = format!(
        "GET /{}/v2.0/.well-known/openid-configuration",
        Lab::tenant()
    );
    let answer = ask(&unknown, "40.126.32.68", 443, LOGIN, &request, "").await;
    assert!(answer.contains("[90002]"), "{answer}");
    let ahead = post_token(&lab(Some("clock-skew")).await).await;
    let stamp =
        crate::lab::answers::http_date(time::OffsetDateTime::now_utc() + time::Duration::hours(1));
    // To the hour is enough, and seldom straddles a boundary.
    let date = ahead
        .lines()
        .find_map(|line| line.strip_prefix("date: "))
        .expect("a date");
    assert_eq!(date[..date.len() - 9], stamp[..stamp.len() - 9], "{ahead}");
}

#[tokio::test]
async fn faults_of_connections_show_to_a_client() {
    let short = Duration::from_millis(400);
    let down = lab(Some("jamf-down")).await;
    assert!(connect(real(&down, "54.93.118.77", 8443)).await.is_err());
    let closed = lab(Some("courier-port-closed")).await;
    assert!(connect(real(&closed, "17.57.146.20", 5223)).await.is_err());

    let stalled = lab(Some("stalled")).await;
    let at = real(&stalled, "13.107.219.40", 443);
    let roots = stalled.public_roots_pem();
    let hello = tls(&roots, at, "manage.microsoft.com", &[]);
    assert!(tokio::time::timeout(short, hello).await.is_err());

    let clear = lab(Some("not-tls")).await;
    let at = real(&clear, "40.126.32.74", 443);
    let shown = reason(
        tls(
            &clear.public_roots_pem(),
            at,
            "enterpriseregistration.windows.net",
            &[],
        )
        .await,
    );
    assert!(matches!(shown, Error::InvalidMessage(_)), "{shown:?}");

    let reset = lab(Some("tls-reset")).await;
    let at = real(&reset, "20.190.190.131", 443);
    let error = tls(&reset.public_roots_pem(), at, "graph.microsoft.com", &[])
        .await
        .expect_err("a reset");
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);

    let mute = lab(Some("http-stalled")).await;
    let at = real(&mute, "20.190.190.131", 443);
    let mut stream = tls(
        &mute.public_roots_pem(),
        at,
        "graph.microsoft.com",
        &["http/1.1"],
    )
    .await
    .expect("a handshake");
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: graph.microsoft.com\r\n\r\n")
        .await
        .expect("sent");
    assert!(
        tokio::time::timeout(short, stream.read(&mut [0; 1]))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn part_of_the_couriers_can_be_lost() {
    if skipped_here("range-partial").is_some() {
        return;
    }
    let lab = lab(Some("range-partial")).await;
    let mut lost = 0;
    for address in crate::lab::world::courier_addresses() {
        let at = real(&lab, &address.to_string(), 5223);
        let tried = tokio::time::timeout(Duration::from_millis(300), connect(at)).await;
        lost += usize::from(tried.is_err());
    }
    assert_eq!(lost, 3);
}
