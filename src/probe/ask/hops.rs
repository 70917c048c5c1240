//! Requests that follow from an answer, beside the row's own ladders: the hops of a redirect, and further questions to
//! the endpoint that answered.

use std::sync::Arc;

use super::walk::Step;
use super::{Ask, Asked, LadderSeen, Rung, Want};
use crate::net::Observation;
use crate::net::ladder::{Ladder, Rungs};
use crate::net::proxy::Way;
use crate::probe::redirect::{HopEnd, HopWhy, Redirect, location};

/// What is known of a hop when it is written down.
#[derive(Clone, Debug)]
pub(super) enum Hop {
    Ladder(Arc<Ladder>),
    Ended(HopEnd),
}

impl Ask {
    /// Where the row's own request was sent on to.
    pub(in super::super) fn redirected(&self) -> Option<String> {
        let seen = self.seen();
        seen.ladders
            .iter()
            .find_map(|ladder| location(&ladder.observation.seen))
    }

    /// Asks for one hop, on one way after the other until the first box on it is reached, and waits for its answer;
    /// where that sends its reader on to.
    pub(in super::super) async fn hop(&self, url: &str, want: &Want) -> Option<String> {
        let ways = self.ways(want).await;
        let mut steps = self.steps(&ways, want);
        self.leave_out_dead(&mut steps);
        let mut place = 0;
        self.write(|asked| place = asked.hops.len());
        let go = |ask: Self, at: usize| {
            let (row, url) = (self.clone(), url.to_owned());
            let (want, step) = (want.clone(), steps[at].clone());
            async move {
                let Some(ladder) = ask.hop_on(&want, &step).await else {
                    return false;
                };
                row.write_hop(place, &url, &ladder);
                ask.write(|asked| asked.aside.push(Arc::clone(&ladder)));
                ask.reached(&ladder, Rung::Http).await;
                ask.passed(&ladder)
            }
        };
        if let Some(at) = Box::pin(self.walk(steps.len(), go)).await {
            self.write(|asked| asked.dead.extend_from_slice(&steps[..at]));
            let ladder = self.hop_on(want, &steps[at]).await?;
            self.write_hop(place, url, &ladder);
            return location(&self.net.ladder_seen(&ladder)?.seen);
        }
        let written = self.looked().hops.len() > place;
        if !written {
            self.note_hop(url.to_owned(), HopEnd::NoAddress);
        }
        None
    }

    async fn hop_on(&self, want: &Want, step: &Step) -> Option<Arc<Ladder>> {
        if step.way == Way::Direct {
            self.net.begin_look_up(&want.host, Some(want.port));
        }
        let leg = self.leg(step, want).await?;
        let ladder = Arc::new(self.ladder(want, &leg));
        drop(self.net.climb(&ladder));
        Some(ladder)
    }

    /// The way that was reached stands for a hop, else the last one that was tried.
    fn write_hop(&self, place: usize, url: &str, ladder: &Arc<Ladder>) {
        let hop = Hop::Ladder(Arc::clone(ladder));
        self.write(|asked| {
            asked.hops.truncate(place);
            asked.hops.push((url.to_owned(), HopWhy::Redirect, hop));
        });
    }

    /// Asks one thing more of an endpoint, at the address that has answered before, and waits for its answer.
    pub(in super::super) async fn further(
        &self,
        url: String,
        why: HopWhy,
        want: &Want,
    ) -> Option<Observation<Rungs>> {
        let answered = |seen: &LadderSeen| {
            let tls = seen.observation.seen.tls.as_deref();
            tls.is_some_and(|tls| tls.version.is_some()) || seen.observation.seen.http.is_some()
        };
        let before = self.seen().ladders.into_iter().find(answered)?;
        let ladder = Arc::new(Ladder {
            hello: want.hello.clone(),
            request: want.request.clone(),
            attempt: 0,
            ..before.ladder.as_ref().clone()
        });
        let hop = (url, why, Hop::Ladder(Arc::clone(&ladder)));
        self.write(|asked| asked.hops.push(hop));
        self.reached(&ladder, Rung::Http).await;
        self.net.ladder_seen(&ladder)
    }

    /// A hop that nothing was sent for.
    pub(in super::super) fn note_hop(&self, url: String, end: HopEnd) {
        let hop = (url, HopWhy::Redirect, Hop::Ended(end));
        self.write(|asked| asked.hops.push(hop));
    }

    pub(super) fn redirects(&self, asked: &Asked) -> Vec<Redirect> {
        let end = |hop: &Hop| match hop {
            Hop::Ended(end) => Some(end.clone()),
            Hop::Ladder(ladder) => {
                let seen = self.net.ladder_seen(ladder)?;
                Some(HopEnd::Asked(Box::new(seen)))
            }
        };
        let hops = asked.hops.iter();
        hops.filter_map(|(url, why, hop)| {
            Some(Redirect {
                url: url.clone(),
                why: *why,
                end: end(hop)?,
            })
        })
        .collect()
    }
}
