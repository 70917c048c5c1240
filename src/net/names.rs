//! From a host to the addresses to dial: the user's own rules, the operating system, or the wire.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use super::endpoint::{Host, is_localhost};
use super::failure::Failure;
use super::memo::{Answer, End, Observation, ended};
use super::pacer::Pacer;
use super::space;
use super::system::{self, SystemSeen};
use super::wire::{self, Family, WireOptions, WireSeen};
use super::{Net, Reach};
use crate::code::{Code, Stage};

/// How long a wire answer waits for the operating system's own, which decides where both exist.
const SYSTEM_GRACE: Duration = Duration::from_millis(500);

const FAMILIES: [Family; 2] = [Family::V4, Family::V6];

/// One exchange with one server.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct WireLookup {
    name: String,
    family: Family,
    resolver: SocketAddr,
}

/// The operating system's look-up, which asks for both families at once.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct SystemLookup {
    name: String,
}

/// What decided the addresses of a host.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Decider {
    /// The host is an address.
    Literal,
    /// `--resolve`.
    Resolve,
    /// `--connect-to` names the host.
    ConnectTo,
    /// `--dns`.
    Dns,
    System,
}

impl Decider {
    /// Whether the addresses came from a look-up, not from the user.
    pub const fn is_look_up(self) -> bool {
        matches!(self, Self::Dns | Self::System)
    }
}

/// All that is known of a host's addresses.
#[derive(Clone, Debug, PartialEq)]
pub struct NameSeen {
    pub host: Host,
    pub decider: Decider,
    /// The addresses the decider gave, with those that nobody may dial.
    pub addresses: Vec<IpAddr>,
    pub wire: Vec<(Family, Observation<WireSeen>)>,
    pub system: Option<Observation<SystemSeen>>,
}

impl Net {
    /// Who decides the addresses of this host.
    pub fn decider(&self, host: &Host, port: Option<u16>) -> Decider {
        match host {
            Host::Address(_) => Decider::Literal,
            Host::Name(name) if self.settings().resolve.contains_key(name) => Decider::Resolve,
            Host::Name(_) if port.is_some_and(|port| self.detour_of(host, port).is_some()) => {
                Decider::ConnectTo
            }
            Host::Name(_) if self.settings().reach == Reach::Closed => Decider::Dns,
            Host::Name(name) if is_localhost(name) => Decider::System,
            Host::Name(_) if !self.settings().dns.is_empty() => Decider::Dns,
            Host::Name(_) => Decider::System,
        }
    }

    /// Starts every look-up that this host needs, without waiting for any.
    pub(crate) fn begin_look_up(&self, host: &Host, port: Option<u16>) {
        let Host::Name(name) = host else { return };
        match self.decider(host, port) {
            Decider::Literal | Decider::Resolve | Decider::ConnectTo => {}
            Decider::Dns => drop(self.wire_answers(name)),
            Decider::System => {
                drop(self.system_answer(name));
                drop(self.wire_answers(name));
            }
        }
    }

    /// The addresses of one family, as soon as whoever decides has spoken.
    ///
    /// What waits for a look-up is in a box: a row that has an address already, as thousands may, is small without it.
    pub(crate) async fn addresses(
        &self,
        host: &Host,
        port: Option<u16>,
        family: Family,
    ) -> Vec<IpAddr> {
        let of_family = |all: &[IpAddr]| -> Vec<IpAddr> {
            let wanted = |address: &&IpAddr| address.is_ipv4() == (family == Family::V4);
            all.iter().filter(wanted).copied().collect()
        };
        let Host::Name(name) = host else {
            return of_family(&host.address().into_iter().collect::<Vec<_>>());
        };
        match self.decider(host, port) {
            Decider::Literal => Vec::new(),
            Decider::Resolve => of_family(&self.settings().resolve[name]),
            Decider::ConnectTo => {
                let to = port.and_then(|port| Some(self.detour_of(host, port)?.ip()));
                of_family(&to.into_iter().collect::<Vec<_>>())
            }
            Decider::Dns => Box::pin(first_definite(self.family_answers(name, family))).await,
            Decider::System => of_family(&Box::pin(self.system_or_wire(name, family)).await),
        }
    }

    /// The operating system decides; where the wire has answered and the system dawdles or gives up, the wire's
    /// answer is dialled.
    async fn system_or_wire(&self, name: &str, family: Family) -> Vec<IpAddr> {
        let system = ended(self.system_answer(name));
        let wire = first_definite(self.family_answers(name, family));
        tokio::pin!(system, wire);
        tokio::select! {
            biased;
            seen = &mut system => {
                if decides(&seen) { seen.seen.addresses } else { wire.await }
            }
            wire = &mut wire => {
                let grace = if wire.is_empty() { Duration::MAX } else { SYSTEM_GRACE };
                match tokio::time::timeout(grace, system).await {
                    Ok(seen) if decides(&seen) => seen.seen.addresses,
                    _ => wire,
                }
            }
        }
    }

