//! Signing in to a Jamf Pro server as an API client: one token, used, given back and shown nowhere; nothing is changed,
//! and whatever comes in the place of an answer has its code.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
#[cfg(unix)]
use std::process::Stdio;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use mdm_preflight::lab::{Guest, Lab, Part};
use serde_json::Value;

use crate::binary::{self, Run};
use crate::demo::world::World;
use crate::tls_server::{Asked, Reply, Server};

const TOKEN: &str = "POST /api/v1/oauth/token";
const OLD_TOKEN: &str = "POST /api/oauth/token";
const LIST: &str = "GET /api/v1/notifications";
const VERSION: &str = "GET /api/v1/jamf-pro-version";
const GIVE_BACK: &str = "POST /api/v1/auth/invalidate-token";
/// What the tests' own servers grant.
const GRANTED: &str =
    r#"{"access_token":"labtoken.of.session","token_type":"Bearer","expires_in":599}"#;

/// What a client must never show, in any form.
fn shows(run: &Run, secret: &str) -> bool {
    let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    [&run.stdout, &run.stderr]
        .iter()
        .any(|text| text.contains(secret) || text.contains(&encoded) || text.contains("labtoken."))
}

/// The rows that sign in to this server.
fn command(url: &str, more: &[&str]) -> std::process::Command {
    let root = Server::root();
    let (client, secret) = Lab::jamf_client();
    let own = [
        "check",
        "--jamf",
        url,
        "--jamf-ca",
        &root,
        "--jamf-client-id",
        client,
        "--only",
        "jamf.notifications",
        "--skip",
        "canary",
        "--format",
        "json",
    ];
    let mut command = binary::command(&[&own[..], more].concat());
    command.env("MDM_PREFLIGHT_JAMF_CLIENT_SECRET", secret);
    command
}

/// The row's verdict and code; of all rows, if they agree.
fn outcome(run: &Run) -> (String, String) {
    let report = run.json();
    let all = report["prerequisites"].as_array().unwrap().iter();
    let own = all.filter(|one| one["id"] == "jamf.notifications");
    let checks: Vec<&Value> = own
        .flat_map(|one| one["checks"].as_array().unwrap())
        .collect();
    let one = |check: &Value| {
        let text = |key: &str| check[key].as_str().unwrap_or("-").to_owned();
        (text("verdict"), text("code"))
    };
    let first = one(checks[0]);
    // The version has another address than the others.
    assert!(
        checks[..4].iter().all(|check| one(check) == first),
        "{run:?}"
    );
    first
}

