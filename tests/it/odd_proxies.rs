//! What answers at a proxy's address in every way but the usual one, and the ways that a PAC file lists: each on loopback,
//! with answers byte by byte, so that no real proxy has to be brought to give them.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use crate::binary::{Run, command, finish};

const LOGIN: &str = "bob:hunter2x";
const LOGIN_IN_BASE64: &str = "Ym9iOmh1bnRlcjJ4";

/// A server that does something with each connection, one after the other.
fn server(serve: impl Fn(&mut TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            serve(&mut stream);
        }
    });
    port
}

/// Reads what comes first, and answers with these bytes.
fn answering(answer: String) -> u16 {
    server(move |stream| {
        let mut buffer = [0; 4096];
        let _ = stream.read(&mut buffer);
        // The asker may have gone.
        let _ = stream.write_all(answer.as_bytes());
    })
}

fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn check(arguments: &[&str], login: bool) -> Run {
    let all = [
        &["check", "--skip", "canary", "--format", "json", "-4"],
        arguments,
    ]
    .concat();
    let mut command = command(&all);
    if login {
        command.env("MDM_PREFLIGHT_PROXY_CREDENTIALS", LOGIN);
    }
    finish(command)
}

fn rows(report: &Value) -> Vec<&Value> {
    let lines = report["prerequisites"].as_array().unwrap();
    lines
        .iter()
        .flat_map(|line| line["checks"].as_array().unwrap())
        .collect()
}

fn causes(report: &Value) -> Vec<&str> {
    let all = report["diagnoses"].as_array().unwrap();
    all.iter()
        .map(|one| one["code"].as_str().unwrap())
        .collect()
}

/// What a proxy says, and what is to be made of it.
struct Case {
    scheme: &'static str,
    target: &'static str,
    login: bool,
    answer: String,
    code: Option<&'static str>,
    /// Stands in the report.
    said: &'static str,
    cause: Option<&'static str>,
}

fn case(answer: &str, code: &'static str, said: &'static str, cause: &'static str) -> Case {
    Case {
        scheme: "http",
        target: "tcp://peer.example:5223",
        login: false,
        answer: answer.replace('\n', "\r\n"),
        code: Some(code),
        said,
        cause: Some(cause),
    }
}

fn examine(case: &Case) {
    let port = answering(case.answer.clone());
    let proxy = format!("{}://127.0.0.1:{port}", case.scheme);
    let run = check(&[case.target, "--proxy", &proxy], case.login);
    let report = run.json();
    let row = rows(&report)[0];
    let about = format!("{:?}: {row:#}", case.answer);
    assert_eq!(row["code"].as_str(), case.code, "{about}");
    assert!(run.stdout.contains(case.said), "{}: {about}", case.said);
    assert_eq!(causes(&report).first().copied(), case.cause, "{about}");
}

#[test]
fn an_answer_to_connect_is_a_refusal_only_if_a_proxy_can_have_given_it() {
    let refused = |answer: &str| case(answer, "proxy_denied", "refuses", "proxy_refuses");
    let no_proxy = |answer: &str, said| case(answer, "proxy_protocol", said, "proxy_misconfigured");
    for one in [
        refused("HTTP/1.1 403 Forbidden\n\n"),
        refused("HTTP/1.1 400 Bad Request\nX-Squid-Error: ERR_INVALID_REQ 0\n\n"),
        refused("HTTP/1.1 404 Not Found\nProxy-Status: edge; error=destination_not_found\n\n"),
        no_proxy(
            "HTTP/1.1 400 Bad Request\nServer: nginx\n\n",
            "400 Bad Request",
        ),
        no_proxy(
            "HTTP/1.1 404 Not Found\nProxy-Status: edge; received-status=404\n\n",
            "404",
        ),
        no_proxy("HTTP/1.1 405 Not Allowed\n\n", "405 Not Allowed"),
        no_proxy("HTTP/1.1 501 Unsupported method\n\n", "501 Unsupported"),
        Case {
            said: "refuses peer.example:5223: 302 Found, and sends its reader to http://portal.example/why",
            ..refused("HTTP/1.1 302 Found\nLocation: http://portal.example/why\n\n")
        },
        no_proxy("HTTP/1.1 302 Found\n\n", "302 Found"),
        refused("HTTP/1.1 302 Found\nX-Squid-Error: ERR_ACCESS_DENIED 0\n\n"),
        refused("HTTP/1.1 400 Bad Request\nServer: tinyproxy/1.11.1\n\n"),
    ] {
        examine(&one);
    }
}

#[test]
fn an_answer_to_connect_is_read_as_old_appliances_write_it() {
    let works = |answer: &str| Case {
        code: None,
        cause: None,
        ..case(answer, "", "passed_on", "")
    };
    let fields = "A: b\n".repeat(300);
    for one in [
        works("HTTP/1.1 100 Continue\n\nHTTP/1.1 200 OK\n\n"),
        works(&format!("HTTP/1.1 200 OK\n{fields}\n")),
        case(
            "HTTP/1.1 407 Sign in\nProxy-Authenticate : Negotiate\nProxy-Authenticate: Basic\n realm=\"x\"\n\n",
            "proxy_auth_required",
            "offers Negotiate, Basic",
            "proxy_sign_in",
        ),
    ] {
        examine(&one);
    }
}

