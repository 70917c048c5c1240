//! `jamf`: what a Jamf Pro server tells of itself: whether it is up, how recent, who hosts it, and how it speaks TLS.
//!
//! Each question is one request, so that the rows of a server do not wait for each other. Only where a first answer leaves
//! something open is a second one asked: a server that is not healthy says why, an older one has older addresses.

mod authority;
mod health;
mod hosting;
mod transport;
mod version;

use serde::Deserialize;

use super::ask::{Ask, Rung, Seen, Want};
use super::context::{Context, finding};
use super::fill::{Fill, Text, Unfilled};
use super::http;
use super::judge::{Demand, each_address, ladders};
use super::summary;
use crate::code::Code;
use crate::finding::{Finding, Verdict};
use crate::net::endpoint::Address;
use crate::net::http::HttpSeen;
use crate::net::trust::StoreName;

pub use version::Version;

/// What a row asks of the server.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
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
}

/// The probe's table in a profile.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub url: Text,
    pub ask: Question,
    /// The oldest version that will do.
    pub least: Option<Text>,
    pub stores: Option<Vec<StoreName>>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Spec {
    pub base: Address,
    pub ask: Question,
    pub least: Option<Version>,
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
        let own = || vec![StoreName::Public, StoreName::System, StoreName::JamfCa];
        Ok(Spec {
            base: base?,
            ask: self.ask,
            least: least.transpose()?,
            stores: self.stores.clone().unwrap_or_else(own),
        })
    }
}

impl Question {
    const fn path(self) -> &'static str {
        match self {
            // What the handshake shows needs no request of its own: it shares the one that every profile makes.
            Self::Health | Self::Transport => "/api/v1/health-check",
            Self::Startup => health::STARTUP,
            Self::Hosting => "/api/v1/cloud-information",
            Self::Version => "/JSSCheckConnection",
            Self::Authority => "/api/v1/pki/certificate-authority/active",
        }
    }
}

impl Spec {
    pub(super) fn want(&self) -> Want {
        self.request(self.ask.path()).want()
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
            Question::Startup | Question::Hosting | Question::Authority => (vec![200], true),
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
        ask.climb(&self.want(), self.rung()).await;
        match self.ask {
            Question::Health => health::ask_why(self, ask).await,
            Question::Startup => health::note_startup(ask),
            Question::Hosting => hosting::note(self, ask),
            Question::Version => version::note(ask),
            Question::Transport => transport::ask_strictly(self, ask).await,
            Question::Authority => authority::note(ask),
        }
    }

    pub(super) fn judge(&self, seen: &Seen, context: &Context<'_>) -> Vec<Finding> {
        let mut findings = self.with_demand(seen, |demand| ladders(seen, demand, context));
        match self.ask {
            Question::Transport => transport::judge(seen, &mut findings),
            Question::Authority => authority::judge(seen, context.now, &mut findings),
            _ => {}
        }
        findings
    }

    pub(super) fn each_address(&self, seen: &Seen, context: &Context<'_>) -> Vec<Vec<Finding>> {
        self.with_demand(seen, |demand| each_address(seen, demand, context))
    }

    fn with_demand<T>(&self, seen: &Seen, judge: impl FnOnce(&Demand<'_>) -> T) -> T {
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
            },
        })
    }

    /// Whether the server says that it is on Jamf Cloud; none if it does not tell, or if the row does not accept the chain
    /// over which it tells it.
    pub(super) fn on_jamf_cloud(&self, seen: &Seen) -> Option<bool> {
        let believed = seen.ladders.iter().any(|ladder| {
            let tls = ladder.observation.seen.tls.as_ref();
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
            .find_map(|ladder| ladder.observation.seen.http.as_ref());
        let told = match (self.ask, answer) {
            (Question::Version, Some(answer)) => {
                version::of(answer).map(|v| format!("Jamf Pro {v}"))
            }
            (Question::Hosting, _) => hosting::of(self, seen).map(hosting::words),
            (Question::Authority, Some(answer)) => authority::words(answer, seen),
            (Question::Transport, _) => transport::words(seen),
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
fn not_told(what: &str, answer: &HttpSeen) -> Vec<Finding> {
    let actual = format!(
        "the server does not tell {what}: {}",
        http::describe(answer)
    );
    vec![finding(Code::JamfNotTold, Verdict::Skipped, what, actual)]
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
