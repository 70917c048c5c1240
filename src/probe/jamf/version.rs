//! Which version the server is, and whether that is recent enough.

use std::fmt;

use super::{Spec, not_told, session};
use crate::code::Code;
use crate::finding::{Finding, Verdict};
use crate::net::http::HttpSeen;
use crate::probe::ask::{Ask, Seen};
use crate::probe::context::finding;

/// Where the API tells it, to anybody who has a token.
pub(super) const API: &str = "/api/v1/jamf-pro-version";
/// Longer than any version that a server has shown.
const LONGEST: usize = 64;

/// A version of Jamf Pro; what follows its third number does not count.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Version {
    major: u32,
    minor: u32,
    patch: u32,
}

impl Version {
    /// Reads `11.20.0` and `11.20.0-t1750000000000`, with nothing before or after it.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > LONGEST {
            return None;
        }
        let (numbers, build) = match text.split_once('-') {
            Some((numbers, build)) => (numbers, Some(build)),
            None => (text, None),
        };
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if build.is_some_and(|build| build.is_empty() || !build.chars().all(fits)) {
            return None;
        }
        let number = |part: &str| {
            let digits = !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
            digits.then(|| part.parse().ok()).flatten()
        };
        let mut parts = numbers.split('.').map(number);
        let (major, minor, patch) = (parts.next()??, parts.next()??, parts.next()??);
        parts.next().is_none().then_some(Self {
            major,
            minor,
            patch,
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// The version that an answer consists of.
pub(super) fn of(answer: &HttpSeen) -> Option<Version> {
    let body = answer
        .body
        .as_deref()
        .filter(|_| answer.status == Some(200))?;
    Version::parse(body)
}

pub(super) fn note(ask: &Ask) {
    if let Some(version) = ask.answered().as_deref().and_then(of) {
        ask.fact("version", version.to_string());
    }
}

pub(super) fn judge(spec: &Spec, answer: &HttpSeen) -> Vec<Finding> {
    // The address is none of the documented API, and what stands before a server may hide it: no version is no fault.
    let Some(version) = of(answer) else {
        return not_told("its version", answer);
    };
    judge_version(spec, version)
}

pub(super) async fn ask_api(spec: &Spec, ask: &Ask) {
    let answer = session::get(spec, ask, API).await;
    if let Some(version) = answer.as_deref().and_then(of_api) {
        ask.fact("version", version.to_string());
    }
}

fn of_api(answer: &HttpSeen) -> Option<Version> {
    Version::parse(answer.json.as_ref()?.get("version")?.as_str()?)
}

pub(super) fn judge_api(spec: &Spec, answer: &HttpSeen) -> Vec<Finding> {
    if let Some(version) = of_api(answer).filter(|_| answer.status == Some(200)) {
        return judge_version(spec, version);
    }
    session::unopened("its version", answer)
}

pub(super) fn api_words(seen: &Seen) -> Option<String> {
    let answers = seen
        .ladders
        .iter()
        .filter_map(|one| one.observation.seen.http.as_deref());
    let version = answers.filter_map(of_api).next_back()?;
    Some(format!("Jamf Pro {version}"))
}

fn judge_version(spec: &Spec, version: Version) -> Vec<Finding> {
    match spec.least {
        Some(least) if version < least => vec![finding(
            Code::JamfTooOld,
            Verdict::Fail,
            &format!("Jamf Pro {least} or later"),
            format!("the server is Jamf Pro {version}, and {least} or later is needed"),
        )],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn versions_compare_by_their_numbers() {
        let version = |text: &str| Version::parse(text).expect(text);
        assert_eq!(version("11.20.0-t1750000000000").to_string(), "11.20.0");
        assert!(version("10.9.0") < version("10.10.0"));
        assert!(version("10.1.0-t1\n") >= version("10.1.0"));
        for other in [
            "",
            "11",
            "11.20",
            "11.20.0.1",
            "11.20.x",
            "v11.20.0",
            "11.20.0-",
            "11.20.0 beta",
            "+1.2.3",
            "11.20.0-t1 The server is being upgraded",
            "99999999999.0.0",
            "<html>",
            "1..2",
        ] {
            assert_eq!(Version::parse(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_version_or_none(text in ".{0,80}") {
            if let Some(version) = Version::parse(&text) {
                prop_assert!(text.trim().starts_with(|c: char| c.is_ascii_digit()));
                prop_assert_eq!(Version::parse(&version.to_string()), Some(version));
            }
        }
    }
}
