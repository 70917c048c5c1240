//! All that one row has seen, as data.

use std::sync::Arc;

use super::{Held, ProxyName, TimeAsked, Unrouted};
use crate::net::endpoint::Host;
use crate::net::ladder::{Ladder, Rungs};
use crate::net::machine::ToolSeen;
use crate::net::names::NameSeen;
use crate::net::path::Path;
use crate::net::proxy::{Proxy, Way};
use crate::net::tls::LargeHelloSeen;
use crate::net::{Failure, Observation, TcpSeen};
use crate::probe::app::AppSeen;
use crate::probe::compare::Compared;
use crate::probe::follow::Followed;
use crate::probe::redirect::Redirect;

/// All that one row has seen: plain data, judged without a socket.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    pub names: Vec<NameSeen>,
    /// The ways to each host, in the order in which they are tried.
    pub ways: Vec<(Host, Vec<Way>)>,
    pub ladders: Vec<LadderSeen>,
    /// Addresses of a family over which nothing can be sent from here: not tested, and said.
    pub without_route: Vec<Unrouted>,
    /// Addresses that a name gave and that were not dialled because of a limit.
    pub left_out: usize,
    /// How many distinct addresses the names gave, for a range.
    pub distinct: usize,
    pub follow_ups: Vec<Followed>,
    /// Where the answer sent its reader, hop by hop, and what else was asked because of it.
    pub redirects: Vec<Redirect>,
    /// What another DNS server says of the same names.
    pub compared: Vec<Compared>,
    /// What was learned above the network, if anything was.
    pub app: Option<AppSeen>,
    /// What became of the tokens that were granted for this run alone.
    pub given_back: Vec<Observation<Rungs>>,
    pub times: Vec<TimeAsked>,
    /// What a tool of this machine said, if one was asked.
    pub tool: Option<Observation<ToolSeen>>,
    /// The proxies that the row was sent to.
    pub proxies: Vec<ProxyName>,
    /// What whoever names the proxies could not say, if so.
    pub undecided: Option<Undecided>,
    /// The proxy that the row would have gone through, had this run not been told to go straight.
    pub not_tried: Option<Arc<Proxy>>,
    /// The proxy that whatever goes to the row's name is sent to, where the row itself only looks it up.
    pub carrier: Option<Arc<Proxy>>,
    /// What a proxy would have done that the row does not use.
    pub unused: Vec<LadderSeen>,
    /// Connections that were kept silent.
    pub held: Vec<Held>,
}

impl Seen {
    /// The way that the row took; of several hosts, to the last one.
    pub fn path(&self) -> Option<Path> {
        let last = self.ladders.last();
        match self.way() {
            Some(Way::Direct) => Some(Path::Direct),
            Some(Way::Through(proxy)) => Some(Path::through(proxy)),
            None => last.map(|ladder| Path::from(&ladder.ladder.via)),
        }
    }

    /// Of several ways to the row's host, the last one, the way that decides.
    pub fn way(&self) -> Option<&Way> {
        let host = match self.ladders.last() {
            Some(ladder) => &ladder.host,
            None => &self.ways.first()?.0,
        };
        self.way_to(host)
    }

    /// The first on which a box was reached, since that ends the search, or may yet be; else the last. None where there is
    /// but one.
    fn way_to(&self, host: &Host) -> Option<&Way> {
        let (_, ways) = self.ways.iter().find(|(known, _)| known == host)?;
        if ways.len() < 2 {
            return None;
        }
        let ends = |way: &&Way| {
            let mut ladders = self.ladders.iter().filter(|one| one.host == *host);
            let mut names = self.proxies.iter();
            let looked_up = match way {
                Way::Direct => !self
                    .names
                    .iter()
                    .any(|name| name.host == *host && name.is_pending()),
                Way::Through(proxy) => {
                    !names.any(|one| one.proxy == *proxy && one.name.is_pending())
                }
            };
            let leads_on = |one: &LadderSeen| {
                one.is_on(way) && (one.is_connected() || one.observation.is_pending())
            };
            ladders.any(leads_on) || !looked_up
        };
        ways.iter().find(ends).or(ways.last())
    }

    /// The ladders on the ways that were taken.
    pub fn on_taken(&self) -> impl DoubleEndedIterator<Item = &LadderSeen> {
        self.ladders.iter().filter(|one| {
            let way = self.way_to(&one.host);
            way.is_none_or(|way| one.is_on(way))
        })
    }
}

/// Why a PAC file did not say all that it was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Undecided {
    pub failure: Failure,
    /// It named no way at all, so that the direct one was taken.
    pub no_way: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct LadderSeen {
    pub host: Host,
    pub ladder: Arc<Ladder>,
    /// Cut off at the rung that the row needs.
    pub observation: Observation<Rungs>,
    /// The large hello to the same address, if the row asked for it.
    pub large: Option<Observation<LargeHelloSeen>>,
}

impl LadderSeen {
    pub fn is_on(&self, way: &Way) -> bool {
        let through = match way {
            Way::Direct => None,
            Way::Through(proxy) => Some(proxy.as_ref()),
        };
        self.ladder.via.proxy() == through
    }

    /// Whether what stands first on the way was reached.
    pub fn is_connected(&self) -> bool {
        let tcp = self.observation.seen.tcp.as_deref();
        tcp.is_some_and(TcpSeen::is_connected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;
    use crate::net::End;
    use crate::net::proxy::Origin;
    use crate::net::tunnel::Via;
    use crate::probe::tests::{ladder, rungs};

    #[test]
    fn of_several_ways_the_first_one_that_leads_on_or_may_yet_stands_for_the_row() {
        let proxy = Proxy::parse("http://proxy.example:3128", Origin::Pac).expect("a proxy");
        let proxy = Arc::new(proxy);
        let through = |mut one: LadderSeen| {
            one.ladder = Arc::new(Ladder {
                via: Via::Forward(Arc::clone(&proxy)),
                ..one.ladder.as_ref().clone()
            });
            one
        };
        let silent = || {
            let failure = Failure::new(Code::TcpSilent, "no answer");
            ladder(0, Rungs::default(), End::Failed(failure))
        };
        let works = || ladder(0, rungs(None, None), End::Done);
        let waits = || ladder(0, Rungs::default(), End::Pending);
        let host = works().host;
        let taken = |ways: &[Way], ladders: Vec<LadderSeen>| {
            let seen = Seen {
                ways: vec![(host.clone(), ways.to_vec())],
                ladders,
                ..Seen::default()
            };
            let direct = seen.path().map(|path| path == Path::Direct);
            (direct, seen.on_taken().count())
        };
        let proxied = Way::Through(Arc::clone(&proxy));
        let ways = [proxied.clone(), Way::Direct];
        let direct = (Some(true), 1);
        let by_proxy = (Some(false), 1);
        assert_eq!(taken(&ways, vec![through(silent()), works()]), direct);
        assert_eq!(taken(&ways, vec![through(silent()), silent()]), direct);
        assert_eq!(taken(&ways, vec![through(waits()), works()]), by_proxy);
        assert_eq!(taken(&ways, vec![through(works()), silent()]), by_proxy);
        let ways = [Way::Direct, proxied];
        // The name was not found, so that nothing was dialled directly.
        assert_eq!(taken(&ways, vec![through(silent())]), by_proxy);
        assert_eq!(taken(&ways, Vec::new()), (Some(false), 0));
        assert_eq!(
            taken(&[Way::Direct], vec![silent(), works()]),
            (Some(true), 2)
        );
    }
}
