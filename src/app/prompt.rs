//! A secret that a person types at a terminal: nothing shows, and whatever ends the wait leaves the terminal as it was.

use std::io::{self, ErrorKind, IsTerminal as _};
use std::time::Duration;

use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::Error;
use super::signals::interrupted;

const A_MOMENT: Duration = Duration::from_millis(200);

/// What was typed, or why there is nothing.
pub(super) type Typed = Result<Zeroizing<String>, String>;

/// Asks, and waits for as long as it takes. Ctrl-C, and the polite end, are errors of their own: nothing was given.
pub(super) fn ask(what: &str) -> Result<Typed, Error> {
    if !io::stdin().is_terminal() {
        return Ok(Err("there is no terminal to ask at".to_owned()));
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::Start)?;
    let terminal = Terminal::now();
    let prompt = format!("{what}: ");
    let (sender, mut receiver) = oneshot::channel();
    let typed = runtime.block_on(async {
        let typing = async {
            // Signals are listened for by now.
            std::thread::spawn(move || {
                let typed = rpassword::prompt_password(prompt).map(Zeroizing::new);
                // If nobody waits any more, nobody needs it.
                drop(sender.send(typed));
            });
            (&mut receiver).await
        };
        let typed = tokio::select! {
            biased;
            () = interrupted() => None,
            typed = typing => typed.ok(),
        };
        if typed.is_none() {
            // After Ctrl-C the prompt ends by itself, and puts back what it changed.
            tokio::time::timeout(A_MOMENT, receiver).await.ok();
        }
        typed
    });
    match typed {
        Some(Ok(typed)) => Ok(Ok(typed)),
        Some(Err(error)) if error.kind() != ErrorKind::Interrupted => Ok(Err(error.to_string())),
        Some(Err(_)) | None => {
            terminal.restore();
            Err(Error::Interrupted)
        }
    }
}

/// How the terminal was: a prompt that is still waiting when a signal comes does not put it back.
#[cfg(unix)]
struct Terminal(Option<(std::fs::File, rustix::termios::Termios)>);

#[cfg(unix)]
impl Terminal {
    fn now() -> Self {
        let open = std::fs::File::open("/dev/tty").ok();
        Self(open.and_then(|file| {
            let was = rustix::termios::tcgetattr(&file).ok()?;
            Some((file, was))
        }))
    }

    fn restore(self) {
        if let Some((file, was)) = self.0 {
            use rustix::termios::{OptionalActions, tcsetattr};
            // There is nobody left to tell that it failed.
            tcsetattr(&file, OptionalActions::Now, &was).ok();
        }
    }
}

/// Elsewhere only Ctrl-C interrupts, after which the prompt puts the console back itself.
#[cfg(not(unix))]
struct Terminal;

#[cfg(not(unix))]
impl Terminal {
    fn now() -> Self {
        Self
    }

    #[expect(clippy::unused_self, reason = "as on Unix")]
    fn restore(self) {}
}
