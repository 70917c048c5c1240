//! Odd answers to calls that carry a secret or a token: each has its code, is asked for once, and upsets nobody.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::binary::{self, Run};
use crate::tls_server::{self, Asked, Reply};

const SECRET: &str = "Odd8Q~hunter2+of/the%world";
const ADMIN: &str = "admin.hunter2.token";
const TOKEN: &str = "POST login.test/t.test/oauth2/v2.0/token";
const APPLICATION: &str = "GET graph.test/v1.0/applications(appId='7')";
const ENDPOINTS: &str =
    "GET graph.test/v1.0/servicePrincipals/appId=0000000a-0000-0000-c000-000000000000/endpoints";
const PARTNERS: &str = "GET graph.test/v1.0/deviceManagement/deviceManagementPartners";
const DISCOVERY: &str = "GET login.test/t.test/v2.0/.well-known/openid-configuration";
const FRONT_END: &str = "GET fef.u1.manage.test/";

const PROFILE: &str = r#"
[profile]
name = "odd"
title = "Calls that sign in"
version = "1"

[[prerequisite]]
id = "x.app"
title = "The application"
severity = "required"
from = ["client"]
owner = "identity"

[[prerequisite.check]]
id = "token"
title = "A token"
token = { host = "login.test", tenant = "t.test", ask = "permission", client_id = "7", api = "https://graph.test", roles = "Application.Read.All" }
expect = "token"

[[prerequisite.check]]
id = "registration"
title = "The registration"
graph = { host = "graph.test", ask = "registration", login = "login.test", tenant = "t.test", client_id = "7" }
expect = "http"

[[prerequisite.check]]
id = "frontend"
title = "The front end"
graph = { host = "graph.test", ask = "frontend", login = "login.test", tenant = "t.test", client_id = "7", zone = "manage.test" }
expect = "http"

[[prerequisite.check]]
id = "connector"
title = "The connector"
graph = { host = "graph.test", ask = "connector", client_id = "7" }
expect = "http"
"#;

fn json(status: u16, body: &Value) -> Reply {
    Reply::new(status, "application/json", &body.to_string())
}

fn text(status: u16, kind: &'static str, body: &str) -> Reply {
    Reply::new(status, kind, body)
}

fn token(claims: &str) -> String {
    let claims = BASE64_URL_SAFE_NO_PAD.encode(claims);
    format!("eyJhbGciOiJub25lIn0.{claims}.c2ln")
}

fn granted(token: &str) -> Reply {
    let body = json!({"token_type": "Bearer", "expires_in": "3599", "access_token": token});
    json(200, &body)
}

/// What the real ones say, as far as these rows look at it.
fn sound(asked: &str) -> Reply {
    match asked {
        TOKEN => {
            let claims = json!({
                "aud": "https://graph.test", "tid": "1", "appid": "7", "appidacr": "1", "roles": ["Application.Read.All"],
                "nbf": 1, "exp": "32503680000",
            });
            granted(&token(&claims.to_string()))
        }
        DISCOVERY => json(200, &json!({"issuer": "https://login.test/1/v2.0"})),
        APPLICATION => {
            let access = json!({"id": "7b3c62c0-bbe4-4ceb-971b-ecc50a191b3e", "type": "Role"});
            json(
                200,
                &json!({
                    "signInAudience": "AzureADMultipleOrgs", "web": {"redirectUris": []},
                    "passwordCredentials": [{"endDateTime": "2999-01-01T00:00:00Z"}],
                    "requiredResourceAccess": [{"resourceAccess": [access]}],
                }),
            )
        }
        ENDPOINTS => json(
            200,
            &json!({"value": [{"capability": "FEF_URL", "uri": "https://fef.u1.manage.test/x"}]}),
        ),
        PARTNERS => {
            let one = json!({"displayName": "Jamf", "partnerState": "enabled"});
            json(200, &json!({ "value": [one] }))
        }
        FRONT_END => text(200, "text/html", "<html>Intune</html>"),
        _ => json(200, &json!({ "value": [] })),
    }
}

/// Such as `GET graph.test/v1.0/applications`.
fn line(asked: &Asked) -> String {
    let path = asked.path.split('?').next().unwrap();
    format!("{} {}{path}", asked.method, asked.host)
}

/// Entra, Graph and Intune in one, over TLS, odd in one answer.
struct Server(tls_server::Server);

