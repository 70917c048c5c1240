//! The ground of one world: a client, a router and an inside internet, each a network namespace of its own. Dropping it
//! removes them all.

use std::fmt::Write as _;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsFd as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Once, OnceLock, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mdm_preflight::lab::{Ground as LabGround, Guest, Lab};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use tokio::sync::oneshot;

use super::foreign::Process;
use super::papers;
use super::unbound::{self, Unbound};
use crate::binary::{self, Run};

/// The resolver of the inside internet.
pub(super) const DNS: &str = "198.51.100.53";
const PREFIX: &str = "mdmpf";

static NUMBER: AtomicU32 = AtomicU32::new(0);
static SWEEP: Once = Once::new();

/// One of the three namespaces.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Place {
    Client,
    Router,
    Internet,
}

const PLACES: [Place; 3] = [Place::Client, Place::Router, Place::Internet];

pub(super) struct Ground {
    name: String,
    /// Trust stores and profiles, for the program to read.
    pub(super) folder: PathBuf,
    servers: Option<Servers>,
    /// Hosts of the inside internet beside the lab's own.
    guests: Vec<Guest>,
    /// Servers that are not the lab's.
    pub(super) processes: Vec<Process>,
    unbound: Option<Unbound>,
}

impl Ground {
    /// Links and addresses; no server runs yet.
    pub(super) fn new() -> Self {
        SWEEP.call_once(sweep);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("{PREFIX}-{}-{number}", std::process::id());
        let ground = Self {
            folder: std::env::temp_dir().join(&name),
            name,
            servers: None,
            guests: Vec::new(),
            processes: Vec::new(),
            unbound: None,
        };
        fs::create_dir_all(&ground.folder).unwrap();
        for place in PLACES {
            done(Command::new("ip").args(["netns", "add", &ground.at(place)]));
        }
        ground.lay_links();
        for place in [Place::Client, Place::Router] {
            ground.resolvers_of(place, &format!("nameserver {DNS}\n"));
        }
        ground
    }

    /// The name of its namespace.
    pub(super) fn at(&self, place: Place) -> String {
        let letter = match place {
            Place::Client => 'c',
            Place::Router => 'r',
            Place::Internet => 'i',
        };
        format!("{}-{letter}", self.name)
    }

    fn lay_links(&self) {
        let (router, internet) = (self.at(Place::Router), self.at(Place::Internet));
        let mut owned = String::from("link set lo up\nlink set eth0 up\n");
        for address in Lab::addresses() {
            writeln!(owned, "addr add {address}/32 dev lo").unwrap();
        }
        self.ip(
            Place::Client,
            &format!(
                "link add eth0 type veth peer name inner netns {router}\n\
                 link set lo up\nlink set eth0 up\n\
                 addr add 10.77.1.2/24 dev eth0\naddr add fd77:1::2/64 dev eth0 nodad\n"
            ),
        );
        self.ip(
            Place::Router,
            &format!(
                "link add outer type veth peer name eth0 netns {internet}\n\
                 link set lo up\nlink set inner up\nlink set outer up\n\
                 addr add 10.77.1.1/24 dev inner\naddr add 10.77.2.1/24 dev outer\n\
                 addr add fd77:1::1/64 dev inner nodad\naddr add fd77:2::1/64 dev outer nodad\n\
                 route add default via 10.77.2.2\nroute add default via fd77:2::2\n"
            ),
        );
        self.ip(
            Place::Internet,
            &format!(
                "{owned}addr add {DNS}/32 dev lo\naddr add 10.77.2.2/24 dev eth0\n\
                 addr add fd77:2::2/64 dev eth0 nodad\nroute add default via 10.77.2.1\n\
                 route add default via fd77:2::1\n"
            ),
        );
        self.ip(Place::Client, "route add default via 10.77.1.1\n");
        let forward =
            "echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding";
        done(&mut self.inside(Place::Router, &["sh", "-c", forward]));
        // The router rations its errors, as routers do; a server's own refusal is not what the worlds are about.
        let unrationed = "echo 0 >/proc/sys/net/ipv4/icmp_ratelimit";
        done(&mut self.inside(Place::Internet, &["sh", "-c", unrationed]));
    }

