//! What can be done to one host of the world, whichever it is: faults that can be combined, for worlds drawn at random.

use std::io;

use super::world::{BOGON, Behaviour, Chain, Endpoint, SINKHOLE, Service, SignIn, Trouble, World};
use super::{faults, sites};

/// One thing that is wrong with a world.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Breakage<'a> {
    /// A fault of the demo, by its name.
    Fault(&'a str),
    /// A harm, by its name, and the host that it is done to.
    Harm(&'a str, &'a str),
    /// What is wrong with the account that signs in, by its name.
    Account(&'a str),
}

/// A way in which one host can be broken.
pub struct Harm {
    pub name: &'static str,
    pub summary: &'static str,
    change: fn(&mut World, &str),
}

const fn harm(name: &'static str, summary: &'static str, change: fn(&mut World, &str)) -> Harm {
    Harm {
        name,
        summary,
        change,
    }
}

static HARMS: [Harm; 14] = [
    harm("silent", "its packets are dropped", |world, host| {
        behave(world, host, Behaviour::Silent);
    }),
    harm("refuses", "nothing listens", |world, host| {
        behave(world, host, Behaviour::Refuse);
    }),
    harm("stalls", "it accepts and never speaks", |world, host| {
        behave(world, host, Behaviour::Stall);
    }),
    harm("resets", "it resets after the hello", |world, host| {
        behave(world, host, Behaviour::ResetAfterHello);
    }),
    harm(
        "plain",
        "it speaks plain HTTP on its TLS port",
        |world, host| {
            behave(world, host, Behaviour::PlainHttp);
        },
    ),
    harm("mute", "it never answers a request", |world, host| {
        behave(world, host, Behaviour::MuteAfterHandshake);
    }),
    harm("expired", "its certificate has expired", |world, host| {
        chain(world, host, Chain::Expired);
    }),
    harm(
        "misnamed",
        "it shows another host's certificate",
        |world, host| {
            chain(world, host, Chain::WrongName);
        },
    ),
    harm(
        "incomplete",
        "it leaves its intermediate out",
        |world, host| {
            chain(world, host, Chain::WithoutIntermediate);
        },
    ),
    harm("inspected", "a box signs in its place", |world, host| {
        chain(world, host, Chain::Inspected);
    }),
    harm("unavailable", "it answers 503", |world, host| {
        for endpoint in of(world, host) {
            endpoint.service = Service::Web(503);
        }
    }),
    harm("denied", "its name does not exist", |world, host| {
        world.names.remove(host);
    }),
    harm("sunk", "its name leads to 0.0.0.0", |world, host| {
        lie(world, host, SINKHOLE);
    }),
    harm(
        "astray",
        "its name leads to a private address",
        |world, host| {
            lie(world, host, BOGON);
        },
    ),
];

/// All harms.
pub fn harms() -> &'static [Harm] {
    &HARMS
}

/// What Entra, Graph, Intune or Jamf Pro makes of whoever signs in; nothing else is touched.
static ACCOUNTS: [(&str, Trouble); 13] = [
    ("tenant-restricted", Trouble::TenantRestricted),
    ("app-unknown", Trouble::AppUnknown),
    ("policy-blocks", Trouble::PolicyBlocks),
    ("api-missing", Trouble::ApiMissing),
    ("unknown-refusal", Trouble::UnknownRefusal),
    ("other-audience", Trouble::OtherAudience),
    ("opaque-token", Trouble::Opaque),
    ("secret-ends", Trouble::SecretEnds),
    ("one-tenant", Trouble::OneTenant),
    ("graph-denies", Trouble::GraphDenies),
    ("graph-tells-nothing", Trouble::GraphTellsNothing),
    ("connector-terminated", Trouble::ConnectorTerminated),
    ("jamf-token-ended", Trouble::JamfTokenEnded),
];

/// The hosts that a harm can be done to.
pub fn hosts() -> impl Iterator<Item = &'static str> {
    sites::SITES.iter().map(|site| site.host)
}

pub(super) fn apply(breakage: &Breakage<'_>, world: &mut World) -> io::Result<()> {
    let (name, host) = match breakage {
        Breakage::Fault(name) => return faults::apply(name, world),
        Breakage::Harm(name, host) => (name, host),
        Breakage::Account(name) => {
            let known = ACCOUNTS.iter().find(|(known, _)| known == name);
            let unknown = || invalid(format!("the lab knows no trouble {name:?} of an account"));
            match known.ok_or_else(unknown)?.1 {
                Trouble::JamfTokenEnded => {
                    world.answers.jamf_notifies = &["DEP_INSTANCE_EXPIRED"];
                }
                trouble => world.answers.sign_in = SignIn::Trouble(trouble),
            }
            return Ok(());
        }
    };
    let unknown = || {
        invalid(format!(
            "the lab knows no harm {name:?} that can be done to {host:?}"
        ))
    };
    let known = HARMS.iter().find(|known| known.name == *name);
    let harm = known.filter(|_| hosts().any(|known| known == *host));
    (harm.ok_or_else(unknown)?.change)(world, host);
    Ok(())
}

fn invalid(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, what)
}

fn of<'a>(world: &'a mut World, host: &'a str) -> impl Iterator<Item = &'a mut Endpoint> {
    let endpoints = world.endpoints.iter_mut();
    endpoints.filter(move |endpoint| endpoint.host == host)
}

fn behave(world: &mut World, host: &str, behaviour: Behaviour) {
    for endpoint in of(world, host) {
        endpoint.behaviour = behaviour;
    }
}

fn chain(world: &mut World, host: &str, chain: Chain) {
    for endpoint in of(world, host).filter(|endpoint| endpoint.chain.is_some()) {
        endpoint.chain = Some(chain);
    }
}

fn lie(world: &mut World, host: &str, address: std::net::Ipv4Addr) {
    let Some(name) = world.names.get_mut(host) else {
        return;
    };
    name.alias = None;
    name.v4 = vec![address];
    name.v6.clear();
}
