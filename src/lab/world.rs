//! What stands in the lab's world: names, addresses, and what listens at each of them. Plain data, so that a fault is a
//! change of this description and nothing else.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use super::proxy::{self, Rule};
use super::sites::{CLOCKS, REGIONS, SITES, Site};

/// The tenant that exists in this world.
pub(super) const TENANT: &str = "contoso.onmicrosoft.com";
/// Its identifier, as discovery states it.
pub(super) const TENANT_ID: &str = "6babcaad-604b-40ac-a9d7-9fd97c0b779f";
pub(super) const LOGIN: &str = "login.microsoftonline.com";
pub(super) const JAMF: &str = "jamf.example.com";
/// The application that Jamf Pro signs in as, and its secret, with every character that a form has to encode.
pub(super) const CLIENT_ID: &str = "3f0a1c52-7d64-4f0e-9d3b-5b1f6c0a9e21";
pub(super) const SECRET: &str = "Lab8Q~+/=%&of.the_world-7 end";
/// What Entra shows beside a secret for ever, and people copy.
const SECRET_ID: &str = "0f7d2b1c-9c3e-4f60-8a51-7d5f3e2b1a90";
/// An administrator's token; only its bearer matters here.
pub(super) const ADMIN_TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJzY3AiOiJEZXZpY2VNYW5hZ2VtZW50U2VydmljZUNvbmZpZy5SZWFkLkFsbCJ9.bGFiLWFkbWlu";
/// The one name that every courier's certificate bears, whichever number was dialled.
pub(super) const COURIER: &str = "courier.push.apple.com";
/// Nobody may answer here: an answer means that something on the way answers for everybody.
pub(super) const CANARY: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
/// The private address that a lying resolver gives for the couriers.
pub(super) const BOGON: Ipv4Addr = Ipv4Addr::new(10, 10, 34, 36);
/// What a blocking resolver gives instead of an address.
pub(super) const SINKHOLE: Ipv4Addr = Ipv4Addr::UNSPECIFIED;
/// The proxy's own address, inside the network that it leads out of.
pub(super) const PROXY: Ipv4Addr = Ipv4Addr::new(10, 10, 34, 40);
/// Every port that this tool, or a follow-up of it, may dial in this world.
pub(super) const PORTS: [u16; 7] = [80, 443, 2195, 2196, 2197, 5223, 8443];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vendor {
    Apple,
    Microsoft,
    Customer,
}

/// Whose answers an endpoint gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    Courier,
    PushProvider,
    PushBag,
    Login,
    DeviceLogin,
    Registration,
    Graph,
    Intune,
    AppSites,
    Captive,
    Jamf,
    OlderJamf,
    /// Microsoft's short links.
    ShortLink,
    /// Where the packages lie to which they lead.
    Packages,
    /// Answers everything with this status.
    Web(u16),
}

/// The chain that an endpoint presents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Chain {
    Public,
    Apple,
    Inspected,
    Expired,
    WrongName,
    WithoutIntermediate,
}

/// What becomes of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Behaviour {
    Serve,
    /// The first packet stays unanswered.
    Silent,
    /// Nothing listens.
    Refuse,
    /// Accepts, reads, never speaks.
    Stall,
    /// Speaks plain HTTP where TLS is expected.
    PlainHttp,
    ResetAfterHello,
    /// Completes the handshake, then never answers a request.
    MuteAfterHandshake,
}

pub(super) struct Endpoint {
    pub(super) at: SocketAddr,
    pub(super) host: &'static str,
    pub(super) service: Service,
    /// `None`: plain HTTP.
    pub(super) chain: Option<Chain>,
    pub(super) behaviour: Behaviour,
}

/// A time server.
pub(super) struct Clock {
    pub(super) at: SocketAddr,
    pub(super) keeping: Timekeeping,
}

/// What a time server makes of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timekeeping {
    /// How far its clock is ahead of ours.
    Tells(Duration),
    Silent,
    /// Nothing listens.
    Refuses,
    /// Tells whoever asks to ask less often.
    Declines,
    /// Has found no source to follow.
    Unset,
    /// Its answers belong to other questions.
    Forged,
}

