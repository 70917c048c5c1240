//! From a prerequisite as it is written to one that can be planned: variables filled in, samples drawn.

use std::collections::BTreeSet;

use serde_spanned::Spanned;

use super::file;
use super::part::Part;
use super::variables::Variables;
use super::{Absent, Check, Group, Place, Prerequisite, Severity};
use crate::finding::Expectation;
use crate::net::endpoint::Host;
use crate::probe::Spec;
use crate::probe::fill::{Fill, Problem, Unfilled};

pub(super) fn problem<T>(at: &Spanned<T>, message: String) -> Problem {
    Problem {
        span: at.span(),
        message,
    }
}

pub(super) fn prerequisite(
    raw: &file::Prerequisite,
    part: &Part,
    variables: &Variables<'_>,
    problems: &mut Vec<Problem>,
) -> Prerequisite {
    let mut severity = raw.severity;
    if let Some(name) = &raw.required_if {
        match variables.declared(name.get_ref()) {
            Some(variable) if variable.kind == file::Kind::Bool => {
                if variables.is_true(name.get_ref()) {
                    severity = Severity::Required;
                }
            }
            _ => problems.push(problem(
                name,
                format!("`{}` is no bool variable", name.get_ref()),
            )),
        }
    }
    if raw.from.get_ref().is_empty() {
        problems.push(problem(&raw.from, "`from` must name a vantage".to_owned()));
    }
    let mut checks: Vec<Check> = Vec::new();
    let mut known = BTreeSet::new();
    for check in &raw.checks {
        for one in expand(check, part, variables, problems) {
            if !known.insert(one.id.clone()) {
                let message = format!("check `{}` stands here twice", one.id);
                problems.push(problem(&check.get_ref().id, message));
            }
            checks.push(one);
        }
    }
    if raw.checks.is_empty() {
        problems.push(problem(
            &raw.id,
            format!("`{}` has no check", raw.id.get_ref()),
        ));
    }
    Prerequisite {
        id: raw.id.get_ref().clone(),
        title: raw.title.clone(),
        severity,
        from: raw.from.get_ref().clone(),
        owner: raw.owner,
        why: raw.why.trim().to_owned(),
        remedy: raw.remedy.trim().to_owned(),
        sources: raw.sources.clone(),
        checks,
        skip: false,
    }
}

