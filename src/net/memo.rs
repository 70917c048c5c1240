//! Questions and what was seen: each question is asked once, in a task of its own, whoever waits for it.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::Mutex;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::failure::Failure;
use crate::code::Code;

/// How far a question has come.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum End {
    /// Still being asked; what was seen so far may already be of use.
    Pending,
    Done,
    Failed(Failure),
}

/// What was seen, and how it ended. Never a `Result`: a failure keeps all that came before it.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct Observation<T> {
    pub seen: T,
    pub end: End,
}

impl<T> Observation<T> {
    pub fn pending(seen: T) -> Self {
        Self {
            seen,
            end: End::Pending,
        }
    }

    pub fn failure(&self) -> Option<&Failure> {
        match &self.end {
            End::Failed(failure) => Some(failure),
            End::Pending | End::Done => None,
        }
    }

    pub fn is_done(&self) -> bool {
        self.end == End::Done
    }

    pub fn is_pending(&self) -> bool {
        self.end == End::Pending
    }
}

/// The questions of one kind that this run has asked.
#[derive(Debug)]
pub(crate) struct Memo<Q, T> {
    asked: Mutex<HashMap<Q, Answer<T>>>,
    tasks: Mutex<Vec<AbortHandle>>,
}

/// Where an answer will arrive, stage by stage.
pub(crate) type Answer<T> = watch::Receiver<Observation<T>>;

impl<Q: Clone + Eq + Hash, T: Clone + Send + Sync + 'static> Memo<Q, T> {
    pub(crate) fn new() -> Self {
        Self {
            asked: Mutex::default(),
            tasks: Mutex::default(),
        }
    }

    /// The answer to `question`, now or later; `ask` runs only for the first who wants to know, and
    /// `blank` stands until it has something to say.
    pub(crate) fn ask<F>(
        &self,
        question: &Q,
        blank: T,
        ask: impl FnOnce(watch::Sender<Observation<T>>) -> F,
    ) -> Answer<T>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut asked = self
            .asked
            .lock()
            .expect("no task panics while it holds the memo");
        if let Some(answer) = asked.get(question) {
            return answer.clone();
        }
        let (sender, receiver) = watch::channel(Observation::pending(blank));
        asked.insert(question.clone(), receiver.clone());
        // The handle that ends it keeps the task's own memory to the end of the run, a box only as long as it runs.
        let task = tokio::spawn(Box::pin(ask(sender)));
        let mut tasks = self
            .tasks
            .lock()
            .expect("no task panics while it holds the list");
        tasks.push(task.abort_handle());
        receiver
    }

    /// How many distinct questions were asked.
    pub(crate) fn count(&self) -> usize {
        self.asked
            .lock()
            .expect("no task panics while it holds the memo")
            .len()
    }

    /// What is known of `question` at this moment.
    pub(crate) fn known(&self, question: &Q) -> Option<Observation<T>> {
        let asked = self
            .asked
            .lock()
            .expect("no task panics while it holds the memo");
        asked.get(question).map(|answer| answer.borrow().clone())
    }
}

impl<Q, T> Drop for Memo<Q, T> {
    fn drop(&mut self) {
        if let Ok(tasks) = self.tasks.lock() {
            for task in tasks.iter() {
                task.abort();
            }
        }
    }
}

/// Waits for the end of a question. A task that died is an internal error of its row, not of the run.
pub(crate) async fn ended<T: Clone>(mut answer: Answer<T>) -> Observation<T> {
    if let Ok(observation) = answer
        .wait_for(|observation| !observation.is_pending())
        .await
    {
        return observation.clone();
    }
    let seen = answer.borrow().seen.clone();
    Observation {
        seen,
        end: End::Failed(Failure::new(
            Code::LocalInternal,
            "the task that asked has died",
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_question_is_asked_once_and_a_dead_task_is_said() {
        let memo: Memo<&str, u32> = Memo::new();
        let count = Arc::new(AtomicU32::new(0));
        for _ in 0..3 {
            let count = Arc::clone(&count);
            let answer = memo.ask(&"q", 0, |sender| async move {
                count.fetch_add(1, Ordering::SeqCst);
                sender.send_modify(|o| {
                    o.seen = 7;
                    o.end = End::Done;
                });
            });
            assert_eq!(ended(answer).await.seen, 7);
        }
        assert_eq!(count.load(Ordering::SeqCst), 1);
        let answer = memo.ask(&"dies", 0, |sender| async move { drop(sender) });
        let failure = ended(answer).await.failure().cloned();
        assert_eq!(failure.map(|f| f.code), Some(Code::LocalInternal));
    }
}
