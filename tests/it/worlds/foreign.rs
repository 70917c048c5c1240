//! Servers that others have written, as Debian packs them, on the ground of a world: one process each, ended by its id.

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::ground::{Ground, Place, done, fed};
use super::mitmproxy;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Program {
    Nginx,
    Squid,
    Python,
    Mitmproxy,
    /// The same program as a proxy that its users know.
    OpenMitmproxy,
    Tinyproxy,
    /// Its file is a script of the shell, which starts a server that needs no file.
    Shell,
}

/// A server of a world, in both of its states.
#[derive(Clone, Copy)]
pub(super) struct Server {
    pub(super) program: Program,
    pub(super) place: Place,
    /// A port that it listens on, by which it is known to be up.
    pub(super) port: u16,
    /// A fault of the lab by which the lab's own server leaves the place to this one.
    pub(super) makes_room: Option<&'static str>,
    /// Its configuration; `@/` is the folder with the certificates. Absent: it does not run.
    pub(super) broken: Option<&'static str>,
    pub(super) mended: Option<&'static str>,
}

/// A running server. Dropping it ends it.
pub(super) struct Process {
    child: Child,
}

/// The file's frame, what runs it, and how it is told to read the file and to stay one process in the foreground.
impl Program {
    fn configuration(self, own: &str, folder: &Path) -> String {
        let frame = match self {
            Self::Nginx => NGINX.replace('%', own),
            Self::Squid => format!("{SQUID}{own}\n"),
            Self::Tinyproxy => format!("{TINYPROXY}{own}\n"),
            Self::Python | Self::Mitmproxy | Self::OpenMitmproxy | Self::Shell => own.to_owned(),
        };
        frame.replace("@/", &format!("{}/", folder.display()))
    }

    fn command(self, folder: &Path) -> Vec<String> {
        let words = match self {
            Self::Nginx => "nginx -e stderr -c",
            Self::Squid => "squid -N -f",
            Self::Python => "python3",
            Self::Mitmproxy => MITMPROXY,
            Self::OpenMitmproxy => OPEN_MITMPROXY,
            Self::Tinyproxy => "tinyproxy -d -c",
            Self::Shell => "sh",
        };
        let words = words
            .split(' ')
            .map(|word| match (word, mitmproxy::program()) {
                ("mitmdump", Some(program)) => program.display().to_string(),
                _ => word.replace("@/", &format!("{}/", folder.display())),
            });
        words.collect()
    }
}

const NGINX: &str = "daemon off;\nmaster_process off;\npid @/nginx.pid;\nerror_log stderr;\n\
    events {}\nhttp {\naccess_log off;\n%\n}\n";

/// Its file is a script, which may be empty.
const MITMPROXY: &str =
    "mitmdump --mode transparent --listen-port 3131 --ssl-insecure --set confdir=@/mitmproxy -s";

const OPEN_MITMPROXY: &str =
    "mitmdump --mode regular --listen-port 3132 --ssl-insecure --set confdir=@/mitmproxy -s";

const TINYPROXY: &str = "Port 8888\nListen 10.77.1.1\nTimeout 60\nMaxClients 100\n";

const SQUID: &str = "http_port 127.0.0.1:3128\npid_filename none\ncache_log /dev/stderr\naccess_log none\n\
    cache_store_log none\ncache deny all\nnetdb_filename none\npinger_enable off\ncoredump_dir none\n\
    shutdown_lifetime 0 seconds\nvisible_hostname proxy.example.com\ndns_nameservers 198.51.100.53\n";

impl Ground {
    /// Starts a server beside the lab's, with a configuration of its own.
    pub(super) fn employ(&mut self, server: &Server, own: &str) {
        let process = Process::start(self, server, own);
        self.processes.push(process);
    }

    /// Lets the router send every error that is due: our own run has used up its ration.
    pub(super) fn unration(&self) {
        let script = "echo 0 >/proc/sys/net/ipv4/icmp_ratelimit";
        done(&mut self.inside(Place::Router, &["sh", "-c", script]));
    }

    /// Replaces the router's redirections of what comes from the client.
    pub(super) fn redirect(&self, statements: &str) {
        let chain = format!(
            "chain arriving {{\ntype nat hook prerouting priority dstnat\n{statements}\n}}"
        );
        fed(
            &mut self.inside(Place::Router, &["nft", "-f", "-"]),
            &format!("table ip turn {{}}\ndelete table ip turn\ntable ip turn {{\n{chain}\n}}\n"),
        );
    }
}

impl Process {
    /// Returns when the server listens.
    fn start(ground: &Ground, server: &Server, own: &str) -> Self {
        let file = ground.folder.join(format!("{:?}.conf", server.program));
        let configuration = server.program.configuration(own, &ground.folder);
        fs::write(&file, configuration).unwrap();
        let log = fs::File::create(file.with_extension("log")).unwrap();
        let words = server.program.command(&ground.folder);
        // It does not outlive a run of the tests that is killed.
        let mut all = vec!["setpriv", "--pdeathsig", "KILL"];
        all.extend(words.iter().map(String::as_str));
        all.push(file.to_str().unwrap());
        let mut command = ground.inside(server.place, &all);
        command.stdout(Stdio::null()).stderr(log);
        let mut process = Self {
            child: command.spawn().unwrap(),
        };
        let listens = format!("sport = :{}", server.port);
        let patience = Instant::now() + Duration::from_secs(15);
        loop {
            let mut list = ground.inside(server.place, &["ss", "-Hltn", &listens]);
            let sockets = list.output().unwrap();
            if !sockets.stdout.is_empty() {
                return process;
            }
            let ended = process.child.try_wait().unwrap();
            if ended.is_some() || Instant::now() > patience {
                let said = fs::read_to_string(file.with_extension("log")).unwrap();
                panic!("{:?} does not listen: {said}", server.program);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
