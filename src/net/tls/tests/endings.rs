//! Handshakes that do not go through, and how each is told apart.
#![expect(clippy::disallowed_methods, reason = "a test is its own peer")]

use super::*;

/// A server that refuses every name, as couriers refuse a wrong one.
#[derive(Debug)]
struct Refusing;

impl ResolvesServerCert for Refusing {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        None
    }
}

#[tokio::test]
async fn an_alert_is_kept_with_its_number() {
    let config = builder()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Refusing));
    let (seen, failure) = seen_at(serve_tls(config).await, &trusting(&[])).await;
    let failure = failure.unwrap();
    // This server says access_denied.
    assert_eq!((failure.code, seen.alert), (Code::TlsAlert, Some(49)));
    assert_eq!(failure.detail, "alert 49 access_denied");
    for (number, code, name) in [
        (40, Code::TlsAlertOurs, "alert 40 handshake_failure"),
        (70, Code::TlsAlertOurs, "alert 70 protocol_version"),
        (112, Code::TlsAlert, "alert 112 unrecognized_name"),
        (200, Code::TlsAlert, "alert 200"),
    ] {
        let address = serve(async move |mut stream| {
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(&[0x15, 3, 3, 0, 2, 2, number]).await;
        });
        let (seen, failure) = seen_at(address.await, &trusting(&[])).await;
        let failure = failure.unwrap();
        assert_eq!((failure.code, failure.detail.as_str()), (code, name));
        assert_eq!((seen.alert, seen.first_bytes), (Some(number), None));
    }
}

#[tokio::test]
async fn what_is_not_tls_is_shown() {
    for banner in [
        "HTTP/1.1 400 Bad Request\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n",
        "no",
    ] {
        let address = serve(async move |mut stream| {
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(banner.as_bytes()).await;
        });
        let (seen, failure) = seen_at(address.await, &trusting(&[])).await;
        assert_eq!(failure.unwrap().code, Code::TlsNotTls);
        let first = seen.first_bytes.unwrap();
        assert_eq!(first, banner.escape_default().to_string());
    }
}

#[tokio::test]
async fn a_record_that_holds_no_handshake_is_neither_an_alert_nor_another_protocol() {
    let address = serve(async |mut stream| {
        let _ = stream.read(&mut [0; 4096]).await;
        let _ = stream.write_all(&[0x16, 3, 3, 0, 4, 0xff, 0, 0, 0]).await;
        let _ = stream.read(&mut [0; 4096]).await;
    });
    let (seen, failure) = seen_at(address.await, &trusting(&[])).await;
    assert_eq!(failure.unwrap().code, Code::TlsOther);
    assert_eq!((seen.alert, seen.first_bytes), (None, None));
}

#[tokio::test]
async fn a_name_that_no_hello_can_carry_is_this_programs_own_trouble() {
    let address = serve(async |_| {}).await;
    let stream = TcpStream::connect(address).await.unwrap();
    let wrong = options("not a name");
    let (_, end) = handshake(stream, &wrong, &trusting(&[])).await;
    assert_eq!(
        end.err().map(|failure| failure.code),
        Some(Code::LocalInternal)
    );
}

#[tokio::test]
async fn an_end_without_an_answer_is_an_eof() {
    let address = serve(async |mut stream| {
        let _ = stream.read(&mut [0; 4096]).await;
    });
    let (seen, failure) = seen_at(address.await, &trusting(&[])).await;
    assert_eq!(failure.unwrap().code, Code::TlsEof);
    assert_eq!(seen.received, 0);
    assert_ne!(seen.acked, Some(false));
}

#[tokio::test]
async fn a_reset_after_the_hello_is_the_peers_where_the_kernel_can_tell() {
    let address = serve(async |mut stream| {
        let _ = stream.read(&mut [0; 4096]).await;
        let socket = socket2::SockRef::from(&stream);
        socket.set_linger(Some(Duration::ZERO)).unwrap();
    });
    let (seen, failure) = seen_at(address.await, &trusting(&[])).await;
    let code = failure.unwrap().code;
    if cfg!(target_os = "linux") {
        assert_eq!((code, seen.acked), (Code::TlsResetPeer, Some(true)));
    } else {
        assert!(matches!(code, Code::TlsResetPeer | Code::TlsReset));
    }
}

#[tokio::test]
async fn a_stalled_peer_is_silent_within_the_budget() {
    let address = serve(async |stream| {
        tokio::time::sleep(Duration::from_secs(5)).await;
        drop(stream);
    });
    let (seen, failure) = seen_at(address.await, &trusting(&[])).await;
    assert!(seen.ms < 1500.0, "{}", seen.ms);
    let code = failure.unwrap().code;
    if cfg!(target_os = "linux") {
        assert_eq!((code, seen.acked), (Code::TlsSilentPeer, Some(true)));
    } else {
        assert!(matches!(code, Code::TlsSilentPeer | Code::TlsSilent));
    }
}

#[tokio::test]
async fn a_body_that_ends_with_an_unclosed_tls_session_is_whole_unless_its_length_was_told() {
    use crate::net::http::{HttpOptions, Request, exchange};
    for (length, code) in [
        ("", None),
        ("Content-Length: 9\r\n", Some(Code::HttpTruncated)),
    ] {
        let root = authority("Vendor", None);
        let config = plain_config(leaf(HOST, (2020, 2060), &root, &[]));
        let address = serve(async move |stream| {
            let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
            let mut secured = acceptor.accept(stream).await.unwrap();
            let _ = secured.read(&mut [0; 4096]).await;
            let answer = format!("HTTP/1.1 200 OK\r\n{length}\r\n{{}}");
            let _ = secured.write_all(answer.as_bytes()).await;
            // Dropped, not shut down: the peer gets no close_notify.
        });
        let stream = TcpStream::connect(address.await).await.unwrap();
        let (_, secured) = handshake(stream, &options(HOST), &trusting(&[])).await;
        let request = Request {
            method: "GET".to_owned(),
            host: HOST.to_owned(),
            path: "/".to_owned(),
            headers: Vec::new(),
            body: None,
            credential: None,
        };
        let secured = secured.unwrap();
        let (seen, end) = exchange(secured, false, &request, &HttpOptions::STANDARD).await;
        assert_eq!(end.err().map(|failure| failure.code), code);
        assert_eq!((seen.status, seen.body_bytes), (Some(200), 2));
        assert_eq!(seen.json, Some(serde_json::json!({})));
    }
}
