//! Which way a row's connections take: straight to the peer, or through a proxy that may carry the row.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::walk::Step;
use super::{Ask, Asked, LadderSeen, Rung, Undecided, Unrouted, Want};
use crate::code::Code;
use crate::net::Failure;
use crate::net::endpoint::Host;
use crate::net::ladder::Ladder;
use crate::net::names::NameSeen;
use crate::net::proxy::{Destination, Origin, Proxy, Scheme, Way};
use crate::net::space::{self, Kind};
use crate::net::tunnel::{Tunnel, Via};
use crate::net::wire::Family;
use crate::probe::context::ProxyPolicy;

/// What a PAC file lists beyond is not tried: no network has so many ways out.
const MOST_WAYS: usize = 32;

/// An address to connect to, and the way to the peer from there.
#[derive(Clone, Debug)]
pub(super) struct Leg {
    address: IpAddr,
    port: u16,
    /// Where a rule for the name leads instead.
    detour: Option<SocketAddr>,
    via: Via,
}

/// A proxy that the row was sent to, and what its name said.
#[derive(Clone, Debug, PartialEq)]
pub struct ProxyName {
    pub proxy: Arc<Proxy>,
    pub name: NameSeen,
    /// Its addresses of a family over which nothing can be sent from here.
    pub without_route: Vec<Unrouted>,
}

impl Ask {
    /// The ways to an endpoint, in the order in which they are tried; the row's policy decides which are open to it.
    pub(in super::super) async fn ways(&self, want: &Want) -> Vec<Way> {
        if self.proxies == ProxyPolicy::Never {
            return vec![Way::Direct];
        }
        let decision = self.net.ways(&destination(want)).await;
        if let Some(failure) = decision.problem {
            let no_way = decision.no_way;
            self.write(|asked| asked.undecided = Some(Undecided { failure, no_way }));
        }
        let unfit = decision.ways.clone();
        let mut ways: Vec<Way> = Vec::new();
        for way in decision.ways {
            let fit = fitting(way, self.proxies).filter(|way| !ways.contains(way));
            ways.extend(fit);
        }
        if ways.len() > MOST_WAYS {
            let detail = format!(
                "it names {} ways, of which only {MOST_WAYS} are tried",
                ways.len()
            );
            let failure = Failure::new(Code::ProxyPacFailed, detail);
            ways.truncate(MOST_WAYS);
            self.write(|asked| {
                asked.undecided.get_or_insert(Undecided {
                    failure,
                    no_way: false,
                });
            });
        }
        if ways.is_empty() {
            if let Some(Way::Through(proxy)) = unfit.into_iter().next() {
                self.write(|asked| asked.unused = Some(proxy));
            }
            return vec![Way::Direct];
        }
        self.write(|asked| {
            if !asked.ways.iter().any(|(known, _)| *known == want.host) {
                asked.ways.push((want.host.clone(), ways.clone()));
            }
        });
        ways
    }

    /// Writes down which proxy would have taken what the row asks, in a run that goes straight.
    pub async fn note_not_tried(&self, wants: &[Want], policy: ProxyPolicy) {
        for want in wants {
            let ways = self.net.ways(&destination(want)).await.ways;
            let first = ways.into_iter().find_map(|way| fitting(way, policy));
            if let Some(Way::Through(proxy)) = first {
                self.write(|asked| asked.not_tried = Some(proxy));
                return;
            }
        }
    }

    /// Writes down which proxy takes what goes to a name, over HTTPS.
    pub(in super::super) async fn note_carrier(&self, host: &Host) {
        let want = Want {
            host: host.clone(),
            port: 443,
            hello: None,
            request: None,
        };
        let first = self.ways(&want).await.into_iter().next();
        if let Some(Way::Through(proxy)) = first {
            self.write(|asked| asked.carrier = Some(proxy));
        }
    }

    /// Where to connect for a step, if it leads anywhere.
    pub(super) async fn leg(&self, step: &Step, want: &Want) -> Option<Leg> {
        match &step.way {
            Way::Direct => {
                if !self.may_dial(&want.host, want.port, step.family) {
                    return None;
                }
                let addresses = self
                    .addresses(&want.host, Some(want.port), step.family)
                    .await;
                let address = addresses.into_iter().next()?;
                self.can_reach(address)
                    .then(|| self.direct_leg(want, address))
            }
            Way::Through(proxy) => {
                self.write(|asked| {
                    if !asked.proxies.contains(proxy) {
                        asked.proxies.push(Arc::clone(proxy));
                    }
                });
                self.leg_to(proxy, want, step).await
            }
        }
    }

