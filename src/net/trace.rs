//! The path to an address as a TCP connect takes it: SYNs with a small time to live, answered by the hops.
//!
//! Unprivileged, and only where the kernel names the sender of an ICMP error (Linux).

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::task::JoinSet;

use super::connect::{ConnectOptions, Evidence, TcpSeen, connect};
use super::failure::Failure;
use super::memo::{Answer, End};
use super::{Net, Reach, platform};
use crate::code::Code;

/// How far a walk goes; longer paths through an organisation's own network are rare.
const LONGEST: u8 = 16;
/// A hop that has not answered by then is counted as silent.
const PATIENCE: Duration = Duration::from_millis(1200);

/// The question: the path to a port of an address.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Route {
    pub address: IpAddr,
    pub port: u16,
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
                    let seen = walk(&net, route).await;
                    sender.send_modify(|answer| {
                        answer.seen = seen;
                        answer.end = End::Done;
                    });
                }
            })
    }

    pub fn route_seen(&self, route: Route) -> Option<super::Observation<RouteSeen>> {
        self.inner.routes.known(&route)
    }
}

async fn walk(net: &Net, route: Route) -> RouteSeen {
    let to = SocketAddr::new(route.address, route.port);
    let mut steps = JoinSet::new();
    for ttl in 1..=LONGEST {
        net.inner.pacer.token().await;
        steps.spawn(async move {
            let (seen, result) = connect(to, &options(ttl)).await;
            (ttl, seen, result.map(drop))
        });
    }
    let mut seen = RouteSeen::default();
    while let Some(step) = steps.join_next().await {
        if let Ok((ttl, tcp, result)) = step {
            note(&mut seen, ttl, &tcp, result.err().as_ref());
        }
    }
    seen.hops.sort_unstable();
    if let Some(reached) = seen.reached {
        seen.hops.retain(|(ttl, _)| *ttl < reached);
    }
    seen
}

fn options(ttl: u8) -> ConnectOptions {
    ConnectOptions {
        source: None,
        interface: None,
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
