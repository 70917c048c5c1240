//! How a probe asks, and what it saw: the questions are remembered, their answers are read at any time.

mod beside;
mod call;
mod further;
mod hold;
mod hops;
mod large;
mod local;
mod rungs;
mod ways;

pub use hold::Held;
pub use local::TimeAsked;
pub(super) use rungs::Rung;
pub use ways::ProxyName;

use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::app::AppSeen;
use super::compare::{Compared, Comparison};
use super::context::ProxyPolicy;
use super::follow::{FollowUp, Followed};
use super::redirect::{HopWhy, Redirect};
use crate::net::Failure;
use crate::net::endpoint::Host;
use crate::net::http::Request;
use crate::net::ladder::{Hello, Ladder, Rungs};
use crate::net::machine::{Tool, ToolSeen};
use crate::net::names::NameSeen;
use crate::net::ntp::TimeQuestion;
use crate::net::proxy::{Proxy, Way};
use crate::net::tls::LargeHelloSeen;
use crate::net::wire::Family;
use crate::net::{Net, Observation};
use rungs::{cut, has};
use ways::Leg;

/// One endpoint and how far up its ladder a row wants to go.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Want {
    pub host: Host,
    pub port: u16,
    pub hello: Option<Hello>,
    pub request: Option<Request>,
}

/// All that one row has seen: plain data, judged without a socket.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    pub names: Vec<NameSeen>,
    pub ladders: Vec<LadderSeen>,
    /// Addresses of a family that this machine has no route for: not tested, and said.
    pub without_route: Vec<IpAddr>,
    /// Addresses that a name gave and that were not dialled because of a limit.
    pub left_out: usize,
    /// How many distinct addresses the names gave, for a range.
    pub distinct: usize,
    pub follow_ups: Vec<Followed>,
    /// Where the answer sent its reader, hop by hop, and what else was asked because of it.
    pub redirects: Vec<Redirect>,
    /// What another DNS server says of the same names.
    pub compared: Vec<Compared>,
    /// What was learned above the network, if anything was.
    pub app: Option<AppSeen>,
    /// What became of the tokens that were granted for this run alone.
    pub given_back: Vec<Observation<Rungs>>,
    pub times: Vec<TimeAsked>,
    /// What a tool of this machine said, if one was asked.
    pub tool: Option<Observation<ToolSeen>>,
    /// The proxies that the row was sent to.
    pub proxies: Vec<ProxyName>,
    /// What whoever names the proxies could not say, if so.
    pub undecided: Option<Undecided>,
    /// The proxy that the row would have gone through, had this run not been told to go straight.
    pub not_tried: Option<Arc<Proxy>>,
    /// The proxy that whatever goes to the row's name is sent to, where the row itself only looks it up.
    pub carrier: Option<Arc<Proxy>>,
    /// What a proxy would have done that the row does not use.
    pub unused: Vec<LadderSeen>,
    /// Connections that were kept silent.
    pub held: Vec<Held>,
}

/// Why a PAC file did not say all that it was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Undecided {
    pub failure: Failure,
    /// It named no way at all, so that the direct one was taken.
    pub no_way: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct LadderSeen {
    pub host: Host,
    pub ladder: Arc<Ladder>,
    /// Cut off at the rung that the row needs.
    pub observation: Observation<Rungs>,
    /// The large hello to the same address, if the row asked for it.
    pub large: Option<Observation<LargeHelloSeen>>,
}

/// What a probe asks with. Every question is written down, so that a row which is cut short still
/// shows how far it came.
#[derive(Clone, Debug)]
pub struct Ask {
    net: Net,
    attempts: u32,
    comparison: Option<Arc<Comparison>>,
    /// Which proxies may carry the row.
    proxies: ProxyPolicy,
    asked: Arc<Mutex<Asked>>,
}

#[derive(Debug, Default)]
struct Asked {
    names: Vec<(Host, Option<u16>)>,
    ladders: Vec<(Host, Arc<Ladder>, Rung)>,
    left_out: usize,
    distinct: usize,
    follow_ups: Vec<FollowUp>,
    /// Ladders to addresses that only the other DNS server gives.
    beside: Vec<(Host, Arc<Ladder>)>,
    /// The ladders whose large hello the row waits for.
    large: Vec<Arc<Ladder>>,
    /// Where a redirect led, and what was asked because of an answer.
    hops: Vec<(String, HopWhy, hops::Hop)>,
    app: Option<AppSeen>,
    times: Vec<(Host, TimeQuestion)>,
    tool: Option<Tool>,
    proxies: Vec<Arc<Proxy>>,
    undecided: Option<Undecided>,
    not_tried: Option<Arc<Proxy>>,
    carrier: Option<Arc<Proxy>>,
    /// A proxy that is set and that this row does not use.
    unused: Option<Arc<Proxy>>,
    /// The ladders through it.
    beside_proxy: Vec<(Host, Arc<Ladder>)>,
    /// The ladders beside which a connection is kept silent, and for how long.
    held: Vec<(Arc<Ladder>, Duration)>,
}

