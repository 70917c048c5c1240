//! Texts rewritten: known words by their stand-ins, and whatever looks like a name or an address.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use serde_json::Value;

use super::spelling::{decoded, is_guid, is_word, within};
use super::stand_in;
use super::trie::Trie;
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
/// Endings of files in the vendors' public repositories; elsewhere they are countries.
const FILES: [&str; 2] = [".md", ".rs"];
/// Folders under which a path tells whose machine it is.
const FOLDERS: [&str; 12] = [
    "Library", "Users", "Volumes", "etc", "home", "mnt", "opt", "private", "root", "srv", "tmp",
    "var",
];

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
const OURS: [&str; 4] = ["counts", "schema", "started", "tool"];

/// What is to be replaced, and by what.
#[derive(Debug, Default)]
pub(super) struct Words {
    names: BTreeMap<String, String>,
    ids: BTreeMap<String, String>,
    kept: BTreeSet<String>,
    addresses: BTreeMap<IpAddr, IpAddr>,
    /// The vendors': everybody sees them.
    public: BTreeSet<IpAddr>,
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
        let is_address = word.parse::<IpAddr>().is_ok() || word.parse::<SocketAddr>().is_ok();
        if word.len() > 2 && !is_address && word != "localhost" && !is_public_name(word) {
            self.names.insert(word.to_owned(), instead.to_owned());
        }
    }

    pub(super) fn id(&mut self, id: &str, built_in: bool, kind: &str) {
        if built_in {
            self.kept.insert(id.to_owned());
        } else if !self.ids.contains_key(id) {
            let number = self.ids.len() + 1;
            self.ids.insert(id.to_owned(), format!("{kind}-{number}"));
        }
    }

    pub(super) fn own(&mut self, addresses: impl IntoIterator<Item = IpAddr>) {
        for address in addresses {
            let address = address.to_canonical();
            if !address.is_loopback() && !self.addresses.contains_key(&address) {
                let number = self.addresses.len() + 1;
                self.addresses.insert(address, stand_in(number, address));
            }
        }
    }

    pub(super) fn public(&mut self, addresses: impl IntoIterator<Item = IpAddr>) {
        self.public.extend(addresses);
    }

    /// An address that is not known to be a vendor's may be the organisation's, or its provider's.
    fn address(&self, address: IpAddr) -> IpAddr {
        let address = address.to_canonical();
        let shared = || match kind(address) {
            // The rest of such an address can be a network card's own number.
            Kind::Undialable if matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local()) => {
                is_stand_in(address)
            }
            Kind::Loopback | Kind::Undialable => true,
            Kind::Public => self.public.contains(&address) || is_apples(address),
            Kind::Private | Kind::Synthetic => is_canary(address) || is_stand_in(address),
        };
        match self.addresses.get(&address) {
            Some(instead) => *instead,
            None if shared() => address,
            None => stand_in(0, address),
        }
    }

    /// The report with every text rewritten; none if it would not be a report any more.
    pub(super) fn rewrite(&self, report: &Report) -> Option<Report> {
        let mut value = serde_json::to_value(report).ok()?;
        let known = Trie::of(self.names.iter().chain(&self.ids));
        Pass { words: self, known }.walk(&mut value, "");
        serde_json::from_value(value).ok()
    }
}

/// One pass over a report.
struct Pass<'a> {
    words: &'a Words,
    known: Trie,
}

