//! The walk over the ways to an endpoint, and over the families of what stands first on each: in their order, and beside
//! each other once nothing has answered for a while, as applications race addresses (RFC 8305).

use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::{Ask, Asked, Want};
use crate::net::endpoint::Host;
use crate::net::ladder::Ladder;
use crate::net::proxy::Way;
use crate::net::wire::Family;

/// How often it is looked whether a step has been silent for long enough.
const LOOK: Duration = Duration::from_millis(50);

/// So many addresses of a proxy's name are tried in each family.
const ADDRESSES: usize = 3;

/// A way to an endpoint, by one address of what stands first on it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Step {
    pub(super) way: Way,
    pub(super) family: Family,
    /// Which of the addresses of that family.
    pub(super) nth: usize,
    /// What stands first: the peer, or a proxy.
    host: Host,
    port: u16,
}

impl Ask {
    /// The steps on these ways, in their order. Of the direct way an address of each family that this machine has; what a
    /// proxy's name says is not known yet.
    pub(super) fn steps(&self, ways: &[Way], want: &Want) -> Vec<Step> {
        let families = self.net.settings().families;
        let mut steps = Vec::new();
        for way in ways {
            let (host, port, most) = match way {
                Way::Direct => (&want.host, want.port, 1),
                Way::Through(proxy) => match proxy.host {
                    Host::Name(_) => (&proxy.host, proxy.port, ADDRESSES),
                    Host::Address(_) => (&proxy.host, proxy.port, 1),
                },
            };
            for family in [Family::V4, Family::V6] {
                let may = match (way, family) {
                    (Way::Direct, _) => self.may_dial(host, port, family),
                    (Way::Through(_), Family::V4) => families.v4,
                    (Way::Through(_), Family::V6) => families.v6,
                };
                for nth in 0..if may { most } else { 0 } {
                    steps.push(Step {
                        way: way.clone(),
                        family,
                        nth,
                        host: host.clone(),
                        port,
                    });
                }
            }
        }
        steps
    }

    /// Takes one step after the other, each once those before it have led to no box, and all that are left once one has
    /// been silent for a while. `go` says whether its step led to a box; the first in their order that does so ends the
    /// walk. What later steps have asked by then is none of the row's business.
    pub(super) async fn walk<F>(&self, steps: usize, go: impl Fn(Self, usize) -> F) -> Option<usize>
    where
        F: Future<Output = bool> + Send + 'static,
    {
        if steps == 1 {
            return go(self.clone(), 0).await.then_some(0);
        }
        let branches: Arc<[Self]> = (0..steps).map(|_| self.branch()).collect();
        self.write(|asked| asked.walks.push(Arc::clone(&branches)));
        let reached = race(&branches, go).await;
        self.write(|asked| {
            asked.walks.retain(|walk| !Arc::ptr_eq(walk, &branches));
            for branch in branches.iter().take(reached.map_or(steps, |at| at + 1)) {
                asked.absorb(&branch.looked());
            }
        });
        reached
    }

    /// Asks with the same means, and writes elsewhere what it asks.
    fn branch(&self) -> Self {
        Self {
            asked: Arc::default(),
            ..self.clone()
        }
    }

    /// Whether a step that began at this time of the run has waited for so long that another may be taken as well.
    fn is_silent(&self, begun: Duration) -> bool {
        let asked = self.looked();
        let own = asked.ladders.iter().map(|one| &one.asked);
        let ladders: Vec<_> = own.chain(&asked.aside).collect();
        // A ladder that waits for its turn has not been silent to anybody.
        let hopeful = |ladder: &&Arc<Ladder>| {
            let seen = self.net.ladder_seen(ladder);
            seen.is_some_and(|seen| seen.is_pending() && !self.net.is_silent(&seen.seen))
        };
        self.net.gives_way(begun)
            && !ladders.iter().any(hopeful)
            && !ladders.iter().any(|ladder| self.passed(ladder))
    }
}

async fn race<F>(branches: &[Ask], go: impl Fn(Ask, usize) -> F) -> Option<usize>
where
    F: Future<Output = bool> + Send + 'static,
{
    let mut ends: Vec<Option<bool>> = vec![None; branches.len()];
    let mut begun: Vec<Duration> = Vec::new();
    let mut steps = JoinSet::new();
    let mut look = tokio::time::interval(LOOK);
    loop {
        let undecided = ends.iter().position(|end| *end != Some(false))?;
        if ends[undecided] == Some(true) {
            return Some(undecided);
        }
        let silent = || {
            let mut all = begun.iter().zip(branches).zip(&ends);
            all.any(|((at, step), end)| end.is_none() && step.is_silent(*at))
        };
        let wanted = if undecided == begun.len() {
            undecided + 1
        } else if begun.len() < branches.len() && silent() {
            branches.len()
        } else {
            begun.len()
        };
        for (at, branch) in branches.iter().enumerate().take(wanted).skip(begun.len()) {
            begun.push(branch.net.elapsed());
            let step = go(branch.clone(), at);
            steps.spawn(async move { (at, step.await) });
        }
        tokio::select! {
            Some(ended) = steps.join_next() => match ended {
                Ok((at, reached)) => ends[at] = Some(reached),
                Err(died) => match died.try_into_panic() {
                    Ok(panic) => resume_unwind(panic),
                    // The program ends.
                    Err(_) => return None,
                },
            },
            _ = look.tick(), if begun.len() < branches.len() => {}
        }
    }
}

impl Asked {
    /// What a step of the walk has asked belongs to the row, after what was asked before.
    pub(super) fn absorb(&mut self, step: &Self) {
        for name in &step.names {
            if !self.names.iter().any(|(known, _)| *known == name.0) {
                self.names.push(name.clone());
            }
        }
        for proxy in &step.proxies {
            if !self.proxies.contains(proxy) {
                self.proxies.push(proxy.clone());
            }
        }
        self.ladders.extend(step.ladders.iter().cloned());
        self.large.extend(step.large.iter().cloned());
        self.beside_proxy.extend(step.beside_proxy.iter().cloned());
    }
}
