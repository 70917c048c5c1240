//! Texts rewritten: known words by their stand-ins, and whatever looks like a name or an address.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use serde_json::Value;

use super::stand_in;
use crate::net::space::{Kind, kind, vendor};
use crate::report::Report;

/// Zones of which everybody uses the same names; the names under others tell whose they are.
const SHARED: [&str; 10] = [
    "akadns.net",
    "akamai.net",
    "akamaiedge.net",
    "aaplimg.com",
    "edgekey.net",
    "github.com",
    "jamf.com",
    "msidentity.com",
    "redacted.invalid",
    "trafficmanager.net",
];
/// Vendors' zones in which customers have names of their own.
const CUSTOMERS: [&str; 3] = ["jamfcloud.com", "onmicrosoft.com", "sharepoint.com"];
/// Endings of words that have a dot and are no host.
const FILES: [&str; 5] = [".json", ".md", ".pem", ".rs", ".toml"];

/// Fields that hold a word of a closed list, or an address. A machine may be called `client`.
const CLOSED: [&str; 20] = [
    "accepts",
    "code",
    "confidence",
    "decided_by",
    "end",
    "expect",
    "family",
    "from",
    "kind",
    "owner",
    "probe",
    "rcode",
    "roles",
    "severity",
    "stage",
    "transport",
    "trusted_by",
    "type",
    "verdict",
    "without_dates",
];
/// Fields that hold the program's own words and times.
const OURS: [&str; 5] = ["counts", "schema", "started", "stores", "tool"];

/// What is to be replaced, and by what.
#[derive(Debug, Default)]
pub(super) struct Words {
    names: BTreeMap<String, String>,
    ids: BTreeMap<String, String>,
    kept: Vec<String>,
    addresses: BTreeMap<IpAddr, IpAddr>,
}

