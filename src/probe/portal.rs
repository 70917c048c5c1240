//! Who answered in a server's place: a captive portal or a filter, told by what they send.
//!
//! A portal is claimed only where the genuine answer to a plain request is known in advance; a proxy's error
//! page has been taken for one elsewhere.

use super::ask::Seen;
use super::context::{RunFacts, finding};
use super::http::{Spec, describe, is_page};
use crate::code::Code;
use crate::finding::{Finding, Verdict};
use crate::net::endpoint::Host;
use crate::net::http::HttpSeen;
use crate::net::{inspection, space};

/// Where Squid says why it answers in place of the host.
pub(super) const SQUID: &str = "x-squid-error";
/// Headers that only filters and proxies add to a page of their own, by how their names begin.
const MARKS: [(&str, &str); 3] = [
    (SQUID, "Squid"),
    ("x-zscaler-", "Zscaler"),
    ("x-bluecoat-", "Symantec Blue Coat"),
];
/// What a page contains that sends its reader to a sign-in: the roaming standard's own element, a form, a
/// forwarding by HTML or by script.
const SIGN_IN: [&str; 6] = [
    "wispaccessgatewayparam",
    "<form",
    "http-equiv=\"refresh\"",
    "http-equiv='refresh'",
    "location.href",
    "location.replace",
];

/// Somebody else than the server that was asked.
pub(super) enum Stranger {
    Portal(&'static str),
    Filter(&'static str),
    Elsewhere,
}

impl Stranger {
    pub(super) fn finding(&self, expected: &str, answer: &HttpSeen) -> Finding {
        let said = describe(answer);
        match self {
            // Until somebody signs in, this row too has only shown the portal.
            Self::Portal(why) => finding(
                Code::HttpCaptivePortal,
                Verdict::Inconclusive,
                expected,
                format!("{why}: {said}"),
            ),
            Self::Filter(product) => finding(
                Code::HttpBlockPage,
                Verdict::Fail,
                expected,
                format!("an answer of {product}: {said}"),
            ),
            Self::Elsewhere => finding(
                Code::HttpBlockPage,
                Verdict::Fail,
                expected,
                format!("a plain request was sent on to another owner's host: {said}"),
            ),
        }
    }
}

/// Who answered, if the answer shows that it was not the server.
pub(super) fn stranger(spec: &Spec, answer: &HttpSeen) -> Option<Stranger> {
    let status = answer.status.unwrap_or_default();
    let accepted = spec.status.contains(&status) && keeps_its_word(spec, answer);
    if accepted {
        return None;
    }
    if let Some(product) = filter(spec, answer) {
        return Some(Stranger::Filter(product));
    }
    if spec.address.tls {
        return None;
    }
    // For whoever stands on the way alone (RFC 6585, section 6).
    if status == 511 {
        return Some(Stranger::Portal("a portal demands a sign-in"));
    }
    let sent_on = (300..400).contains(&status) && is_foreign(spec, answer);
    if spec.contains.is_none() {
        let promised = spec.json || !spec.status.is_empty();
        return (sent_on && promised).then_some(Stranger::Elsewhere);
    }
    if sent_on {
        return Some(Stranger::Portal("a plain request was sent to a portal"));
    }
    let page = (200..300).contains(&status) && is_page(answer) && !keeps_its_word(spec, answer);
    (page && signs_in(answer)).then_some(Stranger::Portal("a sign-in page came back"))
}

/// Whether the text stands in the answer that the genuine one contains.
pub(super) fn keeps_its_word(spec: &Spec, answer: &HttpSeen) -> bool {
    let Some(text) = &spec.contains else {
        return true;
    };
    let body = answer.body.as_deref().unwrap_or_default();
    body.contains(text)
}

/// The product whose marks an answer bears that the row does not accept.
fn filter(spec: &Spec, answer: &HttpSeen) -> Option<&'static str> {
    let status = answer.status.unwrap_or_default();
    if status < 300 && keeps_its_word(spec, answer) {
        return None;
    }
    let marked = MARKS.iter().find(|(mark, _)| {
        let mut names = answer.headers.keys();
        names.any(|name| name.starts_with(mark))
    });
    if let Some((_, product)) = marked {
        return Some(product);
    }
    let target = answer.location.as_deref().and_then(host_of);
    let texts = [answer.server.as_deref(), answer.title.as_deref(), target];
    texts
        .into_iter()
        .flatten()
        .find_map(inspection::filter_named)
}

fn is_foreign(spec: &Spec, answer: &HttpSeen) -> bool {
    let Some(target) = answer.location.as_deref().and_then(host_of) else {
        return false;
    };
    let asked = match &spec.address.host {
        Host::Name(name) => space::owner(name),
        Host::Address(address) => address.to_string(),
    };
    space::owner(&target.to_ascii_lowercase()) != asked
}

/// The host of an absolute URL; a redirect within a site has none.
fn host_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let end = if host.starts_with('[') {
        host.find(']')
    } else {
        host.find(':')
    };
    Some(host[..end.unwrap_or(host.len())].trim_start_matches('['))
}

