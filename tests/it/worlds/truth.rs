//! What is really wrong in each world of the tables, and who does it; and how many different worlds that makes.

use std::collections::{BTreeMap, BTreeSet};

use super::case::Case;
use super::{
    firewall, healthy, loss, machine, middlebox, mitmproxy, names, negative, nginx, partial,
    servers, squid, time,
};

/// Who is at fault.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Role {
    Nobody,
    Client,
    Router,
    Resolver,
    Proxy,
    Server,
}

use Role::{Client, Nobody, Proxy, Resolver, Router, Server};

/// The worlds of `proxies` are not among these: nmap (`-sT`) and a bare curl connect directly, so what a proxy does wrong
/// changes none of their answers, and a curl that is given the proxy is another question than the one that nmap answers.
const TABLES: &[&[Case<'static>]] = &[
    firewall::DROPS,
    firewall::REFUSALS,
    firewall::HELLOS,
    firewall::IPV6,
    healthy::HEALTHY,
    loss::LOST,
    machine::OFFLINE,
    machine::OWN,
    machine::DEAD,
    names::CASES,
    negative::BLOCKS,
    negative::BROKEN,
    negative::CANARY,
    nginx::CERTIFICATES,
    nginx::HANDSHAKES,
    nginx::ANSWERS,
    nginx::OTHERS,
    partial::PARTIAL,
    servers::SERVERS,
    servers::ANSWERS,
    servers::COURIERS,
    squid::PROXIES,
    squid::INSPECTION,
    middlebox::SPOILT,
    mitmproxy::MITMPROXY,
    time::TIME,
];

/// Every world of the tables.
pub(super) fn all() -> impl Iterator<Item = &'static Case<'static>> {
    TABLES.iter().copied().flatten()
}

/// World, fault, offender. The same fault over IPv4 and over IPv6, or at another port, bears the same words.
const TRUTH: &[(&str, &str, Role)] = &[
    ("5223 dropped", "a port dropped", Router),
    ("443 dropped", "a port dropped", Router),
    ("all of push dropped", "a block dropped", Router),
    ("a /18 for a /8", "a part of a block dropped", Router),
    ("17/8 prohibited", "admin-prohibited", Router),
    ("IPv6 prohibited", "admin-prohibited", Router),
    ("Graph refused: host-prohibited", "host-prohibited", Router),
    ("Graph refused: net-prohibited", "net-prohibited", Router),
    (
        "Graph refused: port-unreachable",
        "port-unreachable",
        Router,
    ),
    (
        "Graph refused: host-unreachable",
        "host-unreachable",
        Router,
    ),
    ("Graph refused: net-unreachable", "net-unreachable", Router),
    (
        "Graph refused: prot-unreachable",
        "prot-unreachable",
        Router,
    ),
    (
        "Graph reset by the router",
        "a reset in a server's name",
        Router,
    ),
    ("hello dropped", "the hello dropped", Router),
    ("hello reset by the router", "the hello reset", Router),
    ("server mute", "accepts and never speaks", Server),
    ("IPv6 dropped", "a family dropped", Router),
    ("healthy", "", Nobody),
    ("healthy, 2019's ports", "", Nobody),
    ("healthy, without a name of the tenant", "", Nobody),
    ("healthy, one target", "", Nobody),
    (
        "the UDP questions for one name are lost",
        "a question lost",
        Router,
    ),
    ("interface down", "no interface", Client),
    ("no default route", "no route", Client),
    ("own route unreachable", "unreachable route", Client),
    ("own firewall rejects", "own filter rejects", Client),
    ("own firewall drops", "own filter drops", Client),
    ("own firewall rejects DNS", "own filter rejects DNS", Client),
    ("own route prohibited", "prohibit route", Client),
    ("host down behind the router", "host down", Server),
    ("the router has no way on", "prohibit route", Router),
    ("resolver silent", "DNS dropped", Router),
    (
        "a box finds no question well formed",
        "FORMERR to everything",
        Resolver,
    ),
    (
        "a box answers that it cannot",
        "NOTIMP to everything",
        Resolver,
    ),
    (
        "a box answers under another number",
        "wrong message numbers",
        Resolver,
    ),
    (
        "a box leads a name in a circle",
        "aliases in a circle",
        Resolver,
    ),
    (
        "the router refuses UDP and TCP to the resolver",
        "DNS refused",
        Router,
    ),
    (
        "the router refuses UDP to the resolver and resets TCP",
        "DNS refused, its TCP reset",
        Router,
    ),
    (
        "the router drops UDP to the resolver and resets TCP",
        "DNS dropped, its TCP reset",
        Router,
    ),
    (
        "this machine's own firewall refuses DNS",
        "DNS refused",
        Client,
    ),
    (
        "nothing listens where the resolver should",
        "no DNS server",
        Resolver,
    ),
    (
        "the first of two resolvers silent",
        "one of two resolvers silent",
        Resolver,
    ),
    (
        "UDP to the resolver lost, TCP works",
        "DNS over UDP dropped",
        Router,
    ),
    (
        "the router refuses UDP and TCP to the resolver",
        "DNS prohibited",
        Router,
    ),
    (
        "nothing listens where the resolver should",
        "no resolver there",
        Resolver,
    ),
    ("dns-nxdomain", "names denied", Resolver),
    ("dns-servfail", "SERVFAIL", Resolver),
    ("dns-aaaa-silent", "questions for IPv6 dropped", Resolver),
    ("dns-sinkhole", "names led to 0.0.0.0", Resolver),
    ("dns-bogon", "names led to a private address", Resolver),
    (
        "port 25 dropped at a living address",
        "a port dropped",
        Router,
    ),
    (
        "port 25 prohibited by the router",
        "admin-prohibited",
        Router,
    ),
    ("port 25 open", "a port open that should not be", Router),
    ("dead silence", "a block dropped", Router),
    ("a host that refuses", "a port closed", Server),
    (
        "a reset by the router",
        "a reset in a server's name",
        Router,
    ),
    (
        "a refusal of this machine's own firewall",
        "own filter rejects",
        Client,
    ),
    ("a misspelt name", "a name misspelt", Client),
    ("no resolver", "DNS dropped", Router),
    ("offline", "no interface", Client),
    ("a dead host behind the router", "host down", Server),
    ("the deadline comes first", "a deadline too short", Client),
    ("transparent proxy", "everything accepted on the way", Proxy),
    ("nginx: certificate expired", "certificate expired", Server),
    (
        "nginx: certificate not yet valid",
        "certificate not yet valid",
        Server,
    ),
    (
        "nginx: another host's certificate",
        "certificate of another host",
        Server,
    ),
    (
        "nginx: intermediate left out",
        "intermediate left out",
        Server,
    ),
    ("nginx: self-signed", "certificate self-signed", Server),
    ("nginx: private authority", "private authority", Server),
    (
        "nginx: TLS 1.2 without extended master secret",
        "no extended master secret",
        Server,
    ),
    (
        "nginx: private root left out",
        "private authority, not sent",
        Server,
    ),
    (
        "nginx: private authority, given",
        "private authority",
        Server,
    ),
    (
        "nginx: certificate ends in five days",
        "certificate about to end",
        Server,
    ),
    ("nginx: TLS 1.1 at most", "TLS too old", Server),
    (
        "nginx: a cipher of another age",
        "no cipher in common",
        Server,
    ),
    ("nginx: name refused", "name in the hello refused", Server),
    ("nginx: plain HTTP on the port", "no TLS", Server),
    (
        "the server closes after the hello",
        "closed after the hello",
        Server,
    ),
    (
        "nginx: client certificate demanded",
        "client certificate demanded",
        Server,
    ),
    (
        "nginx: nothing behind it",
        "nothing behind the server",
        Server,
    ),
    ("nginx: under maintenance", "503", Server),
    ("nginx: sends elsewhere", "a redirection", Server),
    ("nginx: another site answers", "404", Server),
    (
        "nginx: closes without an answer",
        "closed after the request",
        Server,
    ),
    ("nginx: ends within the body", "body cut short", Server),
    (
        "one address of two dropped",
        "an address of a name dropped",
        Router,
    ),
    (
        "one address of two reset",
        "a reset in a server's name",
        Router,
    ),
    ("jamf-down", "a port closed", Server),
    ("cert-expired", "certificate expired", Server),
    ("cert-wrong-name", "certificate of another host", Server),
    ("not-tls", "no TLS", Server),
    ("tls-reset", "reset after the hello", Server),
    ("http-stalled", "no answer to the request", Server),
    ("block-page", "a page in the service's place", Proxy),
    ("cert-chain-incomplete", "intermediate left out", Server),
    ("entra-throttled", "429", Server),
    ("tenant-unknown", "a tenant that does not exist", Client),
    ("clock-skew", "clock wrong", Client),
    ("server-clock", "clock wrong", Server),
    ("UDP 123 dropped", "UDP dropped", Router),
    ("UDP 123 refused by the router", "UDP refused", Router),
    ("UDP 123 dropped by this machine", "UDP dropped", Client),
    ("ntp-refused", "no time server", Server),
    ("ntp-silent", "a silent time server", Server),
    ("ntp-kiss", "a time server that declines", Server),
    ("ntp-unsynchronised", "a time server without a time", Server),
    ("ntp-forged", "a forged time", Server),
    ("ntp-ahead", "a wrong time server", Server),
    ("courier-port-closed", "a port closed", Server),
    ("push-all-silent", "a block dropped", Router),
    ("range-partial", "a part of a block dropped", Router),
    ("tls-inspected", "TLS opened", Proxy),
    (
        "squid catches port 80",
        "everything accepted on the way",
        Proxy,
    ),
    ("squid forbids", "a page in the service's place", Proxy),
    (
        "squid reaches nobody",
        "a proxy's error in the service's place",
        Proxy,
    ),
    ("squid opens TLS", "TLS opened", Proxy),
    ("mitmproxy opens TLS", "TLS opened", Proxy),
];

/// Fault and offender of a world.
pub(super) fn of(world: &str) -> (&'static str, Role) {
    let row = TRUTH.iter().find(|(name, _, _)| *name == world);
    let (_, fault, role) = row.unwrap_or_else(|| panic!("nobody says what is true in {world}"));
    (fault, *role)
}

#[test]
fn at_least_forty_five_different_worlds_are_in_the_tables() {
    let mut worlds: BTreeMap<(&str, &str, Role), Vec<&str>> = BTreeMap::new();
    let mut names = BTreeSet::new();
    for case in all() {
        assert!(names.insert(case.name), "{} stands there twice", case.name);
        let (fault, role) = of(case.name);
        let code = case.rows.first().map_or("none", |rows| rows.codes[0]);
        worlds
            .entry((fault, code, role))
            .or_default()
            .push(case.name);
    }
    let gone: Vec<&str> = TRUTH
        .iter()
        .map(|(name, _, _)| *name)
        .filter(|name| !names.contains(name))
        .collect();
    assert!(gone.is_empty(), "in no table: {gone:?}");
    // A network in order has no fault.
    let count = worlds.keys().filter(|(_, _, role)| *role != Nobody).count();
    eprintln!(
        "{} worlds in the tables, {count} distinct by fault, code and offender's role",
        names.len()
    );
    assert!(count >= 45, "{worlds:#?}");
}