    /// Waits until each configured server has answered both questions or let its time pass: only then is it known
    /// whether one of them is silent, to all that asks it or for one family.
    pub(crate) async fn every_server_heard(&self, host: &Host, port: Option<u16>) {
        let Host::Name(name) = host else { return };
        if self.decider(host, port).is_look_up() {
            for answer in self.wire_answers(name) {
                Box::pin(ended(answer)).await;
            }
        }
    }

    fn wire_answers(&self, name: &str) -> Vec<Answer<WireSeen>> {
        let mut all = self.family_answers(name, Family::V4);
        all.extend(self.family_answers(name, Family::V6));
        all
    }

    fn wire_questions(&self, name: &str, family: Family) -> Vec<WireLookup> {
        let question = |resolver: &SocketAddr| WireLookup {
            name: name.to_owned(),
            family,
            resolver: *resolver,
        };
        let most = if is_localhost(name) { 0 } else { 3 };
        self.resolvers().iter().take(most).map(question).collect()
    }

    fn family_answers(&self, name: &str, family: Family) -> Vec<Answer<WireSeen>> {
        self.wire_questions(name, family)
            .iter()
            .map(|question| self.exchange(question))
            .collect()
    }

    fn exchange(&self, question: &WireLookup) -> Answer<WireSeen> {
        let budget = self.budgets().dns;
        let asked = question.clone();
        let blank = wire::nothing_yet(asked.resolver);
        let net = self.clone();
        self.inner.wire.ask(question, blank, |sender| async move {
            let _descriptor = net.inner.pacer.descriptor().await;
            let options = WireOptions {
                source: net.settings().source.clone(),
                timeout: budget,
                ..WireOptions::standard()
            };
            let asking = wire::ask(&asked.name, asked.family, asked.resolver, &options);
            let place = net.inner.pacer.place().await;
            let ((seen, result), _) = Pacer::in_place(place, asking).await;
            sender.send_modify(|answer| {
                answer.seen = seen;
                answer.end = result.map_or_else(End::Failed, |()| End::Done);
            });
        })
    }

    /// Puts a name to a server that decides nothing, whose answers are to be compared. Once both are there, or
    /// have failed, the returned future ends; nobody has to wait for it.
    pub(crate) fn ask_beside(
        &self,
        name: &str,
        server: SocketAddr,
    ) -> impl Future<Output = ()> + use<> {
        let answers = FAMILIES.map(|family| self.exchange(&beside(name, family, server)));
        async move {
            for answer in answers {
                ended(answer).await;
            }
        }
    }

    /// What that server has said so far.
    pub(crate) fn seen_beside(
        &self,
        name: &str,
        server: SocketAddr,
    ) -> Vec<(Family, Observation<WireSeen>)> {
        let known = |family| {
            let answer = self.inner.wire.known(&beside(name, family, server))?;
            Some((family, answer))
        };
        FAMILIES.into_iter().filter_map(known).collect()
    }

    fn system_answer(&self, name: &str) -> Answer<SystemSeen> {
        let question = SystemLookup {
            name: name.to_owned(),
        };
        let budget = self.budgets().dns;
        let asked = name.to_owned();
        let net = self.clone();
        self.inner
            .system
            .ask(&question, SystemSeen::default(), |sender| async move {
                // A system out of descriptors says that no resolver answers, or that the name does not exist.
                let _descriptor = net.inner.pacer.descriptor().await;
                let looking = system::look_up(&asked, budget);
                let place = net.inner.pacer.place().await;
                let (seen, _) = Pacer::in_place(place, looking).await;
                sender.send_modify(|answer| {
                    answer.end = match &seen.error {
                        Some(failure) => End::Failed(failure.clone()),
                        None => End::Done,
                    };
                    answer.seen = seen;
                });
            })
    }