fn signs_in(answer: &HttpSeen) -> bool {
    let page = answer.body.as_deref().unwrap_or_default();
    let page = page.to_ascii_lowercase();
    SIGN_IN.iter().any(|sign| page.contains(sign))
}

/// What a row saw of a portal, for the other rows.
pub(super) fn seen_by(spec: &Spec, seen: &Seen) -> Option<String> {
    let answers = seen
        .ladders
        .iter()
        .filter_map(|ladder| ladder.observation.seen.http.as_deref());
    let mut said = answers.filter_map(|answer| match stranger(spec, answer)? {
        Stranger::Portal(why) => Some(format!("{why}: {}", describe(answer))),
        Stranger::Filter(_) | Stranger::Elsewhere => None,
    });
    said.next()
}

/// Behind a portal nothing that fails says anything about the network: such a row could not be tested.
pub fn gate(mut findings: Vec<Finding>, run: &RunFacts) -> Vec<Finding> {
    let Some(portal) = &run.portal else {
        return findings;
    };
    let known = |one: &Finding| one.code == Code::HttpCaptivePortal;
    let fails = |one: &Finding| one.verdict == Verdict::Fail;
    if findings.iter().any(known) || !findings.iter().any(fails) {
        return findings;
    }
    for one in &mut findings {
        // What was seen stays in the report, as a note.
        one.verdict = Verdict::Pass;
    }
    findings.push(finding(
        Code::HttpCaptivePortal,
        Verdict::Inconclusive,
        "a network that lets this machine through",
        portal.clone(),
    ));
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::deciding;
    use crate::net::endpoint::Address;

    fn answer(status: u16, location: Option<&str>, body: &str) -> HttpSeen {
        HttpSeen {
            status: Some(status),
            location: location.map(ToOwned::to_owned),
            content_type: Some("text/html; charset=utf-8".to_owned()),
            body: Some(body.to_owned()),
            ..HttpSeen::default()
        }
    }

    fn code(answer: &HttpSeen) -> Option<Code> {
        let address: Address = "http://captive.apple.com/".parse().expect("a URL");
        let mut spec = Spec::new(address);
        spec.status = vec![200];
        spec.contains = Some("Success".to_owned());
        stranger(&spec, answer).map(|stranger| stranger.finding("", answer).code)
    }

    #[test]
    fn a_portal_is_claimed_on_evidence_and_a_proxys_page_is_none() {
        let portal = Some(Code::HttpCaptivePortal);
        let success = "<HTML><BODY>Success</BODY></HTML>";
        assert_eq!(code(&answer(200, None, success)), None);
        let away = Some("http://portal.hotel.example/login?u=1");
        assert_eq!(code(&answer(302, away, "")), portal);
        assert_eq!(code(&answer(511, None, "")), portal);
        assert_eq!(code(&answer(200, None, "<FORM action=/login>")), portal);
        let own = Some("https://www.apple.com/");
        assert_eq!(
            code(&answer(302, own, "")),
            None,
            "the vendor's own redirect"
        );
        assert_eq!(code(&answer(302, Some("/index.html"), "")), None);
        assert_eq!(code(&answer(403, None, "<h1>Denied</h1>")), None);
        let blocked = Some("https://gateway.zscaler.net/block");
        assert_eq!(code(&answer(307, blocked, "")), Some(Code::HttpBlockPage));
        let mut squid = answer(503, None, "<form>");
        let mark = ("x-squid-error".to_owned(), "ERR_DNS_FAIL 0".to_owned());
        squid.headers.extend([mark]);
        assert_eq!(code(&squid), Some(Code::HttpBlockPage));
    }

    #[test]
    fn a_plain_request_that_another_owners_host_takes_over_is_no_portal_without_a_known_answer() {
        let mut spec = Spec::new("http://captive.apple.com/".parse().expect("a URL"));
        spec.status = vec![200];
        let away = answer(302, Some("http://portal.hotel.example/"), "");
        let stranger = stranger(&spec, &away).expect("a stranger's answer");
        assert_eq!(stranger.finding("", &away).code, Code::HttpBlockPage);
    }

    #[test]
    fn what_fails_behind_a_portal_says_nothing_yet() {
        let failed = |code| finding(code, Verdict::Fail, "", String::new());
        let facts = RunFacts {
            portal: Some("a page".to_owned()),
            ..RunFacts::default()
        };
        let of = |findings| {
            let held = gate(findings, &facts);
            deciding(&held).map(|one| (one.code, one.verdict))
        };
        let portal = (Code::HttpCaptivePortal, Verdict::Inconclusive);
        assert_eq!(of(vec![failed(Code::TcpSilent)]), Some(portal));
        assert_eq!(of(Vec::new()), None);
    }

    #[test]
    fn the_host_of_a_redirect_is_found_in_any_url() {
        for (url, host) in [
            ("https://a.example/x", Some("a.example")),
            ("http://user@a.example:8080?x", Some("a.example")),
            ("http://[2001:db8::1]:80/", Some("2001:db8::1")),
            ("/login", None),
        ] {
            assert_eq!(host_of(url), host, "{url}");
        }
    }
}
