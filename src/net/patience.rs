//! How long a run waits, and when it asks once more: by its budgets, and by what it has learned of the network so far.

use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::ladder::Rungs;
use super::pacer::SILENT_GIVES_WAY;
use super::{Budgets, Net, space};

/// Nothing is called silent, even provisionally, before so long.
const PROVISIONAL: Duration = Duration::from_secs(1);

/// So many round trips tell the median as well as all of them.
const ENOUGH: usize = 1024;

/// What the connects of a run have shown so far.
#[derive(Debug, Default)]
pub(super) struct Learned {
    /// In milliseconds, in order.
    round_trips: Mutex<Vec<f64>>,
    /// Where a box refused by ICMP.
    refused: Mutex<Vec<SocketAddr>>,
}

fn held<T>(list: &Mutex<Vec<T>>) -> MutexGuard<'_, Vec<T>> {
    list.lock().expect("no task panics while it holds the list")
}

impl Net {
    /// What each stage may take: under `--fast` no longer than until a provisional verdict.
    pub fn budgets(&self) -> Budgets {
        let full = self.settings().budgets;
        if !self.settings().fast {
            return full;
        }
        let most = self.provisional_after();
        Budgets {
            dns: full.dns.min(most),
            connect: full.connect.min(most),
            tls: full.tls.min(most),
            headers: full.headers.min(most),
            body: full.body.min(most),
        }
    }

    /// After so long without an answer a peer is silent, as far as anybody can tell by then.
    pub fn provisional_after(&self) -> Duration {
        let round_trip = self.median_round_trip().unwrap_or(0.0);
        Duration::from_secs_f64(round_trip * 4.0 / 1000.0).max(PROVISIONAL)
    }

    /// A connect that began at this time or earlier, and has no answer yet, counts as silent.
    pub fn silent_since(&self) -> Option<Instant> {
        Instant::now().checked_sub(self.provisional_after())
    }

    /// Does what is wanted, and something of less worth beside it, which is not waited for much longer.
    pub async fn beside<T>(
        &self,
        wanted: impl Future<Output = T>,
        other: impl Future<Output = ()>,
    ) -> T {
        let mut wanted = std::pin::pin!(wanted);
        let mut other = std::pin::pin!(other);
        tokio::select! {
            biased;
            done = &mut wanted => {
                let _ = tokio::time::timeout(SILENT_GIVES_WAY, other).await;
                done
            }
            () = &mut other => wanted.await,
        }
    }

    /// Whether what began at this time of the run, and has no answer yet, has waited for so long that something else may
    /// go on meanwhile.
    pub fn gives_way(&self, begun: Duration) -> bool {
        self.elapsed().saturating_sub(begun) >= SILENT_GIVES_WAY
    }

    /// The same of a ladder whose connect waits.
    pub fn is_silent(&self, rungs: &Rungs) -> bool {
        let waits = rungs.begun.filter(|_| rungs.tcp.is_none());
        waits.is_some_and(|begun| begun.elapsed() >= SILENT_GIVES_WAY)
    }

    /// The median round trip of the connects that were answered so far, in milliseconds.
    pub fn median_round_trip(&self) -> Option<f64> {
        let all = held(&self.inner.learned.round_trips);
        all.get(all.len() / 2).copied()
    }

    pub(super) fn note_round_trip(&self, ms: f64) {
        let mut all = held(&self.inner.learned.round_trips);
        if all.len() < ENOUGH {
            let place = all.partition_point(|known| *known < ms);
            all.insert(place, ms);
        }
    }

    pub(super) fn note_refusal(&self, peer: SocketAddr) {
        let mut refused = held(&self.inner.learned.refused);
        if !refused.iter().any(|known| is_alike(*known, peer)) {
            refused.push(peer);
        }
    }

    /// Waits for a turn of a socket beyond the first; whether it is still of use then. The box that refuses a block and
    /// port rations its ICMP errors: further sockets would use up what the other rows need.
    pub(super) async fn may_hedge(&self, peer: SocketAddr) -> bool {
        self.inner.pacer.spare_token().await;
        !held(&self.inner.learned.refused)
            .iter()
            .any(|known| is_alike(*known, peer))
    }
}

fn is_alike(one: SocketAddr, other: SocketAddr) -> bool {
    one.port() == other.port() && space::is_neighbour(one.ip(), other.ip())
}
