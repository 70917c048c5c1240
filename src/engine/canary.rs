//! The canary: addresses that nobody may answer, dialled once per port and family with the first packets.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use crate::net::Net;
use crate::net::endpoint::Host;
use crate::net::ladder::Ladder;
use crate::net::tunnel::Via;
use crate::net::wire::Family;
use crate::plan::{CANARIES, Plan};
use crate::probe::Spec;
use crate::report;

/// Dials it without hedges; nobody waits for it. A family is dialled that this machine has a route for and that some
/// row may use.
pub(super) fn begin(plan: &Plan, net: &Net) -> Vec<Arc<Ladder>> {
    let ladder = |(address, port): (IpAddr, u16)| Ladder {
        address,
        port,
        detour: None,
        via: Via::Direct,
        hello: None,
        request: None,
        attempt: 0,
        hedged: false,
    };
    let ladders: Vec<Arc<Ladder>> = CANARIES
        .into_iter()
        .filter(|address| net.settings().families.allow(*address) && net.has_route(*address))
        .filter(|address| is_used(plan, Family::of(*address)))
        .flat_map(|address| {
            plan.canary
                .iter()
                .map(move |port| Arc::new(ladder((address, *port))))
        })
        .collect();
    for ladder in &ladders {
        drop(net.climb(ladder));
    }
    ladders
}

/// A name may have an address of either family.
fn is_used(plan: &Plan, family: Family) -> bool {
    let specs = plan.rows.iter().filter_map(|row| row.todo.as_deref().ok());
    specs.flat_map(Spec::hosts).any(|host| match host {
        Host::Name(_) => true,
        Host::Address(address) => Family::of(address) == family,
    })
}

/// Where it answered.
pub(super) fn answered(net: &Net, canary: &[Arc<Ladder>]) -> BTreeSet<(Family, u16)> {
    let connected =
        |ladder: &&Arc<Ladder>| net.ladder_seen(ladder).is_some_and(|seen| seen.is_done());
    let place = |ladder: &Arc<Ladder>| (Family::of(ladder.address), ladder.port);
    canary.iter().filter(connected).map(place).collect()
}

pub(super) fn reported(
    dialled: &[Arc<Ladder>],
    answered: &BTreeSet<(Family, u16)>,
) -> Vec<report::Canary> {
    let one = |ladder: &Arc<Ladder>| report::Canary {
        address: ladder.address,
        port: ladder.port,
        connected: answered.contains(&(Family::of(ladder.address), ladder.port)),
    };
    dialled.iter().map(one).collect()
}
