//! What is owed when a run ends: a token that was granted is given back, even if the run was cut short.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;

use super::http::Request;
use super::ladder::{Ladder, Rungs};
use super::memo::{Observation, ended};
use super::secret::{Credential, Place};
use super::{End, Net};

/// For each ladder that may bring a token, the request by which it is given back.
#[derive(Debug, Default)]
pub(super) struct Farewells(Mutex<Vec<(Arc<Ladder>, Request)>>);

impl Net {
    /// The token that `granted` brings, if it brings one, is sent with `request` when the run ends.
    pub(crate) fn owe(&self, granted: &Arc<Ladder>, request: Request) {
        let mut owed = self.owed();
        if !owed.iter().any(|(known, _)| known == granted) {
            owed.push((granted.clone(), request));
        }
    }

    /// Gives every token back, and waits so long for it at most. A grant that is still under way is waited for too.
    pub async fn give_back(&self, longest: Duration) {
        let owed = self.owed().clone();
        let mut tasks = JoinSet::new();
        for (granted, request) in owed {
            let net = self.clone();
            tasks.spawn(async move {
                ended(net.climb(&granted)).await;
                if let Some(ladder) = net.giving_back(&granted, request) {
                    ended(net.climb(&ladder)).await;
                }
            });
        }
        // What does not end in time is given up: a token ends by itself.
        let _ = timeout(longest, tasks.join_all()).await;
    }

    /// What became of the token that a ladder brought; none if nothing was owed for it.
    pub fn given_back(&self, granted: &Arc<Ladder>) -> Option<Observation<Rungs>> {
        let owed = self.owed().clone();
        let (granted, request) = owed.into_iter().find(|(known, _)| known == granted)?;
        let ladder = self.giving_back(&granted, request)?;
        let pending = || Observation {
            seen: Rungs::default(),
            end: End::Pending,
        };
        Some(self.ladder_seen(&ladder).unwrap_or_else(pending))
    }

    fn giving_back(&self, granted: &Arc<Ladder>, request: Request) -> Option<Arc<Ladder>> {
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
                ..request
            }),
            ..granted.as_ref().clone()
        }))
    }

    fn owed(&self) -> std::sync::MutexGuard<'_, Vec<(Arc<Ladder>, Request)>> {
        let owed = self.inner.farewells.0.lock();
        owed.expect("no task panics while it holds the list")
    }
}
