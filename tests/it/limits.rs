//! Peers that send too much, too slowly or what a terminal would obey: each ends by its budget, and nothing of it is
//! passed on raw.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use crate::binary;

/// A server on loopback that treats every connection alike, until the test process ends.
fn server(treat: fn(TcpStream)) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || treat(stream));
        }
    });
    at
}

fn read_request(stream: &mut TcpStream) {
    let mut buffer = [0; 4096];
    let _ = stream.read(&mut buffer);
}

/// One byte, again and again, for a minute at most.
fn drip(mut stream: TcpStream, first: &[u8], byte: &[u8]) {
    read_request(&mut stream);
    let _ = stream.write_all(first);
    for _ in 0..60 {
        if stream.write_all(byte).is_err() {
            return;
        }
        std::thread::sleep(Duration::from_secs(1));
    }
}

fn check(target: &str, format: &str) -> binary::Run {
    binary::run(&["check", target, "--skip", "canary", "--format", format])
}

/// The one row's code, and how long the run took.
fn code(target: &str) -> (String, Duration, String) {
    let started = Instant::now();
    let run = check(target, "json");
    let took = started.elapsed();
    let report = run.json();
    let row = &report["prerequisites"][0]["checks"][0];
    let code = row["code"].as_str().unwrap_or_default().to_owned();
    (code, took, row["message"].to_string())
}

const EVIL: &[u8] = b"\x1b]0;owned\x07\x1b[2J\x1b[31mSSH-2.0-\x9b31mevil\x00\x7f\r\n";

#[test]
fn control_characters_of_a_banner_reach_no_format_raw() {
    let banner = server(|mut stream| {
        read_request(&mut stream);
        let _ = stream.write_all(EVIL);
    });
    let page = server(|mut stream| {
        read_request(&mut stream);
        let _ = stream.write_all(
            b"HTTP/1.1 302 F\xc3\xb6und\r\nServer: \xc2\x9b31m evil\xe2\x80\xae\r\nContent-Type: text/html\r\n\
              Location: http://127.0.0.1:1/\xc2\x9b2J\xe2\x80\xae<script>alert(1)</script>|`x`\r\n\
              Content-Length: 47\r\n\r\n<title>\x1b[2J\x07<script>alert(2)</script></title>\n",
        );
    });
    for target in [format!("tls://{banner}"), format!("http://{page}/")] {
        for format in [
            "table",
            "compact",
            "json",
            "jsonl",
            "junit",
            "tap",
            "sarif",
            "markdown",
            "github",
            "csv",
            "html",
            "prometheus",
            "nagios",
            "jamf-ea",
            "otlp-json",
        ] {
            let run = check(&target, format);
            // Lines of CSV end so.
            let said = format!("{}{}", run.stdout, run.stderr).replace("\r\n", "\n");
            let raw = said.chars().find(|character| {
                (character.is_control() && !matches!(character, '\n' | '\t'))
                    || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            });
            assert_eq!(raw, None, "{format} {target}: {:?}", run.stdout);
            if format == "html" {
                assert!(!run.stdout.contains("<script>alert"), "{}", run.stdout);
            }
        }
    }
    let (code, _, message) = code(&format!("tls://{banner}"));
    assert_eq!(code, "tls_not_tls", "{message}");
    assert!(
        message.contains("SSH-2.0"),
        "the banner is shown: {message}"
    );
}

#[test]
fn ten_megabytes_of_header_are_cut_off_and_named() {
    let endless = server(|mut stream| {
        read_request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nX-Long: ");
        let part = vec![b'a'; 1 << 16];
        for _ in 0..160 {
            if stream.write_all(&part).is_err() {
                return;
            }
        }
        let _ = stream.write_all(b"\r\n\r\n");
    });
    let (code, took, message) = code(&format!("http://{endless}/"));
    assert_eq!(code, "http_protocol", "{message}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert!(message.len() < 1000, "{} bytes of message", message.len());
}

#[test]
fn a_peer_that_drips_a_byte_a_second_ends_by_the_budget_of_its_stage() {
    let hello = server(|stream| {
        drip(
            stream,
            b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03",
            b"\x01",
        );
    });
    let headers = server(|stream| drip(stream, b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a"));
    let body = server(|stream| {
        drip(
            stream,
            b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n",
            b"a",
        );
    });
    for (target, wanted, budget) in [
        (format!("tls://{hello}"), "tls_silent_peer", 3.3),
        (format!("http://{headers}/"), "http_timeout_headers", 5.0),
        (format!("http://{body}/"), "http_timeout_body", 5.0),
    ] {
        let (code, took, message) = code(&target);
        assert_eq!(code, wanted, "{target} {message}");
        let seconds = took.as_secs_f64();
        assert!(
            (budget - 0.2..budget + 3.0).contains(&seconds),
            "{target}: {seconds} s"
        );
    }
}

#[test]
fn a_body_that_is_cut_short_is_told_from_a_whole_one() {
    let short = server(|mut stream| {
        read_request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    });
    let chunked = server(|mut stream| {
        read_request(&mut stream);
        let _ =
            stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nhalf");
    });
    let whole = server(|mut stream| {
        read_request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfull");
    });
    for (at, wanted) in [
        (short, "http_truncated"),
        (chunked, "http_truncated"),
        (whole, ""),
    ] {
        let (code, _, message) = code(&format!("http://{at}/"));
        assert_eq!(code, wanted, "{message}");
    }
}
