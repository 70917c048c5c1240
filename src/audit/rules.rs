//! From profiles to what the firewall team is asked for: one rule for each source, destination and port.

mod goals;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use self::goals::{Goal, goals};

use super::{Destination, Transport};
use crate::finding::Expectation;
use crate::probe::{ProxyPolicy, Spec};
use crate::profile::{Absent, Check, Group, Prerequisite, Profile, Role, Severity};

/// What a firewall is to do with a connection.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    Allow,
    Block,
}

impl Action {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Block => "block",
        }
    }
}

/// One line of a request to the firewall team.
#[derive(Clone, Debug, Serialize)]
pub struct Rule {
    pub direction: &'static str,
    pub action: Action,
    pub from: Role,
    pub to: Destination,
    pub port: u16,
    pub protocol: Transport,
    /// Whether a proxy may carry it.
    pub proxy: ProxyPolicy,
    /// What the vendor says of TLS inspection.
    pub inspection: &'static str,
    pub severity: Severity,
    pub note: Option<String>,
    pub reason: String,
    pub sources: Vec<String>,
    /// The checks that it serves.
    pub checks: Vec<String>,
    /// Destinations that serve as well in its place.
    #[serde(skip)]
    pub(super) or: BTreeSet<Destination>,
    /// The group of which one port suffices.
    #[serde(skip)]
    pub(super) equal: Option<String>,
}

/// A check for which nothing is asked, and why.
#[derive(Clone, Debug, Serialize)]
pub struct LeftOut {
    pub check: String,
    pub to: Option<Destination>,
    pub port: Option<u16>,
    pub kind: &'static str,
    pub why: String,
    /// The variable that was not given.
    #[serde(skip)]
    variable: String,
}

impl LeftOut {
    pub fn variable(&self) -> &str {
        &self.variable
    }
}

/// What profiles need of a firewall.
#[derive(Clone, Debug, Serialize)]
pub struct Rules {
    pub schema: &'static str,
    pub profiles: Vec<String>,
    pub rules: Vec<Rule>,
    pub left_out: Vec<LeftOut>,
}

type Key = (Role, Destination, u16, Transport, Action);

impl Rules {
    pub fn of(profiles: &[Profile], roles: &[Role]) -> Self {
        let mut drawn = Drawn::default();
        for prerequisite in profiles.iter().flat_map(|profile| &profile.prerequisites) {
            let mut from = prerequisite.from.iter();
            if from.any(|role| roles.contains(role)) {
                for check in &prerequisite.checks {
                    drawn.add(
                        &Row {
                            prerequisite,
                            check,
                        },
                        roles,
                    );
                }
            }
        }
        drawn.link();
        Self {
            schema: "mdm-preflight/rules/1",
            profiles: profiles.iter().map(|p| p.name.clone()).collect(),
            rules: drawn
                .order
                .iter()
                .map(|key| drawn.rules[key].clone())
                .collect(),
            left_out: drawn.left_out,
        }
    }

    /// What is missing from the rules because a variable was not given.
    pub fn without_variable(&self) -> impl Iterator<Item = &LeftOut> {
        self.left_out.iter().filter(|left| left.kind == "variable")
    }
}

/// A check and the prerequisite that it belongs to.
struct Row<'a> {
    prerequisite: &'a Prerequisite,
    check: &'a Check,
}

impl Row<'_> {
    fn id(&self) -> String {
        format!("{}/{}", self.prerequisite.id, self.check.id)
    }
}

#[derive(Default)]
struct Drawn {
    rules: BTreeMap<Key, Rule>,
    /// As the profile has them.
    order: Vec<Key>,
    left_out: Vec<LeftOut>,
    /// The first member of each ordered group.
    wishes: BTreeMap<String, String>,
}

impl Drawn {
    fn add(&mut self, row: &Row<'_>, roles: &[Role]) {
        let asked = match needless(row) {
            Some((kind, why)) => Err((kind, why)),
            None => absent(row.check),
        };
        match asked {
            Ok(spec) => {
                let note = self.note(row);
                for goal in goals(row, spec) {
                    for role in roles.iter().filter(|r| row.prerequisite.from.contains(r)) {
                        self.merge(rule(*role, &goal, row, note.as_deref()));
                    }
                }
            }
            Err((kind, why)) => {
                let mut wants = row.check.probe.iter().flat_map(|spec| spec.wants());
                let want = wants.next();
                self.left_out.push(LeftOut {
                    check: row.id(),
                    to: want.as_ref().map(|want| Destination::of_host(&want.host)),
                    port: want.map(|want| want.port),
                    kind,
                    why,
                    variable: match &row.check.probe {
                        Err(Absent::Variable(name)) => name.clone(),
                        _ => String::new(),
                    },
                });
            }
        }
    }

