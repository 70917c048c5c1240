//! How many connections work at once, counted by a server that takes its time.

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{sleep, spawn};
use std::time::Duration;

use crate::bad_input::folder::Folder;
use crate::binary;

const ROWS: usize = 40;

/// Answers each request after a while, and knows the most that it had at a time.
fn slow_server() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let most = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&most);
    let now = Arc::new(AtomicUsize::new(0));
    spawn(move || {
        for stream in listener.incoming() {
            let (now, seen) = (Arc::clone(&now), Arc::clone(&seen));
            spawn(move || {
                let mut stream = stream.unwrap();
                seen.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                let mut request = [0; 4096];
                drop(stream.read(&mut request));
                sleep(Duration::from_millis(100));
                now.fetch_sub(1, Ordering::SeqCst);
                let answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
                drop(stream.write_all(answer.as_bytes()));
            });
        }
    });
    (address, most)
}

fn profile(server: SocketAddr) -> String {
    let mut text = String::from(
        "[profile]\nname = \"slow\"\ntitle = \"Slow\"\nversion = \"1\"\n\n[[prerequisite]]\nid = \"slow\"\ntitle = \"Slow\"\n\
         severity = \"required\"\nfrom = [\"client\"]\nowner = \"network\"\nwhy = \"A test.\"\nremedy = \"None.\"\n",
    );
    for n in 0..ROWS {
        writeln!(
            text,
            "\n[[prerequisite.check]]\nid = \"row-{n}\"\ntitle = \"Row {n}\"\nhttp = {{ url = \"http://{server}/{n}\" }}\nexpect = \"http\""
        )
        .unwrap();
    }
    text
}

#[test]
fn no_more_connections_work_at_once_than_they_may() {
    let folder = Folder::new("concurrency");
    for (given, expected) in [("5", 3..=5), ("128", 20..=ROWS)] {
        let (server, most) = slow_server();
        let file = folder.file("slow.toml", profile(server));
        let arguments = ["check", "--skip", "canary", "--profile", &file];
        let more = ["--concurrency", given, "--proxy", "none"];
        let run = binary::run(&[&arguments[..], &more].concat());
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let most = most.load(Ordering::SeqCst);
        assert!(expected.contains(&most), "{most} at once with {given}");
    }
}
