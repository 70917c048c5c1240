//! Wrong input: one clear error that names the place and the value, exit code 2, nothing sent and nothing written.

mod arguments;
pub(crate) mod folder;
mod profile_files;
mod properties;
mod proxies;
mod sources;

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use crate::binary::{self, Run};

/// Shorter than any wait of a run: what ends sooner has not waited for the network.
const AT_ONCE: Duration = Duration::from_millis(2500);

/// A resolver that only listens: whoever asks it has begun to run.
struct Ear {
    socket: UdpSocket,
}

impl Ear {
    fn new() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        Self { socket }
    }

    /// Runs `check` so that every question would come here, and nothing would leave the machine.
    fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Run {
        let address = self.socket.local_addr().unwrap().to_string();
        let mut all = arguments.to_vec();
        if arguments.first() == Some(&"check") {
            all.extend(["--dns", &address, "--skip", "canary"]);
        }
        let mut command = binary::command(&all);
        command.envs(environment.iter().copied());
        let started = Instant::now();
        let run = binary::finish(command);
        let took = started.elapsed();
        assert!(took < AT_ONCE, "{arguments:?} took {took:?}");
        let heard = self.socket.recv_from(&mut [0; 512]);
        assert!(heard.is_err(), "{arguments:?} asked the resolver");
        run
    }
}

/// The run says this and nothing else, and has done nothing.
fn refused(arguments: &[&str], environment: &[(&str, &str)], says: &[&str]) -> Run {
    let run = Ear::new().run(arguments, environment);
    assert_eq!(
        run.code,
        Some(2),
        "{arguments:?}\n{}{}",
        run.stdout,
        run.stderr
    );
    assert_eq!(run.stdout, "", "{arguments:?}");
    let errors = run
        .stderr
        .lines()
        .filter(|line| line.starts_with("mdm-preflight: ") || line.starts_with("error: "));
    assert_eq!(errors.count(), 1, "{arguments:?}\n{}", run.stderr);
    for words in says {
        assert!(
            run.stderr.contains(words),
            "{arguments:?}: no `{words}` in\n{}",
            run.stderr
        );
    }
    run
}

/// What `check --list` prints.
fn listed(arguments: &[&str]) -> String {
    let all = [&["check", "--list"], arguments].concat();
    let run = Ear::new().run(&all, &[]);
    assert_eq!(run.code, Some(0), "{arguments:?}\n{}", run.stderr);
    assert_eq!(run.stderr, "", "{arguments:?}");
    run.stdout
}
