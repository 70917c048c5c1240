//! Where a redirect leads: followed by hand, hop by hop, with a request that carries nothing of ours.
//!
//! For targets that the user typed it is shown. A row of a profile asks for it by name, and `--list` says so: its end
//! counts, and is asked by HEAD and over TLS only.

use std::collections::BTreeSet;

use super::ask::{Ask, Seen, Want};
use super::context::{Context, cut_code, finding};
use super::http::{Follow, Spec, describe, trouble};
use super::judge::weight;
use crate::code::Code;
use crate::finding::{Finding, Verdict};
use crate::net::ladder::Rungs;
use crate::net::{End, Observation, printable};

/// At most so many; browsers give up after twenty, an honest site needs two or three.
const HOPS: usize = 5;
/// As much of an address as is shown.
const SHOWN: usize = 512;

/// One hop: what was asked, and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Redirect {
    pub url: String,
    pub why: HopWhy,
    pub end: HopEnd,
}

/// Why one more request was made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HopWhy {
    /// An answer sent its reader there.
    Redirect,
    /// The first answer left something open that this one can tell.
    Further,
    /// A hello that leaves a TLS 1.2 peer without extended master secret.
    Strict,
}

#[derive(Clone, Debug, PartialEq)]
pub enum HopEnd {
    Asked(Box<Observation<Rungs>>),
    NoAddress,
    /// It was asked before in this chain.
    Circle,
    /// It is no http or https address.
    NotFollowed,
    /// It is no https address, and nothing is sent in the clear.
    InTheClear,
    TooMany,
}

/// Follows the redirect that the row's own request was answered with.
pub(super) async fn follow(spec: &Spec, ask: &Ask) {
    let mut from = spec.address.clone();
    let mut known = BTreeSet::from([from.url()]);
    let mut location = ask.redirected();
    for _ in 0..HOPS {
        let Some(next) = location else { return };
        let Some(to) = from.join(&next) else {
            return ask.note_hop(next, HopEnd::NotFollowed);
        };
        if !known.insert(to.url()) {
            return ask.note_hop(to.url(), HopEnd::Circle);
        }
        let mut hop = Spec::new(to.clone());
        if spec.follows == Follow::ToTheEnd {
            if !to.tls {
                return ask.note_hop(to.url(), HopEnd::InTheClear);
            }
            hop.request.method.clone_from(&spec.request.method);
        }
        let want: Want = hop.want();
        location = ask.hop(&to.url(), &want).await;
        from = to;
    }
    if let Some(next) = location.filter(|_| spec.follows == Follow::ToTheEnd) {
        ask.note_hop(next, HopEnd::TooMany);
    }
}

/// What is wrong with the end of the way. The chains on it are judged by the rows of their own hosts.
pub(super) fn judge(seen: &Seen, context: &Context<'_>) -> Option<Finding> {
    let last = seen.redirects.last()?;
    let expected = "redirects over https that end with an answer";
    let at = |what: &str| format!("the redirect leads to {}: {what}", last.shown());
    let HopEnd::Asked(observation) = &last.end else {
        let actual = at(&last.answer());
        return Some(finding(
            Code::HttpRedirected,
            Verdict::Fail,
            expected,
            actual,
        ));
    };
    if observation.is_pending() {
        let (code, end) = cut_code(context);
        let actual = at(&format!("waiting for its answer when {end}"));
        return Some(finding(code, Verdict::Inconclusive, expected, actual));
    }
    if let Some(failure) = observation.failure() {
        let actual = at(&failure.detail);
        return Some(finding(
            failure.code,
            weight(failure.code),
            expected,
            actual,
        ));
    }
    let http = observation.seen.http.as_deref()?;
    let status = http.status.unwrap_or_default();
    if let Some(mut trouble) = trouble(status, http) {
        trouble.actual = at(&trouble.actual);
        return Some(trouble);
    }
    let actual = || at(&describe(http));
    (!(200..300).contains(&status))
        .then(|| finding(Code::HttpStatus, Verdict::Fail, expected, actual()))
}

/// The version that stands in one of the URLs on the way.
pub(super) fn version(spec: &Spec, seen: &Seen) -> Option<String> {
    let (before, after) = spec.version_in.as_ref()?;
    let own = seen.ladders.iter();
    let own = own.filter_map(|ladder| location(&ladder.observation.seen));
    let urls = own.chain(seen.redirects.iter().map(|hop| hop.url.clone()));
    urls.into_iter()
        .find_map(|url| version_of(&url, before, after).map(ToOwned::to_owned))
}

/// Numbers between dots, and nothing else, between two texts.
fn version_of<'a>(url: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = url.split_once(before)?;
    let (version, _) = rest.split_once(after)?;
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    version.split('.').all(number).then_some(version)
}

impl Redirect {
    /// The address, as far as a line holds it.
    pub fn shown(&self) -> String {
        printable(&self.url, SHOWN)
    }

