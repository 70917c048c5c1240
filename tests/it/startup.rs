//! What a run reads when it starts delays no packet: a trust store that cannot be read to its end, beside checks that do
//! not need it.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::binary;
use crate::loopback::Loopback;

/// The lab without a replacement for the system's store, which is a pipe that nobody writes to.
#[test]
fn a_system_store_that_cannot_be_read_delays_no_connect_and_decides_nothing() {
    let lab = Loopback::start("startup");
    let pipe = lab.path("never-written");
    drop(std::fs::remove_file(&pipe));
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let mut arguments = lab.arguments();
    let system = arguments
        .iter()
        .position(|word| word.starts_with("system="))
        .unwrap();
    arguments.drain(system - 1..=system);
    let ask = |target: &str| {
        let mut words = vec!["check", target, "--format", "json"];
        words.extend(arguments.iter().map(String::as_str));
        let mut command = binary::command(&words);
        // Where the system's roots are read from on Linux, if this is set.
        command.env("SSL_CERT_FILE", &pipe);
        let began = Instant::now();
        let run = binary::finish(command);
        (run, began.elapsed())
    };
    let (run, took) = ask("tcp://graph.microsoft.com:443");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(took < Duration::from_millis(1500), "{took:?}");
    // A handshake waits for it, within a bound, and is then judged by the others.
    let (run, took) = ask("tls://graph.microsoft.com:443");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let check = &run.json()["prerequisites"][0]["checks"][0];
    let stores = &check["stages"]["tls"]["stores"];
    assert_eq!(stores["public"]["chain"], "ok");
    assert!(stores.get("system").is_none(), "{stores}");
    assert!(took < Duration::from_secs(4), "{took:?}");
}
