//! What a range has seen: which blocks were reached, which are closed, and what share is lost.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

use super::Spec;
use crate::code::Code;
use crate::finding::{Finding, Verdict, deciding};
use crate::net::counted;
use crate::net::names::NameSeen;
use crate::probe::ask::{LadderSeen, Seen};
use crate::probe::context::{Context, finding, verdict_of};
use crate::probe::{compare, names, proxied, tls};

/// How an address lies to what the vendor publishes.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Grade<'a> {
    Published(&'a IpNet),
    /// In the whole block, in no part of it that is published.
    Inside(IpAddr),
    Outside(IpAddr),
}

/// The addresses of one family, or of both where neither is enough by itself.
struct Part {
    seen: Seen,
    hosts: usize,
}

impl Spec {
    pub(in crate::probe) fn judge(&self, seen: &Seen, context: &Context<'_>) -> Vec<Finding> {
        let mut findings = names::judge(seen, context);
        findings.extend(compare::judge(seen, &self.stores, context));
        findings.extend(proxied::judge(seen, context));
        if let Some(proxy) = carrier(seen) {
            return self.carried(findings, seen, &proxy, context);
        }
        if seen.ladders.is_empty() {
            if findings.is_empty() {
                findings.push(self.too_small(0, 0));
            }
            return findings;
        }
        findings.retain(|finding| finding.verdict != Verdict::Fail);
        findings.extend(self.outside(seen));
        let parts = self.parts(seen);
        if parts.is_empty() {
            let whole = part(seen, |_| true);
            findings.push(self.too_small(whole.hosts, addresses(&whole.seen)));
            return findings;
        }
        let mut judged: Vec<Vec<Finding>> = parts
            .iter()
            .map(|part| {
                let all = tls::each_address(&self.stores, &part.seen, context);
                self.lost(&all, &part.seen)
            })
            .collect();
        // A Mac falls back to the other family: it is slower, not cut off.
        let works = |found: &Vec<Finding>| {
            !matches!(verdict_of(found), Verdict::Fail | Verdict::Inconclusive)
        };
        if judged.iter().any(works) {
            for one in judged.iter_mut().flatten() {
                if one.verdict == Verdict::Fail {
                    one.verdict = Verdict::Degraded;
                }
            }
        }
        findings.extend(judged.into_iter().flatten());
        findings
    }

    /// A proxy carries the connections: what counts is which hosts it reaches.
    fn carried(
        &self,
        mut findings: Vec<Finding>,
        seen: &Seen,
        proxy: &str,
        context: &Context<'_>,
    ) -> Vec<Finding> {
        if seen.ladders.is_empty() {
            return findings;
        }
        // What led nowhere was tried before the way that counts.
        let mut through = seen.clone();
        through.ladders.retain(|ladder| {
            ladder
                .ladder
                .via
                .proxy()
                .is_some_and(|p| p.to_string() == proxy)
        });
        let all = tls::each_address(&self.stores, &through, context);
        findings.extend(self.lost(&all, &through));
        findings
    }

    /// Each family by itself if it is enough for a judgement; else both together, if that is.
    fn parts(&self, seen: &Seen) -> Vec<Part> {
        let enough = |part: &Part| {
            part.hosts >= self.least_hosts && addresses(&part.seen) >= self.least_addresses
        };
        let mut parts: Vec<Part> = [true, false]
            .into_iter()
            .map(|v4| part(seen, |address| address.is_ipv4() == v4))
            .filter(|part| !part.seen.ladders.is_empty() && enough(part))
            .collect();
        if parts.is_empty() {
            parts.extend(Some(part(seen, |_| true)).filter(enough));
        }
        parts
    }

    fn too_small(&self, hosts: usize, addresses: usize) -> Finding {
        finding(
            Code::InconclusiveSample,
            Verdict::Inconclusive,
            &format!(
                "{} and {}",
                counted(self.least_hosts, "host"),
                counted(self.least_addresses, "address")
            ),
            format!("hosts with an answer: {hosts}; addresses to dial: {addresses}"),
        )
    }

    /// A small share lost: degraded; from the profile's share on: failed. All lost: what was seen at the first decides.
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
        let (code, verdict) = if lost * 100 >= all.len() * self.fail_percent {
            (Code::RangeClosed, Verdict::Fail)
        } else {
            (Code::RangePartial, Verdict::Degraded)
        };
        let reach = self.reach(seen);
        // An address that loses only large hellos is not closed.
        let by_size = |found: &Vec<Finding>| {
            deciding(found).is_some_and(|one| one.code == Code::TlsLargeHelloLost)
        };
        if all.iter().filter(bad).all(by_size) {
            let share = format!("{lost} of {} lose large hellos", all.len());
            for one in findings
                .iter_mut()
                .filter(|one| one.verdict == Verdict::Fail)
            {
                one.verdict = verdict;
                one.actual = format!("{reach}; {share}; {}", one.actual);
            }
            return findings;
        }
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
            .filter_map(|ladder| match self.grade(seen, ladder.ladder.address) {
                Grade::Outside(address) => Some(address.to_string()),
                _ => None,
            })
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

