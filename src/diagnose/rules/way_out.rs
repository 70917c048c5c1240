//! The cause that there is a way out, and that the run was not told of it.

use super::super::argument::Argument;
use super::super::facts::{Facts, Row, list, named, owners};
use super::super::reach::is_outside;
use super::super::request::Wish;
use super::super::{Cause, has_code};
use crate::code::{Code, Owner};
use crate::finding::Verdict;

const WEB: u16 = 443;
/// Proxy authentication required, which no server says for itself.
const SIGN_IN: u16 = 407;
/// So many rows that are turned away for each that gets out: one exception does not make two causes of one.
const EXCEPTIONS: usize = 10;
/// Headers that no server adds for itself, by how their names begin. `Via` is not among them: the vendors' own caches
/// add it.
const MARKS: [&str; 4] = [
    "proxy-authenticate",
    "proxy-status",
    "x-bluecoat-",
    "x-squid-error",
];

/// Nothing gets out directly, the run uses no proxy, and something speaks of one. Without that, a closed network is all
/// that was seen.
pub(in super::super) fn by_proxy_only(facts: &Facts<'_>) -> Vec<Cause> {
    if facts.reach.leads_out(WEB) || !is_spoken_of(facts) {
        return Vec::new();
    }
    let turned = turned_away(facts);
    let port_443 = |row: &&Row<'_>| row.check.target.port == Some(WEB);
    let web = owners(facts.each(&turned).filter(port_443));
    if web.len() < 2 {
        return Vec::new();
    }
    let pages = facts.find(is_proxys_own);
    let unused = facts.vantage.proxy_unused.as_ref();
    let mut argument = Argument::default();
    argument.notes(facts.said(&turned));
    argument.signal(format!(
        "no connect to port {WEB} on the internet is answered, at hosts of {}",
        list(&web)
    ));
    if let Some(proxy) = unused {
        argument.signal(format!(
            "this machine is told to use {proxy}, which this run left aside"
        ));
    }
    argument.signal_if(!pages.is_empty(), || {
        let said = facts.said(&pages);
        format!("a proxy answers plain requests itself: {}", said.join("; "))
    });
    if facts.vantage.proxy_discovery {
        // Some systems are so by default: that proves nothing by itself.
        argument.note("this machine is set to ask the network for its proxies (WPAD)");
    }
    let ports = named(&facts.ports(&turned));
    let which = match unused {
        Some(proxy) => format!("Run with --proxy {proxy}"),
        None => "Ask which proxy leads out, and run with --proxy URL or --proxy pac:URL".to_owned(),
    };
    let touched = owners(facts.each(&turned));
    vec![Cause {
        code: "proxy_required",
        title: "Only a proxy seems to lead out of this network, and this run used no proxy"
            .to_owned(),
        summary: format!(
            "No connect to {} on {ports} gets out directly, and there are traces of a proxy: what goes through it was \
             not asked, since this run used none.",
            list(&touched)
        ),
        confidence: argument.confidence(),
        owner: Owner::Network,
        evidence: argument.lines(),
        rows: [turned, pages, facts.timeless(&touched)].concat(),
        remedy: format!(
            "{which}; set it for the whole Mac, since its services read no shell's variables."
        ),
        request: Some(Wish::Ask(
            "say which proxy leads out of this network, and let Apple's couriers be reached directly on port 5223",
        )),
    }]
}

/// Whether the run used no proxy and something tells that there is one: the machine's settings, or an answer.
pub(super) fn is_spoken_of(facts: &Facts<'_>) -> bool {
    let vantage = facts.vantage;
    let told = vantage.proxy_unused.is_some() || vantage.proxy_discovery;
    vantage.proxy.is_none() && (told || facts.all.iter().any(is_proxys_own))
}

/// The rows that are kept from getting out directly: those on ports on which nobody outside answers, and the others as
/// well where next to nobody does.
fn turned_away(facts: &Facts<'_>) -> Vec<usize> {
    let all = facts.find(is_turned_away);
    let outside = |row: &&Row<'_>| row.is_connected() && row.peer().is_some_and(is_outside);
    let answered = facts.all.iter().filter(outside);
    let answered = answered.filter(|row| !is_proxys_own(row)).count();
    if answered * EXCEPTIONS <= all.len() {
        return all;
    }
    let leads_out = |row: &Row<'_>| {
        let port = row.check.target.port;
        port.is_some_and(|port| facts.reach.leads_out(port))
    };
    let closed = |index: &usize| !leads_out(&facts.rows[*index]);
    all.into_iter().filter(closed).collect()
}

/// Silent or refused by a box on the way, at an address outside.
fn is_turned_away(row: &Row<'_>) -> bool {
    let away = row.is_silent() || row.refused_by().is_some();
    away && row.check.verdict != Verdict::Degraded && row.peer().is_some_and(is_outside)
}

