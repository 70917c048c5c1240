//! `jamf`: what a Jamf Pro server tells of itself: whether it is up, how recent, who hosts it, and how it speaks TLS.
//!
//! Each question is one request, so that the rows of a server do not wait for each other. Only where a first answer leaves
//! something open is a second one asked: a server that is not healthy says why, an older one has older addresses.

mod alarms;
mod authority;
mod health;
mod hosting;
mod session;
mod transport;
mod version;

use std::borrow::Cow;

use serde::Deserialize;

use super::ask::{Ask, Rung, Seen, Want};
use super::context::{Context, finding, verdict_of};
use super::fill::{Fill, Text, Unfilled};
use super::http;
use super::judge::{Demand, calls_of_each_address, each_address, ladders};
use super::summary;
use crate::code::Code;
use crate::finding::{Finding, Verdict};
use crate::net::endpoint::Address;
use crate::net::http::HttpSeen;
use crate::net::secret::SecretName;
use crate::net::trust::StoreName;

pub use version::Version;

/// What a row asks of the server.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Question {
    /// Is it healthy, and if not, why?
    Health,
    /// How far has its start come?
    Startup,
    /// Who runs it: the organisation or Jamf?
    Hosting,
    /// Which version is it, and is that recent enough?
    Version,
    /// Does it speak TLS as Apple will demand of management servers?
    Transport,
    /// Which authority has it built in, and is that the one of the presented chain?
    Authority,
    /// The version by the API, which wants an API client; so do the questions below.
    ApiVersion,
    /// Does it notify that it cannot reach Apple?
    Apple,
    /// Does it notify that its push certificate ends?
    Push,
    /// Does it notify that it cannot reach Microsoft?
    Microsoft,
    /// Does it notify that another of its certificates or tokens ends?
    Certificates,
}

/// The probe's table in a profile.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub url: Text,
    pub ask: Question,
    /// The oldest version that will do.
    pub least: Option<Text>,
    /// The API client's id.
    pub client: Option<Text>,
    pub stores: Option<Vec<StoreName>>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Spec {
    pub base: Address,
    pub ask: Question,
    pub least: Option<Version>,
    pub client: Option<String>,
    pub stores: Vec<StoreName>,
}

impl Settings {
    pub fn resolve(&self, fill: &Fill<'_>) -> Result<Spec, Unfilled> {
        let base = fill.url(&self.url);
        let least = self.least.as_ref().map(|least| {
            let text = fill.text(least)?;
            let wrong = || fill.wrong(least, format!("`{text}` is no version such as 10.1.0"));
            Version::parse(&text).ok_or_else(wrong)
        });
        let client = self.client.as_ref().map(|client| fill.text(client));
        if self.ask.signs_in() && client.is_none() {
            let message = "this question needs `client`, the id of an API client";
            return Err(fill.wrong(&self.url, message.to_owned()));
        }
        // A row that wants an API client counts for nothing where none is given, whatever else is missing.
        let client = client.transpose()?;
        let own = || vec![StoreName::Public, StoreName::System, StoreName::JamfCa];
        Ok(Spec {
            base: base?,
            ask: self.ask,
            least: least.transpose()?,
            client,
            stores: self.stores.clone().unwrap_or_else(own),
        })
    }
}

impl Question {
    /// Whether the server answers it only to an API client.
    const fn signs_in(self) -> bool {
        matches!(
            self,
            Self::ApiVersion | Self::Apple | Self::Push | Self::Microsoft | Self::Certificates
        )
    }

    const fn path(self) -> &'static str {
        match self {
            // What the handshake shows needs no request of its own: it shares the one that every profile makes.
            Self::Health | Self::Transport => "/api/v1/health-check",
            Self::Startup => health::STARTUP,
            Self::Hosting => "/api/v1/cloud-information",
            Self::Version => "/JSSCheckConnection",
            Self::Authority => "/api/v1/pki/certificate-authority/active",
            Self::ApiVersion => version::API,
            Self::Apple | Self::Push | Self::Microsoft | Self::Certificates => alarms::PATH,
        }
    }
}

impl Spec {
    pub(super) fn want(&self) -> Want {
        if self.ask.signs_in() {
            return session::want(self, session::TOKEN, None);
        }
        self.request(self.ask.path()).want()
    }

    /// The secret without which there is nothing to ask.
    pub(super) fn secret(&self) -> Option<SecretName> {
        self.ask.signs_in().then_some(SecretName::JamfClientSecret)
    }

    /// A plain request to an address of the server, and what its answer should be.
    fn request(&self, path: &str) -> http::Spec {
        let mut address = self.base.clone();
        let folder = address.path.trim_end_matches('/');
        address.path = format!("{folder}{path}");
        let mut request = http::Spec::new(address);
        request.stores.clone_from(&self.stores);
        (request.status, request.json) = match self.ask {
            Question::Health | Question::Transport => (vec![204], false),
            Question::Version => (vec![200], false),
            _ => (vec![200], true),
        };
        request
    }

    fn rung(&self) -> Rung {
        match self.ask {
            Question::Transport => Rung::Tls,
            _ => Rung::Http,
        }
    }

    pub(super) async fn observe(&self, ask: &Ask) {
        match self.ask {
            Question::ApiVersion => return version::ask_api(self, ask).await,
            _ if self.ask.signs_in() => return alarms::observe(self, ask).await,
            _ => {}
        }
        ask.climb(&self.want(), self.rung()).await;
        match self.ask {
            Question::Health => health::ask_why(self, ask).await,
            Question::Startup => health::note_startup(ask),
            Question::Hosting => hosting::note(self, ask),
            Question::Version => version::note(ask),
            Question::Transport => transport::ask_strictly(self, ask).await,
            Question::Authority => authority::note(ask),
            _ => {}
        }
    }

