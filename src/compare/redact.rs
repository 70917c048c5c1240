//! A report without what names the organisation, the machine or a person.
//!
//! What can be told from its place in the report is taken out there; every text is then searched for
//! the same words, and for whatever looks like a name, an address or a tenant.

mod asked;
mod spelling;
mod trie;
mod words;

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use serde_json::Value;

use crate::code::Stage;
use crate::net::path::Path;
use crate::net::tls::TlsSeen;
use crate::net::trust::StoreName;
use crate::profile::{BUILTINS, Origin};
use crate::report::{Check, Prerequisite, Report, Stages, Vantage};
use words::{Words, is_public_name};

const GONE: &str = "redacted";
/// What the built-in profiles say, which is nobody's own.
struct Shared {
    ids: BTreeSet<&'static str>,
    titles: BTreeSet<&'static str>,
}

impl Shared {
    fn read(words: &mut Words) -> Self {
        let (mut ids, mut titles) = (BTreeSet::new(), BTreeSet::new());
        for builtin in BUILTINS {
            for line in builtin.text.lines() {
                if let Some(id) = quoted(line, "id") {
                    ids.insert(id);
                }
                if let Some(title) = quoted(line, "title") {
                    titles.insert(title);
                }
            }
            let word = |c: char| !c.is_ascii_hexdigit() && !".:".contains(c);
            words.public(
                builtin
                    .text
                    .split(word)
                    .filter_map(|part| part.parse().ok()),
            );
        }
        Self { ids, titles }
    }

    /// An organisation may call its own requirement as it likes, even by an id that begins like ours.
    fn has(&self, prerequisite: &Prerequisite) -> bool {
        self.ids.contains(prerequisite.id.as_str())
            && self.titles.contains(prerequisite.title.as_str())
    }
}

fn quoted<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    let value = line.strip_prefix(key)?.trim_start().strip_prefix('=')?;
    value.trim().strip_prefix('"')?.strip_suffix('"')
}

pub fn redact(report: &Report) -> Report {
    let mut words = Words::default();
    let shared = Shared::read(&mut words);
    learn(report, &shared, &mut words);
    let mut report = report.clone();
    report.vantage = vantage(&report.vantage);
    report.run.arguments = asked::redacted(&report.run.arguments);
    for profile in &mut report.profiles {
        if profile.origin == Origin::BuiltIn {
            continue;
        }
        if let Origin::File(_) = profile.origin {
            profile.origin = Origin::File("profile.toml".to_owned());
        }
        for text in [&mut profile.name, &mut profile.title, &mut profile.version] {
            GONE.clone_into(text);
        }
        profile.description.clear();
    }
    for prerequisite in &mut report.prerequisites {
        if !shared.has(prerequisite) {
            requirement(prerequisite);
        }
        for check in &mut prerequisite.checks {
            row(check);
        }
    }
    words.rewrite(&report).unwrap_or_else(|| {
        // Every address and id is put back as one; but what cannot be redacted is not shown.
        report.prerequisites.clear();
        report.diagnoses.clear();
        report.reasoning.clear();
        report.remarks.clear();
        report.headline.clear();
        report
    })
}

/// Collects every word that is known to name somebody.
fn learn(report: &Report, shared: &Shared, words: &mut Words) {
    learn_vantage(&report.vantage, words);
    asked::learn(&report.run.arguments, words);
    for profile in &report.profiles {
        match &profile.origin {
            Origin::BuiltIn => continue,
            Origin::File(file) => learn_file(file, words),
            Origin::CommandLine => {}
        }
        words.name(&profile.name, GONE);
        words.name(&profile.title, GONE);
    }
    for prerequisite in &report.prerequisites {
        let ours = shared.has(prerequisite);
        words.id(&prerequisite.id, ours, "prerequisite");
        if !ours {
            for text in [&prerequisite.title, &prerequisite.why, &prerequisite.remedy] {
                words.name(text, GONE);
            }
            for source in &prerequisite.sources {
                words.name(&source.says, GONE);
                words.name(&source.url, GONE);
            }
        }
        for check in &prerequisite.checks {
            words.id(&check.id, ours, "check");
            if !ours {
                words.name(&check.title, GONE);
            }
            if let Some(place) = &check.source {
                learn_file(&place.file, words);
            }
            learn_row(check, words);
        }
    }
}

