//! The variables of a profile: what the user gave, what the profile says, and what a cloud decides.

use std::collections::{BTreeMap, BTreeSet};

use serde_spanned::Spanned;

use super::checks::problem;
use super::error::ProfileError;
use super::file::{self, Kind};
use super::nearest::nearest;
use super::part::{Part, Values};
use super::{Absent, Prerequisite, Variable};
use crate::net::endpoint::{Address, EndpointError, Host, block, port};
use crate::probe::fill::{Problem, Sampling, Value};

/// The variables of a profile and what the user gave for them.
pub(super) struct Variables<'a> {
    all: BTreeMap<&'a str, &'a file::Variable>,
    values: &'a Values,
    pub(super) sampling: Sampling,
    /// Whether every include could be read; if not, a variable that is not known may be right.
    whole: bool,
}

impl<'a> Variables<'a> {
    pub(super) fn of(
        parts: &'a [Part],
        values: &'a Values,
        sampling: Sampling,
        whole: bool,
    ) -> Self {
        let all = parts
            .iter()
            .flat_map(|part| &part.content.variables)
            .map(|(name, variable)| (name.as_str(), variable))
            .collect();
        Self {
            all,
            values,
            sampling,
            whole,
        }
    }

    /// Every value that was given is one of its type.
    pub(super) fn check(&self) -> Result<(), ProfileError> {
        for (name, value) in self.values {
            let Some(variable) = self.all.get(name.as_str()) else {
                continue;
            };
            typed(variable, value).map_err(|why| ProfileError::Value {
                name: name.clone(),
                value: shown(value).to_owned(),
                why,
            })?;
        }
        Ok(())
    }

    /// The defaults and values that a file itself gives are of their types, and `by` names a variable.
    pub(super) fn of_part(&self, part: &Part, problems: &mut Vec<Problem>) {
        for (name, variable) in &part.content.variables {
            let own = variable.default.iter().chain(variable.values.values());
            for value in own {
                if let Err(why) = typed(variable, value.get_ref()) {
                    let message = format!("no value for the variable `{name}`: {why}");
                    problems.push(problem(value, message));
                }
            }
            if let Some(by) = &variable.by {
                self.chooser(name, by, problems);
            }
        }
    }

    /// The variables that choose one for another must not go round in a circle.
    fn chooser(&self, name: &str, by: &Spanned<String>, problems: &mut Vec<Problem>) {
        let mut above = BTreeSet::from([name]);
        let mut next = Some(by);
        while let Some(by) = next {
            let chooser = by.get_ref().as_str();
            if !above.insert(chooser) {
                let message = format!("the variable `{name}` is chosen by itself");
                problems.push(problem(by, message));
                return;
            }
            let Some(variable) = self.all.get(chooser) else {
                if self.whole {
                    let message = format!("unknown variable `{chooser}`{}", self.hint(chooser));
                    problems.push(problem(by, message));
                }
                return;
            };
            next = variable.by.as_ref();
        }
    }

    fn hint(&self, name: &str) -> String {
        nearest(name, self.all.keys().copied())
            .map_or_else(String::new, |known| format!("; did you mean `{known}`?"))
    }

    pub(super) fn may_be_bool(&self, name: &str) -> bool {
        self.all
            .get(name)
            .map_or(!self.whole, |variable| variable.kind == Kind::Bool)
    }

    fn raw(&self, name: &str) -> Option<&str> {
        let variable = self.all.get(name)?;
        if let Some(value) = self.values.get(name) {
            return Some(value);
        }
        if let Some(by) = &variable.by {
            let chosen = self.raw(by.get_ref())?;
            let value = variable.values.get(chosen)?;
            return Some(value.get_ref());
        }
        variable
            .default
            .as_ref()
            .map(|value| value.get_ref().as_str())
    }