impl Server {
    fn new(odd: Option<(&'static str, Reply)>) -> Self {
        Self(tls_server::Server::new(move |asked| {
            let line = line(asked);
            let mut reply = match &odd {
                Some((at, reply)) if *at == line => reply.clone(),
                _ => sound(&line),
            };
            if reply.body == b"10 MB" {
                reply.body = vec![b'['; 10_000_000];
            }
            // A redirect leads where it came from: it has no end.
            reply.head = format!("Location: https://{}{}\r\n", asked.host, asked.path);
            reply
        }))
    }

    fn check(&self) -> Run {
        self.check_by(&[])
    }

    fn check_by(&self, more: &[&str]) -> Run {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("sign-in-{number}"));
        std::fs::create_dir_all(&folder).unwrap();
        let file = |name: &str, text: &str| {
            std::fs::write(folder.join(name), text).unwrap();
            folder.join(name).display().to_string()
        };
        let mut arguments: Vec<String> = [
            "check",
            "--skip",
            "canary",
            "--format",
            "json",
            "-v",
            "--profile",
        ]
        .map(str::to_owned)
        .into();
        arguments.push(file("odd.toml", PROFILE));
        arguments.extend(["--roots".to_owned()]);
        arguments.push(format!("public={}", tls_server::Server::root()));
        arguments.extend(["--admin-token-file".to_owned(), file("token", ADMIN)]);
        for host in ["login.test", "graph.test", "fef.u1.manage.test"] {
            arguments.push("--connect-to".to_owned());
            arguments.push(format!("{host}:443:{}", self.0.at));
        }
        let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        arguments.extend(more);
        let mut command = binary::command(&arguments);
        command.env("MDM_PREFLIGHT_CLIENT_SECRET", SECRET);
        let run = binary::finish(command);
        std::fs::remove_dir_all(&folder).unwrap();
        run
    }

    fn count(&self, what: &str) -> usize {
        let asked = self.0.asked();
        asked.iter().filter(|one| line(one) == what).count()
    }
}

/// Verdict and code of each row.
fn rows(run: &Run) -> Vec<(String, String)> {
    let report = run.json();
    let checks = report["prerequisites"][0]["checks"].as_array().unwrap();
    let told = |check: &Value| {
        let code = check["code"].as_str().unwrap_or("-");
        let id = check["id"].as_str().unwrap();
        let verdict = check["verdict"].as_str().unwrap();
        (id.to_owned(), format!("{verdict} {code}"))
    };
    checks.iter().map(told).collect()
}

/// Nothing that was sent or granted is shown, nothing died, and each API was asked for its token once.
fn orderly(run: &Run, server: &Server, odd: &str) {
    let encoded: String = url::form_urlencoded::byte_serialize(SECRET.as_bytes()).collect();
    for text in [&run.stdout, &run.stderr] {
        for hidden in [SECRET, &encoded, ADMIN, "eyJ", "hunter2", "panicked"] {
            assert!(!text.contains(hidden), "{odd}: {hidden} in {text}");
        }
    }
    assert!(!run.stdout.contains("local_internal"), "{odd}");
    assert!(server.count(TOKEN) <= 1, "{odd}: asked again");
    for asked in server.0.asked() {
        let line = line(&asked);
        let sent = format!("{}\n{}", asked.head, asked.body);
        assert_eq!(line == TOKEN, sent.contains(&encoded), "{odd}: {line}");
        assert!(!sent.contains(SECRET), "{odd}: not encoded in {line}");
        let bearer = sent.to_ascii_lowercase().contains("authorization:");
        assert_eq!(bearer, line.starts_with("GET graph.test"), "{odd}: {line}");
    }
}

#[test]
fn the_sound_world_passes() {
    let server = Server::new(None);
    let run = server.check();
    orderly(&run, &server, "sound");
    for (row, said) in rows(&run) {
        assert_eq!(said, "pass -", "{row}: {}", run.stdout);
    }
    assert_eq!((server.count(TOKEN), server.count(FRONT_END)), (1, 1));
}

