//! Peers that accept a connection and then say nothing, and DNS servers that do not answer: whoever waits for them is not to hold up the rest.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, UdpSocket};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::binary::{command, finish};

/// Takes every connection to any address of this machine, and keeps it.
#[cfg(target_os = "linux")]
fn mute() -> u16 {
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for stream in listener.incoming() {
            kept.push(stream);
        }
    });
    port
}

fn web() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut buffer = [0; 4096];
            let _ = stream.read(&mut buffer);
            // The asker may have gone.
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
    });
    port
}

/// Every address of 127.0.0.0/8 is this machine's on Linux alone.
#[cfg(target_os = "linux")]
#[test]
fn peers_that_accept_and_say_nothing_give_their_place_to_others() {
    let (mute, web) = (mute(), web());
    let mut targets: Vec<String> = (1..=24)
        .map(|n| {
            let scheme = if n % 3 == 0 { "http" } else { "https" };
            format!("{scheme}://127.0.0.{n}:{mute}/")
        })
        .collect();
    targets.push(format!("http://127.0.0.1:{web}/"));
    let mut arguments = vec![
        "check",
        "--skip",
        "canary",
        "--format",
        "json",
        "--proxy",
        "none",
        "--timeout",
        "1s",
        "--concurrency",
        "2",
    ];
    arguments.extend(targets.iter().map(String::as_str));
    let began = Instant::now();
    let run = finish(command(&arguments));
    let took = began.elapsed();
    let report = run.json();
    let count = |verdict: &str| report["counts"]["checks"][verdict].as_u64().unwrap();
    assert_eq!((count("pass"), count("fail")), (1, 24), "{}", run.stdout);
    // Two at a time, 16 handshakes of a second and 8 answers of five would take 28 s one after the other.
    assert!(took < Duration::from_secs(14), "{took:?}");
}

/// A DNS server that answers for names which begin with `quick`, that they have no address, and for no other.
fn dns() -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let server = socket.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        let mut buffer = [0; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            if buffer[13..length].starts_with(b"quick") {
                // The question as it came, without what stands after it.
                let end = 12
                    + buffer[12..length]
                        .iter()
                        .position(|byte| *byte == 0)
                        .unwrap()
                    + 5;
                let mut answer = buffer[..end].to_vec();
                answer[2..12].copy_from_slice(&[0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0]);
                // The asker may have gone.
                let _ = socket.send_to(&answer, from);
            }
        }
    });
    server
}

#[test]
fn a_script_that_waits_for_dns_holds_up_no_other() {
    let (proxy, dns) = (web(), dns());
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("slow-dns.pac");
    let text = format!(
        "function FindProxyForURL(url, host) {{
           if (isInNet(dnsResolve(host), '10.0.0.0', '255.0.0.0')) return 'DIRECT';
           return 'PROXY 127.0.0.1:{proxy}';
         }}"
    );
    std::fs::write(&file, text).unwrap();
    let choice = format!("pac:{}", file.display());
    let mut targets: Vec<String> = (0..40)
        .map(|n| format!("http://silent{n}.example/"))
        .collect();
    targets.push("http://quick.example/".to_owned());
    let mut arguments = vec![
        "check", "-4", "--skip", "canary", "--format", "json", "--dns", &dns, "--proxy", &choice,
    ];
    arguments.extend(targets.iter().map(String::as_str));
    let began = Instant::now();
    let run = finish(command(&arguments));
    let took = began.elapsed();
    let report = run.json();
    let count = |verdict: &str| report["counts"]["checks"][verdict].as_u64().unwrap();
    assert_eq!(count("pass"), 41, "{}", run.stdout);
    // Four at a time, 40 look-ups of three seconds would take thirty.
    assert!(took < Duration::from_secs(12), "{took:?}");
}
