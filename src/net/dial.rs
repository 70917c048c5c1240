//! The connect of a ladder: in its turn, with room for its sockets, and no longer than anybody gains from it.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;

use super::connect::{ConnectOptions, Evidence, TcpSeen, Turns, connect_in_turn};
use super::failure::Failure;
use super::hop::{Hop, Lead, Question, Silence};
use super::ladder::Climb;
use super::pacer::{Pacer, Places};

impl Climb {
    /// Connects, paced.
    pub(super) async fn connect(&self) -> Result<(TcpStream, Places), Failure> {
        let peer = SocketAddr::new(self.ladder.address, self.ladder.port);
        let to = self.net.destination(peer, self.ladder.detour)?;
        // What is straight ahead each row asks for itself.
        let hop = (!self.ladder.via.is_direct()).then(|| {
            self.net.inner.hops.at(Question {
                peer,
                to,
                attempt: self.ladder.attempt,
            })
        });
        let (seen, result) = self.connect_once(hop.as_ref(), peer, to).await;
        self.sender
            .send_modify(|answer| answer.seen.tcp = Some(seen));
        result.map_err(|failure| self.ladder.blame(failure))
    }

    async fn connect_once(
        &self,
        hop: Option<&Hop>,
        peer: SocketAddr,
        to: SocketAddr,
    ) -> (Arc<TcpSeen>, Result<(TcpStream, Places), Failure>) {
        let pacer = &self.net.inner.pacer;
        let came = Instant::now();
        let (mut lead, mut patience) = (None, None);
        loop {
            let others = hop.filter(|_| lead.is_none());
            if let Some(others) = others
                && let Some(Silence { seen, failure }) =
                    others.heard(came, |since| self.began(since)).await
            {
                return (seen, Err(failure));
            }
            // In place before in turn: whoever had its turn already would wait for a place, and then many would dial at once.
            let mut places = pacer.places().await;
            if let Some(others) = others {
                tokio::select! {
                    biased;
                    () = others.falls_silent(came) => continue,
                    () = pacer.token() => {}
                }
                lead = others.lead();
            } else {
                pacer.token().await;
            }
            let dialled = {
                let mut dialling = pin!(self.dial(&mut places, peer, to));
                tokio::select! {
                    biased;
                    dialled = &mut dialling => Some(dialled),
                    () = pacer.room_is_wanted(), if patience.is_none() => {
                        patience = stay(pacer, &mut lead);
                        match patience {
                            Some(_) => Some(dialling.await),
                            None => None,
                        }
                    }
                }
            };
            if let Some((seen, result)) = dialled {
                let seen = self.learn(seen, peer, result.is_ok());
                match (&result, hop, lead) {
                    (Ok(_), Some(hop), _) => hop.answers(),
                    (Err(failure), _, Some(lead)) => lead.heard(&seen, failure),
                    _ => {}
                }
                return (seen, result.map(|stream| (stream, places)));
            }
            // Where sockets are short, a silent peer is asked again, with all its time, after the others had theirs.
            drop(places);
            if lead.is_some() || !hop.is_some_and(|hop| hop.is_silent(came)) {
                patience = Some(pacer.patience().await);
            }
        }
    }

    /// What a connect tells the rest of the run.
    fn learn(&self, mut seen: TcpSeen, peer: SocketAddr, connected: bool) -> Arc<TcpSeen> {
        seen.dialled = Some(std::mem::replace(&mut seen.peer, peer));
        if seen.icmp.is_some() {
            self.net.note_refusal(peer);
        }
        if connected {
            self.net.note_round_trip(seen.rtt_ms.unwrap_or(seen.ms));
        }
        Arc::new(seen)
    }

    /// Whoever waits for a rung need not be woken for this.
    fn began(&self, at: Instant) {
        self.sender.send_if_modified(|answer| {
            answer.seen.begun.get_or_insert(at);
            false
        });
    }

    async fn dial(
        &self,
        places: &mut Places,
        peer: SocketAddr,
        to: SocketAddr,
    ) -> (TcpSeen, Result<TcpStream, Failure>) {
        let net = &self.net;
        let connecting = async {
            self.began(Instant::now());
            connect_in_turn(to, &self.connect_options(), Some(Turns { net, peer })).await
        };
        places.work(&net.inner.pacer, Box::pin(connecting)).await
    }

    fn connect_options(&self) -> ConnectOptions {
        let round_trip = self.net.median_round_trip().unwrap_or(0.0);
        let first = Duration::from_secs_f64((round_trip * 2.0 / 1000.0).clamp(0.25, 1.0));
        ConnectOptions {
            source: self.net.settings().source.clone(),
            timeout: self.net.budgets().connect,
            hedges: if self.ladder.hedged {
                vec![first, first * 3]
            } else {
                Vec::new()
            },
            evidence: Evidence::Kernel,
            ttl: None,
        }
    }
}

/// Leave to go on where others want room: for one that asks for all, and for further ones while there is enough.
fn stay(pacer: &Pacer, lead: &mut Option<Lead>) -> Option<OwnedSemaphorePermit> {
    let held = lead.take()?;
    let spare = pacer.spare_patience();
    *lead = if spare.is_some() {
        Some(held)
    } else {
        held.step_back()
    };
    spare.or_else(|| lead.as_ref().and_then(|_| pacer.patience_now()))
}
