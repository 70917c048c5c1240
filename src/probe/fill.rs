//! From the words of a profile to typed settings: variables are filled in and every value keeps its place.

use std::cell::RefCell;
use std::fmt;
use std::ops::Range;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde_spanned::Spanned;

use crate::net::endpoint::{Address, EndpointError, Host, port};

/// A text of the profile and where it stands in the file.
pub type Text = Spanned<String>;

/// What is wrong in a profile, and where: a byte range of its text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    pub span: Range<usize>,
    pub message: String,
}

/// Why a value has no typed form.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Unfilled {
    /// A variable that was not given; the row is skipped and says so.
    Missing(String),
    /// What is wrong stands among the problems of the [`Fill`].
    Wrong,
}

/// The value of a variable, or why there is none.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Value {
    Given(String),
    NotGiven,
    /// With a hint at what was meant, for the message; may be empty.
    Unknown(String),
}

/// How many hosts of a pattern are asked.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Sampling {
    /// As many as the profile says.
    #[default]
    Some,
    /// Every one.
    All,
}

impl Sampling {
    pub(super) fn size(self, of_profile: u32) -> u32 {
        match self {
            // No host at all is a mistake that must not be hidden.
            Self::All if of_profile > 0 => u32::MAX,
            _ => of_profile,
        }
    }
}

/// Fills `${name}`, `${name|fallback}` and `${url.host}` in texts, and keeps every problem that it meets.
pub struct Fill<'a> {
    value: &'a dyn Fn(&str) -> Value,
    pub(super) sampling: Sampling,
    problems: RefCell<Vec<Problem>>,
}

impl fmt::Debug for Fill<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fill")
    }
}

impl<'a> Fill<'a> {
    pub fn new(value: &'a dyn Fn(&str) -> Value, sampling: Sampling) -> Self {
        Self {
            value,
            sampling,
            problems: RefCell::default(),
        }
    }

    /// What was wrong with the texts so far.
    pub fn into_problems(self) -> Vec<Problem> {
        self.problems.into_inner()
    }

    /// Notes a problem with this very value.
    pub fn wrong<T>(&self, value: &Spanned<T>, message: String) -> Unfilled {
        let span = value.span();
        self.problems.borrow_mut().push(Problem { span, message });
        Unfilled::Wrong
    }

    pub fn text(&self, text: &Text) -> Result<String, Unfilled> {
        let mut filled = String::new();
        let mut rest = text.get_ref().as_str();
        while let Some(start) = rest.find("${") {
            filled.push_str(&rest[..start]);
            let after = &rest[start + 2..];
            let Some(end) = after.find('}') else {
                return Err(self.wrong(text, "`${` without its `}`".to_owned()));
            };
            filled.push_str(&self.one(text, &after[..end])?);
            rest = &after[end + 1..];
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn one(&self, text: &Text, word: &str) -> Result<String, Unfilled> {
        let (name, fallback) = match word.split_once('|') {
            Some((name, fallback)) => (name, Some(fallback)),
            None => (word, None),
        };
        match ((self.value)(name), fallback) {
            (Value::Given(value), _) => Ok(value),
            (Value::NotGiven, Some(fallback)) => Ok(fallback.to_owned()),
            (Value::NotGiven, None) => {
                let variable = name.split('.').next().unwrap_or(name);
                Err(Unfilled::Missing(variable.to_owned()))
            }
            (Value::Unknown(hint), _) => {
                Err(self.wrong(text, format!("unknown variable `{name}`{hint}")))
            }
        }
    }

    fn parsed<T>(&self, text: &Text, parsed: Result<T, EndpointError>) -> Result<T, Unfilled> {
        parsed.map_err(|error| self.wrong(text, error.to_string()))
    }

    pub fn host(&self, text: &Text) -> Result<Host, Unfilled> {
        self.parsed(text, self.text(text)?.parse())
    }

    pub fn url(&self, text: &Text) -> Result<Address, Unfilled> {
        self.parsed(text, self.text(text)?.parse())
    }

    pub fn port(&self, number: &Spanned<Number>) -> Result<u16, Unfilled> {
        let text = Spanned::new(number.span(), number.get_ref().0.clone());
        self.parsed(&text, port(&self.text(&text)?))
    }
}

/// A port as a number or as a text with a variable in it.
#[derive(Clone, Debug)]
pub struct Number(String);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberVisitor;
        impl Visitor<'_> for NumberVisitor {
            type Value = Number;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a port from 1 to 65535 or a text such as \"${jamf.port}\"")
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Number, E> {
                match u16::try_from(number) {
                    Ok(port) if port > 0 => Ok(Number(port.to_string())),
                    _ => Err(E::invalid_value(de::Unexpected::Signed(number), &self)),
                }
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Number, E> {
                Ok(Number(text.to_owned()))
            }
        }
        deserializer.deserialize_any(NumberVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(name: &str) -> Value {
        match name {
            "jamf.host" => Value::Given("jamf.example".to_owned()),
            "tenant" => Value::NotGiven,
            _ => Value::Unknown(String::new()),
        }
    }

    #[test]
    fn variables_are_filled_and_what_is_missing_is_named() {
        let fill = Fill::new(&value, Sampling::Some);
        let text = |text: &str| Spanned::new(3..9, text.to_owned());
        assert_eq!(
            fill.text(&text("https://${jamf.host}/x")),
            Ok("https://jamf.example/x".to_owned())
        );
        assert_eq!(
            fill.text(&text("${tenant|organizations}")),
            Ok("organizations".to_owned())
        );
        assert_eq!(
            fill.text(&text("${tenant}")),
            Err(Unfilled::Missing("tenant".to_owned()))
        );
        for broken in ["${nope}", "${jamf.host"] {
            assert_eq!(fill.text(&text(broken)), Err(Unfilled::Wrong), "{broken}");
        }
        let problems = fill.into_problems();
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems.iter().all(|problem| problem.span == (3..9)));
    }
}
