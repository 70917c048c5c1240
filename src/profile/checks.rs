//! From a prerequisite as it is written to one that can be planned: variables filled in, samples drawn.
use std::sync::Arc;

use std::collections::{BTreeMap, BTreeSet};

use serde_spanned::Spanned;

use super::file;
use super::load::MOST_CHECKS;
use super::part::Part;
use super::variables::Variables;
use super::{Absent, Check, Group, Place, Prerequisite, Severity};
use crate::finding::Expectation;
use crate::net::endpoint::Host;
use crate::probe::fill::{Fill, Problem, Unfilled};
use crate::probe::{self, Spec};

pub(super) fn problem<T>(at: &Spanned<T>, message: String) -> Problem {
    Problem {
        span: at.span(),
        message,
    }
}

/// The prerequisite with its checks; none if there are more than are `left`.
pub(super) fn prerequisite(
    raw: &file::Prerequisite,
    part: &Part,
    variables: &Variables<'_>,
    left: &mut usize,
    problems: &mut Vec<Problem>,
) -> Option<Prerequisite> {
    let severity = severity(raw, variables, problems);
    let mut checks: Vec<Arc<Check>> = Vec::new();
    let mut known = BTreeSet::new();
    for check in &raw.checks {
        let id = &check.get_ref().id;
        for one in expand(check, part, variables, problems) {
            let Some(rest) = left.checked_sub(one.weight()) else {
                let id_text = id.get_ref();
                let message = format!("with `{id_text}` the profile has over {MOST_CHECKS} rows");
                problems.push(problem(id, message));
                return None;
            };
            *left = rest;
            if !known.insert(one.id.clone()) {
                let message = format!("check `{}` stands here twice", one.id);
                problems.push(problem(id, message));
            }
            checks.push(Arc::new(one));
        }
    }
    same_groups(raw, &checks, problems);
    Some(Prerequisite {
        id: raw.id.get_ref().clone(),
        title: raw.title.clone(),
        severity,
        required_if: raw.required_if.as_ref().map(|name| name.get_ref().clone()),
        from: raw.from.get_ref().clone(),
        owner: raw.owner,
        why: raw.why.trim().to_owned(),
        remedy: raw.remedy.trim().to_owned(),
        sources: raw.sources.clone(),
        checks,
        variables: raw.mentions.clone(),
        skip: false,
    })
}

fn severity(
    raw: &file::Prerequisite,
    variables: &Variables<'_>,
    problems: &mut Vec<Problem>,
) -> Severity {
    let Some(name) = &raw.required_if else {
        return raw.severity;
    };
    if !variables.may_be_bool(name.get_ref()) {
        let message = format!("`{}` is no bool variable", name.get_ref());
        problems.push(problem(name, message));
    }
    if variables.is_true(name.get_ref()) {
        return Severity::Required;
    }
    raw.severity
}

