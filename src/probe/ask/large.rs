//! Waiting for ladders, and for the large hellos beside them.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::{Ask, Rung};
use crate::net::ladder::Ladder;

impl Ask {
    /// Waits for several ladders, and for the large hellos beside them, at once.
    pub(in super::super) async fn all_reached(&self, begun: Vec<Arc<Ladder>>, rung: Rung) {
        if rung < Rung::Tls {
            // Each climbs by itself, and nothing is tried beside it.
            for ladder in begun {
                self.reached(&ladder, rung).await;
            }
            return;
        }
        let mut waiting = JoinSet::new();
        for ladder in begun {
            let ask = self.clone();
            waiting.spawn(async move {
                tokio::join!(ask.reached(&ladder, rung), ask.large_hello(&ladder, rung));
            });
        }
        waiting.join_all().await;
    }

    /// Tries the large hello beside a ladder whose connection stands; nobody waits for the small one first.
    async fn large_hello(&self, ladder: &Arc<Ladder>, rung: Rung) {
        if rung < Rung::Tls || ladder.hello.is_none() || ladder.attempt > 0 {
            return;
        }
        // A proxy takes no hello before it is asked for a way, and behind it the segments are its own.
        if !ladder.via.is_direct() {
            return;
        }
        self.reached(ladder, Rung::Tcp).await;
        let tcp = self.net.ladder_seen(ladder).and_then(|seen| seen.seen.tcp);
        if tcp.is_some_and(|tcp| tcp.is_connected()) {
            self.write(|asked| asked.large.push(Arc::clone(ladder)));
            self.net.large_hello(ladder).await;
        }
    }
}
