//! `device`: is this Mac itself as the row wants it, by what the system's own tools say?
//!
//! No tool is asked that needs a privilege. What the tools of older or newer systems print in other words is
//! inconclusive and quoted, never guessed at.

mod read;

use serde::Deserialize;
use serde_spanned::Spanned;

use self::read::{Enrollment, Push, Version, first_line};
use super::ask::{Ask, Seen};
use super::context::{Context, cut_code, finding};
use super::fill::{Fill, Text, Unfilled};
use super::judge::weight;
use crate::code::Code;
use crate::finding::{Finding, Verdict};
use crate::net::Observation;
use crate::net::endpoint::{Address, Host};
use crate::net::machine::{Tool, ToolSeen};

/// What is asked of this Mac.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {
    /// The version of the system.
    Macos,
    /// Microsoft's Company Portal, and its version.
    CompanyPortal,
    /// The MDM server with which it is enrolled.
    MdmServer,
    /// The push service's own view of its connection.
    Push,
}

/// The probe's table in a profile.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub fact: Spanned<Fact>,
    /// The least version, of macOS or of Company Portal.
    pub least: Option<Text>,
    /// The server with which it should be enrolled.
    pub server: Option<Text>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Spec {
    pub fact: Fact,
    least: Option<Version>,
    server: Option<Host>,
}

impl Settings {
    pub fn resolve(&self, fill: &Fill<'_>) -> Result<Spec, Unfilled> {
        let fact = *self.fact.get_ref();
        let least = self.least.as_ref().map(|least| version(least, fact, fill));
        let server = self.server.as_ref().map(|server| match fact {
            Fact::MdmServer => fill.url(server).map(|Address { host, .. }| host),
            _ => Err(fill.wrong(server, "only the fact `mdm-server` has a server".to_owned())),
        });
        let (least, server) = (least.transpose(), server.transpose());
        let spec = Spec {
            fact,
            least: least?,
            server: server?,
        };
        if fact == Fact::MdmServer && spec.server.is_none() {
            let why = "the fact `mdm-server` is compared with a `server`, which is not there";
            return Err(fill.wrong(&self.fact, why.to_owned()));
        }
        Ok(spec)
    }
}

fn version(least: &Text, fact: Fact, fill: &Fill<'_>) -> Result<Version, Unfilled> {
    if !matches!(fact, Fact::Macos | Fact::CompanyPortal) {
        let why = "only the facts `macos` and `company-portal` have a version";
        return Err(fill.wrong(least, why.to_owned()));
    }
    let typed = fill.text(least)?;
    Version::parse(&typed)
        .ok_or_else(|| fill.wrong(least, format!("`{typed}` is no version such as 10.11")))
}

impl Fact {
    const fn name(self) -> &'static str {
        match self {
            Self::Macos => "macos",
            Self::CompanyPortal => "company-portal",
            Self::MdmServer => "mdm-server",
            Self::Push => "push",
        }
    }

    const fn tool(self) -> Tool {
        match self {
            Self::Macos => Tool {
                program: "/usr/bin/sw_vers",
                arguments: &["-productVersion"],
                about: None,
            },
            // Every macOS has it; plutil prints a bare value on newer ones only.
            Self::CompanyPortal => Tool {
                program: "/usr/bin/defaults",
                arguments: &[
                    "read",
                    "/Applications/Company Portal.app/Contents/Info",
                    "CFBundleShortVersionString",
                ],
                about: Some("/Applications/Company Portal.app"),
            },
            // `profiles show` would tell more and needs root.
            Self::MdmServer => Tool {
                program: "/usr/bin/profiles",
                arguments: &["status", "-type", "enrollment"],
                about: None,
            },
            // Apple documents neither the tool nor its words; https://micromdm.io tells administrators to use it.
            Self::Push => Tool {
                program: "/System/Library/PrivateFrameworks/ApplePushService.framework/apsctl",
                arguments: &["status"],
                about: None,
            },
        }
    }
}

/// What a tool's words come to: a sentence, or what falls short.
type Answer = Result<String, (Code, Verdict, String)>;

impl Spec {
    /// The question in a few words, for lists.
    pub fn asks(&self) -> String {
        let name = self.fact.name();
        match (&self.least, &self.server) {
            (Some(least), _) => format!("{name}, {least} or later"),
            (_, Some(server)) => format!("{name}, {server}"),
            _ => name.to_owned(),
        }
    }

    pub(super) async fn observe(&self, ask: &Ask) {
        ask.tool(self.fact.tool()).await;
        let Some(said) = ask.seen().tool.filter(Observation::is_done) else {
            return;
        };
        for (name, value) in self.facts(&said.seen) {
            ask.fact(name, value);
        }
    }

    /// What the tool's words tell, by name.
    fn facts(&self, said: &ToolSeen) -> Vec<(&'static str, String)> {
        let version = |name| Version::parse(first_line(&said.out)).map(|v| (name, v.to_string()));
        let facts = match self.fact {
            Fact::Macos => vec![version("macos")],
            Fact::CompanyPortal => vec![version("company_portal")],
            Fact::MdmServer => Enrollment::read(&said.out).map_or_else(Vec::new, |enrolled| {
                let server = enrolled
                    .server
                    .map(|server| ("mdm_server", server.to_string()));
                vec![Some(("mdm_enrollment", enrolled.state)), server]
            }),
            Fact::Push => Push::read(&said.out).map_or_else(Vec::new, |push| {
                vec![
                    Some(("push_connection", push.state.to_string())),
                    push.last.map(|last| ("last_push", last)),
                    push.received.map(|count| ("pushes", count.to_string())),
                ]
            }),
        };
        facts.into_iter().flatten().collect()
    }