/// A check of the file becomes one check, or one for each host of its sample.
fn expand(
    spanned: &Spanned<file::Check>,
    part: &Part,
    variables: &Variables<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<Check> {
    let raw = spanned.get_ref();
    let [kind] = raw.kinds()[..] else {
        let message = "a check has exactly one probe: dns, tcp, tls, http, token, jamf, graph, range, ntp or device";
        problems.push(problem(&raw.id, message.to_owned()));
        return Vec::new();
    };
    let mut made = check(raw, kind, part.place(spanned.span().start), problems);
    let value = |name: &str| variables.value(name);
    let fill = Fill::new(&value, variables.sampling);
    let filled = specs(raw, &fill);
    made.stands_for = stands_for(raw, &fill);
    problems.extend(fill.into_problems());
    match filled {
        Ok(specs) => specs
            .into_iter()
            .map(|(number, spec)| numbered(&made, number, spec))
            .collect(),
        Err(Unfilled::Missing(name)) => {
            made.probe = Err(variables.absent(&name));
            vec![made]
        }
        Err(Unfilled::Wrong) => Vec::new(),
    }
}

/// The wildcards that a check is asked for; one of another cloud is left out.
fn stands_for(raw: &file::Check, fill: &Fill<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for text in &raw.stands_for {
        // Of one that is wrong the problem is noted, and one whose variable has no value is of another cloud.
        let Ok(typed) = fill.text(text) else { continue };
        if is_wildcard(&typed) {
            found.push(typed.to_ascii_lowercase());
        } else {
            fill.wrong(
                text,
                format!("`{typed}` is no wildcard such as *.example.com"),
            );
        }
    }
    found
}

fn is_wildcard(text: &str) -> bool {
    let zone = text.strip_prefix("*.").filter(|zone| zone.contains('.'));
    zone.is_some_and(|zone| matches!(zone.parse(), Ok(Host::Name(_))))
}

type Specs = Vec<(Option<u32>, Spec)>;

fn specs(raw: &file::Check, fill: &Fill<'_>) -> Result<Specs, Unfilled> {
    let one = |spec: Spec| vec![(None, spec)];
    if let Some(probe) = &raw.dns {
        return probe.resolve(fill).map(|spec| one(Spec::Dns(spec)));
    }
    if let Some(probe) = &raw.tcp {
        return probe.resolve(fill).map(|spec| one(Spec::Tcp(spec)));
    }
    if let Some(probe) = &raw.tls {
        let tls = |(number, spec)| (number, Spec::Tls(spec));
        let specs = probe.resolve(fill)?;
        return Ok(specs.into_iter().map(tls).collect());
    }
    if let Some(probe) = &raw.http {
        return probe.resolve(fill).map(|spec| one(Spec::Http(spec)));
    }
    if let Some(probe) = &raw.token {
        return probe.resolve(fill).map(|spec| one(Spec::Token(spec)));
    }
    if let Some(probe) = &raw.jamf {
        return probe.resolve(fill).map(|spec| one(Spec::Jamf(spec)));
    }
    if let Some(probe) = &raw.graph {
        return probe.resolve(fill).map(|spec| one(Spec::Graph(spec)));
    }
    if let Some(probe) = &raw.range {
        return probe.resolve(fill).map(|spec| one(Spec::Range(spec)));
    }
    if let Some(probe) = &raw.ntp {
        return probe.resolve(fill).map(|spec| one(Spec::Ntp(spec)));
    }
    if let Some(probe) = &raw.device {
        return probe.resolve(fill).map(|spec| one(Spec::Device(spec)));
    }
    Ok(Vec::new())
}

/// The check without what it asks.
fn check(
    raw: &file::Check,
    kind: &'static str,
    place: Place,
    problems: &mut Vec<Problem>,
) -> Check {
    let text = |text: &Option<Spanned<String>>| text.as_ref().map(|text| text.get_ref().clone());
    let group = match (&raw.any, &raw.equal) {
        (Some(any), None) => Some(Group::Any(any.get_ref().clone())),
        (None, Some(equal)) => Some(Group::Equal(equal.get_ref().clone())),
        (Some(any), Some(_)) => {
            let message = "a check is in one group at most, `any` or `equal`";
            problems.push(problem(any, message.to_owned()));
            None
        }
        (None, None) => None,
    };
    Check {
        id: raw.id.get_ref().clone(),
        title: raw.title.clone(),
        probe: Err(Absent::Variable(String::new())),
        expect: expectation(raw, kind, problems),
        group,
        all: text(&raw.all),
        sample_of: None,
        pattern: raw.pattern(),
        control: text(&raw.control),
        inspection: raw.inspection,
        proxy: raw.proxy,
        retired: raw.retired.clone(),
        misprint: raw.misprint.clone(),
        on_premises: raw.on_premises,
        stands_for: Vec::new(),
        owner: raw.owner,
        sources: raw.sources.clone(),
        place,
    }
}

fn numbered(made: &Check, number: Option<u32>, spec: Spec) -> Check {
    let mut check = made.clone();
    check.probe = Ok(Arc::new(spec));
    if let Some(number) = number {
        check.sample_of = Some(check.id.clone());
        check.id = format!("{}-{number}", check.id);
        check.title = format!("{}, host {number}", check.title);
    }
    check
}

fn expectation(raw: &file::Check, kind: &'static str, problems: &mut Vec<Problem>) -> Expectation {
    let fitting = probe::expectations(kind);
    let Some(expect) = &raw.expect else {
        return fitting[0];
    };
    if !fitting.contains(expect.get_ref()) {
        let names: Vec<&str> = fitting.iter().map(|fits| fits.name()).collect();
        problems.push(problem(
            expect,
            format!(
                "a `{kind}` probe cannot be expected to be `{}`; it takes {}",
                expect.get_ref(),
                names.join(", ")
            ),
        ));
    }
    *expect.get_ref()
}

/// The checks of one `all` stand for one thing, which can be a member of one group only.
fn same_groups(raw: &file::Prerequisite, checks: &[Arc<Check>], problems: &mut Vec<Problem>) {
    let mut known: BTreeMap<&str, &Option<Group>> = BTreeMap::new();
    for check in checks {
        let Some(all) = &check.all else { continue };
        let group = *known.entry(all).or_insert(&check.group);
        if *group == check.group {
            continue;
        }
        let base = check.sample_of.as_ref().unwrap_or(&check.id);
        let mut written = raw.checks.iter().map(Spanned::get_ref);
        if let Some(all) = written
            .find(|one| one.id.get_ref() == base)
            .and_then(|one| one.all.as_ref())
        {
            let word = all.get_ref();
            let message = format!("the checks of `all = \"{word}\"` are in different groups");
            problems.push(problem(all, message));
        }
    }
}

pub(super) fn overrides(
    part: &Part,
    ids: &BTreeSet<&str>,
    prerequisites: &mut [Prerequisite],
    problems: &mut Vec<Problem>,
) {
    for (id, change) in &part.content.overrides {
        let known = prerequisites.iter_mut().find(|p| p.id == *id.get_ref());
        let Some(prerequisite) = known else {
            // It stands in a file of which only a share was taken.
            if ids.contains(id.get_ref().as_str()) {
                continue;
            }
            let message = format!("there is no prerequisite `{}` to override", id.get_ref());
            problems.push(problem(id, message));
            continue;
        };
        if let Some(severity) = change.severity {
            prerequisite.severity = severity;
            prerequisite.required_if = None;
        }
        prerequisite.skip |= change.skip;
    }
}

/// A control names a check that exists.
pub(super) fn controls(part: &Part, prerequisites: &[Prerequisite], problems: &mut Vec<Problem>) {
    let known = |control: &str| {
        prerequisites.iter().any(|prerequisite| {
            let rest = control
                .strip_prefix(&prerequisite.id)
                .and_then(|rest| rest.strip_prefix('/'));
            rest.is_some_and(|check| {
                let named = |c: &Arc<Check>| c.id == check || c.sample_of.as_deref() == Some(check);
                prerequisite.checks.iter().any(named)
            })
        })
    };
    let raw = part.content.prerequisites.iter().map(Spanned::get_ref);
    for control in raw
        .filter(|p| part.gives(p.id.get_ref()))
        .flat_map(|p| &p.checks)
        .filter_map(|c| c.get_ref().control.as_ref())
    {
        if !known(control.get_ref()) {
            let message = format!("there is no check `{}`", control.get_ref());
            problems.push(problem(control, message));
        }
    }
}
