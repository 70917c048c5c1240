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
    pub(super) state: String,
    /// When the last message for the MDM client came, in the tool's own words.
    pub(super) last: Option<String>,
    pub(super) received: Option<u64>,
}

impl Push {
    /// The part between the MDM client's port and the next client's. Its other lines hold tokens, which nobody needs.
    pub(super) fn read(text: &str) -> Option<Self> {
        let is_port =
            |line: &&str| pair(line).is_some_and(|(key, _)| key == "application port name");
        let of_mdm = |line: &&str| is_port(line) && line.contains(MDM_PORT);
        let mut lines = text.lines().skip_while(|line| !of_mdm(line));
        lines.next()?;
        let own: Vec<(&str, &str)> = lines
            .take_while(|line| !is_port(line))
            .filter_map(pair)
            .collect();
        let value = |wanted: &str| {
            let found = own.iter().find(|(key, _)| *key == wanted);
            found.map(|(_, value)| shown(value))
        };
        Some(Self {
            state: value("persistent connection status")?,
            last: value("last push notification"),
            received: value("push notifications").and_then(|count| count.parse().ok()),
        })
    }

    pub(super) fn is_connected(&self) -> bool {
        self.state.to_ascii_lowercase().starts_with("connected")
    }
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

    /// Made of the names that public scripts look for; the order and the spaces are theirs.
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
        assert_eq!(read.state, "Disconnected");
        assert_eq!(read.last.as_deref(), Some("2026-11-24 08:15:30 +0000"));
        assert_eq!(read.received, Some(12));
        assert!(!read.is_connected());
        let there = APSCTL.replace("Disconnected", "Connected via en0");
        assert!(Push::read(&there).expect("its part").is_connected());
        let without = APSCTL.replace("mdmclient.daemon", "other");
        assert_eq!(Push::read(&without), None);
        assert_eq!(Push::read("Usage: apsctl [command]\n"), None);
    }

    proptest::proptest! {
        #[test]
        fn no_output_ends_a_reader(text in "\\PC*(\n\\PC*){0,4}") {
            let _ = (Version::parse(&text), Enrollment::read(&text), Push::read(&text));
            let half = format!("{}{text}", &APSCTL[..300]);
            let _ = Push::read(&half);
            let _ = Enrollment::read(&format!("MDM enrollment: {text}\nMDM server: {text}"));
        }
    }
}
