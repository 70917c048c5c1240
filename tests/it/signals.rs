//! Signals at any moment: the process ends soon, and leaves nothing behind that is not whole.

use std::io::Read as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::bad_input::folder::Folder;
use crate::binary::command;

/// For what ends at once, also on a machine that has much else to do; what does not end would go on for ever.
const SOON: Duration = Duration::from_secs(20);

fn send(signal: &str, child: &Child) {
    let id = child.id().to_string();
    let sent = Command::new("kill").args([signal, &id]).status();
    assert!(sent.unwrap().success());
}

/// How it ended, and after how long; one that does not end is killed.
fn ended(child: &mut Child) -> (ExitStatus, Duration) {
    let since = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return (status, since.elapsed());
        }
        if since.elapsed() > SOON {
            child.kill().unwrap();
            panic!("it goes on");
        }
        sleep(Duration::from_millis(2));
    }
}

fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let since = Instant::now();
    while !is_so() {
        assert!(since.elapsed() < Duration::from_secs(30), "no {what}");
        sleep(Duration::from_millis(5));
    }
}

fn names(folder: &Folder) -> Vec<String> {
    let entries = std::fs::read_dir(folder.path("")).unwrap();
    let mut names: Vec<String> = entries
        .map(|one| one.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The binary with a terminal that may close, even where the tests themselves were started to outlive theirs: what is
/// ignored stays so in a child.
fn heeding_hangups(arguments: &[&str]) -> Command {
    let plain = command(arguments);
    if cfg!(not(target_os = "linux")) {
        return plain;
    }
    let mut heeding = Command::new("env");
    heeding.arg("--default-signal=HUP").arg(plain.get_program());
    heeding.args(arguments).env_clear().stdin(Stdio::null());
    heeding.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    heeding
}

fn is_whole(file: &str) -> bool {
    let text = std::fs::read(file).unwrap();
    serde_json::from_slice::<serde_json::Value>(&text).is_ok()
}

#[test]
fn a_signal_ends_what_waits_for_a_reader_of_standard_output() {
    for signal in ["-INT", "-TERM", "-HUP"] {
        let folder = Folder::new(&format!("signal-stdout{signal}"));
        let file = folder.path("report.json");
        let output = format!("json:{file}");
        let words = ["demo", "-q", "--format", "json", "--output", &output];
        let mut program = heeding_hangups(&words);
        program.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = program.spawn().unwrap();
        // Files are written first; a pipe has room for less than what follows.
        wait_for("report", || Path::new(&file).exists());
        sleep(Duration::from_millis(100));
        assert!(child.try_wait().unwrap().is_none(), "the pipe has room");
        send(signal, &child);
        let (status, took) = ended(&mut child);
        assert_eq!(status.code(), Some(3), "{signal}: {status}");
        assert!(took < Duration::from_secs(5), "{took:?}");
        let mut said = String::new();
        let mut stderr = child.stderr.take().unwrap();
        stderr.read_to_string(&mut said).unwrap();
        assert!(said.contains("before the report was whole"), "{said}");
        assert_eq!(names(&folder), ["report.json"]);
        assert!(is_whole(&file));
    }
}

#[test]
fn a_signal_ends_what_waits_for_the_reader_of_a_named_pipe_and_leaves_no_hidden_file() {
    let folder = Folder::new("signal-pipe");
    let [first, pipe, last] = ["first.json", "pipe", "last.json"].map(|name| folder.path(name));
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    // Open for both: nobody reads from it, and opening it waits for nobody.
    let _reader = std::fs::File::options()
        .read(true)
        .write(true)
        .open(&pipe)
        .unwrap();
    let outputs = [&first, &pipe, &last].map(|file| format!("--output=json:{file}"));
    let mut arguments = vec!["demo", "-q"];
    arguments.extend(outputs.iter().map(String::as_str));
    let mut program = command(&arguments);
    program.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = program.spawn().unwrap();
    wait_for("first report", || Path::new(&first).exists());
    send("-INT", &child);
    let (status, took) = ended(&mut child);
    assert_eq!(status.code(), Some(3), "{status}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!(names(&folder), ["first.json", "pipe"]);
    assert!(is_whole(&first));
}

#[test]
fn two_signals_in_a_row_still_give_the_report() {
    let folder = Folder::new("signal-twice");
    let output = format!("json:{}", folder.path("report.json"));
    let fault = ["demo", "-q", "--fault", "push-all-silent"];
    let more = ["--format", "json", "--output", &output];
    let mut program = command(&[&fault[..], &more].concat());
    program.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = program.spawn().unwrap();
    // Signals are listened for before there is a file.
    wait_for("file", || !names(&folder).is_empty());
    sleep(Duration::from_millis(300));
    let twice = "kill -INT \"$0\"; kill -INT \"$0\"";
    let id = child.id().to_string();
    let sent = Command::new("sh").args(["-c", twice, &id]).status();
    assert!(sent.unwrap().success());
    // Whoever reads late, as a pager does, still gets all of it.
    sleep(Duration::from_millis(1_500));
    let mut text = Vec::new();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_to_end(&mut text).unwrap();
    assert_eq!(ended(&mut child).0.code(), Some(3));
    let report: serde_json::Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(report["run"]["interrupted"], true);
}

/// A run that writes to the file and waits for so long for a peer that never speaks.
fn waiting(mute: &TcpListener, timeout: &str, file: &str) -> Vec<String> {
    let target = format!("tls://{}", mute.local_addr().unwrap());
    let output = format!("json:{file}");
    let words = ["check", &target, "-q", "--proxy", "none", "--skip"];
    let more = ["canary", "--timeout", timeout, "--output", &output];
    words
        .iter()
        .chain(&more)
        .map(|word| (*word).to_owned())
        .collect()
}

fn report(file: &str) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

#[test]
fn a_terminal_that_closes_interrupts_a_run_and_its_report_is_kept() {
    let folder = Folder::new("signal-hangup");
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let file = folder.path("report.json");
    let mut program = heeding_hangups(&[]);
    program
        .args(waiting(&mute, "15s", &file))
        .stdout(Stdio::null());
    let mut child = program.spawn().unwrap();
    let _held = mute.accept().unwrap();
    send("-HUP", &child);
    let (status, _) = ended(&mut child);
    assert_eq!(status.code(), Some(3), "{status}");
    assert_eq!(names(&folder), ["report.json"]);
    assert_eq!(report(&file)["run"]["interrupted"], true);
}

#[test]
fn what_was_started_to_outlive_its_terminal_does() {
    let folder = Folder::new("signal-nohup");
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let file = folder.path("report.json");
    let own = env!("CARGO_BIN_EXE_mdm-preflight");
    let mut program = Command::new("sh");
    program.args(["-c", "trap '' HUP; exec \"$@\"", "sh", own]);
    program
        .args(waiting(&mute, "2s", &file))
        .stdout(Stdio::null());
    let mut child = program.spawn().unwrap();
    let _held = mute.accept().unwrap();
    send("-HUP", &child);
    let (status, took) = ended(&mut child);
    assert_eq!(status.code(), Some(1), "{status}");
    assert!(took > Duration::from_secs(1), "{took:?}");
    assert_eq!(report(&file)["run"]["interrupted"], false);
}

/// How a run went that is sent a signal after a while, in a folder of its own.
fn interrupted_after(delay: Duration, mute: &TcpListener, folder: &Folder) -> ExitStatus {
    let file = folder.path("report.json");
    let mut program = command(&[]);
    program.args(waiting(mute, "300ms", &file));
    program.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = program.spawn().unwrap();
    sleep(delay);
    send("-INT", &child);
    let (status, took) = ended(&mut child);
    assert!(took < Duration::from_secs(5), "{delay:?}: {took:?}");
    let mut said = String::new();
    let mut stderr = child.stderr.take().unwrap();
    stderr.read_to_string(&mut said).unwrap();
    assert!(!said.contains("panicked"), "{delay:?}: {said}");
    status
}

#[test]
fn ctrl_c_at_any_moment_ends_a_run_and_leaves_a_whole_report_or_none() {
    use std::os::unix::process::ExitStatusExt as _;
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    // Most of what could go wrong is at the beginning, and some at the end, which a slow machine reaches later.
    let beginning = (0..24).map(Duration::from_millis);
    let later = (1..=20).map(|step| Duration::from_millis(25 * step));
    let mut interrupted = 0;
    for delay in beginning.chain(later) {
        let folder = Folder::new(&format!("signal-{}", delay.as_millis()));
        let status = interrupted_after(delay, &mute, &folder);
        let left = names(&folder);
        let file = folder.path("report.json");
        let about = format!("{delay:?}: {status}, {left:?}");
        match status.code() {
            // Before it listened for signals, and so before it made anything.
            None => assert_eq!((status.signal(), left.len()), (Some(2), 0), "{about}"),
            Some(3) => {
                assert_eq!(left, ["report.json"], "{about}");
                assert_eq!(report(&file)["run"]["interrupted"], true, "{about}");
                interrupted += 1;
            }
            // The run had ended.
            Some(code) => {
                assert_eq!((code, left), (1, vec!["report.json".to_owned()]), "{about}");
                assert_eq!(report(&file)["run"]["interrupted"], false, "{about}");
            }
        }
    }
    assert!(interrupted > 5, "only {interrupted} were");
}

#[test]
fn a_reader_that_does_not_read_does_not_hold_up_the_run() {
    let folder = Folder::new("signal-stalled");
    let file = folder.path("report.json");
    let output = format!("json:{file}");
    // More lines than a pipe has room for, and rows that end long after it is full.
    let fault = ["demo", "-q", "--fault", "push-all-silent"];
    let more = ["--format", "jsonl", "--output", &output];
    let mut program = command(&[&fault[..], &more].concat());
    program.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = program.spawn().unwrap();
    wait_for("report", || Path::new(&file).exists());
    let told = report(&file);
    assert_eq!(told["run"]["deadline_reached"], false);
    let mut text = String::new();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_to_string(&mut text).unwrap();
    let code = ended(&mut child).0.code();
    assert!(code.is_some_and(|code| code < 2), "{code:?}");
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(text.len() > 100_000, "only {} bytes", text.len());
    let ended = lines.iter().filter(|line| line["event"] == "ended");
    let checks = told["counts"]["checks"].as_object().unwrap();
    let all: u64 = checks.values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(ended.count() as u64, all);
    assert_eq!(lines.last().unwrap()["run"], told["run"]);
}
