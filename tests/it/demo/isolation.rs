//! A network namespace with a loopback and one default route to nowhere, whose counter tells whether anything tried to
//! leave.

use std::io::Write;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mdm_preflight::lab::{faults, skipped_here};
use serde_json::Value;

use super::{for_each, peers, runs};

/// Removed with the value.
pub(crate) struct Namespace(String);

impl Namespace {
    /// A fresh one, or why there can be none.
    pub(crate) fn new() -> Result<Self, String> {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        if !cfg!(target_os = "linux") {
            return Err("network namespaces are Linux's".to_owned());
        }
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("mdmpf-demo-{}-{number}", std::process::id());
        ip(&["netns", "add", &name])?;
        let namespace = Self(name);
        let of = |words: &str| {
            let words = words.split(' ');
            let all: Vec<&str> = ["-n", namespace.name()].into_iter().chain(words).collect();
            ip(&all)
        };
        of("link set lo up")?;
        // Not every kernel has dummy devices. The other end stays here, and nobody listens to it.
        of("link add out type veth peer name nowhere")?;
        // Else the system itself would send IPv6 packets of its own, which count.
        let quiet = "cd /proc/sys/net/ipv6/conf && echo 1 >nowhere/disable_ipv6 && \
                     echo 1 >out/addr_gen_mode && echo 0 >out/router_solicitations";
        ip(&["netns", "exec", namespace.name(), "sh", "-c", quiet])?;
        of("link set nowhere up")?;
        of("address add 198.51.100.2/24 dev out")?;
        of("link set out up")?;
        of("route add default via 198.51.100.1 dev out")?;
        // An address on the link itself would be announced.
        of("address add 2001:db8::2/128 dev lo nodad")?;
        of("-6 route add default dev out src 2001:db8::2")?;
        Ok(namespace)
    }

    pub(crate) fn name(&self) -> &str {
        &self.0
    }

    /// How many packets went out by the default route.
    pub(crate) fn sent(&self) -> u64 {
        let shown = ip(&["-n", self.name(), "-s", "-j", "link", "show", "dev", "out"]).unwrap();
        let shown: Value = serde_json::from_str(&shown).unwrap();
        let packets = &shown[0]["stats64"]["tx"]["packets"];
        packets
            .as_u64()
            .unwrap_or_else(|| panic!("no counter in {shown}"))
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        if let Err(why) = ip(&["netns", "delete", self.name()]) {
            drop(writeln!(std::io::stderr(), "{why}"));
        }
    }
}

fn ip(arguments: &[&str]) -> Result<String, String> {
    let done = Command::new("ip").args(arguments).output();
    let done = done.map_err(|error| format!("ip, of the package iproute2: {error}"))?;
    if done.status.success() {
        return Ok(String::from_utf8_lossy(&done.stdout).into_owned());
    }
    let why = String::from_utf8_lossy(&done.stderr);
    Err(format!("ip {}: {}", arguments.join(" "), why.trim()))
}

/// Says that a test is left out; in CI none is.
fn skip(why: &str) {
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{why}");
    say_skipped(why);
}

/// Past the test harness, which keeps to itself what a passing test prints.
pub(crate) fn say_skipped(why: &str) {
    drop(writeln!(std::io::stderr(), "SKIPPED: {why}"));
}

#[test]
fn nothing_leaves_loopback_whatever_the_fault() {
    let shown = faults()
        .iter()
        .filter(|fault| skipped_here(fault.name).is_none());
    let all: Vec<Option<&str>> = shown.map(|fault| Some(fault.name)).chain([None]).collect();
    if let Err(why) = &runs::of(None).left {
        return skip(why);
    }
    let name = |fault: &_| Option::unwrap_or(*fault, "healthy").to_owned();
    for_each(&all, name, |&fault| {
        assert_eq!(runs::of(fault).left, Ok(0), "packets left: {fault:?}");
    });
}

#[test]
fn the_counter_counts_what_would_leave() {
    let namespace = match Namespace::new() {
        Ok(namespace) => namespace,
        Err(why) => return skip(&why),
    };
    assert_eq!(namespace.sent(), 0);
    let mut before = 0;
    for address in ["203.0.113.9", "2001:db8:9::9"] {
        let server = format!("@{address}");
        let words = ["netns", "exec", namespace.name(), "dig", &server];
        let options = ["+tries=1", "+time=1", "example.org"];
        let words: Vec<String> = words
            .into_iter()
            .chain(options)
            .map(str::to_owned)
            .collect();
        peers::ask("iproute2", "ip", &words, Duration::from_secs(10));
        let now = namespace.sent();
        assert!(now > before, "{address} was not counted");
        before = now;
    }
}
