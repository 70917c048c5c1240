//! The lab: an embedded world of real servers (names, couriers, Entra, Intune, Jamf Pro) with at most one fault, for the
//! demo and for tests. It knows nothing about the program that it is shown to.

mod answers;
mod certificates;
mod clocks;
mod entra;
mod faults;
mod graph;
mod guests;
mod harms;
mod jamf;
mod listen;
mod names;
mod proxy;
mod sign_in;
mod sites;
mod world;

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use hickory_server::Server;
use socket2::Socket;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use self::answers::Desk;
use self::certificates::Authorities;
use self::listen::Post;
use self::world::{Behaviour, Chain, Clock, Endpoint, World};

pub use self::faults::{Fault, faults, skipped_here};
pub use self::guests::{Guest, Part};
pub use self::harms::{Breakage, Harm, harms, hosts};

/// Where the lab's servers listen.
#[derive(Debug, Clone, Copy)]
pub enum Ground {
    /// Every address and port of the world becomes an ephemeral port of 127.0.0.1.
    Loopback,
    /// The real addresses and ports, which somebody has given to this machine (a network namespace, as a rule).
    Addresses { dns: SocketAddr },
}

/// A running world. Dropping it ends every task and closes every socket.
pub struct Lab {
    dns: SocketAddr,
    routes: Vec<(SocketAddr, SocketAddr)>,
    authorities: Authorities,
    inspected: bool,
    typed: world::Typed,
    unrouted: Vec<IpAddr>,
    proxied: bool,
    journal: listen::Journal,
    _resolver: Server<names::Names>,
    _tasks: JoinSet<()>,
    _held: Vec<Socket>,
}

/// What start-up collects while it opens one endpoint after another.
struct Opening {
    ground: Ground,
    authorities: Authorities,
    acceptors: HashMap<(&'static str, Chain), TlsAcceptor>,
    tasks: JoinSet<()>,
    held: Vec<Socket>,
    routes: Vec<(SocketAddr, SocketAddr)>,
    journal: listen::Journal,
    granted: sign_in::Granted,
}

impl Lab {
    /// Starts the healthy world, or the world with one named fault. An unknown name is `InvalidInput`.
    pub async fn start(ground: Ground, fault: Option<&str>) -> io::Result<Self> {
        Self::start_with(ground, fault, &[]).await
    }

    /// The same with further hosts.
    pub async fn start_with(
        ground: Ground,
        fault: Option<&str>,
        guests: &[Guest],
    ) -> io::Result<Self> {
        let broken: Vec<Breakage<'_>> = fault.map(Breakage::Fault).into_iter().collect();
        Self::start_broken(ground, &broken, guests).await
    }

    /// The same with as many things wrong as are given.
    pub async fn start_broken(
        ground: Ground,
        broken: &[Breakage<'_>],
        guests: &[Guest],
    ) -> io::Result<Self> {
        let mut world = World::healthy();
        for guest in guests {
            world.welcome(guest);
        }
        for breakage in broken {
            harms::apply(breakage, &mut world)?;
        }
        let mut opening = Opening {
            ground,
            authorities: Authorities::new()?,
            acceptors: HashMap::new(),
            tasks: JoinSet::new(),
            held: Vec::new(),
            routes: Vec::new(),
            journal: listen::Journal::default(),
            granted: sign_in::Granted::default(),
        };
        for endpoint in &world.endpoints {
            opening.open(endpoint, &world).await?;
        }
        for clock in &world.clocks {
            opening.set(clock).await?;
        }
        if matches!(ground, Ground::Loopback) {
            opening.route_the_rest()?;
        }
        opening.employ(&world).await?;
        let at = match ground {
            Ground::Loopback => None,
            Ground::Addresses { dns } => Some(dns),
        };
        let inspected = world
            .endpoints
            .iter()
            .any(|endpoint| endpoint.chain == Some(Chain::Inspected));
        let v6: BTreeSet<_> = world
            .names
            .values()
            .flat_map(|name| name.v6.iter().copied())
            .collect();
        let proxied = world.proxy != proxy::Rule::Carries;
        let (dns, resolver) = names::serve(at, world.names, world.resolver).await?;
        Ok(Self {
            dns,
            routes: opening.routes,
            authorities: opening.authorities,
            inspected,
            typed: world.answers.typed,
            unrouted: v6.into_iter().map(IpAddr::V6).collect(),
            proxied,
            journal: opening.journal,
            _resolver: resolver,
            _tasks: opening.tasks,
            _held: opening.held,
        })
    }

    /// The resolver, UDP and TCP.
    pub fn dns(&self) -> SocketAddr {
        self.dns
    }

    /// The vendor's address and port, and where that really is. Empty on real addresses.
    pub fn routes(&self) -> &[(SocketAddr, SocketAddr)] {
        &self.routes
    }

    /// Addresses that the names lead to and that have no listener, as from a network without IPv6.
    pub fn unrouted(&self) -> &[IpAddr] {
        &self.unrouted
    }

    /// The proxy that this world's clients are told to use; none if they go directly.
    pub fn proxy(&self) -> Option<String> {
        let (host, port) = (proxy::HOST, proxy::PORT);
        self.proxied.then(|| format!("http://{host}:{port}"))
    }

    /// The proxy's address and port, whether anybody is told of it or not.
    pub fn proxy_address() -> SocketAddr {
        SocketAddr::from((world::PROXY, proxy::PORT))
    }

    /// Every request that reached a server so far, as `POST host/path`.
    pub fn requests(&self) -> Vec<String> {
        self.journal.lines()
    }

    /// What clients did so far that no client should: a wrong form, a second token, a token that had been given back.
    pub fn objections(&self) -> Vec<String> {
        self.journal.memory().objections.clone()
    }

    /// How many tokens were granted, and how many of them were given back.
    pub fn tokens(&self) -> (usize, usize) {
        let memory = self.journal.memory();
        (memory.granted.len(), memory.given_back.len())
    }

    /// The id of the Jamf Pro server's API client, and its secret, which has every character that a form can get wrong.
    pub fn jamf_client() -> (&'static str, &'static str) {
        (jamf::CLIENT, jamf::SECRET)
    }

    /// The root that plays the public ones.
    pub fn public_roots_pem(&self) -> String {
        self.authorities.public_roots()
    }

    /// The root that plays Apple's own.
    pub fn apple_roots_pem(&self) -> String {
        self.authorities.apple_roots()
    }

    /// What the client's operating system trusts. Where connections are inspected, an administrator has added the
    /// inspecting authority.
    pub fn system_roots_pem(&self) -> String {
        let added = self.inspected.then(|| self.authorities.inspection_roots());
        self.public_roots_pem() + &added.unwrap_or_default()
    }

    /// The address of the world's Jamf Pro server.
    pub fn jamf_url() -> &'static str {
        "https://jamf.example.com:8443"
    }

