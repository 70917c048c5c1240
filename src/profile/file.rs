//! The TOML of a profile exactly as it is written; nothing is filled in yet.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_spanned::Spanned;
use toml::de::{DeArray, DeTable, DeValue, Deserializer};

use super::shape::Shape;
use super::{Retired, Role, Severity, Source};
use crate::code::Owner;
use crate::finding::Expectation;
use crate::probe::fill::Problem;
use crate::probe::{
    Inspection, ProxyPolicy, device, dns, graph, http, jamf, ntp, range, tcp, tls, token,
};

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
    pub(super) values: BTreeMap<String, Spanned<String>>,
    /// Whether a run without it is complete all the same.
    #[serde(default)]
    pub(super) optional: bool,
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
    /// The variables that its texts name.
    #[serde(skip)]
    pub(super) mentions: BTreeSet<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Check {
    pub(super) id: Spanned<String>,
    pub(super) title: String,
    pub(super) expect: Option<Spanned<Expectation>>,
    pub(super) any: Option<Spanned<String>>,
    pub(super) all: Option<Spanned<String>>,
    pub(super) equal: Option<Spanned<String>>,
    pub(super) control: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) inspection: Inspection,
    #[serde(default)]
    pub(super) proxy: ProxyPolicy,
    pub(super) retired: Option<Retired>,
    pub(super) misprint: Option<String>,
    /// Whether only a Jamf Pro server of the organisation's own needs it.
    #[serde(default)]
    pub(super) on_premises: bool,
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
    pub(super) jamf: Option<jamf::Settings>,
    pub(super) graph: Option<graph::Settings>,
    pub(super) range: Option<range::Settings>,
    pub(super) ntp: Option<ntp::Settings>,
    pub(super) device: Option<device::Settings>,
}

