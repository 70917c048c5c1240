//! `--source`: checked before the first packet.

use super::Error;
use crate::cli::NetworkArgs;
use crate::net::source::{Source, SourceError, interface_names};
use crate::net::wire::Family;
use crate::profile::nearest;

pub(super) fn of(args: &NetworkArgs) -> Result<Source, Error> {
    let Some(typed) = &args.source else {
        return Ok(Source::default());
    };
    let source = Source::of(typed).map_err(|error| refused(&error))?;
    for (only, family) in [(args.v4, Family::V4), (args.v6, Family::V6)] {
        if only && !source.has(family) {
            let name = family.name();
            return Err(Error::Usage(format!(
                "--source {typed} has no {name} address, and nothing else is asked for"
            )));
        }
    }
    Ok(source)
}

fn refused(error: &SourceError) -> Error {
    let names = interface_names();
    let hint = match error {
        SourceError::Unknown(name) => match nearest(name, names.iter().map(String::as_str)) {
            Some(near) => format!("; did you mean `{near}`?"),
            None if names.is_empty() => String::new(),
            None => format!("; it has {}", names.join(", ")),
        },
        _ => String::new(),
    };
    Error::Usage(format!("--source: {error}{hint}"))
}