#[test]
fn the_rows_say_what_was_learned_and_show_the_call_that_tells_it() {
    let report = Server::new(None).check().json();
    let checks = report["prerequisites"][0]["checks"].as_array().unwrap();
    for (row, words, host) in [
        (
            "token",
            "a token with exactly Application.Read.All",
            "login.test",
        ),
        (
            "registration",
            "the last client secret ends in ",
            "graph.test",
        ),
        (
            "frontend",
            "Graph names fef.u1.manage.test, which answers: 127.0.0.1: HTTP/1.1 200",
            "fef.u1.manage.test",
        ),
        (
            "connector",
            "the connector is enabled, no heartbeat is told",
            "graph.test",
        ),
    ] {
        let check = checks.iter().find(|check| check["id"] == row).unwrap();
        let message = check["message"].as_str().unwrap();
        assert!(message.starts_with(words), "{row}: {message}");
        assert_eq!(check["target"]["host"], host, "{row}");
        assert_eq!(check["stages"]["tls"]["sni"], host, "{row}");
        assert_eq!(check["stages"]["http"]["status"], 200, "{row}");
    }
}

/// A name, the odd answer, and the verdict and code that the row has then.
type Case = (&'static str, Reply, &'static str);

/// Runs `check` against a server for each case, and looks at what it made of it.
fn each(at: &'static str, cases: &[Case], look: impl Fn(&Case, &Server, &Run) + Sync) {
    let look = &look;
    std::thread::scope(|scope| {
        for part in cases.chunks(cases.len().div_ceil(4)) {
            scope.spawn(move || {
                for case in part {
                    let server = Server::new(Some((at, case.1.clone())));
                    let run = server.check();
                    orderly(&run, &server, case.0);
                    look(case, &server, &run);
                }
            });
        }
    });
}

fn other_answers() -> Vec<Case> {
    vec![
        (
            "page",
            text(200, "text/html", "<html>hello</html>"),
            "fail http_block_page",
        ),
        (
            "no JSON",
            text(200, "application/json", "{\"access_token\": "),
            "fail http_not_json",
        ),
        (
            "empty",
            text(200, "application/json", ""),
            "fail http_not_json",
        ),
        (
            "10 MB",
            text(200, "application/json", "10 MB"),
            "fail http_body_too_large",
        ),
        (
            "redirect",
            text(302, "text/html", ""),
            "fail http_redirected",
        ),
        (
            "redirect of a POST",
            text(307, "application/json", "{}"),
            "fail http_redirected",
        ),
        (
            "throttled without JSON",
            text(429, "text/plain", "slow down"),
            "degraded http_throttled",
        ),
        (
            "trouble",
            text(503, "text/html", "<html>oops</html>"),
            "degraded http_server_error",
        ),
        (
            "error as a number",
            json(400, &json!({"error": 7, "error_codes": null})),
            "fail entra_token_unreadable",
        ),
    ]
}

