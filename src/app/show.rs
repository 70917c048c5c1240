//! The subcommands that only show something: codes, diagnoses, the story of a report, and profiles.

use std::io::{self, Write};
use std::path::Path;

use super::outputs::look;
use super::profile_page::profile_page;
use super::{Error, print, rules, saved};
use crate::advice::{self, NOT_NETWORK};
use crate::cli::{Color, ProfileFormat, ProfilesCommand};
use crate::code::Code;
use crate::diagnose::{self, Meaning, One};
use crate::profile::{self, BUILTINS, Values, nearest};
use crate::render::{elsewhere, story};

/// One code or diagnosis in full, the story of a report, or all codes and diagnoses with a line each.
pub(super) fn explain(what: Option<&str>, out: &mut dyn Write) -> Result<(), Error> {
    let Some(name) = what else {
        return list(out).map_err(Error::Stdout);
    };
    if name == NOT_NETWORK {
        return elsewhere::write(look(Color::Auto, false), out).map_err(Error::Stdout);
    }
    let code = Code::ALL.iter().copied().find(|code| code.name() == name);
    let cause = diagnose::meaning(name);
    if code.is_none() && cause.is_none() {
        return story(name, out);
    }
    let written = code
        .map_or(Ok(()), |code| explain_code(code, out))
        .and_then(|()| {
            if code.is_some() && cause.is_some() {
                writeln!(out)?;
            }
            cause.map_or(Ok(()), |cause| explain_cause(cause, out))
        });
    written.map_err(Error::Stdout)
}

/// Whatever is no name may be a report: a file that is there, `-`, or what is written like a path.
fn story(name: &str, out: &mut dyn Write) -> Result<(), Error> {
    let path = Path::new(name);
    if name != "-" && !name.contains(['/', '\\', '.']) && !path.exists() {
        return Err(unknown(name));
    }
    let report = saved::read(path)?;
    story::write(&report, look(Color::Auto, false), out).map_err(Error::Stdout)
}

fn list(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "What a row of a report can show")?;
    for code in Code::ALL {
        writeln!(out, "{code:28} {}", advice::of(*code).meaning)?;
    }
    writeln!(out, "\nWhat a diagnosis can claim")?;
    for cause in &diagnose::MEANINGS {
        writeln!(out, "{:28} {}", cause.code, cause.meaning)?;
    }
    writeln!(
        out,
        "\nWhat is not the network\n{NOT_NETWORK:28} What keeps Macs from syncing although every row passes."
    )
}

fn explain_code(code: Code, out: &mut dyn Write) -> io::Result<()> {
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
}

fn explain_cause(cause: &Meaning, out: &mut dyn Write) -> io::Result<()> {
    let Meaning {
        code,
        owner,
        meaning,
        seen,
        ..
    } = cause;
    let signs: Vec<&str> = cause.signs.iter().map(|code| code.name()).collect();
    writeln!(
        out,
        "{code} (a diagnosis: one cause behind one or more rows)\n  usual owner:  {owner}\n\nWhat it means\n  \
         {meaning}\n\nWhat it is argued from\n  {seen}\n  Rows show it as: {}.\n\nHow sure it can be",
        signs.join(", ")
    )?;
    for (level, why) in cause.confidence {
        writeln!(out, "  {level}: {why}.")?;
    }
    if let Some(merge) = diagnose::merge_of(code) {
        let one = match merge.one {
            One::Run => "There is one in a run",
            One::Owner => "There is one for each owner of hosts",
            One::Host => "There is one for each host",
            One::Box => "There is one for each box that names itself",
        };
        writeln!(out, "\nWhat is told as one\n  {one}: {}.", merge.why)?;
        if let Some(instead) = merge.several_vendors {
            writeln!(out, "  At hosts of several vendors it is {instead}.")?;
        }
    }
    writeln!(out, "\nWhat to do")?;
    for (number, step) in (1..).zip([&cause.next].into_iter().chain(cause.steps)) {
        writeln!(out, "  {number}. {step}")?;
    }
    Ok(())
}

/// A word that is neither, with the nearest that is.
fn unknown(name: &str) -> Error {
    let causes = diagnose::MEANINGS.iter().map(|cause| cause.code);
    let known = Code::ALL.iter().map(|code| code.name());
    let known = known.chain(causes).chain([NOT_NETWORK]);
    let hint = nearest(name, known).map_or_else(
        || "; `mdm-preflight explain` lists them".to_owned(),
        |known| format!("; did you mean `{known}`?"),
    );
    Error::Usage(format!("`{name}` is not a code{hint}"))
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
        ProfilesCommand::Show { name, format } => {
            let written = profile::written(name)?;
            let profile = profile::load(name, &Values::new())?;
            print(|out| {
                let drawn = match format {
                    ProfileFormat::Human => profile_page(&profile, out),
                    ProfileFormat::Toml => write!(out, "{}", written.toml()),
                    ProfileFormat::Json => writeln!(out, "{:#}", written.json()),
                };
                drawn.map_err(Error::Stdout)
            })
        }
        ProfilesCommand::Lint(args) => rules::lint(args),
    }
}
