//! The variables of the environment that this program reads; one that is nearly right would be passed over.

use clap::{Arg, CommandFactory};

use super::complain;
use crate::cli::Cli;
use crate::profile::nearest;

const PREFIX: &str = "MDM_PREFLIGHT_";

/// Says which variables with the program's prefix mean nothing to it.
pub(super) fn warn() {
    let command = Cli::command();
    let known: Vec<String> = command
        .get_subcommands()
        .flat_map(clap::Command::get_arguments)
        .filter_map(Arg::get_env)
        .filter_map(|name| Some(name.to_str()?.to_owned()))
        // No option carries a secret itself.
        .chain(super::secrets::VARIABLES.map(str::to_owned))
        .collect();
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if !name.starts_with(PREFIX) || known.iter().any(|known| *known == name) {
            continue;
        }
        let ends = known.iter().filter_map(|name| name.strip_prefix(PREFIX));
        let hint = nearest(&name[PREFIX.len()..], ends)
            .map_or_else(String::new, |end| format!("; did you mean {PREFIX}{end}?"));
        complain(&format!(
            "warning: the environment variable {name} is not known{hint}"
        ));
    }
}
