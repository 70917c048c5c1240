//! The TOML of a profile exactly as it is written; nothing is filled in yet.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_spanned::Spanned;

use super::{Retired, Role, Severity, Source};
use crate::code::Owner;
use crate::finding::Expectation;
use crate::probe::fill::Problem;
use crate::probe::{Inspection, ProxyPolicy, dns, http, range, tcp, tls, token};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) profile: Header,
    #[serde(default)]
    pub(super) variables: BTreeMap<String, Variable>,
    #[serde(default, rename = "prerequisite")]
    pub(super) prerequisites: Vec<Spanned<Prerequisite>>,
    #[serde(default, rename = "override")]
    pub(super) overrides: BTreeMap<Spanned<String>, Override>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) version: String,
    #[serde(default)]
    pub(super) description: String,
    #[serde(default)]
    pub(super) include: Vec<Spanned<String>>,
    /// For an included profile: globs of the prerequisites to take from it. Not named: all of them.
    #[serde(default)]
    pub(super) only: BTreeMap<Spanned<String>, Vec<Spanned<String>>>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Url,
    Host,
    Port,
    Text,
    Cidr,
    Bool,
}

impl Kind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Url => "url",
            Self::Host => "host",
            Self::Port => "port",
            Self::Text => "text",
            Self::Cidr => "cidr",
            Self::Bool => "bool",
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Variable {
    #[serde(rename = "type")]
    pub(super) kind: Kind,
    pub(super) description: String,
    pub(super) default: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) one_of: Vec<String>,
    /// Another variable that chooses among `values`.
    pub(super) by: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) values: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Prerequisite {
    pub(super) id: Spanned<String>,
    pub(super) title: String,
    pub(super) severity: Severity,
    /// A bool variable that makes the prerequisite required.
    pub(super) required_if: Option<Spanned<String>>,
    pub(super) from: Spanned<Vec<Role>>,
    pub(super) owner: Owner,
    #[serde(default)]
    pub(super) why: String,
    #[serde(default)]
    pub(super) remedy: String,
    #[serde(default)]
    pub(super) sources: Vec<Source>,
    #[serde(default, rename = "check")]
    pub(super) checks: Vec<Spanned<Check>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Check {
    pub(super) id: Spanned<String>,
    pub(super) title: String,
    pub(super) expect: Option<Spanned<Expectation>>,
    pub(super) any: Option<Spanned<String>>,
    pub(super) equal: Option<Spanned<String>>,
    pub(super) control: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) inspection: Inspection,
    #[serde(default)]
    pub(super) proxy: ProxyPolicy,
    pub(super) retired: Option<Retired>,
    pub(super) misprint: Option<String>,
    /// The wildcards of its vendor that the host is asked for, since no wildcard can be.
    #[serde(default)]
    pub(super) stands_for: Vec<Spanned<String>>,
    pub(super) owner: Option<Owner>,
    #[serde(default)]
    pub(super) sources: Vec<Source>,
    // The kinds of probe: exactly one of them.
    pub(super) dns: Option<dns::Settings>,
    pub(super) tcp: Option<tcp::Settings>,
    pub(super) tls: Option<tls::Settings>,
    pub(super) http: Option<http::Settings>,
    pub(super) token: Option<token::Settings>,
    pub(super) range: Option<range::Settings>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Override {
    pub(super) severity: Option<Severity>,
    #[serde(default)]
    pub(super) skip: bool,
}

/// Reads the text; a mistake is one problem at its place, with a suggestion for a misspelt key.
pub(super) fn parse(text: &str) -> Result<File, Problem> {
    toml::from_str(text).map_err(|error| {
        let message = error.message().to_owned();
        let message = match suggestion(&message) {
            Some(known) => format!("{message}; did you mean `{known}`?"),
            None => message,
        };
        Problem {
            span: error.span().unwrap_or(0..0),
            message,
        }
    })
}

/// The known key nearest to the one that the message calls unknown. The message is only read for the
/// hint: what is an error does not depend on it.
fn suggestion(message: &str) -> Option<String> {
    let mut words = message.split('`').skip(1).step_by(2);
    let unknown = words.next().filter(|_| message.starts_with("unknown"))?;
    nearest(unknown, words).map(ToOwned::to_owned)
}

/// The word that differs from `typed` in at most two letters (three in long words).
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = if typed.len() > 6 { 3 } else { 2 };
    known
        .into_iter()
        .map(|word| (distance(typed, word), word))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, word)| word)
}

/// The edit distance of two words.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let change = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_key_is_pointed_at_with_the_right_one() {
        let text = "[profile]\nname = \"x\"\ntitel = \"x\"\nversion = \"1\"\n";
        let problem = parse(text).expect_err("a wrong key");
        assert_eq!(&text[problem.span.clone()], "titel");
        assert!(
            problem.message.contains("did you mean `title`"),
            "{}",
            problem.message
        );
    }

    #[test]
    fn a_value_of_the_wrong_type_is_pointed_at() {
        let text = "[profile]\nname = 7\n";
        let problem = parse(text).expect_err("a wrong type");
        assert_eq!(&text[problem.span], "7");
    }
}
