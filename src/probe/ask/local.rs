//! Asking time servers, and the tools of this machine.

use super::Ask;
use crate::net::Observation;
use crate::net::endpoint::Host;
use crate::net::machine::{Tool, ToolSeen};
use crate::net::ntp::{TimeQuestion, TimeSeen};
use crate::net::wire::Family;

/// One address of a time server, and what it said.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeAsked {
    pub host: Host,
    pub question: TimeQuestion,
    pub observation: Observation<TimeSeen>,
}

impl Ask {
    /// Asks one address of each family for the time, or all of them; neither family waits for the other.
    pub(in super::super) async fn time(&self, host: &Host, port: u16) {
        self.name(host, Some(port));
        tokio::join!(
            self.time_of(host, port, Family::V4),
            self.time_of(host, port, Family::V6)
        );
        self.either_family(host, port).await;
    }

    /// Waits for what the servers say of the row's names, where the row itself could do without.
    pub(in super::super) async fn names_heard(&self) {
        let asked = self.looked();
        let mut names = asked.names;
        // A proxy's name is the row's business where it leads nowhere.
        names.extend(asked.proxies.iter().filter_map(|proxy| {
            let (host, port) = (proxy.host.clone(), Some(proxy.port));
            let name = self.net.name_seen(&host, port);
            name.addresses.is_empty().then_some((host, port))
        }));
        for (host, port) in names {
            self.net.every_server_heard(&host, port).await;
        }
    }

    /// A name without an IPv4 address fails for want of any, which only both answers can tell.
    pub(super) async fn either_family(&self, host: &Host, port: u16) {
        let name = self.net.name_seen(host, Some(port));
        if name.addresses.is_empty() {
            for family in [Family::V4, Family::V6] {
                self.net.addresses(host, Some(port), family).await;
            }
        }
    }

    async fn time_of(&self, host: &Host, port: u16, family: Family) {
        if !self.may_dial(host, port, family) {
            return;
        }
        let mut addresses = self.addresses(host, Some(port), family).await;
        if !self.net.settings().all_addresses {
            addresses.truncate(1);
        }
        let mut begun = Vec::new();
        for address in addresses {
            if self.net.settings().families.allow(address) && !self.lacks_route(address) {
                let question = TimeQuestion {
                    address,
                    port,
                    detour: self.net.detour_of(host, port),
                };
                begun.push(self.net.ask_time(question));
                self.write(|asked| asked.times.push((host.clone(), question)));
            }
        }
        for mut answer in begun {
            // A closed channel means that the question's task has died: it has no more to say.
            drop(answer.wait_for(|seen| !seen.is_pending()).await);
        }
    }

    pub(super) fn times(&self, asked: &[(Host, TimeQuestion)]) -> Vec<TimeAsked> {
        let one = |(host, question): &(Host, TimeQuestion)| {
            Some(TimeAsked {
                host: host.clone(),
                question: *question,
                observation: self.net.time_seen(*question)?,
            })
        };
        asked.iter().filter_map(one).collect()
    }

    /// Asks a tool of the system and waits for what it says.
    pub(in super::super) async fn tool(&self, tool: Tool) {
        self.write(|asked| asked.tool = Some(tool));
        let mut answer = self.net.ask_tool(tool);
        drop(answer.wait_for(|seen| !seen.is_pending()).await);
    }

    pub(super) fn said(&self, tool: Option<Tool>) -> Option<Observation<ToolSeen>> {
        self.net.tool_seen(tool?)
    }
}