/// Whether a name says nothing about who uses it.
pub(super) fn is_public_name(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let inside = |zone: &&str| {
        name.strip_suffix(*zone)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    !CUSTOMERS.iter().any(&inside) && (vendor(&name).is_some() || SHARED.iter().any(inside))
}

impl Words {
    /// Short words would be found inside others; addresses are replaced by addresses.
    pub(super) fn name(&mut self, word: &str, instead: &str) {
        let is_address = word.parse::<IpAddr>().is_ok();
        if word.len() > 2 && !is_address && word != "localhost" && !is_public_name(word) {
            self.names.insert(word.to_owned(), instead.to_owned());
        }
    }

    pub(super) fn id(&mut self, id: &str, built_in: bool, kind: &str) {
        if built_in {
            self.kept.push(id.to_owned());
        } else if !self.ids.contains_key(id) {
            let number = self.ids.len() + 1;
            self.ids.insert(id.to_owned(), format!("{kind}-{number}"));
        }
    }

    pub(super) fn own(&mut self, addresses: impl IntoIterator<Item = IpAddr>) {
        for address in addresses {
            if !address.is_loopback() && !self.addresses.contains_key(&address) {
                let number = self.addresses.len() + 1;
                self.addresses.insert(address, stand_in(number, address));
            }
        }
    }

    fn address(&self, address: IpAddr) -> IpAddr {
        let private = matches!(kind(address), Kind::Private | Kind::Synthetic);
        match self.addresses.get(&address) {
            Some(instead) => *instead,
            None if private && !is_canary(address) => stand_in(0, address),
            None => address,
        }
    }

    /// The report with every text rewritten; none if it would not be a report any more.
    pub(super) fn rewrite(&self, report: &Report) -> Option<Report> {
        let mut value = serde_json::to_value(report).ok()?;
        self.walk(&mut value, "");
        serde_json::from_value(value).ok()
    }

    fn walk(&self, value: &mut Value, key: &str) {
        match value {
            Value::String(text) => *text = self.field(text, key),
            Value::Array(items) => items.iter_mut().for_each(|item| self.walk(item, key)),
            Value::Object(fields) => {
                for (name, field) in fields.iter_mut() {
                    if !OURS.contains(&name.as_str()) {
                        self.walk(field, name);
                    }
                }
            }
            _ => {}
        }
    }

    fn field(&self, text: &str, key: &str) -> String {
        match key {
            "id" | "explained_by" | "affects" => self.path_of_ids(text),
            key if CLOSED.contains(&key) => self.address_or(text),
            _ => self.text(text),
        }
    }

    fn address_or(&self, text: &str) -> String {
        text.parse().map_or_else(
            |_| text.to_owned(),
            |address| self.address(address).to_string(),
        )
    }

    fn path_of_ids(&self, text: &str) -> String {
        let parts: Vec<&str> = text
            .split('/')
            .map(|part| self.ids.get(part).map_or(part, String::as_str))
            .collect();
        parts.join("/")
    }

    fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        // Longer words first: one may stand inside another.
        let mut names: Vec<(&String, &String)> = self.names.iter().chain(&self.ids).collect();
        names.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        for (word, instead) in names {
            text = replaced(&text, word, instead);
        }
        let mut safe = String::new();
        let mut rest = text.as_str();
        while let Some(begin) = rest.find(is_word) {
            let (before, after) = rest.split_at(begin);
            let end = after.find(|c| !is_word(c)).unwrap_or(after.len());
            safe.push_str(before);
            safe.push_str(&self.token(&after[..end]));
            rest = &after[end..];
        }
        safe.push_str(rest);
        safe
    }

    /// One run of letters, digits and what stands inside names, addresses and paths.
    fn token(&self, token: &str) -> String {
        let core = token.trim_matches(|c| ".:[]/-".contains(c));
        let instead = if let Ok(address) = core.parse::<IpAddr>() {
            self.address(address).to_string()
        } else if let Ok(socket) = token.parse::<SocketAddr>() {
            return SocketAddr::new(self.address(socket.ip()), socket.port()).to_string();
        } else if core.contains('@') {
            "user@redacted.invalid".to_owned()
        } else if core.starts_with("Users/") || core.starts_with("home/") {
            "home/redacted".to_owned()
        } else if is_guid(core) {
            "00000000-0000-0000-0000-000000000000".to_owned()
        } else {
            return self.hosts(token);
        };
        token.replacen(core, &instead, 1)
    }

    /// A token may be `host:port` or `scheme://host/path`: each part is looked at.
    fn hosts(&self, token: &str) -> String {
        let mut safe = String::new();
        for part in token.split_inclusive([':', '/']) {
            let host = part.trim_end_matches([':', '/', '.']);
            if self.is_name_of_somebody(host) {
                safe.push_str("host.redacted.invalid");
            } else if let Ok(address) = host.parse::<IpAddr>() {
                safe.push_str(&self.address(address).to_string());
            } else {
                safe.push_str(host);
            }
            safe.push_str(&part[host.len()..]);
        }
        safe
    }

    fn is_name_of_somebody(&self, word: &str) -> bool {
        let Some((_, last)) = word.rsplit_once('.') else {
            return false;
        };
        let looks = last.len() >= 2 && last.chars().all(|c| c.is_ascii_alphabetic());
        looks
            && !is_public_name(word)
            && !self.kept.iter().any(|id| id == word)
            && !FILES.iter().any(|ending| word.ends_with(ending))
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || ".-_:/@%[]".contains(character)
}

/// A word only where it does not go on to either side.
fn replaced(text: &str, word: &str, instead: &str) -> String {
    let mut safe = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(word) {
        let (before, after) = (&rest[..at], &rest[at + word.len()..]);
        let goes_on = |c: char| c.is_alphanumeric();
        let inside = before.chars().next_back().is_some_and(goes_on)
            || after.chars().next().is_some_and(goes_on);
        safe.push_str(before);
        safe.push_str(if inside { word } else { instead });
        rest = after;
    }
    safe.push_str(rest);
    safe
}

fn is_guid(word: &str) -> bool {
    let lengths: Vec<usize> = word.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && word.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

/// The address that every run dials and nobody has.
fn is_canary(address: IpAddr) -> bool {
    address == IpAddr::from([192, 0, 2, 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_addresses_and_tenants_go_and_the_vendors_stay() {
        let mut words = Words::default();
        words.name("Acme Inspection CA", "redacted");
        words.own(["198.51.100.7".parse().expect("an address")]);
        for (text, expected) in [
            ("17.1.2.3:5223 is silent", "17.1.2.3:5223 is silent"),
            ("10.0.0.5:443: refused", "203.0.113.0:443: refused"),
            ("from 198.51.100.7.", "from 203.0.113.1."),
            ("by CN=Acme Inspection CA", "by CN=redacted"),
            (
                "https://mdm.acme.example:8443/x",
                "https://host.redacted.invalid:8443/x",
            ),
            (
                "7-courier.push.apple.com:5223",
                "7-courier.push.apple.com:5223",
            ),
            ("acme.jamfcloud.com", "host.redacted.invalid"),
            ("ask jdoe@acme.example", "ask user@redacted.invalid"),
            (
                "tenant 72f988bf-86f1-41af-91ab-2d7cd011db47",
                "tenant 00000000-0000-0000-0000-000000000000",
            ),
            ("TLS1.3, HTTP/2 400", "TLS1.3, HTTP/2 400"),
        ] {
            assert_eq!(words.text(text), expected);
        }
    }
}