#[test]
fn a_sign_in_is_called_refused_only_if_it_was_judged() {
    let signing_in = |answer: &str, code, said| Case {
        login: true,
        ..case(answer, code, said, "proxy_sign_in")
    };
    let socks = |case: Case| Case {
        scheme: "socks5",
        ..case
    };
    for one in [
        signing_in(
            "HTTP/1.1 407 Sign in\nProxy-Authenticate: Basic realm=\"x\"\n\n",
            "proxy_login_refused",
            "did not accept the user name and password",
        ),
        signing_in(
            "HTTP/1.1 407 Sign in\nProxy-Authenticate: Negotiate\n\n",
            "proxy_auth_required",
            "offers Negotiate, and a user name with a password is none of these",
        ),
        socks(signing_in(
            "\u{5}\u{7f}",
            "proxy_protocol",
            "chooses sign-in method 127, which it was not offered",
        )),
        socks(case(
            "\u{5}\u{2}",
            "proxy_auth_required",
            "wants a user name",
            "proxy_sign_in",
        )),
    ] {
        let cause = match one.code {
            Some("proxy_protocol") => Some("proxy_misconfigured"),
            Some("proxy_login_refused") => Some("proxy_login_refused"),
            _ => one.cause,
        };
        examine(&Case { cause, ..one });
    }
    let none_fits = server(|stream| {
        let mut buffer = [0; 64];
        let _ = stream.read(&mut buffer);
        let _ = stream.write_all(&[5, 0xff]);
    });
    let proxy = format!("socks5://127.0.0.1:{none_fits}");
    for (login, said) in [
        (true, "neither a user name with a password"),
        // Which one it would take, it does not say (RFC 1928, section 3).
        (
            false,
            "takes none of the methods it was offered: without a sign-in",
        ),
    ] {
        let run = check(&["tcp://peer.example:5223", "--proxy", &proxy], login);
        let report = run.json();
        let row = rows(&report)[0];
        assert_eq!(row["code"], "proxy_auth_required", "{row:#}");
        assert_eq!(row["stages"]["proxy"]["signed_in"], false, "{row:#}");
        // SOCKS knows no such number, and a port may have it in it.
        assert_ne!(row["stages"]["proxy"]["status"], 407, "{row:#}");
        assert!(row["message"].as_str().unwrap().contains(said), "{row:#}");
    }
}

#[test]
fn a_plain_request_that_no_proxy_answers_is_not_the_servers_fault() {
    let plain = |answer: &str, code, said, cause| Case {
        target: "http://peer.example/",
        ..case(answer, code, said, cause)
    };
    let deaf = server(|_| std::thread::sleep(Duration::from_secs(8)));
    for one in [
        plain(
            "",
            "proxy_closed",
            "no answer to GET peer.example",
            "proxy_cannot_reach",
        ),
        plain(
            "SSH-2.0-OpenSSH_9.6\n",
            "proxy_protocol",
            "no answer to GET",
            "proxy_misconfigured",
        ),
        plain(
            "HTTP/1.1 404 Not here\nProxy-Status: edge; error=destination_not_found\n\n",
            "proxy_denied",
            "refuses peer.example",
            "proxy_refuses",
        ),
    ] {
        examine(&one);
    }
    let proxy = format!("http://127.0.0.1:{deaf}");
    let report = check(&["http://peer.example/", "--proxy", &proxy], false).json();
    let row = rows(&report)[0];
    assert_eq!(row["code"], "proxy_silent", "{row:#}");
    assert_eq!(row["stages"]["proxy"]["passed_on"], false, "{row:#}");
    assert_eq!(causes(&report), ["proxy_cannot_reach"]);
    // What a server says through a proxy stays the server's.
    let busy =
        "HTTP/1.1 503 Busy\r\nProxy-Status: edge; received-status=503\r\nContent-Length: 0\r\n\r\n";
    let proxy = format!("http://127.0.0.1:{}", answering(busy.to_owned()));
    let report = check(&["http://peer.example/", "--proxy", &proxy], false).json();
    let row = rows(&report)[0];
    assert_eq!(row["code"], "http_server_error", "{row:#}");
    assert_eq!(row["stages"]["proxy"]["passed_on"], true, "{row:#}");
}

#[test]
fn nothing_of_a_sign_in_is_shown_that_a_proxy_repeats() {
    let padding = "x".repeat(58);
    for (target, answer) in [
        (
            "tcp://peer.example:5223",
            format!("{padding}{LOGIN_IN_BASE64} hunter2x"),
        ),
        (
            "tcp://peer.example:5223",
            format!("HTTP/1.1 403 {LOGIN_IN_BASE64}\r\nVia: hunter2x\r\n\r\n"),
        ),
        (
            "http://peer.example/",
            format!(
                "HTTP/1.1 403 No\r\nServer: squid\r\nX-Squid-Error: {LOGIN_IN_BASE64}\r\nX-Echo: hunter2x\r\n\
                 Content-Type: text/html\r\nContent-Length: 39\r\n\r\n<title>no hunter2x, go away, go</title>"
            ),
        ),
    ] {
        let proxy = format!("http://127.0.0.1:{}", answering(answer));
        let run = check(&[target, "--proxy", &proxy, "-v"], true);
        let report = run.json();
        assert!(rows(&report)[0]["code"].is_string(), "{}", run.stdout);
        for part in ["hunter2x", LOGIN_IN_BASE64, &LOGIN_IN_BASE64[..6]] {
            assert!(!run.stdout.contains(part), "{part} in {}", run.stdout);
            assert!(!run.stderr.contains(part), "{part} in {}", run.stderr);
        }
    }
}

