//! Redirects of a target that the user typed: followed by hand, each hop shown; a profile's row follows none.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::binary;

/// A server on loopback that answers each path with a status and a place to go on to, and writes down what it was asked.
struct Site {
    at: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Site {
    fn new(answers: &'static [(&'static str, u16, &'static str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&asked);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut buffer = [0; 4096];
                let read = stream.read(&mut buffer).unwrap_or(0);
                let request = String::from_utf8_lossy(&buffer[..read]).into_owned();
                let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
                noted.lock().unwrap().push(request);
                let known = answers.iter().find(|(known, ..)| *known == path);
                let (_, status, to) = known.unwrap_or(&("", 404, ""));
                let to = to.replace("HERE", &at.to_string());
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status} x\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                );
            }
        });
        Self { at, asked }
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

fn check(arguments: &[&str]) -> Value {
    let run = binary::run(
        &[
            &["check", "--skip", "canary", "--format", "json"],
            arguments,
        ]
        .concat(),
    );
    run.json()["prerequisites"][0]["checks"][0].clone()
}

/// Status and end of the URL of each hop, and what was said of the last.
fn hops(row: &Value, site: &Site) -> (Vec<(Value, String)>, String) {
    let all = row["follow_ups"].as_array().unwrap();
    let root = format!("http://{}", site.at);
    let hops = all.iter().map(|hop| {
        let url = hop["redirect"]["url"].as_str().unwrap();
        let status = hop["redirect"]["status"].clone();
        (status, url.strip_prefix(&root).unwrap_or(url).to_owned())
    });
    let last = all.last().map(|hop| hop["answer"].as_str().unwrap());
    (hops.collect(), last.unwrap_or_default().to_owned())
}

#[test]
fn each_hop_of_a_typed_targets_redirect_is_asked_and_shown() {
    let site = Site::new(&[
        ("/", 302, "/relative?a=b"),
        ("/relative?a=b", 301, "http://HERE/end#part"),
        ("/end", 200, ""),
    ]);
    let target = format!("http://{}/", site.at);
    let row = check(&[&target]);
    let (hops, last) = hops(&row, &site);
    let expected = [
        (Value::from(301), "/relative?a=b".to_owned()),
        (Value::from(200), "/end".to_owned()),
    ];
    assert_eq!(hops, expected, "{row}");
    assert!(last.starts_with("status 200"), "{last}");
    assert_eq!((site.asked(), row["verdict"].as_str()), (3, Some("pass")));
    let table = binary::run(&["check", "--skip", "canary", &target]).stdout;
    for words in ["/relative?a=b", "/end"] {
        assert!(table.contains(words), "{table}");
    }
    let asked = site.asked.lock().unwrap();
    let carries = |name: &str| {
        asked
            .iter()
            .any(|one| one.to_ascii_lowercase().contains(name))
    };
    assert!(
        !carries("authorization:") && !carries("cookie:"),
        "{asked:?}"
    );
}

#[test]
fn redirects_that_lead_nowhere_end_and_say_so() {
    for (answers, asked, said) in [
        (
            &[("/", 302, "/a"), ("/a", 302, "/")][..],
            2,
            "the redirects go in a circle",
        ),
        (
            &[("/", 302, "javascript:alert(1)")],
            1,
            "no address that can be followed",
        ),
        (
            &[("/", 302, "http://user:word@127.0.0.1/")],
            1,
            "no address that can be followed",
        ),
        (&[("/", 302, "http://127.0.0.1:1/")], 1, "tcp_refused_rst"),
        (
            &[
                ("/", 302, "/1"),
                ("/1", 302, "/2"),
                ("/2", 302, "/3"),
                ("/3", 302, "/4"),
                ("/4", 302, "/5"),
                ("/5", 302, "/6"),
            ],
            6,
            "status 302",
        ),
    ] {
        let site = Site::new(answers);
        let row = check(&[&format!("http://{}/", site.at)]);
        let (_, last) = hops(&row, &site);
        assert!(last.contains(said), "{last}");
        assert_eq!(site.asked(), asked, "{row}");
    }
}

/// What `--list` shows is all that a profile asks.
#[test]
fn a_profiles_row_shows_where_it_was_sent_and_does_not_follow() {
    let site = Site::new(&[("/", 302, "/further"), ("/further", 200, "")]);
    let file = std::env::temp_dir().join(format!("redirects-{}.toml", std::process::id()));
    let text = format!(
        "[profile]\nname = \"own\"\ntitle = \"own\"\nversion = \"1\"\n[[prerequisite]]\nid = \"own.one\"\n\
         title = \"one\"\nseverity = \"required\"\nfrom = [\"client\"]\nowner = \"network\"\n\
         [[prerequisite.check]]\nid = \"a\"\ntitle = \"a\"\nhttp = {{ url = \"http://{}/\", status = [200] }}\n",
        site.at
    );
    std::fs::write(&file, text).unwrap();
    let row = check(&["--profile", file.to_str().unwrap()]);
    std::fs::remove_file(&file).unwrap();
    assert_eq!(row["code"], "http_redirected", "{row}");
    assert!(
        row["message"].as_str().unwrap().contains("/further"),
        "{row}"
    );
    assert_eq!(
        (site.asked(), row["follow_ups"].as_array().unwrap().len()),
        (1, 0)
    );
}
