//! Where the program runs: what the machine says of itself, and whether it is on a network at all.

use std::net::IpAddr;

use crate::net::endpoint::Host;
use crate::net::{Net, Reach, local};
use crate::plan::{CANARIES, Plan};
use crate::probe::Spec;
use crate::report;

pub(super) fn of(plan: &Plan, net: &Net) -> report::Vantage {
    let roles = plan.roles.clone();
    let resolvers = net.resolvers().to_vec();
    if net.settings().reach == Reach::Closed {
        return report::Vantage {
            roles,
            hostname: "demo".to_owned(),
            os: std::env::consts::OS.to_owned(),
            addresses: vec![IpAddr::V4(std::net::Ipv4Addr::LOCALHOST)],
            resolvers,
            ..report::Vantage::default()
        };
    }
    let source = &net.settings().source;
    let machine = local::Vantage::here(source);
    let proxies = &net.settings().proxies;
    report::Vantage {
        roles,
        hostname: machine.hostname,
        os: machine.os,
        interface: machine.interface,
        source: source.is_chosen().then(|| source.to_string()),
        addresses: machine.addresses,
        networks: machine.networks,
        gateway: machine.gateway,
        tunnel: machine.tunnel,
        extensions: Vec::new(),
        resolvers,
        proxy: proxies.shown(),
        proxy_unused: proxies.unused().named.clone(),
        proxy_discovery: proxies.unused().discovery,
    }
}

/// No address but loopback's, or no route: neither a default one nor one to a resolver or a typed address.
pub(super) fn is_offline(plan: &Plan, net: &Net, vantage: &report::Vantage) -> bool {
    if net.settings().reach == Reach::Closed || CANARIES.iter().any(|to| net.has_route(*to)) {
        return false;
    }
    let routed = |address: IpAddr| net.has_route(address) && (!address.is_loopback());
    let typed = plan
        .rows
        .iter()
        .filter_map(|row| row.todo.as_deref().ok())
        .flat_map(Spec::wants)
        .any(|want| literal(net, &want.host, want.port).is_some_and(|to| net.has_route(to)));
    let resolver = vantage
        .resolvers
        .iter()
        .any(|resolver| routed(resolver.ip()));
    !(typed || resolver)
}

/// The address that the user gave for a host.
fn literal(net: &Net, host: &Host, port: u16) -> Option<IpAddr> {
    let resolved = |name: &String| net.settings().resolve.get(name)?.first().copied();
    match host {
        Host::Address(address) => Some(*address),
        Host::Name(name) => {
            let detour = net.detour_of(host, port).map(|to| to.ip());
            detour.or_else(|| resolved(name))
        }
    }
}
