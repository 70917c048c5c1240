//! The world that is measured in: a client and an inside internet, each a network namespace, and a link between them.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::AsFd as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use mdm_preflight::lab::{Ground, Guest, Lab, Part};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::delay;
use super::worker::{Ran, Task, Worker};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_mdm-preflight");
/// The resolver of the inside internet.
const DNS: &str = "198.51.100.53";
const PATH: [&str; 6] = [
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
    "/usr/lib/nagios/plugins",
];
const CLIENT: &str = "10.77.1.2";
const INTERNET: &str = "10.77.1.1";

static NUMBER: AtomicU32 = AtomicU32::new(0);

pub(crate) struct World {
    name: String,
    folder: PathBuf,
    worker: Option<Worker>,
}

impl World {
    /// Without a delay the link is a veth pair; with one, every packet takes that long each way.
    pub(crate) fn new(one_way: Option<Duration>) -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("mdmfig-{}-{number}", std::process::id());
        let world = Self {
            folder: std::env::temp_dir().join(&name),
            name,
            worker: None,
        };
        fs::create_dir_all(&world.folder).unwrap();
        for end in [world.client(), world.internet()] {
            fed(Command::new("ip").args(["netns", "add", &end]), "");
        }
        let device = match one_way {
            None => "eth0",
            Some(_) => delay::DEVICE,
        };
        match one_way {
            None => ip(
                &world.client(),
                &format!(
                    "link add eth0 type veth peer name eth0 netns {}\n",
                    world.internet()
                ),
            ),
            Some(one_way) => delay::join(&world.client(), &world.internet(), one_way),
        }
        let up =
            format!("link set lo up\nlink set {device} up\nlink set {device} txqueuelen 20000\n");
        ip(
            &world.client(),
            &format!(
                "{up}addr add {CLIENT}/24 dev {device}\nroute add default via {INTERNET} dev {device}\n"
            ),
        );
        ip(
            &world.internet(),
            &format!("{up}addr add {INTERNET}/24 dev {device}\naddr add {DNS}/32 dev lo\n"),
        );
        let etc = PathBuf::from("/etc/netns").join(world.client());
        fs::create_dir_all(&etc).unwrap();
        fs::write(etc.join("resolv.conf"), format!("nameserver {DNS}\n")).unwrap();
        world
    }

    fn client(&self) -> String {
        format!("{}-c", self.name)
    }

    pub(crate) fn internet(&self) -> String {
        format!("{}-i", self.name)
    }

    /// Starts the inside internet: the demo's hosts with their real names and addresses, and these web servers.
    pub(crate) fn serve(&self, hosts: &[(String, Ipv4Addr)]) {
        let mut owned = String::new();
        let addresses = hosts.iter().map(|(_, address)| IpAddr::V4(*address));
        for address in Lab::addresses().into_iter().chain(addresses) {
            if address.is_ipv4() {
                writeln!(owned, "addr replace {address}/32 dev lo").unwrap();
            }
        }
        ip(&self.internet(), &owned);
        let guest = |(host, address): &(String, Ipv4Addr)| Guest {
            // As the lab's names are; there are few of them.
            host: Box::leak(host.clone().into_boxed_str()),
            addresses: vec![(*address).into()],
            ports: vec![443],
            plays: Part::Web { status: 200 },
        };
        let guests: Vec<Guest> = hosts.iter().map(guest).collect();
        for (store, pem) in started(self.internet(), guests) {
            fs::write(self.folder.join(format!("{store}.pem")), pem).unwrap();
        }
    }

    /// The file of the roots that an inside server's chain leads to.
    pub(crate) fn roots(&self) -> String {
        self.path("public.pem")
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        fs::write(self.folder.join(name), text).unwrap();
        self.path(name)
    }

    /// No packet to these addresses is answered.
    pub(crate) fn drop_silently(&self, hosts: &[(String, Ipv4Addr)]) {
        let addresses: Vec<String> = hosts.iter().map(|(_, at)| at.to_string()).collect();
        let chain = format!(
            "table inet wall {{\nchain passing {{\ntype filter hook input priority 0\nip daddr {{ {} }} drop\n}}\n}}\n",
            addresses.join(", ")
        );
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.internet(), "nft", "-f", "-"]);
        fed(&mut command, &chain);
    }

    /// A program on the client.
    pub(crate) fn run(&mut self, arguments: &[&str]) -> Ran {
        self.perform(&Task {
            arguments: owned(arguments),
            ..Task::default()
        })
    }

    pub(crate) fn perform(&mut self, task: &Task) -> Ran {
        if self.worker.is_none() {
            self.worker = Some(Worker::start(self.on_client()));
        }
        self.worker.as_mut().unwrap().run(task)
    }

    /// The beginning of a command that runs on the client, with nothing of this machine's environment.
    pub(crate) fn on_client(&self) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.client()]).env_clear();
        command.env("PATH", PATH.join(":"));
        command
    }

    /// The program under test on the client, which trusts the inside internet.
    pub(crate) fn preflight(&self, arguments: &[&str]) -> Vec<String> {
        let mut all = vec![PROGRAM.to_owned(), "check".to_owned()];
        all.extend(owned(arguments));
        for store in ["public", "apple", "system"] {
            let path = self.folder.join(format!("{store}.pem"));
            if path.exists() {
                all.extend(["--roots".to_owned(), format!("{store}={}", path.display())]);
            }
        }
        all
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.worker = None;
        for end in [self.client(), self.internet()] {
            let _ = Command::new("ip").args(["netns", "del", &end]).output();
            let _ = fs::remove_dir_all(PathBuf::from("/etc/netns").join(end));
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

pub(crate) fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Whether there is what the figures need; if not, what is missing.
pub(crate) fn possible() -> Result<(), String> {
    if !rustix::process::geteuid().is_root() {
        return Err("The figures need root, for network namespaces".to_owned());
    }
    for (program, package) in [("ip", "iproute2"), ("nft", "nftables"), ("curl", "curl")] {
        if !installed(program) {
            return Err(format!(
                "The figures need {program} (apt-get install {package})"
            ));
        }
    }
    if PathBuf::from("/dev/net/tun").exists() {
        Ok(())
    } else {
        Err("The figures need /dev/net/tun, for a link with a delay".to_owned())
    }
}

pub(crate) fn installed(program: &str) -> bool {
    PATH.iter()
        .any(|folder| PathBuf::from(folder).join(program).exists())
}

/// What is done by a thread that stands in a namespace.
pub(crate) fn within<T: Send>(namespace: &str, work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let inside = scope.spawn(|| {
            enter(namespace);
            work()
        });
        inside.join().unwrap()
    })
}

fn enter(namespace: &str) {
    let file = fs::File::open(format!("/run/netns/{namespace}")).unwrap();
    move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
}

/// The lab on a thread of its own, until the benchmark ends.
fn started(namespace: String, guests: Vec<Guest>) -> [(&'static str, String); 3] {
    let (ready, roots) = mpsc::channel();
    std::thread::spawn(move || {
        enter(&namespace);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let dns = SocketAddr::new(DNS.parse().unwrap(), 53);
            let ground = Ground::Addresses { dns };
            let lab = Lab::start_with(ground, None, &guests).await.unwrap();
            let roots = [
                ("public", lab.public_roots_pem()),
                ("apple", lab.apple_roots_pem()),
                ("system", lab.system_roots_pem()),
            ];
            ready.send(roots).unwrap();
            std::future::pending::<()>().await;
        });
    });
    roots.recv().expect("the lab starts")
}

/// Commands of `ip`, one a line.
pub(crate) fn ip(namespace: &str, lines: &str) {
    fed(
        Command::new("ip").args(["-n", namespace, "-batch", "-"]),
        lines,
    );
}

fn fed(command: &mut Command, input: &str) {
    command.stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}\n{input}");
}