    /// Where a proxy is.
    async fn leg_to(&self, proxy: &Arc<Proxy>, want: &Want, step: &Step) -> Option<Leg> {
        // An agent on this machine is a proxy like any other.
        let port = Some(proxy.port);
        self.net.begin_look_up(&proxy.host, port);
        let mut addresses = self.net.addresses(&proxy.host, port, step.family).await;
        addresses.retain(|address| space::kind(*address) != Kind::Undialable);
        let address = *addresses.get(step.nth)?;
        self.can_reach(address).then(|| Leg {
            address,
            port: proxy.port,
            detour: self.net.detour_of(&proxy.host, proxy.port),
            via: via(proxy, want),
        })
    }

    pub(super) fn direct_leg(&self, want: &Want, address: IpAddr) -> Leg {
        Leg {
            address,
            port: want.port,
            detour: self.net.detour_of(&want.host, want.port),
            via: Via::Direct,
        }
    }

    pub(super) fn can_reach(&self, address: IpAddr) -> bool {
        self.net.settings().families.allow(address) && !self.lacks_route(address)
    }

    /// The common walk: each way that the row may take, until the first box on it is reached.
    pub(in super::super) async fn climb(&self, want: &Want, rung: Rung) {
        let ways = self.ways(want).await;
        if ways == [Way::Direct] {
            let direct = Box::pin(self.climb_directly(want, rung));
            // It is but a note: nobody waits for a proxy that says nothing.
            self.net.beside(direct, self.climb_unused(want, rung)).await;
        } else if want
            .request
            .as_ref()
            .is_some_and(|request| request.method != "GET")
        {
            // What is posted goes one way only.
            self.call(want).await;
        } else {
            Box::pin(self.climb_ways(&ways, want, rung)).await;
        }
    }

    async fn climb_ways(&self, ways: &[Way], want: &Want, rung: Rung) {
        let climb = |ask: Self, at: usize| {
            let (way, want) = (ways[at].clone(), want.clone());
            async move {
                match way {
                    Way::Direct => ask.climb_directly(&want, rung).await,
                    Way::Through(_) => ask.climb_through(&way, &want, rung).await,
                }
            }
        };
        self.walk(ways.len(), climb).await;
    }