/// What is read for a moment ends within the sign-in that the rest of it comes too late for.
#[test]
fn no_half_of_a_sign_in_is_shown_that_a_proxy_repeats_in_two_parts() {
    let (token, password) = (LOGIN_IN_BASE64, "hunter2x");
    for (first, second) in [
        (format!("echo {}", &token[..11]), &token[11..]),
        (format!("echo {token} {}", &password[..5]), &password[5..]),
        (format!("HTTP{}", &token[..14]), &token[14..]),
    ] {
        let second = second.to_owned();
        let port = server(move |stream| {
            let mut buffer = [0; 4096];
            let _ = stream.read(&mut buffer);
            let _ = stream.write_all(first.as_bytes());
            std::thread::sleep(Duration::from_millis(400));
            let _ = stream.write_all(second.as_bytes());
        });
        let proxy = format!("http://127.0.0.1:{port}");
        let run = check(&["tcp://peer.example:5223", "--proxy", &proxy, "-v"], true);
        let report = run.json();
        let row = rows(&report)[0];
        assert_eq!(row["code"], "proxy_protocol", "{row:#}");
        let shown = row["stages"]["proxy"]["first_bytes"].as_str().unwrap();
        assert!(shown.ends_with("(not shown)"), "{shown}");
        for part in [&password[..4], &token[..6]] {
            assert!(!run.stdout.contains(part), "{part} in {}", run.stdout);
            assert!(!run.stderr.contains(part), "{part} in {}", run.stderr);
        }
    }
}

/// A PAC file that gives this answer for whatever is asked.
fn pac(name: &str, answer: &str) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("odd-{name}.pac"));
    let text = format!("function FindProxyForURL(url, host) {{ return \"{answer}\"; }}");
    std::fs::write(&path, text).unwrap();
    format!("pac:{}", path.display())
}

#[test]
fn of_several_ways_the_one_that_failed_is_blamed() {
    let works = answering("HTTP/1.1 200 OK\r\n\r\n".to_owned());
    let dead = closed_port();
    let peer = answering(String::new());
    let rule = format!("peer.example:5223:127.0.0.1:{peer}");
    let blamed = format!("http://127.0.0.1:{dead}");
    for (name, second) in [
        ("proxy", format!("PROXY 127.0.0.1:{works}")),
        ("direct", "DIRECT".to_owned()),
    ] {
        let choice = pac(name, &format!("PROXY 127.0.0.1:{dead}; {second}"));
        let report = check(
            &[
                "tcp://peer.example:5223",
                "--proxy",
                &choice,
                "--connect-to",
                &rule,
            ],
            false,
        )
        .json();
        let row = rows(&report)[0];
        assert_eq!(row["verdict"], "degraded", "{row:#}");
        assert_eq!(row["code"], "proxy_unreachable", "{row:#}");
        assert_eq!(causes(&report), ["proxy_unreachable"], "{name}");
        let message = row["message"].as_str().unwrap();
        assert!(message.contains("(1 of 2 ways work)"), "{message}");
        // Whoever looks for the trouble is not sent to the connection that works.
        let asked = report["diagnoses"].to_string();
        assert!(!asked.contains("Connections to look for"), "{asked}");
        // The stages are those of the way that was taken.
        let through = row["stages"]["proxy"]["proxy"].as_str();
        let taken = format!("http://127.0.0.1:{works}");
        let expected = (name == "proxy").then_some(taken.as_str());
        assert_eq!(through, expected, "{row:#}");
        let title = report["diagnoses"][0]["title"].as_str().unwrap();
        assert!(title.contains(&blamed), "{title}");
        let other = format!("127.0.0.1:{works}");
        assert!(!title.contains(&other), "{title}");
    }
}

#[test]
fn of_several_ways_that_all_fail_the_last_one_that_was_reached_decides() {
    let wants_sign_in = answering(
        "HTTP/1.1 407 Sign in\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n".to_owned(),
    );
    let dead = closed_port();
    let (unreachable, reached) = (
        format!("http://127.0.0.1:{dead}"),
        format!("http://127.0.0.1:{wants_sign_in}"),
    );
    for (name, first) in [
        ("closed", format!("127.0.0.1:{dead}")),
        ("no-name", "no-such-name.invalid:3128".to_owned()),
    ] {
        let ways = format!("PROXY {first}; PROXY 127.0.0.1:{wants_sign_in}");
        let choice = pac(&format!("all-{name}"), &ways);
        let nowhere = closed_port();
        let dns = format!("127.0.0.1:{nowhere}");
        let target = "tcp://peer.example:5223";
        let run = check(&[target, "--proxy", &choice, "--dns", &dns], false);
        let report = run.json();
        let row = rows(&report)[0];
        assert_eq!(row["code"], "proxy_auth_required", "{row:#}");
        assert_eq!(row["verdict"], "fail", "{row:#}");
        assert_eq!(row["path"]["proxy"], reached, "{row:#}");
        assert_eq!(row["stages"]["proxy"]["status"], 407, "{row:#}");
        assert_eq!(causes(&report).first(), Some(&"proxy_sign_in"), "{name}");
        let beside = row["findings"].as_array().unwrap().iter();
        let beside: Vec<_> = beside
            .filter(|one| one["verdict"] == "degraded")
            .map(|one| one["code"].as_str().unwrap())
            .collect();
        let expected = match name {
            "closed" => "proxy_unreachable",
            _ => "proxy_unresolved",
        };
        assert_eq!(beside, [expected], "{row:#}");
        if name == "closed" {
            assert!(run.stdout.contains(&unreachable), "{}", run.stdout);
        }
    }
}

