//! A profile written out again: one file that needs no other, with its includes and overrides in it.

use std::fmt::Write;

use serde_json::Value as Json;
use toml::{Table, Value};

use super::Profile;
use super::error::ProfileError;
use super::load::fill;
use super::part::{Part, Values};
use super::read::Gathered;
use crate::probe::fill::Sampling;

/// A profile as data, in the order in which it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    document: Table,
}

/// A built-in or a file, written out.
pub fn written(name: &str) -> Result<Written, ProfileError> {
    write_out(&Gathered::named(name)?)
}

/// A text, written out; `file` is what its errors call it, and its includes stand beside that.
pub fn written_text(file: &str, text: &str) -> Result<Written, ProfileError> {
    write_out(&Gathered::of_text(file, text))
}

fn write_out(gathered: &Gathered) -> Result<Written, ProfileError> {
    let profile = fill(gathered, &Values::new(), Sampling::Some)?;
    let parts: Vec<(&Part, Table)> = gathered
        .parts
        .iter()
        .map(|part| (part, part.table()))
        .collect();
    let mut document = Table::new();
    if let Some((_, own)) = parts.last() {
        let mut header = own["profile"].clone();
        if let Value::Table(header) = &mut header {
            header.retain(|key, _| !matches!(key, "include" | "only"));
        }
        document.insert("profile".to_owned(), header);
    }
    let variables = variables(&profile, &parts);
    if !variables.is_empty() {
        document.insert("variables".to_owned(), Value::Table(variables));
    }
    let mut rows: Vec<Table> = Vec::new();
    for (part, table) in &parts {
        add_rows(part, table, &mut rows);
        for (id, change) in &part.content.overrides {
            let row = rows.iter_mut().find(|row| is_named(row, id.get_ref()));
            if let Some((row, severity)) = row.zip(change.severity) {
                // An override counts more than the variable that would make the row required.
                row.remove("required_if");
                row.insert("severity".to_owned(), severity.name().into());
            }
        }
    }
    if !rows.is_empty() {
        let rows = rows.into_iter().map(Value::Table).collect();
        document.insert("prerequisite".to_owned(), Value::Array(rows));
    }
    let skipped = profile.prerequisites.iter().filter(|one| one.skip);
    let skip = || {
        Value::Table(Table::from_iter([(
            "skip".to_owned(),
            Value::Boolean(true),
        )]))
    };
    let overrides: Table = skipped.map(|one| (one.id.clone(), skip())).collect();
    if !overrides.is_empty() {
        document.insert("override".to_owned(), Value::Table(overrides));
    }
    Ok(Written { document })
}

/// The variables that the profile has, each as the last file that declares it says.
fn variables(profile: &Profile, parts: &[(&Part, Table)]) -> Table {
    let declared = |name: &str| {
        let mut declarations = parts.iter().rev().filter_map(|(_, table)| {
            let variables = table.get("variables")?;
            variables.get(name)
        });
        declarations.next().cloned()
    };
    let names = profile.variables.iter().map(|variable| &variable.name);
    names
        .filter_map(|name| Some((name.clone(), declared(name)?)))
        .collect()
}

fn add_rows(part: &Part, table: &Table, rows: &mut Vec<Table>) {
    let own = table.get("prerequisite").and_then(Value::as_array);
    for row in own.into_iter().flatten().filter_map(Value::as_table) {
        let id = row.get("id").and_then(Value::as_str).unwrap_or_default();
        if part.gives(id) && !rows.iter().any(|known| is_named(known, id)) {
            rows.push(row.clone());
        }
    }
}

fn is_named(row: &Table, id: &str) -> bool {
    row.get("id").and_then(Value::as_str) == Some(id)
}

impl Written {
    /// For programs: the same keys, as JSON.
    pub fn json(&self) -> Json {
        serde_json::to_value(&self.document)
            .expect("a profile holds texts, whole numbers and truths")
    }

    /// For people and for `--profile`: TOML with one table for each variable, row and check.
    pub fn toml(&self) -> String {
        let mut text = String::new();
        for (key, value) in &self.document {
            match (key.as_str(), value) {
                ("prerequisite", Value::Array(rows)) => {
                    for row in rows.iter().filter_map(Value::as_table) {
                        section(&mut text, "[[prerequisite]]", row);
                        let checks = row.get("check").and_then(Value::as_array);
                        for check in checks.into_iter().flatten().filter_map(Value::as_table) {
                            section(&mut text, "[[prerequisite.check]]", check);
                        }
                    }
                }
                ("profile", Value::Table(header)) => section(&mut text, "[profile]", header),
                (_, Value::Table(tables)) => {
                    for (name, table) in tables {
                        let table = table.as_table();
                        let heading = format!("[{key}.{}]", quoted(name));
                        section(&mut text, &heading, table.unwrap_or(&Table::new()));
                    }
                }
                _ => {}
            }
        }
        text
    }
}

fn quoted(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if name.is_empty() || !name.chars().all(bare) {
        return Value::String(name.to_owned()).to_string();
    }
    name.to_owned()
}

/// A table under its heading; its checks have headings of their own.
fn section(text: &mut String, heading: &str, table: &Table) {
    const INFALLIBLE: &str = "a text takes whatever is written to it";
    if !text.is_empty() {
        text.push('\n');
    }
    writeln!(text, "{heading}").expect(INFALLIBLE);
    for (key, value) in table {
        match value {
            _ if key == "check" => {}
            Value::Array(items) if items.iter().any(Value::is_table) => {
                writeln!(text, "{key} = [").expect(INFALLIBLE);
                for item in items {
                    writeln!(text, "    {item},").expect(INFALLIBLE);
                }
                writeln!(text, "]").expect(INFALLIBLE);
            }
            _ => writeln!(text, "{key} = {value}").expect(INFALLIBLE),
        }
    }
}