    /// Commands of `ip`, one a line.
    pub(super) fn ip(&self, place: Place, lines: &str) {
        fed(
            Command::new("ip").args(["-n", &self.at(place), "-batch", "-"]),
            lines,
        );
    }

    /// Replaces the router's filter: one statement a line, for packets that pass through.
    pub(super) fn filter(&self, statements: &str) {
        self.rules(Place::Router, "forward", statements);
    }

    /// Packets that pass through to a port and hold these words are dropped; the next filter takes that away.
    pub(super) fn drop_words(&self, port: u16, words: &str) {
        let port = port.to_string();
        let rule = ["iptables", "-A", "FORWARD", "-p", "tcp", "--dport", &port];
        let words = [
            "-m", "string", "--algo", "bm", "--string", words, "-j", "DROP",
        ];
        self.does(Place::Router, &[&rule[..], &words[..]].concat());
    }

    /// A file of `/etc` as the client alone sees it; without a text, as the machine has it.
    pub(super) fn own_file(&self, name: &str, text: Option<&str>) {
        let folder = PathBuf::from("/etc/netns").join(self.at(Place::Client));
        match text {
            Some(text) => fs::write(folder.join(name), text).unwrap(),
            None => fs::remove_file(folder.join(name)).unwrap_or_default(),
        }
    }

    /// Replaces the filter of packets that leave the client.
    pub(super) fn own_filter(&self, statements: &str) {
        self.rules(Place::Client, "output", statements);
    }

    /// The same for the router's own packets.
    pub(super) fn errors_filter(&self, statements: &str) {
        self.rules(Place::Router, "output", statements);
    }

    fn rules(&self, place: Place, hook: &str, statements: &str) {
        let chain =
            format!("chain passing {{\ntype filter hook {hook} priority 0\n{statements}\n}}");
        fed(
            &mut self.inside(place, &["nft", "-f", "-"]),
            &format!("flush ruleset\ntable inet wall {{\n{chain}\n}}\n"),
        );
    }

    /// The client's resolv.conf, which `ip netns exec` lays over the machine's.
    pub(super) fn write_resolvers(&self, text: &str) {
        self.resolvers_of(Place::Client, text);
    }

