//! TLS as Apple announces to demand it, against servers of OpenSSL's that fall short in one thing each.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::binary;
use crate::demo::isolation::say_skipped;

/// Runs one command of a shell and says whether it worked.
fn shell(folder: &Path, script: &str) {
    let out = Command::new("sh")
        .args(["-ec", script])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
}

/// An authority, and a certificate of it for each key and signature.
static PAPERS: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("transport-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    shell(
        &folder,
        "printf 'subjectAltName=IP:127.0.0.1\\nextendedKeyUsage=serverAuth\\n' > names
         openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 30 -subj '/CN=Own CA'
         issue() {
           openssl req -newkey \"$2\" -nodes -keyout \"$1.key\" -out request.pem -subj /CN=jamf
           openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key \"$3\" -days 30 -extfile names -out \"$1.pem\"
         }
         issue sound rsa:2048 -sha256
         issue small rsa:1024 -sha256
         issue sha1 rsa:2048 -sha1",
    );
    folder
});

/// A server of OpenSSL's; it ends with the value.
struct Openssl {
    child: Child,
    port: u16,
}

impl Openssl {
    fn start(certificate: &str, arguments: &[&str]) -> Self {
        let port = {
            let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            free.local_addr().unwrap().port()
        };
        let child = Command::new("openssl")
            .args(["s_server", "-quiet", "-www", "-accept"])
            .arg(format!("127.0.0.1:{port}"))
            .args(["-cert", &format!("{certificate}.pem")])
            .args(["-key", &format!("{certificate}.key")])
            .args(["-cert_chain", "ca.pem"])
            .args(arguments)
            .current_dir(&*PAPERS)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { child, port };
        let began = Instant::now();
        while !server.shown().contains("CONNECTED") {
            let waited = began.elapsed();
            assert!(waited < Duration::from_secs(10), "it never listens");
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    /// What a foreign client gets that speaks as old as the server.
    fn shown(&self) -> String {
        let script = format!(
            "openssl s_client -connect 127.0.0.1:{} -CAfile ca.pem -cipher ALL:@SECLEVEL=0 </dev/null 2>&1",
            self.port
        );
        let out = Command::new("sh")
            .args(["-c", &script])
            .current_dir(&*PAPERS)
            .output();
        String::from_utf8_lossy(&out.unwrap().stdout).into_owned()
    }

    fn report(&self) -> Value {
        let url = format!("https://127.0.0.1:{}", self.port);
        let root = PAPERS.join("ca.pem");
        binary::run(&[
            "check",
            "--jamf",
            &url,
            "--jamf-ca",
            root.to_str().unwrap(),
            "--only",
            "jamf.tls",
            "--only",
            "jamf.hosting",
            "--skip",
            "canary",
            "--format",
            "json",
        ])
        .json()
    }
}

impl Drop for Openssl {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn row<'a>(report: &'a Value, id: &str) -> &'a Value {
    let all = report["prerequisites"].as_array().unwrap();
    let one = all.iter().find(|one| one["id"] == id).unwrap();
    &one["checks"][0]
}

/// A server, what openssl shows of it, and our row: verdict, code, words, and the diagnosis if there is one.
struct Case {
    certificate: &'static str,
    arguments: &'static [&'static str],
    proof: &'static str,
    row: (&'static str, &'static str),
    words: &'static str,
    diagnosis: Option<&'static str>,
}

const CASES: &[Case] = &[
    Case {
        certificate: "sound",
        arguments: &[],
        proof: "Verify return code: 0 (ok)",
        row: ("pass", "-"),
        words: "as Apple announces to demand",
        diagnosis: None,
    },
    Case {
        certificate: "small",
        arguments: &["-cipher", "ALL:@SECLEVEL=0"],
        proof: "Server public key is 1024 bit",
        row: ("fail", "tls_cert_untrusted"),
        words: "has a key of RSA 1024: neither this program nor macOS since 10.15 trusts that",
        diagnosis: Some("certificate_fault"),
    },
    Case {
        certificate: "sha1",
        arguments: &["-cipher", "ALL:@SECLEVEL=0"],
        proof: "RSA-SHA1",
        row: ("fail", "tls_cert_untrusted"),
        words: "is signed by SHA-1 with RSA: neither this program nor macOS since 10.15 trusts that",
        diagnosis: Some("certificate_fault"),
    },
    Case {
        certificate: "sound",
        arguments: &["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
        proof: "Protocol  : TLSv1.1",
        row: ("degraded", "tls_below_ats"),
        words: "alert 70 protocol_version: the server speaks neither TLS 1.2 nor TLS 1.3",
        diagnosis: Some("tls_outdated"),
    },
    // Without forward secrecy: it refuses as one would whose ciphers this program does not have.
    Case {
        certificate: "sound",
        arguments: &["-tls1_2", "-cipher", "AES128-SHA:AES256-GCM-SHA384"],
        proof: "Cipher    : AES256-GCM-SHA384",
        row: ("inconclusive", "tls_alert_ours"),
        words: "cannot be seen from here",
        diagnosis: None,
    },
    // With it, in a mode that Apple's list has and this program has not: no fault of the server.
    Case {
        certificate: "sound",
        arguments: &["-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA256"],
        proof: "Cipher    : ECDHE-RSA-AES128-SHA256",
        row: ("inconclusive", "tls_alert_ours"),
        words: "cannot be seen from here",
        diagnosis: None,
    },
];

#[test]
fn a_server_that_falls_short_of_what_apple_demands_is_told_by_what_it_lacks() {
    if !cfg!(target_os = "linux") {
        return say_skipped("the openssl of this system may not make weak keys or speak TLS 1.1");
    }
    for case in CASES {
        let server = Openssl::start(case.certificate, case.arguments);
        let name = format!("{} {:?}", case.certificate, case.arguments);
        let shown = server.shown();
        assert!(shown.contains(case.proof), "{name}: {shown}");
        let report = server.report();
        let tls = row(&report, "jamf.tls");
        let outcome = (
            tls["verdict"].as_str().unwrap(),
            tls["code"].as_str().unwrap_or("-"),
        );
        assert_eq!(outcome, case.row, "{name}: {tls}");
        let said = tls["message"].as_str().unwrap();
        assert!(said.contains(case.words), "{name}: {said}");
        let found = report["diagnoses"].as_array().unwrap();
        let codes: Vec<&str> = found
            .iter()
            .map(|one| one["code"].as_str().unwrap())
            .collect();
        assert_eq!(codes, Vec::from_iter(case.diagnosis), "{name}");
        // What keeps the other rows from the server is the same.
        let other = row(&report, "jamf.hosting");
        if case.diagnosis.is_some() {
            assert_eq!(other["explained_by"], found[0]["id"], "{name}: {other}");
        }
    }
}
