//! The path to an address as a TCP connect takes it: SYNs with a small time to live, answered by the hops.
//!
//! Unprivileged, and only where the kernel names the sender of an ICMP error (Linux).

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::connect::{ConnectOptions, Evidence, TcpSeen, connect};
use super::failure::Failure;
use super::memo::{Answer, End, Observation};
use super::{Net, Reach, platform};
use crate::code::Code;
use crate::net::source::Source;

/// How far a walk goes; longer paths through an organisation's own network are rare.
const LONGEST: u8 = 16;
/// A hop that has not answered by then is counted as silent.
const PATIENCE: Duration = Duration::from_millis(1200);
/// A router sends a host six errors at once and then one a second, each walk being due one from every
/// router: so many walks begin at once, and the others a second after each other.
const AT_ONCE: u32 = 4;

/// The question: the path to a port of an address.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Route {
    pub address: IpAddr,
    pub port: u16,
    /// Where a rule for the host's name leads instead.
    pub detour: Option<SocketAddr>,
    /// Whether the port is known to answer: then it is approached a few hops at a time, since every
    /// SYN beyond the last hop opens a connection.
    pub open: bool,
}

/// The hops that answered, and where the peer itself did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RouteSeen {
    pub hops: Vec<(u8, IpAddr)>,
    /// The smallest time to live with which the peer answered.
    pub reached: Option<u8>,
    /// An error other than an expired time to live, and who sent it.
    pub refused: Option<(u8, IpAddr)>,
}

impl RouteSeen {
    /// The last hop that let a SYN expire, before the silence.
    pub fn last(&self) -> Option<(u8, IpAddr)> {
        self.hops.iter().copied().max()
    }

    /// The times to live that drew no answer although a hop further on, or the peer, gave one. The
    /// hop after the last is one of them: it may have had its ration of errors.
    fn gaps(&self) -> BTreeSet<u8> {
        let refused = self.refused.map(|(ttl, _)| ttl);
        let end = match self.reached.or(refused) {
            Some(end) => end,
            None => self.last().map_or(0, |(ttl, _)| (ttl + 2).min(LONGEST + 1)),
        };
        let answered = |ttl: &u8| self.hops.iter().any(|(known, _)| known == ttl);
        (1..end).filter(|ttl| !answered(ttl)).collect()
    }

    fn has_end(&self) -> bool {
        self.reached.is_some() || self.refused.is_some()
    }
}

impl Net {
    /// Whether paths can be walked from here.
    pub fn can_trace(&self) -> bool {
        self.settings().reach == Reach::Open && platform::NAMES_ICMP_SENDER
    }

    pub(crate) fn trace(&self, route: Route) -> Answer<RouteSeen> {
        self.inner
            .routes
            .ask(&route, RouteSeen::default(), |sender| {
                let net = self.clone();
                async move {
                    net.walk_turn().await;
                    walk(&net, route, &sender).await;
                    sender.send_modify(|answer| answer.end = End::Done);
                }
            })
    }

    pub fn route_seen(&self, route: Route) -> Option<Observation<RouteSeen>> {
        self.inner.routes.known(&route)
    }

    /// Waits until the routers on the way may be asked again.
    async fn walk_turn(&self) {
        let number = self
            .inner
            .walks
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let later = number.saturating_sub(AT_ONCE - 1);
        tokio::time::sleep(Duration::from_secs(later.into())).await;
    }
}

/// Publishes after every round what is known by then.
async fn walk(net: &Net, route: Route, sender: &watch::Sender<Observation<RouteSeen>>) {
    let step = if route.open { 4 } else { LONGEST };
    let mut seen = RouteSeen::default();
    let all: Vec<u8> = (1..=LONGEST).collect();
    for round in all.chunks(step.into()) {
        ask(net, route, round.iter().copied(), &mut seen).await;
        sender.send_modify(|answer| answer.seen = seen.clone());
        if seen.has_end() {
            break;
        }
    }
    // What was silent once may have been lost, or above its sender's ration.
    let gaps = seen.gaps();
    if !gaps.is_empty() {
        ask(net, route, gaps, &mut seen).await;
        sender.send_modify(|answer| answer.seen = seen);
    }
}

async fn ask(net: &Net, route: Route, ttls: impl IntoIterator<Item = u8>, seen: &mut RouteSeen) {
    let vendor = SocketAddr::new(route.address, route.port);
    let Ok(to) = net.destination(vendor, route.detour) else {
        return;
    };
    let mut steps = JoinSet::new();
    for ttl in ttls {
        net.inner.pacer.token().await;
        let options = options(ttl, net.settings().source.clone());
        steps.spawn(async move {
            let (seen, result) = connect(to, &options).await;
            (ttl, seen, result.map(drop))
        });
    }
    while let Some(step) = steps.join_next().await {
        if let Ok((ttl, tcp, result)) = step {
            note(seen, ttl, &tcp, result.err().as_ref());
        }
    }
    seen.hops.sort_unstable();
    if let Some(reached) = seen.reached {
        seen.hops.retain(|(ttl, _)| *ttl < reached);
    }
}

fn options(ttl: u8, source: Source) -> ConnectOptions {
    ConnectOptions {
        source,
        timeout: PATIENCE,
        hedges: Vec::new(),
        evidence: Evidence::Kernel,
        ttl: Some(ttl),
    }
}

fn note(seen: &mut RouteSeen, ttl: u8, tcp: &TcpSeen, failure: Option<&Failure>) {
    let from = tcp.icmp.map(|icmp| icmp.from);
    match (failure.map(|failure| failure.code), from) {
        (None | Some(Code::TcpRefusedRst), _) => {
            let nearest = seen.reached.map_or(ttl, |known| known.min(ttl));
            seen.reached = Some(nearest);
        }
        (Some(Code::TcpTtlExceeded), Some(from)) => seen.hops.push((ttl, from)),
        (Some(_), Some(from)) => {
            let first = seen.refused.is_none_or(|(known, _)| ttl < known);
            if first {
                seen.refused = Some((ttl, from));
            }
        }
        (Some(_), None) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(hops: &[u8], reached: Option<u8>) -> RouteSeen {
        let from = IpAddr::from([192, 0, 2, 1]);
        RouteSeen {
            hops: hops.iter().map(|ttl| (*ttl, from)).collect(),
            reached,
            refused: None,
        }
    }

    #[test]
    fn a_hop_that_was_silent_before_a_later_answer_is_asked_again() {
        let gaps = |hops, reached| Vec::from_iter(seen(hops, reached).gaps());
        assert_eq!(gaps(&[1, 3], Some(5)), [2, 4]);
        assert_eq!(gaps(&[1, 3], None), [2, 4]);
        assert!(gaps(&[1, 2], Some(3)).is_empty());
        assert!(gaps(&[], None).is_empty(), "nothing answers at all");
        assert_eq!(gaps(&[15, 16], None).last(), Some(&14));
    }
}
