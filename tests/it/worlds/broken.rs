//! Nine networks that are broken instead of blocked, and every negative expectation asked in each: none may pass. Where
//! the trouble is gone the port turns out to be open, and every one fails.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsFd as _;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::case::{checks, text};
use super::ground::{Ground, Place, done, fed};

/// Graph's own address, and a port that the inside internet opens beside its 443.
const TARGET: &str = "20.190.190.131";
const PORT: u16 = 25;
const NAME: &str = "graph.microsoft.com";

/// What is wrong, how a foreign client sees it, and what may be said about it.
struct Broken {
    name: &'static str,
    breaks: fn(&Ground),
    mends: fn(&Ground),
    /// A misspelt name stands in the profile instead.
    host: &'static str,
    /// Whether somebody listens on the port.
    listens: bool,
    proof: (&'static str, &'static str),
    arguments: &'static [&'static str],
    /// The code of every check that asks for a port; none of them is a pass.
    codes: &'static [&'static str],
    /// Expectations that are rightly met in this world: the host does refuse, the name does not exist.
    true_here: &'static [&'static str],
}

const CURL: &str = "curl -sv -m 4 http://20.190.190.131:25/";

const WORLD: Broken = Broken {
    name: "",
    breaks: |_| {},
    mends: |_| {},
    host: NAME,
    listens: true,
    proof: (CURL, ""),
    arguments: &[],
    codes: &["inconclusive_control"],
    true_here: &[],
};

fn no_walls(ground: &Ground) {
    for place in [Place::Client, Place::Router] {
        done(&mut ground.inside(place, &["nft", "flush", "ruleset"]));
    }
}

/// Connects to some ports of any address end at this box instead, at its own port.
fn redirected(ground: &Ground, ports: &str, to: u16, rest: &str) {
    let table = format!(
        "flush ruleset\ntable ip wall {{\n\
         chain turn {{\ntype nat hook prerouting priority -100\niifname inner tcp dport {ports} redirect to :{to}\n}}\n\
         chain pass {{\ntype filter hook forward priority 0\n{rest}\n}}\n}}\n"
    );
    fed(
        &mut ground.inside(Place::Router, &["nft", "-f", "-"]),
        &table,
    );
}

/// A box on the router that answers every connection with the same words, for as long as the test runs.
fn answering(ground: &Ground, port: u16, words: &'static str) {
    let namespace =
        std::fs::File::open(format!("/run/netns/{}", ground.at(Place::Router))).unwrap();
    let (ready, started) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
        let listener = TcpListener::bind(("0.0.0.0", port)).unwrap();
        ready.send(()).unwrap();
        drop(namespace);
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            std::thread::spawn(move || {
                let patience = Some(std::time::Duration::from_secs(5));
                stream.set_read_timeout(patience).unwrap();
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(words.as_bytes());
            });
        }
    });
    started.recv().unwrap();
}

const FORBIDDEN: &str = "HTTP/1.1 403 Forbidden\r\nVia: 1.1 proxy\r\nContent-Type: text/html\r\n\
     Content-Length: 23\r\nConnection: close\r\n\r\n<html>forbidden</html>\n";
const SIGN_IN: &str = "HTTP/1.1 302 Found\r\nLocation: http://portal.example/login\r\n\
     Content-Length: 0\r\nConnection: close\r\n\r\n";

