//! What is owed when a run ends: no secret is sent any more, and a token that was granted is given back, even if the run was
//! cut short.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;

use super::failure::Failure;
use super::http::Request;
use super::ladder::{Ladder, Rungs};
use super::memo::{Observation, ended};
use super::secret::{Credential, Place};
use super::{End, Net};
use crate::code::Code;

#[derive(Debug, Default)]
pub(super) struct Farewells(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    owed: Vec<Owed>,
    /// The rows have ended, or were cut off.
    closed: bool,
    /// Nothing is waited for any more.
    over: bool,
}

/// A ladder that may bring a token, and the request by which that is given back.
#[derive(Clone, Debug)]
struct Owed {
    granted: Arc<Ladder>,
    request: Request,
    /// Whether the secret for it has left this machine; before, there is nothing to wait for.
    sent: bool,
    leaving: Option<Arc<Ladder>>,
}

impl Net {
    /// The token that `granted` brings, if it brings one, is sent with `request` when the run ends.
    pub(crate) fn owe(&self, granted: &Arc<Ladder>, request: Request) {
        let owed = &mut self.farewells().owed;
        if !owed.iter().any(|known| known.granted == *granted) {
            owed.push(Owed {
                granted: Arc::clone(granted),
                request,
                sent: false,
                leaving: None,
            });
        }
    }

    /// From now on no request with a secret begins to be sent, but those that give tokens back.
    pub fn keep_secrets(&self) {
        self.farewells().closed = true;
    }

    /// Whether a ladder may send its secret now. One that may counts as having sent it.
    pub(super) fn begins_to_send(&self, ladder: &Ladder) -> bool {
        let mut farewells = self.farewells();
        let open = !farewells.closed;
        let mut owed = farewells.owed.iter_mut();
        if let Some(owed) = owed.find(|owed| *owed.granted == *ladder) {
            owed.sent |= open;
            return open;
        }
        let leaves = |owed: &Owed| owed.leaving.as_deref() == Some(ladder);
        open || farewells.owed.iter().any(leaves)
    }

    /// Gives every token back, and waits so long for it at most. A grant that is still under way is waited for too.
    pub async fn give_back(&self, longest: Duration) {
        self.keep_secrets();
        let owed = self.farewells().owed.clone();
        let mut tasks = JoinSet::new();
        for owed in owed.into_iter().filter(|owed| owed.sent) {
            let net = self.clone();
            tasks.spawn(async move {
                ended(net.climb(&owed.granted)).await;
                if let Some(ladder) = net.giving_back(&owed) {
                    net.leaves(&owed.granted, &ladder);
                    ended(net.climb(&ladder)).await;
                }
            });
        }
        // What does not end in time is given up: a token ends by itself.
        let _ = timeout(longest, tasks.join_all()).await;
        self.farewells().over = true;
    }

    fn leaves(&self, granted: &Arc<Ladder>, leaving: &Arc<Ladder>) {
        let mut farewells = self.farewells();
        let mut owed = farewells.owed.iter_mut();
        if let Some(owed) = owed.find(|owed| owed.granted == *granted) {
            owed.leaving = Some(Arc::clone(leaving));
        }
    }

    /// What became of the token that a ladder brought, or may have brought; none if nothing was owed for it.
    pub fn given_back(&self, granted: &Arc<Ladder>) -> Option<Observation<Rungs>> {
        let (owed, over) = {
            let farewells = self.farewells();
            let mut owed = farewells.owed.iter();
            let owed = owed.find(|known| known.granted == *granted)?;
            (owed.clone(), farewells.over)
        };
        let given_up = |seen: Rungs, what: &str| {
            let detail = format!("{what} had not come when the run ended");
            let end = End::Failed(Failure::new(Code::HttpTimeoutHeaders, detail));
            Some(Observation { seen, end })
        };
        let Some(ladder) = self.giving_back(&owed) else {
            let waits = self.ladder_seen(granted)?.is_pending() && owed.sent;
            let said = "the answer that may have brought it";
            return given_up(Rungs::default(), said).filter(|_| waits && over);
        };
        let seen = self.ladder_seen(&ladder);
        let seen = seen.unwrap_or_else(|| Observation::pending(Rungs::default()));
        if over && seen.is_pending() {
            return given_up(seen.seen, "the answer to that");
        }
        Some(seen)
    }

    fn giving_back(&self, owed: &Owed) -> Option<Arc<Ladder>> {
        let granted = &owed.granted;
        let token = self.ladder_seen(granted)?.seen.http?.token.clone()?;
        let accepts = granted
            .request
            .as_ref()?
            .credential
            .as_ref()?
            .accepts
            .clone();
        let credential = Credential {
            secret: token,
            place: Place::Bearer,
            accepts,
        };
        Some(Arc::new(Ladder {
            request: Some(Request {
                credential: Some(credential),
                ..owed.request.clone()
            }),
            ..granted.as_ref().clone()
        }))
    }

    fn farewells(&self) -> MutexGuard<'_, State> {
        let state = self.inner.farewells.0.lock();
        state.expect("no task panics while it holds the list")
    }
}