    /// What is known of a host at this moment; asks nothing.
    pub fn name_seen(&self, host: &Host, port: Option<u16>) -> NameSeen {
        let decider = self.decider(host, port);
        let mut seen = NameSeen {
            host: host.clone(),
            decider,
            addresses: Vec::new(),
            wire: Vec::new(),
            system: None,
        };
        let Host::Name(name) = host else {
            seen.addresses.extend(host.address());
            return seen;
        };
        for family in FAMILIES {
            for question in self.wire_questions(name, family) {
                let known = self.inner.wire.known(&question);
                seen.wire.extend(known.map(|answer| (family, answer)));
            }
        }
        let question = SystemLookup { name: name.clone() };
        seen.system = self.inner.system.known(&question);
        seen.addresses = match decider {
            Decider::Literal => Vec::new(),
            Decider::Resolve => self.settings().resolve[name].clone(),
            Decider::ConnectTo => {
                let to = port.and_then(|port| Some(self.detour_of(host, port)?.ip()));
                to.into_iter().collect()
            }
            Decider::Dns => seen.wire_addresses(),
            Decider::System => match &seen.system {
                Some(answer) if decides(answer) => answer.seen.addresses.clone(),
                _ => seen.wire_addresses(),
            },
        };
        seen
    }
}

/// A look-up that only outlasted our patience has decided nothing: the system asks a silent server for five seconds
/// before it turns to the next. Nor has one that could not be begun.
fn decides(answer: &Observation<SystemSeen>) -> bool {
    let gave_up =
        |failure: &Failure| failure.code == Code::DnsTimeout || failure.stage == Stage::Local;
    !answer.is_pending() && !answer.failure().is_some_and(gave_up)
}

impl NameSeen {
    /// The wire's addresses, of the first server that gave some for each family.
    pub fn wire_addresses(&self) -> Vec<IpAddr> {
        let mut all = Vec::new();
        for family in FAMILIES {
            let answered = self
                .wire
                .iter()
                .find(|(of, answer)| *of == family && answer.is_done());
            let answers = answered.map(|(_, answer)| &answer.seen.answers);
            all.extend(answers.into_iter().flatten().map(|answer| answer.address));
        }
        all
    }

    /// How many addresses of the answer that decides are left out of it.
    pub fn left_out(&self) -> usize {
        let of_system = self.system.as_ref().map_or(0, |answer| answer.seen.more);
        let wire = self.wire.iter().filter(|(_, answer)| answer.is_done());
        match self.decider {
            Decider::System if of_system > 0 => of_system,
            Decider::System | Decider::Dns => wire.map(|(_, answer)| answer.seen.more).sum(),
            Decider::Literal | Decider::Resolve | Decider::ConnectTo => 0,
        }
    }

    /// The IPv4 address that a NAT64 answer stands for: under the well-known prefix, or under a network's own, which
    /// shows itself where an IPv6 address ends in an IPv4 address of the same name (RFC 6052, /96).
    pub fn behind_nat64(&self, address: IpAddr) -> IpAddr {
        let IpAddr::V6(v6) = address else {
            return address;
        };
        let [.., a, b, c, d] = v6.octets();
        let inside = IpAddr::from([a, b, c, d]);
        let wire = self
            .wire
            .iter()
            .flat_map(|(_, answer)| &answer.seen.answers);
        let mut known = wire
            .map(|answer| answer.address)
            .chain(self.addresses.iter().copied());
        if known.any(|known| known == inside) {
            return inside;
        }
        space::unwrap_nat64(address)
    }

    /// Whether the system's answer and the wire's have neither an address nor a block in common.
    /// Couriers rotate by the minute, so neighbours count as the same answer.
    pub fn system_differs(&self) -> bool {
        let wire = self.wire_addresses();
        let system = self.system.iter().flat_map(|answer| &answer.seen.addresses);
        let mut system = system.peekable();
        if wire.is_empty() || system.peek().is_none() {
            return false;
        }
        !system.any(|one| wire.iter().any(|other| space::is_neighbour(*one, *other)))
    }

    pub fn is_pending(&self) -> bool {
        let system_pending = self.system.as_ref().is_none_or(Observation::is_pending);
        let wire_pending = self.wire.iter().any(|(_, answer)| answer.is_pending());
        match self.decider {
            Decider::Literal | Decider::Resolve | Decider::ConnectTo => false,
            Decider::Dns => self.addresses.is_empty() && (wire_pending || self.wire.is_empty()),
            Decider::System => self.addresses.is_empty() && system_pending,
        }
    }
}

fn beside(name: &str, family: Family, resolver: SocketAddr) -> WireLookup {
    WireLookup {
        name: name.to_owned(),
        family,
        resolver,
    }
}

/// The addresses of the first server that answers with any; empty once all have failed.
async fn first_definite(answers: Vec<Answer<WireSeen>>) -> Vec<IpAddr> {
    let mut waiting = JoinSet::new();
    for answer in answers {
        waiting.spawn(ended(answer));
    }
    while let Some(answer) = waiting.join_next().await {
        if let Ok(answer) = answer
            && answer.is_done()
        {
            return answer.seen.answers.iter().map(|a| a.address).collect();
        }
    }
    Vec::new()
}