const WORLDS: &[Broken] = &[
    Broken {
        name: "a typing error in the name",
        host: "graph.microsfot.com",
        proof: ("dig graph.microsfot.com", "NXDOMAIN"),
        codes: &["dns_nxdomain"],
        true_here: &["nxdomain"],
        ..WORLD
    },
    Broken {
        name: "no route",
        breaks: |ground| ground.ip(Place::Client, "route del default\n"),
        mends: |ground| ground.ip(Place::Client, "route add default via 10.77.1.1\n"),
        proof: (CURL, "exit=7"),
        codes: &["net_offline"],
        ..WORLD
    },
    Broken {
        name: "a dead host",
        breaks: |ground| {
            ground.ip(Place::Internet, "addr del 20.190.190.131/32 dev lo\n");
            ground.ip(Place::Router, "route replace 20.190.190.131/32 dev outer\n");
        },
        mends: |ground| {
            ground.ip(Place::Internet, "addr add 20.190.190.131/32 dev lo\n");
            ground.ip(
                Place::Router,
                "route replace 20.190.190.131/32 via 10.77.2.2\n",
            );
        },
        proof: (CURL, "No route to host"),
        ..WORLD
    },
    Broken {
        name: "a dead host that nobody reports",
        breaks: |ground| ground.filter("ip daddr 20.190.190.131 drop"),
        mends: no_walls,
        proof: (CURL, "exit=28"),
        ..WORLD
    },
    Broken {
        name: "a crashed service",
        listens: false,
        proof: (CURL, "Connection refused"),
        true_here: &["refused"],
        ..WORLD
    },
    Broken {
        name: "a proxy on the way answers 403",
        breaks: |ground| {
            answering(ground, 3128, FORBIDDEN);
            redirected(ground, "{ 25, 80, 443 }", 3128, "");
        },
        mends: no_walls,
        proof: (CURL, "403 Forbidden"),
        codes: &["tcp_connected"],
        ..WORLD
    },
    Broken {
        name: "this machine's firewall drops",
        breaks: |ground| ground.own_filter("tcp dport 25 drop"),
        mends: no_walls,
        proof: (CURL, "exit=28"),
        ..WORLD
    },
    Broken {
        name: "this machine's firewall rejects",
        breaks: |ground| ground.own_filter("tcp dport 25 reject with icmp type admin-prohibited"),
        mends: no_walls,
        proof: (CURL, "exit=7"),
        ..WORLD
    },
    Broken {
        name: "a captive portal",
        breaks: |ground| {
            answering(ground, 8080, SIGN_IN);
            redirected(ground, "80", 8080, "meta l4proto tcp drop");
        },
        mends: no_walls,
        proof: (
            "curl -s -m 4 -o /dev/null -w '%{redirect_url} ' http://20.190.190.131/",
            "portal.example",
        ),
        ..WORLD
    },
    Broken {
        name: "a transparent proxy",
        breaks: |ground| {
            answering(ground, 3128, FORBIDDEN);
            redirected(ground, "1-65535", 3128, "");
        },
        mends: no_walls,
        proof: (
            "nmap -Pn -n -sS --max-retries 1 -p 25,4444 20.190.190.131",
            "4444/tcp open",
        ),
        codes: &["tcp_connected"],
        ..WORLD
    },
    Broken {
        name: "an expired deadline",
        breaks: |ground| ground.filter("ip daddr 20.190.190.131 drop"),
        mends: no_walls,
        proof: (CURL, "exit=28"),
        arguments: &["--deadline", "700ms"],
        ..WORLD
    },
];

/// Every negative expectation about the host's port and name, beside rows that give the run its controls.
fn profile(host: &str) -> String {
    let mut text = "[profile]\nname = \"n\"\ntitle = \"n\"\nversion = \"1\"\n".to_owned();
    let mut add = |id: &str, probe: &str, expect: &str| {
        write!(
            text,
            "[[prerequisite]]\nid = \"{id}\"\ntitle = \"{id}\"\nseverity = \"required\"\nfrom = [\"client\"]\n\
             owner = \"network\"\n[[prerequisite.check]]\nid = \"one\"\ntitle = \"{id}\"\n{probe}\nexpect = \"{expect}\"\n"
        )
        .unwrap();
    };
    for expect in ["blocked", "silent", "rejected", "refused"] {
        let probe = format!("tcp = {{ host = \"{host}\", port = {PORT} }}");
        add(&format!("negative.{expect}"), &probe, expect);
    }
    add(
        "negative.nxdomain",
        &format!("dns = {{ name = \"{host}\" }}"),
        "nxdomain",
    );
    // The same address on another port: what a portal or a proxy answers there is no sign of life.
    for port in [80, 443] {
        let probe = format!("tcp = {{ host = \"{TARGET}\", port = {port} }}");
        add(&format!("beside.{port}"), &probe, "connected");
    }
    text
}