    /// The value of `name`, or of a part of it such as `jamf.host`.
    pub(super) fn value(&self, name: &str) -> Value {
        let (base, part) = match name.split_once('.') {
            Some((base, part)) => (base, Some(part)),
            None => (name, None),
        };
        let Some(variable) = self.all.get(base) else {
            return if self.whole {
                Value::Unknown(self.hint(base))
            } else {
                Value::NotGiven
            };
        };
        let Some(raw) = self.raw(base) else {
            return Value::NotGiven;
        };
        if variable.kind != Kind::Url {
            return match part {
                None => Value::Given(raw.to_owned()),
                Some(_) => Value::Unknown(String::new()),
            };
        }
        let Ok(address) = raw.parse::<Address>() else {
            return Value::NotGiven;
        };
        match part {
            None => Value::Given(address.origin()),
            Some("host") => Value::Given(address.host.to_string()),
            Some("port") => Value::Given(address.port.to_string()),
            Some(_) => Value::Unknown(String::new()),
        }
    }

    pub(super) fn is_true(&self, name: &str) -> bool {
        self.raw(name) == Some("true")
    }

    /// Why a variable has no value: it was not given, or the vendor publishes it for other clouds only.
    pub(super) fn absent(&self, name: &str) -> Absent {
        let by = self.all.get(name).and_then(|variable| variable.by.as_ref());
        match by {
            Some(by) if self.raw(by.get_ref()).is_some() => Absent::Unpublished(name.to_owned()),
            Some(by) => self.absent(by.get_ref()),
            None if self.all.get(name).is_some_and(|one| one.optional) => {
                Absent::Optional(name.to_owned())
            }
            None => Absent::Variable(name.to_owned()),
        }
    }

    /// The variables of the profile's own file, and those of its includes that its rows use.
    pub(super) fn described(&self, own: &Part, rows: &[Prerequisite]) -> Vec<Variable> {
        let mut used: BTreeSet<&str> = own.content.variables.keys().map(String::as_str).collect();
        let mut next: Vec<&str> = rows
            .iter()
            .flat_map(|row| row.variables.iter().chain(&row.required_if))
            .map(String::as_str)
            .chain(used.iter().copied())
            .collect();
        while let Some(name) = next.pop() {
            used.insert(name);
            let by = self.all.get(name).and_then(|one| one.by.as_ref());
            next.extend(
                by.map(|by| by.get_ref().as_str())
                    .filter(|by| !used.contains(by)),
            );
        }
        let describe = |(name, variable): (&&str, &&file::Variable)| Variable {
            name: (*name).to_owned(),
            kind: variable.kind.name().to_owned(),
            description: variable.description.clone(),
            default: variable
                .default
                .as_ref()
                .map(|value| value.get_ref().clone()),
            one_of: variable.one_of.clone(),
            by: variable.by.as_ref().map(|by| by.get_ref().clone()),
            optional: variable.optional,
        };
        let all = self.all.iter().filter(|(name, _)| used.contains(**name));
        all.map(describe).collect()
    }
}

/// A value as an error may repeat it: what could hold a password is left out.
pub(super) fn shown(value: &str) -> &str {
    if value.contains('@') { "…" } else { value }
}

fn typed(variable: &file::Variable, value: &str) -> Result<(), String> {
    let text = |error: EndpointError| error.reason();
    match variable.kind {
        Kind::Url => drop(value.parse::<Address>().map_err(text)?),
        Kind::Host => drop(value.parse::<Host>().map_err(text)?),
        Kind::Port => drop(port(value).map_err(text)?),
        Kind::Cidr => drop(block(value)?),
        Kind::Bool if !matches!(value, "true" | "false") => {
            return Err("expected true or false".to_owned());
        }
        Kind::Text if value.is_empty() || value.chars().any(|c| c.is_whitespace() || c == '/') => {
            return Err("it must not be empty nor contain a space or a slash".to_owned());
        }
        Kind::Bool | Kind::Text => {}
    }
    if !variable.one_of.is_empty() && !variable.one_of.iter().any(|known| known == value) {
        return Err(format!("expected one of {}", variable.one_of.join(", ")));
    }
    Ok(())
}
