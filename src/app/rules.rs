//! `rules` and `profiles lint`: what to ask a firewall team for, and what is wrong with a list or a profile.

use std::path::Path;

use super::{Error, check, complain, environment, print};
use crate::audit::{self, List, Remark, Rules};
use crate::cli::{LintArgs, RulesArgs, RulesFormat};
use crate::exit;
use crate::net::given;
use crate::plan::hint;
use crate::profile::{Absent, Check, Role, Sampling};
use crate::render::rules::{self as render, Format};

/// A list of rules that is longer than this is none.
const MOST_BYTES: u64 = 16 << 20;

pub(super) fn run(args: &RulesArgs) -> Result<u8, Error> {
    environment::warn();
    let given = [
        ("jamf", &args.jamf),
        ("tenant", &args.tenant),
        ("cloud", &args.cloud),
    ];
    let profiles = check::load(&args.profile, &args.set, &given, Sampling::Some)?;
    let from = match check::roles(&args.from) {
        none if none.is_empty() => vec![Role::Client, Role::JamfServer],
        roles => roles,
    };
    let rules = Rules::of(&profiles, &from);
    let mut absent: Vec<&str> = rules
        .without_variable()
        .map(audit::LeftOut::variable)
        .collect();
    absent.sort_unstable();
    absent.dedup();
    for variable in absent {
        complain(&format!(
            "the rules of {variable} are left out: it is not given{}",
            hint(variable)
        ));
    }
    if let Some(file) = &args.audit {
        return audit(file, &rules);
    }
    if rules.rules.is_empty() {
        return Err(Error::Nothing(
            "the profile needs no rule from there".to_owned(),
        ));
    }
    let format = match args.format {
        RulesFormat::Table => Format::Table,
        RulesFormat::Csv => Format::Csv,
        RulesFormat::Markdown => Format::Markdown,
        RulesFormat::Json => Format::Json,
        RulesFormat::Nftables => Format::Nftables,
    };
    print(|out| render::write(&rules, format, out).map_err(Error::Stdout))
}

fn audit(file: &Path, rules: &Rules) -> Result<u8, Error> {
    let shown = file.display().to_string();
    let unreadable = |why: String| Error::Usage(format!("cannot read {shown}: {why}"));
    let bytes = given::bytes(file, MOST_BYTES).map_err(|error| unreadable(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        unreadable(format!("not UTF-8 at byte {at}"))
    })?;
    let list = List::parse(&shown, &text);
    if list.entries.is_empty() && list.unread.is_empty() {
        return Err(unreadable("it holds no rule".to_owned()));
    }
    let remarks = audit::compare(&list, rules);
    let clean = format!(
        "{shown}: nothing is missing in {} rules",
        list.entries.len()
    );
    remarked(&remarks, &clean)
}

pub(super) fn lint(args: &LintArgs) -> Result<u8, Error> {
    let file = &args.file;
    let given = [
        ("jamf", &args.jamf),
        ("tenant", &args.tenant),
        ("cloud", &args.cloud),
    ];
    let names = std::slice::from_ref(file);
    let profiles = check::load(names, &args.set, &given, Sampling::Some)?;
    let today = jiff::Timestamp::now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date();
    let remarks: Vec<Remark> = profiles
        .iter()
        .flat_map(|profile| audit::lint(profile, today, args.max_age_days))
        .collect();
    let all: Vec<&Check> = profiles
        .iter()
        .flat_map(|profile| &profile.prerequisites)
        .flat_map(|prerequisite| &prerequisite.checks)
        .map(AsRef::as_ref)
        .collect();
    unseen(&all);
    let clean = format!("{file}: no mistake found in {} checks", all.len());
    remarked(&remarks, &clean)
}

/// Rows that could not be looked at, for want of a variable.
fn unseen(checks: &[&Check]) {
    let mut missing: Vec<&str> = checks
        .iter()
        .filter_map(|check| match &check.probe {
            Err(Absent::Variable(name)) => Some(name.as_str()),
            _ => None,
        })
        .collect();
    missing.sort_unstable();
    for same in missing.chunk_by(|one, other| one == other) {
        let (name, count) = (same[0], same.len());
        complain(&format!(
            "checks that were not looked at, for {name} is not given{}: {count}",
            hint(name)
        ));
    }
}

/// Prints what was found, or that nothing was.
fn remarked(remarks: &[Remark], clean: &str) -> Result<u8, Error> {
    print(|out| render::remarks(remarks, clean, out).map_err(Error::Stdout))?;
    Ok(if remarks.is_empty() {
        exit::OK
    } else {
        exit::FAIL
    })
}