    fn grade(&self, seen: &Seen, address: IpAddr) -> Grade<'_> {
        let meant = behind_nat64(seen, address);
        match self.published.iter().find(|net| net.contains(&meant)) {
            Some(net) => Grade::Published(net),
            None if self.within.contains(&meant) => Grade::Inside(address),
            None => Grade::Outside(address),
        }
    }

    /// What the row reached: how many addresses in how many published blocks, and what it could not see.
    pub(in crate::probe) fn reach(&self, seen: &Seen) -> String {
        if let Some(proxy) = carrier(seen) {
            let open = seen.ladders.iter().filter(|ladder| is_open(ladder)).count();
            let hosts = counted(self.hosts.len(), "host");
            return format!(
                "open to {open} of {hosts} through {proxy}; which addresses it reaches does not show here"
            );
        }
        let of_family = |v4: bool| part(seen, |address| address.is_ipv4() == v4).seen;
        let (v4, v6) = (of_family(true), of_family(false));
        let mut sentences = match (v4.ladders.is_empty(), v6.ladders.is_empty()) {
            (false, false) => vec![
                format!("IPv4 {}", self.reach_of(&v4)),
                format!("IPv6 {}", self.reach_of(&v6)),
            ],
            (true, false) => vec![self.reach_of(&v6)],
            _ => vec![self.reach_of(&v4)],
        };
        if seen.left_out > 0 {
            let more = counted(seen.left_out, "further address");
            sentences.push(format!("{more} not dialled"));
        }
        let mut unrouted = seen.without_route.iter();
        if let Some(one) = unrouted.find(|one| one.address.is_ipv6()) {
            let why = match &one.source {
                Some(source) => format!("the source {source} has no such address"),
                None => "this machine has no route for it".to_owned(),
            };
            sentences.push(format!("IPv6 not tested, {why}"));
        }
        sentences.join("; ")
    }

    fn reach_of(&self, seen: &Seen) -> String {
        let mut open = 0;
        let mut inside = 0;
        // The addresses of a block that were dialled, and those that were lost.
        let mut graded: BTreeMap<Grade<'_>, (usize, usize)> = BTreeMap::new();
        for ladder in &seen.ladders {
            let grade = self.grade(seen, ladder.ladder.address);
            let (dialled, lost) = graded.entry(grade).or_default();
            *dialled += 1;
            if is_open(ladder) {
                open += 1;
            } else {
                *lost += 1;
            }
            inside += usize::from(matches!(grade, Grade::Inside(_)));
        }
        let published: Vec<&IpNet> = self.published_for(seen);
        let unseen: Vec<String> = published
            .iter()
            .filter(|net| !graded.contains_key(&Grade::Published(net)))
            .map(ToString::to_string)
            .collect();
        let mut parts = vec![format!(
            "open to {open} of {} addresses in {} of {} published blocks",
            seen.ladders.len(),
            published.len() - unseen.len(),
            published.len()
        )];
        let closed: Vec<String> = graded.iter().filter_map(closed).collect();
        if !closed.is_empty() {
            parts.push(format!("closed in {}", closed.join(", ")));
        }
        if inside > 0 {
            let within = self.within;
            parts.push(format!("{inside} in {within} but in no published block"));
        }
        if !unseen.is_empty() {
            parts.push(format!("{} not seen from here", unseen.join(", ")));
        }
        parts.join("; ")
    }

    /// The published blocks that the dialled addresses can lie in: an address of NAT64 lies in one of IPv4.
    fn published_for(&self, seen: &Seen) -> Vec<&IpNet> {
        let v4 = |ladder: &LadderSeen| behind_nat64(seen, ladder.ladder.address).is_ipv4();
        let (any_v4, all_v4) = (seen.ladders.iter().any(v4), seen.ladders.iter().all(v4));
        let of_family = |net: &&IpNet| match net {
            IpNet::V4(_) => any_v4,
            IpNet::V6(_) => !all_v4,
        };
        self.published.iter().filter(of_family).collect()
    }
}

/// The last proxy that the row was sent to, if any.
fn carrier(seen: &Seen) -> Option<String> {
    let last = seen.proxies.last().map(|proxy| proxy.proxy.to_string());
    let direct = seen
        .ladders
        .last()
        .is_some_and(|ladder| ladder.ladder.via.is_direct());
    last.filter(|_| !direct)
}

fn behind_nat64(seen: &Seen, address: IpAddr) -> IpAddr {
    let of = |name: &&NameSeen| name.addresses.contains(&address);
    let name = seen.names.iter().find(of);
    name.map_or(address, |name| name.behind_nat64(address))
}

/// A block with what it lost; named alone if nothing in it answered.
fn closed((grade, (dialled, lost)): (&Grade<'_>, &(usize, usize))) -> Option<String> {
    if *lost == 0 {
        return None;
    }
    Some(match grade {
        Grade::Published(net) if lost == dialled => net.to_string(),
        Grade::Published(net) => format!("{net} ({lost} of {dialled} addresses)"),
        Grade::Inside(address) | Grade::Outside(address) => address.to_string(),
    })
}

/// What was seen at the addresses that are wanted, and how many hosts have one of them.
fn part(seen: &Seen, wanted: impl Fn(IpAddr) -> bool) -> Part {
    let has = |name: &&NameSeen| name.addresses.iter().any(|address| wanted(*address));
    Part {
        hosts: seen.names.iter().filter(has).count(),
        seen: Seen {
            ladders: seen
                .ladders
                .iter()
                .filter(|ladder| wanted(ladder.ladder.address))
                .cloned()
                .collect(),
            ..Seen::default()
        },
    }
}

fn addresses(seen: &Seen) -> usize {
    let all: std::collections::BTreeSet<IpAddr> = seen
        .ladders
        .iter()
        .map(|ladder| ladder.ladder.address)
        .collect();
    all.len()
}

fn is_open(ladder: &LadderSeen) -> bool {
    ladder.observation.is_done()
}

#[cfg(test)]
mod tests;