    fn resolvers_of(&self, place: Place, text: &str) {
        let folder = PathBuf::from("/etc/netns").join(self.at(place));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("resolv.conf"), text).unwrap();
    }

    /// Gives the guests their addresses; the next start of the servers brings them in.
    pub(super) fn invite(&mut self, guests: Vec<Guest>) {
        let known = Lab::addresses();
        let mut owned = String::new();
        for address in guests.iter().flat_map(|guest| &guest.addresses) {
            match address {
                IpAddr::V4(_) if known.contains(address) => {}
                IpAddr::V4(v4) => writeln!(owned, "addr replace {v4}/32 dev lo").unwrap(),
                IpAddr::V6(v6) => writeln!(owned, "addr replace {v6}/128 dev lo nodad").unwrap(),
            }
        }
        self.ip(Place::Internet, &owned);
        self.guests = guests;
    }

    /// Starts the inside internet afresh, healthy or with one fault, and writes down the roots that it is to be trusted by.
    pub(super) fn serve(&mut self, fault: Option<&'static str>, further: Option<SocketAddr>) {
        self.processes.clear();
        self.servers = None;
        let (servers, roots) = Servers::start(
            &self.at(Place::Internet),
            fault,
            further,
            self.guests.clone(),
        );
        let foreign = papers::lay_out(&self.folder);
        for (store, pem) in roots {
            // What the system trusts begins with what the public does.
            let pem = if store == "apple" { pem } else { pem + foreign };
            fs::write(self.folder.join(format!("{store}.pem")), pem).unwrap();
        }
        self.servers = Some(servers);
    }

    /// A real resolver in the inside internet, which the client is told to ask.
    pub(super) fn resolve_by_unbound(&mut self, configuration: &str) {
        self.unbound = None;
        let address = unbound::ADDRESS;
        self.ip(
            Place::Internet,
            &format!("addr replace {address}/32 dev lo\n"),
        );
        let command = self.inside(Place::Internet, &[]);
        self.unbound = Some(Unbound::start(command, &self.folder, configuration));
        self.write_resolvers(&format!("nameserver {address}\n"));
    }

    /// What unbound was asked.
    pub(super) fn unbound_log(&self) -> String {
        self.unbound.as_ref().map(Unbound::log).unwrap_or_default()
    }

    /// A program that goes on; it ends with what is returned.
    pub(super) fn starts(&self, place: Place, arguments: &[&str]) -> Started {
        let mut command = self.inside(place, arguments);
        Started(command.stderr(Stdio::null()).spawn().unwrap())
    }

    /// A program of one namespace, which has to succeed.
    pub(super) fn does(&self, place: Place, arguments: &[&str]) {
        done(&mut self.inside(place, arguments));
    }

    /// A file that the program is to read.
    pub(super) fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The program on the client, with no privilege and nothing replaced but the roots. `@/` is the folder with the
    /// certificates.
    pub(super) fn preflight(&self, arguments: &[&str]) -> Run {
        self.preflight_by(&[], arguments)
    }

    /// The same, started by another program.
    pub(super) fn preflight_by(&self, starter: &[&str], arguments: &[&str]) -> Run {
        let program = env!("CARGO_BIN_EXE_mdm-preflight");
        let mut all: Vec<String> = starter
            .iter()
            .copied()
            .chain(["setpriv", "--bounding-set=-all", "--inh-caps=-all"])
            .chain(["--no-new-privs", program])
            .map(ToOwned::to_owned)
            .collect();
        let folder = format!("{}/", self.folder.display());
        all.extend(arguments.iter().map(|word| word.replace("@/", &folder)));
        for store in ["public", "apple", "system"] {
            let file = self.folder.join(format!("{store}.pem"));
            all.extend(["--roots".to_owned(), format!("{store}={}", file.display())]);
        }
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        binary::finish(self.inside(Place::Client, &all))
    }

    /// What a foreign program prints on the client, with its exit code at the end and every gap one space wide. It finds
    /// the public roots in the file `$ROOTS`.
    pub(super) fn foreign(&self, script: &str) -> String {
        let script = format!("{script}\necho exit=$?");
        let mut command = self.inside(Place::Client, &["timeout", "20", "sh", "-c", &script]);
        command.env("ROOTS", self.folder.join("public.pem"));
        let run = binary::finish(command);
        let text = format!("{} {}", run.stderr, run.stdout);
        assert!(
            !text.contains(": not found"),
            "apt-get install bind9-dnsutils curl nmap openssl: {text}"
        );
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// A foreign server that runs until the handle is dropped.
    pub(super) fn background(&self, place: Place, arguments: &[&str]) -> Background {
        let mut command = self.inside(place, arguments);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Background(command.spawn().unwrap())
    }

    pub(super) fn inside(&self, place: Place, arguments: &[&str]) -> Command {
        let mut command = Command::new("ip");
        command
            .args(["netns", "exec", &self.at(place)])
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .stdin(Stdio::null());
        command
    }
}

