//! Unbound from Debian as the resolver of a world, in front of the lab's own.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

/// Where it listens; the lab's own resolver, which it forwards to, is elsewhere.
pub(super) const ADDRESS: &str = "198.51.100.54";

/// A resolver in order: it answers everybody and forwards everything.
pub(super) const HEALTHY: &str = "\
server:
    access-control: 0.0.0.0/0 allow
    access-control: ::/0 allow
forward-zone:
    name: \".\"
    forward-addr: 198.51.100.53
";

/// What every configuration here has in common: in the foreground, no file but its own, nothing of the machine's.
const COMMON: &str = "\
server:
    interface: 198.51.100.54
    do-daemonize: no
    use-syslog: no
    logfile: \"\"
    verbosity: 1
    log-queries: yes
    chroot: \"\"
    username: \"\"
    pidfile: \"\"
    num-threads: 1
    do-ip6: no
    module-config: \"respip validator iterator\"
    ede: yes
remote-control:
    control-enable: no
";

/// A response policy zone that leads one name astray.
const POLICY: &str = "\
$ORIGIN policy.example.
$TTL 60
@ SOA ns.policy.example. hostmaster.policy.example. 1 3600 900 86400 60
@ NS ns.policy.example.
graph.microsoft.com A 10.10.34.36
";

pub(super) struct Unbound {
    child: Child,
    log: Arc<Mutex<String>>,
}

impl Unbound {
    /// `command` runs a program where the resolver is to be.
    pub(super) fn start(mut command: Command, folder: &Path, configuration: &str) -> Self {
        let file = folder.join("unbound.conf");
        fs::write(folder.join("policy.zone"), POLICY).unwrap();
        let directory = format!("server:\n    directory: \"{}\"\n", folder.display());
        fs::write(&file, format!("{COMMON}{directory}{configuration}")).unwrap();
        let mut child = command
            .args(["unbound", "-d", "-c"])
            .arg(&file)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = String::new();
        let ready = log.by_ref().map_while(Result::ok).any(|line| {
            said += &line;
            line.contains("start of service")
        });
        assert!(ready, "unbound does not start: {said}");
        let kept = Arc::new(Mutex::new(String::new()));
        let copy = Arc::clone(&kept);
        std::thread::spawn(move || {
            for line in log.map_while(Result::ok) {
                copy.lock().unwrap().push_str(&(line + "\n"));
            }
        });
        Self { child, log: kept }
    }

    /// Every question so far, where `log-queries` is on.
    pub(super) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }
}

impl Drop for Unbound {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