#[test]
fn a_way_that_cannot_be_used_is_a_note_where_another_one_is_taken() {
    let works = answering("HTTP/1.1 200 OK\r\n\r\n".to_owned());
    let choice = pac(
        "socks4",
        &format!("SOCKS4 127.0.0.1:1; PROXY 127.0.0.1:{works}"),
    );
    let run = check(&["tcp://peer.example:5223", "--proxy", &choice], false);
    let report = run.json();
    let row = rows(&report)[0];
    assert_eq!(row["verdict"], "pass", "{row:#}");
    assert_eq!(row["findings"][0]["code"], "proxy_pac_failed", "{row:#}");
    assert!(
        run.stdout
            .contains("the other ways of the answer were taken")
    );
    assert!(
        !run.stdout.contains("the direct way was taken"),
        "{}",
        run.stdout
    );
}

#[test]
fn a_redirect_is_followed_on_the_second_way_as_well_and_in_full() {
    let long = "a".repeat(3000);
    let to = format!("http://other.example/{long}");
    let begins = format!("GET {to} HTTP/1.1\r\n");
    let works = server(move |stream| {
        let mut request = Vec::new();
        let mut buffer = [0; 4096];
        while !request.ends_with(b"\r\n\r\n") {
            match stream.read(&mut buffer) {
                Ok(count) if count > 0 => request.extend_from_slice(&buffer[..count]),
                _ => return,
            }
        }
        let (status, location) = match String::from_utf8_lossy(&request) {
            text if text.starts_with("GET http://peer.example/") => (302, to.as_str()),
            text if text.starts_with(&begins) => (200, ""),
            _ => (404, ""),
        };
        let _ = write!(
            stream,
            "HTTP/1.1 {status} x\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
    });
    let dead = closed_port();
    let choice = pac(
        "hops",
        &format!("PROXY 127.0.0.1:{dead}; PROXY 127.0.0.1:{works}"),
    );
    let report = check(&["http://peer.example/", "--proxy", &choice], false).json();
    let row = rows(&report)[0];
    assert_eq!(row["follow_ups"].as_array().unwrap().len(), 1, "{row:#}");
    let hop = &row["follow_ups"][0]["redirect"];
    assert_eq!(hop["status"], 200, "{row:#}");
    assert!(hop["url"].as_str().unwrap().len() < 600, "{row:#}");
}

#[test]
fn a_row_that_needs_no_proxy_fails_on_the_direct_path_like_any_other() {
    let shut = closed_port();
    let rules =
        ["inside.example", "outside.example"].map(|host| format!("{host}:5223:127.0.0.1:{shut}"));
    let mut command = command(&[
        "check",
        "tcp://inside.example:5223",
        "tcp://outside.example:5223",
        "--paths",
        "direct",
        "--skip",
        "canary",
        "--format",
        "json",
        "--connect-to",
        &rules[0],
        "--connect-to",
        &rules[1],
    ]);
    command.env("https_proxy", "http://127.0.0.1:1");
    command.env("no_proxy", "inside.example");
    let report = finish(command).json();
    let seen: Vec<(&Value, &Value)> = rows(&report)
        .into_iter()
        .map(|row| (&row["verdict"], &row["code"]))
        .collect();
    assert_eq!(
        seen[0],
        (&Value::from("fail"), &Value::from("tcp_refused_rst"))
    );
    assert_eq!(
        seen[1],
        (
            &Value::from("inconclusive"),
            &Value::from("proxy_not_tried")
        )
    );
}

#[test]
fn a_proxy_that_a_row_does_not_use_does_it_no_harm() {
    let peer = answering(String::new());
    let rule = format!("peer.example:443:127.0.0.1:{peer}");
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("odd-unused.toml");
    let profile = r#"
        [profile]
        name = "unused"
        title = "A service that takes a proxy of a PAC file alone"
        version = "1"
        [[prerequisite]]
        id = "x.y"
        title = "x"
        owner = "network"
        severity = "required"
        from = ["client"]
        why = "w"
        remedy = "r"
        [[prerequisite.check]]
        id = "c"
        title = "x"
        tcp = { host = "peer.example", port = 443 }
        expect = "connected"
        proxy = "pac-only"
    "#;
    std::fs::write(&path, profile).unwrap();
    let profile = path.display().to_string();
    let nobody = format!("127.0.0.1:{}", closed_port());
    let report = check(
        &[
            "--profile",
            &profile,
            "--proxy",
            "http://proxy.nowhere.example:3128",
            "--dns",
            &nobody,
            "--connect-to",
            &rule,
        ],
        false,
    )
    .json();
    let row = rows(&report)[0];
    assert_eq!(row["verdict"], "pass", "{row:#}");
}

#[test]
fn a_proxy_is_sent_nothing_that_it_was_not_asked_for() {
    let (sender, heard) = std::sync::mpsc::channel();
    let proxy = server(move |stream| {
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer).unwrap_or(0);
        let _ = sender.send(buffer[..count].to_vec());
        let _ = stream.write_all(b"HTTP/1.1 407 Sign in\r\n\r\n");
    });
    let choice = format!("http://127.0.0.1:{proxy}");
    let report = check(&["tls://peer.example:443", "--proxy", &choice], false).json();
    assert_eq!(rows(&report)[0]["code"], "proxy_auth_required");
    for asked in heard.try_iter() {
        let asked = String::from_utf8_lossy(&asked).into_owned();
        assert!(asked.starts_with("CONNECT peer.example:443 "), "{asked:?}");
    }
}

