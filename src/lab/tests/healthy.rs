//! The healthy world, service by service.

use super::*;

/// Address, port, host, path, and what the answer begins with and contains.
const ANSWERS: &str = "
20.190.160.22 443 device.login.microsoftonline.com /common/oauth2 200 x-ms-ests-server
40.126.32.74 443 enterpriseregistration.windows.net /x.com/discover?api-version=1.7 200 DeviceRegistrationService
40.126.32.74 443 enterpriseregistration.windows.net /x 404 html
20.190.190.131 443 graph.microsoft.com /v1.0/servicePrincipals 401 InvalidAuthenticationToken
13.107.219.40 443 manage.microsoft.com / 200 Intune
13.107.228.24 443 fef.msud01.manage.microsoft.com /x 404 html
17.253.37.195 443 app-site-association.cdn-apple.com /a/v1/x.com 200 authsrv
54.93.118.77 8443 jamf.example.com /api/v1/health-check 204 HTTP
54.93.118.77 8443 jamf.example.com /JSSCheckConnection 200 11.20.0-t1750000000000
54.93.118.77 8443 jamf.example.com /api/startup-status 200 SERVER_INIT_COMPLETE
17.253.37.210 443 captive.apple.com / 200 Success
";

#[tokio::test]
async fn an_empty_form_draws_entras_own_refusal() {
    let answer = post_token(&lab(None).await).await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    for part in [
        "\"error_codes\":[900144]",
        "x-ms-ests-server: ",
        "x-ms-clitelem: ",
        "p3p: ",
        "date: ",
    ] {
        assert!(answer.contains(part), "{part} is missing from {answer}");
    }
    let trace = answer
        .lines()
        .find_map(|line| line.strip_prefix("x-ms-request-id: "))
        .expect("a trace");
    assert!(
        answer.contains(&format!("\"trace_id\":\"{trace}\"")),
        "{answer}"
    );
    assert_eq!(trace.len(), 36, "{trace}");
}

#[tokio::test]
async fn the_token_endpoint_wants_post_and_a_form() {
    let lab = lab(None).await;
    let path = "/organizations/oauth2/v2.0/token";
    let got = ask(&lab, "40.126.32.68", 443, LOGIN, &format!("GET {path}"), "").await;
    assert!(got.contains("AADSTS900561"), "{got}");
    let json = "Content-Type: application/json\r\nContent-Length: 0\r\n";
    let got = ask(
        &lab,
        "40.126.32.68",
        443,
        LOGIN,
        &format!("POST {path}"),
        json,
    )
    .await;
    assert!(got.contains("[9002313]"), "{got}");
}

#[tokio::test]
async fn discovery_knows_its_tenant_and_no_other() {
    let lab = lab(None).await;
    for (tenant, expected) in [
        (Lab::tenant(), "200"),
        ("organizations", "200"),
        ("fabrikam.example", "400"),
    ] {
        let request = format!("GET /{tenant}/v2.0/.well-known/openid-configuration");
        let answer = ask(&lab, "20.190.160.14", 443, LOGIN, &request, "").await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {expected} ")),
            "{tenant}: {answer}"
        );
        assert_eq!(
            answer.contains("invalid_tenant"),
            expected == "400",
            "{answer}"
        );
    }
}

#[tokio::test]
async fn the_other_hosts_answer_as_their_vendors_do() {
    let lab = lab(None).await;
    for line in ANSWERS.lines().filter(|line| !line.is_empty()) {
        let words: Vec<&'static str> = line.split(' ').collect();
        let [address, port, host, path, status, contained] = words[..] else {
            panic!("{line}");
        };
        let port = port.parse().expect("a port");
        let answer = ask(&lab, address, port, host, &format!("GET {path}"), "").await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{line}: {answer}"
        );
        assert!(answer.contains(contained), "{line}: {answer}");
    }
}

#[tokio::test]
async fn the_push_provider_speaks_http2_alone() {
    let lab = lab(None).await;
    for port in [443, 2197] {
        let at = real(&lab, "17.188.143.34", port);
        let roots = lab.public_roots_pem();
        let stream = tls(&roots, at, "api.push.apple.com", &["h2"])
            .await
            .expect("a handshake");
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let io = hyper_util::rt::TokioIo::new(stream);
        let executor = hyper_util::rt::TokioExecutor::new();
        let (mut sender, connection) = hyper::client::conn::http2::handshake(executor, io)
            .await
            .expect("h2");
        tokio::spawn(connection);
        let request = http::Request::get("https://api.push.apple.com/")
            .body(String::new())
            .expect("a request");
        assert_eq!(
            sender
                .send_request(request)
                .await
                .expect("an answer")
                .status(),
            405
        );
        let refused = reason(tls(&roots, at, "api.push.apple.com", &["http/1.1"]).await);
        assert_eq!(
            refused,
            Error::AlertReceived(AlertDescription::NoApplicationProtocol)
        );
    }
}