/// A server that knows the client, with this answer at one address.
fn server(at: &'static str, reply: Reply) -> Server {
    Server::new(move |asked: &Asked| match asked.line().as_str() {
        line if line == at => reply.clone(),
        TOKEN => Reply::json(GRANTED),
        LIST => Reply::json("[]"),
        VERSION => Reply::json(r#"{"version":"11.20.0"}"#),
        GIVE_BACK => Reply::new(204, "text/plain", ""),
        _ => Reply::new(404, "text/html", "<html>404</html>"),
    })
}

#[test]
fn a_session_has_one_token_which_is_given_back_and_shown_nowhere() {
    let world = World::start(None);
    let run = world.check();
    let report = run.json();
    let prerequisites = report["prerequisites"].as_array().unwrap();
    let told = prerequisites
        .iter()
        .find(|one| one["id"] == "jamf.notifications")
        .unwrap();
    assert_eq!(told["verdict"], "pass", "{told}");
    let checks = told["checks"].as_array().unwrap();
    assert_eq!(checks[4]["stages"]["app"]["facts"]["version"], "11.20.0");
    assert_eq!(world.lab().objections(), Vec::<String>::new());
    assert_eq!(world.lab().tokens(), (1, 1), "granted and given back");
    let (_, secret) = Lab::jamf_client();
    assert!(!shows(&run, secret), "{run:?}");
}

#[test]
fn nothing_is_changed_on_the_server() {
    let world = World::start(None);
    let (client, secret) = Lab::jamf_client();
    let more = ["--profile", "jamf-intune", "--profile", "jamf-pro"];
    world.check_at(Lab::jamf_url(), client, secret, &more);
    let mut posts = Vec::new();
    let mut questions = 0;
    for request in world.lab().requests() {
        let Some((method, path)) = request.split_once(" jamf.example.com") else {
            continue;
        };
        match method {
            "GET" => questions += 1,
            _ => posts.push(format!("{method} {path}")),
        }
    }
    assert_eq!(posts, [TOKEN, GIVE_BACK]);
    assert!(questions >= 8, "{questions} questions were asked");
}

#[test]
fn an_older_server_is_asked_where_it_listens() {
    let older = Guest {
        host: "old.example.com",
        addresses: vec![Ipv4Addr::new(198, 51, 100, 9).into()],
        ports: vec![8443],
        plays: Part::OlderJamf,
    };
    let world = World::start_with(None, &[older]);
    let (client, secret) = Lab::jamf_client();
    let run = world.check_at("https://old.example.com:8443", client, secret, &[]);
    assert_eq!(
        outcome(&run),
        ("pass".to_owned(), "-".to_owned()),
        "{run:?}"
    );
    let report = run.json();
    let all = report["prerequisites"].as_array().unwrap();
    let health = all.iter().find(|one| one["id"] == "jamf.https").unwrap();
    assert_eq!(health["verdict"], "pass", "{health}");
    let requests = world.lab().requests();
    let asked = |line: &str| {
        let line = line.replacen(" /", " old.example.com/", 1);
        requests.iter().filter(|one| **one == line).count()
    };
    for line in [
        TOKEN,
        OLD_TOKEN,
        GIVE_BACK,
        "GET /api/v1/health-check",
        "GET /healthCheck.html",
    ] {
        assert_eq!(asked(line), 1, "{line}: {requests:?}");
    }
    assert_eq!(world.lab().objections(), Vec::<String>::new());
    assert_eq!(world.lab().tokens(), (1, 1), "granted and given back");
}

#[test]
fn a_secret_is_sent_to_no_server_in_clear_and_to_none_that_proves_nothing() {
    let clear = super::Server::new(Vec::new());
    let run = binary::finish(command(&format!("http://{}", clear.at), &[]));
    assert!(run.stdout.contains("http_credential_withheld"), "{run:?}");
    // It was connected to, and sent nothing.
    assert!(clear.asked().iter().all(String::is_empty));
    assert!(!shows(&run, Lab::jamf_client().1));
    let world = World::start(Some("cert-wrong-name"));
    world.check();
    assert_eq!(world.lab().tokens(), (0, 0));
}

#[test]
fn a_wrong_secret_is_refused_and_costs_one_request() {
    let world = World::start(None);
    let run = world.check_as(Lab::jamf_client().0, "wrong+secret");
    let expected = ("inconclusive".to_owned(), "jamf_client_refused".to_owned());
    assert_eq!(outcome(&run), expected);
    assert_eq!(run.code, Some(3), "{run:?}");
    assert_eq!(world.lab().objections(), ["token request: invalid_client"]);
    assert!(!shows(&run, "wrong+secret"), "{run:?}");
}

const JSON: &str = "application/json";
const PAGE: &str = "text/html";

/// Status, kind and body; the rows' verdict and code.
type Odd = (u16, &'static str, &'static str, &'static str, &'static str);

const UNKNOWN: &str = "inconclusive";

/// What comes in the place of a token.
const IN_PLACE_OF_A_TOKEN: &[Odd] = &[
    (200, JSON, "{not json", UNKNOWN, "http_not_json"),
    (200, "text/plain", "ok", UNKNOWN, "http_not_json"),
    (200, PAGE, "<html>hello</html>", UNKNOWN, "jamf_not_told"),
    (200, JSON, "[]", "degraded", "jamf_unexpected"),
    (
        200,
        JSON,
        r#"{"access_token":7}"#,
        "degraded",
        "jamf_unexpected",
    ),
    (
        200,
        JSON,
        r#"{"expires_in":"599"}"#,
        "degraded",
        "jamf_unexpected",
    ),
    (
        200,
        JSON,
        r#"{"access_token":"labtoken.\r\nX: y"}"#,
        "fail",
        "http_credential_unfit",
    ),
    (200, JSON, "10 MB", "fail", "http_body_too_large"),
    (302, PAGE, "/api/v1/oauth/token", UNKNOWN, "http_redirected"),
    (
        400,
        JSON,
        r#"{"error":"invalid_client"}"#,
        UNKNOWN,
        "jamf_client_refused",
    ),
    (
        401,
        JSON,
        r#"{"httpStatus":401,"errors":[]}"#,
        UNKNOWN,
        "jamf_client_refused",
    ),
    (403, PAGE, "<html>no</html>", UNKNOWN, "jamf_not_told"),
    (404, JSON, "{}", UNKNOWN, "jamf_not_told"),
    (429, JSON, "{}", "degraded", "http_throttled"),
    (
        503,
        PAGE,
        "<html>later</html>",
        "degraded",
        "http_server_error",
    ),
];

/// What comes in the place of the list that a token should open.
const IN_PLACE_OF_A_LIST: &[Odd] = &[
    (200, JSON, "{not json", UNKNOWN, "http_not_json"),
    (
        200,
        JSON,
        r#"{"type":"PUSH_CERT_EXPIRED"}"#,
        "degraded",
        "jamf_unexpected",
    ),
    (200, JSON, "[7]", "degraded", "jamf_unexpected"),
    (200, JSON, "10 MB", "fail", "http_body_too_large"),
    (
        302,
        PAGE,
        "/api/v1/notifications",
        UNKNOWN,
        "http_redirected",
    ),
    // A token that has ended, or that something on the way has taken out.
    (
        401,
        JSON,
        r#"{"httpStatus":401}"#,
        UNKNOWN,
        "jamf_token_refused",
    ),
    (403, JSON, r#"{"httpStatus":403}"#, UNKNOWN, "jamf_not_told"),
    (429, JSON, "{}", "degraded", "http_throttled"),
    (500, JSON, "{}", "degraded", "http_server_error"),
];

fn reply(odd: &Odd) -> Reply {
    match *odd {
        (302, _, location, ..) => Reply::to(302, location),
        (status, kind, "10 MB", ..) => Reply::new(status, kind, &"[".repeat(10_000_000)),
        (status, kind, body, ..) => Reply::new(status, kind, body),
    }
}

#[test]
fn what_comes_in_the_place_of_a_token_has_its_code_and_is_asked_for_once() {
    for odd in IN_PLACE_OF_A_TOKEN {
        let (status, .., verdict, code) = *odd;
        let server = server(TOKEN, reply(odd));
        let run = binary::finish(command(&server.url(), &[]));
        let expected = (verdict.to_owned(), code.to_owned());
        assert_eq!(outcome(&run), expected, "{odd:?}");
        let mut asked = vec![TOKEN];
        // Before the newer address there was an older one.
        asked.extend((status == 404).then_some(OLD_TOKEN));
        assert_eq!(server.lines(), asked, "{odd:?}");
        assert!(!shows(&run, Lab::jamf_client().1), "{odd:?}");
        assert!(!run.stdout.contains("X: y"), "{odd:?}");
    }
}

#[test]
fn what_a_token_does_not_open_has_its_code_and_the_token_is_given_back() {
    for odd in IN_PLACE_OF_A_LIST {
        let (.., verdict, code) = *odd;
        let server = server(LIST, reply(odd));
        let run = binary::finish(command(&server.url(), &[]));
        let expected = (verdict.to_owned(), code.to_owned());
        assert_eq!(outcome(&run), expected, "{odd:?}");
        let mut lines = server.lines();
        lines.sort();
        assert_eq!(lines, [VERSION, LIST, GIVE_BACK, TOKEN], "{odd:?}");
        assert!(!shows(&run, Lab::jamf_client().1), "{odd:?}");
    }
}

/// Nothing depends on how long the token would live: it is used at once, and given back.
#[test]
fn a_token_counts_whatever_is_said_of_its_life() {
    for life in [r#""599""#, "0", "-1", "null", "[]"] {
        let granted = format!(r#"{{"access_token":"labtoken.x","expires_in":{life}}}"#);
        let server = server(TOKEN, Reply::json(&granted));
        let run = binary::finish(command(&server.url(), &[]));
        let expected = ("pass".to_owned(), "-".to_owned());
        assert_eq!(outcome(&run), expected, "{life}");
        assert_eq!(server.lines().last().unwrap(), GIVE_BACK);
    }
}

#[test]
fn neither_secret_nor_token_follows_a_redirect() {
    let stranger = Server::new(|_: &Asked| Reply::json("[]"));
    for at in [TOKEN, LIST] {
        for status in [302, 307, 308] {
            let reply = Reply::to(status, &format!("{}/elsewhere", stranger.url()));
            let server = server(at, reply);
            let run = binary::finish(command(&server.url(), &[]));
            assert!(run.stdout.contains("http_redirected"), "{run:?}");
            let sent = &server.asked()[0].body;
            assert!(
                sent.contains("&client_secret=Lq%2B7%2F"),
                "it was sent here: {sent}"
            );
        }
    }
    assert_eq!(stranger.lines(), Vec::<String>::new());
}

/// Starts the program, ends it politely once the server was asked this, and waits for its end.
#[cfg(unix)]
fn interrupted_at(server: &Server, line: &str) -> (Run, Duration) {
    interrupted(&server.url(), || server.wait_for(line))
}

/// The same after whatever is waited for.
#[cfg(unix)]
fn interrupted(url: &str, wait: impl FnOnce()) -> (Run, Duration) {
    let mut command = command(url, &["--deadline", "30s"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    wait();
    let began = Instant::now();
    let kill = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
    let output = child.wait_with_output().unwrap();
    let run = Run {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    };
    (run, began.elapsed())
}

fn given_back(server: &Server) -> usize {
    let asked = server.asked();
    let back = asked.iter().filter(|one| one.line() == GIVE_BACK);
    back.inspect(|one| assert!(one.head.contains("labtoken.of.session"), "{}", one.head))
        .count()
}

#[cfg(unix)]
#[test]
fn a_token_is_given_back_after_an_interruption() {
    // While it is in use: the list does not come.
    let late = Reply::json("[]").late(Duration::from_secs(20));
    let server = server(LIST, late);
    let (run, took) = interrupted_at(&server, LIST);
    assert_eq!(run.code, Some(3), "{run:?}");
    assert_eq!(outcome(&run).1, "inconclusive_interrupted");
    assert_eq!(given_back(&server), 1);
    assert!(took < Duration::from_secs(4), "{took:?}");
}

#[cfg(unix)]
#[test]
fn a_token_that_is_granted_after_an_interruption_is_given_back_and_not_used() {
    let late = Reply::json(GRANTED).late(Duration::from_millis(700));
    let server = server(TOKEN, late);
    let (run, _) = interrupted_at(&server, TOKEN);
    assert_eq!(run.code, Some(3), "{run:?}");
    assert_eq!(server.lines(), [TOKEN, GIVE_BACK]);
    assert_eq!(given_back(&server), 1);
    // Nor is another one asked for where the first address is not there.
    let late = Reply::new(404, PAGE, "").late(Duration::from_millis(700));
    let older = self::server(TOKEN, late);
    interrupted_at(&older, TOKEN);
    assert_eq!(older.lines(), [TOKEN]);
}

/// Takes connections for a server, says of each that it has come, and passes on what it brings after a while.
#[expect(
    clippy::disallowed_methods,
    reason = "it stands for a slow way to a server of the tests' own"
)]
fn behind(server: &Server, after: Duration) -> (SocketAddr, Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (at, peer) = (listener.local_addr().unwrap(), server.at);
    let (come, comes) = channel();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            // The test may have seen enough.
            let _ = come.send(());
            std::thread::spawn(move || {
                std::thread::sleep(after);
                let server = TcpStream::connect(peer).unwrap();
                let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                std::thread::spawn(move || std::io::copy(&mut from, &mut to));
                let (mut from, mut to) = (server, client);
                // Either side may leave.
                let _ = std::io::copy(&mut from, &mut to);
            });
        }
    });
    (at, comes)
}