#[test]
fn a_sign_in_that_only_boxes_on_the_way_demand_is_no_servers_trouble() {
    let portal = answering(
        "HTTP/1.1 511 Network Authentication Required\r\nContent-Length: 0\r\n\r\n".to_owned(),
    );
    let rule = format!("peer.example:80:127.0.0.1:{portal}");
    let run = check(
        &[
            "http://peer.example/",
            "--proxy",
            "none",
            "--connect-to",
            &rule,
        ],
        false,
    );
    let report = run.json();
    let row = rows(&report)[0];
    assert_eq!(row["code"], "http_captive_portal", "{row:#}");
    // Behind a portal nothing is known of the server.
    assert_eq!(run.code, Some(3), "{row:#}");
}

/// A proxy that agrees to whatever it is asked for, takes the first bytes of what comes then, and leaves the rest to `then`.
fn agreeing(then: fn(&mut TcpStream, usize), takes: usize) -> u16 {
    server(move |stream| {
        let mut buffer = [0; 4096];
        let _ = stream.read(&mut buffer);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        let count = stream.read(&mut buffer[..takes]).unwrap_or(0);
        then(stream, count);
    })
}

#[test]
fn what_breaks_off_behind_a_proxy_is_not_blamed_on_the_server_or_the_way_there() {
    let silent = agreeing(|_, _| std::thread::sleep(Duration::from_secs(3)), 4096);
    let closes = agreeing(|_, _| {}, 4096);
    // What is left unread makes the end a reset.
    let resets = agreeing(|_, _| {}, 1);
    let speaks = agreeing(
        |stream, _| drop(stream.write_all(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")),
        4096,
    );
    for (port, code) in [
        (silent, "tls_silent"),
        (closes, "tls_eof"),
        (resets, "tls_reset"),
        (speaks, "tls_not_tls"),
    ] {
        let proxy = format!("http://127.0.0.1:{port}");
        let target = "https://graph.microsoft.com";
        let report = check(&[target, "--proxy", &proxy, "--timeout", "1s"], false).json();
        let row = rows(&report)[0];
        assert_eq!(row["code"], code, "{row:#}");
        assert_eq!(row["stages"]["proxy"]["passed_on"], true, "{row:#}");
        assert_eq!(causes(&report), ["proxy_tunnel_breaks"], "{code}");
        let cause = &report["diagnoses"][0];
        assert_eq!(cause["owner"], "proxy", "{cause:#}");
        assert_eq!(cause["confidence"], "medium", "{cause:#}");
        if code != "tls_not_tls" {
            assert_eq!(row["stages"]["tls"]["acked"], Value::Null, "{row:#}");
        }
    }
    // Two owners' hosts do not fail together.
    let proxy = format!("http://127.0.0.1:{closes}");
    let targets = [
        "https://graph.microsoft.com",
        "tls://gateway.icloud.com:443",
    ];
    let report = check(&[&targets[..], &["--proxy", &proxy]].concat(), false).json();
    assert_eq!(causes(&report), ["proxy_tunnel_breaks"]);
    assert_eq!(report["diagnoses"][0]["confidence"], "high");
    assert_eq!(
        report["diagnoses"][0]["affects"].as_array().unwrap().len(),
        2
    );
}

#[test]
fn a_proxy_that_carries_other_rows_is_a_proxy() {
    let half = server(|stream| {
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer).unwrap_or(0);
        let good = String::from_utf8_lossy(&buffer[..count]).contains("good.example");
        let answer = if good { "200 OK" } else { "404 Not Found" };
        let _ = write!(stream, "HTTP/1.1 {answer}\r\n\r\n");
    });
    let proxy = format!("http://127.0.0.1:{half}");
    let (good, bad) = ("tcp://good.example:5223", "tcp://bad.example:5223");
    let report = check(&[good, bad, "--proxy", &proxy], false).json();
    assert_eq!(rows(&report)[0]["verdict"], "pass");
    assert_eq!(rows(&report)[1]["code"], "proxy_protocol");
    assert_eq!(causes(&report), ["proxy_cannot_reach"]);
    let cause = &report["diagnoses"][0];
    assert_eq!(cause["confidence"], "medium", "{cause:#}");
    assert!(
        cause["evidence"]
            .to_string()
            .contains("carries 1 other row")
    );
}

/// Squid redirects whom it refuses where its `deny_info` says so.
#[test]
fn a_redirect_of_the_proxys_own_in_answer_to_a_plain_request_is_a_refusal() {
    let denies = answering(
        "HTTP/1.1 302 Found\r\nServer: squid/5.7\r\nX-Squid-Error: 302:why ERR_ACCESS_DENIED\r\n\
         Location: http://portal.example/why\r\nContent-Length: 0\r\n\r\n"
            .to_owned(),
    );
    let passes_on = answering(
        "HTTP/1.1 302 Found\r\nServer: nginx\r\nLocation: http://peer.example/on\r\n\
         Content-Length: 0\r\n\r\n"
            .to_owned(),
    );
    let row = |port: u16| {
        let proxy = format!("http://127.0.0.1:{port}");
        let report = check(&["http://peer.example/", "--proxy", &proxy], false).json();
        (rows(&report)[0].clone(), report)
    };
    let (refused, report) = row(denies);
    assert_eq!(refused["code"], "proxy_denied", "{refused:#}");
    assert_eq!(
        refused["stages"]["proxy"]["passed_on"], false,
        "{refused:#}"
    );
    let message = refused["message"].as_str().unwrap();
    let end = "and sends its reader to http://portal.example/why";
    assert!(message.ends_with(end), "{message}");
    assert_eq!(refused["follow_ups"], serde_json::json!([]), "{refused:#}");
    assert_eq!(causes(&report), ["proxy_refuses"]);
    let (passed, _) = row(passes_on);
    assert_eq!(passed["stages"]["proxy"]["passed_on"], true, "{passed:#}");
}

type Serves = fn(&mut TcpStream);

/// A proxy that listens at 127.0.0.1 and `::1` on one port, and does something else at each; nobody listens at `::1` without
/// the second.
fn at_both(four: Serves, six: Option<Serves>) -> u16 {
    let serve = |listener: TcpListener, serves: Serves| {
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                serves(&mut stream);
            }
        });
    };
    loop {
        let at_four = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = at_four.local_addr().unwrap().port();
        // Somebody else's by chance: another pair then.
        let Ok(at_six) = TcpListener::bind(("::1", port)) else {
            continue;
        };
        serve(at_four, four);
        if let Some(six) = six {
            serve(at_six, six);
        }
        return port;
    }
}

