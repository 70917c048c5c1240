//! Further questions that a failure of the row has raised.

use super::{Ask, Rung};
use crate::probe::follow::{FollowUp, Followed};

impl Ask {
    /// Asks a further question for this row and waits for its answer.
    pub async fn follow(&self, follow_up: FollowUp) {
        self.write(|asked| asked.follow_ups.push(follow_up.clone()));
        match (&follow_up, follow_up.ladder()) {
            (_, Some(ladder)) => self.reached(&ladder, Rung::Http).await,
            (FollowUp::Path { route, .. }, None) => {
                let mut answer = self.net.trace(*route);
                // A closed channel means that the walk has died: it has no more to say.
                drop(answer.wait_for(|seen| !seen.is_pending()).await);
            }
            (_, None) => {}
        }
    }

    pub(super) fn followed(&self, follow_up: &FollowUp) -> Option<Followed> {
        match (follow_up, follow_up.ladder()) {
            (_, Some(ladder)) => {
                let seen = self.net.ladder_seen(&ladder)?;
                Some(Followed::Ladder(follow_up.clone(), Box::new(seen)))
            }
            (FollowUp::Path { route, .. }, None) => {
                let seen = self.net.route_seen(*route)?;
                Some(Followed::Path(follow_up.clone(), seen))
            }
            (_, None) => None,
        }
    }
}
