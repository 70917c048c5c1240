//! Ctrl-C, the polite end that launchd and systemd give, and a terminal that closes: whoever waits for them ends by
//! himself, and where nobody does in time, whatever this program is stuck in, the process ends all the same.
//!
//! The work is done in a thread of its own, so that the main one can leave it where it is.

use std::future::pending;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, OnceLock};
use std::thread::{Builder, Result as Ended};
use std::time::Duration;

use tokio::sync::watch;

use super::{Error, complain, outputs};
use crate::exit;

/// As much as a main thread has.
const WORK_STACK: usize = 8 * 1024 * 1024;
const LISTENING_STACK: usize = 256 * 1024;

/// The end of a run gives tokens back, for which it takes two seconds at most, and then judges all rows, of which there
/// may be thousands. Whoever is sent the same signal twice, as by a terminal and by its own shell, still reports.
const WHILE_RUNNING: Duration = Duration::from_secs(10);
/// Then only a reader can be what is waited for.
const WHILE_REPORTING: Duration = Duration::from_millis(500);

/// Signals come to the process, not to a part of it.
static SIGNALS: OnceLock<Signals> = OnceLock::new();

struct Signals {
    state: watch::Sender<State>,
    given_up: Sender<End>,
    /// Whether they are listened for, once that was tried.
    listening: Mutex<Option<bool>>,
}

#[derive(Clone, Copy)]
struct State {
    /// A signal has come, and nobody has taken it.
    waits: bool,
    /// How long it may wait.
    patience: Duration,
}

enum End {
    Work(Ended<u8>),
    GivenUp,
}

/// Does the work and returns its code, or that of a report which is not whole if a signal waits for too long.
pub(super) fn unless_given_up(work: impl FnOnce() -> u8 + Send + 'static) -> u8 {
    let (sender, receiver) = channel();
    let signals = Signals {
        state: watch::Sender::new(State {
            waits: false,
            patience: WHILE_RUNNING,
        }),
        given_up: sender.clone(),
        listening: Mutex::new(None),
    };
    // A process does its work once.
    drop(SIGNALS.set(signals));
    let working = Builder::new().stack_size(WORK_STACK).spawn(move || {
        let ended = catch_unwind(AssertUnwindSafe(work));
        // If nobody waits any more, it was given up.
        drop(sender.send(End::Work(ended)));
    });
    if let Err(error) = working {
        let error = Error::Start(error);
        complain(&error.to_string());
        return error.exit_code();
    }
    match receiver.recv() {
        Ok(End::Work(Ok(code))) => code,
        Ok(End::Work(Err(panic))) => resume_unwind(panic),
        Ok(End::GivenUp) | Err(_) => given_up(),
    }
}

/// Nothing is left behind, and nothing that could wait for a reader is waited for.
fn given_up() -> u8 {
    outputs::give_up();
    let (sender, receiver) = channel();
    let telling = Builder::new().spawn(move || {
        complain("ended by a signal before the report was whole");
        sender.send(()).ok();
    });
    if telling.is_ok() {
        // Standard error may be what nobody reads.
        receiver.recv_timeout(Duration::from_millis(100)).ok();
    }
    exit::INCONCLUSIVE
}

/// From here on no signal ends the process by itself; one that comes before somebody waits for it is kept. Where they
/// cannot be listened for, they end the process as usual.
pub(super) fn listen() {
    let Some(signals) = SIGNALS.get() else { return };
    let Ok(mut listening) = signals.listening.lock() else {
        return;
    };
    if listening.is_none() {
        let (sender, ready) = channel();
        let listener = Builder::new()
            .stack_size(LISTENING_STACK)
            .spawn(move || listener(signals, &sender));
        *listening = Some(listener.is_ok() && ready.recv().is_ok());
    }
}

/// Ends when a signal has come. What then ends, and how, is the caller's.
pub(super) async fn interrupted() {
    listen();
    let Some(signals) = SIGNALS.get() else {
        return pending().await;
    };
    let mut state = signals.state.subscribe();
    if state.wait_for(|state| state.waits).await.is_err() {
        return pending().await;
    }
    signals.state.send_modify(|state| state.waits = false);
}

/// The report is being written: a signal that has come twice is answered by it, and one that comes now waits for no
/// reader that has stopped reading.
pub(super) fn reporting() {
    if let Some(signals) = SIGNALS.get() {
        signals.state.send_modify(|state| {
            *state = State {
                waits: false,
                patience: WHILE_REPORTING,
            }
        });
    }
}

fn listener(signals: &Signals, ready: &Sender<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let Ok(runtime) = runtime else { return };
    runtime.block_on(async {
        let Ok(mut all) = All::now() else { return };
        // Whoever asked for it waits.
        ready.send(()).ok();
        let mut state = signals.state.subscribe();
        loop {
            all.next().await;
            signals.state.send_modify(|state| state.waits = true);
            let patience = signals.state.borrow().patience;
            let taken = state.wait_for(|state| !state.waits);
            if tokio::time::timeout(patience, taken).await.is_err() {
                drop(signals.given_up.send(End::GivenUp));
            }
        }
    });
}

#[cfg(unix)]
struct All {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    /// None: whoever started this wants it to outlive its terminal.
    hangup: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl All {
    fn now() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let hangup = !crate::net::hangup_is_ignored();
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: hangup.then(|| signal(SignalKind::hangup())).transpose()?,
        })
    }

    async fn next(&mut self) {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = hangup => {}
        }
    }
}

#[cfg(not(unix))]
struct All(tokio::signal::windows::CtrlC);

#[cfg(not(unix))]
impl All {
    fn now() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn next(&mut self) {
        self.0.recv().await;
    }
}
