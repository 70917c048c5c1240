//! A web server of the tests' own over TLS, on loopback, that answers each request as a test has it, and remembers
//! what it was asked.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// The names that its certificate is for.
pub(crate) const NAMES: [&str; 9] = [
    "127.0.0.1",
    "aka.ms",
    "go.microsoft.com",
    "officecdn.microsoft.com",
    "login.microsoftonline.com",
    "login.test",
    "graph.test",
    "fef.u1.manage.test",
    "more.test",
];

/// One request, whole.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Asked {
    /// Such as `POST /api/v1/oauth/token`.
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// What is answered, after a while.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) kind: &'static str,
    /// Further lines of the head, each with its end.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    pub(crate) after: Duration,
}

impl Reply {
    pub(crate) fn new(status: u16, kind: &'static str, body: &str) -> Self {
        Self {
            status,
            kind,
            head: String::new(),
            body: body.as_bytes().to_vec(),
            after: Duration::ZERO,
        }
    }

    pub(crate) fn json(body: &str) -> Self {
        Self::new(200, "application/json", body)
    }

    pub(crate) fn to(status: u16, location: &str) -> Self {
        let head = format!("Location: {location}\r\n");
        Self {
            head,
            ..Self::new(status, "text/html", "")
        }
    }

    pub(crate) fn late(self, after: Duration) -> Self {
        Self { after, ..self }
    }
}

struct Papers {
    root: PathBuf,
    config: Arc<ServerConfig>,
}

/// One authority and one certificate for all servers of the process.
static PAPERS: LazyLock<Papers> = LazyLock::new(|| {
    let key = KeyPair::generate().unwrap();
    let mut root = CertificateParams::default();
    root.distinguished_name
        .push(DnType::CommonName, "Authority of the tests");
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    root.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let certificate = root.self_signed(&key).unwrap();
    let issuer = Issuer::new(root, key);
    let key = KeyPair::generate().unwrap();
    let mut leaf = CertificateParams::new(NAMES.map(str::to_owned).to_vec()).unwrap();
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let chain = vec![
        leaf.signed_by(&key, &issuer).unwrap().der().clone(),
        certificate.der().clone(),
    ];
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("tls-server");
    fs::create_dir_all(&folder).unwrap();
    let root = folder.join(format!("root-{}.pem", std::process::id()));
    fs::write(&root, certificate.pem()).unwrap();
    Papers {
        root,
        config: Arc::new(config),
    }
});

/// How servers of the tests shake hands.
pub(crate) fn config() -> &'static Arc<ServerConfig> {
    &PAPERS.config
}

type Play = dyn Fn(&Asked) -> Reply + Send + Sync;

/// It ends with the test process.
pub(crate) struct Server {
    pub(crate) at: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    written: Arc<Mutex<u64>>,
}

impl Server {
    pub(crate) fn new(play: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            at: listener.local_addr().unwrap(),
            asked: Arc::default(),
            written: Arc::default(),
        };
        let play: Arc<Play> = Arc::new(play);
        let (asked, written) = (Arc::clone(&server.asked), Arc::clone(&server.written));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (play, asked, written) =
                    (Arc::clone(&play), Arc::clone(&asked), Arc::clone(&written));
                std::thread::spawn(move || {
                    // A client that leaves early is an everyday event.
                    let _ = attend(stream, &*play, &asked, &written);
                });
            }
        });
        server
    }

    /// The root by which its certificate is to be believed.
    pub(crate) fn root() -> String {
        PAPERS.root.display().to_string()
    }

    pub(crate) fn url(&self) -> String {
        format!("https://{}", self.at)
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.asked().iter().map(Asked::line).collect()
    }

    /// Bytes of bodies that it has sent.
    pub(crate) fn written(&self) -> u64 {
        *self.written.lock().unwrap()
    }

    /// Waits until it was asked this.
    #[cfg(unix)]
    pub(crate) fn wait_for(&self, line: &str) {
        let began = std::time::Instant::now();
        while !self.lines().iter().any(|one| one == line) {
            assert!(
                began.elapsed() < Duration::from_secs(20),
                "it was never asked {line}: {:?}",
                self.lines()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn attend(
    stream: TcpStream,
    play: &Play,
    asked: &Mutex<Vec<Asked>>,
    written: &Mutex<u64>,
) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let config = Arc::clone(&PAPERS.config);
    let connection = ServerConnection::new(config).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(connection, stream);
    let Some(request) = read(&mut stream)? else {
        return Ok(());
    };
    asked.lock().unwrap().push(request.clone());
    let reply = play(&request);
    std::thread::sleep(reply.after);
    let head = format!(
        "HTTP/1.1 {} x\r\nContent-Type: {}\r\n{}Content-Length: {}\r\nConnection: close\r\n\r\n",
        reply.status,
        reply.kind,
        reply.head,
        reply.body.len()
    );
    stream.write_all(head.as_bytes())?;
    if request.method != "HEAD" {
        for part in reply.body.chunks(16_384) {
            stream.write_all(part)?;
            *written.lock().unwrap() += part.len() as u64;
        }
    }
    stream.conn.send_close_notify();
    stream.flush()
}

/// A request with as much of a body as it announces; none if the client has left.
fn read(stream: &mut impl Read) -> io::Result<Option<Asked>> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let header = |name: &str| {
                let mut lines = head.lines().filter_map(|line| line.split_once(": "));
                lines.find_map(|(known, value)| known.eq_ignore_ascii_case(name).then_some(value))
            };
            let length = header("content-length").map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                let mut words = head.split(' ');
                let mut word = || words.next().unwrap_or_default().to_owned();
                return Ok(Some(Asked {
                    method: word(),
                    path: word(),
                    host: header("host").unwrap_or_default().to_owned(),
                    head: head.to_owned(),
                    body: body.to_owned(),
                }));
            }
        }
        let read = stream.read(&mut buffer)?;
        if read == 0 {
            return Ok(None);
        }
        bytes.extend_from_slice(&buffer[..read]);
    }
}
