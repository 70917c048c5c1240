//! `--hold` against servers on loopback that sit through a silence, or end it by themselves.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
#[cfg(unix)]
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ServerConnection;
use serde_json::Value;
use socket2::SockRef;

use crate::binary::{self, Run};
use crate::tls_server;

#[derive(Clone, Copy)]
enum Server {
    Stays,
    Closes,
    Resets,
    /// Takes whatever comes for a reason to reset.
    ResetsOnWrite,
    /// A byte of the session now and then, for as long as somebody listens.
    Speaks,
}

/// How long a server that does not stay waits after the handshake.
const SOON: Duration = Duration::from_millis(400);

impl Server {
    /// Its port; it ends with the test process.
    fn start(self) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                std::thread::spawn(move || {
                    let config = Arc::clone(tls_server::config());
                    let mut session = ServerConnection::new(config).unwrap();
                    while session.is_handshaking() {
                        // Whoever leaves in the middle of it, such as a hello that asks for its size only, is let go.
                        if session.complete_io(&mut stream).is_err() {
                            return;
                        }
                    }
                    match self {
                        Self::Stays => drop(std::io::copy(&mut stream, &mut std::io::sink())),
                        Self::Closes => std::thread::sleep(SOON),
                        Self::ResetsOnWrite => {
                            // What it has not read when it closes makes the kernel reset.
                            let _ = stream.peek(&mut [0; 1]);
                            SockRef::from(&stream)
                                .set_linger(Some(Duration::ZERO))
                                .unwrap();
                        }
                        Self::Speaks => {
                            while session.writer().write_all(b"x").is_ok()
                                && session.write_tls(&mut stream).is_ok()
                            {
                                std::thread::sleep(SOON);
                            }
                        }
                        Self::Resets => {
                            std::thread::sleep(SOON);
                            SockRef::from(&stream)
                                .set_linger(Some(Duration::ZERO))
                                .unwrap();
                        }
                    }
                });
            }
        });
        port
    }

    fn arguments(self, silence: &str) -> Vec<String> {
        let root = format!("public={}", tls_server::Server::root());
        let detour = format!("login.test:5223:127.0.0.1:{}", self.start());
        let words = [
            "check",
            "tls://login.test:5223",
            "--connect-to",
            &detour,
            "--roots",
            &root,
            "--skip",
            "canary",
            "--format",
            "json",
            "--hold",
            silence,
        ];
        words.map(str::to_owned).to_vec()
    }
}

fn run(arguments: &[String]) -> Run {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    binary::run(&words)
}

fn row(report: &Value) -> &Value {
    &report["prerequisites"][0]["checks"][0]
}

#[test]
fn a_connection_that_outlives_its_silence_is_a_pass_that_says_so() {
    let run = run(&Server::Stays.arguments("1s"));
    assert_eq!(run.code, Some(0), "{run:?}");
    let report = run.json();
    let row = row(&report);
    assert_eq!(row["verdict"], "pass", "{row}");
    let message = row["message"].as_str().unwrap();
    assert!(
        message.ends_with(", outlives a silence of 1 s"),
        "{message}"
    );
    let held = &row["follow_ups"][0]["held"];
    assert_eq!(held["peer"], "127.0.0.1:5223", "{row}");
    let tries = held["tries"].as_array().unwrap();
    assert_eq!(
        (tries.len(), &tries[0]["end"]),
        (1, &"kept".into()),
        "{held}"
    );
    assert!(tries[0]["silent_ms"].as_f64().unwrap() >= 1000.0, "{held}");
    assert!(
        report["diagnoses"].as_array().unwrap().is_empty(),
        "{report}"
    );
}

#[test]
fn a_server_that_ends_a_silent_connection_first_leaves_the_way_untested() {
    for (server, end) in [
        (Server::Closes, "closed_before"),
        (Server::Resets, "reset_before"),
    ] {
        let run = run(&server.arguments("30s"));
        assert_eq!(run.code, Some(3), "{run:?}");
        let report = run.json();
        let row = row(&report);
        assert_eq!(
            (&row["verdict"], &row["code"]),
            (&"inconclusive".into(), &"tls_idle_closed".into()),
            "{row}"
        );
        let tries = row["follow_ups"][0]["held"]["tries"].as_array().unwrap();
        assert_eq!(
            (tries.len(), &tries[0]["end"]),
            (1, &end.into()),
            "{tries:?}"
        );
        let silent = tries[0]["silent_ms"].as_f64().unwrap();
        assert!((300.0..10_000.0).contains(&silent), "{tries:?}");
        assert!(
            report["diagnoses"].as_array().unwrap().is_empty(),
            "{report}"
        );
        let headline = report["headline"].as_str().unwrap();
        assert!(headline.contains("run with a shorter --hold"), "{headline}");
    }
}

#[test]
fn a_server_that_resets_on_whatever_it_is_sent_is_not_the_ways_fault() {
    let report = run(&Server::ResetsOnWrite.arguments("1s")).json();
    let row = row(&report);
    let tries = row["follow_ups"][0]["held"]["tries"].as_array().unwrap();
    let ends: Vec<&Value> = tries.iter().map(|tried| &tried["end"]).collect();
    assert_eq!(ends, ["reset_on_write", "reset_on_write"], "{row}");
    assert_eq!(row["code"], "tls_idle_closed", "{row}");
    assert_eq!(row["verdict"], "inconclusive", "{row}");
    assert!(report["diagnoses"].as_array().unwrap().is_empty());
}

