//! From a profile's name to a `Profile`: includes, variables, patterns, overrides.

use std::collections::BTreeSet;
use std::path::Path;

use super::checks::{controls, overrides, prerequisite, problem};
use super::error::{ProfileError, Report};
use super::file::{self, nearest};
use super::part::{Part, Values};
use super::variables::Variables;
use super::{BUILTINS, Origin, Place, Prerequisite, Profile};

/// More would be a scan, or a mistake.
const MOST_CHECKS: usize = 50_000;

/// Loads several profiles: a prerequisite that stands in more than one must be the same in all.
///
/// A value whose name is among `strict` must belong to a variable of one of them.
pub fn load_all(
    names: &[String],
    values: &Values,
    strict: &[&str],
) -> Result<Vec<Profile>, ProfileError> {
    let mut profiles: Vec<Profile> = Vec::new();
    for name in names {
        let mut profile = load(name, values)?;
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
    let mut gathered = Gathered::default();
    gathered.read(name, None, &mut Vec::new())?;
    gathered.fill(values)
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
    ) -> Result<(), ProfileError> {
        if above.iter().any(|open| open == name) {
            above.push(name.to_owned());
            return Err(ProfileError::Cycle(name.to_owned(), above.join(" -> ")));
        }
        let (origin, file, text) = find(name, beside)?;
        if self.parts.iter().any(|part| part.file == file) {
            return Ok(());
        }
        let content = file::parse(&text).map_err(|problem| {
            ProfileError::Wrong(Report {
                file: file.clone(),
                text: text.clone(),
                problems: vec![problem],
            })
        })?;
        above.push(name.to_owned());
        let folder = Path::new(&file).parent().map(Path::to_path_buf);
        for include in &content.profile.include {
            let read = self.read(include.get_ref(), folder.as_deref(), above);
            read.map_err(|error| match error {
                ProfileError::Unknown { .. } | ProfileError::Cycle(..) => {
                    ProfileError::Wrong(Report {
                        file: file.clone(),
                        text: text.clone(),
                        problems: vec![problem(include, error.to_string())],
                    })
                }
                other => other,
            })?;
        }
        above.pop();
        let newlines = text.match_indices('\n').map(|(at, _)| at).collect();
        self.parts.push(Part {
            origin,
            file,
            text,
            newlines,
            content,
        });
        Ok(())
    }

    fn fill(&self, values: &Values) -> Result<Profile, ProfileError> {
        let variables = Variables::of(&self.parts, values);
        variables.check()?;
        let mut prerequisites: Vec<Prerequisite> = Vec::new();
        for part in &self.parts {
            let mut problems = Vec::new();
            for raw in &part.content.prerequisites {
                let raw = raw.get_ref();
                if prerequisites
                    .iter()
                    .any(|known| known.id == *raw.id.get_ref())
                {
                    let message = format!("prerequisite `{}` stands here twice", raw.id.get_ref());
                    problems.push(problem(&raw.id, message));
                    continue;
                }
                prerequisites.push(prerequisite(raw, part, &variables, &mut problems));
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
            overrides(part, &mut prerequisites, &mut problems);
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
            variables: variables.described(),
            prerequisites,
        })
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
