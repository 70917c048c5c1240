//! `range`: is a vendor's block open at every address that its names resolve to in this run?
//!
//! Only such addresses are dialled: silence at an invented one proves nothing.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::Deserialize;
use serde_spanned::Spanned;

use super::ask::{Ask, LadderSeen, Rung, Seen, Want};
use super::context::{Context, finding, verdict_of};
use super::fill::{Fill, Number, Text, Unfilled, wrong};
use super::pattern::Pattern;
use super::{names, tls};
use crate::code::Code;
use crate::finding::{Finding, Verdict};
use crate::net::endpoint::Host;
use crate::net::ladder::Hello;
use crate::net::space::unwrap_nat64;
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
    /// At most so many addresses are dialled.
    pub limit: usize,
    /// With fewer hosts or addresses the row says nothing.
    pub least_hosts: usize,
    pub least_addresses: usize,
}

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
}

impl Settings {
    pub fn resolve(&self, fill: &Fill<'_>) -> Result<Spec, Unfilled> {
        let typed = fill.text(&self.hosts)?;
        let pattern = Pattern::parse(&typed).map_err(|problem| wrong(&self.hosts, problem))?;
        let names: Vec<String> = match pattern {
            Some(pattern) => pattern
                .sample(*self.sample.get_ref())
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
            limit: self.limit,
            least_hosts: self.least_hosts,
            least_addresses: self.least_addresses,
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
        let mut of_hosts = Vec::new();
        for host in &self.hosts {
            let addresses = ask.addresses(host, Some(self.port), Family::V4).await;
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

    pub(super) fn judge(&self, seen: &Seen, context: &Context<'_>) -> Vec<Finding> {
        let mut findings = names::judge(seen, context);
        if seen.ladders.is_empty() {
            if findings.is_empty() {
                findings.push(self.too_small(0, 0));
            }
            return findings;
        }
        findings.retain(|finding| finding.verdict != Verdict::Fail);
        findings.extend(self.outside(seen));
        let all = tls::each_address(&self.stores, seen, context);
        let answered = seen.names.iter().filter(|name| !name.addresses.is_empty());
        let hosts = answered.count();
        if hosts < self.least_hosts || all.len() < self.least_addresses {
            findings.push(self.too_small(hosts, all.len()));
            return findings;
        }
        findings.extend(self.lost(&all, seen));
        findings
    }

    fn too_small(&self, hosts: usize, addresses: usize) -> Finding {
        finding(
            Code::InconclusiveSample,
            Verdict::Inconclusive,
            &format!(
                "{} hosts and {} addresses",
                self.least_hosts, self.least_addresses
            ),
            format!("hosts with an answer: {hosts}; addresses to dial: {addresses}"),
        )
    }

    /// Under half of the addresses lost: degraded; half or more: failed, with what was seen at the first.
    fn lost(&self, all: &[Vec<Finding>], seen: &Seen) -> Vec<Finding> {
        let bad = |found: &&Vec<Finding>| {
            matches!(verdict_of(found), Verdict::Fail | Verdict::Inconclusive)
        };
        let lost = all.iter().filter(bad).count();
        if lost == 0 {
            return all.concat();
        }
        let mut findings: Vec<Finding> = all.iter().find(bad).cloned().unwrap_or_default();
        let pending = findings
            .iter()
            .any(|one| one.verdict == Verdict::Inconclusive);
        if pending {
            return findings;
        }
        let half = lost * 2 >= all.len();
        let (code, verdict) = if half {
            (Code::RangeClosed, Verdict::Fail)
        } else {
            (Code::RangePartial, Verdict::Degraded)
        };
        // All lost alike: what was seen decides, with the reach beside it. Some lost: the share decides.
        let reach = self.reach(seen);
        if lost == all.len() {
            for one in &mut findings {
                one.actual = format!("{reach}; {}", one.actual);
            }
            return findings;
        }
        for one in &mut findings {
            one.verdict = Verdict::Pass;
        }
        findings.push(finding(code, verdict, "every address open", reach));
        findings
    }

    /// Addresses that are not the vendor's at all.
    fn outside(&self, seen: &Seen) -> Option<Finding> {
        let strange: Vec<String> = seen
            .ladders
            .iter()
            .map(|ladder| ladder.ladder.address)
            .filter(|address| !self.is_inside(*address))
            .map(|address| address.to_string())
            .collect();
        (!strange.is_empty()).then(|| {
            finding(
                Code::DnsOutsideBlock,
                Verdict::Degraded,
                &format!("addresses inside {}", self.within),
                format!("{} outside it", strange.join(", ")),
            )
        })
    }

    fn is_inside(&self, address: IpAddr) -> bool {
        let address = unwrap_nat64(address);
        self.within.contains(&address) || self.published.iter().any(|net| net.contains(&address))
    }

    /// What the row reached: how many addresses in how many published blocks, and what it could not see.
    pub(super) fn reach(&self, seen: &Seen) -> String {
        let mut open = 0;
        let mut lost = BTreeSet::new();
        let mut blocks: BTreeSet<&IpNet> = BTreeSet::new();
        for ladder in &seen.ladders {
            let address = unwrap_nat64(ladder.ladder.address);
            let block = self.published.iter().find(|net| net.contains(&address));
            blocks.extend(block);
            if is_open(ladder) {
                open += 1;
            } else {
                lost.insert(block.map_or_else(|| address.to_string(), ToString::to_string));
            }
        }
        let of_family = |net: &&IpNet| net.addr().is_ipv4() == self.within.addr().is_ipv4();
        let published: Vec<&IpNet> = self.published.iter().filter(of_family).collect();
        let unseen: Vec<String> = published
            .iter()
            .filter(|net| !blocks.contains(*net))
            .map(ToString::to_string)
            .collect();
        let mut parts = vec![format!(
            "open to {open} of {} addresses in {} of {} published blocks",
            seen.ladders.len(),
            blocks.len(),
            published.len()
        )];
        if !lost.is_empty() {
            parts.push(format!(
                "closed in {}",
                lost.into_iter().collect::<Vec<_>>().join(", ")
            ));
        }
        if !unseen.is_empty() {
            parts.push(format!("{} not seen from here", unseen.join(", ")));
        }
        if seen.left_out > 0 {
            parts.push(format!("{} more addresses not dialled", seen.left_out));
        }
        parts.join("; ")
    }
}

fn is_open(ladder: &LadderSeen) -> bool {
    ladder.observation.is_done()
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
