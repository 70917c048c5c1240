//! `http`: does the server answer one request, over a chain that the row accepts, as it should?

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_spanned::Spanned;

use super::ask::{Ask, Rung, Seen, Want};
use super::context::{Context, finding, verdict_of};
use super::fill::{Fill, Text, Unfilled};
use super::judge::{Demand, each_address, ladders};
use super::{portal, redirect, summary};
use crate::code::Code;
use crate::finding::{Finding, Verdict};
use crate::net::endpoint::Address;
use crate::net::http::{HttpSeen, Request};
use crate::net::ladder::Hello;
use crate::net::trust::StoreName;

/// The probe's table in a profile.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub url: Text,
    pub method: Option<String>,
    /// Accepted statuses; absent: any HTTP answer will do.
    #[serde(default)]
    pub status: Vec<u16>,
    #[serde(default)]
    pub headers: BTreeMap<String, Text>,
    pub body: Option<Text>,
    pub alpn: Option<Vec<String>>,
    pub stores: Option<Vec<StoreName>>,
    /// Whether the answer must be JSON.
    #[serde(default)]
    pub json: bool,
    /// A text that stands in the genuine answer. With it, whatever else answers a plain request gives itself away.
    pub contains: Option<Text>,
    /// Whether the answer's redirects are followed to their end, by HEAD and over TLS only.
    pub follow: Option<Spanned<bool>>,
    /// Where in the URLs on the way a version stands: `{version}` between what is around it.
    pub version_in: Option<Text>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Spec {
    pub address: Address,
    pub request: Request,
    pub alpn: Vec<String>,
    pub stores: Vec<StoreName>,
    pub status: Vec<u16>,
    pub json: bool,
    pub contains: Option<String>,
    pub follows: Follow,
    /// What stands before and after a version in the URLs on the way.
    pub version_in: Option<(String, String)>,
}

/// What becomes of a redirect.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Follow {
    #[default]
    No,
    /// Shown where it leads, by plain GETs: of a target that the user typed.
    Shown,
    /// To its end, which counts: by HEAD, so that nothing is downloaded, and over TLS only.
    ToTheEnd,
}

impl Settings {
    pub fn resolve(&self, fill: &Fill<'_>) -> Result<Spec, Unfilled> {
        let url = fill.url(&self.url);
        let header = |(name, value): (&String, &Text)| {
            let value = fill.text(value);
            value.map(|value| (name.to_ascii_lowercase(), value))
        };
        let headers: Vec<_> = self.headers.iter().map(header).collect();
        let body = self.body.as_ref().map(|body| fill.text(body));
        let mut spec = Spec::new(url?);
        if let Some(method) = &self.method {
            spec.request.method.clone_from(method);
        }
        spec.request.headers = headers.into_iter().collect::<Result<_, _>>()?;
        spec.request.body = body.transpose()?.map(String::into_bytes);
        if let Some(alpn) = &self.alpn {
            spec.alpn.clone_from(alpn);
        }
        if let Some(stores) = &self.stores {
            spec.stores.clone_from(stores);
        }
        spec.status.clone_from(&self.status);
        spec.json = self.json;
        if let Some(contains) = &self.contains {
            spec.contains = Some(fill.text(contains)?);
        }
        self.following(&mut spec, fill)?;
        Ok(spec)
    }

    fn following(&self, spec: &mut Spec, fill: &Fill<'_>) -> Result<(), Unfilled> {
        if let Some(follow) = self.follow.as_ref().filter(|follow| *follow.get_ref()) {
            if spec.request.method != "HEAD" || !spec.address.tls {
                let why = "only `method = \"HEAD\"` of an https URL is followed: nothing is downloaded, nothing sent in the clear";
                return Err(fill.wrong(follow, why.to_owned()));
            }
            spec.follows = Follow::ToTheEnd;
        }
        if let Some(text) = &self.version_in {
            let typed = fill.text(text)?;
            let parts = typed.split_once("{version}");
            let wrong = || fill.wrong(text, format!("`{typed}` has no {{version}} in it"));
            let (before, after) = parts.ok_or_else(wrong)?;
            spec.version_in = Some((before.to_owned(), after.to_owned()));
        }
        Ok(())
    }
}

/// What is offered where a profile does not say: HTTP/2 first.
pub(super) fn usual_alpn() -> Vec<String> {
    vec!["h2".to_owned(), "http/1.1".to_owned()]
}

impl Spec {
    /// A plain GET of a URL.
    pub fn new(address: Address) -> Self {
        let request = Request {
            method: "GET".to_owned(),
            host: address.authority(),
            path: address.path.clone(),
            headers: Vec::new(),
            body: None,
            credential: None,
        };
        Self {
            address,
            request,
            alpn: usual_alpn(),
            stores: vec![StoreName::Public],
            status: Vec::new(),
            json: false,
            contains: None,
            follows: Follow::No,
            version_in: None,
        }
    }

    pub(super) fn want(&self) -> Want {
        let hello = Hello {
            name: self.address.host.to_string(),
            alpn: self.alpn.clone(),
            strict: false,
        };
        Want {
            host: self.address.host.clone(),
            port: self.address.port,
            hello: self.address.tls.then_some(hello),
            request: Some(self.request.clone()),
        }
    }

    pub(super) async fn observe(&self, ask: &Ask) {
        ask.climb(&self.want(), Rung::Http).await;
        if self.follows != Follow::No {
            redirect::follow(self, ask).await;
        }
        if let Some(version) = redirect::version(self, &ask.seen()) {
            ask.fact("version", version);
        }
    }

