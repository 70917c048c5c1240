//! Where a redirect leads: followed by hand, hop by hop, with a plain GET that carries nothing of ours.
//!
//! Only for targets that the user typed: a run of a profile dials nothing that `--list` does not show.

use std::collections::BTreeSet;

use super::ask::{Ask, Want};
use super::http::{Spec, describe};
use crate::net::ladder::Rungs;
use crate::net::{End, Observation};

/// At most so many; browsers give up after twenty, an honest site needs two or three.
const HOPS: usize = 5;

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
        let want: Want = Spec::new(to.clone()).want();
        location = ask.hop(&to.url(), &want).await;
        from = to;
    }
}

impl Redirect {
    pub fn question(&self) -> String {
        let url = &self.url;
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
            HopEnd::Asked(observation) => observation.seen.http.as_ref()?.status,
            HopEnd::NoAddress | HopEnd::Circle | HopEnd::NotFollowed => None,
        }
    }
}

/// Where an answer sends its reader.
pub(super) fn location(rungs: &Rungs) -> Option<String> {
    let http = rungs.http.as_ref()?;
    let sends_on = http
        .status
        .is_some_and(|status| (300..400).contains(&status));
    http.location.clone().filter(|_| sends_on)
}
