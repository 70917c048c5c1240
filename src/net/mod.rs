//! The network as one run sees it: `Net` owns the clock, the pace, the routes and a memo of questions.
//!
//! Nothing above this floor opens a socket, reads a clock or parses an address.

mod attempt;
pub mod certificate;
mod connect;
mod datagram;
mod detour;
mod dial;
mod elapsed;
pub mod endpoint;
pub mod failure;
mod farewell;
pub mod given;
mod glob;
pub mod hold;
mod hop;
pub mod http;
pub mod inspection;
pub mod ladder;
mod large;
pub mod local;
pub mod machine;
mod memo;
pub mod names;
pub mod ntp;
pub mod pacer;
pub mod path;
mod patience;
pub mod pipe;
mod platform;
pub mod proxy;
mod refusal;
pub mod secret;
mod socket;
pub mod source;
pub mod space;
pub mod system;
mod text;
pub mod tls;
pub mod trace;
pub mod trust;
pub mod tunnel;
pub mod wire;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::{Duration, Instant, SystemTime};

pub use connect::{ConnectTry, Icmp, TcpSeen};
pub use detour::Detour;
pub use failure::Failure;
pub use glob::glob;
pub use memo::{End, Observation};
#[cfg(unix)]
pub(crate) use platform::hangup_is_ignored;
pub(crate) use text::printable;
pub use text::{counted, typed};

use tokio::sync::Semaphore;

use endpoint::Host;
use ladder::{Ladder, Rungs};
use memo::Memo;
use names::{SystemLookup, WireLookup};
use pacer::{Pace, Pacer};
use secret::Secrets;
use trust::Trust;

/// Whether traffic may leave for addresses that no rule names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reach {
    Open,
    /// The demo's: every address must have a rule, and the machine's own settings are not consulted. A proxy that was named
    /// for the run is one more address.
    Closed,
}

/// Which address families are asked for and dialled.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Families {
    pub v4: bool,
    pub v6: bool,
}

impl Families {
    pub fn allow(self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(_) => self.v4,
            IpAddr::V6(_) => self.v6,
        }
    }
}

/// The budget of each stage; each starts when its stage starts.
#[derive(Clone, Copy, Debug)]
pub struct Budgets {
    pub dns: Duration,
    pub connect: Duration,
    pub tls: Duration,
    pub headers: Duration,
    pub body: Duration,
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            dns: Duration::from_secs(3),
            // A dead host's ARP failure is reported at 3.06 s; nothing later is worth waiting for.
            connect: Duration::from_millis(3300),
            tls: Duration::from_millis(3300),
            headers: Duration::from_secs(5),
            body: Duration::from_secs(5),
        }
    }
}

/// All that the user decides about how the network is asked.
#[derive(Clone, Debug)]
pub struct Settings {
    pub reach: Reach,
    pub families: Families,
    pub budgets: Budgets,
    /// `--dns`: these servers decide; empty: the operating system does.
    pub dns: Vec<SocketAddr>,
    /// `--resolve HOST:ADDR`.
    pub resolve: BTreeMap<String, Vec<IpAddr>>,
    pub detours: Vec<Detour>,
    pub all_addresses: bool,
    pub pace: Pace,
    pub concurrency: usize,
    /// How many ladders may hold sockets at once.
    pub descriptors: usize,
    pub trust: Arc<Trust>,
    /// What the user gave to sign in with.
    pub secrets: Secrets,
    /// Which proxy each connection is to take, if any.
    pub proxies: Arc<proxy::Choice>,
    /// `--hold`: for how long a connection is kept silent.
    pub hold: Option<Duration>,
    /// `--fast`: no stage waits longer than until a provisional verdict.
    pub fast: bool,
    /// `--source`.
    pub source: source::Source,
}

impl Settings {
    pub fn open(trust: Arc<Trust>) -> Self {
        Self {
            reach: Reach::Open,
            families: Families { v4: true, v6: true },
            budgets: Budgets::default(),
            dns: Vec::new(),
            resolve: BTreeMap::new(),
            detours: Vec::new(),
            all_addresses: false,
            pace: Pace::default(),
            concurrency: 128,
            descriptors: 256,
            trust,
            secrets: Secrets::new(),
            proxies: Arc::default(),
            hold: None,
            fast: false,
            source: source::Source::default(),
        }
    }
}