    pub fn question(&self) -> String {
        let url = self.shown();
        match self.why {
            HopWhy::Redirect => format!("what does {url} answer, where the redirect leads?"),
            HopWhy::Further => format!("what does {url} answer?"),
            HopWhy::Strict => format!("does {url} offer extended master secret with TLS 1.2?"),
        }
    }

    pub fn answer(&self) -> String {
        match &self.end {
            HopEnd::NoAddress => "no address was found for it".to_owned(),
            HopEnd::Circle => "it was asked before: the redirects go in a circle".to_owned(),
            HopEnd::NotFollowed => "it is no address that can be followed".to_owned(),
            HopEnd::InTheClear => "it is not https, so it was not followed".to_owned(),
            HopEnd::TooMany => format!("it would be more than {HOPS} redirects"),
            HopEnd::Asked(observation) => match (&observation.end, &observation.seen.http) {
                (End::Failed(failure), _) => format!("{}: {}", failure.code, failure.detail),
                (_, Some(http)) if http.status.is_some() => describe(http),
                (End::Done, _) => "yes".to_owned(),
                _ => "no answer by the end of the run".to_owned(),
            },
        }
    }

    pub fn status(&self) -> Option<u16> {
        match &self.end {
            HopEnd::Asked(observation) => observation.seen.http.as_deref()?.status,
            _ => None,
        }
    }
}

/// Where an answer sends its reader.
pub(super) fn location(rungs: &Rungs) -> Option<String> {
    let http = rungs.http.as_deref()?;
    let sends_on = http
        .status
        .is_some_and(|status| (300..400).contains(&status));
    http.leads_to.clone().filter(|_| sends_on)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::finding::Expectation;
    use crate::net::Failure;
    use crate::net::http::HttpSeen;
    use crate::probe::RunFacts;
    use crate::probe::tests::context;

    fn ended(end: HopEnd) -> (Option<Code>, Verdict) {
        let url = "https://cdn.example.com/tool.pkg".to_owned();
        let seen = Seen {
            redirects: vec![Redirect {
                url,
                why: HopWhy::Redirect,
                end,
            }],
            ..Seen::default()
        };
        let run = RunFacts::default();
        let found = judge(&seen, &context(Expectation::Http, &run, None));
        found.map_or((None, Verdict::Pass), |one| (Some(one.code), one.verdict))
    }

    fn asked(status: Option<u16>, end: End) -> HopEnd {
        let http = status.map(|status| {
            Arc::new(HttpSeen {
                status: Some(status),
                ..HttpSeen::default()
            })
        });
        let seen = Rungs {
            http,
            ..Rungs::default()
        };
        HopEnd::Asked(Box::new(Observation { seen, end }))
    }

    #[test]
    fn the_end_of_the_way_counts_and_trouble_there_proves_the_path() {
        let answered = |status| ended(asked(Some(status), End::Done));
        assert_eq!(answered(200), (None, Verdict::Pass));
        let wrong = (Some(Code::HttpStatus), Verdict::Fail);
        assert_eq!(answered(404), wrong);
        let busy = (Some(Code::HttpThrottled), Verdict::Degraded);
        assert_eq!(answered(429), busy);
        let down = (Some(Code::HttpServerError), Verdict::Degraded);
        assert_eq!(answered(503), down);
        let silent = Failure::new(Code::TcpSilent, "no answer");
        let silent = ended(asked(None, End::Failed(silent)));
        assert_eq!(silent, (Some(Code::TcpSilent), Verdict::Fail));
        let pending = ended(asked(None, End::Pending));
        assert_eq!(
            pending,
            (Some(Code::InconclusiveDeadline), Verdict::Inconclusive)
        );
        for end in [
            HopEnd::NoAddress,
            HopEnd::Circle,
            HopEnd::NotFollowed,
            HopEnd::InTheClear,
            HopEnd::TooMany,
        ] {
            let shown = format!("{end:?}");
            assert_eq!(
                ended(end),
                (Some(Code::HttpRedirected), Verdict::Fail),
                "{shown}"
            );
        }
    }

    #[test]
    fn a_version_is_digits_and_dots_between_what_stands_around_it() {
        let of = |url| version_of(url, "/CompanyPortal_", "-Installer.pkg");
        let cdn = "https://officecdn.microsoft.com/pr/C1/MacAutoupdate";
        let url = format!("{cdn}/CompanyPortal_5.2404.0-Installer.pkg");
        assert_eq!(of(&url), Some("5.2404.0"));
        for url in [
            "/CompanyPortal-Installer.pkg",
            "/CompanyPortal_-Installer.pkg",
            "/CompanyPortal_5..1-Installer.pkg",
            "/CompanyPortal_5.x-Installer.pkg",
            "/CompanyPortal_5.1.pkg",
        ] {
            assert_eq!(of(url), None, "{url}");
        }
    }
}