fn other_tokens() -> Vec<Case> {
    vec![
        (
            "list",
            json(200, &json!([1, 2])),
            "fail entra_token_unreadable",
        ),
        (
            "another shape",
            json(200, &json!({"access_token": 7})),
            "fail entra_token_unreadable",
        ),
        (
            "no JWT",
            granted("opaque-text"),
            "fail entra_token_unreadable",
        ),
        (
            "four parts",
            granted("a.b.c.d"),
            "fail entra_token_unreadable",
        ),
        (
            "bad base64",
            granted("eyJ.$$$.c2ln"),
            "fail entra_token_unreadable",
        ),
        (
            "no claims",
            granted(&token("7")),
            "fail entra_token_unreadable",
        ),
        (
            "claims of another shape",
            granted(&token(r#"{"aud":7,"roles":"x"}"#)),
            "fail entra_token_unfit",
        ),
    ]
}

fn refusals() -> Vec<Case> {
    let aadsts = |status, word: &str, codes: Value| {
        let body = json!({"error": word, "error_codes": codes, "trace_id": "t-1"});
        json(status, &body)
    };
    vec![
        (
            "codes as a text",
            aadsts(401, "invalid_client", json!("[7000222]")),
            "fail entra_secret_expired",
        ),
        (
            "a code as a number",
            aadsts(401, "invalid_client", json!(7_000_215)),
            "fail entra_secret_wrong",
        ),
        (
            "codes as an object",
            aadsts(401, "invalid_client", json!({"a": 1})),
            "fail entra_secret_wrong",
        ),
        (
            "no such API",
            aadsts(400, "invalid_resource", json!([500_011])),
            "fail entra_api_missing",
        ),
        (
            "scope refused",
            aadsts(400, "invalid_scope", json!([70_011])),
            "fail entra_sign_in_refused",
        ),
        (
            "loop",
            aadsts(400, "invalid_request", json!([50_196])),
            "degraded http_throttled",
        ),
        (
            "unknown code",
            aadsts(400, "new_word", json!([424_242])),
            "fail entra_sign_in_refused",
        ),
    ]
}

#[test]
fn odd_answers_to_the_sign_in_have_their_codes() {
    let cases = [other_answers(), other_tokens(), refusals()].concat();
    each(TOKEN, &cases, |(name, _, expected), server, run| {
        for (row, said) in rows(run).iter().filter(|(row, _)| row != "connector") {
            // What the token is good for is the first row's question.
            let others = row != "token" && *expected == "fail entra_token_unfit";
            assert!(said == expected || others, "{name}: {row}: {said}");
        }
        // There is no token to go on with.
        assert_eq!(server.count(APPLICATION), 0, "{name}");
    });
}

#[test]
fn odd_answers_to_what_a_token_reads_have_their_codes() {
    let denied = json!({"error": {"code": "Authorization_RequestDenied", "innerError": 7}});
    let cases = |shape: &'static str| {
        [
            (
                "page",
                text(200, "text/html", "<html>hello</html>"),
                "fail http_block_page",
            ),
            (
                "no JSON",
                text(200, "application/json", "{\"value\": "),
                "fail http_not_json",
            ),
            (
                "10 MB",
                text(200, "application/json", "10 MB"),
                "fail http_body_too_large",
            ),
            (
                "redirect",
                text(302, "text/html", ""),
                "fail http_redirected",
            ),
            ("list", json(200, &json!([1, 2])), shape),
            ("another shape", json(200, &json!({"value": 7})), shape),
            ("denied", json(403, &denied), "fail graph_refused"),
            ("denied oddly", json(401, &json!(7)), "fail graph_refused"),
            (
                "throttled",
                text(429, "text/plain", "slow down"),
                "degraded http_throttled",
            ),
            (
                "trouble",
                text(503, "text/html", "<html>oops</html>"),
                "degraded http_server_error",
            ),
        ]
    };
    for (at, row) in [
        (APPLICATION, "registration"),
        (ENDPOINTS, "frontend"),
        (PARTNERS, "connector"),
    ] {
        each(
            at,
            &cases("degraded graph_unexpected"),
            |(name, _, expected), server, run| {
                let rows = rows(run);
                let said = &rows.iter().find(|(id, _)| id == row).unwrap().1;
                assert_eq!(said, expected, "{name}: {row}");
                assert_eq!(server.count(at), 1, "{name}: {row}");
                let others = rows.iter().filter(|(id, _)| id != row);
                for (other, said) in others {
                    assert_eq!(said, "pass -", "{name}: {row}: {other}");
                }
            },
        );
    }
}

/// A proxy that lets nobody through at 127.0.0.1, and everything to one server at `::1`.
#[expect(clippy::disallowed_methods, reason = "a proxy connects")]
fn halved_proxy(to: SocketAddr) -> u16 {
    let (four, six, port) = loop {
        let four = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = four.local_addr().unwrap().port();
        if let Ok(six) = TcpListener::bind(("::1", port)) {
            break (four, six, port);
        }
    };
    std::thread::spawn(move || {
        for mut stream in four.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            // The asker may have gone.
            let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n");
        }
    });
    std::thread::spawn(move || {
        for mut stream in six.incoming().flatten() {
            std::thread::spawn(move || {
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
                let mut peer = TcpStream::connect(to).unwrap();
                let (mut back, mut forth) =
                    (peer.try_clone().unwrap(), stream.try_clone().unwrap());
                std::thread::spawn(move || std::io::copy(&mut back, &mut forth));
                let _ = std::io::copy(&mut stream, &mut peer);
            });
        }
    });
    port
}

#[test]
fn a_call_goes_by_the_other_address_of_a_proxy_where_one_lets_nothing_through() {
    let server = Server::new(None);
    let proxy = format!("http://two.test:{}", halved_proxy(server.0.at));
    let resolve = [
        "--resolve",
        "two.test:127.0.0.1",
        "--resolve",
        "two.test:::1",
    ];
    let run = server.check_by(&[&["--proxy", &proxy][..], &resolve].concat());
    orderly(&run, &server, "a proxy that denies at one address");
    for (id, told) in rows(&run) {
        assert_eq!(told, "degraded proxy_denied", "{id}: {}", run.stdout);
    }
    let causes = &run.json()["diagnoses"];
    assert_eq!(causes[0]["code"], "proxy_addresses_differ", "{causes:#}");
    assert_eq!(causes.as_array().unwrap().len(), 1, "{causes:#}");
}