pub(super) struct Name {
    pub(super) vendor: Vendor,
    pub(super) alias: Option<String>,
    pub(super) v4: Vec<Ipv4Addr>,
    pub(super) v6: Vec<Ipv6Addr>,
    pub(super) ttl: u32,
}

/// How the resolver treats its clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resolver {
    Answers,
    Silent,
    /// Answers nothing that is asked for IPv6.
    SilentForV6,
    ServFail,
}

/// What the token endpoint makes of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenDesk {
    Reads,
    /// A filter on the way answers in its place.
    BlockPage,
    Throttled,
}

/// Which servers' clocks are an hour ahead of this machine's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClockAhead {
    Nowhere,
    Everywhere,
    At(&'static str),
}

/// In what state the Jamf Pro server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JamfState {
    Healthy,
    Starting,
    Upgrading,
    DatabaseError,
    SetupAssistant,
}

/// What Entra makes of the application that signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignIn {
    Granted,
    SecretExpired,
    /// Nobody has consented: the token has no roles.
    NoConsent,
    /// The token has a role too many.
    ExtraPermission,
    /// The tenant lives in another national cloud.
    OtherCloud,
    /// Another trouble with the account, that no demo shows.
    Trouble(Trouble),
}

/// What else can be wrong with the account of the application that signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// A box on the way restricts the tenants that may be used.
    TenantRestricted,
    AppUnknown,
    PolicyBlocks,
    ApiMissing,
    /// A refusal whose number nobody has written down.
    UnknownRefusal,
    /// The token is for another API than was asked for.
    OtherAudience,
    /// What is granted has not the form of a token.
    Opaque,
    SecretEnds,
    /// The registration is for one tenant only.
    OneTenant,
    GraphDenies,
    GraphTellsNothing,
    ConnectorTerminated,
    /// Jamf Pro notifies that a token of its own has ended.
    JamfTokenEnded,
}

/// What somebody types in this world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Typed {
    Secret,
    OtherSecret,
    SecretId,
}

impl Typed {
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Secret => SECRET,
            Self::OtherSecret => "Lab8Q~somebody-elses-secret-of-old",
            Self::SecretId => SECRET_ID,
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Answers {
    pub(super) jamf: JamfState,
    /// The version of the Jamf Pro server, with its build.
    pub(super) jamf_version: &'static str,
    pub(super) jamf_cloud: bool,
    /// The types of the notifications that the Jamf Pro server shows.
    pub(super) jamf_notifies: &'static [&'static str],
    pub(super) token: TokenDesk,
    pub(super) sign_in: SignIn,
    pub(super) typed: Typed,
    pub(super) tenant_known: bool,
    pub(super) clock_ahead: ClockAhead,
}

pub(super) struct World {
    pub(super) names: BTreeMap<String, Name>,
    pub(super) resolver: Resolver,
    pub(super) endpoints: Vec<Endpoint>,
    pub(super) clocks: Vec<Clock>,
    pub(super) answers: Answers,
    pub(super) proxy: Rule,
}

impl World {
    pub(super) fn healthy() -> Self {
        let mut world = Self {
            names: BTreeMap::new(),
            resolver: Resolver::Answers,
            endpoints: Vec::new(),
            clocks: Vec::new(),
            answers: Answers {
                jamf: JamfState::Healthy,
                jamf_version: "11.20.0-t1750000000000",
                jamf_cloud: false,
                jamf_notifies: &["PATCH_UPDATE"],
                token: TokenDesk::Reads,
                sign_in: SignIn::Granted,
                typed: Typed::Secret,
                tenant_known: true,
                clock_ahead: ClockAhead::Nowhere,
            },
            proxy: Rule::Carries,
        };
        for site in &SITES {
            world.build(site);
        }
        world.build_couriers();
        world.address(Vendor::Customer, proxy::HOST, &[PROXY], &[], 300);
        for (host, address) in CLOCKS {
            world.address(Vendor::Apple, host, &[address], &[], 300);
            world.clocks.push(Clock {
                at: SocketAddr::from((address, 123)),
                keeping: Timekeeping::Tells(Duration::ZERO),
            });
        }
        world
    }