impl Pass<'_> {
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
            |address| self.words.address(address).to_string(),
        )
    }

    fn path_of_ids(&self, text: &str) -> String {
        let parts: Vec<&str> = text
            .split('/')
            .map(|part| self.words.ids.get(part).map_or(part, String::as_str))
            .collect();
        parts.join("/")
    }

    fn text(&self, text: &str) -> String {
        self.each(text, Self::token)
    }

    /// Known words first, then every run of letters, digits and what stands inside names and paths.
    fn each(&self, text: &str, token: fn(&Self, &str) -> String) -> String {
        let text = self.known.replaced(text);
        let mut safe = String::new();
        let mut rest = text.as_str();
        while let Some(begin) = rest.find(is_word) {
            let (before, after) = rest.split_at(begin);
            let end = after.find(|c| !is_word(c)).unwrap_or(after.len());
            safe.push_str(before);
            safe.push_str(&token(self, &after[..end]));
            rest = &after[end..];
        }
        safe.push_str(rest);
        safe
    }

    fn token(&self, token: &str) -> String {
        let Some(plain) = decoded(token) else {
            return self.plain(token);
        };
        let safe = self.each(&plain, Self::plain);
        if safe == plain {
            token.to_owned()
        } else {
            safe
        }
    }

    fn plain(&self, token: &str) -> String {
        let core = token.trim_matches(|c| ".[]/\\-".contains(c));
        // Two colons may end an address, one may follow it.
        let colon = core.strip_suffix(':').unwrap_or(core);
        let core = [core, colon]
            .into_iter()
            .find(|core| core.parse::<IpAddr>().is_ok())
            .unwrap_or_else(|| core.trim_matches(':'));
        let path = core.split_once(":\\").map_or(core, |(_, path)| path);
        let folder = path.split(['/', '\\']).next().unwrap_or_default();
        let instead = if let Ok(address) = core.parse::<IpAddr>() {
            self.words.address(address).to_string()
        } else if let Ok(socket) = token.parse::<SocketAddr>() {
            let address = self.words.address(socket.ip());
            return SocketAddr::new(address, socket.port()).to_string();
        } else if let Some(address) = within(core) {
            // A block, or an address with its interface: both tell where the machine is.
            let (block, instead) = (&core[address.len()..], self.words.address_of(address));
            match instead {
                Some(instead) if block.starts_with('/') => format!("{instead}{block}"),
                Some(instead) => instead,
                None => core.to_owned(),
            }
        } else if core.contains('@') {
            "user@redacted.invalid".to_owned()
        } else if path.len() > folder.len() && FOLDERS.contains(&folder) {
            "home/redacted".to_owned()
        } else {
            return self.hosts(token);
        };
        token.replacen(core, &instead, 1)
    }

    /// A token may be `host:port` or `scheme://host/path`: each part is looked at.
    fn hosts(&self, token: &str) -> String {
        let in_repository = token.contains("github.com/");
        let mut safe = String::new();
        for part in token.split_inclusive([':', '/', '\\']) {
            let host = part.trim_end_matches([':', '/', '.', '\\']);
            let file = in_repository && FILES.iter().any(|ending| host.ends_with(ending));
            if !file && self.words.is_name_of_somebody(host) {
                safe.push_str("host.redacted.invalid");
            } else if is_guid(host) {
                safe.push_str("00000000-0000-0000-0000-000000000000");
            } else if let Ok(address) = host.parse::<IpAddr>() {
                safe.push_str(&self.words.address(address).to_string());
            } else {
                safe.push_str(host);
            }
            safe.push_str(&part[host.len()..]);
        }
        safe
    }
}

impl Words {
    fn address_of(&self, text: &str) -> Option<String> {
        Some(self.address(text.parse().ok()?).to_string())
    }

    fn is_name_of_somebody(&self, word: &str) -> bool {
        let Some((_, last)) = word.rsplit_once('.') else {
            return false;
        };
        let letters = last.chars().all(char::is_alphabetic) || last.starts_with("xn--");
        let looks = last.chars().count() >= 2 && letters;
        let file = ["json", "toml"].contains(&last);
        looks && !file && !is_public_name(word) && !self.kept.contains(word)
    }
}

/// The addresses that every run dials and nobody has.
fn is_canary(address: IpAddr) -> bool {
    address == IpAddr::from([192, 0, 2, 1])
        || address == IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1])
}

fn is_apples(address: IpAddr) -> bool {
    matches!(address, IpAddr::V4(v4) if v4.octets()[0] == 17)
}

/// Redacting twice is redacting once.
fn is_stand_in(address: IpAddr) -> bool {
    (0..256).any(|number| stand_in(number, address) == address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_addresses_and_tenants_go_and_the_vendors_stay() {
        let mut words = Words::default();
        words.name("Acme Inspection CA", "redacted");
        words.own(["198.51.100.7".parse().expect("an address")]);
        words.public(["20.190.1.1".parse().expect("an address")]);
        let known = Trie::of(words.names.iter());
        let pass = Pass {
            words: &words,
            known,
        };
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
            ("by ACME inspection ca.", "by redacted."),
            (
                "hop 62.155.1.1, then 20.190.1.1",
                "hop 203.0.113.0, then 20.190.1.1",
            ),
            (
                "::ffff:10.0.0.5 in 10.0.0.0/24",
                "203.0.113.0 in 203.0.113.0/24",
            ),
            (
                "2A02:0810:0:0::7/48 fe80::1%en0",
                "2001:db8::/48 2001:db8::",
            ),
            ("[2a02:810::7]:443", "[2001:db8::]:443"),
            ("mdm%2Eacme%2Eexample", "host.redacted.invalid"),
            (
                "xn--bcher-kva.example. acme.xn--p1ai",
                "host.redacted.invalid. host.redacted.invalid",
            ),
            ("C:\\Users\\jdoe\\x.toml", "home/redacted"),
            ("/opt/acme/x.toml", "/home/redacted"),
            ("acme.md, 17.0.0.0/8", "host.redacted.invalid, 17.0.0.0/8"),
            (
                "https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0",
                "https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000/v2.0",
            ),
        ] {
            assert_eq!(pass.text(text), expected);
        }
    }
}