fn learn_vantage(vantage: &Vantage, words: &mut Words) {
    words.name(&vantage.hostname, "machine");
    if let Some((first, _)) = vantage.hostname.split_once('.') {
        words.name(first, "machine");
    }
    words.own(vantage.addresses.iter().copied().chain(vantage.gateway));
    words.own(vantage.resolvers.iter().map(SocketAddr::ip));
    let proxies = || vantage.proxy.iter().chain(&vantage.proxy_unused);
    for text in proxies().chain(&vantage.extensions) {
        words.name(text, GONE);
    }
    for (before, _) in proxies().filter_map(|proxy| proxy.rsplit_once('@')) {
        let secrets = before.rsplit("://").next().unwrap_or_default();
        for part in secrets.split(':') {
            words.name(part, GONE);
        }
    }
    for name in vantage.interface.iter().chain(&vantage.source) {
        if !is_usual(name) && name.parse::<IpAddr>().is_err() {
            words.name(name, "interface");
        }
    }
}

/// A path, and the person in whose folder it is.
fn learn_file(file: &str, words: &mut Words) {
    if BUILTINS
        .iter()
        .any(|builtin| file == format!("profiles/{}.toml", builtin.name))
    {
        return;
    }
    words.name(file, "profile.toml");
    let mut parts = file.split(['/', '\\']);
    while let Some(folder) = parts.next() {
        if (folder == "Users" || folder == "home")
            && let Some(person) = parts.next()
        {
            words.name(person, "user");
        }
    }
}

fn learn_row(check: &Check, words: &mut Words) {
    let host = check.target.host.as_deref().unwrap_or_default();
    let stages = &check.stages;
    let tls = stages.tls.as_deref().map(|tls| tls.seen.as_ref());
    let answers = stages.dns.iter().flat_map(|dns| &dns.addresses);
    let answers = answers.map(|answer| answer.address);
    let dialled = check.addresses.iter().map(|address| address.address);
    let proxied = learn_proxy(check, words);
    let peer = stages.tcp.iter().map(|tcp| tcp.peer.ip());
    let peer = peer.filter(|_| !proxied);
    let all: Vec<IpAddr> = answers.chain(dialled).chain(peer).collect();
    if !is_public_name(host) {
        words.name(host, "host.redacted.invalid");
        words.own(all);
    } else if check.stage != Some(Stage::Dns) && tls.is_none_or(|_| is_public(Some(host), tls)) {
        // Where the name leads astray, or somebody else answers, the address may be anybody's.
        words.public(all);
    }
    for query in stages.dns.iter().flat_map(|dns| &dns.queries) {
        words.own([query.resolver.ip()]);
    }
    if let Some(tcp) = &stages.tcp {
        words.own(tcp.local.iter().chain(&tcp.dialled).map(SocketAddr::ip));
        words.own(tcp.icmp.iter().map(|icmp| icmp.from));
    }
    let paths = check.follow_ups.iter().filter_map(|one| one.path.as_ref());
    words.own(paths.flat_map(|path| &path.hops).map(|hop| hop.address));
    for text in texts(stages) {
        words.name(text, GONE);
    }
    for hop in check
        .follow_ups
        .iter()
        .filter_map(|one| one.redirect.as_ref())
    {
        // Where a redirect leads may be anybody's own, whoever sent it.
        words.name(&hop.url, GONE);
    }
    if is_public(Some(host), tls) {
        return;
    }
    learn_chain(tls, words);
    if let Some(http) = &stages.http {
        let location = http.location.as_deref().unwrap_or_default();
        let (_, query) = location.split_once('?').unwrap_or_default();
        for text in [location, query, http.title.as_deref().unwrap_or_default()] {
            words.name(text, GONE);
        }
    }
}

/// A proxy is the organisation's own, whatever is behind it; whether there is one.
fn learn_proxy(check: &Check, words: &mut Words) -> bool {
    let paths = check.paths.iter().map(|one| &one.path).chain(&check.path);
    let tried = check.findings.iter().filter_map(|one| one.proxy.as_ref());
    for proxy in paths.filter_map(Path::proxy).chain(tried) {
        let (_, authority) = proxy.split_once("://").unwrap_or(("", proxy));
        let (host, _) = authority.rsplit_once(':').unwrap_or((authority, ""));
        words.name(authority, "proxy.redacted.invalid");
        words.name(host, "proxy.redacted.invalid");
    }
    let carries = check.path.as_ref().and_then(Path::proxy).is_some();
    if carries {
        words.own(check.stages.tcp.iter().map(|tcp| tcp.peer.ip()));
    }
    if let Some(seen) = &check.stages.proxy {
        for text in [&seen.reason, &seen.software, &seen.first_bytes] {
            words.name(text.as_deref().unwrap_or_default(), GONE);
        }
        learn_chain(seen.tls.as_ref(), words);
    }
    carries
}