    pub(super) fn judge(&self, seen: &Seen, context: &Context<'_>) -> Vec<Finding> {
        let mut findings = self.with_demand(|demand| ladders(seen, demand, context));
        let works = !matches!(verdict_of(&findings), Verdict::Fail | Verdict::Inconclusive);
        if self.follows == Follow::ToTheEnd && works {
            findings.extend(redirect::judge(seen, context));
        }
        findings
    }

    /// One sentence for a row that is in order: where its redirects led, as well.
    pub(super) fn sentence(&self, seen: &Seen) -> String {
        let own = summary::sentence(seen);
        let end = seen.redirects.last();
        let end = end.filter(|_| self.follows == Follow::ToTheEnd);
        let version = redirect::version(self, seen);
        let version = version.map_or_else(String::new, |version| format!(", version {version}"));
        match end {
            Some(end) => format!("{own}, leads to {}{version}", end.shown()),
            None => format!("{own}{version}"),
        }
    }

    pub(super) fn each_address(&self, seen: &Seen, context: &Context<'_>) -> Vec<Vec<Finding>> {
        self.with_demand(|demand| each_address(seen, demand, context))
    }

    fn with_demand<T>(&self, judge: impl FnOnce(&Demand<'_>) -> T) -> T {
        judge(&Demand {
            rung: Rung::Http,
            accepts: &self.stores,
            answer: &|answer, proven| self.answer(answer, proven),
        })
    }

    /// What a plain answer is worth.
    pub(super) fn answer(&self, answer: &HttpSeen, proven: bool) -> Vec<Finding> {
        let status = answer.status.unwrap_or_default();
        let expected = self.expected();
        // Nobody else can write over a chain that proves the host.
        let stranger = (!proven).then(|| portal::stranger(self, answer)).flatten();
        if let Some(stranger) = stranger {
            return vec![stranger.finding(&expected, answer)];
        }
        if self.json && is_page(answer) {
            return vec![not_json(answer, &expected)];
        }
        if let Some(trouble) = trouble(status, answer) {
            return vec![trouble];
        }
        if self.json && answer.json.is_none() {
            return vec![not_json(answer, &expected)];
        }
        let genuine = portal::keeps_its_word(self, answer);
        if genuine && (self.status.is_empty() || self.status.contains(&status)) {
            return Vec::new();
        }
        let code = match status {
            300..=399 => Code::HttpRedirected,
            // A server's own page of errors is its answer.
            _ if is_page(answer) && !proven => Code::HttpBlockPage,
            200..=299 if !genuine => Code::HttpBodyUnexpected,
            _ => Code::HttpStatus,
        };
        vec![finding(code, Verdict::Fail, &expected, describe(answer))]
    }

    fn expected(&self) -> String {
        let statuses: Vec<String> = self.status.iter().map(ToString::to_string).collect();
        if let Some(text) = &self.contains {
            return format!("an answer that contains \"{text}\"");
        }
        match (statuses.is_empty(), self.json) {
            (true, false) => "an HTTP answer".to_owned(),
            (true, true) => "a JSON answer".to_owned(),
            (false, _) => format!("status {}", statuses.join(" or ")),
        }
    }
}

/// The path is proven and the service itself has trouble: degraded, not failed.
pub(super) fn trouble(status: u16, answer: &HttpSeen) -> Option<Finding> {
    let code = match status {
        429 => Code::HttpThrottled,
        500..=599 => Code::HttpServerError,
        _ => return None,
    };
    let expected = "an answer without trouble";
    Some(finding(code, Verdict::Degraded, expected, describe(answer)))
}

/// What a call that shows a secret makes of a redirect, which it never follows, and of trouble. The chain was accepted, so
/// this is the service's own answer, page or not.
pub(super) fn turned_away(answer: &HttpSeen, expected: &str) -> Option<Finding> {
    let status = answer.status.unwrap_or_default();
    if !matches!(status, 300..=399) {
        return trouble(status, answer);
    }
    let actual = format!(
        "{}: not followed, and no secret is sent on",
        describe(answer)
    );
    let code = Code::HttpRedirected;
    Some(finding(code, Verdict::Fail, expected, actual))
}

pub(super) fn is_page(answer: &HttpSeen) -> bool {
    let kind = answer.content_type.as_deref().unwrap_or_default();
    kind.to_ascii_lowercase().contains("html")
}

/// An answer that should have been JSON: a page is somebody else's, other text is only wrong.
pub(super) fn not_json(answer: &HttpSeen, expected: &str) -> Finding {
    let code = if is_page(answer) {
        Code::HttpBlockPage
    } else {
        Code::HttpNotJson
    };
    finding(code, Verdict::Fail, expected, describe(answer))
}

pub(super) fn describe(answer: &HttpSeen) -> String {
    let status = answer.status.unwrap_or_default();
    let kind = answer.content_type.as_deref().unwrap_or("no content type");
    let title = answer.title.as_ref();
    let title = title.map_or_else(String::new, |title| format!(", titled \"{title}\""));
    let location = answer.location.as_ref();
    let location = location.map_or_else(String::new, |location| format!(", to {location}"));
    let proxy = answer.headers.get(portal::SQUID);
    let proxy = proxy.map_or_else(String::new, |said| format!(", a proxy's own: {said}"));
    format!("status {status}, {kind}{title}{location}{proxy}")
}