/// A plain request that a proxy answered in the place of the host.
fn is_proxys_own(row: &Row<'_>) -> bool {
    let stages = &row.check.stages;
    let Some(http) = stages.http.as_ref().filter(|_| stages.tls.is_none()) else {
        return false;
    };
    let mut headers = http.headers.keys();
    let marked = headers.any(|name| MARKS.iter().any(|mark| name.starts_with(mark)));
    let own = has_code(row, Code::HttpBlockPage) && marked;
    row.is_connected() && (own || http.status == Some(SIGN_IN))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::finding::Confidence;
    use crate::net::http::HttpSeen;
    use crate::report::{Prerequisite, Report, Vantage};

    /// A closed network as it was seen, with nothing on it that speaks of a proxy.
    fn closed() -> Vec<Prerequisite> {
        let text = include_str!("../../../tests/it/told/egress_closed.json");
        let report: Report = serde_json::from_str(text).expect("the recorded report");
        report.prerequisites
    }

    fn told(vantage: &Vantage, prerequisites: &[Prerequisite]) -> Option<Confidence> {
        let causes = by_proxy_only(&Facts::of(prerequisites, vantage));
        assert!(causes.len() < 2);
        causes.first().map(|cause| cause.confidence)
    }

    /// Every row that asks the host connects to it at the address, and ends with the code after that.
    fn answers(rows: &mut [Prerequisite], host: &str, at: [u8; 4], code: Option<Code>) {
        let checks = rows.iter_mut().flat_map(|one| &mut one.checks);
        let mut asked = checks
            .filter(|check| check.target.host.as_deref() == Some(host))
            .peekable();
        assert!(asked.peek().is_some(), "{host}");
        for check in asked {
            check.code = code;
            for address in &mut check.addresses {
                (address.address, address.code) = (at.into(), code);
            }
            let tcp = Arc::make_mut(check.stages.tcp.as_mut().expect("dialled"));
            tcp.peer.set_ip(at.into());
            for connect in &mut tcp.connects {
                "connected".clone_into(&mut connect.end);
            }
            check.stages.http = code.map(|_| {
                Arc::new(HttpSeen {
                    status: Some(403),
                    ..HttpSeen::default()
                })
            });
        }
    }

    fn mark(rows: &mut [Prerequisite], status: u16, header: &str) {
        let checks = rows.iter_mut().flat_map(|one| &mut one.checks);
        for http in checks.filter_map(|check| check.stages.http.as_mut()) {
            let http = Arc::make_mut(http);
            http.status = Some(status);
            http.headers = [(header.to_owned(), "x".to_owned())].into();
        }
    }

    #[test]
    fn no_trace_no_claim_and_a_trace_is_as_good_as_what_it_says() {
        let closed = closed();
        let vantage = Vantage::default();
        assert_eq!(told(&vantage, &closed), None);
        let named = Vantage {
            proxy_unused: Some("http://proxy.test:3128".to_owned()),
            ..Vantage::default()
        };
        assert_eq!(told(&named, &closed), Some(Confidence::High));
        let discovers = Vantage {
            proxy_discovery: true,
            ..Vantage::default()
        };
        assert_eq!(told(&discovers, &closed), Some(Confidence::Medium));
        // What a proxy does not let through is no sign that none was used.
        let used = Vantage {
            proxy: Some("http://proxy.test:3128".to_owned()),
            ..discovers
        };
        assert_eq!(told(&used, &closed), None);
    }
    #[test]
    fn a_page_speaks_of_a_proxy_only_if_it_bears_its_marks() {
        let vantage = Vantage::default();
        let mut rows = closed();
        let block_page = Some(Code::HttpBlockPage);
        answers(
            &mut rows,
            "captive.apple.com",
            [17, 253, 37, 201],
            block_page,
        );
        assert_eq!(told(&vantage, &rows), None, "any filter's");
        mark(&mut rows, 403, "via");
        assert_eq!(told(&vantage, &rows), None, "a cache of the vendor's");
        mark(&mut rows, 403, "x-squid-error");
        assert_eq!(told(&vantage, &rows), Some(Confidence::High));
        mark(&mut rows, 407, "server");
        assert_eq!(told(&vantage, &rows), Some(Confidence::High));
    }

    #[test]
    fn a_host_inside_shows_no_way_out_and_one_outside_does() {
        let vantage = Vantage {
            proxy_unused: Some("http://proxy.test:3128".to_owned()),
            ..Vantage::default()
        };
        let mut rows = closed();
        answers(&mut rows, "graph.microsoft.com", [10, 0, 0, 7], None);
        assert_eq!(told(&vantage, &rows), Some(Confidence::High));
        answers(&mut rows, "graph.microsoft.com", [20, 190, 190, 131], None);
        assert_eq!(told(&vantage, &rows), None);
    }
}
