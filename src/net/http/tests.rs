//! Exchanges with real peers on loopback that write what they please.
#![expect(clippy::disallowed_methods, reason = "a test is its own peer")]
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;

const QUICK: HttpOptions = HttpOptions {
    headers_timeout: Duration::from_millis(400),
    body_timeout: Duration::from_millis(400),
    limit: 64 * 1024,
    whole: false,
};

fn request(method: &str) -> Request {
    Request {
        method: method.to_owned(),
        host: "jamf.example:8443".to_owned(),
        path: "/healthCheck.html?x=1".to_owned(),
        headers: Vec::new(),
        body: None,
        credential: None,
    }
}

/// A connection to one peer that reads a request and then does as told.
async fn peer<F>(talk: impl FnOnce(TcpStream, String) -> F + Send + 'static) -> TcpStream
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = vec![0; 4096];
        let length = stream.read(&mut asked).await.unwrap_or(0);
        let asked = String::from_utf8_lossy(&asked[..length]).into_owned();
        talk(stream, asked).await;
    });
    TcpStream::connect(address).await.unwrap()
}

/// The outcome against a peer that writes this and closes.
async fn answered(text: impl Into<Vec<u8>>) -> (HttpSeen, Option<Code>) {
    let text = text.into();
    let io = peer(async move |mut stream, _| {
        let _ = stream.write_all(&text).await;
    });
    let (seen, end) = exchange(io.await, false, &request("GET"), &QUICK).await;
    (seen, end.err().map(|failure| failure.code))
}

#[tokio::test]
async fn an_answer_is_described() {
    let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(3600));
    let text = format!(
        "HTTP/1.1 200 OK\r\nServer: Jamf\u{1}\r\nDate: {date}\r\nContent-Type: application/json\r\n\
         Set-Cookie: secret=1\r\nContent-Length: 7\r\n\r\n{{\"a\":1}}"
    );
    let (seen, code) = answered(text.replace('\u{1}', "")).await;
    assert_eq!(code, None);
    assert_eq!(seen.status, Some(200));
    assert_eq!(seen.version.as_deref(), Some("HTTP/1.1"));
    assert_eq!(seen.server.as_deref(), Some("Jamf"));
    assert_eq!(seen.headers["set-cookie"], "(not shown)");
    assert_eq!(seen.json, Some(serde_json::json!({"a": 1})));
    assert_eq!(seen.body_bytes, 7);
    let skew = seen.date_skew_s.unwrap();
    assert!((3599..=3601).contains(&skew), "{skew}");
    let json = serde_json::to_value(&seen).unwrap();
    assert!(json.get("body").is_none() && json.get("json").is_none());
}

#[tokio::test]
async fn the_request_is_the_one_asked_for_and_its_redirect_is_not_followed() {
    let io = peer(async |mut stream, asked| {
        assert!(
            asked.starts_with("POST /healthCheck.html?x=1 HTTP/1.1\r\n"),
            "{asked}"
        );
        assert!(asked.contains("host: jamf.example:8443\r\n"), "{asked}");
        assert!(asked.contains("user-agent: mdm-preflight/"), "{asked}");
        assert!(
            asked.contains("x-one: 1\r\n") && asked.ends_with("\r\n\r\nhello"),
            "{asked}"
        );
        let answer =
            b"HTTP/1.1 302 Found\r\nLocation: https://other.example/\r\nContent-Length: 0\r\n\r\n";
        let _ = stream.write_all(answer).await;
    });
    let mut asked = request("POST");
    asked.headers.push(("x-one".to_owned(), "1".to_owned()));
    asked.body = Some(b"hello".to_vec());
    let (seen, end) = exchange(io.await, false, &asked, &QUICK).await;
    assert_eq!(end, Ok(()));
    assert_eq!(seen.status, Some(302));
    assert_eq!(seen.location.as_deref(), Some("https://other.example/"));
    assert!(!format!("{asked:?}").contains("hello"));
}

#[tokio::test]
async fn a_page_without_a_length_ends_with_its_connection() {
    let page = "<!DOCTYPE html><HTML><head><TITLE lang=en>Access \n\u{1b}[31m denied</Title>";
    let (seen, code) = answered(format!("HTTP/1.0 403 Forbidden\r\n\r\n{page}")).await;
    assert_eq!((seen.status, code), (Some(403), None));
    assert_eq!(seen.version.as_deref(), Some("HTTP/1.0"));
    assert_eq!(seen.title.as_deref(), Some("Access \\u{1b}[31m denied"));
}

