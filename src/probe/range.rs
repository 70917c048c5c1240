//! `range`: is a vendor's block open at every address that its names resolve to in this run?
//!
//! Only such addresses are dialled: silence at an invented one proves nothing.

mod verdict;

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::Deserialize;
use serde_spanned::Spanned;
use tokio::task::JoinSet;

use super::ask::{Ask, Rung, Want};
use super::fill::{Fill, Number, Sampling, Text, Unfilled};
use super::pattern::Pattern;
use crate::net::endpoint::{self, Host};
use crate::net::ladder::Hello;
use crate::net::proxy::Way;
use crate::net::trust::StoreName;
use crate::net::wire::Family;

/// The probe's table in a profile.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub hosts: Text,
    pub sample: Spanned<u32>,
    pub port: Spanned<Number>,
    /// The whole block.
    pub within: Text,
    /// The sub-blocks that the vendor publishes.
    #[serde(default)]
    pub published: Vec<Text>,
    pub sni: Option<Text>,
    #[serde(default)]
    pub alpn: Vec<String>,
    pub stores: Option<Vec<StoreName>>,
    /// At most so many addresses of each family are dialled.
    #[serde(default = "Settings::usual_limit")]
    pub limit: usize,
    /// With fewer hosts or addresses the row says nothing.
    #[serde(default = "Settings::usual_least_hosts")]
    pub least_hosts: usize,
    #[serde(default = "Settings::usual_least_addresses")]
    pub least_addresses: usize,
    /// With so many of a hundred addresses lost, or more, the row fails; with fewer it is degraded.
    pub fail_percent: Option<usize>,
}

/// With `--thorough`, in place of the limit: more addresses behind one pattern would be a mistake.
const MOST_ADDRESSES: usize = 512;

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Spec {
    /// The pattern as it was written.
    pub pattern: String,
    pub hosts: Vec<Host>,
    pub port: u16,
    pub within: IpNet,
    pub published: Vec<IpNet>,
    pub sni: String,
    pub alpn: Vec<String>,
    pub stores: Vec<StoreName>,
    pub limit: usize,
    pub least_hosts: usize,
    pub least_addresses: usize,
    pub fail_percent: usize,
}

impl Settings {
    const fn usual_limit() -> usize {
        12
    }

    const fn usual_least_hosts() -> usize {
        5
    }

    const fn usual_least_addresses() -> usize {
        4
    }

    pub fn resolve(&self, fill: &Fill<'_>) -> Result<Spec, Unfilled> {
        let port = fill.port(&self.port);
        let within = block(&self.within, fill);
        let published: Vec<_> = self.published.iter().map(|one| block(one, fill)).collect();
        let own = self.sni.as_ref().map(|sni| fill.host(sni)).transpose();
        let typed = fill.text(&self.hosts)?;
        let hosts = self.hosts(&typed, fill)?;
        let first = hosts
            .first()
            .expect("the format asks for a sample of at least one host");
        let sni = own?.as_ref().unwrap_or(first).to_string();
        Ok(Spec {
            pattern: typed,
            port: port?,
            within: within?,
            published: published.into_iter().collect::<Result<_, _>>()?,
            sni,
            alpn: self.alpn.clone(),
            stores: self.stores.clone().unwrap_or(vec![StoreName::Public]),
            limit: match fill.sampling {
                Sampling::Some => self.limit,
                Sampling::All => self.limit.max(MOST_ADDRESSES),
            },
            least_hosts: self.least_hosts,
            least_addresses: self.least_addresses,
            fail_percent: self.fail_percent.unwrap_or(50),
            hosts,
        })
    }

    fn hosts(&self, typed: &str, fill: &Fill<'_>) -> Result<Vec<Host>, Unfilled> {
        let pattern = Pattern::parse(typed).map_err(|problem| fill.wrong(&self.hosts, problem))?;
        let names: Vec<String> = match pattern {
            Some(pattern) => pattern
                .sample(fill.sampling.size(*self.sample.get_ref()))
                .into_iter()
                .map(|(_, name)| name)
                .collect(),
            None => vec![typed.to_owned()],
        };
        let host = |name: String| fill.host(&Spanned::new(self.hosts.span(), name));
        names.into_iter().map(host).collect()
    }
}

fn block(text: &Text, fill: &Fill<'_>) -> Result<IpNet, Unfilled> {
    let typed = fill.text(text)?;
    endpoint::block(&typed).map_err(|why| fill.wrong(text, format!("`{typed}`: {why}")))
}

impl Spec {
    fn want(&self, host: &Host) -> Want {
        Want {
            host: host.clone(),
            port: self.port,
            hello: Some(Hello {
                name: self.sni.clone(),
                alpn: self.alpn.clone(),
                strict: false,
            }),
            request: None,
        }
    }

    pub(super) fn wants(&self) -> Vec<Want> {
        self.hosts.iter().map(|host| self.want(host)).collect()
    }

    pub(super) async fn observe(&self, ask: &Ask) {
        if self.is_carried(ask).await {
            return self.observe_carried(ask).await;
        }
        for host in &self.hosts {
            ask.name(host, Some(self.port));
        }
        // Neither family waits for the other.
        tokio::join!(
            self.observe_family(ask, Family::V4),
            self.observe_family(ask, Family::V6)
        );
    }

    /// Whether a proxy takes these connections. It looks the names up, so which addresses it may reach shows to nobody
    /// here.
    async fn is_carried(&self, ask: &Ask) -> bool {
        let Some(host) = self.hosts.first() else {
            return false;
        };
        let ways = ask.ways(&self.want(host)).await;
        ways.first().is_some_and(|way| *way != Way::Direct)
    }

    async fn observe_carried(&self, ask: &Ask) {
        let mut waiting = JoinSet::new();
        for want in self.wants() {
            let ask = ask.clone();
            waiting.spawn(async move { ask.climb(&want, Rung::Tls).await });
        }
        waiting.join_all().await;
    }

    async fn observe_family(&self, ask: &Ask, family: Family) {
        let mut of_hosts = Vec::new();
        for host in &self.hosts {
            if !ask.may_dial(host, self.port, family) {
                return;
            }
            let addresses = ask.addresses(host, Some(self.port), family).await;
            of_hosts.push((host, addresses));
        }
        let (chosen, distinct) = self.choose(&of_hosts);
        ask.note_reach(distinct, distinct.saturating_sub(chosen.len()));
        let mut begun = Vec::new();
        for (host, address) in chosen {
            begun.extend(ask.begin(&self.want(host), address, Rung::Tls));
        }
        ask.all_reached(begun, Rung::Tls).await;
    }

    /// Every host's first address, which the host's own row dials as well, then second ones, up to the limit.
    fn choose<'a>(&self, of_hosts: &[(&'a Host, Vec<IpAddr>)]) -> (Vec<(&'a Host, IpAddr)>, usize) {
        let mut known = BTreeSet::new();
        let mut chosen = Vec::new();
        let longest = of_hosts.iter().map(|(_, all)| all.len()).max().unwrap_or(0);
        for index in 0..longest {
            for (host, addresses) in of_hosts {
                let Some(address) = addresses.get(index) else {
                    continue;
                };
                if known.insert(*address) && chosen.len() < self.limit {
                    chosen.push((*host, *address));
                }
            }
        }
        (chosen, known.len())
    }
}