impl Check {
    /// The kinds of probe that stand in the check.
    pub(super) fn kinds(&self) -> Vec<&'static str> {
        [
            self.dns.is_some().then_some("dns"),
            self.tcp.is_some().then_some("tcp"),
            self.tls.is_some().then_some("tls"),
            self.http.is_some().then_some("http"),
            self.token.is_some().then_some("token"),
            self.jamf.is_some().then_some("jamf"),
            self.graph.is_some().then_some("graph"),
            self.range.is_some().then_some("range"),
            self.ntp.is_some().then_some("ntp"),
            self.device.is_some().then_some("device"),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// The pattern of which the hosts are a sample, as it is written.
    pub(super) fn pattern(&self) -> Option<String> {
        let of_tls = self.tls.as_ref().filter(|tls| tls.sample.is_some());
        let pattern = of_tls.map(|tls| &tls.host);
        let pattern = pattern.or(self.range.as_ref().map(|range| &range.hosts));
        pattern.map(|pattern| pattern.get_ref().clone())
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Override {
    pub(super) severity: Option<Severity>,
    #[serde(default)]
    pub(super) skip: bool,
}

/// What a text holds: the file, without the rows that do not fit, and everything that is wrong with it.
pub(super) struct Parsed {
    /// Absent where what is wrong leaves nothing to go on with.
    pub(super) file: Option<File>,
    pub(super) problems: Vec<Problem>,
}

/// Reads a text; every mistake in it is a problem at its place.
pub(super) fn parse(text: &str) -> Parsed {
    let (document, mistakes) = DeTable::parse_recoverable(text);
    if !mistakes.is_empty() {
        return Parsed {
            file: None,
            problems: mistakes.iter().map(problem).collect(),
        };
    }
    let shape = Shape::new();
    let mut problems = shape.problems(document.get_ref());
    let span = document.span();
    let mut document = document.into_inner();
    if !problems.is_empty() && !sound_rows(&shape, &mut document) {
        return Parsed {
            file: None,
            problems,
        };
    }
    let mentioned = mentioned(&document);
    let file = File::deserialize(Deserializer::from(Spanned::new(span, document)));
    let file = file.map(|mut file| {
        for (one, variables) in file.prerequisites.iter_mut().zip(mentioned) {
            one.get_mut().mentions = variables;
        }
        file
    });
    let file = file
        .map_err(|mistake| problems.push(problem(&mistake)))
        .ok();
    Parsed { file, problems }
}

fn problem(mistake: &toml::de::Error) -> Problem {
    Problem {
        span: mistake.span().unwrap_or(0..0),
        message: mistake.message().to_owned(),
    }
}

/// Takes the rows out that do not fit, so that the others can be judged as well. False where the header
/// or the variables do not fit: without them everything else would look wrong.
fn sound_rows(shape: &Shape, document: &mut DeTable<'_>) -> bool {
    let fits = |key: &str, definition: &str, document: &DeTable<'_>| {
        let part = document.get(key);
        part.is_some_and(|part| shape.fits(definition, part))
    };
    let has_variables = document.contains_key("variables");
    if !fits("profile", "header", document)
        || (has_variables && !fits("variables", "variables", document))
    {
        return false;
    }
    // An override may be one of a row that is left out.
    let known = ["profile", "variables", "prerequisite"];
    let parts = std::mem::take(document).into_iter();
    *document = parts
        .filter(|(key, _)| known.contains(&key.get_ref().as_ref()))
        .collect();
    let rows = document
        .iter_mut()
        .find(|(key, _)| key.get_ref() == "prerequisite");
    let Some(DeValue::Array(rows)) = rows.map(|(_, rows)| rows.get_mut()) else {
        return !document.contains_key("prerequisite");
    };
    for row in rows.iter_mut() {
        if let DeValue::Table(row) = row.get_mut()
            && let Some((_, checks)) = row.iter_mut().find(|(key, _)| key.get_ref() == "check")
            && let DeValue::Array(checks) = checks.get_mut()
        {
            let kept = std::mem::replace(checks, DeArray::new()).into_iter();
            *checks = kept.filter(|check| shape.fits("check", check)).collect();
        }
    }
    let kept = std::mem::replace(rows, DeArray::new()).into_iter();
    *rows = kept.filter(|row| shape.fits("prerequisite", row)).collect();
    true
}

/// The variables that each prerequisite's texts name.
fn mentioned(document: &DeTable<'_>) -> Vec<BTreeSet<String>> {
    let rows = document.get("prerequisite").map(Spanned::get_ref);
    let rows = rows.and_then(DeValue::as_array).into_iter().flatten();
    rows.map(|row| {
        let mut found = BTreeSet::new();
        mentions(row.get_ref(), &mut found);
        found
    })
    .collect()
}

fn mentions(value: &DeValue<'_>, found: &mut BTreeSet<String>) {
    match value {
        DeValue::String(text) => {
            for after in text.split("${").skip(1) {
                let name = after.split(['}', '|', '.']).next().unwrap_or_default();
                found.insert(name.to_owned());
            }
        }
        DeValue::Array(items) => items
            .iter()
            .for_each(|item| mentions(item.get_ref(), found)),
        DeValue::Table(table) => table
            .values()
            .for_each(|one| mentions(one.get_ref(), found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_key_is_pointed_at_with_the_right_one() {
        let text = "[profile]\nname = \"x\"\ntitel = \"x\"\nversion = \"1\"\n";
        let problems = parse(text).problems;
        let problem = &problems[0];
        assert_eq!(&text[problem.span.clone()], "titel");
        assert!(
            problem.message.contains("did you mean `title`"),
            "{}",
            problem.message
        );
    }

    #[test]
    fn every_mistake_of_a_table_is_pointed_at() {
        let text = "[profile]\nname = 7\ntitle = true\nversion = \"1\"\ninclude = [3]\n";
        let problems = parse(text).problems;
        let at: Vec<&str> = problems.iter().map(|one| &text[one.span.clone()]).collect();
        assert_eq!(at, ["7", "true", "3"]);
    }

    #[test]
    fn variables_are_found_in_every_text() {
        let value = DeTable::parse("a = [\"${x.host}/${y|z}\", { b = \"${v}\" }, \"${\"]").unwrap();
        let mut found = BTreeSet::new();
        mentions(&DeValue::Table(value.into_inner()), &mut found);
        let found: Vec<String> = found.into_iter().collect();
        assert_eq!(found, ["", "v", "x", "y"]);
    }
}