fn agrees(stream: &mut TcpStream) {
    let _ = stream.read(&mut [0; 4096]);
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
}

fn denies(stream: &mut TcpStream) {
    let _ = stream.read(&mut [0; 4096]);
    let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n");
}

fn resets(stream: &mut TcpStream) {
    // What was not read makes the close a reset.
    let _ = stream.peek(&mut [0; 1]);
}

#[test]
fn a_proxy_is_judged_by_each_family_that_its_name_has() {
    // Applications prefer IPv6, and come back to IPv4 only if the connect itself fails.
    let chosen = "(1 of 2 addresses work; applications choose this one, and fail)";
    let differ = Some("proxy_addresses_differ");
    for (four, six, verdict, code, said, cause) in [
        (
            agrees as Serves,
            Some(agrees as Serves),
            "pass",
            None,
            "",
            None,
        ),
        (agrees, None, "pass", None, "", None),
        (
            agrees,
            Some(resets),
            "fail",
            Some("proxy_closed"),
            chosen,
            differ,
        ),
        (
            agrees,
            Some(denies),
            "fail",
            Some("proxy_denied"),
            chosen,
            differ,
        ),
        (
            denies,
            Some(agrees),
            "degraded",
            Some("proxy_denied"),
            "at 127.0.0.1, ",
            differ,
        ),
        (
            denies,
            Some(denies),
            "fail",
            Some("proxy_denied"),
            "403",
            Some("proxy_refuses"),
        ),
    ] {
        let port = at_both(four, six);
        let proxy = format!("http://two.example:{port}");
        let mut words = vec!["check", "tcp://peer.example:5223", "--skip", "canary"];
        words.extend(["--format", "json", "--proxy", &proxy]);
        words.extend(["--resolve", "two.example:127.0.0.1"]);
        words.extend(["--resolve", "two.example:::1"]);
        let report = finish(command(&words)).json();
        let row = rows(&report)[0];
        assert_eq!(row["verdict"], verdict, "{row:#}");
        assert_eq!(row["code"].as_str(), code, "{row:#}");
        assert!(row["message"].as_str().unwrap().contains(said), "{row:#}");
        let expected: Vec<&str> = cause.into_iter().collect();
        assert_eq!(causes(&report), expected, "{report:#}");
    }
}

