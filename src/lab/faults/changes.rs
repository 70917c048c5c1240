//! The changes that several faults share, or that take more than a line.

use super::super::world::{
    BOGON, Behaviour, Chain, Name, SINKHOLE, Service, Timekeeping, Vendor, World, courier_addresses,
};

pub(super) fn push_5223_silent(world: &mut World) {
    couriers(world, &[5223], Behaviour::Silent);
}

pub(super) fn push_all_silent(world: &mut World) {
    couriers(world, &[5223, 443], Behaviour::Silent);
}

pub(super) fn courier_port_closed(world: &mut World) {
    couriers(world, &[5223], Behaviour::Refuse);
}

/// Both addresses of one region and one of another: some names lose everything, some half, most nothing.
pub(super) fn range_partial(world: &mut World) {
    let lost: Vec<_> = courier_addresses()
        .enumerate()
        .filter(|(place, _)| [0, 1, 4].contains(place))
        .collect();
    for endpoint in &mut world.endpoints {
        if lost.iter().any(|(_, address)| endpoint.at.ip() == *address) {
            endpoint.behaviour = Behaviour::Silent;
        }
    }
}

pub(super) fn tls_inspected(world: &mut World) {
    for endpoint in &mut world.endpoints {
        endpoint.chain = endpoint.chain.map(|_| Chain::Inspected);
    }
}

pub(super) fn dns_sinkhole(world: &mut World) {
    for name in world
        .names
        .values_mut()
        .filter(|name| name.vendor == Vendor::Microsoft)
    {
        lie(name, SINKHOLE);
    }
}

pub(super) fn dns_bogon(world: &mut World) {
    for (_, name) in world
        .names
        .iter_mut()
        .filter(|(name, _)| name.ends_with("-courier.push.apple.com"))
    {
        lie(name, BOGON);
    }
}

pub(super) fn dns_nxdomain(world: &mut World) {
    world.names.remove("enterpriseregistration.windows.net");
    world.names.remove("graph.microsoft.com");
}

/// A filter that knows the content network's names and not Apple's.
pub(super) fn dns_alias_denied(world: &mut World) {
    let listed =
        |name: &str| name.starts_with("pop-eur-central-") || name.starts_with("pop-eur-uk-");
    world.names.retain(|name, _| !listed(name));
}

/// A resolver that lies gives one short-lived address and no chain of names.
pub(super) fn lie(name: &mut Name, address: std::net::Ipv4Addr) {
    name.alias = None;
    name.v4 = vec![address];
    name.v6.clear();
    name.ttl = 60;
}

pub(super) fn couriers(world: &mut World, ports: &[u16], behaviour: Behaviour) {
    for endpoint in &mut world.endpoints {
        if endpoint.service == Service::Courier && ports.contains(&endpoint.at.port()) {
            endpoint.behaviour = behaviour;
        }
    }
}

pub(super) fn clocks(world: &mut World, keeping: Timekeeping) {
    for clock in &mut world.clocks {
        clock.keeping = keeping;
    }
}

pub(super) fn behave(world: &mut World, host: &str, behaviour: Behaviour) {
    for endpoint in world
        .endpoints
        .iter_mut()
        .filter(|endpoint| endpoint.host == host)
    {
        endpoint.behaviour = behaviour;
    }
}

pub(super) fn chain(world: &mut World, host: &str, chain: Chain) {
    for endpoint in world
        .endpoints
        .iter_mut()
        .filter(|endpoint| endpoint.host == host)
    {
        endpoint.chain = Some(chain);
    }
}
