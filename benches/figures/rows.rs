//! Twenty thousand TCP rows, beside a bare loop over epoll and two port scanners.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use super::bare;
use super::table::{Line, median, number};
use super::worker::{Ran, Task};
use super::world::{World, installed, ip, owned, within};

const ROWS: u32 = 20_000;
const FIRST: Ipv4Addr = Ipv4Addr::new(10, 64, 0, 1);
/// What a ladder may work on at once by default, and so what the others get.
const AT_ONCE: &str = "128";

pub(crate) fn measure(pairs: usize) -> Vec<Line> {
    let (mut world, doors) = open();
    let half = rows(&mut world, ROWS / 2);
    let whole = rows(&mut world, ROWS);
    let loops = bare_loop();
    let mut scanners = scanners(&world);
    let (mut own, mut ratios, mut linear) = (vec![], vec![], vec![]);
    for _ in 0..pairs {
        let bare = doors.rate(ROWS, || world.perform(&loops)).0;
        let (mine, ran) = doors.rate(ROWS, || world.perform(&whole));
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        linear.push(doors.rate(ROWS / 2, || world.perform(&half)).0 / mine);
        ratios.push(mine / bare);
        own.push(mine);
        for scanner in &mut scanners {
            if let Some(task) = &scanner.task {
                let theirs = doors.rate(ROWS, || world.perform(task)).0;
                scanner.ratios.push(mine / theirs);
            }
        }
    }
    let watched = Task {
        watch: true,
        ..whole
    };
    let memory = world.perform(&watched);
    let mut lines = vec![
        Line::at_least(
            "20,000 TCP rows: connects a second / those of a bare epoll loop",
            median(ratios),
            0.8,
            "",
        ),
        Line::at_most(
            "20,000 TCP rows: time a row / time a row of 10,000",
            median(linear),
            1.1,
            "",
        ),
        Line::at_most(
            "20,000 TCP rows: peak memory",
            memory.peak_mib,
            150.0,
            "MiB",
        ),
        Line::beside(
            "20,000 TCP rows: whole run with its report",
            number(memory.seconds, "s"),
        ),
    ];
    lines.push(Line::beside(
        "20,000 TCP rows: connects a second",
        number(median(own), ""),
    ));
    lines.extend(scanners.into_iter().map(Scanner::line));
    lines
}

fn bare_loop() -> Task {
    let own = std::env::current_exe().unwrap();
    let (first, rows) = (FIRST.to_string(), ROWS.to_string());
    Task {
        arguments: owned(&[own.to_str().unwrap(), bare::FLAG, &first, &rows, AT_ONCE]),
        ..Task::default()
    }
}

/// A port scanner that asks the same addresses.
struct Scanner {
    name: &'static str,
    /// None: it is not installed.
    task: Option<Task>,
    /// How many times as fast this program is.
    ratios: Vec<f64>,
}

impl Scanner {
    fn line(self) -> Line {
        let what = format!(
            "20,000 TCP rows: connects a second / those of {}",
            self.name
        );
        match self.task {
            Some(_) => Line::at_least(&what, median(self.ratios), 1.0, ""),
            None => Line::beside(&what, "not installed"),
        }
    }
}

fn scanners(world: &World) -> [Scanner; 2] {
    let list = addresses(ROWS).fold(String::new(), |mut text, address| {
        writeln!(text, "{address}").unwrap();
        text
    });
    let list = world.file("addresses", &list);
    let scanner = |name, arguments: &[&str]| Scanner {
        name,
        task: installed(arguments[0]).then(|| Task {
            arguments: owned(arguments),
            ..Task::default()
        }),
        ratios: Vec::new(),
    };
    let nmap = ["nmap", "-sT", "-Pn", "-n", "-T5", "-p443", "-iL", &list];
    let rustscan = ["rustscan", "--greppable", "-p", "443", "-b", AT_ONCE];
    [
        scanner("nmap -sT -T5", &nmap),
        scanner("rustscan", &[&rustscan[..], &["-a", &list]].concat()),
    ]
}

/// A run over so many rows, with its report in a file.
pub(crate) fn rows(world: &mut World, count: u32) -> Task {
    let path = world.file(&format!("rows-{count}.toml"), &profile(count));
    Task {
        arguments: world.preflight(&["--profile", &path, "--rate", "off", "--format", "json"]),
        into: Some(world.path(&format!("rows-{count}.json"))),
        watch: false,
    }
}

fn profile(count: u32) -> String {
    let mut text = r#"[profile]
name = "rows"
title = "Rows"
version = "1"

[[prerequisite]]
id = "rows"
title = "Rows"
severity = "required"
from = ["client"]
owner = "network"
why = "It is measured."
remedy = "None is needed."
sources = [{ url = "https://example.com/", says = "Rows.", read = "2026-11-26" }]
"#
    .to_owned();
    for (place, address) in addresses(count).enumerate() {
        writeln!(
            text,
            "\n[[prerequisite.check]]\nid = \"row-{place}\"\ntitle = \"Row {place}\"\n\
             tcp = {{ host = \"{address}\", port = {} }}\nexpect = \"connected\"",
            bare::PORT
        )
        .unwrap();
    }
    text
}

fn addresses(count: u32) -> impl Iterator<Item = Ipv4Addr> {
    let first = u32::from(FIRST);
    (first..first + count).map(Ipv4Addr::from)
}

/// A listener on every address of a block, which notes when connections came.
pub(crate) struct Doors(Arc<Mutex<Vec<Instant>>>);

/// A world with such a listener.
pub(crate) fn open() -> (World, Doors) {
    let world = World::new(None);
    ip(&world.internet(), "route add local 10.64.0.0/15 dev lo\n");
    let listener = within(&world.internet(), || {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let at = SocketAddr::from((Ipv4Addr::UNSPECIFIED, bare::PORT));
        socket.bind(&at.into()).unwrap();
        socket.listen(4096).unwrap();
        socket
    });
    let came = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&came);
    std::thread::spawn(move || {
        while listener.accept().is_ok() {
            noted.lock().unwrap().push(Instant::now());
        }
    });
    (world, Doors(came))
}

impl Doors {
    /// Connections a second, from the first to the last of a run.
    pub(crate) fn rate(&self, count: u32, run: impl FnOnce() -> Ran) -> (f64, Ran) {
        self.0.lock().unwrap().clear();
        let ran = run();
        // The last are still in the queue.
        std::thread::sleep(Duration::from_millis(100));
        let came = self.0.lock().unwrap();
        let enough = came.len() >= usize::try_from(count).unwrap();
        assert!(enough, "{} of {count} came: {}", came.len(), ran.stderr);
        let span = *came.last().unwrap() - came[0];
        (f64::from(count) / span.as_secs_f64(), ran)
    }
}