/// A server in a namespace; dropping it ends it.
pub(super) struct Background(Child);

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        // The servers first: whatever runs inside would keep its namespace alive.
        self.processes.clear();
        self.servers = None;
        self.unbound = None;
        for place in PLACES {
            remove(&self.at(place));
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A program of a world, for as long as it is needed.
pub(super) struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The inside internet's servers, on a thread that lives in its namespace.
struct Servers {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

type Roots = [(&'static str, String); 3];

impl Servers {
    fn start(
        namespace: &str,
        fault: Option<&'static str>,
        further: Option<SocketAddr>,
        guests: Vec<Guest>,
    ) -> (Self, Roots) {
        let (stop, stopped) = oneshot::channel();
        let (ready, started) = mpsc::channel();
        let namespace = fs::File::open(format!("/run/netns/{namespace}")).unwrap();
        let serve = move || {
            move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
            // One thread only: every socket of this runtime is opened where this thread is.
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let dns = SocketAddr::new(DNS.parse::<IpAddr>().unwrap(), 53);
                let lab = open(dns, fault, &guests).await;
                // Connections to it are finished by the system and read by nobody.
                let _further = further.map(|at| std::net::TcpListener::bind(at).unwrap());
                let roots = [
                    ("public", lab.public_roots_pem()),
                    ("apple", lab.apple_roots_pem()),
                    ("system", lab.system_roots_pem()),
                ];
                ready.send(roots).unwrap();
                let _ = stopped.await;
            });
        };
        let thread = std::thread::spawn(serve);
        let roots = started.recv().expect("the lab starts");
        let servers = Self {
            stop: Some(stop),
            thread: Some(thread),
        };
        (servers, roots)
    }
}

/// A child that another test is just starting holds copies of the last lab's sockets for a moment.
async fn open(dns: SocketAddr, fault: Option<&str>, guests: &[Guest]) -> Lab {
    let patience = Instant::now() + Duration::from_secs(5);
    loop {
        match Lab::start_with(LabGround::Addresses { dns }, fault, guests).await {
            Err(error) if error.kind() == ErrorKind::AddrInUse && Instant::now() < patience => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            started => return started.unwrap(),
        }
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Whether this machine lets us build worlds; if not, why. Tried once a process.
pub(super) fn possible() -> &'static Result<(), String> {
    static TRIED: OnceLock<Result<(), String>> = OnceLock::new();
    TRIED.get_or_init(try_out)
}

fn try_out() -> Result<(), String> {
    for program in [
        "ip",
        "nft",
        "setpriv",
        "dig",
        "openssl",
        "curl",
        "nmap",
        "nginx",
        "squid",
        "python3",
        "unbound",
        "tayga",
        "faketime",
        "iptables",
        "tinyproxy",
        "microsocks",
    ] {
        let known = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]
            .iter()
            .any(|folder| PathBuf::from(folder).join(program).exists());
        if !known {
            let packages = "iproute2 nftables util-linux bind9-dnsutils openssl curl nmap \
                nginx-light squid-openssl python3 tayga unbound faketime iptables tinyproxy-bin \
                microsocks";
            return Err(format!("no {program}: apt-get install {packages}"));
        }
    }
    let name = format!("{PREFIX}-{}-try", std::process::id());
    let made = Command::new("ip").args(["netns", "add", &name]).output();
    let made = made.map_err(|error| error.to_string())?;
    remove(&name);
    if made.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&made.stderr);
    Err(format!("no network namespace can be made: {}", said.trim()))
}

/// Removes what a run that was killed has left behind.
fn sweep() {
    let Ok(entries) = fs::read_dir("/run/netns") else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let owner = name
            .strip_prefix(PREFIX)
            .and_then(|rest| rest.split('-').find(|part| part.parse::<u32>().is_ok()));
        if owner.is_some_and(|id| !PathBuf::from("/proc").join(id).exists()) {
            remove(&name);
        }
    }
}

fn remove(namespace: &str) {
    let _ = Command::new("ip")
        .args(["netns", "del", namespace])
        .output();
    let _ = fs::remove_dir_all(PathBuf::from("/etc/netns").join(namespace));
}

pub(super) fn done(command: &mut Command) {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
}

pub(super) fn fed(command: &mut Command, input: &str) {
    command.stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(input.as_bytes()).unwrap();
    drop(pipe);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}\n{input}");
}
