//! What stands first on the way of many ladders: an address of a proxy. While it says nothing to some of them the others
//! wait for what comes of that, and take it as theirs, instead of asking the same once more: they would keep their sockets
//! and the pace of new connections from those that have somebody to talk to.

use std::collections::HashMap;
use std::future::pending;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio::sync::watch;

use super::connect::TcpSeen;
use super::elapsed::in_ms;
use super::failure::Failure;
use super::pacer::SILENT_GIVES_WAY;
use crate::code::Stage;

/// So many ask for all the others, from source ports of their own: a network that loses some flows and carries others, as
/// one with a broken link among several does, is then no silent proxy.
const LEADS: usize = 3;

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

/// One that many ladders would go by.
#[derive(Clone, Debug, Default)]
pub(super) struct Hop(Arc<watch::Sender<State>>);

#[derive(Debug, Default)]
struct State {
    /// It has let somebody in: whoever hears nothing from then on hears it for himself.
    answers: bool,
    /// How many have begun to ask for all, how many of them still do, and since when the first does.
    began: usize,
    asking: usize,
    since: Option<Instant>,
    /// What the last of them heard to the end, and when that was.
    silence: Option<(Silence, Instant)>,
}

/// What it is as well to do for a ladder.
#[derive(Clone, Debug, PartialEq)]
enum Next {
    Ask,
    /// For those who wait since then.
    Wait(Instant),
    Share(Silence),
}

impl State {
    /// For a ladder that came at this time: what was heard to the end before is no answer to it.
    fn next(&self, came: Instant) -> Next {
        if self.answers {
            return Next::Ask;
        }
        if self.asking == 0 {
            return match &self.silence {
                Some((silence, at)) if *at >= came => Next::Share(silence.clone()),
                _ => Next::Ask,
            };
        }
        let since = self
            .since
            .filter(|since| self.began >= LEADS && since.elapsed() >= SILENT_GIVES_WAY);
        since.map_or(Next::Ask, Next::Wait)
    }

    /// One that asked for all does so no longer.
    fn leave(&mut self) {
        self.asking -= 1;
        if self.asking == 0 {
            self.began = 0;
            self.since = None;
        }
    }
}

impl Hop {
    /// Whether there is something better to do than to ask, for a ladder that came at this time.
    pub(super) fn is_silent(&self, came: Instant) -> bool {
        self.0.borrow().next(came) != Next::Ask
    }

    /// Waits until there is.
    pub(super) async fn falls_silent(&self, came: Instant) {
        let mut state = self.0.subscribe();
        loop {
            let silent_at = {
                let state = state.borrow_and_update();
                if state.next(came) != Next::Ask {
                    return;
                }
                let enough = state.since.filter(|_| state.began >= LEADS);
                enough.map(|since| since + SILENT_GIVES_WAY)
            };
            let silent = async {
                match silent_at {
                    Some(at) => tokio::time::sleep_until(at.into()).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                _ = state.changed() => {}
                () = silent => {}
            }
        }
    }

    /// What the others have heard here, waited for while they hear nothing; none if it is as well to ask. `waits` is
    /// told since when they wait.
    pub(super) async fn heard(
        &self,
        came: Instant,
        mut waits: impl FnMut(Instant),
    ) -> Option<Silence> {
        let mut state = self.0.subscribe();
        loop {
            let next = state.borrow_and_update().next(came);
            match next {
                Next::Ask => return None,
                Next::Share(silence) => return Some(silence),
                Next::Wait(since) => waits(since),
            }
            // The sender is in our own hands.
            state.changed().await.ok()?;
        }
    }

    /// To ask for all the others as well, unless enough do already.
    pub(super) fn lead(&self) -> Option<Lead> {
        let leads = self.0.send_if_modified(|state| {
            let free = !state.answers && state.began < LEADS;
            if free {
                state.began += 1;
                state.asking += 1;
                state.since.get_or_insert_with(Instant::now);
            }
            free
        });
        leads.then(|| Lead(Some(self.clone())))
    }

    /// Somebody was let in.
    pub(super) fn answers(&self) {
        self.0
            .send_if_modified(|state| !std::mem::replace(&mut state.answers, true));
    }
}

/// Held by a ladder that asks for all; empty once it no longer does.
#[derive(Debug)]
pub(super) struct Lead(Option<Hop>);

impl Lead {
    /// Writes down what came of it. Who is told at once that nobody is there is no measure for the others, nor is what
    /// this machine itself does.
    pub(super) fn heard(&self, seen: &Arc<TcpSeen>, failure: &Failure) {
        let waited = seen.ms >= in_ms(SILENT_GIVES_WAY) && failure.stage != Stage::Local;
        let Some(Hop(state)) = self.0.as_ref().filter(|_| waited) else {
            return;
        };
        let mut seen = TcpSeen::clone(seen);
        seen.shared = true;
        let silence = Silence {
            seen: Arc::new(seen),
            failure: failure.clone(),
        };
        state.send_if_modified(|state| {
            state.silence = Some((silence, Instant::now()));
            // Whoever waits is woken once the last one leaves.
            false
        });
    }

