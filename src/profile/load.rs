//! From a profile's name to a `Profile`: includes, variables, patterns, overrides.

use std::collections::BTreeSet;
use std::path::Path;

use serde_spanned::Spanned;

use super::checks::{controls, overrides, prerequisite, problem};
use super::error::{ProfileError, Report};
use super::file::{self, nearest};
use super::glob::glob;
use super::part::{Part, Take, Values};
use super::variables::Variables;
use super::{BUILTINS, Origin, Place, Prerequisite, Profile};
use crate::probe::fill::{Problem, Sampling};

/// More would be a scan, or a mistake.
const MOST_CHECKS: usize = 50_000;

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
        let mut profile = load_sampled(name, values, sampling)?;
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
            check.place = Place {
                file: String::new(),
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
    load_sampled(name, values, Sampling::Some)
}

pub(super) fn load_sampled(
    name: &str,
    values: &Values,
    sampling: Sampling,
) -> Result<Profile, ProfileError> {
    let mut gathered = Gathered::default();
    gathered.read(name, None, &mut Vec::new(), &Take::default())?;
    gathered.fill(values, sampling)
}

/// The texts of a profile and of all that it includes, those that are included first.
#[derive(Default)]
struct Gathered {
    parts: Vec<Part>,
}

impl Gathered {
    fn read(
        &mut self,
        name: &str,
        beside: Option<&Path>,
        above: &mut Vec<String>,
        take: &Take,
    ) -> Result<(), ProfileError> {
        if above.iter().any(|open| open == name) {
            above.push(name.to_owned());
            return Err(ProfileError::Cycle(name.to_owned(), above.join(" -> ")));
        }
        let (origin, file, text) = find(name, beside)?;
        let folder = Path::new(&file).parent().map(Path::to_path_buf);
        above.push(name.to_owned());
        if let Some(known) = self.parts.iter().position(|part| part.file == file) {
            if !self.parts[known].gives_all_of(take) {
                let header = self.parts[known].content.profile.clone();
                let source = (file.as_str(), text.as_str());
                self.includes(&header, source, folder.as_deref(), above, take)?;
                self.parts[known].takes.push(take.clone());
            }
        } else {
            let content = file::parse(&text).map_err(|problem| {
                ProfileError::Wrong(Report {
                    file: file.clone(),
                    text: text.clone(),
                    problems: vec![problem],
                })
            })?;
            let source = (file.as_str(), text.as_str());
            self.includes(&content.profile, source, folder.as_deref(), above, take)?;
            self.parts.push(Part {
                origin,
                file,
                newlines: text.match_indices('\n').map(|(at, _)| at).collect(),
                text,
                content,
                takes: vec![take.clone()],
            });
        }
        above.pop();
        Ok(())
    }

    /// Reads what a header includes; an include that leads nowhere or back is wrong where it stands.
    fn includes(
        &mut self,
        header: &file::Header,
        (file, text): (&str, &str),
        folder: Option<&Path>,
        above: &mut Vec<String>,
        take: &Take,
    ) -> Result<(), ProfileError> {
        for include in &header.include {
            let share = take.of_include(include.get_ref(), header);
            let read = self.read(include.get_ref(), folder, above, &share);
            read.map_err(|error| match error {
                ProfileError::Unknown { .. } | ProfileError::Cycle(..) => {
                    ProfileError::Wrong(Report {
                        file: file.to_owned(),
                        text: text.to_owned(),
                        problems: vec![problem(include, error.to_string())],
                    })
                }
                other => other,
            })?;
        }
        Ok(())
    }

    /// The ids that stand in the files, taken or not.
    fn ids(&self) -> BTreeSet<&str> {
        let prerequisites = self
            .parts
            .iter()
            .flat_map(|part| &part.content.prerequisites);
        prerequisites
            .map(|raw| raw.get_ref().id.get_ref().as_str())
            .collect()
    }

    fn fill(&self, values: &Values, sampling: Sampling) -> Result<Profile, ProfileError> {
        let variables = Variables::of(&self.parts, values, sampling);
        variables.check()?;
        let ids = self.ids();
        let mut prerequisites: Vec<Prerequisite> = Vec::new();
        for part in &self.parts {
            let mut problems = Vec::new();
            shares(part, &ids, &mut problems);
            // Two included files may share a row; one file that says it twice is mistaken.
            let elsewhere = |known: &Prerequisite| {
                let mut known_files = known.checks.iter().map(|check| &check.place.file);
                known_files.all(|file| *file != part.file)
            };
            let taken = |raw: &&Spanned<file::Prerequisite>| part.gives(raw.get_ref().id.get_ref());
            for raw in part.content.prerequisites.iter().filter(taken) {
                let raw = raw.get_ref();
                let fresh = prerequisite(raw, part, &variables, &mut problems);
                match prerequisites.iter().find(|known| known.id == fresh.id) {
                    None => prerequisites.push(fresh),
                    Some(known) if elsewhere(known) && same_content(known, &fresh) => {}
                    Some(_) => {
                        let message = format!("prerequisite `{}` stands here twice", fresh.id);
                        problems.push(problem(&raw.id, message));
                    }
                }
                let checks: usize = prerequisites.iter().map(|one| one.checks.len()).sum();
                if checks > MOST_CHECKS {
                    let message = format!(
                        "with `{}` the profile has over {MOST_CHECKS} checks",
                        raw.id.get_ref()
                    );
                    problems.push(problem(&raw.id, message));
                    break;
                }
            }
            overrides(part, &ids, &mut prerequisites, &mut problems);
            controls(part, &prerequisites, &mut problems);
            if !problems.is_empty() {
                return Err(part.wrong(problems));
            }
        }
        let last = self
            .parts
            .last()
            .expect("the profile itself is the last part");
        let header = &last.content.profile;
        Ok(Profile {
            name: header.name.clone(),
            title: header.title.clone(),
            version: header.version.clone(),
            description: header.description.clone(),
            origin: last.origin.clone(),
            variables: variables.described(&last.content),
            prerequisites,
        })
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

/// A built-in, or a file (of an include: beside the including file).
fn find(name: &str, beside: Option<&Path>) -> Result<(Origin, String, String), ProfileError> {
    if let Some(builtin) = BUILTINS.iter().find(|builtin| builtin.name == name) {
        let file = format!("profiles/{name}.toml");
        return Ok((Origin::BuiltIn, file, builtin.text.to_owned()));
    }
    let path = beside.map_or_else(|| Path::new(name).to_path_buf(), |folder| folder.join(name));
    let known: Vec<&str> = BUILTINS.iter().map(|builtin| builtin.name).collect();
    let unknown = |why: String| ProfileError::Unknown {
        name: name.to_owned(),
        known: known.join(", "),
        why,
    };
    let text = std::fs::read(&path).map_err(|error| unknown(error.to_string()))?;
    let text = String::from_utf8(text).map_err(|error| {
        unknown(format!(
            "not UTF-8 at byte {}",
            error.utf8_error().valid_up_to()
        ))
    })?;
    let file = path.display().to_string();
    Ok((Origin::File(file.clone()), file, text))
}
