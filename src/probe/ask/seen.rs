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
    /// The way that the row took: the last one on which a box was reached, since that ends the search, else the last that
    /// was tried.
    pub fn taken(&self) -> Option<&Via> {
        let reached = |ladder: &&LadderSeen| ladder.is_connected();
        let taken = self.ladders.iter().rfind(reached);
        taken
            .or(self.ladders.last())
            .map(|ladder| &ladder.ladder.via)
    }

    /// The ladders on that way.
    pub fn on_taken(&self) -> impl DoubleEndedIterator<Item = &LadderSeen> {
        let proxy = self.taken().map(Via::proxy);
        let on_way = move |one: &&LadderSeen| Some(one.ladder.via.proxy()) == proxy;
        self.ladders.iter().filter(on_way)
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
