//! The subcommands that only show something: codes and profiles.

use std::io::Write;

use super::{Error, print, rules};
use crate::advice;
use crate::cli::ProfilesCommand;
use crate::code::Code;
use crate::probe::Spec;
use crate::profile::{self, BUILTINS, Profile, Values};

/// One code in full, or all of them with a line each.
pub(super) fn explain(code: Option<&str>, out: &mut dyn Write) -> Result<(), Error> {
    let Some(name) = code else {
        for code in Code::ALL {
            writeln!(out, "{code:28} {}", advice::of(*code).meaning).map_err(Error::Stdout)?;
        }
        return Ok(());
    };
    let code: Code = name.parse()?;
    let words = advice::of(code);
    let stage = format!("{:?}", code.stage()).to_lowercase();
    writeln!(
        out,
        "{code}\n  stage:        {stage}\n  usual owner:  {}\n\nWhat it means\n  {}\n\nHow it is seen\n  {}\n\nWhat to do\n  {}",
        code.owner(),
        words.meaning,
        words.seen,
        words.next
    )
    .map_err(Error::Stdout)
}

pub(super) fn profiles(command: &ProfilesCommand) -> Result<u8, Error> {
    match command {
        ProfilesCommand::List => print(|out| {
            for builtin in BUILTINS {
                let profile = profile::load(builtin.name, &Values::new())?;
                writeln!(out, "{:22} {}", builtin.name, profile.title).map_err(Error::Stdout)?;
            }
            Ok(())
        }),
        ProfilesCommand::Show { name } => {
            let profile = profile::load(name, &Values::new())?;
            print(|out| show(&profile, out).map_err(Error::Stdout))
        }
        ProfilesCommand::Lint(args) => rules::lint(args),
    }
}

fn show(profile: &Profile, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(
        out,
        "{} ({} {})",
        profile.title, profile.name, profile.version
    )?;
    writeln!(out, "{}\n\nVariables", profile.description.trim())?;
    for variable in &profile.variables {
        let default = variable
            .default
            .as_ref()
            .map_or_else(String::new, |default| format!(" [default: {default}]"));
        writeln!(
            out,
            "  {} ({}): {}{default}",
            variable.name, variable.kind, variable.description
        )?;
    }
    for prerequisite in &profile.prerequisites {
        let from: Vec<&str> = prerequisite.from.iter().map(|role| role.name()).collect();
        let severity = format!("{:?}", prerequisite.severity).to_lowercase();
        writeln!(
            out,
            "\n{} ({severity}, from {}, owner {})\n  {}\n  {}",
            prerequisite.id,
            from.join(" and "),
            prerequisite.owner,
            prerequisite.title,
            prerequisite.why
        )?;
        for check in &prerequisite.checks {
            let kind = check.probe.as_ref().map_or("needs a variable", Spec::kind);
            let target = check
                .probe
                .as_ref()
                .map(|spec| format!(" {}", spec.target()));
            let target = target.unwrap_or_default();
            let stands_for = match check.stands_for.as_slice() {
                [] => String::new(),
                wildcards => format!(", stands for {}", wildcards.join(" and ")),
            };
            writeln!(
                out,
                "  - {}: {kind}{target} ({}{stands_for})",
                check.id, check.expect
            )?;
        }
        for source in &prerequisite.sources {
            writeln!(
                out,
                "  {} (read {})\n    {}",
                source.url, source.read, source.says
            )?;
        }
    }
    Ok(())
}