/// So many scripts of PAC files run at once.
const SCRIPTS: usize = 4;

/// The one capability that a probe receives. Cheap to clone; made anew for each run.
#[derive(Clone, Debug)]
pub struct Net {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    settings: Settings,
    started: Instant,
    started_at: SystemTime,
    pacer: Pacer,
    resolvers: Vec<SocketAddr>,
    wire: Memo<WireLookup, wire::WireSeen>,
    system: Memo<SystemLookup, system::SystemSeen>,
    ladders: Memo<Arc<Ladder>, Rungs>,
    hops: hop::Hops,
    large: large::LargeHellos,
    holds: hold::Holds,
    routes: Memo<trace::Route, trace::RouteSeen>,
    known_routes: local::Routes,
    /// Names this run to services that keep records of who asked.
    correlation: String,
    farewells: farewell::Farewells,
    times: Memo<ntp::TimeQuestion, ntp::TimeSeen>,
    tools: Memo<machine::Tool, machine::ToolSeen>,
    /// What a PAC file says of each destination, and the text behind its address.
    decisions: Memo<proxy::Destination, Vec<proxy::Way>>,
    scripts: Memo<endpoint::Address, Arc<str>>,
    /// Places for scripts that run at the same time.
    scripting: Semaphore,
    /// How many paths were begun to be walked.
    walks: AtomicU32,
    learned: patience::Learned,
}

impl Net {
    #[expect(
        clippy::disallowed_methods,
        reason = "the run's clock starts here and nowhere else"
    )]
    pub fn new(settings: Settings) -> Self {
        let resolvers = if !settings.dns.is_empty() {
            settings.dns.clone()
        } else if settings.reach == Reach::Closed {
            Vec::new()
        } else {
            system::resolvers()
        };
        let pacer = Pacer::new(settings.pace, settings.concurrency, settings.descriptors);
        Self {
            inner: Arc::new(Inner {
                settings,
                started: Instant::now(),
                started_at: SystemTime::now(),
                pacer,
                resolvers,
                wire: Memo::new(),
                system: Memo::new(),
                ladders: Memo::new(),
                hops: hop::Hops::default(),
                large: large::LargeHellos::new(),
                holds: hold::Holds::new(),
                routes: Memo::new(),
                known_routes: local::Routes::default(),
                correlation: correlation(),
                farewells: farewell::Farewells::default(),
                times: Memo::new(),
                tools: Memo::new(),
                decisions: Memo::new(),
                scripts: Memo::new(),
                scripting: Semaphore::new(SCRIPTS),
                walks: AtomicU32::new(0),
                learned: patience::Learned::default(),
            }),
        }
    }

    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// The DNS servers that this run asks on the wire.
    pub fn resolvers(&self) -> &[SocketAddr] {
        &self.inner.resolvers
    }

    /// A random identifier of this run, for `client-request-id`.
    pub fn correlation(&self) -> &str {
        &self.inner.correlation
    }

    pub fn started_at(&self) -> SystemTime {
        self.inner.started_at
    }

    pub fn elapsed(&self) -> Duration {
        self.inner.started.elapsed()
    }

    /// Whether this machine has a route towards `address`; nothing is sent to find out.
    pub fn has_route(&self, address: IpAddr) -> bool {
        let settings = self.settings();
        if settings.reach == Reach::Closed {
            return address.is_ipv4();
        }
        self.inner.known_routes.has(address, &settings.source)
    }

    /// Where a rule of `--connect-to` leads that names this host, which makes a look-up needless.
    pub fn detour_of(&self, host: &Host, port: u16) -> Option<SocketAddr> {
        let by_name = host.address().is_none();
        let rule = || detour::for_host(&self.settings().detours, host, port);
        by_name.then(rule).flatten()
    }
}

/// A random UUID (RFC 9562, version 4).
fn correlation() -> String {
    use ring::rand::{SecureRandom as _, SystemRandom};
    let mut bytes = [0_u8; 16];
    // A system without randomness cannot do TLS either; the identifier is then only not unique.
    let _ = SystemRandom::new().fill(&mut bytes);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = text::hex(&bytes);
    [
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..],
    ]
    .join("-")
}
