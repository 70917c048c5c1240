//! Reading what the tools of macOS print: small, and without an opinion.

use std::cmp::Ordering;
use std::fmt;

use crate::net::endpoint::{Address, Host};

/// The port by which the push service hands messages to the device's MDM client.
const MDM_PORT: &str = "mdmclient.daemon.push.production";

pub(super) fn first_line(text: &str) -> &str {
    let mut lines = text.lines().map(str::trim);
    lines.find(|line| !line.is_empty()).unwrap_or_default()
}

/// `KEY: VALUE`, the key without the spaces before it.
fn pair(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    Some((key.trim(), value.trim()))
}

/// Numbers between dots.
#[derive(Clone, Debug)]
pub(super) struct Version(Vec<u32>);

impl Version {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let parts: Option<Vec<u32>> = text.trim().split('.').map(number).collect();
        parts.map(Self)
    }

    /// What is not written is zero.
    fn part(&self, place: usize) -> u32 {
        self.0.get(place).copied().unwrap_or(0)
    }
}

/// Digits only: the library would take a sign as well.
fn number(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let places = 0..self.0.len().max(other.0.len());
        let mut parts = places.map(|place| self.part(place).cmp(&other.part(place)));
        parts.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version {}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&parts.join("."))
    }
}

/// What `profiles status -type enrollment` says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Enrollment {
    /// `No`, `Yes` or `Yes (User Approved)`.
    pub(super) state: String,
    pub(super) server: Option<Host>,
}

impl Enrollment {
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut pairs = text.lines().filter_map(pair);
        let value = |wanted: &str| {
            let mut pairs = text.lines().filter_map(pair);
            pairs.find_map(|(key, value)| (key == wanted).then_some(value))
        };
        let (_, state) = pairs.find(|(key, _)| *key == "MDM enrollment")?;
        Some(Self {
            state: state.to_owned(),
            server: value("MDM server").and_then(host),
        })
    }
}

fn host(url: &str) -> Option<Host> {
    let whole = if url.contains("://") {
        url.to_owned()
    } else {
        format!("https://{url}")
    };
    let address: Address = whole.parse().ok()?;
    Some(address.host)
}

/// What `apsctl status` says of the device's MDM client.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Push {
    /// Of the connection that all clients share.
    pub(super) state: State,
    /// When the last message for the MDM client came, in the tool's own words.
    pub(super) last: Option<String>,
    pub(super) received: Option<u64>,
}

/// How the tool tells of the connection.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum State {
    /// The client's own `persistent connection status`, in the tool's own words.
    Told(String),
    /// No such line; the environment names the courier to which it is `connected to server hostname`.
    Courier(String),
}

/// Where Apple's couriers are.
const COURIERS: &str = "courier.push.apple.com";

impl Push {
    /// The part between the MDM client's port and the next client's, and the lines of its environment that belong to no
    /// client. The other lines hold tokens, which nobody needs.
    pub(super) fn read(text: &str) -> Option<Self> {
        let lines: Vec<(&str, &str)> = text.lines().filter_map(pair).collect();
        let is = |wanted: &'static str| move |(key, _): &(&str, &str)| *key == wanted;
        let is_port = is("application port name");
        let port = lines
            .iter()
            .position(|line| is_port(line) && line.1.contains(MDM_PORT))?;
        let (before, own) = lines.split_at(port);
        let next = own.iter().skip(1).position(is_port);
        let own = &own[..next.map_or(own.len(), |next| next + 1)];
        let value = |wanted| own.iter().find(|line| is(wanted)(line));
        let environment = before.iter().rposition(is("connection environment"));
        let shared = &before[environment.unwrap_or(0)..];
        let courier = shared
            .iter()
            .rfind(|line| is("connected to server hostname")(line) && is_courier(line.1));
        let told = value("persistent connection status").map(|(_, told)| State::Told(shown(told)));
        let named = || courier.map(|(_, name)| State::Courier(shown(name)));
        Some(Self {
            state: told.or_else(named)?,
            last: value("last push notification").map(|(_, last)| shown(last)),
            received: value("push notifications").and_then(|(_, count)| count.parse().ok()),
        })
    }

    pub(super) fn is_connected(&self) -> bool {
        match &self.state {
            State::Told(state) => state.to_ascii_lowercase().starts_with("connected"),
            State::Courier(_) => true,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Told(state) => f.write_str(state),
            Self::Courier(name) => write!(f, "connected to {name}"),
        }
    }
}

fn is_courier(name: &str) -> bool {
    let front = name.strip_suffix(COURIERS);
    front.is_some_and(|front| front.is_empty() || front.ends_with(['-', '.']))
}