#[cfg(unix)]
#[test]
fn a_secret_that_was_not_sent_before_an_interruption_stays_here() {
    let after = Duration::from_millis(1200);
    let server = server(LIST, Reply::json("[]"));
    let (at, comes) = behind(&server, after);
    let (run, took) = interrupted(&format!("https://{at}"), || comes.recv().unwrap());
    assert_eq!(run.code, Some(3), "{run:?}");
    assert_eq!(outcome(&run).1, "inconclusive_interrupted");
    assert!(took < Duration::from_secs(1), "{took:?}");
    std::thread::sleep(after);
    assert_eq!(server.lines(), Vec::<String>::new());
    assert!(!run.stdout.contains("jamf_token_kept"));
}

#[test]
fn a_secret_that_was_not_sent_before_the_deadline_stays_here() {
    let after = Duration::from_millis(1500);
    let server = server(LIST, Reply::json("[]"));
    let (at, _comes) = behind(&server, after);
    let run = binary::finish(command(&format!("https://{at}"), &["--deadline", "700ms"]));
    assert_eq!(outcome(&run).1, "inconclusive_deadline");
    std::thread::sleep(after);
    assert_eq!(server.lines(), Vec::<String>::new());
}

#[cfg(unix)]
#[test]
fn a_token_that_may_have_been_granted_too_late_is_told() {
    let late = Reply::json(GRANTED).late(Duration::from_secs(20));
    let server = server(TOKEN, late);
    let (run, took) = interrupted_at(&server, TOKEN);
    assert_eq!(outcome(&run).1, "inconclusive_interrupted");
    assert!(took < Duration::from_secs(4), "{took:?}");
    assert!(run.stdout.contains("\"jamf_token_kept\""), "a note says so");
}

