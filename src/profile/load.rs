//! From a profile's name to a `Profile`: includes, variables, patterns, overrides.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_spanned::Spanned;

use super::error::{ProfileError, Report};
use super::file::{self, File, Kind, nearest};
use super::{
    Absent, BUILTINS, Check, Group, Origin, Place, Prerequisite, Profile, Severity, Variable,
};
use crate::finding::Expectation;
use crate::net::endpoint::{Address, Host, port};
use crate::probe::fill::{Fill, Problem, Unfilled, Value};
use crate::probe::{Inspection, ProxyPolicy, Spec, tcp, tls};

/// What the user gave for variables, by name.
pub type Values = BTreeMap<String, String>;

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

struct Part {
    origin: Origin,
    file: String,
    text: String,
    content: File,
}

impl Part {
    fn wrong(&self, problems: Vec<Problem>) -> ProfileError {
        ProfileError::Wrong(Report {
            file: self.file.clone(),
            text: self.text.clone(),
            problems,
        })
    }

    fn place(&self, at: usize) -> Place {
        Place {
            file: self.file.clone(),
            line: Report::line(&self.text, at),
        }
    }
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
            self.read(include.get_ref(), folder.as_deref(), above)?;
        }
        above.pop();
        self.parts.push(Part {
            origin,
            file,
            text,
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

fn problem<T>(at: &Spanned<T>, message: String) -> Problem {
    Problem {
        span: at.span(),
        message,
    }
}

/// The variables of a profile and what the user gave for them.
struct Variables<'a> {
    all: BTreeMap<&'a str, &'a file::Variable>,
    values: &'a Values,
}

impl<'a> Variables<'a> {
    fn of(parts: &'a [Part], values: &'a Values) -> Self {
        let all = parts
            .iter()
            .flat_map(|part| &part.content.variables)
            .map(|(name, variable)| (name.as_str(), variable))
            .collect();
        Self { all, values }
    }

    /// Every value that was given is one of its type.
    fn check(&self) -> Result<(), ProfileError> {
        for (name, value) in self.values {
            let Some(variable) = self.all.get(name.as_str()) else {
                continue;
            };
            typed(variable, value).map_err(|why| ProfileError::Value {
                name: name.clone(),
                value: value.clone(),
                why,
            })?;
        }
        Ok(())
    }

    fn raw(&self, name: &str) -> Option<&str> {
        let variable = self.all.get(name)?;
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
    fn value(&self, name: &str) -> Value {
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

    fn is_true(&self, name: &str) -> bool {
        self.raw(name) == Some("true")
    }

    /// Whether a variable that has no value is one that the vendor publishes for other clouds only.
    fn is_published_elsewhere(&self, name: &str) -> bool {
        self.all
            .get(name)
            .is_some_and(|variable| variable.by.is_some())
    }

    fn described(&self) -> Vec<Variable> {
        let describe = |(name, variable): (&&str, &&file::Variable)| Variable {
            name: (*name).to_owned(),
            kind: variable.kind.name().to_owned(),
            description: variable.description.clone(),
            default: variable
                .default
                .as_ref()
                .map(|value| value.get_ref().clone()),
        };
        self.all.iter().map(describe).collect()
    }
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

fn prerequisite(
    raw: &file::Prerequisite,
    part: &Part,
    variables: &Variables<'_>,
    problems: &mut Vec<Problem>,
) -> Prerequisite {
    let mut severity = raw.severity;
    if let Some(name) = &raw.required_if {
        match variables.all.get(name.get_ref().as_str()) {
            Some(variable) if variable.kind == Kind::Bool => {
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
    for check in &raw.checks {
        for one in expand(check, part, variables, problems) {
            if checks.iter().any(|known| known.id == one.id) {
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
    let fill = Fill { value: &value };
    let place = part.place(spanned.span().start);
    match specs(raw, &fill, problems) {
        Ok(specs) => specs
            .into_iter()
            .map(|(number, spec)| check(raw, number, Ok(spec), place.clone(), problems))
            .collect(),
        Err(Unfilled::Missing(name)) => {
            let absent = if variables.is_published_elsewhere(&name) {
                Absent::Unpublished(name)
            } else {
                Absent::Variable(name)
            };
            vec![check(raw, None, Err(absent), place, problems)]
        }
        Err(Unfilled::Wrong(problem)) => {
            problems.push(problem);
            Vec::new()
        }
    }
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

fn overrides(part: &Part, prerequisites: &mut [Prerequisite], problems: &mut Vec<Problem>) {
    for (id, change) in &part.content.overrides {
        let known = prerequisites.iter_mut().find(|p| p.id == *id.get_ref());
        let Some(prerequisite) = known else {
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
fn controls(part: &Part, prerequisites: &[Prerequisite], problems: &mut Vec<Problem>) {
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
        .flat_map(|p| &p.checks)
        .filter_map(|c| c.get_ref().control.as_ref())
    {
        if !known(control.get_ref()) {
            let message = format!("there is no check `{}`", control.get_ref());
            problems.push(problem(control, message));
        }
    }
}

/// The profile of `check TARGET…`: one prerequisite with a check for each target.
pub fn target_profile(
    targets: &[String],
    expect: Option<Expectation>,
) -> Result<Profile, ProfileError> {
    let mut checks = Vec::new();
    for (index, target) in targets.iter().enumerate() {
        let wrong = |why: String| ProfileError::Value {
            name: "TARGET".to_owned(),
            value: if target.contains('@') {
                "…".to_owned()
            } else {
                target.clone()
            },
            why,
        };
        let spec = target_spec(target).map_err(wrong)?;
        let fitting = spec.expectations();
        let expect = expect.unwrap_or(fitting[0]);
        if !fitting.contains(&expect) {
            return Err(wrong(format!(
                "a `{}` target cannot be `{expect}`",
                spec.kind()
            )));
        }
        checks.push(Check {
            id: format!("target-{}", index + 1),
            title: target.clone(),
            probe: Ok(spec),
            expect,
            group: None,
            sample_of: None,
            control: None,
            inspection: Inspection::default(),
            proxy: ProxyPolicy::default(),
            retired: None,
            misprint: None,
            owner: None,
            sources: Vec::new(),
            place: Place {
                file: "command line".to_owned(),
                line: 1,
            },
        });
    }
    Ok(target_prerequisite(checks))
}

fn target_prerequisite(checks: Vec<Check>) -> Profile {
    Profile {
        name: "targets".to_owned(),
        title: "Targets of the command line".to_owned(),
        version: String::new(),
        description: String::new(),
        origin: Origin::CommandLine,
        variables: Vec::new(),
        prerequisites: vec![Prerequisite {
            id: "target".to_owned(),
            title: "Targets of the command line".to_owned(),
            severity: Severity::Required,
            from: vec![super::Role::Client, super::Role::JamfServer],
            owner: crate::code::Owner::Network,
            why: String::new(),
            remedy: String::new(),
            sources: Vec::new(),
            checks,
            skip: false,
        }],
    }
}

fn target_spec(target: &str) -> Result<Spec, String> {
    let (scheme, rest) = target
        .split_once("://")
        .or_else(|| {
            target
                .split_once(':')
                .filter(|(scheme, _)| *scheme == "dns")
        })
        .ok_or("expected tls://HOST:PORT, tcp://HOST:PORT, https://HOST or dns:NAME")?;
    let endpoint = || crate::net::endpoint::host_and_port(rest).map_err(|e| e.to_string());
    match scheme {
        "tls" => endpoint().map(|(host, port)| Spec::Tls(tls::Spec::new(host, port))),
        "tcp" => endpoint().map(|(host, port)| Spec::Tcp(tcp::Spec::new(host, port))),
        "https" | "http" => target
            .parse()
            .map(|address| Spec::Http(crate::probe::http::Spec::new(address)))
            .map_err(|error: crate::net::endpoint::EndpointError| error.to_string()),
        "dns" => rest
            .parse()
            .map(|name| Spec::Dns(crate::probe::dns::Spec { name }))
            .map_err(|error: crate::net::endpoint::EndpointError| error.to_string()),
        other => Err(format!(
            "`{other}` is none of tls, tcp, https, http and dns"
        )),
    }
}