impl Ask {
    pub fn new(
        net: Net,
        attempts: u32,
        comparison: Option<Arc<Comparison>>,
        proxies: ProxyPolicy,
    ) -> Self {
        Self {
            net,
            attempts,
            comparison,
            proxies,
            asked: Arc::default(),
        }
    }

    fn write(&self, note: impl FnOnce(&mut Asked)) {
        note(&mut self.asked.lock().expect("no task panics while it writes"));
    }

    /// Starts the look-ups of a host.
    pub(super) fn name(&self, host: &Host, port: Option<u16>) {
        self.net.begin_look_up(host, port);
        if let Some((name, server)) = self.asked_beside(host, port) {
            drop(self.net.ask_beside(name, server));
        }
        self.write(|asked| {
            if !asked.names.iter().any(|(known, _)| known == host) {
                asked.names.push((host.clone(), port));
            }
        });
    }

    /// The dialable addresses of one family.
    pub(super) async fn addresses(
        &self,
        host: &Host,
        port: Option<u16>,
        family: Family,
    ) -> Vec<IpAddr> {
        let typed = !self.net.decider(host, port).is_look_up();
        let mut addresses = self.net.addresses(host, port, family).await;
        addresses.retain(|address| {
            use crate::net::space::{Kind, kind};
            match kind(*address) {
                Kind::Undialable => false,
                Kind::Loopback => typed,
                Kind::Public | Kind::Private | Kind::Synthetic => true,
            }
        });
        addresses
    }

    /// Begins a ladder to one address; the answer arrives in the memo.
    pub(super) fn begin(&self, want: &Want, address: IpAddr, rung: Rung) -> Vec<Arc<Ladder>> {
        if !self.can_reach(address) {
            return Vec::new();
        }
        self.begin_at(want, &self.direct_leg(want, address), rung)
    }

    fn begin_at(&self, want: &Want, leg: &Leg, rung: Rung) -> Vec<Arc<Ladder>> {
        (0..self.attempts)
            .map(|attempt| {
                let ladder = Arc::new(Ladder {
                    attempt,
                    // A hedge from another source port would hide the very unevenness that
                    // several attempts look for.
                    hedged: self.attempts == 1,
                    ..self.ladder(want, leg)
                });
                drop(self.net.climb(&ladder));
                let entry = (want.host.clone(), Arc::clone(&ladder), rung);
                self.write(|asked| asked.ladders.push(entry));
                ladder
            })
            .collect()
    }

    /// Waits until a ladder has passed the rung, or has ended below it.
    pub(super) async fn reached(&self, ladder: &Arc<Ladder>, rung: Rung) {
        let mut answer = self.net.climb(ladder);
        let passed =
            |seen: &Observation<Rungs>| !seen.is_pending() || has(&seen.seen, rung, &ladder.via);
        // A closed channel means that the ladder's task has died: it has no more to say.
        drop(answer.wait_for(passed).await);
    }

    /// The common walk: each way that the row may take, until the first box on it is reached.
    pub(super) async fn climb(&self, want: &Want, rung: Rung) {
        for way in self.ways(want).await {
            let reached = match way {
                Way::Through(_) => Box::pin(self.climb_through(&way, want, rung)).await,
                Way::Direct => {
                    tokio::join!(
                        self.climb_directly(want, rung),
                        self.climb_unused(want, rung)
                    );
                    let asked = self.asked.lock().expect("no task panics while it writes");
                    asked
                        .ladders
                        .iter()
                        .any(|(_, ladder, _)| self.passed(ladder))
                }
            };
            if reached {
                return;
            }
        }
    }

    /// Look up, then one ladder a family (or all addresses), then wait for them. Neither family waits for the other.
    async fn climb_directly(&self, want: &Want, rung: Rung) {
        self.name(&want.host, Some(want.port));
        tokio::join!(
            self.climb_family(want, rung, Family::V4),
            self.climb_family(want, rung, Family::V6)
        );
        self.either_family(&want.host, want.port).await;
    }

