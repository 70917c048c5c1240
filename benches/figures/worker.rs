//! Runs programs inside the client's namespace and times them: one process that lives there, so that no figure holds the
//! time that `ip netns exec` takes.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// This program, run as the worker.
pub(crate) const FLAG: &str = "--worker";
/// Whoever is not ready by then is ended.
const PATIENCE: Duration = Duration::from_secs(300);
/// How often the memory of a program is read; it is the kernel's own high-water mark, so that only a rise within the
/// last such time can be missed.
const GLANCE: Duration = Duration::from_millis(1);

/// What to run.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct Task {
    pub(crate) arguments: Vec<String>,
    /// Where its standard output goes; without one it comes back.
    pub(crate) into: Option<String>,
    /// Whether to watch its memory, which costs a little time.
    pub(crate) watch: bool,
}

/// How it went.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Ran {
    pub(crate) seconds: f64,
    pub(crate) peak_mib: f64,
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

pub(crate) struct Worker {
    child: Child,
    tasks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Worker {
    /// `command` leads into the namespace.
    pub(crate) fn start(mut command: Command) -> Self {
        command.arg(std::env::current_exe().unwrap()).arg(FLAG);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        Self {
            tasks: child.stdin.take().unwrap(),
            answers: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    pub(crate) fn run(&mut self, task: &Task) -> Ran {
        writeln!(self.tasks, "{}", serde_json::to_string(task).unwrap()).unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The worker's side: a task a line, an answer a line, until nobody writes any more.
pub(crate) fn serve() {
    for line in std::io::stdin().lines() {
        let task: Task = serde_json::from_str(&line.unwrap()).unwrap();
        println!("{}", serde_json::to_string(&measure(&task)).unwrap());
    }
}

fn measure(task: &Task) -> Ran {
    let (program, arguments) = task.arguments.split_first().unwrap();
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::piped());
    match &task.into {
        Some(path) => command.stdout(File::create(path).unwrap()),
        None => command.stdout(Stdio::piped()),
    };
    let started = Instant::now();
    let mut child = command.spawn().unwrap();
    let id = child.id();
    let (done, ended) = std::sync::mpsc::channel::<()>();
    let watch = task.watch;
    let watcher = std::thread::spawn(move || watch_over(id, watch, &ended));
    let mut errors = child.stderr.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut text = Vec::new();
        let _ = errors.read_to_end(&mut text);
        text
    });
    let mut stdout = Vec::new();
    if let Some(mut out) = child.stdout.take() {
        out.read_to_end(&mut stdout).unwrap();
    }
    let code = child.wait().unwrap().code();
    let seconds = started.elapsed().as_secs_f64();
    drop(done);
    Ran {
        seconds,
        peak_mib: watcher.join().unwrap(),
        code,
        stdout: String::from_utf8_lossy(&stdout).into_owned(),
        stderr: String::from_utf8_lossy(&reader.join().unwrap()).into_owned(),
    }
}

/// The most memory that a process had, in MiB; one that takes too long is ended.
fn watch_over(id: u32, memory: bool, ended: &std::sync::mpsc::Receiver<()>) -> f64 {
    let glance = if memory { GLANCE } else { PATIENCE };
    let (started, mut most) = (Instant::now(), 0.0_f64);
    while ended.recv_timeout(glance) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
        if started.elapsed() >= PATIENCE {
            let _ = Command::new("kill").arg(id.to_string()).status();
            return most;
        }
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let mark = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<f64>().ok());
        most = most.max(mark.unwrap_or_default() / 1024.0);
    }
    most
}
