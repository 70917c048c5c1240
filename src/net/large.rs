//! The large hello: asked once for each distinct path, and of every address on a path that loses it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::sync::watch;

use super::ladder::{Climb, Ladder, Rungs};
use super::memo::{Answer, End, Memo, Observation, ended};
use super::tls::{LargeHelloSeen, TlsOptions, send_large_hello};
use super::{Failure, Net, space};
use crate::code::Code;

/// At most so many in a run.
const IN_A_RUN: usize = 32;

/// A way that packets take, as far as a client can tell: address family, port and the owner of the hosts there.
type Way = (bool, u16, String);

#[derive(Debug)]
pub(super) struct LargeHellos {
    asked: Memo<Arc<Ladder>, LargeHelloSeen>,
    /// The ladder that stands for each way.
    first: Mutex<HashMap<Way, Arc<Ladder>>>,
}

impl LargeHellos {
    pub(super) fn new() -> Self {
        Self {
            asked: Memo::new(),
            first: Mutex::default(),
        }
    }

    /// The ladder that stands for the way of this one: the first that came.
    fn standing_for(&self, ladder: &Arc<Ladder>) -> Option<Arc<Ladder>> {
        let hello = ladder.hello.as_ref()?;
        let way = (
            ladder.address.is_ipv6(),
            ladder.port,
            space::owner(&hello.name),
        );
        let mut first = self
            .first
            .lock()
            .expect("no task panics while it holds the list");
        if first.len() >= IN_A_RUN && !first.contains_key(&way) {
            return None;
        }
        Some(
            first
                .entry(way)
                .or_insert_with(|| Arc::clone(ladder))
                .clone(),
        )
    }
}

impl Net {
    /// Waits until it is known whether a large hello passes where this ladder goes.
    pub(crate) async fn large_hello(&self, ladder: &Ladder) {
        let own = ladder.bare();
        let Some(first) = self.inner.large.standing_for(&own) else {
            return;
        };
        let seen = ended(self.ask_large(&first)).await;
        let lost = seen.failure().map(|failure| failure.code) == Some(Code::TlsLargeHelloLost);
        // What is lost towards one address need not be lost towards another.
        if lost && first != own && self.inner.large.asked.count() < IN_A_RUN {
            drop(ended(self.ask_large(&own)).await);
        }
    }

    /// What is known at this moment of the large hello to the address of a ladder.
    pub(crate) fn large_hello_seen(&self, ladder: &Ladder) -> Option<Observation<LargeHelloSeen>> {
        self.inner.large.asked.known(&ladder.bare())
    }

    fn ask_large(&self, ladder: &Arc<Ladder>) -> Answer<LargeHelloSeen> {
        let blank = LargeHelloSeen::default();
        self.inner.large.asked.ask(ladder, blank, |sender| {
            let (net, ladder) = (self.clone(), Arc::clone(ladder));
            async move {
                let (seen, result) = send(net, ladder).await;
                sender.send_modify(|answer| {
                    answer.seen = seen;
                    answer.end = result.map_or_else(End::Failed, |()| End::Done);
                });
            }
        })
    }
}

async fn send(net: Net, ladder: Arc<Ladder>) -> (LargeHelloSeen, Result<(), Failure>) {
    let options = ladder.hello.as_ref().map(|hello| TlsOptions {
        server_name: hello.name.clone(),
        alpn: hello.alpn.clone(),
        strict: false,
        timeout: net.budgets().tls,
    });
    let (sender, _) = watch::channel(Observation::pending(Rungs::default()));
    let climb = Climb {
        net,
        ladder,
        sender,
    };
    match (climb.connect().await, options) {
        (Ok((stream, mut places)), Some(options)) => {
            let sending = Box::pin(send_large_hello(stream, &options));
            places.work(&climb.net.inner.pacer, sending).await
        }
        (Ok(_), None) => (LargeHelloSeen::default(), Ok(())),
        (Err(failure), _) => (LargeHelloSeen::default(), Err(failure)),
    }
}