    async fn climb_family(&self, want: &Want, rung: Rung, family: Family) {
        if !self.may_dial(&want.host, want.port, family) {
            return;
        }
        let mut addresses = self.addresses(&want.host, Some(want.port), family).await;
        if !self.net.settings().all_addresses {
            addresses.truncate(1);
        }
        let begun: Vec<Arc<Ladder>> = addresses
            .into_iter()
            .flat_map(|address| self.begin(want, address, rung))
            .collect();
        self.all_reached(begun, rung).await;
    }

    /// A family that was switched off, or that looked-up names cannot have for want of a route, is
    /// not waited for.
    pub(super) fn may_dial(&self, host: &Host, port: u16, family: Family) -> bool {
        let families = self.net.settings().families;
        let typed = !self.net.decider(host, Some(port)).is_look_up();
        match family {
            Family::V4 => families.v4 && (typed || self.has_ipv4()),
            Family::V6 => families.v6 && (typed || self.net.has_route(EVERYWHERE_V6)),
        }
    }

    /// A machine without any route has IPv4 too: that the connect fails is what it has to report.
    pub(super) fn has_ipv4(&self) -> bool {
        self.net.has_route(EVERYWHERE_V4) || !self.net.has_route(EVERYWHERE_V6)
    }

    /// An address of a family that this machine does not have is not tested; a missing route within IPv4 is a failure
    /// that the connect itself reports.
    fn lacks_route(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(_) => !self.has_ipv4() && !self.net.has_route(address),
            IpAddr::V6(_) => !self.net.has_route(address),
        }
    }

    /// Counts one family's addresses of a range.
    pub(super) fn note_reach(&self, distinct: usize, left_out: usize) {
        self.write(|asked| {
            asked.distinct += distinct;
            asked.left_out += left_out;
        });
    }

    /// The addresses that the names gave and whose family this machine has no route for.
    fn without_route(&self, names: &[NameSeen]) -> Vec<IpAddr> {
        let families = self.net.settings().families;
        let mut unrouted: Vec<IpAddr> = Vec::new();
        for name in names {
            let all = name.addresses.iter().copied().chain(name.wire_addresses());
            unrouted.extend(all.filter(|a| families.allow(*a) && self.lacks_route(*a)));
        }
        unrouted.sort_unstable();
        unrouted.dedup();
        unrouted
    }

    /// What is known now of the ladders alone.
    pub fn ladders(&self) -> Vec<LadderSeen> {
        self.ladders_of(&self.asked.lock().expect("no task panics while it writes"))
    }

    fn ladders_of(&self, asked: &Asked) -> Vec<LadderSeen> {
        let one = |(host, ladder, rung): &(Host, Arc<Ladder>, Rung)| LadderSeen {
            host: host.clone(),
            ladder: Arc::clone(ladder),
            observation: self.net.ladder_seen(ladder).map_or_else(
                || Observation::pending(Rungs::default()),
                |o| cut(o, *rung, &ladder.via),
            ),
            large: asked
                .large
                .contains(ladder)
                .then(|| self.net.large_hello_seen(ladder))
                .flatten(),
        };
        asked.ladders.iter().map(one).collect()
    }

    /// What is known now, as data.
    pub fn seen(&self) -> Seen {
        let asked = self.asked.lock().expect("no task panics while it writes");
        let names: Vec<NameSeen> = asked
            .names
            .iter()
            .map(|(host, port)| self.net.name_seen(host, *port))
            .collect();
        Seen {
            without_route: self.without_route(&names),
            names,
            ladders: self.ladders_of(&asked),
            left_out: asked.left_out,
            distinct: asked.distinct,
            compared: self.compared(&asked),
            follow_ups: asked
                .follow_ups
                .iter()
                .filter_map(|f| self.followed(f))
                .collect(),
            redirects: self.redirects(&asked),
            app: asked.app.clone(),
            given_back: asked
                .ladders
                .iter()
                .filter_map(|(_, ladder, _)| self.net.given_back(ladder))
                .collect(),
            times: self.times(&asked.times),
            tool: self.said(asked.tool),
            proxies: self.proxy_names(&asked),
            undecided: asked.undecided.clone(),
            not_tried: asked.not_tried.clone(),
            carrier: asked.carrier.clone(),
            unused: self.through_unused(&asked),
            held: self.held(&asked),
        }
    }
}

/// Any global address will do to learn whether a family has a route; these are documentation space.
const EVERYWHERE_V4: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
const EVERYWHERE_V6: IpAddr = IpAddr::V6(std::net::Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1));