fn asked(ground: &Ground, world: &Broken) -> Vec<(String, String, String)> {
    let profile = ground.file("negative.toml", &profile(world.host));
    let mut arguments = vec!["check", "--profile", &profile, "--format", "json"];
    arguments.extend(world.arguments);
    let report = ground.preflight(&arguments).json();
    checks(&report)
        .into_iter()
        .filter_map(|check| {
            let expect = check.id.strip_prefix("negative.")?.strip_suffix("/one")?;
            let of = |field| text(check.report, field).to_owned();
            Some((expect.to_owned(), of("verdict"), of("code")))
        })
        .collect()
}

/// What is wrong with the answers of one world, broken and mended.
fn objections(world: &Broken) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut ground = Ground::new();
    let listener = SocketAddr::new(TARGET.parse().unwrap(), PORT);
    ground.serve(None, world.listens.then_some(listener));
    (world.breaks)(&ground);
    let (script, shows) = world.proof;
    let said = ground.foreign(script);
    if !said.contains(shows) {
        wrong.push(format!("a foreign client does not see the fault: {said}"));
    }
    let answers = asked(&ground, world);
    if answers.len() != 5 {
        wrong.push(format!("{answers:?}"));
    }
    for (expect, verdict, code) in &answers {
        if world.true_here.contains(&expect.as_str()) {
            continue;
        }
        if verdict == "pass" || verdict == "degraded" || verdict == "skipped" {
            wrong.push(format!("{expect} is {verdict} ({code})"));
        }
        if expect != "nxdomain" && !world.codes.contains(&code.as_str()) {
            wrong.push(format!("{expect} says {code}, not {:?}", world.codes));
        }
    }
    if !world.listens {
        ground.serve(None, Some(listener));
    }
    (world.mends)(&ground);
    // Without its fault the port is open: a test that still finds nothing out would be worth nothing.
    let healthy = Broken {
        arguments: &[],
        host: NAME,
        ..*world
    };
    for (expect, verdict, code) in asked(&ground, &healthy) {
        if verdict != "fail" {
            wrong.push(format!("mended, {expect} is {verdict} ({code})"));
        }
    }
    wrong
}

fn none_passes(worlds: &[Broken]) {
    if !super::possible() {
        return;
    }
    let mut wrong = Vec::new();
    std::thread::scope(|scope| {
        let runs: Vec<_> = worlds
            .iter()
            .map(|world| scope.spawn(|| (world.name, objections(world))))
            .collect();
        for run in runs {
            let (name, said) = run.join().unwrap();
            wrong.extend(said.iter().map(|one| format!("{name}: {one}")));
        }
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_name_a_route_a_host_or_a_service_that_is_not_there_passes_no_negative_test() {
    none_passes(&WORLDS[..5]);
}

#[test]
fn a_proxy_a_portal_a_deadline_or_the_own_firewall_passes_no_negative_test() {
    none_passes(&WORLDS[5..]);
}

/// The other side: the same profile passes where a firewall does block, so the suite asks nothing impossible.
#[test]
fn a_real_block_does_pass_them() {
    if !super::possible() {
        return;
    }
    let mut ground = Ground::new();
    ground.serve(None, Some(SocketAddr::new(TARGET.parse().unwrap(), PORT)));
    let passed = |ground: &Ground| -> Vec<String> {
        let answers = asked(ground, &WORLD);
        let passes = answers
            .into_iter()
            .filter(|(_, verdict, _)| verdict == "pass");
        passes.map(|(expect, ..)| expect).collect()
    };
    ground.filter("tcp dport 25 drop");
    assert_eq!(passed(&ground), ["blocked", "silent"]);
    ground.filter("tcp dport 25 reject with icmp type admin-prohibited");
    assert_eq!(passed(&ground), ["blocked", "rejected"]);
    ground.filter("tcp dport 25 reject with tcp reset");
    assert_eq!(passed(&ground), ["refused"]);
}