    fn note(&mut self, row: &Row<'_>) -> Option<String> {
        let check = row.check;
        let own = check.all.as_ref().or(check.sample_of.as_ref());
        let own = own.unwrap_or(&check.id);
        match row.check.group.as_ref()? {
            Group::Equal(_) => Some("one port of the group suffices".to_owned()),
            Group::Any(group) => {
                let key = format!("{}/{group}", row.prerequisite.id);
                let wish = self.wishes.entry(key).or_insert_with(|| own.clone());
                (wish != own).then(|| format!("fallback of {wish}"))
            }
        }
    }

    /// Two checks that need the same rule make one, which is as strict as the stricter of them.
    fn merge(&mut self, fresh: Rule) {
        let key = key(&fresh, fresh.to.clone());
        let Some(known) = self.rules.get_mut(&key) else {
            self.order.push(key.clone());
            self.rules.insert(key, fresh);
            return;
        };
        if rank(fresh.severity) > rank(known.severity) {
            known.severity = fresh.severity;
            known.reason = fresh.reason;
            known.note = fresh.note;
        }
        known.proxy = known.proxy.min(fresh.proxy);
        if fresh.inspection == "forbidden" {
            known.inspection = fresh.inspection;
        }
        if fresh.equal != known.equal {
            known.equal = None;
        }
        known.or.extend(fresh.or);
        push_new(&mut known.sources, fresh.sources);
        push_new(&mut known.checks, fresh.checks);
    }

    /// A block that serves in place of a wildcard says so; the wildcard is told as well.
    fn link(&mut self) {
        let links: Vec<(Key, Destination)> = self
            .rules
            .values()
            .filter(|rule| rule.severity == Severity::Required)
            .flat_map(|rule| {
                rule.or
                    .iter()
                    .map(|other| (key(rule, other.clone()), rule.to.clone()))
            })
            .collect();
        for (key, block) in links {
            if let Some(rule) = self.rules.get_mut(&key) {
                rule.or.insert(block);
            }
        }
    }
}

fn key(rule: &Rule, to: Destination) -> Key {
    (rule.from, to, rule.port, rule.protocol, rule.action)
}

fn push_new(known: &mut Vec<String>, fresh: Vec<String>) {
    for one in fresh {
        if !known.contains(&one) {
            known.push(one);
        }
    }
}

pub(super) const fn rank(severity: Severity) -> u8 {
    match severity {
        Severity::Required => 2,
        Severity::Recommended => 1,
        Severity::Informational => 0,
    }
}

/// Why nothing is asked for a row, though it could be.
fn needless(row: &Row<'_>) -> Option<(&'static str, String)> {
    let check = row.check;
    if row.prerequisite.skip {
        let why = "left out by the profile's override".to_owned();
        return Some(("deselected", why));
    }
    if let Some(retired) = &check.retired {
        let why = format!("retired {}, use {}", retired.on, retired.instead);
        return Some(("retired", why));
    }
    let misprint = check.misprint.as_ref();
    misprint.map(|why| ("misprint", format!("misprint, {why}")))
}

/// What a check asks; else why it has nothing to ask.
fn absent(check: &Check) -> Result<&Spec, (&'static str, String)> {
    check.probe.as_deref().map_err(|absent| match absent {
        Absent::Variable(name) => ("variable", format!("the variable {name} is not given")),
        Absent::Optional(name) => ("optional", format!("asked only where {name} is given")),
        Absent::Unpublished(name) => (
            "unpublished",
            format!("no {name} host is published for this cloud"),
        ),
    })
}

fn rule(from: Role, goal: &Goal, row: &Row<'_>, note: Option<&str>) -> Rule {
    let (prerequisite, check) = (row.prerequisite, row.check);
    let blocked = check.expect.is_negative() && check.expect != Expectation::Refused;
    let equal = match &check.group {
        Some(Group::Equal(group)) => Some(format!("{}/{group}", prerequisite.id)),
        _ => None,
    };
    let sources = check.sources.iter().chain(&prerequisite.sources);
    let mut known = Vec::new();
    push_new(
        &mut known,
        sources.map(|source| source.url.clone()).collect(),
    );
    Rule {
        direction: "outbound",
        action: if blocked {
            Action::Block
        } else {
            Action::Allow
        },
        from,
        to: goal.to.clone(),
        port: goal.port,
        protocol: goal.protocol,
        proxy: check.proxy,
        inspection: check.inspection.name(),
        severity: match prerequisite.severity {
            Severity::Required if goal.beside => Severity::Recommended,
            severity => severity,
        },
        note: if goal.beside {
            Some("where the network has IPv6".to_owned())
        } else {
            note.map(str::to_owned)
        },
        reason: first_sentence(prerequisite),
        sources: known,
        checks: vec![row.id()],
        or: goal.or.clone(),
        equal,
    }
}

fn first_sentence(prerequisite: &Prerequisite) -> String {
    let words: Vec<&str> = prerequisite.why.split_whitespace().collect();
    let words = words.join(" ");
    match words.split_once(". ") {
        Some((first, _)) => format!("{first}."),
        None if words.is_empty() => prerequisite.title.clone(),
        None => words,
    }
}
