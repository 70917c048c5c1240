//! What this machine says of itself, by the system's own tools: each runs once, without a privilege, for a bounded time.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio::time::timeout;

use super::failure::Failure;
use super::memo::{Answer, End, Observation};
use super::{Net, Reach, elapsed};
use crate::code::Code;

/// These tools answer within a second, or something on the machine holds them up.
const PATIENCE: Duration = Duration::from_secs(5);
/// No answer that is wanted is longer.
const LONGEST: u64 = 256 * 1024;

/// The question: what does a tool of the system say?
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Tool {
    /// In full: which tool runs is not for a search path to say.
    pub program: &'static str,
    pub arguments: &'static [&'static str],
    /// What the tool is to speak of; where that is not there, it is not asked.
    pub about: Option<&'static str>,
}

/// What it said.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ToolSeen {
    /// What it should have spoken of is not on this machine.
    pub absent: bool,
    pub status: Option<i32>,
    pub out: String,
    pub error: String,
}

impl Net {
    pub(crate) fn ask_tool(&self, tool: Tool) -> Answer<ToolSeen> {
        let reach = self.settings().reach;
        self.inner
            .tools
            .ask(&tool, ToolSeen::default(), |sender| async move {
                let result = run(reach, tool).await;
                sender.send_modify(|answer| match result {
                    Ok(seen) => {
                        answer.seen = seen;
                        answer.end = End::Done;
                    }
                    Err(failure) => answer.end = End::Failed(failure),
                });
            })
    }

    pub fn tool_seen(&self, tool: Tool) -> Option<Observation<ToolSeen>> {
        self.inner.tools.known(&tool)
    }
}

async fn run(reach: Reach, tool: Tool) -> Result<ToolSeen, Failure> {
    if reach == Reach::Closed {
        let why = format!("{} is outside the lab; it was not run", tool.program);
        return Err(Failure::new(Code::LocalInternal, why));
    }
    if tool.about.is_some_and(|path| !Path::new(path).exists()) {
        return Ok(ToolSeen {
            absent: true,
            ..ToolSeen::default()
        });
    }
    let failed = |why: String| Failure::new(Code::DeviceToolFailed, why);
    // Nothing of our own environment is for others to read: it may hold a secret.
    let mut child = Command::new(tool.program)
        .args(tool.arguments)
        .env_clear()
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(format!("{} could not be run: {error}", tool.program)))?;
    let (out, error) = (child.stdout.take(), child.stderr.take());
    let whole = async {
        let (out, error) = tokio::join!(all_of(out), all_of(error));
        // Whoever says more than is read waits for a reader that is gone.
        let status = child.wait().await;
        (out, error, status)
    };
    let Ok((out, error, status)) = timeout(PATIENCE, whole).await else {
        let within = elapsed::text(PATIENCE);
        return Err(failed(format!("{} did not end in {within}", tool.program)));
    };
    Ok(ToolSeen {
        absent: false,
        status: status.ok().and_then(|status| status.code()),
        out,
        error,
    })
}

/// As much as is wanted of what a tool writes; closed after that.
async fn all_of(stream: Option<impl AsyncRead + Unpin>) -> String {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        // What came before an error is what there is.
        let _ = stream.take(LONGEST).read_to_end(&mut bytes).await;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    const fn shell(arguments: &'static [&'static str]) -> Tool {
        Tool {
            program: "/bin/sh",
            arguments,
            about: None,
        }
    }

    #[tokio::test]
    async fn a_tool_is_heard_with_its_status_and_without_our_environment() {
        let tool = shell(&[
            "-c",
            "echo out; echo bad >&2; echo ${CARGO_MANIFEST_DIR-none}; exit 3",
        ]);
        let seen = run(Reach::Open, tool).await.expect("a shell");
        assert_eq!(seen.out, "out\nnone\n");
        assert_eq!((seen.error.as_str(), seen.status), ("bad\n", Some(3)));
    }

    #[tokio::test]
    async fn a_tool_that_never_ends_and_one_that_never_stops_talking_are_left() {
        let sleeps = run(Reach::Open, shell(&["-c", "exec sleep 60"])).await;
        let failure = sleeps.expect_err("it sleeps on");
        assert_eq!(failure.code, Code::DeviceToolFailed);
        assert!(failure.detail.contains("did not end in 5 s"), "{failure:?}");
        let talks = run(Reach::Open, shell(&["-c", "exec yes"])).await;
        let said = talks.expect("it ends with its reader").out.len();
        assert_eq!(u64::try_from(said).ok(), Some(LONGEST));
    }

    #[tokio::test]
    async fn what_is_not_there_is_not_asked_about_and_nothing_is_run_in_the_lab() {
        let mut tool = shell(&["-c", "echo asked"]);
        tool.about = Some("/Applications/No Such.app");
        let seen = run(Reach::Open, tool).await.expect("nothing went wrong");
        assert!(seen.absent && seen.out.is_empty(), "{seen:?}");
        tool.about = None;
        let failure = run(Reach::Closed, tool).await.expect_err("closed");
        assert_eq!(failure.code, Code::LocalInternal);
        tool.program = "/no/such/tool";
        let failure = run(Reach::Open, tool).await.expect_err("no tool");
        assert_eq!(failure.code, Code::DeviceToolFailed);
    }
}
