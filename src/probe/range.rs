//! `range`: is a vendor's block open at every address that its names resolve to in this run?
//!
//! Only such addresses are dialled: silence at an invented one proves nothing.

mod verdict;

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::Deserialize;
use serde_spanned::Spanned;

use super::ask::{Ask, Rung, Want};
use super::fill::{Fill, Number, Sampling, Text, Unfilled, wrong};
use super::pattern::Pattern;
use crate::net::endpoint::Host;
use crate::net::ladder::Hello;
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
    pub within: Spanned<String>,
    /// The sub-blocks that the vendor publishes.
    #[serde(default)]
    pub published: Vec<Spanned<String>>,
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
    pub fail_percent: Option<Spanned<usize>>,
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

    fn percentage(&self) -> Result<usize, Unfilled> {
        match &self.fail_percent {
            None => Ok(50),
            Some(given) if (1..=100).contains(given.get_ref()) => Ok(*given.get_ref()),
            Some(given) => {
                let message = format!("`{}` is no percentage from 1 to 100", given.get_ref());
                Err(wrong(given, message))
            }
        }
    }

    pub fn resolve(&self, fill: &Fill<'_>) -> Result<Spec, Unfilled> {
        let typed = fill.text(&self.hosts)?;
        let pattern = Pattern::parse(&typed).map_err(|problem| wrong(&self.hosts, problem))?;
        let names: Vec<String> = match pattern {
            Some(pattern) => pattern
                .sample(fill.sampling.size(*self.sample.get_ref()))
                .into_iter()
                .map(|(_, name)| name)
                .collect(),
            None => vec![typed.clone()],
        };
        let host = |name: String| fill.host(&Spanned::new(self.hosts.span(), name));
        let hosts: Vec<Host> = names.into_iter().map(host).collect::<Result<_, _>>()?;
        let Some(first) = hosts.first() else {
            return Err(wrong(
                &self.sample,
                "`sample` must be at least 1".to_owned(),
            ));
        };
        let sni = match &self.sni {
            Some(sni) => fill.host(sni)?.to_string(),
            None => first.to_string(),
        };
        Ok(Spec {
            pattern: typed,
            port: fill.port(&self.port)?,
            within: block(&self.within)?,
            published: self.published.iter().map(block).collect::<Result<_, _>>()?,
            sni,
            alpn: self.alpn.clone(),
            stores: self.stores.clone().unwrap_or(vec![StoreName::Public]),
            limit: match fill.sampling {
                Sampling::Some => self.limit,
                Sampling::All => self.limit.max(MOST_ADDRESSES),
            },
            least_hosts: self.least_hosts,
            least_addresses: self.least_addresses,
            fail_percent: self.percentage()?,
            hosts,
        })
    }
}

/// A CIDR block without host bits.
fn block(text: &Spanned<String>) -> Result<IpNet, Unfilled> {
    let typed = text.get_ref();
    let net: IpNet = typed
        .parse()
        .map_err(|_| wrong(text, format!("`{typed}` is not a CIDR block")))?;
    if net.trunc() != net {
        let meant = net.trunc();
        return Err(wrong(
            text,
            format!("`{typed}` has host bits; did you mean {meant}?"),
        ));
    }
    Ok(net)
}

impl Spec {
    fn want(&self, host: &Host) -> Want {
        Want {
            host: host.clone(),
            port: self.port,
            hello: Some(Hello {
                name: self.sni.clone(),
                alpn: self.alpn.clone(),
            }),
            request: None,
        }
    }

    pub(super) fn wants(&self) -> Vec<Want> {
        self.hosts.iter().map(|host| self.want(host)).collect()
    }

    pub(super) async fn observe(&self, ask: &Ask) {
        for host in &self.hosts {
            ask.name(host, Some(self.port));
        }
        // Neither family waits for the other.
        tokio::join!(
            self.observe_family(ask, Family::V4),
            self.observe_family(ask, Family::V6)
        );
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
        for ladder in begun {
            ask.reached(&ladder, Rung::Tls).await;
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_has_no_host_bits() {
        let text = |text: &str| Spanned::new(0..1, text.to_owned());
        assert!(block(&text("17.0.0.0/8")).is_ok());
        for wrong in ["17.0.0.1/8", "17.0.0.0", "17.0.0.0/33", "x"] {
            assert!(block(&text(wrong)).is_err(), "{wrong}");
        }
    }
}
