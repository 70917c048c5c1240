//! Asking a second DNS server for a row's names, and looking at what is behind its answers.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::{Ask, Asked, LadderSeen, Rung, Want, cut};
use crate::net::endpoint::Host;
use crate::probe::compare::Compared;

impl Ask {
    /// The server that is asked for this host as well, if there is one.
    pub(super) fn asked_beside<'a>(
        &self,
        host: &'a Host,
        port: Option<u16>,
    ) -> Option<(&'a str, SocketAddr)> {
        let Host::Name(name) = host else { return None };
        let comparison = self.comparison.as_ref()?;
        let wanted = comparison.names.contains(name) && self.net.decider(host, port).is_look_up();
        wanted.then_some((name.as_str(), comparison.server))
    }

    /// Waits for what the other DNS server says of the row's names. Where names alone do not show that it says the
    /// same, its first address has to present a chain as well.
    pub async fn compare(&self, wants: &[Want]) {
        let names = {
            let asked = self.asked.lock().expect("no task panics while it writes");
            asked.names.clone()
        };
        for (host, port) in &names {
            if let Some((name, server)) = self.asked_beside(host, *port) {
                self.net.ask_beside(name, server).await;
            }
        }
        let seen = self.seen();
        for compared in &seen.compared {
            let want = wants.iter().find(|want| want.host == compared.host);
            let Some((want, hello)) = want.and_then(|want| Some((want, want.hello.clone()?)))
            else {
                continue;
            };
            let families = self.net.settings().families;
            let can = |address: &IpAddr| families.allow(*address) && self.net.has_route(*address);
            let Some(address) = compared.to_dial(&seen).into_iter().find(can) else {
                continue;
            };
            let want = Want {
                request: None,
                hello: Some(hello),
                ..want.clone()
            };
            let ladder = Arc::new(self.ladder(&want, &self.direct_leg(&want, address)));
            self.write(|asked| asked.beside.push((want.host.clone(), Arc::clone(&ladder))));
            self.reached(&ladder, Rung::Tls).await;
        }
    }

    pub(super) fn compared(&self, asked: &Asked) -> Vec<Compared> {
        let one = |(host, port): &(Host, Option<u16>)| {
            let (name, server) = self.asked_beside(host, *port)?;
            let ladder = asked.beside.iter().find(|(of, _)| of == host);
            Some(Compared {
                host: host.clone(),
                server,
                answers: self.net.seen_beside(name, server),
                ladder: ladder.and_then(|(host, ladder)| {
                    let observation = self.net.ladder_seen(ladder)?;
                    Some(LadderSeen {
                        host: host.clone(),
                        large: None,
                        ladder: Arc::clone(ladder),
                        observation: cut(observation, Rung::Tls, &ladder.via),
                    })
                }),
            })
        };
        asked.names.iter().filter_map(one).collect()
    }
}
