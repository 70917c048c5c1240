//! How a probe asks, and what it saw: the questions are remembered, their answers are read at any time.

mod beside;
mod call;
mod further;
mod hold;
mod hops;
mod large;
mod local;
mod rungs;
mod seen;
mod unrouted;
mod walk;
mod ways;

pub use hold::Held;
pub use local::TimeAsked;
pub(super) use rungs::Rung;
pub(super) use seen::Undecided;
pub use seen::{LadderSeen, Seen};

pub(super) use unrouted::why_unrouted;
pub use ways::ProxyName;

use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::app::AppSeen;
use super::compare::Comparison;
use super::context::ProxyPolicy;
use super::follow::FollowUp;
use super::redirect::HopWhy;
use crate::net::endpoint::Host;
use crate::net::http::Request;
use crate::net::ladder::{Hello, Ladder, Rungs};
use crate::net::machine::Tool;
use crate::net::names::NameSeen;
use crate::net::ntp::TimeQuestion;
use crate::net::proxy::{Proxy, Way};
use crate::net::space::{Kind, kind};
use crate::net::wire::Family;
use crate::net::{End, Net, Observation};
use rungs::{cut, has};
use unrouted::Unrouted;
use walk::Step;
use ways::Leg;

/// One endpoint and how far up its ladder a row wants to go.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Want {
    pub host: Host,
    pub port: u16,
    pub hello: Option<Hello>,
    pub request: Option<Request>,
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

#[derive(Clone, Debug, Default)]
struct Asked {
    names: Vec<(Host, Option<u16>)>,
    ways: Vec<(Host, Vec<Way>)>,
    ladders: Vec<Begun>,
    /// What is waited for without being the row's own.
    aside: Vec<Arc<Ladder>>,
    /// The steps of each walk that goes on, in their order.
    walks: Vec<Arc<[Ask]>>,
    /// The steps of earlier walks that led to no box, beside others that did.
    dead: Vec<Step>,
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

/// A ladder of the row.
#[derive(Clone, Debug)]
struct Begun {
    host: Host,
    ladder: Arc<Ladder>,
    /// What was really asked: the ladder, or a connect alone that was to show whether it leads anywhere.
    asked: Arc<Ladder>,
    rung: Rung,
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

    /// All that the row has asked: of the ways that are still walked, up to the first on which a box was reached.
    fn looked(&self) -> Asked {
        let mut asked = self
            .asked
            .lock()
            .expect("no task panics while it writes")
            .clone();
        for walk in std::mem::take(&mut asked.walks) {
            for step in walk.iter() {
                let step_asked = step.looked();
                asked.absorb(&step_asked);
                if step_asked.ladders.iter().any(|one| self.passed(&one.asked)) {
                    break;
                }
            }
        }
        asked
    }

    fn write_ladder(&self, host: &Host, ladder: &Arc<Ladder>, rung: Rung) {
        let begun = Begun {
            host: host.clone(),
            ladder: Arc::clone(ladder),
            asked: Arc::clone(ladder),
            rung,
        };
        self.write(|asked| asked.ladders.push(begun));
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
        addresses.retain(|address| match kind(*address) {
            Kind::Undialable => false,
            Kind::Loopback => typed,
            Kind::Public | Kind::Private | Kind::Synthetic => true,
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
                self.write_ladder(&want.host, &ladder, rung);
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

    /// Counts one family's addresses of a range.
    pub(super) fn note_reach(&self, distinct: usize, left_out: usize) {
        self.write(|asked| {
            asked.distinct += distinct;
            asked.left_out += left_out;
        });
    }

    /// What is known now of the ladders alone.
    pub fn ladders(&self) -> Vec<LadderSeen> {
        self.ladders_of(&self.looked())
    }

    fn ladders_of(&self, asked: &Asked) -> Vec<LadderSeen> {
        let one = |begun: &Begun| LadderSeen {
            host: begun.host.clone(),
            ladder: Arc::clone(&begun.ladder),
            observation: self.observation_of(begun),
            large: asked
                .large
                .contains(&begun.ladder)
                .then(|| self.net.large_hello_seen(&begun.ladder))
                .flatten(),
        };
        asked.ladders.iter().map(one).collect()
    }

    fn observation_of(&self, begun: &Begun) -> Observation<Rungs> {
        let via = &begun.ladder.via;
        let Some(mut seen) = self.net.ladder_seen(&begun.asked) else {
            return Observation::pending(Rungs::default());
        };
        if begun.asked != begun.ladder {
            seen.end = match seen.end {
                End::Failed(failure) => End::Failed(begun.ladder.blame(failure)),
                // What is to be sent follows.
                End::Done | End::Pending => End::Pending,
            };
        }
        cut(seen, begun.rung, via)
    }

    /// What is known now, as data.
    pub fn seen(&self) -> Seen {
        let asked = self.looked();
        let names: Vec<NameSeen> = asked
            .names
            .iter()
            .map(|(host, port)| self.net.name_seen(host, *port))
            .collect();
        Seen {
            without_route: self.without_route(&names),
            names,
            ways: asked.ways.clone(),
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
                .filter_map(|begun| self.net.given_back(&begun.ladder))
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