fn learn_chain(tls: Option<&TlsSeen>, words: &mut Words) {
    let Some(tls) = tls else { return };
    // A public authority signs for everybody: what names somebody is the leaf.
    let by_public = tls.trusted_by.contains(&StoreName::Public);
    for (index, certificate) in tls.chain.iter().enumerate() {
        let mut parts = Vec::new();
        if index == 0 || !by_public {
            parts.push(&certificate.subject);
        }
        if !by_public {
            parts.push(&certificate.issuer);
        }
        for part in parts {
            words.name(part, "CN=redacted");
            for value in part.split(", ").filter_map(|part| part.split_once('=')) {
                if value.0 != "C" {
                    words.name(value.1, GONE);
                }
            }
        }
        for name in &certificate.names {
            words.name(name, "host.redacted.invalid");
        }
    }
}

/// The facts that somebody wrote in words of his own, such as an application's name. Names of hosts, tenants and
/// persons are found by their looks.
fn texts(stages: &Stages) -> impl Iterator<Item = &str> {
    let facts = stages.app.iter().flat_map(|app| app.facts.values());
    let all = facts.flat_map(|fact| match fact {
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    });
    all.filter_map(Value::as_str)
        .filter(|text| text.contains(char::is_whitespace))
}

/// Whether a chain is one that everybody sees: a vendor's host, by a public authority.
fn is_public(host: Option<&str>, tls: Option<&TlsSeen>) -> bool {
    let by = |store| tls.is_some_and(|tls| tls.trusted_by.contains(&store));
    is_public_name(host.unwrap_or_default()) && (by(StoreName::Public) || by(StoreName::Apple))
}

/// `en0` or `utun12`, as every machine has them; other names were somebody's choice or tell a serial number.
fn is_usual(name: &str) -> bool {
    const KINDS: [&str; 14] = [
        "br", "bridge", "en", "eno", "ens", "eth", "ipsec", "lo", "ppp", "tap", "tun", "utun",
        "wg", "wlan",
    ];
    let number = name.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let kind = &name[..name.len() - number.len()];
    let short = number.len() <= 3 && number.chars().all(|c| c.is_ascii_digit());
    short && KINDS.contains(&kind)
}

/// What stays is rewritten with the texts, addresses included.
fn vantage(vantage: &Vantage) -> Vantage {
    let named = |name: &String| {
        if is_usual(name) || name.parse::<IpAddr>().is_ok() {
            name.clone()
        } else {
            "interface".to_owned()
        }
    };
    Vantage {
        roles: vantage.roles.clone(),
        hostname: "machine".to_owned(),
        os: vantage.os.clone(),
        interface: vantage.interface.as_ref().map(named),
        source: vantage.source.as_ref().map(named),
        addresses: vantage.addresses.clone(),
        gateway: vantage.gateway,
        tunnel: vantage.tunnel,
        networks: Vec::new(),
        extensions: Vec::new(),
        resolvers: vantage.resolvers.clone(),
        proxy: vantage.proxy.as_ref().map(|_| GONE.to_owned()),
        proxy_unused: vantage.proxy_unused.as_ref().map(|_| GONE.to_owned()),
        proxy_discovery: vantage.proxy_discovery,
    }
}

/// The organisation's own requirement keeps its shape, not its words.
fn requirement(prerequisite: &mut Prerequisite) {
    for text in [
        &mut prerequisite.title,
        &mut prerequisite.why,
        &mut prerequisite.remedy,
    ] {
        GONE.clone_into(text);
    }
    prerequisite.sources.clear();
    for check in &mut prerequisite.checks {
        GONE.clone_into(&mut check.title);
    }
}

/// What identifies by itself: fingerprints, headers, further names.
fn row(check: &mut Check) {
    let tls = check.stages.tls.as_deref().map(|tls| tls.seen.as_ref());
    let public = is_public(check.target.host.as_deref(), tls);
    if let Some(tls) = &mut check.stages.tls
        && !public
    {
        let seen = Arc::make_mut(&mut tls.seen);
        seen.names.clear();
        seen.first_bytes = None;
        for certificate in &mut seen.chain {
            certificate.names.clear();
            certificate.ca_issuers.clear();
            GONE.clone_into(&mut certificate.sha256);
            GONE.clone_into(&mut certificate.key_sha256);
            certificate.issuer_key_sha256 = None;
            certificate.authority_key_id = None;
        }
    }
    if let Some(http) = check.stages.http.as_mut().map(Arc::make_mut) {
        http.headers.clear();
        http.location = None;
        if !public {
            http.server = None;
            http.title = None;
        }
    }
    if let Some(dns) = &mut check.stages.dns {
        dns.cname.retain(|name| is_public_name(name));
    }
}

/// The addresses that stand for the machine's and the organisation's own.
fn stand_in(number: usize, of: IpAddr) -> IpAddr {
    // 256 of them are told apart; a report with more shows some as one.
    let last = u8::try_from(number % 256).unwrap_or_default();
    match of {
        IpAddr::V4(_) => IpAddr::from([203, 0, 113, last]),
        IpAddr::V6(_) => IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, u16::from(last)]),
    }
}
