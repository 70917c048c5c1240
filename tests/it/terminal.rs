//! A secret that a person types: on a real terminal, where it must not show and Ctrl-C must leave everything as it was.

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const SECRET: &str = "Typed8Q~hunter2+of/a%person";
const PATIENCE: Duration = Duration::from_secs(20);

/// A shell in a terminal of its own, which runs one command, and then says its code and whether typing shows again.
struct Terminal {
    script: Child,
    shown: std::sync::mpsc::Receiver<Vec<u8>>,
    text: String,
}

impl Terminal {
    fn run(arguments: &str) -> Self {
        let program = env!("CARGO_BIN_EXE_mdm-preflight");
        let shell = format!(
            "trap : INT; tty; sh -c 'echo $$; exec {program} {arguments}'; echo \"ended with $?\"; \
             stty -a | grep -o -w -e '-*echo'"
        );
        let mut script = Command::new("script")
            .args(["--quiet", "--command", &shell, "/dev/null"])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("SHELL", "/bin/sh")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = script.stdout.take().unwrap();
        let (sender, shown) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read) = out.read(&mut buffer) {
                if read == 0 || sender.send(buffer[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            script,
            shown,
            text: String::new(),
        }
    }

    /// Waits until the terminal shows something.
    fn until(&mut self, words: &str) {
        let started = Instant::now();
        while !self.text.contains(words) {
            let left = PATIENCE.saturating_sub(started.elapsed());
            let more = self.shown.recv_timeout(left);
            let more = more.unwrap_or_else(|_| panic!("no {words:?} in {:?}", self.text));
            self.text.push_str(&String::from_utf8_lossy(&more));
        }
    }

    /// Waits until what is typed does not show: the prompt itself is there a moment before.
    fn until_hidden(&self) {
        let tty = self.text.lines().next().unwrap().trim();
        let started = Instant::now();
        loop {
            let said = Command::new("stty").args(["-F", tty, "-a"]).output();
            let said = String::from_utf8_lossy(&said.unwrap().stdout).into_owned();
            if said.contains(" -echo ") {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "typing shows: {said}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn types(&mut self, keys: &str) {
        let input = self.script.stdin.as_mut().unwrap();
        input.write_all(keys.as_bytes()).unwrap();
        input.flush().unwrap();
    }

    /// The rest of what it shows.
    fn end(mut self) -> String {
        self.until("echo\r\n");
        drop(self.script.stdin.take());
        self.script.wait().unwrap();
        self.text
    }
}

fn asked(option: &str, prompt: &str, keys: &str) -> String {
    let mut terminal = Terminal::run(&format!("check --list --color never {option} -"));
    terminal.until(prompt);
    terminal.until_hidden();
    terminal.types(keys);
    terminal.end()
}

const ASKED: [(&str, &str); 3] = [
    ("--client-secret-file", "client secret: "),
    ("--admin-token-file", "administrator's token: "),
    ("--jamf-client-secret-file", "secret of the API client: "),
];

#[test]
fn a_secret_that_is_typed_does_not_show() {
    for (option, prompt) in ASKED {
        let text = asked(option, prompt, &format!("{SECRET}\r"));
        assert!(text.contains("ended with 0"), "{option}: {text}");
        assert!(
            text.contains("Destinations") || text.contains(":443"),
            "{text}"
        );
        assert!(!text.contains("hunter2"), "{option}: {text}");
        assert!(
            text.ends_with("\necho\r\n"),
            "typing does not show again: {text}"
        );
    }
}

#[test]
fn what_is_wrong_with_a_typed_secret_is_said() {
    let (option, prompt) = ASKED[0];
    let nothing = asked(option, prompt, "\r");
    assert!(nothing.contains("it is empty"), "{nothing}");
    assert!(nothing.contains("ended with 2"), "{nothing}");
    let id = asked(option, prompt, "0f7d2b1c-9c3e-4f60-8a51-7d5f3e2b1a90\r");
    assert!(id.contains("looks like a secret's ID"), "{id}");
    assert!(!id.contains("0f7d2b1c"), "{id}");
}

fn left_alone(text: &str) {
    assert!(!text.contains("hunter2"), "{text}");
    assert!(text.contains("nothing was sent"), "{text}");
    assert!(text.contains("ended with 3"), "{text}");
    assert!(
        text.ends_with("\necho\r\n"),
        "typing does not show again: {text}"
    );
}

#[test]
fn ctrl_c_at_the_prompt_ends_and_leaves_the_terminal_as_it_was() {
    for (option, prompt) in ASKED {
        left_alone(&asked(option, prompt, &format!("{SECRET}\u{3}")));
    }
}

#[test]
fn a_signal_at_the_prompt_does_as_well() {
    for signal in ["-INT", "-TERM"] {
        let (option, prompt) = ASKED[0];
        let mut terminal = Terminal::run(&format!("check --list --color never {option} -"));
        terminal.until(prompt);
        terminal.until_hidden();
        terminal.types(SECRET);
        let id = terminal.text.lines().nth(1).unwrap().trim();
        let sent = Command::new("kill").args([signal, id]).status().unwrap();
        assert!(sent.success());
        left_alone(&terminal.end());
    }
}
