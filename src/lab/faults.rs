//! Every fault of the lab: its name, one line about it, and the one change it makes to the world's description.

mod changes;

use std::io;
use std::time::Duration;

use self::changes::{
    behave, chain, clocks, courier_port_closed, dns_alias_denied, dns_bogon, dns_nxdomain,
    dns_sinkhole, push_5223_silent, push_all_silent, range_partial, tls_inspected,
};
use super::proxy::Rule;
use super::world::{
    Behaviour, Chain, ClockAhead, JAMF, JamfState, LOGIN, Resolver, SignIn, Timekeeping, TokenDesk,
    Typed, World,
};

/// One way in which the lab's world can be broken.
pub struct Fault {
    pub name: &'static str,
    pub summary: &'static str,
    change: fn(&mut World),
    silences: bool,
}

const fn fault(name: &'static str, summary: &'static str, change: fn(&mut World)) -> Fault {
    Fault {
        name,
        summary,
        change,
        silences: false,
    }
}

const fn silence(name: &'static str, summary: &'static str, change: fn(&mut World)) -> Fault {
    Fault {
        name,
        summary,
        change,
        silences: true,
    }
}

const HOUR: Duration = Duration::from_secs(3600);

static FAULTS: &[Fault] = &[
    silence(
        "push-5223-silent",
        "every courier drops what comes to port 5223; 443 works",
        push_5223_silent,
    ),
    silence(
        "push-all-silent",
        "every courier drops what comes to ports 5223 and 443",
        push_all_silent,
    ),
    fault(
        "courier-port-closed",
        "every courier refuses port 5223; 443 works",
        courier_port_closed,
    ),
    silence(
        "range-partial",
        "three of the ten courier addresses are silent on both ports",
        range_partial,
    ),
    fault(
        "tls-inspected",
        "a middlebox re-signs every TLS connection with its own authority",
        tls_inspected,
    ),
    fault(
        "proxy-denies",
        "clients are told to use a proxy, and its rules refuse graph.microsoft.com",
        |world| world.proxy = Rule::Denies("graph.microsoft.com"),
    ),
    fault(
        "proxy-sign-in",
        "clients are told to use a proxy, and it wants everybody to sign in",
        |world| world.proxy = Rule::WantsSignIn,
    ),
    fault(
        "dns-sinkhole",
        "the resolver answers 0.0.0.0 for Microsoft's names",
        dns_sinkhole,
    ),
    fault(
        "dns-bogon",
        "the resolver answers a private address for every courier",
        dns_bogon,
    ),
    fault(
        "dns-nxdomain",
        "the resolver denies that two of Microsoft's names exist",
        dns_nxdomain,
    ),
    fault(
        "dns-alias-denied",
        "the resolver denies what the couriers of two regions are aliases of",
        dns_alias_denied,
    ),
    fault(
        "dns-silent",
        "the resolver receives and never answers",
        |world| world.resolver = Resolver::Silent,
    ),
    fault(
        "dns-aaaa-silent",
        "the resolver answers questions for IPv4 alone",
        |world| world.resolver = Resolver::SilentForV6,
    ),
    fault(
        "dns-servfail",
        "the resolver answers SERVFAIL to everything",
        |world| world.resolver = Resolver::ServFail,
    ),
    fault(
        "cert-expired",
        "the login host's certificate expired ten days ago",
        |world| chain(world, LOGIN, Chain::Expired),
    ),
    fault(
        "cert-wrong-name",
        "the Jamf Pro server presents another host's certificate",
        |world| {
            chain(world, JAMF, Chain::WrongName);
        },
    ),
    fault(
        "cert-chain-incomplete",
        "the Jamf Pro server leaves its intermediate certificate out",
        |world| {
            chain(world, JAMF, Chain::WithoutIntermediate);
        },
    ),
    fault(
        "block-page",
        "a filter answers token requests with its own page",
        |world| {
            world.answers.token = TokenDesk::BlockPage;
        },
    ),
    fault(
        "entra-throttled",
        "the token endpoint asks callers to slow down",
        |world| {
            world.answers.token = TokenDesk::Throttled;
        },
    ),
    fault(
        "tenant-unknown",
        "Entra does not know the tenant",
        |world| world.answers.tenant_known = false,
    ),
    fault(
        "clock-skew",
        "this machine's clock is an hour behind that of every server",
        |world| {
            world.answers.clock_ahead = ClockAhead::Everywhere;
            clocks(world, Timekeeping::Tells(HOUR));
        },
    ),
    fault(
        "server-clock",
        "the Jamf Pro server's clock is an hour ahead of everybody's",
        |world| world.answers.clock_ahead = ClockAhead::At(JAMF),
    ),
    fault("ntp-silent", "the time servers never answer", |world| {
        clocks(world, Timekeeping::Silent);
    }),
    fault(
        "ntp-refused",
        "nothing listens on the time servers' port",
        |world| clocks(world, Timekeeping::Refuses),
    ),
    fault(
        "ntp-kiss",
        "the time servers decline to serve this machine",
        |world| clocks(world, Timekeeping::Declines),
    ),
    fault(
        "ntp-unsynchronised",
        "the time servers say that their own clocks are not set",
        |world| clocks(world, Timekeeping::Unset),
    ),
    fault(
        "ntp-forged",
        "somebody answers for the time servers without having seen the question",
        |world| clocks(world, Timekeeping::Forged),
    ),
    fault(
        "ntp-ahead",
        "the time servers are an hour ahead of everybody else",
        |world| clocks(world, Timekeeping::Tells(HOUR)),
    ),
    fault(
        "stalled",
        "manage.microsoft.com accepts connections and never speaks",
        |world| {
            behave(world, "manage.microsoft.com", Behaviour::Stall);
        },
    ),
    fault(
        "http-stalled",
        "graph.microsoft.com completes the handshake and never answers a request",
        |world| {
            behave(world, "graph.microsoft.com", Behaviour::MuteAfterHandshake);
        },
    ),
    fault(
        "not-tls",
        "enterpriseregistration.windows.net speaks plain HTTP on port 443",
        |world| {
            behave(
                world,
                "enterpriseregistration.windows.net",
                Behaviour::PlainHttp,
            );
        },
    ),
    fault(
        "tls-reset",
        "connections to graph.microsoft.com are reset after the hello",
        |world| {
            behave(world, "graph.microsoft.com", Behaviour::ResetAfterHello);
        },
    ),
    fault(
        "jamf-down",
        "nothing listens on the Jamf Pro server's port",
        |world| {
            behave(world, JAMF, Behaviour::Refuse);
        },
    ),
    fault(
        "jamf-starting",
        "the Jamf Pro server is up and has not finished its start",
        |world| world.answers.jamf = JamfState::Starting,
    ),
    fault(
        "jamf-upgrading",
        "the Jamf Pro server shows a page while it changes its database",
        |world| world.answers.jamf = JamfState::Upgrading,
    ),
    fault(
        "jamf-database-error",
        "the Jamf Pro server has lost its database",
        |world| world.answers.jamf = JamfState::DatabaseError,
    ),
    fault(
        "jamf-setup-assistant",
        "the Jamf Pro server was never set up",
        |world| world.answers.jamf = JamfState::SetupAssistant,
    ),
    fault(
        "jamf-too-old",
        "the Jamf Pro server is older than every integration accepts",
        |world| world.answers.jamf_version = "10.0.0-t1509000000",
    ),
    fault(
        "jamf-push-cert-expired",
        "the Jamf Pro server notifies that its push certificate has expired",
        |world| world.answers.jamf_notifies = &["PUSH_CERT_EXPIRED"],
    ),
    fault(
        "jamf-cannot-reach-apple",
        "the Jamf Pro server notifies that it cannot reach Apple's push service",
        |world| world.answers.jamf_notifies = &["APNS_CONNECTION_FAILURE"],
    ),
    fault(
        "jamf-cannot-reach-microsoft",
        "the Jamf Pro server notifies that its connection for Device Compliance fails",
        |world| world.answers.jamf_notifies = &["DEVICE_COMPLIANCE_CONNECTION_ERROR"],
    ),
    fault("expired-secret", "the client secret has expired", |world| {
        world.answers.sign_in = SignIn::SecretExpired;
    }),
    fault(
        "wrong-secret",
        "the client secret that was given is not the application's",
        |world| world.answers.typed = Typed::OtherSecret,
    ),
    fault(
        "secret-id-pasted",
        "the ID of the client secret was given in the place of its value",
        |world| world.answers.typed = Typed::SecretId,
    ),
    fault(
        "no-consent",
        "nobody has consented to the application's permissions",
        |world| world.answers.sign_in = SignIn::NoConsent,
    ),
    fault(
        "extra-permission",
        "the application has a permission on Intune too many",
        |world| world.answers.sign_in = SignIn::ExtraPermission,
    ),
    fault(
        "tenant-wrong-cloud",
        "the tenant lives in the cloud of the US Government",
        |world| world.answers.sign_in = SignIn::OtherCloud,
    ),
];

/// All faults, in the order in which `demo --list` shows them.
pub fn faults() -> &'static [Fault] {
    FAULTS
}

/// Why a fault cannot be shown on this system, if it cannot.
pub fn skipped_here(fault: &str) -> Option<&'static str> {
    let silent = FAULTS
        .iter()
        .any(|known| known.name == fault && known.silences);
    (cfg!(windows) && silent)
        .then_some("on Windows a full listening queue resets connections instead of dropping them")
}

/// Makes the named change.
pub(super) fn apply(name: &str, world: &mut World) -> io::Result<()> {
    let unknown = || {
        io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("the lab knows no fault {name:?}"),
        )
    };
    let fault = FAULTS
        .iter()
        .find(|known| known.name == name)
        .ok_or_else(unknown)?;
    (fault.change)(world);
    Ok(())
}
