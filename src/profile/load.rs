//! From a profile's name to a `Profile`: includes, variables, patterns, overrides.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_spanned::Spanned;

use super::checks::{controls, overrides, prerequisite, problem};
use super::error::ProfileError;
use super::file;
use super::nearest::nearest;
use super::part::{Part, Values};
use super::read::Gathered;
use super::variables::Variables;
use super::{Place, Prerequisite, Profile};
use crate::net::glob;
use crate::probe::fill::{Problem, Sampling};

/// So many rows and hosts of blocks; more would be a scan, or a mistake.
pub(super) const MOST_CHECKS: usize = 50_000;

/// Loads several profiles: a prerequisite that stands in more than one must be the same in all.
///
/// A value whose name is among `strict` must belong to a variable of one of them.
pub fn load_all(
    names: &[String],
    values: &Values,
    strict: &[&str],
    sampling: Sampling,
) -> Result<Vec<Profile>, ProfileError> {
    let mut profiles: Vec<Profile> = Vec::new();
    for name in names {
        let mut profile = fill(&Gathered::named(name)?, values, sampling)?;
        let mut clash = None;
        profile.prerequisites.retain(|prerequisite| {
            let earlier = profiles
                .iter()
                .flat_map(|profile| &profile.prerequisites)
                .find(|earlier| earlier.id == prerequisite.id);
            match earlier {
                Some(earlier) if same_content(earlier, prerequisite) => false,
                Some(_) => {
                    clash = Some(prerequisite.id.clone());
                    true
                }
                None => true,
            }
        });
        if let Some(id) = clash {
            return Err(ProfileError::Clash(id));
        }
        profiles.push(profile);
    }
    known_variables(&profiles, strict)?;
    Ok(profiles)
}

fn same_content(one: &Prerequisite, other: &Prerequisite) -> bool {
    let placeless = |prerequisite: &Prerequisite| {
        let mut copy = prerequisite.clone();
        for check in &mut copy.checks {
            Arc::make_mut(check).place = Place {
                file: Arc::default(),
                line: 0,
            };
        }
        copy
    };
    placeless(one) == placeless(other)
}

fn known_variables(profiles: &[Profile], names: &[&str]) -> Result<(), ProfileError> {
    let known: BTreeSet<&str> = profiles
        .iter()
        .flat_map(|profile| &profile.variables)
        .map(|variable| variable.name.as_str())
        .collect();
    for &name in names {
        if !known.contains(name) {
            let hint = nearest(name, known.iter().copied())
                .map_or_else(String::new, |known| format!("; did you mean `{known}`?"));
            return Err(ProfileError::Variable {
                name: name.to_owned(),
                hint,
            });
        }
    }
    Ok(())
}

/// Loads one profile: a built-in's name, else a file.
pub fn load(name: &str, values: &Values) -> Result<Profile, ProfileError> {
    fill(&Gathered::named(name)?, values, Sampling::Some)
}

pub(super) fn load_sampled(
    name: &str,
    values: &Values,
    sampling: Sampling,
) -> Result<Profile, ProfileError> {
    fill(&Gathered::named(name)?, values, sampling)
}

/// Loads a profile from its text; `file` is what its errors call it, and its includes stand beside that.
pub fn load_text(file: &str, text: &str, values: &Values) -> Result<Profile, ProfileError> {
    fill(&Gathered::of_text(file, text), values, Sampling::Some)
}

/// The profile with its variables filled in, or everything that is wrong in any of its files.
pub(super) fn fill(
    gathered: &Gathered,
    values: &Values,
    sampling: Sampling,
) -> Result<Profile, ProfileError> {
    let variables = Variables::of(&gathered.parts, values, sampling, gathered.has_all_files());
    variables.check()?;
    let ids = ids(&gathered.parts);
    let mut reports = gathered.broken.clone();
    let mut prerequisites: Vec<Prerequisite> = Vec::new();
    for part in &gathered.parts {
        let mut problems = part.problems.clone();
        variables.of_part(part, &mut problems);
        rows(part, &variables, &mut prerequisites, &mut problems);
        if gathered.has_all_rows() {
            shares(part, &ids, &mut problems);
            overrides(part, &ids, &mut prerequisites, &mut problems);
            controls(part, &prerequisites, &mut problems);
        }
        if !problems.is_empty() {
            reports.push(part.report(problems));
        }
    }
    let last = gathered.parts.last().filter(|_| reports.is_empty());
    let Some(last) = last else {
        return Err(ProfileError::Wrong(reports));
    };
    let header = &last.content.profile;
    Ok(Profile {
        name: header.name.clone(),
        title: header.title.clone(),
        version: header.version.clone(),
        description: header.description.clone(),
        origin: last.origin.clone(),
        variables: variables.described(last, &prerequisites),
        prerequisites,
    })
}

/// The ids that stand in the files, taken or not.
fn ids(parts: &[Part]) -> BTreeSet<&str> {
    let rows = parts.iter().flat_map(|part| &part.content.prerequisites);
    rows.map(|raw| raw.get_ref().id.get_ref().as_str())
        .collect()
}

/// Adds the rows of a file that are taken.
fn rows(
    part: &Part,
    variables: &Variables<'_>,
    known: &mut Vec<Prerequisite>,
    problems: &mut Vec<Problem>,
) {
    // Two included files may share a row; one file that says it twice is mistaken.
    let elsewhere = |known: &Prerequisite| {
        let mut known_files = known.checks.iter().map(|check| &check.place.file);
        known_files.all(|file| *file != part.file)
    };
    let weights = known
        .iter()
        .flat_map(|one| &one.checks)
        .map(|check| check.weight());
    let mut left = MOST_CHECKS.saturating_sub(weights.sum());
    let taken = |raw: &&Spanned<file::Prerequisite>| part.gives(raw.get_ref().id.get_ref());
    for raw in part.content.prerequisites.iter().filter(taken) {
        let raw = raw.get_ref();
        let Some(fresh) = prerequisite(raw, part, variables, &mut left, problems) else {
            return;
        };
        match known.iter().find(|known| known.id == fresh.id) {
            None => known.push(fresh),
            Some(known) if elsewhere(known) && same_content(known, &fresh) => {}
            Some(_) => {
                let message = format!("prerequisite `{}` stands here twice", fresh.id);
                problems.push(problem(&raw.id, message));
            }
        }
    }
}

/// Every share of an included profile names an include, and each of its globs something that exists.
fn shares(part: &Part, ids: &BTreeSet<&str>, problems: &mut Vec<Problem>) {
    let header = &part.content.profile;
    for (include, globs) in &header.only {
        if !header
            .include
            .iter()
            .any(|i| i.get_ref() == include.get_ref())
        {
            let message = format!("`{}` is not among the includes", include.get_ref());
            problems.push(problem(include, message));
        }
        for pattern in globs {
            if !ids.iter().any(|id| glob(pattern.get_ref(), id)) {
                let message = format!("`{}` fits no prerequisite", pattern.get_ref());
                problems.push(problem(pattern, message));
            }
        }
    }
}