#[test]
fn a_token_is_given_back_when_the_deadline_comes_first() {
    let late = Reply::json("[]").late(Duration::from_secs(20));
    let server = server(LIST, late);
    let run = binary::finish(command(&server.url(), &["--deadline", "1500ms"]));
    assert_eq!(run.code, Some(3), "{run:?}");
    assert_eq!(run.json()["run"]["deadline_reached"], true);
    assert_eq!(outcome(&run).1, "inconclusive_deadline");
    assert_eq!(given_back(&server), 1);
}

#[test]
fn a_server_that_takes_no_token_back_holds_the_run_up_for_a_moment_only() {
    let never = Reply::new(204, PAGE, "").late(Duration::from_secs(20));
    let server = server(GIVE_BACK, never);
    let began = Instant::now();
    let run = binary::finish(command(&server.url(), &[]));
    assert_eq!(outcome(&run).0, "pass", "{run:?}");
    assert!(began.elapsed() < Duration::from_secs(6));
    assert!(run.stdout.contains("\"jamf_token_kept\""), "a note says so");
    let broken = self::server(GIVE_BACK, Reply::new(500, JSON, "{}"));
    let run = binary::finish(command(&broken.url(), &[]));
    assert_eq!(outcome(&run).0, "pass", "{run:?}");
    assert!(run.stdout.contains("\"jamf_token_kept\""), "a note says so");
}

