//! All that one row has seen, as data.

use std::net::IpAddr;
use std::sync::Arc;

use super::{Held, ProxyName, TimeAsked};
use crate::net::endpoint::Host;
use crate::net::ladder::{Ladder, Rungs};
use crate::net::machine::ToolSeen;
use crate::net::names::NameSeen;
use crate::net::proxy::Proxy;
use crate::net::tls::LargeHelloSeen;
use crate::net::tunnel::Via;
use crate::net::{Failure, Observation, TcpSeen};
use crate::probe::app::AppSeen;
use crate::probe::compare::Compared;
use crate::probe::follow::Followed;
use crate::probe::redirect::Redirect;

/// All that one row has seen: plain data, judged without a socket.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    pub names: Vec<NameSeen>,
    pub ladders: Vec<LadderSeen>,
    /// Addresses of a family that this machine has no route for: not tested, and said.
    pub without_route: Vec<IpAddr>,
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
    pub fn taken(&self) -> Option<&Via> {
        self.taken_to(&self.ladders.last()?.host)
    }

    /// The last way to a host on which a box was reached, since that ends the search, else the last that was tried.
    fn taken_to(&self, host: &Host) -> Option<&Via> {
        let mut there = self.ladders.iter().filter(|ladder| ladder.host == *host);
        let last = there.clone().next_back()?;
        let reached = there.rfind(|ladder| ladder.is_connected());
        Some(&reached.unwrap_or(last).ladder.via)
    }

    /// The ladders on the ways that were taken.
    pub fn on_taken(&self) -> impl DoubleEndedIterator<Item = &LadderSeen> {
        self.ladders.iter().filter(|one| {
            let taken = self.taken_to(&one.host);
            taken.map(Via::proxy) == Some(one.ladder.via.proxy())
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
    use crate::net::proxy::{Origin, Proxy};
    use crate::probe::tests::{ladder, rungs};

    #[test]
    fn the_way_to_the_last_host_stands_for_a_row_and_of_that_the_one_that_was_reached() {
        let proxy = Proxy::parse("http://proxy.example:3128", Origin::Env).expect("a proxy");
        let through = |mut one: LadderSeen| {
            let via = Via::Forward(Arc::new(proxy.clone()));
            one.ladder = Arc::new(Ladder {
                via,
                ..one.ladder.as_ref().clone()
            });
            one
        };
        let to = |name: &str, mut one: LadderSeen| {
            one.host = name.parse().expect("a host");
            one
        };
        let silent = || {
            let failure = Failure::new(Code::TcpSilent, "no answer");
            ladder(0, Rungs::default(), End::Failed(failure))
        };
        let works = || ladder(0, rungs(None, None), End::Done);
        let taken = |ladders: Vec<LadderSeen>| {
            let seen = Seen {
                ladders,
                ..Seen::default()
            };
            let direct = seen.taken().map(Via::is_direct);
            (direct, seen.on_taken().count())
        };
        assert_eq!(taken(Vec::new()), (None, 0));
        let (first, second) = (through(works()), silent());
        assert_eq!(taken(vec![first, second]), (Some(false), 1));
        let (first, second) = (through(silent()), works());
        assert_eq!(taken(vec![first, second]), (Some(true), 1));
        let (first, second) = (through(silent()), silent());
        assert_eq!(taken(vec![first, second]), (Some(true), 1));
        let (first, second) = (through(works()), to("other.example", silent()));
        assert_eq!(taken(vec![first, second]), (Some(true), 2));
    }
}