#[tokio::test]
async fn a_courier_refuses_a_hello_that_no_mac_would_send() {
    let lab = lab(None).await;
    let roots = lab.apple_roots_pem();
    for port in [5223, 443] {
        let at = real(&lab, "17.57.146.20", port);
        let stream = tls(&roots, at, COURIER, APNS).await.expect("a handshake");
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(APNS[0].as_bytes()));
        let numbered = reason(tls(&roots, at, "7-courier.push.apple.com", APNS).await);
        assert_eq!(
            numbered,
            Error::AlertReceived(AlertDescription::AccessDenied)
        );
        let silent = reason(tls(&roots, at, COURIER, &[]).await);
        assert_eq!(silent, Error::AlertReceived(AlertDescription::AccessDenied));
        let foreign = reason(tls(&roots, at, COURIER, &["h2"]).await);
        assert_eq!(
            foreign,
            Error::AlertReceived(AlertDescription::NoApplicationProtocol)
        );
        let public = reason(tls(&lab.public_roots_pem(), at, COURIER, APNS).await);
        assert!(
            matches!(
                public,
                Error::InvalidCertificate(CertificateError::UnknownIssuer)
            ),
            "{public:?}"
        );
    }
}

#[tokio::test]
async fn names_resolve_by_chains_rotate_and_are_denied_with_authority() {
    let lab = lab(None).await;
    let first = dig(&lab, "7-courier.push.apple.com.", RecordType::A)
        .await
        .expect("an answer");
    let second = dig(&lab, "7-COURIER.push.apple.com.", RecordType::A)
        .await
        .expect("an answer");
    assert_eq!(
        (first.answers.len(), first.answers[3].ttl),
        (4, 30),
        "{first}"
    );
    let (mut first, second) = (addresses(&first), addresses(&second));
    first.reverse();
    assert_eq!(first, second);
    let v6 = dig(&lab, "7-courier.push.apple.com.", RecordType::AAAA)
        .await
        .expect("an answer");
    assert!(addresses(&v6)[0].starts_with("2a01:b740:a42:"), "{v6}");
    assert!(
        lab.unrouted()
            .iter()
            .any(|address| address.to_string() == addresses(&v6)[0])
    );

    let bare = dig(&lab, "courier.push.apple.com.", RecordType::A)
        .await
        .expect("an answer");
    assert_eq!(
        (bare.metadata.response_code, bare.answers.len()),
        (ResponseCode::NoError, 1),
        "{bare}"
    );
    assert_eq!(bare.authorities[0].record_type(), RecordType::SOA, "{bare}");
    for retired in [
        "gateway.push.apple.com.",
        "feedback.push.apple.com.",
        "graph.windows.net.",
        "51-courier.push.apple.com.",
    ] {
        let denied = dig(&lab, retired, RecordType::A).await.expect("an answer");
        assert_eq!(
            denied.metadata.response_code,
            ResponseCode::NXDomain,
            "{denied}"
        );
        assert_eq!(
            denied.authorities[0].record_type(),
            RecordType::SOA,
            "{denied}"
        );
    }
    let none = dig(&lab, "graph.microsoft.com.", RecordType::AAAA)
        .await
        .expect("an answer");
    assert_eq!(
        (none.metadata.response_code, none.authorities.len()),
        (ResponseCode::NoError, 1),
        "{none}"
    );
}

#[tokio::test]
async fn the_resolver_answers_over_tcp_on_the_same_port() {
    let lab = lab(None).await;
    let mut stream = connect(lab.dns()).await.expect("connected");
    let question = question("jamf.example.com.", RecordType::A);
    let length = u16::try_from(question.len()).expect("short");
    stream.write_u16(length).await.expect("sent");
    stream.write_all(&question).await.expect("sent");
    let mut answer = vec![0; usize::from(stream.read_u16().await.expect("length"))];
    stream.read_exact(&mut answer).await.expect("read");
    assert_eq!(
        addresses(&Message::from_vec(&answer).expect("decoded")),
        ["54.93.118.77"]
    );
}

#[tokio::test]
async fn what_has_no_listener_refuses() {
    let lab = lab(None).await;
    for (address, port) in [
        ("54.93.118.77", 80),
        ("54.93.118.77", 5223),
        ("0.0.0.0", 443),
        ("10.10.34.36", 5223),
    ] {
        let refused = connect(real(&lab, address, port))
            .await
            .expect_err("refused");
        assert_eq!(
            refused.kind(),
            io::ErrorKind::ConnectionRefused,
            "{address}:{port}"
        );
    }
}

#[tokio::test]
async fn dropping_the_lab_closes_its_ports() {
    let lab = lab(None).await;
    let at = real(&lab, "13.107.219.40", 443);
    let mut open = connect(at).await.expect("open");
    drop(lab);
    let ended = tokio::time::timeout(PATIENCE, open.read(&mut [0; 1]))
        .await
        .expect("in time");
    assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");
    assert!(connect(at).await.is_err());
}