#[test]
fn a_proxy_that_carried_a_row_is_not_blamed_beside_what_the_row_failed_at() {
    // An agent that listens at one family; one that refuses at one and agrees at the other. What follows breaks off.
    for (four, six, codes) in [
        (agrees as Serves, None, ["proxy_tunnel_breaks"]),
        (denies, Some(agrees as Serves), ["proxy_tunnel_breaks"]),
    ] {
        let proxy = format!("http://two.example:{}", at_both(four, six));
        let mut words = vec!["check", "tls://peer.example:443", "--skip", "canary"];
        words.extend(["--format", "json", "--proxy", &proxy]);
        words.extend(["--resolve", "two.example:127.0.0.1"]);
        words.extend(["--resolve", "two.example:::1"]);
        let report = finish(command(&words)).json();
        assert_eq!(rows(&report)[0]["verdict"], "fail", "{report:#}");
        assert_eq!(causes(&report), codes, "{report:#}");
    }
}

/// Asks for one row by the ways of a PAC file, in a network whose DNS nobody reaches.
fn row_by(name: &str, ways: &str) -> (Value, Vec<String>) {
    let choice = pac(name, ways);
    let dns = format!("127.0.0.1:{}", closed_port());
    let target = "tcp://peer.example:5223";
    let report = check(&[target, "--proxy", &choice, "--dns", &dns], false).json();
    let causes = causes(&report).into_iter().map(str::to_owned).collect();
    (rows(&report)[0].clone(), causes)
}

#[test]
fn what_only_another_way_needs_does_not_decide() {
    let works = answering("HTTP/1.1 200 OK\r\n\r\n".to_owned());
    let denies = answering("HTTP/1.1 403 Forbidden\r\n\r\n".to_owned());
    let dead = closed_port();
    let at = |port: u16| format!("PROXY 127.0.0.1:{port}");
    let unknown = "PROXY nowhere.example:3128".to_owned();
    let direct = "DIRECT".to_owned();
    for (name, ways, verdict, code) in [
        ("d-w", [&direct, &at(works)], "degraded", "dns_unreachable"),
        ("d-f", [&direct, &at(denies)], "fail", "proxy_denied"),
        ("d-x", [&direct, &at(dead)], "fail", "proxy_unreachable"),
        ("x-d", [&at(dead), &direct], "fail", "dns_unreachable"),
        ("u-x", [&unknown, &at(dead)], "fail", "proxy_unreachable"),
        ("x-u", [&at(dead), &unknown], "fail", "proxy_unresolved"),
    ] {
        let (row, _) = row_by(
            &format!("decides-{name}"),
            &ways.map(String::as_str).join("; "),
        );
        assert_eq!(row["verdict"], verdict, "{name}: {row:#}");
        assert_eq!(row["code"], code, "{name}: {row:#}");
        let findings = row["findings"].as_array().unwrap();
        let fails = findings
            .iter()
            .filter(|one| one["verdict"] == "fail")
            .count();
        assert_eq!(fails, usize::from(verdict == "fail"), "{name}: {row:#}");
        assert!(
            findings.len() > 1 || verdict == "degraded",
            "{name}: {row:#}"
        );
    }
    // More than anybody has are not all tried, and that is said.
    let many: Vec<String> = (1..=40)
        .map(|port| format!("PROXY 127.0.0.{port}:{dead}"))
        .collect();
    let (row, _) = row_by("many", &many.join("; "));
    let said = row["findings"].to_string();
    assert!(
        said.contains("it names 40 ways, of which only 32 are tried"),
        "{said}"
    );
    // No DNS server is asked for this machine's own name.
    let (row, _) = row_by("local", &format!("PROXY localhost:{works}"));
    assert_eq!(row["verdict"], "pass", "{row:#}");
    // What is named twice is tried once.
    let (row, _) = row_by("twice", &[at(works), at(works)].join("; "));
    assert_eq!(
        (&row["verdict"], &row["attempts"]["made"]),
        (&"pass".into(), &1.into())
    );
}

/// The causes that a PAC file's ways lead to for rows, each with the proxy of its title and its rows.
fn blamed(name: &str, ways: &str, targets: &[&str]) -> Vec<(String, String, usize)> {
    let choice = pac(name, ways);
    let dns = format!("127.0.0.1:{}", closed_port());
    let arguments = [targets, &["--proxy", &choice, "--dns", &dns]].concat();
    let report = check(&arguments, false).json();
    let all = report["diagnoses"].as_array().unwrap();
    let of_proxies = all.iter().filter(|one| {
        let code = one["code"].as_str().unwrap();
        code.starts_with("proxy_")
    });
    let mut found: Vec<_> = of_proxies
        .map(|one| {
            let title = one["title"].as_str().unwrap();
            let proxy = title.split(' ').find(|word| word.starts_with("http://"));
            let proxy = proxy.unwrap().to_owned();
            // Nobody is sent to look for connections to another proxy.
            let request = one["change_request"].as_str().unwrap().lines();
            let mut sockets = request.filter(|line| line.starts_with("Connections to look for"));
            let place = proxy.trim_start_matches("http://");
            assert!(sockets.all(|line| line.ends_with(place)), "{one:#}");
            let rows = one["affects"].as_array().unwrap().len();
            (one["code"].as_str().unwrap().to_owned(), proxy, rows)
        })
        .collect();
    found.sort();
    // Each row points to the cause of the proxy that decides it.
    for row in rows(&report) {
        let cause = all.iter().find(|one| one["id"] == row["explained_by"]);
        let title = cause.unwrap()["title"].as_str().unwrap();
        let proxy = title.split(' ').find(|word| word.starts_with("http://"));
        let message = row["message"].as_str().unwrap();
        assert!(message.contains(proxy.unwrap()), "{title}: {message}");
    }
    found
}