    pub(super) fn judge(&self, seen: &Seen, context: &Context<'_>) -> Vec<Finding> {
        let (seen, path) = self.judged(seen);
        let mut findings = self.with_demand(&seen, path, context, |demand| {
            if self.ask.signs_in() {
                session::ladders(&seen, demand, context)
            } else {
                ladders(&seen, demand, context)
            }
        });
        match self.ask {
            Question::Transport => transport::judge(&seen, &mut findings),
            Question::Authority => authority::judge(&seen, context.now, &mut findings),
            _ if self.ask.signs_in() => findings.extend(session::kept(&seen)),
            _ => {}
        }
        // What keeps the answer from being believed is not set aside with it.
        if matches!(verdict_of(&findings), Verdict::Fail | Verdict::Inconclusive) {
            findings.retain(|one| one.verdict != Verdict::Skipped);
        }
        findings
    }

    pub(super) fn each_address(&self, seen: &Seen, context: &Context<'_>) -> Vec<Vec<Finding>> {
        if self.ask.signs_in() {
            return calls_of_each_address(seen, |here| {
                if session::is_granted(here) {
                    return Vec::new();
                }
                self.judge(here, context)
            });
        }
        self.with_demand(seen, "", context, |demand| {
            each_address(seen, demand, context)
        })
    }

    /// What is judged, and the path of a session's last call.
    fn judged<'a>(&self, seen: &'a Seen) -> (Cow<'a, Seen>, &'a str) {
        if self.ask.signs_in() {
            let (alone, path) = session::last(seen);
            return (Cow::Owned(alone), path);
        }
        (Cow::Borrowed(seen), "")
    }

    fn with_demand<T>(
        &self,
        seen: &Seen,
        path: &str,
        context: &Context<'_>,
        judge: impl FnOnce(&Demand<'_>) -> T,
    ) -> T {
        judge(&Demand {
            rung: self.rung(),
            accepts: &self.stores,
            answer: &|answer, proven| match self.ask {
                Question::Health => health::judge(self, seen, answer, proven),
                Question::Startup => health::judge_startup(self, answer, proven),
                Question::Hosting => hosting::judge(answer),
                Question::Version => version::judge(self, answer),
                Question::Authority => authority::judge_answer(answer),
                Question::Transport => Vec::new(),
                _ if session::grants(path) => session::judge_grant(answer, context),
                Question::ApiVersion => version::judge_api(self, answer),
                _ => alarms::judge(self, answer),
            },
        })
    }

    /// Whether the server says that it is on Jamf Cloud; none if it does not tell, or if the row does not accept the chain
    /// over which it tells it.
    pub(super) fn on_jamf_cloud(&self, seen: &Seen) -> Option<bool> {
        let believed = seen.ladders.iter().any(|ladder| {
            let tls = ladder.observation.seen.tls.as_deref();
            tls.is_some_and(|tls| {
                tls.trusted_by
                    .iter()
                    .any(|store| self.stores.contains(store))
            })
        });
        (believed && self.ask == Question::Hosting)
            .then(|| hosting::of(self, seen))
            .flatten()
    }

    pub(super) fn evidence(&self, seen: &Seen) -> String {
        let answer = seen
            .ladders
            .iter()
            .find_map(|ladder| ladder.observation.seen.http.as_deref());
        let told = match (self.ask, answer) {
            (Question::Version, Some(answer)) => {
                version::of(answer).map(|v| format!("Jamf Pro {v}"))
            }
            (Question::Hosting, _) => hosting::of(self, seen).map(hosting::words),
            (Question::Authority, Some(answer)) => authority::words(answer, seen),
            (Question::Transport, _) => transport::words(seen),
            (Question::ApiVersion, _) => version::api_words(seen),
            _ if self.ask.signs_in() => alarms::words(seen),
            _ => None,
        };
        let sentence = summary::sentence(seen);
        match told {
            Some(told) => format!("{sentence}; {told}"),
            None => sentence,
        }
    }
}

/// What the common judgement of a plain answer makes of it: a page of somebody else's, a redirect, an error of the server.
fn plain(spec: &Spec, answer: &HttpSeen, proven: bool) -> Vec<Finding> {
    spec.request(spec.ask.path()).answer(answer, proven)
}

/// An answer that leaves the question open, whoever gave it: what is wrong stands in the row of the server's health.
/// One that has trouble itself has at least been reached.
fn not_told(what: &str, answer: &HttpSeen) -> Vec<Finding> {
    let (code, verdict) = http::trouble(answer.status.unwrap_or_default(), answer)
        .map_or((Code::JamfNotTold, Verdict::Skipped), |trouble| {
            (trouble.code, trouble.verdict)
        });
    vec![untold(what, answer, code, verdict)]
}

fn untold(what: &str, answer: &HttpSeen, code: Code, verdict: Verdict) -> Finding {
    let actual = format!(
        "the server does not tell {what}: {}",
        http::describe(answer)
    );
    finding(code, verdict, what, actual)
}

/// JSON that lacks what the answer is asked for.
fn unexpected(what: &str, answer: &HttpSeen) -> Vec<Finding> {
    let actual = format!("{}, without it", http::describe(answer));
    vec![finding(
        Code::JamfUnexpected,
        Verdict::Degraded,
        what,
        actual,
    )]
}
