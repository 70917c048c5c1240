//! What is learned above the network. Calls to a service's interface: each is sent once, whatever several rows and attempts want, and may need the answer
//! to the one before it.

use std::sync::Arc;

use super::ways::Leg;
use super::{Ask, Rung, Want};
use crate::net::http::{HttpSeen, Request};
use crate::net::proxy::Way;
use crate::net::secret::{Secret, SecretName};
use crate::net::wire::Family;

impl Ask {
    /// Writes a fact down that the row learned above the network.
    pub fn fact(&self, name: &str, value: impl Into<serde_json::Value>) {
        self.write(|asked| asked.app.get_or_insert_default().note(name, value));
    }

    /// Writes down how long the stage above the network took.
    pub fn took(&self, ms: f64) {
        self.write(|asked| asked.app.get_or_insert_default().ms = Some(ms));
    }

    /// The first answer to the row's own request that has come.
    pub(in super::super) fn answered(&self) -> Option<Arc<HttpSeen>> {
        let ladders = self.seen().ladders.into_iter();
        ladders
            .filter(|ladder| ladder.observation.is_done())
            .find_map(|ladder| ladder.observation.seen.http)
    }

    /// A secret that the user gave for this run.
    pub fn secret(&self, name: SecretName) -> Option<Secret> {
        self.net.settings().secrets.get(&name).cloned()
    }

    /// A random identifier of the run, the same in every call: equal calls are then sent once.
    pub fn correlation(&self) -> &str {
        self.net.correlation()
    }

    /// Sends one request to one address and waits for its answer. Another address is tried only while nothing has been
    /// sent. The same call of another row shares the answer; `--attempts` and `--all-addresses` make no second one.
    pub async fn call(&self, want: &Want) -> Option<Arc<HttpSeen>> {
        self.call_owing(want, None).await
    }

    /// The same for a call that may bring a token, which `give_back` returns at the end of the run: a request of the
    /// same host without its credential, which is the token.
    pub async fn call_for_token(&self, want: &Want, give_back: Request) -> Option<Arc<HttpSeen>> {
        self.call_owing(want, Some(give_back)).await
    }

    async fn call_owing(&self, want: &Want, owed: Option<Request>) -> Option<Arc<HttpSeen>> {
        for way in self.ways(want).await {
            if way == Way::Direct {
                self.name(&want.host, Some(want.port));
            }
            for family in [Family::V4, Family::V6] {
                if let Some(leg) = self.leg(&way, want, family).await
                    && let Some(end) = self.call_at(want, &leg, owed.as_ref()).await
                {
                    return end;
                }
            }
        }
        None
    }

    /// The call at one address; none if nothing was sent there.
    async fn call_at(
        &self,
        want: &Want,
        leg: &Leg,
        owed: Option<&Request>,
    ) -> Option<Option<Arc<HttpSeen>>> {
        let ladder = Arc::new(self.ladder(want, leg));
        if let Some(request) = owed {
            self.net.owe(&ladder, request.clone());
        }
        drop(self.net.climb(&ladder));
        let entry = (want.host.clone(), Arc::clone(&ladder), Rung::Http);
        self.write(|asked| asked.ladders.push(entry));
        self.reached(&ladder, Rung::Http).await;
        let observation = self.net.ladder_seen(&ladder)?;
        let answered = observation.is_done();
        let http = observation.seen.http?;
        Some(answered.then_some(http))
    }
}