#[tokio::test]
async fn each_way_to_fail_has_its_code() {
    let endless = format!("HTTP/1.1 200 OK\r\n{}", "X-Y: z\r\n".repeat(1_000_000));
    let fat = format!("HTTP/1.1 200 OK\r\nX-Y: {}\r\n\r\n", "z".repeat(10_000_000));
    let large = format!("HTTP/1.1 200 OK\r\n\r\n{}", "z".repeat(100_000));
    for (text, status, code) in [
        (String::new(), None, Code::HttpEof),
        ("HTTP/1.1 200 O".to_owned(), None, Code::HttpEof),
        (
            "SSH-2.0-OpenSSH\r\n\r\n".to_owned(),
            None,
            Code::HttpProtocol,
        ),
        (endless, None, Code::HttpProtocol),
        (fat, None, Code::HttpProtocol),
        (large, Some(200), Code::HttpBodyTooLarge),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc".to_owned(),
            Some(200),
            Code::HttpTruncated,
        ),
    ] {
        let start: String = text.chars().take(40).collect();
        let (seen, got) = answered(text).await;
        assert_eq!((seen.status, got), (status, Some(code)), "{start}");
    }
}

#[tokio::test]
async fn silence_before_and_within_the_body_are_two_things() {
    for (text, status, code) in [
        ("", None, Code::HttpTimeoutHeaders),
        ("HTTP/1.1 200 OK\r\nX: ", None, Code::HttpTimeoutHeaders),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
            Some(200),
            Code::HttpTimeoutBody,
        ),
    ] {
        let io = peer(async move |mut stream, _| {
            let _ = stream.write_all(text.as_bytes()).await;
            tokio::time::sleep(Duration::from_secs(5)).await;
        });
        let (seen, end) = exchange(io.await, false, &request("GET"), &QUICK).await;
        assert_eq!((seen.status, end.unwrap_err().code), (status, code));
        assert!(seen.ms < 1200.0);
    }
}

#[tokio::test]
async fn a_reset_is_an_end() {
    let io = peer(async |stream, _| {
        let socket = socket2::SockRef::from(&stream);
        socket.set_linger(Some(Duration::ZERO)).unwrap();
    });
    let (_, end) = exchange(io.await, false, &request("GET"), &QUICK).await;
    assert_eq!(end.unwrap_err().code, Code::HttpEof);
}

#[tokio::test]
async fn http2_is_spoken_where_it_was_agreed() {
    use http_body_util::BodyExt as _;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let service = hyper::service::service_fn(async |asked: http::Request<Incoming>| {
            let uri = asked.uri().to_string();
            let body = asked.into_body().collect().await.unwrap().to_bytes();
            let answer = http::Response::builder().status(405).header("x-uri", uri);
            answer.body(Full::new(body))
        });
        let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        let _ = server.serve_connection(TokioIo::new(stream), service).await;
    });
    let io = TcpStream::connect(address).await.unwrap();
    let mut asked = request("POST");
    asked.body = Some(b"\"h2\"".to_vec());
    let (seen, end) = exchange(io, true, &asked, &QUICK).await;
    assert_eq!(end, Ok(()));
    assert_eq!(
        (seen.status, seen.version.as_deref()),
        (Some(405), Some("HTTP/2"))
    );
    assert_eq!(
        seen.headers["x-uri"],
        "https://jamf.example:8443/healthCheck.html?x=1"
    );
    assert_eq!(seen.json, Some(serde_json::json!("h2")));
}

#[tokio::test]
async fn http1_where_http2_was_agreed_is_a_fault_of_protocol() {
    let io = peer(async |mut stream, _| {
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            .await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    });
    let (seen, end) = exchange(io.await, true, &request("GET"), &QUICK).await;
    assert_eq!(
        (seen.status, end.unwrap_err().code),
        (None, Code::HttpProtocol)
    );
}

#[tokio::test]
async fn a_request_that_cannot_be_written_is_our_own_fault() {
    let mut strange = request("GET");
    strange.headers = vec![("a name".to_owned(), "a value".to_owned())];
    let io = peer(async |_, _| {}).await;
    let (seen, end) = exchange(io, false, &strange, &QUICK).await;
    assert_eq!(end.unwrap_err().code, Code::LocalInternal);
    assert_eq!(seen.status, None);
}
