//! A profile as people read it: everything that its file says, with the defaults of its variables filled in.

use std::io::{self, Write};

use crate::finding::Source;
use crate::probe::{Inspection, ProxyPolicy, Spec};
use crate::profile::{Absent, Check, Group, Prerequisite, Profile, Variable};

pub(super) fn profile_page(profile: &Profile, out: &mut dyn Write) -> io::Result<()> {
    let (title, name, version) = (&profile.title, &profile.name, &profile.version);
    writeln!(out, "{title} ({name} {version})")?;
    writeln!(out, "{}\n\nVariables", profile.description.trim())?;
    for one in &profile.variables {
        variable(one, out)?;
    }
    for one in &profile.prerequisites {
        prerequisite(one, out)?;
    }
    Ok(())
}

fn variable(variable: &Variable, out: &mut dyn Write) -> io::Result<()> {
    let Variable {
        name,
        kind,
        description,
        ..
    } = variable;
    write!(out, "  {name} ({kind}): {description}")?;
    if !variable.one_of.is_empty() {
        write!(out, " [one of: {}]", variable.one_of.join(", "))?;
    }
    if let Some(default) = &variable.default {
        write!(out, " [default: {default}]")?;
    }
    if let Some(by) = &variable.by {
        write!(out, " [chosen by: {by}]")?;
    }
    if variable.optional {
        write!(out, " [optional]")?;
    }
    writeln!(out)
}

fn prerequisite(one: &Prerequisite, out: &mut dyn Write) -> io::Result<()> {
    let from: Vec<&str> = one.from.iter().map(|role| role.name()).collect();
    let skip = if one.skip {
        ", left out by an override"
    } else {
        ""
    };
    let required = one.required_if.as_ref();
    let required = required.map_or_else(String::new, |name| format!(", required if {name}"));
    let (severity, from) = (one.severity.name(), from.join(" and "));
    writeln!(
        out,
        "\n{} ({severity}{required}, from {from}, owner {}{skip})\n  {}",
        one.id, one.owner, one.title
    )?;
    for (word, text) in [("Why", &one.why), ("Remedy", &one.remedy)] {
        if !text.is_empty() {
            writeln!(out, "  {word}: {}", text.replace('\n', " "))?;
        }
    }
    let mut checks = one.checks.iter().map(AsRef::as_ref).peekable();
    while let Some(first) = checks.next() {
        let mut hosts = vec![first];
        // The checks of a sample stand one after the other.
        while let Some(next) =
            checks.next_if(|next| next.sample_of.is_some() && next.sample_of == first.sample_of)
        {
            hosts.push(next);
        }
        check(first, &hosts, out)?;
    }
    one.sources
        .iter()
        .try_for_each(|one| source(one, "  ", out))
}

/// One check of the file, which may have become several.
fn check(first: &Check, hosts: &[&Check], out: &mut dyn Write) -> io::Result<()> {
    for one in hosts {
        let asks = match &one.probe {
            Ok(spec) => format!("{} {}", spec.kind(), spec.asks()),
            Err(Absent::Variable(name)) => format!("needs the variable {name}"),
            Err(Absent::Optional(name)) => format!("only where {name} is given"),
            Err(Absent::Unpublished(name)) => format!("no {name} is published here"),
        };
        writeln!(out, "  - {}: {asks} ({})", one.id, one.expect)?;
    }
    let title = match &first.sample_of {
        Some(_) => first.title.split(", host ").next().unwrap_or_default(),
        None => &first.title,
    };
    writeln!(out, "      {title}")?;
    for line in sampled(first, hosts.len()).into_iter().chain(terms(first)) {
        writeln!(out, "      {line}")?;
    }
    first
        .sources
        .iter()
        .try_for_each(|one| source(one, "      ", out))
}

/// What the hosts stand for.
fn sampled(check: &Check, hosts: usize) -> Option<String> {
    let pattern = check.pattern.as_ref()?;
    Some(match check.probe.as_deref() {
        Ok(Spec::Range(range)) => {
            let hosts = range.hosts.len();
            format!("block: {}, by {hosts} of {pattern}", range.within)
        }
        _ => format!("sample: {hosts} of {pattern}"),
    })
}

/// What holds for a check beside its target.
fn terms(check: &Check) -> Vec<String> {
    let group = check.group.as_ref().map(|group| match group {
        Group::Any(word) => format!("group: any of {word}, in this order"),
        Group::Equal(word) => format!("group: one of {word} suffices"),
    });
    let inspection = (check.inspection == Inspection::Forbidden)
        .then(|| format!("TLS inspection: {}", check.inspection.name()));
    let proxy =
        (check.proxy != ProxyPolicy::Allowed).then(|| format!("proxy: {}", check.proxy.name()));
    let text =
        |word: &str, text: &Option<String>| text.as_ref().map(|text| format!("{word}{text}"));
    let retired = check.retired.as_ref();
    let stands_for = (!check.stands_for.is_empty())
        .then(|| format!("stands for: {}", check.stands_for.join(" and ")));
    [
        group,
        stands_for,
        text("group: all of ", &check.all),
        text("control: ", &check.control),
        inspection,
        proxy,
        retired.map(|gone| format!("retired: {}, use {}", gone.on, gone.instead)),
        text("misprint: ", &check.misprint),
        check.owner.map(|owner| format!("owner: {owner}")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn source(source: &Source, indent: &str, out: &mut dyn Write) -> io::Result<()> {
    let Source { url, says, read } = source;
    writeln!(out, "{indent}{url} (read {read})\n{indent}  {says}")
}
