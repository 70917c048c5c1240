//! Foreign programs, each run to a deadline: what they say is evidence that this project's code had no part in.

use std::io::Read;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// What a peer said, on both outputs, and how it ended: `None` if it had to be ended.
pub(crate) struct Said {
    pub(crate) status: Option<ExitStatus>,
    pub(crate) text: String,
}

/// Runs a program that comes with a Debian package. It has `patience` to end by itself.
pub(crate) fn ask(package: &str, program: &str, arguments: &[String], patience: Duration) -> Said {
    let mut command = Command::new(program);
    command.args(arguments).env_clear().stdin(Stdio::null());
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("LC_ALL", "C");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| {
        panic!("{program} cannot be run ({error}); it is in the Debian package {package}")
    });
    let out = reader(child.stdout.take().unwrap());
    let err = reader(child.stderr.take().unwrap());
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break Some(status);
        }
        if began.elapsed() > patience {
            child.kill().unwrap();
            child.wait().unwrap();
            break None;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let text = out.join().unwrap() + &err.join().unwrap();
    Said { status, text }
}

fn reader(mut from: impl Read + Send + 'static) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