/// The rows that ask for the notifications.
fn signed_in(report: &Value) -> Vec<&Value> {
    let all = report["prerequisites"].as_array().unwrap().iter();
    let own = all.filter(|one| one["id"] == "jamf.notifications");
    let checks = own.flat_map(|one| one["checks"].as_array().unwrap());
    checks.take(4).collect()
}

#[test]
fn a_dead_way_before_the_one_that_works_is_told_of_a_session_too() {
    let dead = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("session-dead-way.pac");
    let text = format!("function FindProxyForURL(url, host) {{ return 'PROXY {dead}; DIRECT'; }}");
    std::fs::write(&file, text).unwrap();
    let choice = format!("pac:{}", file.display());
    for (answer, verdict, code) in [
        (Reply::json("[]"), "degraded", "proxy_unreachable"),
        // What the server says is told before what was in the way of asking it.
        (Reply::new(401, JSON, "{}"), UNKNOWN, "jamf_token_refused"),
    ] {
        let server = server(LIST, answer);
        let run = binary::finish(command(&server.url(), &["--proxy", &choice]));
        let expected = (verdict.to_owned(), code.to_owned());
        assert_eq!(outcome(&run), expected);
        let report = run.json();
        for row in signed_in(&report) {
            let findings = row["findings"].as_array().unwrap();
            let dead = findings
                .iter()
                .find(|one| one["code"] == "proxy_unreachable");
            assert_eq!(dead.unwrap()["verdict"], "degraded", "{row:#}");
        }
        assert_eq!(given_back(&server), 1);
    }
}

/// A port that closes each connection as soon as something has come, which it does not read: that resets it.
fn resetting() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = stream.peek(&mut [0]);
        }
    });
    at
}

#[test]
fn each_address_of_a_session_is_judged_by_what_was_seen_there() {
    if TcpListener::bind("[::1]:0").is_err() {
        return;
    }
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    for (first, code) in [(resetting(), "tls_reset_peer"), (closed, "tcp_refused_rst")] {
        let server = server(LIST, Reply::json("[]"));
        let first = format!("127.0.0.2:443:{first}");
        let second = format!("[::1]:443:{}", server.at);
        let more = [
            "--resolve",
            "login.test:127.0.0.2",
            "--resolve",
            "login.test:::1",
            "--connect-to",
            &first,
            "--connect-to",
            &second,
            "--proxy",
            "none",
        ];
        let run = binary::finish(command("https://login.test", &more));
        let expected = ("degraded".to_owned(), code.to_owned());
        assert_eq!(outcome(&run), expected);
        let report = run.json();
        for row in signed_in(&report) {
            let told: Vec<_> = row["addresses"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| (&one["address"], &one["verdict"], &one["code"]))
                .map(|(address, verdict, code)| [address, verdict, code].map(Value::to_string))
                .collect();
            let quoted = |text: &str| format!("{text:?}");
            assert_eq!(
                told,
                [
                    [quoted("127.0.0.2"), quoted("fail"), quoted(code)],
                    [quoted("::1"), quoted("pass"), "null".to_owned()],
                ],
                "{row:#}"
            );
            assert_eq!(row["attempts"]["ok"], 0, "{row:#}");
        }
        assert_eq!(given_back(&server), 1);
    }
}

