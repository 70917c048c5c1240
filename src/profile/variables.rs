//! The variables of a profile: what the user gave, what the profile says, and what a cloud decides.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::error::ProfileError;
use super::file::{self, Kind};
use super::part::{Part, Values};
use super::{Absent, Variable};
use crate::net::endpoint::{Address, Host, port};
use crate::probe::fill::{Sampling, Value};

/// The variables of a profile and what the user gave for them.
pub(super) struct Variables<'a> {
    all: BTreeMap<&'a str, &'a file::Variable>,
    values: &'a Values,
    pub(super) sampling: Sampling,
    /// What the prerequisites asked for: the rest came along with a file and means nothing here.
    asked: RefCell<BTreeSet<String>>,
}

impl<'a> Variables<'a> {
    pub(super) fn of(parts: &'a [Part], values: &'a Values, sampling: Sampling) -> Self {
        let all = parts
            .iter()
            .flat_map(|part| &part.content.variables)
            .map(|(name, variable)| (name.as_str(), variable))
            .collect();
        Self {
            all,
            values,
            sampling,
            asked: RefCell::default(),
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

    pub(super) fn declared(&self, name: &str) -> Option<&'a file::Variable> {
        self.all.get(name).copied()
    }

    fn raw(&self, name: &str) -> Option<&str> {
        let variable = self.all.get(name)?;
        self.asked.borrow_mut().insert(name.to_owned());
        if let Some(value) = self.values.get(name) {
            return Some(value);
        }
        if let Some(by) = &variable.by {
            let chosen = self.raw(by.get_ref())?;
            return variable.values.get(chosen).map(String::as_str);
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
            return Value::Unknown;
        };
        let Some(raw) = self.raw(base) else {
            return Value::NotGiven;
        };
        if variable.kind != Kind::Url {
            return match part {
                None => Value::Given(raw.to_owned()),
                Some(_) => Value::Unknown,
            };
        }
        let Ok(address) = raw.parse::<Address>() else {
            return Value::NotGiven;
        };
        match part {
            None => Value::Given(address.origin()),
            Some("host") => Value::Given(address.host.to_string()),
            Some("port") => Value::Given(address.port.to_string()),
            Some(_) => Value::Unknown,
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
            None => Absent::Variable(name.to_owned()),
        }
    }

    /// The variables of the profile's own file, and those of its includes that its rows use.
    pub(super) fn described(&self, own: &file::File) -> Vec<Variable> {
        let asked = self.asked.borrow();
        let used = |(name, _): &(&&str, &&file::Variable)| {
            own.variables.contains_key(**name) || asked.contains(**name)
        };
        let describe = |(name, variable): (&&str, &&file::Variable)| Variable {
            name: (*name).to_owned(),
            kind: variable.kind.name().to_owned(),
            description: variable.description.clone(),
            default: variable
                .default
                .as_ref()
                .map(|value| value.get_ref().clone()),
        };
        self.all.iter().filter(used).map(describe).collect()
    }
}

/// A value as an error may repeat it: what could hold a password is left out.
pub(super) fn shown(value: &str) -> &str {
    if value.contains('@') { "…" } else { value }
}

fn typed(variable: &file::Variable, value: &str) -> Result<(), String> {
    let text = |error: crate::net::endpoint::EndpointError| error.to_string();
    match variable.kind {
        Kind::Url => drop(value.parse::<Address>().map_err(text)?),
        Kind::Host => drop(value.parse::<Host>().map_err(text)?),
        Kind::Port => drop(port(value).map_err(text)?),
        Kind::Cidr => drop(value.parse::<ipnet::IpNet>().map_err(|e| e.to_string())?),
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
