//! What is learned above the network. Calls to a service's interface: each is sent once, whatever several rows and attempts want, and may need the answer
//! to the one before it.

use std::sync::Arc;

use super::walk::Step;
use super::ways::Leg;
use super::{Ask, Begun, Rung, Want};
use crate::net::http::{HttpSeen, Request};
use crate::net::ladder::Ladder;
use crate::net::proxy::Way;
use crate::net::secret::{Secret, SecretName};

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
        let ways = self.ways(want).await;
        let mut steps = self.steps(&ways, want);
        if steps.is_empty() && ways.contains(&Way::Direct) {
            self.name(&want.host, Some(want.port));
        }
        self.leave_out_dead(&mut steps);
        let mut first = 0;
        while first < steps.len() {
            let go = |ask: Self, at: usize| {
                let (want, step, owed) = (want.clone(), steps[first + at].clone(), owed.clone());
                async move { ask.call_begun(&want, &step, owed, at == 0).await }
            };
            let at = first + Box::pin(self.walk(steps.len() - first, go)).await?;
            self.write(|asked| asked.dead.extend_from_slice(&steps[first..at]));
            let leg = self.leg(&steps[at], want).await?;
            if let Some(end) = self.call_at(want, &leg, owed.as_ref()).await {
                return end;
            }
            // Nothing was sent: another address of the same peer or proxy may do. Applications take no other way then.
            first = at + 1;
            let same = steps[first..].iter();
            let same = same.take_while(|step| step.way == steps[at].way).count();
            steps.truncate(first + same);
        }
        None
    }

    /// As applications do, a row does not come back to what it could not reach, if it has reached anything.
    pub(super) fn leave_out_dead(&self, steps: &mut Vec<Step>) {
        let dead = self.looked().dead;
        if steps.iter().any(|step| !dead.contains(step)) {
            steps.retain(|step| !dead.contains(step));
        }
    }

    /// Begins the call itself, or a connect alone where it may yet be made elsewhere; whether there is a box to take it.
    async fn call_begun(
        &self,
        want: &Want,
        step: &Step,
        owed: Option<Request>,
        itself: bool,
    ) -> bool {
        if step.way == Way::Direct {
            self.name(&want.host, Some(want.port));
        }
        let Some(leg) = self.leg(step, want).await else {
            return false;
        };
        let ladder = Arc::new(self.ladder(want, &leg));
        let asked = if itself {
            self.begin_call(&ladder, owed);
            Arc::clone(&ladder)
        } else {
            let connect = ladder.connect_alone();
            drop(self.net.climb(&connect));
            connect
        };
        let begun = Begun {
            host: want.host.clone(),
            ladder,
            asked: Arc::clone(&asked),
            rung: Rung::Http,
        };
        self.write(|asked| asked.ladders.push(begun));
        let mut answer = self.net.climb(&asked);
        // A closed channel means that the ladder's task has died: it has no more to say.
        drop(
            answer
                .wait_for(|seen| !seen.is_pending() || seen.seen.tcp.is_some())
                .await,
        );
        self.passed(&asked)
    }

    fn begin_call(&self, ladder: &Arc<Ladder>, owed: Option<Request>) {
        if let Some(request) = owed {
            self.net.owe(ladder, request);
        }
        drop(self.net.climb(ladder));
    }

    /// The call at one address; none if nothing was sent there.
    async fn call_at(
        &self,
        want: &Want,
        leg: &Leg,
        owed: Option<&Request>,
    ) -> Option<Option<Arc<HttpSeen>>> {
        let ladder = Arc::new(self.ladder(want, leg));
        self.begin_call(&ladder, owed.cloned());
        self.write(|asked| {
            let mut begun = asked.ladders.iter_mut().rev();
            if let Some(begun) = begun.find(|begun| begun.ladder == ladder) {
                begun.asked = Arc::clone(&ladder);
            }
        });
        self.reached(&ladder, Rung::Http).await;
        let observation = self.net.ladder_seen(&ladder)?;
        let answered = observation.is_done();
        let http = observation.seen.http?;
        Some(answered.then_some(http))
    }
}