    /// Look up, then one ladder a family (or all addresses), then wait for them. Neither family waits for the other.
    async fn climb_directly(&self, want: &Want, rung: Rung) -> bool {
        self.name(&want.host, Some(want.port));
        tokio::join!(
            self.climb_family(want, rung, Family::V4),
            self.climb_family(want, rung, Family::V6)
        );
        self.either_family(&want.host, want.port).await;
        let ladders = self.looked().ladders;
        ladders.iter().any(|begun| self.passed(&begun.ladder))
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

    /// By an address of each family, either of which applications may choose.
    async fn climb_through(&self, way: &Way, want: &Want, rung: Rung) -> bool {
        let steps = self.steps(std::slice::from_ref(way), want).into_iter();
        let (four, six): (Vec<Step>, Vec<Step>) = steps.partition(|one| one.family == Family::V4);
        let (four, six) = tokio::join!(
            self.climb_family_of(&four, want, rung),
            self.climb_family_of(&six, want, rung)
        );
        // In the same order, whichever was quicker.
        self.write(|asked| {
            asked.ladders.sort_by_key(|begun| {
                let ladder = &begun.ladder;
                (!ladder.via.is_direct()).then(|| Family::of(ladder.address))
            });
        });
        four || six
    }

    async fn climb_family_of(&self, steps: &[Step], want: &Want, rung: Rung) -> bool {
        let climb = |ask: Self, at: usize| {
            let (step, want) = (steps[at].clone(), want.clone());
            async move { ask.climb_step(&step, &want, rung).await }
        };
        self.walk(steps.len(), climb).await.is_some()
    }

    async fn climb_step(&self, step: &Step, want: &Want, rung: Rung) -> bool {
        let Some(leg) = self.leg(step, want).await else {
            return false;
        };
        let begun = self.begin_at(want, &leg, rung);
        self.all_reached(begun.clone(), rung).await;
        begun.iter().any(|ladder| self.passed(ladder))
    }

    /// Whether the first box on a ladder's way was reached, be it the peer or the proxy.
    pub(super) fn passed(&self, ladder: &Arc<Ladder>) -> bool {
        let seen = self.net.ladder_seen(ladder);
        let tcp = seen.and_then(|seen| seen.seen.tcp);
        tcp.is_some_and(|tcp| tcp.is_connected())
    }

    /// What a proxy that this row does not use would do with it: a note, whatever comes of it.
    pub(super) async fn climb_unused(&self, want: &Want, rung: Rung) {
        let unused = self
            .asked
            .lock()
            .expect("no task panics while it writes")
            .unused
            .clone();
        if let Some(proxy) = unused {
            Box::pin(self.climb_beside(proxy, want, rung)).await;
        }
    }

    async fn climb_beside(&self, proxy: Arc<Proxy>, want: &Want, rung: Rung) {
        let steps = self.steps(&[Way::Through(Arc::clone(&proxy))], want);
        let climb = |ask: Self, at: usize| {
            let (proxy, want, step) = (Arc::clone(&proxy), want.clone(), steps[at].clone());
            async move {
                let Some(leg) = ask.leg_to(&proxy, &want, &step).await else {
                    return false;
                };
                let ladder = Arc::new(ask.ladder(&want, &leg));
                drop(ask.net.climb(&ladder));
                let entry = (want.host.clone(), Arc::clone(&ladder));
                ask.write(|asked| asked.beside_proxy.push(entry));
                ask.reached(&ladder, rung).await;
                ask.passed(&ladder)
            }
        };
        self.walk(steps.len(), climb).await;
    }

    /// The ladder of a leg: the first attempt.
    #[expect(
        clippy::unused_self,
        reason = "what a run decides for all its ladders comes from here"
    )]
    pub(super) fn ladder(&self, want: &Want, leg: &Leg) -> Ladder {
        Ladder {
            address: leg.address,
            port: leg.port,
            detour: leg.detour,
            via: leg.via.clone(),
            hello: want.hello.clone(),
            request: want.request.clone(),
            attempt: 0,
            hedged: true,
        }
    }

    pub(super) fn through_unused(&self, asked: &Asked) -> Vec<LadderSeen> {
        let seen = |(host, ladder): &(Host, Arc<Ladder>)| {
            Some(LadderSeen {
                host: host.clone(),
                ladder: Arc::clone(ladder),
                observation: self.net.ladder_seen(ladder)?,
                large: None,
            })
        };
        asked.beside_proxy.iter().filter_map(seen).collect()
    }

    pub(super) fn proxy_names(&self, asked: &Asked) -> Vec<ProxyName> {
        let name = |proxy: &Arc<Proxy>| {
            let name = self.net.name_seen(&proxy.host, Some(proxy.port));
            ProxyName {
                proxy: Arc::clone(proxy),
                without_route: self.without_route(std::slice::from_ref(&name)),
                name,
            }
        };
        asked.proxies.iter().map(name).collect()
    }
}

/// The way as a row of this policy takes it, if it may.
fn fitting(way: Way, policy: ProxyPolicy) -> Option<Way> {
    match (way, policy) {
        (Way::Direct, _) => Some(Way::Direct),
        (Way::Through(_), ProxyPolicy::Never) => None,
        (Way::Through(proxy), ProxyPolicy::PacOnly) => {
            (proxy.from == Origin::Pac).then_some(Way::Through(proxy))
        }
        // Where the vendor wants access without a sign-in, a proxy that grants it to a user proves nothing.
        (Way::Through(proxy), ProxyPolicy::Unauthenticated) => {
            let stranger = Proxy {
                login: None,
                ..proxy.as_ref().clone()
            };
            Some(Way::Through(Arc::new(stranger)))
        }
        (Way::Through(proxy), ProxyPolicy::Allowed) => Some(Way::Through(proxy)),
    }
}

/// A request in the clear is given to the proxy whole, as applications do; all else goes through a tunnel.
fn via(proxy: &Arc<Proxy>, want: &Want) -> Via {
    if want.hello.is_none() && want.request.is_some() && proxy.scheme != Scheme::Socks5 {
        return Via::Forward(Arc::clone(proxy));
    }
    Via::Tunnel(Arc::new(Tunnel {
        proxy: Arc::clone(proxy),
        host: want.host.clone(),
        port: want.port,
    }))
}

fn destination(want: &Want) -> Destination {
    let plain = want.hello.is_none() && (want.request.is_some() || want.port == 80);
    Destination {
        tls: !plain,
        host: want.host.clone(),
        port: want.port,
    }
}