/// A check of the file becomes one check, or one for each host of its sample.
fn expand(
    spanned: &Spanned<file::Check>,
    part: &Part,
    variables: &Variables<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<Check> {
    let raw = spanned.get_ref();
    let value = |name: &str| variables.value(name);
    let fill = Fill {
        value: &value,
        sampling: variables.sampling,
    };
    let place = part.place(spanned.span().start);
    let stands_for = stands_for(raw, &fill, problems);
    let mut checks = match specs(raw, &fill, problems) {
        Ok(specs) => specs
            .into_iter()
            .map(|(number, spec)| check(raw, number, Ok(spec), place.clone(), problems))
            .collect(),
        Err(Unfilled::Missing(name)) => {
            let absent = variables.absent(&name);
            vec![check(raw, None, Err(absent), place, problems)]
        }
        Err(Unfilled::Wrong(problem)) => {
            problems.push(problem);
            Vec::new()
        }
    };
    for check in &mut checks {
        check.stands_for.clone_from(&stands_for);
    }
    checks
}

/// The wildcards that a check is asked for; one of another cloud is left out.
fn stands_for(raw: &file::Check, fill: &Fill<'_>, problems: &mut Vec<Problem>) -> Vec<String> {
    let mut found = Vec::new();
    for text in &raw.stands_for {
        match fill.text(text) {
            Ok(typed) if is_wildcard(&typed) => found.push(typed.to_ascii_lowercase()),
            Ok(typed) => {
                let message = format!("`{typed}` is no wildcard such as *.example.com");
                problems.push(problem(text, message));
            }
            Err(Unfilled::Missing(_)) => {}
            Err(Unfilled::Wrong(problem)) => problems.push(problem),
        }
    }
    found
}

fn is_wildcard(text: &str) -> bool {
    let zone = text.strip_prefix("*.").filter(|zone| zone.contains('.'));
    zone.is_some_and(|zone| matches!(zone.parse(), Ok(Host::Name(_))))
}

type Specs = Vec<(Option<u32>, Spec)>;

fn specs(
    raw: &file::Check,
    fill: &Fill<'_>,
    problems: &mut Vec<Problem>,
) -> Result<Specs, Unfilled> {
    let mut all: Vec<Result<Specs, Unfilled>> = Vec::new();
    let one = |spec: Result<Spec, Unfilled>| spec.map(|spec| vec![(None, spec)]);
    if let Some(probe) = &raw.dns {
        all.push(one(probe.resolve(fill).map(Spec::Dns)));
    }
    if let Some(probe) = &raw.tcp {
        all.push(one(probe.resolve(fill).map(Spec::Tcp)));
    }
    if let Some(probe) = &raw.tls {
        let tls = |(number, spec)| (number, Spec::Tls(spec));
        all.push(
            probe
                .resolve(fill)
                .map(|specs| specs.into_iter().map(tls).collect()),
        );
    }
    if let Some(probe) = &raw.http {
        all.push(one(probe.resolve(fill).map(Spec::Http)));
    }
    if let Some(probe) = &raw.token {
        all.push(one(probe.resolve(fill).map(Spec::Token)));
    }
    if let Some(probe) = &raw.range {
        all.push(one(probe.resolve(fill).map(Spec::Range)));
    }
    if all.len() == 1 {
        return all.swap_remove(0);
    }
    let message = "a check has exactly one probe: dns, tcp, tls, http, token or range".to_owned();
    problems.push(problem(&raw.id, message));
    Ok(Vec::new())
}

fn check(
    raw: &file::Check,
    number: Option<u32>,
    probe: Result<Spec, Absent>,
    place: Place,
    problems: &mut Vec<Problem>,
) -> Check {
    let base = raw.id.get_ref();
    let (id, title) = match number {
        Some(number) => (
            format!("{base}-{number}"),
            format!("{}, host {number}", raw.title),
        ),
        None => (base.clone(), raw.title.clone()),
    };
    let expect = expectation(raw, &probe, problems);
    let group = match (&raw.any, &raw.equal) {
        (Some(any), None) => Some(Group::Any(any.get_ref().clone())),
        (None, Some(equal)) => Some(Group::Equal(equal.get_ref().clone())),
        (Some(any), Some(_)) => {
            problems.push(problem(any, "a check is in one group at most".to_owned()));
            None
        }
        (None, None) => None,
    };
    Check {
        id,
        title,
        probe,
        expect,
        group,
        sample_of: number.map(|_| base.clone()),
        control: raw
            .control
            .as_ref()
            .map(|control| control.get_ref().clone()),
        inspection: raw.inspection,
        proxy: raw.proxy,
        retired: raw.retired.clone(),
        misprint: raw.misprint.clone(),
        stands_for: Vec::new(),
        owner: raw.owner,
        sources: raw.sources.clone(),
        place,
    }
}

fn expectation(
    raw: &file::Check,
    probe: &Result<Spec, Absent>,
    problems: &mut Vec<Problem>,
) -> Expectation {
    let Ok(spec) = probe else {
        return raw
            .expect
            .as_ref()
            .map_or(Expectation::Connected, |expect| *expect.get_ref());
    };
    let fitting = spec.expectations();
    let Some(expect) = &raw.expect else {
        return fitting[0];
    };
    if !fitting.contains(expect.get_ref()) {
        let names: Vec<&str> = fitting.iter().map(|fits| fits.name()).collect();
        problems.push(problem(
            expect,
            format!(
                "a `{}` probe cannot be expected to be `{}`; it takes {}",
                spec.kind(),
                expect.get_ref(),
                names.join(", ")
            ),
        ));
    }
    *expect.get_ref()
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
                let named = |c: &Check| c.id == check || c.sample_of.as_deref() == Some(check);
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
