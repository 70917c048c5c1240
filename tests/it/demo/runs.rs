//! `demo --format json` for each fault, once, inside a network of its own where this machine allows that.

use std::collections::HashMap;
use std::process::{Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, OnceLock};

use super::isolation::Namespace;
use crate::binary::{self, Run};

pub(crate) struct DemoRun {
    pub(crate) run: Run,
    /// How many packets went out by the only way that leads off the machine; or why nobody could count them.
    pub(crate) left: Result<u64, String>,
}

/// The run with this fault; the first caller waits for it, the others share it.
pub(crate) fn of(fault: Option<&str>) -> &'static DemoRun {
    type Once = Arc<OnceLock<&'static DemoRun>>;
    static RUNS: OnceLock<Mutex<HashMap<String, Once>>> = OnceLock::new();
    let name = fault.unwrap_or_default().to_owned();
    let runs = RUNS.get_or_init(Mutex::default);
    let once = Arc::clone(runs.lock().unwrap().entry(name).or_default());
    once.get_or_init(|| Box::leak(Box::new(start(fault))))
}

/// How many demos run at once: more starve each other's servers, and what is late looks like a fault.
const AT_ONCE: usize = 4;

static RUNNING: Mutex<usize> = Mutex::new(0);
static ENDED: Condvar = Condvar::new();

/// A place among those that run.
struct Place;

impl Place {
    fn take() -> Self {
        let running = RUNNING.lock().unwrap();
        let mut running = ENDED
            .wait_while(running, |running| *running >= AT_ONCE)
            .unwrap();
        *running += 1;
        Self
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        *RUNNING.lock().unwrap() -= 1;
        ENDED.notify_one();
    }
}

fn start(fault: Option<&str>) -> DemoRun {
    let _place = Place::take();
    let mut arguments = vec!["demo", "--format", "json", "--color", "never"];
    if let Some(fault) = fault {
        arguments.extend(["--fault", fault]);
    }
    let namespace = match Namespace::new() {
        Ok(namespace) => namespace,
        Err(why) => {
            let run = binary::run(&arguments);
            return DemoRun {
                run,
                left: Err(why),
            };
        }
    };
    let mut command = Command::new("ip");
    command
        .args(["netns", "exec", namespace.name()])
        .arg(env!("CARGO_BIN_EXE_mdm-preflight"))
        .args(arguments)
        .env_clear()
        .stdin(Stdio::null());
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let run = binary::finish(command);
    DemoRun {
        run,
        left: Ok(namespace.sent()),
    }
}
