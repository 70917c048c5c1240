//! Keeping a connection silent beside each ladder of a row that shook hands.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::{Ask, Asked, Rung, has};
use crate::net::Observation;
use crate::net::hold::{HeldSeen, held_to_end};
use crate::net::ladder::Ladder;

/// A connection that was kept silent, or is.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    pub peer: SocketAddr,
    /// For how long it was to be silent.
    pub silence: Duration,
    pub observation: Observation<HeldSeen>,
}

impl Ask {
    /// Waits for the ends of silent connections to where the row's own handshakes went through, if the run wants any.
    pub(in super::super) async fn hold(&self) {
        let mut waiting = JoinSet::new();
        for seen in self.seen().ladders {
            let shook_hands = has(&seen.observation.seen, Rung::Tls, &seen.ladder.via);
            if seen.ladder.attempt > 0 || !shook_hands {
                continue;
            }
            if let Some(holding) = self.net.hold(&seen.ladder) {
                self.write(|asked| asked.held.push((seen.ladder, holding.0)));
                waiting.spawn(held_to_end(holding));
            }
        }
        waiting.join_all().await;
    }

    pub(super) fn held(&self, asked: &Asked) -> Vec<Held> {
        let one = |(ladder, silence): &(Arc<Ladder>, Duration)| Held {
            peer: SocketAddr::new(ladder.address, ladder.port),
            silence: *silence,
            observation: self
                .net
                .held(ladder)
                .unwrap_or_else(|| Observation::pending(HeldSeen::default())),
        };
        asked.held.iter().map(one).collect()
    }
}
