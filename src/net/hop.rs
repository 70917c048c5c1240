//! What stands first on the way of many ladders: an address of a proxy. While it says nothing to one of them the others
//! wait for what comes of that, and take it as theirs, instead of asking the same once more: they would keep their sockets
//! and the pace of new connections from those that have somebody to talk to.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio::sync::watch;

use super::connect::TcpSeen;
use super::elapsed::in_ms;
use super::failure::Failure;
use super::pacer::SILENT_GIVES_WAY;

/// Which connect it is. Who asks a second time, as `--attempts` do, wants a second answer.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Question {
    pub(super) peer: SocketAddr,
    /// Where a rule leads instead of the peer.
    pub(super) to: SocketAddr,
    pub(super) attempt: u32,
}

/// All that were asked in a run.
#[derive(Debug, Default)]
pub(super) struct Hops {
    known: Mutex<HashMap<Question, Hop>>,
}

impl Hops {
    pub(super) fn at(&self, question: Question) -> Hop {
        let mut known = self
            .known
            .lock()
            .expect("no task panics while it holds the hops");
        known.entry(question).or_default().clone()
    }
}

/// A connect that was waited for to its end.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Silence {
    pub(super) seen: Arc<TcpSeen>,
    pub(super) failure: Failure,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Hop(Arc<watch::Sender<State>>);

#[derive(Debug, Default)]
enum State {
    /// Nobody asks.
    #[default]
    Unknown,
    /// One ladder asks, and the others go by what it will have seen.
    Asked {
        since: Instant,
    },
    /// It has let somebody in: whoever hears nothing from then on hears it for himself.
    Answers,
    Silent(Silence),
}

impl State {
    fn silent_since(&self) -> Option<Instant> {
        match self {
            Self::Asked { since } if since.elapsed() >= SILENT_GIVES_WAY => Some(*since),
            _ => None,
        }
    }
}

impl Hop {
    /// Whether another ladder hears nothing here, or has heard nothing to the end.
    pub(super) fn is_silent(&self) -> bool {
        let state = self.0.borrow();
        matches!(&*state, State::Silent(_)) || state.silent_since().is_some()
    }

    /// What another ladder has seen here, waited for while it hears nothing; none if it is as well to ask. `waits` is
    /// told since when the other waits.
    pub(super) async fn seen_by_another(&self, mut waits: impl FnMut(Instant)) -> Option<Silence> {
        let mut state = self.0.subscribe();
        loop {
            match &*state.borrow_and_update() {
                State::Silent(silence) => return Some(silence.clone()),
                state => waits(state.silent_since()?),
            }
            // The sender is in our own hands.
            state.changed().await.ok()?;
        }
    }

    /// To ask for all the others, unless somebody does already.
    pub(super) fn lead(&self) -> Option<Lead> {
        let leads = self.0.send_if_modified(|state| {
            let free = matches!(state, State::Unknown);
            if free {
                *state = State::Asked {
                    since: Instant::now(),
                };
            }
            free
        });
        leads.then(|| Lead(self.clone()))
    }

    /// Writes down what came of a connect.
    pub(super) fn note(&self, seen: &Arc<TcpSeen>, end: Result<(), &Failure>) {
        let waited = seen.ms >= in_ms(SILENT_GIVES_WAY) && !seen.connects.is_empty();
        self.0.send_if_modified(|state| {
            match (end, &*state) {
                (Ok(()), _) => *state = State::Answers,
                (Err(failure), State::Unknown | State::Asked { .. }) if waited => {
                    *state = State::Silent(Silence {
                        seen: Arc::clone(seen),
                        failure: failure.clone(),
                    });
                }
                (Err(_), _) => return false,
            }
            true
        });
    }
}

/// Held by the ladder that asks for all; who is told at once that nobody is there is no measure for the others.
#[derive(Debug)]
pub(super) struct Lead(Hop);

impl Drop for Lead {
    fn drop(&mut self) {
        self.0.0.send_if_modified(|state| {
            let asked = matches!(state, State::Asked { .. });
            if asked {
                *state = State::Unknown;
            }
            asked
        });
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::code::Code;
    use crate::net::connect::ConnectTry;

    fn connect(ms: f64) -> Arc<TcpSeen> {
        let peer = SocketAddr::from(([203, 0, 113, 7], 3128));
        Arc::new(TcpSeen {
            ms,
            rtt_ms: None,
            rtt_us: None,
            peer,
            dialled: Some(peer),
            local: None,
            icmp: None,
            connects: vec![ConnectTry {
                at_ms: 0.0,
                local: None,
                end: "silent".to_owned(),
            }],
        })
    }

    fn hop() -> Hop {
        let peer = SocketAddr::from(([203, 0, 113, 7], 3128));
        Hops::default().at(Question {
            peer,
            to: peer,
            attempt: 0,
        })
    }

    async fn seen(hop: &Hop) -> Option<Silence> {
        hop.seen_by_another(|_| ()).await
    }

    #[tokio::test]
    async fn nobody_waits_before_there_is_a_silence() {
        let hop = hop();
        assert_eq!(seen(&hop).await, None);
        let lead = hop.lead().expect("the first asks");
        assert!(hop.lead().is_none(), "one is enough");
        assert_eq!(seen(&hop).await, None);
        drop(lead);
        assert!(hop.lead().is_some(), "the next asks");
    }

    #[tokio::test]
    async fn what_one_waited_for_is_the_answer_of_all() {
        let hop = hop();
        let lead = hop.lead();
        tokio::time::sleep(SILENT_GIVES_WAY).await;
        let silence = Failure::new(Code::TcpSilent, "no answer");
        let mut since = None;
        let end = async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            hop.note(&connect(3300.0), Err(&silence));
            drop(lead);
        };
        let waiting = hop.seen_by_another(|begun| since = Some(begun));
        let (told, ()) = tokio::join!(waiting, end);
        assert_eq!(told.map(|told| told.failure), Some(silence));
        assert!(since.is_some_and(|since| since.elapsed() >= SILENT_GIVES_WAY));
        assert!(hop.is_silent());
    }

    #[tokio::test]
    async fn who_is_refused_at_once_or_let_in_speaks_for_himself() {
        let refusal = Failure::new(Code::TcpRefusedRst, "refused");
        let at = hop();
        at.note(&connect(0.2), Err(&refusal));
        assert!(!at.is_silent());
        let at = hop();
        at.note(&connect(20.0), Ok(()));
        at.note(&connect(3300.0), Err(&refusal));
        assert_eq!(seen(&at).await, None);
        // What was never dialled, for want of a socket, says nothing of a peer.
        let mut unsent = TcpSeen::clone(&connect(3300.0));
        unsent.connects.clear();
        let at = hop();
        at.note(&Arc::new(unsent), Err(&refusal));
        assert!(!at.is_silent());
    }
}