    /// Leaves it to the others that ask for all, if there are any.
    pub(super) fn step_back(mut self) -> Option<Self> {
        let Some(Hop(state)) = &self.0 else {
            return None;
        };
        let steps_back = state.send_if_modified(|state| {
            let others = state.asking > 1;
            if others {
                state.leave();
            }
            others
        });
        if steps_back {
            self.0 = None;
        }
        self.0.is_some().then_some(self)
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        if let Some(Hop(state)) = &self.0 {
            state.send_modify(State::leave);
        }
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
            shared: false,
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

    async fn heard(hop: &Hop, came: Instant) -> Option<Silence> {
        hop.heard(came, |_| ()).await
    }

    #[tokio::test]
    async fn nobody_waits_before_there_is_a_silence_that_several_hear() {
        let (hop, came) = (hop(), Instant::now());
        assert_eq!(heard(&hop, came).await, None);
        let first: Vec<Lead> = (0..2).map_while(|_| hop.lead()).collect();
        tokio::time::sleep(SILENT_GIVES_WAY).await;
        assert!(!hop.is_silent(came), "one more may ask for all");
        let last = hop.lead();
        assert!(last.is_some() && hop.lead().is_none(), "three are enough");
        assert!(hop.is_silent(came));
        let mut first = first.into_iter();
        let back = |lead: Option<Lead>| lead.and_then(Lead::step_back);
        assert!(back(last).is_none() && back(first.next()).is_none());
        let last = back(first.next());
        assert!(last.is_some(), "one has to ask");
        assert!(hop.is_silent(came) && hop.lead().is_none());
        drop(last);
        assert!(!hop.is_silent(came) && hop.lead().is_some(), "the next ask");
    }

    #[tokio::test]
    async fn what_all_that_asked_waited_for_is_the_answer_of_those_that_came_before() {
        let (hop, came) = (hop(), Instant::now());
        let mut leads: Vec<Lead> = (0..3).map_while(|_| hop.lead()).collect();
        hop.falls_silent(came).await;
        assert!(came.elapsed() >= SILENT_GIVES_WAY);
        let silence = Failure::new(Code::TcpSilent, "no answer");
        let mut since = None;
        let ends = async {
            while let Some(lead) = leads.pop() {
                tokio::time::sleep(Duration::from_millis(20)).await;
                lead.heard(&connect(3300.0), &silence);
                assert!(matches!(hop.0.borrow().next(came), Next::Wait(_)));
            }
        };
        let waiting = hop.heard(came, |begun| since = Some(begun));
        let (told, ()) = tokio::join!(waiting, ends);
        let told = told.expect("a silence");
        assert_eq!(told.failure, silence);
        assert!(told.seen.shared);
        assert!(since.is_some_and(|since| since >= came));
        // Whoever comes later asks anew.
        assert_eq!(heard(&hop, Instant::now()).await, None);
        assert_eq!(hop.0.borrow().began, 0);
    }

    #[tokio::test]
    async fn who_is_refused_at_once_or_let_in_speaks_for_himself() {
        let refusal = Failure::new(Code::TcpRefusedRst, "refused");
        let own = Failure::new(Code::LocalPolicyDenied, "no packet left");
        for (ms, failure) in [(0.2, &refusal), (3300.0, &own)] {
            let (at, came) = (hop(), Instant::now());
            let lead = at.lead().expect("the first");
            lead.heard(&connect(ms), failure);
            drop(lead);
            assert_eq!(heard(&at, came).await, None, "{failure:?}");
        }
        let (at, came) = (hop(), Instant::now());
        let leads: Vec<Lead> = (0..3).map_while(|_| at.lead()).collect();
        tokio::time::sleep(SILENT_GIVES_WAY).await;
        at.answers();
        assert_eq!(heard(&at, came).await, None);
        leads[0].heard(&connect(3300.0), &refusal);
        drop(leads);
        assert_eq!(heard(&at, came).await, None);
    }
}