    fn build(&mut self, site: &Site) {
        let names: Vec<&str> = [site.host].iter().chain(site.via).copied().collect();
        for link in names.windows(2) {
            self.alias(site.vendor, link[0], link[1], 300);
        }
        let last = names[names.len() - 1];
        let v6 = if site.service == Service::Login {
            vec![Ipv6Addr::new(0x2603, 0x1026, 0x3000, 0x150, 0, 0, 0, 5)]
        } else {
            Vec::new()
        };
        self.address(site.vendor, last, site.addresses, &v6, 300);
        for &address in site.addresses {
            for &port in site.ports {
                self.endpoints.push(Endpoint {
                    at: SocketAddr::from((address, port)),
                    host: site.host,
                    service: site.service,
                    chain: (port != 80).then_some(site.chain),
                    behaviour: Behaviour::Serve,
                });
            }
        }
    }

    fn build_couriers(&mut self) {
        let apple = Vendor::Apple;
        // The bare name leads to a placeholder without an address, as it does in Apple's own zone.
        self.alias(apple, COURIER, "courier-push-apple.com.akadns.net", 300);
        self.address(apple, "courier-push-apple.com.akadns.net", &[], &[], 60);
        for number in 1..=50_usize {
            let region = &REGIONS[region_of(number)];
            let numbered = format!("{number}.courier-push-apple.com.akadns.net");
            // The region's name carries the order of addresses, so couriers of one region start with different ones.
            let swapped = (number / 5) % 2 == 1;
            let regional = format!(
                "pop-{}-courier{}.push-apple.com.akadns.net",
                region.name,
                if swapped { "2" } else { "" }
            );
            self.alias(
                apple,
                &format!("{number}-courier.push.apple.com"),
                &numbered,
                300,
            );
            self.alias(apple, &numbered, &regional, 60);
            let (mut v4, mut v6) = (region.addresses, region.v6);
            if swapped {
                v4.reverse();
                v6.reverse();
            }
            self.address(apple, &regional, &v4, &v6, 30);
        }
        for address in REGIONS.iter().flat_map(|region| region.addresses) {
            for port in [5223, 443] {
                self.endpoints.push(Endpoint {
                    at: SocketAddr::from((address, port)),
                    host: COURIER,
                    service: Service::Courier,
                    chain: Some(Chain::Apple),
                    behaviour: Behaviour::Serve,
                });
            }
        }
    }

    fn alias(&mut self, vendor: Vendor, name: &str, to: &str, ttl: u32) {
        let entry = Name {
            vendor,
            alias: Some(to.to_owned()),
            v4: Vec::new(),
            v6: Vec::new(),
            ttl,
        };
        self.names.insert(name.to_owned(), entry);
    }

    fn address(&mut self, vendor: Vendor, name: &str, v4: &[Ipv4Addr], v6: &[Ipv6Addr], ttl: u32) {
        let entry = Name {
            vendor,
            alias: None,
            v4: v4.to_vec(),
            v6: v6.to_vec(),
            ttl,
        };
        self.names.insert(name.to_owned(), entry);
    }
}

/// Neighbouring numbers, and numbers ten apart, fall into different regions.
const fn region_of(number: usize) -> usize {
    (3 * number + number / 10) % REGIONS.len()
}

/// The addresses of the couriers, region by region.
pub(super) fn courier_addresses() -> impl Iterator<Item = Ipv4Addr> {
    REGIONS.iter().flat_map(|region| region.addresses)
}

/// Every IPv4 address that some world owns, the lying resolver's included.
pub(super) fn owned_addresses() -> Vec<IpAddr> {
    let sites = SITES.iter().flat_map(|site| site.addresses.iter().copied());
    sites
        .chain(courier_addresses())
        .chain(CLOCKS.iter().map(|(_, address)| *address))
        .chain([BOGON, PROXY])
        .map(IpAddr::V4)
        .collect()
}