#[test]
fn each_dead_proxy_of_several_is_a_cause_of_its_own() {
    let denies = answering("HTTP/1.1 403 Forbidden\r\n\r\n".to_owned());
    let works = answering("HTTP/1.1 200 OK\r\n\r\n".to_owned());
    let (dead, other) = (closed_port(), closed_port());
    let at = |port: u16| format!("PROXY 127.0.0.1:{port}");
    let unknown = "PROXY nowhere.example:3128".to_owned();
    let cause =
        |code: &str, port: u16, rows| (code.to_owned(), format!("http://127.0.0.1:{port}"), rows);
    let unresolved = |rows| {
        let proxy = "http://nowhere.example:3128".to_owned();
        ("proxy_unresolved".to_owned(), proxy, rows)
    };
    let one = &["tcp://peer.example:5223"][..];
    let two = &["tcp://peer.example:5223", "tcp://another.example:443"][..];
    for (name, ways, targets, expected) in [
        (
            "x-n",
            [at(dead), at(denies), "DIRECT".to_owned()],
            one,
            [
                cause("proxy_refuses", denies, 1),
                cause("proxy_unreachable", dead, 1),
            ],
        ),
        (
            "u-n",
            [unknown.clone(), at(denies), at(denies)],
            two,
            [cause("proxy_refuses", denies, 2), unresolved(2)],
        ),
        (
            "x-y",
            [at(dead), at(other), at(works)],
            two,
            [
                cause("proxy_unreachable", dead, 2),
                cause("proxy_unreachable", other, 2),
            ],
        ),
    ] {
        let mut expected = expected.to_vec();
        expected.sort();
        let ways = ways.join("; ");
        let found = blamed(&format!("each-{name}"), &ways, targets);
        assert_eq!(found, expected, "{name}");
    }
    // What one proxy does to two rows is one cause, whichever else fails one of them.
    let both = format!(
        "\" + (host == \"peer.example\" ? \"{}; {}\" : \"{}; {}\") + \"",
        at(dead),
        at(denies),
        at(dead),
        at(works)
    );
    let found = blamed("each-row", &both, two);
    let expected = [
        cause("proxy_refuses", denies, 1),
        cause("proxy_unreachable", dead, 2),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_proxy_that_this_run_has_no_family_for_is_said_to_be_so() {
    let (row, _) = row_by("family", "PROXY [::1]:3128");
    assert_eq!(row["verdict"], "inconclusive", "{row:#}");
    assert_eq!(row["code"], "inconclusive_family", "{row:#}");
    let message = row["message"].as_str().unwrap();
    assert!(
        message.starts_with("http://[::1]:3128: its address ::1 is not"),
        "{message}"
    );
}

#[test]
fn hops_go_round_the_ways_that_are_dead() {
    let works = server(|stream| {
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer).unwrap_or(0);
        let asked = String::from_utf8_lossy(&buffer[..count]).into_owned();
        let answer = if asked.contains("/end") {
            "200 OK\r\nContent-Length: 0"
        } else {
            "302 Found\r\nLocation: http://peer.example/end\r\nContent-Length: 0"
        };
        let _ = write!(stream, "HTTP/1.1 {answer}\r\nConnection: close\r\n\r\n");
    });
    let choice = pac(
        "hops",
        &format!("PROXY 127.0.0.1:{}; PROXY 127.0.0.1:{works}", closed_port()),
    );
    let report = check(&["http://peer.example/", "--proxy", &choice], false).json();
    let row = rows(&report)[0];
    let hops = row["follow_ups"].as_array().unwrap();
    assert_eq!(hops[0]["redirect"]["status"], 200, "{row:#}");
}

#[test]
fn redacting_hides_the_names_of_proxies_that_led_nowhere() {
    let works = answering("HTTP/1.1 200 OK\r\n\r\n".to_owned());
    let choice = pac(
        "redacted",
        &format!("PROXY sqd:{}; PROXY inner:{works}", closed_port()),
    );
    let resolve = ["--resolve", "sqd:127.0.0.1", "--resolve", "inner:127.0.0.1"];
    let arguments = [
        &["tcp://peer.example:5223", "--proxy", &choice][..],
        &resolve,
    ]
    .concat();
    let shown = check(&arguments, false);
    assert_eq!(causes(&shown.json()), ["proxy_unreachable"]);
    assert!(shown.stdout.contains("http://sqd:"), "{}", shown.stdout);
    let by_option = format!("http://sqd:{}", closed_port());
    let by_option = ["tcp://peer.example:5223", "--proxy", &by_option];
    for words in [&arguments[..], &[&by_option[..], &resolve].concat()] {
        let hidden = check(&[words, &["--redact"]].concat(), false);
        for name in ["sqd", "inner:"] {
            assert!(!hidden.stdout.contains(name), "{name}: {}", hidden.stdout);
        }
        // A proxy is no file.
        let title = hidden.json()["diagnoses"][0]["title"].to_string();
        assert!(!title.contains("profile.toml"), "{title}");
    }
}
