//! A report without what names the organisation, the machine or a person.
//!
//! What can be told from its place in the report is taken out there; every text is then searched for
//! the same words, and for whatever looks like a name, an address or a tenant.

mod words;

use std::net::{IpAddr, SocketAddr};

use crate::net::tls::TlsSeen;
use crate::net::trust::StoreName;
use crate::profile::Origin;
use crate::report::{Check, Prerequisite, Report, Vantage};
use words::{Words, is_public_name};

const GONE: &str = "redacted";
/// With these the ids of the built-in profiles begin; other ids are the organisation's own.
const BUILT_IN: [&str; 5] = ["apple.", "entra.", "intune.", "jamf.", "mac."];

pub fn redact(report: &Report) -> Report {
    let mut words = Words::default();
    learn(report, &mut words);
    let mut report = report.clone();
    report.vantage = vantage(&report.vantage);
    for profile in &mut report.profiles {
        if profile.origin == Origin::BuiltIn {
            continue;
        }
        if let Origin::File(_) = profile.origin {
            profile.origin = Origin::File("profile.toml".to_owned());
        }
        GONE.clone_into(&mut profile.name);
        GONE.clone_into(&mut profile.title);
        profile.description.clear();
    }
    for prerequisite in &mut report.prerequisites {
        requirement(prerequisite);
        for check in &mut prerequisite.checks {
            row(check);
        }
    }
    words.rewrite(&report).unwrap_or_else(|| {
        // Every address and id is put back as one, so that this cannot happen; but what cannot be
        // redacted is not shown.
        report.prerequisites.clear();
        report.diagnoses.clear();
        report.remarks.clear();
        report
    })
}

/// Collects every word that is known to name somebody.
fn learn(report: &Report, words: &mut Words) {
    let vantage = &report.vantage;
    words.name(&vantage.hostname, "machine");
    if let Some((first, _)) = vantage.hostname.split_once('.') {
        words.name(first, "machine");
    }
    words.own(vantage.addresses.iter().copied().chain(vantage.gateway));
    words.own(vantage.resolvers.iter().map(SocketAddr::ip));
    for text in vantage.proxy.iter().chain(&vantage.extensions) {
        words.name(text, GONE);
    }
    for profile in &report.profiles {
        match &profile.origin {
            Origin::BuiltIn => {}
            Origin::File(file) => {
                words.name(file, "profile.toml");
                words.name(&profile.name, GONE);
            }
            Origin::CommandLine => words.name(&profile.name, GONE),
        }
    }
    for prerequisite in &report.prerequisites {
        words.id(
            &prerequisite.id,
            is_built_in(&prerequisite.id),
            "prerequisite",
        );
        for check in &prerequisite.checks {
            words.id(&check.id, is_built_in(&prerequisite.id), "check");
            if let Some(place) = &check.source
                && !is_built_in(&prerequisite.id)
            {
                words.name(&place.file, "profile.toml");
            }
            learn_row(check, words);
        }
    }
}

fn learn_row(check: &Check, words: &mut Words) {
    let host = check.target.host.as_deref().unwrap_or_default();
    let stages = &check.stages;
    if !is_public_name(host) {
        words.name(host, "host.redacted.invalid");
        let answers = stages.dns.iter().flat_map(|dns| &dns.addresses);
        words.own(answers.map(|answer| answer.address));
        words.own(check.addresses.iter().map(|address| address.address));
        words.own(stages.tcp.iter().map(|tcp| tcp.peer.ip()));
    }
    for query in stages.dns.iter().flat_map(|dns| &dns.queries) {
        words.own([query.resolver.ip()]);
    }
    if let Some(tcp) = &stages.tcp {
        words.own(tcp.local.iter().chain(&tcp.dialled).map(SocketAddr::ip));
        words.own(tcp.icmp.iter().map(|icmp| icmp.from));
    }
    for certificate in stages.tls.iter().flat_map(|tls| &tls.seen.chain) {
        if is_public(
            check.target.host.as_deref(),
            stages.tls.as_ref().map(|tls| &tls.seen),
        ) {
            continue;
        }
        for part in [&certificate.subject, &certificate.issuer] {
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

fn is_built_in(id: &str) -> bool {
    BUILT_IN.iter().any(|begin| id.starts_with(begin))
}

/// Whether a chain is one that everybody sees: a vendor's host, by a public authority.
fn is_public(host: Option<&str>, tls: Option<&TlsSeen>) -> bool {
    let by = |store| tls.is_some_and(|tls| tls.trusted_by.contains(&store));
    is_public_name(host.unwrap_or_default()) && (by(StoreName::Public) || by(StoreName::Apple))
}

/// What stays is rewritten with the texts, addresses included.
fn vantage(vantage: &Vantage) -> Vantage {
    Vantage {
        roles: vantage.roles.clone(),
        hostname: "machine".to_owned(),
        os: vantage.os.clone(),
        interface: vantage.interface.clone(),
        addresses: vantage.addresses.clone(),
        gateway: vantage.gateway,
        tunnel: vantage.tunnel,
        extensions: Vec::new(),
        resolvers: vantage.resolvers.clone(),
        proxy: vantage.proxy.as_ref().map(|_| GONE.to_owned()),
    }
}

/// The organisation's own requirement keeps its shape, not its words.
fn requirement(prerequisite: &mut Prerequisite) {
    if is_built_in(&prerequisite.id) {
        return;
    }
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
    let tls = check.stages.tls.as_ref().map(|tls| &tls.seen);
    let public = is_public(check.target.host.as_deref(), tls);
    if let Some(tls) = &mut check.stages.tls
        && !public
    {
        tls.seen.names.clear();
        tls.seen.first_bytes = None;
        for certificate in &mut tls.seen.chain {
            certificate.names.clear();
            certificate.ca_issuers.clear();
            GONE.clone_into(&mut certificate.sha256);
            GONE.clone_into(&mut certificate.key_sha256);
            certificate.issuer_key_sha256 = None;
            certificate.authority_key_id = None;
        }
    }
    if let Some(http) = &mut check.stages.http {
        http.headers.clear();
        http.location = None;
        if !public {
            http.server = None;
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
