//! What a script looks up: one name after the other, between its runs.

use std::collections::HashMap;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use tokio::time::Instant;

/// All look-ups of one answer together; those that come after find nothing.
const LONGEST: Duration = Duration::from_secs(6);
/// So many names at most, for each costs a run of the script; those that come after find nothing. Chrome looks up 20.
const MOST: usize = 32;

/// A name, and whether all its addresses are wanted, or those that `dnsResolve` gives.
type Question = (String, bool);
type Finding = Pin<Box<dyn Future<Output = Vec<IpAddr>> + Send>>;
type Ask = dyn Fn(&str, bool) -> Finding + Send + Sync;

pub(super) struct LookUps {
    ask: Box<Ask>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    known: HashMap<Question, Vec<IpAddr>>,
    waited: Duration,
    /// What the run that was stopped wanted to know.
    wanted: Option<Question>,
}

impl LookUps {
    pub(super) fn new<F>(ask: impl Fn(&str, bool) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Vec<IpAddr>> + Send + 'static,
    {
        Self {
            ask: Box::new(move |name, all| Box::pin(ask(name, all))),
            state: Mutex::default(),
        }
    }

    /// What is known of a name; none if it is to be asked for first.
    pub(super) fn find(&self, name: &str, all: bool) -> Option<Vec<IpAddr>> {
        let question = (name.to_owned(), all);
        let mut state = self.state();
        if let Some(found) = state.known.get(&question) {
            return Some(found.clone());
        }
        if state.waited >= LONGEST || state.known.len() >= MOST {
            return Some(Vec::new());
        }
        // What a run asks after that depends on an answer which it did not get.
        state.wanted.get_or_insert(question);
        None
    }

    /// Asks for what the last run wanted to know; whether it wanted anything.
    pub(super) async fn hear(&self) -> bool {
        let Some(question) = self.state().wanted.take() else {
            return false;
        };
        let before = Instant::now();
        let found = (self.ask)(&question.0, question.1).await;
        let mut state = self.state();
        state.waited += before.elapsed();
        state.known.insert(question, found);
        true
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let state = self.state.lock();
        state.expect("nobody panics while it holds what is known")
    }
}