    /// The application that signs in, as somebody in this world types it.
    pub fn client_id() -> &'static str {
        world::CLIENT_ID
    }

    /// The secret that somebody in this world types.
    pub fn client_secret(&self) -> &'static str {
        self.typed.text()
    }

    /// An administrator's token for Graph.
    pub fn admin_token() -> &'static str {
        world::ADMIN_TOKEN
    }

    /// The tenant that Entra knows, unless the fault is that it does not.
    pub fn tenant() -> &'static str {
        world::TENANT
    }

    /// Every IPv4 address that a world may own, for `lo` in a namespace. The canary is not among them.
    pub fn addresses() -> Vec<IpAddr> {
        world::owned_addresses()
    }
}

impl Opening {
    async fn open(&mut self, endpoint: &Endpoint, world: &World) -> io::Result<()> {
        let at = match self.ground {
            Ground::Loopback => SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            Ground::Addresses { .. } => endpoint.at,
        };
        let real = match endpoint.behaviour {
            Behaviour::Refuse => return Ok(()),
            Behaviour::Silent => {
                let (real, held) = listen::silent(at)?;
                self.held.extend(held);
                real
            }
            behaviour => {
                let tls = self.acceptor(endpoint)?;
                let desk = Desk {
                    host: endpoint.host,
                    service: endpoint.service,
                    answers: world.answers,
                    granted: self.granted.clone(),
                };
                listen::open(
                    at,
                    Post {
                        behaviour,
                        tls,
                        desk,
                        journal: self.journal.clone(),
                    },
                    &mut self.tasks,
                )
                .await?
            }
        };
        if matches!(self.ground, Ground::Loopback) {
            self.routes.push((endpoint.at, real));
        }
        Ok(())
    }

    async fn set(&mut self, clock: &Clock) -> io::Result<()> {
        let at = match self.ground {
            Ground::Loopback => SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            Ground::Addresses { .. } => clock.at,
        };
        let real = clocks::open(at, clock.keeping, &mut self.tasks).await?;
        if matches!(self.ground, Ground::Loopback) {
            self.routes.push((clock.at, real));
        }
        Ok(())
    }

    /// The proxy, which knows where everything is that was opened before.
    async fn employ(&mut self, world: &World) -> io::Result<()> {
        let vendor = Lab::proxy_address();
        let at = match self.ground {
            Ground::Loopback => SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            Ground::Addresses { .. } if world.proxy == proxy::Rule::Carries => return Ok(()),
            Ground::Addresses { .. } => vendor,
        };
        let desk = proxy::Desk {
            rule: world.proxy,
            names: proxy::addresses(&world.names),
            routes: self.routes.iter().copied().collect(),
        };
        let real = listen::open(at, desk, &mut self.tasks).await?;
        if matches!(self.ground, Ground::Loopback) {
            self.routes.push((vendor, real));
        }
        Ok(())
    }

    fn acceptor(&mut self, endpoint: &Endpoint) -> io::Result<Option<TlsAcceptor>> {
        let Some(chain) = endpoint.chain else {
            return Ok(None);
        };
        if let Some(known) = self.acceptors.get(&(endpoint.host, chain)) {
            return Ok(Some(known.clone()));
        }
        let key = self.authorities.present(endpoint.host, chain)?;
        let acceptor = listen::acceptor(endpoint.service, key)?;
        self.acceptors
            .insert((endpoint.host, chain), acceptor.clone());
        Ok(Some(acceptor))
    }

    /// Leads every other address and port that may be dialled to a port that refuses, and the canary to a silent one, so
    /// that nothing can leave loopback.
    fn route_the_rest(&mut self) -> io::Result<()> {
        let (refusing, socket) = listen::refusing()?;
        self.held.push(socket);
        let taken: BTreeSet<SocketAddr> = self.routes.iter().map(|(vendor, _)| *vendor).collect();
        let owned = world::owned_addresses()
            .into_iter()
            .chain([IpAddr::V4(world::SINKHOLE)]);
        let all =
            owned.flat_map(|address| world::PORTS.map(|port| SocketAddr::from((address, port))));
        self.routes.extend(
            all.filter(|vendor| !taken.contains(vendor))
                .map(|vendor| (vendor, refusing)),
        );
        let canary = if cfg!(windows) {
            refusing
        } else {
            let (silent, held) = listen::silent(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
            self.held.extend(held);
            silent
        };
        for port in world::PORTS {
            self.routes
                .push((SocketAddr::from((world::CANARY, port)), canary));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