    pub(super) fn judge(&self, seen: &Seen, context: &Context<'_>) -> Vec<Finding> {
        let expected = self.expected();
        let Some(observation) = seen.tool.as_ref().filter(|seen| !seen.is_pending()) else {
            let (code, end) = cut_code(context);
            let program = self.fact.tool().program;
            let actual = format!("waiting for {program} when {end}");
            return vec![finding(code, Verdict::Inconclusive, &expected, actual)];
        };
        if let Some(failure) = observation.failure() {
            let verdict = match failure.code {
                Code::DeviceToolFailed => Verdict::Inconclusive,
                code => weight(code),
            };
            return vec![finding(
                failure.code,
                verdict,
                &expected,
                failure.detail.clone(),
            )];
        }
        match self.answer(&observation.seen) {
            Ok(_) => Vec::new(),
            Err((code, verdict, actual)) => vec![finding(code, verdict, &expected, actual)],
        }
    }

    /// One sentence for a row that is in order.
    pub(super) fn sentence(&self, seen: &Seen) -> String {
        let said = seen.tool.as_ref().map(|tool| self.answer(&tool.seen));
        said.and_then(Result::ok).unwrap_or_default()
    }

    fn expected(&self) -> String {
        match (self.fact, &self.least, &self.server) {
            (Fact::Macos, Some(least), _) => format!("macOS {least} or later"),
            (Fact::Macos, None, _) => "a version of macOS".to_owned(),
            (Fact::CompanyPortal, Some(least), _) => format!("Company Portal {least} or later"),
            (Fact::CompanyPortal, None, _) => "Company Portal in /Applications".to_owned(),
            (Fact::MdmServer, _, Some(server)) => format!("enrolled with {server}"),
            (Fact::MdmServer, _, None) => "enrolled".to_owned(),
            (Fact::Push, ..) => "the push service is connected".to_owned(),
        }
    }

    fn answer(&self, said: &ToolSeen) -> Answer {
        let answer = match self.fact {
            Fact::Macos => self.version(said, "macOS", Code::DeviceOsOld),
            Fact::CompanyPortal if said.absent => Some(Err((
                Code::DeviceAppMissing,
                Verdict::Fail,
                "there is no /Applications/Company Portal.app".to_owned(),
            ))),
            Fact::CompanyPortal => self.version(said, "Company Portal", Code::DeviceAppOld),
            Fact::MdmServer => Enrollment::read(&said.out).map(|enrolled| self.server(&enrolled)),
            Fact::Push => Push::read(&said.out).map(|push| push_state(&push)),
        };
        answer.unwrap_or_else(|| Err(unknown(self.fact.tool(), said)))
    }

    fn version(&self, said: &ToolSeen, what: &str, old: Code) -> Option<Answer> {
        let version = Version::parse(first_line(&said.out))?;
        let sentence = format!("{what} {version}");
        Some(match &self.least {
            Some(least) if version < *least => Err((old, Verdict::Fail, sentence)),
            _ => Ok(sentence),
        })
    }

    fn server(&self, enrolled: &Enrollment) -> Answer {
        let Enrollment { state, server } = enrolled;
        let unsure = |why: &str| {
            let why = format!("{why} (MDM enrollment: {state})");
            (Code::DeviceOutputUnknown, Verdict::Inconclusive, why)
        };
        if state.starts_with("No") {
            let why = "it is enrolled with no MDM server".to_owned();
            return Err((Code::DeviceNotEnrolled, Verdict::Fail, why));
        }
        if !state.starts_with("Yes") {
            return Err(unsure("it is not clear whether it is enrolled"));
        }
        // Older systems say that they are enrolled and not where; `profiles show` does, for root.
        let server = server
            .as_ref()
            .ok_or_else(|| unsure("it does not say with which server it is enrolled"))?;
        if self.server.as_ref() == Some(server) {
            return Ok(format!("enrolled with {server}, {state}"));
        }
        let why = format!("enrolled with {server}");
        Err((Code::DeviceOtherServer, Verdict::Fail, why))
    }
}

fn push_state(push: &Push) -> Answer {
    let Push {
        state,
        last,
        received,
    } = push;
    let last = match (last, received) {
        (Some(last), _) => format!(", the last message for the MDM client came {last}"),
        (None, Some(count)) => format!(", {count} messages for the MDM client by its own count"),
        (None, None) => String::new(),
    };
    let sentence = format!("the push service says: {state}{last}");
    if push.is_connected() {
        Ok(sentence)
    } else {
        Err((Code::DevicePushDown, Verdict::Degraded, sentence))
    }
}

/// What the tool printed is none of what is known.
fn unknown(tool: Tool, said: &ToolSeen) -> (Code, Verdict, String) {
    let name = tool.program.rsplit('/').next().unwrap_or(tool.program);
    let command = std::iter::once(name).chain(tool.arguments.iter().copied());
    let command = command.collect::<Vec<_>>().join(" ");
    let line = match first_line(&said.out) {
        "" => first_line(&said.error),
        line => line,
    };
    let line: String = line.chars().take(120).collect();
    let status = match said.status {
        Some(0) => String::new(),
        Some(status) => format!(" with status {status}"),
        None => " cut short".to_owned(),
    };
    let actual = if line.is_empty() {
        format!("`{command}` printed nothing{status}")
    } else {
        format!("`{command}` printed{status}: {line}")
    };
    (Code::DeviceOutputUnknown, Verdict::Inconclusive, actual)
}

#[cfg(test)]
mod tests;