#[test]
fn each_notification_is_told_in_the_row_that_asks_for_it() {
    let list = r#"[{"type":"PUSH_CERT_WILL_EXPIRE","params":{"days":"12"}},{"type":"APNS_CONNECTION_FAILURE"},
        {"type":"DEVICE_COMPLIANCE_CONNECTION_ERROR"},{"type":"BUILT_IN_CA_EXPIRING","params":{"days":40}},
        {"type":"SOMETHING_NEW","params":{"name":"jane@example.com"}}]"#;
    let server = server(LIST, Reply::json(list));
    let run = binary::finish(command(&server.url(), &[]));
    let report = run.json();
    let all = report["prerequisites"].as_array().unwrap();
    let own = all.iter().find(|one| one["id"] == "jamf.notifications");
    let rows: Vec<String> = own.unwrap()["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| format!("{} {}", row["id"], row["code"]).replace('"', ""))
        .collect();
    assert_eq!(
        rows,
        [
            "apple jamf_apple_failure",
            "push-certificate jamf_push_cert_expiring",
            "microsoft jamf_microsoft_failure",
            "certificates jamf_certificate_ends",
            "version null",
        ]
    );
    let push = &own.unwrap()["checks"][1];
    assert_eq!(push["stages"]["app"]["facts"]["push_certificate_days"], 12);
    assert!(
        push["message"].as_str().unwrap().contains("in 12 days"),
        "{push}"
    );
    assert!(
        !run.stdout.contains("jane@"),
        "names of people are not kept"
    );
}

#[test]
fn the_built_in_authority_explains_a_chain_and_never_makes_it_trusted() {
    let fingerprint = fingerprint_of(&Server::root());
    let authority = format!(
        r#"{{"subjectX500Principal":"CN=Authority of the tests","sha256Fingerprint":"{fingerprint}","notAfter":32503680000}}"#
    );
    let server = Server::new(move |asked: &Asked| match asked.path.as_str() {
        "/api/v1/pki/certificate-authority/active" => Reply::json(&authority),
        _ => Reply::new(204, "text/plain", ""),
    });
    let url = server.url();
    let plain = [
        "check",
        "--profile",
        "jamf-pro",
        "--jamf",
        &url,
        "--only",
        "jamf.state/built-in-ca",
        "--skip",
        "canary",
        "--format",
        "json",
    ];
    let row = |run: &Run| {
        let report = run.json();
        let all = report["prerequisites"].as_array().unwrap().clone();
        let state = all.into_iter().find(|one| one["id"] == "jamf.state");
        let checks = state.unwrap()["checks"].as_array().unwrap().clone();
        checks
            .into_iter()
            .find(|row| row["id"] == "built-in-ca")
            .unwrap()
    };
    let own_word = row(&binary::run(&plain));
    assert_eq!(own_word["verdict"], "fail", "{own_word}");
    assert_eq!(own_word["code"], "tls_cert_untrusted");
    let said = own_word["message"].as_str().unwrap();
    assert!(
        said.contains("by its own word, which proves nothing"),
        "{said}"
    );
    let root = Server::root();
    let given = row(&binary::run(&[&plain[..], &["--jamf-ca", &root]].concat()));
    assert_eq!(given["verdict"], "pass", "{given}");
    assert_eq!(given["stages"]["app"]["facts"]["signs_the_chain"], true);
}

/// By a foreign tool, as administrators compare it.
fn fingerprint_of(file: &str) -> String {
    let out = std::process::Command::new("openssl")
        .args(["x509", "-noout", "-fingerprint", "-sha256", "-in", file])
        .output()
        .unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    text.trim().split_once('=').unwrap().1.to_owned()
}