/// A value for a sentence, however long it is.
fn shown(value: &str) -> String {
    value.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).expect("a version")
    }

    #[test]
    fn versions_are_compared_number_by_number() {
        assert!(version("10.9.5") < version("10.11"));
        assert!(version("10.11") == version("10.11.0"));
        assert!(version("26.1") > version("15.7.2"));
        assert_eq!(version("5.2404.0\n").to_string(), "5.2404.0");
        for wrong in [
            "",
            ".",
            "10.",
            "10.x",
            "+1",
            "10.11 (15A284)",
            "99999999999",
        ] {
            assert!(Version::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn an_enrollment_is_read_as_each_era_prints_it() {
        let read = |text: &str| {
            let read = Enrollment::read(text)?;
            Some((read.state, read.server.map(|host| host.to_string())))
        };
        let yes = "Yes (User Approved)".to_owned();
        let jamf = Some("jamf.example.com".to_owned());
        // macOS 11 and later.
        let text = "Enrolled via DEP: Yes\nMDM enrollment: Yes (User Approved)\n\
                    MDM server: https://jamf.example.com:8443/mdm/ServerURL\n";
        assert_eq!(read(text), Some((yes.clone(), jamf.clone())));
        let text =
            "MDM enrollment: Yes (User Approved)\nMDM server: JAMF.example.com/mdm/ServerURL\n";
        assert_eq!(read(text), Some((yes.clone(), jamf)));
        // macOS 10.13.4 to 10.15 do not name the server.
        let text = "Enrolled via DEP: No\nMDM enrollment: Yes (User Approved)\n";
        assert_eq!(read(text), Some((yes, None)));
        let text = "Enrolled via DEP: No\nMDM enrollment: No\n";
        assert_eq!(read(text), Some(("No".to_owned(), None)));
        // Before that the tool had no such question.
        assert_eq!(read("profiles: the argument 'status' is not known\n"), None);
        assert_eq!(
            read("There are no configuration profiles installed\n"),
            None
        );
    }

    /// No whole output was found in public, of no macOS. These names stand in what public scripts look for: the port, the
    /// state and the last message in micromdm's documentation and in extension attributes for Jamf Pro (2019 to 2023). The
    /// order and the spaces are theirs; `-A 18` from the port to the state says that they are near each other.
    const APSCTL: &str = "\
        application port name:        com.apple.aps.imagent.production\n\
        \x20   persistent connection status: Connected\n\
        \x20   last push notification: 2026-11-25 06:00:00 +0000\n\
        application port name:        com.apple.aps.mdmclient.daemon.push.production\n\
        \x20   token:                        <4a1b 77c2>\n\
        \x20   persistent connection status: Disconnected\n\
        \x20   push notifications:           12\n\
        \x20   last push notification topic: com.apple.mgmt.External.1\n\
        \x20   last push notification: 2026-11-24 08:15:30 +0000\n\
        application port name:        com.apple.aps.mdmclient.agent.push.production\n\
        \x20   persistent connection status: Connected\n";

    #[test]
    fn the_push_state_is_that_of_the_devices_mdm_client() {
        let read = Push::read(APSCTL).expect("its part");
        assert_eq!(read.state, State::Told("Disconnected".to_owned()));
        assert_eq!(read.last.as_deref(), Some("2026-11-24 08:15:30 +0000"));
        assert_eq!(read.received, Some(12));
        assert!(!read.is_connected());
        let there = APSCTL.replace("Disconnected", "Connected via en0");
        assert!(Push::read(&there).expect("its part").is_connected());
        let without = APSCTL.replace("mdmclient.daemon", "other");
        assert_eq!(Push::read(&without), None);
        assert_eq!(Push::read("Usage: apsctl [command]\n"), None);
    }

    /// The lines that newer tools go by: Jamf's own takes `connected to server hostname` with a courier's name for a sign of
    /// life (<https://github.com/jamf/Jamf-Environment-Test>, issues 2 and 13, macOS 12.6 to 14.4), and another looks below
    /// `connection environment: production`. The courier's name is as a Mac with macOS 26 logged it
    /// (<https://derflounder.wordpress.com/2026/08/29/checking-apns-communication-on-macos-tahoe/>). Put together here: no
    /// recorded output was found.
    const NEWER: &str = "\
        connection environment:           development\n\
        \x20   connected to server hostname:  3-courier.sandbox.push.apple.com\n\
        connection environment:           production\n\
        \x20   connected to server hostname:  18-courier.push.apple.com\n\
        \x20   application port name:         com.apple.aps.mdmclient.daemon.push.production\n\
        \x20       last push notification:    2026-08-29 11:36:39 +0000\n";

    #[test]
    fn a_courier_that_is_named_is_a_connection_where_no_state_is_told() {
        let read = Push::read(NEWER).expect("its part");
        assert!(read.is_connected());
        assert_eq!(
            read.state.to_string(),
            "connected to 18-courier.push.apple.com"
        );
        assert_eq!(read.last.as_deref(), Some("2026-08-29 11:36:39 +0000"));
        let state = "persistent connection status: Disconnected\n";
        let told = Push::read(&format!("{NEWER}{state}")).expect("its part");
        assert!(!told.is_connected(), "its own state comes first");
        for other in [
            "",
            "(null)",
            "localhost",
            "evil-courier.push.apple.com.test",
        ] {
            let text = NEWER.replace("18-courier.push.apple.com", other);
            assert_eq!(
                Push::read(&text),
                None,
                "{other}: nobody knows what it means"
            );
        }
        let (development, _) = NEWER
            .split_once("connection environment:           production")
            .expect("both");
        let port = NEWER.lines().rev().nth(1).expect("the port");
        assert_eq!(Push::read(&format!("{development}{port}")), None);
    }

    proptest::proptest! {
        #[test]
        fn no_output_ends_a_reader(text in "\\PC*(\n\\PC*){0,4}") {
            let _ = (Version::parse(&text), Enrollment::read(&text), Push::read(&text));
            let half = format!("{}{text}", &APSCTL[..300]);
            let _ = Push::read(&half);
            let _ = Push::read(&format!("{}{text}", &NEWER[..200]));
            let _ = Enrollment::read(&format!("MDM enrollment: {text}\nMDM server: {text}"));
        }
    }
}