#[test]
fn a_server_that_speaks_itself_lets_no_silence_come_about() {
    let started = Instant::now();
    let run = run(&Server::Speaks.arguments("4s"));
    assert_eq!(run.code, Some(3), "{run:?}");
    // It would last for 36 s if nobody noticed.
    assert!(started.elapsed() < Duration::from_secs(20), "{run:?}");
    let report = run.json();
    let row = row(&report);
    assert_eq!(row["code"], "inconclusive_hold", "{row}");
    let tries = &row["follow_ups"][0]["held"]["tries"];
    assert_eq!(tries[0]["end"], "never_silent", "{row}");
    let message = row["message"].as_str().unwrap();
    assert!(
        message.ends_with("no silence of 4 s came about"),
        "{message}"
    );
}

#[cfg(unix)]
#[test]
fn an_interrupted_hold_is_told_as_such() {
    let arguments = Server::Stays.arguments("1m");
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut command = binary::command(&words);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let child = command.spawn().unwrap();
    std::thread::sleep(Duration::from_secs(2));
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let row = row(&report);
    assert_eq!(row["code"], "inconclusive_interrupted", "{row}");
    assert_eq!(
        row["message"], "127.0.0.1:5223: still silent when the run was interrupted",
        "{row}"
    );
}

#[test]
fn a_hold_is_listed_and_one_that_makes_no_sense_is_refused() {
    let listed = binary::run(&["check", "--list", "--hold", "90s", "--only", "apple.push.*"]);
    assert_eq!(listed.code, Some(0), "{listed:?}");
    let held: Vec<&str> = listed
        .stdout
        .lines()
        .filter(|line| line.contains("and again, silent for 90 s"))
        .collect();
    assert_eq!(held.len(), 5, "{}", listed.stdout);
    assert!(held.iter().all(|line| line.contains(":5223")), "{held:?}");

    for (silence, why) in [
        ("0", "expected a duration"),
        ("0s", "between 1s and 3h"),
        ("x", "expected a duration"),
        ("4h", "between 1s and 3h"),
    ] {
        let run = binary::run(&["check", "--list", "--hold", silence]);
        assert_eq!(run.code, Some(2), "{silence}: {run:?}");
        assert!(run.stderr.contains(why), "{silence}: {}", run.stderr);
        assert!(run.stderr.contains("--hold"), "{silence}: {}", run.stderr);
    }
    let none = binary::run(&["check", "tls://192.0.2.1:443", "--hold", "10s"]);
    assert_eq!(none.code, Some(2), "{none:?}");
    assert!(
        none.stderr.contains("no check of this run opens one"),
        "{none:?}"
    );
}

/// A proxy that leads every tunnel to one port of this machine.
#[expect(clippy::disallowed_methods, reason = "a proxy connects")]
fn proxy_to(port: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") && client.read(&mut byte).unwrap_or(0) == 1 {
                    head.extend(byte);
                }
                let mut peer = TcpStream::connect(("127.0.0.1", port)).unwrap();
                client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
                let (mut from, mut to) = (client.try_clone().unwrap(), peer.try_clone().unwrap());
                std::thread::spawn(move || std::io::copy(&mut from, &mut to));
                let _ = std::io::copy(&mut peer, &mut client);
            });
        }
    });
    own
}

fn remarks(report: &Value) -> Vec<&str> {
    let all = report["remarks"].as_array().unwrap().iter();
    let all = all.filter_map(Value::as_str);
    all.filter(|remark| remark.contains("the silence of"))
        .collect()
}

#[test]
fn what_is_not_kept_silent_is_said() {
    let words = Server::Stays.arguments("1s");
    let port: u16 = words[3].rsplit(':').next().unwrap().parse().unwrap();
    assert_eq!(remarks(&run(&words).json()), Vec::<&str>::new());
    let proxy = format!("http://127.0.0.1:{}", proxy_to(port));
    let report = run(&[&words[..], &["--proxy".to_owned(), proxy]].concat()).json();
    assert_eq!(row(&report)["verdict"], "pass", "{report}");
    let through = "not tested: the silence of 1 connection to port 5223, since --hold keeps no connection through a proxy \
                   silent";
    assert_eq!(remarks(&report), [through]);
    // Nine are one more than a run keeps.
    let others = tls_server::NAMES
        .iter()
        .filter(|name| **name != "login.test");
    let others = others.flat_map(|name| {
        let detour = format!("{name}:5223:127.0.0.1:{port}");
        [
            format!("tls://{name}:5223"),
            "--connect-to".to_owned(),
            detour,
        ]
    });
    let run = run(&[words, others.collect()].concat());
    assert_eq!(run.code, Some(0), "{run:?}");
    let beyond = "not tested: the silence of 1 connection to port 5223, since --hold keeps at most eight connections silent";
    let report = run.json();
    assert_eq!(remarks(&report), [beyond]);
    assert!(
        report["headline"].as_str().unwrap().contains(beyond),
        "{report}"
    );
}
