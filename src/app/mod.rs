//! The recipe: what each subcommand does, step by step, and what it prints.

mod check;
mod completions;
mod control;
#[cfg(feature = "demo")]
mod demo;
mod environment;
mod live;
mod manual;
mod outputs;
mod profile_page;
mod progress;
mod prompt;
mod proxies;
mod rules;
mod saved;
mod secrets;
mod show;
mod signals;
mod source;
mod splay;
mod until;

use std::io::{self, Write};

use crate::cli::{Cli, Command, FormatName, SchemaOf};
use crate::exit;
use crate::plan::UnknownId;
use crate::profile::{self, ProfileError};
use crate::report::Report;

/// Why the program could not do its work: its input or its output is at fault, never the network.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Profile(#[from] ProfileError),
    #[error(transparent)]
    Unknown(#[from] UnknownId),
    #[error(transparent)]
    Trust(#[from] crate::net::trust::TrustError),
    #[error(transparent)]
    Saved(#[from] saved::SavedError),
    #[error("--compare-dns {0}: this server is already asked by --dns; give another one")]
    SameServer(std::net::SocketAddr),
    #[error("cannot write to {path}: {error}")]
    Output { path: String, error: io::Error },
    #[error("--output {0}: another --output is the same file; give each its own")]
    SameOutput(String),
    #[error("nothing to run: {0}")]
    Nothing(String),
    #[error("cannot read the {what} {from}: {why}")]
    Secret {
        what: &'static str,
        from: String,
        why: String,
    },
    #[error("{0}")]
    Usage(String),
    #[error("cannot write to standard output: {0}")]
    Stdout(io::Error),
    #[error("cannot start: {0}")]
    Start(io::Error),
    #[error("ended while it waited: nothing was sent and no report written")]
    Interrupted,
}

impl Error {
    const fn exit_code(&self) -> u8 {
        match self {
            Self::Stdout(_) | Self::Start(_) => exit::INTERNAL,
            Self::Interrupted => exit::INCONCLUSIVE,
            _ => exit::USAGE,
        }
    }
}

/// Runs the program and returns its exit code. `asked` is what a report says of how to get it again.
pub fn run(cli: Cli, asked: Vec<String>) -> u8 {
    signals::unless_given_up(|| work(cli, asked))
}

fn work(cli: Cli, asked: Vec<String>) -> u8 {
    let plugin = owns_stdout_as_plugin(&cli);
    let result = match cli.command {
        None => check::run(&cli.check, asked),
        Some(Command::Check(args)) => check::run(&args, asked),
        #[cfg(feature = "demo")]
        Some(Command::Demo(args)) => demo::run(&args, asked),
        Some(Command::Explain { what }) => print(|out| show::explain(what.as_deref(), out)),
        Some(Command::Profiles { command }) => show::profiles(&command),
        Some(Command::Rules(args)) => rules::run(&args),
        Some(Command::Render(args)) => saved::draw(&args),
        Some(Command::Diff(args)) => saved::diff(&args),
        Some(Command::Merge(args)) => saved::merge(&args),
        Some(Command::Schema { of }) => print(|out| {
            let schema = match of {
                SchemaOf::Report => Report::schema(),
                SchemaOf::Profile => profile::schema(),
            };
            let text = serde_json::to_string_pretty(&schema).map_err(io::Error::other);
            text.and_then(|text| writeln!(out, "{text}"))
                .map_err(Error::Stdout)
        }),
        Some(Command::Completions { shell }) => completions::run(shell),
        Some(Command::Man) => print(|out| manual::write(out).map_err(Error::Stdout)),
    };
    result.unwrap_or_else(|error| {
        complain(&error.to_string());
        if plugin {
            let line = format!("MDM-PREFLIGHT UNKNOWN - {error}").replace(['|', '\n'], " ");
            // If standard output is gone too, the exit code still tells.
            drop(writeln!(io::stdout(), "{line}"));
            return exit::PLUGIN_UNKNOWN;
        }
        error.exit_code()
    })
}

/// A monitoring system reads only the first line of standard output and the exit code.
fn owns_stdout_as_plugin(cli: &Cli) -> bool {
    let format = match &cli.command {
        None => cli.check.report.format,
        Some(Command::Check(args)) => args.report.format,
        #[cfg(feature = "demo")]
        Some(Command::Demo(args)) => args.report.format,
        Some(Command::Render(args)) => args.report.format,
        Some(_) => return false,
    };
    format == FormatName::Nagios
}

/// Writes to standard output; a reader that has gone away is no error.
fn print(write: impl FnOnce(&mut dyn Write) -> Result<(), Error>) -> Result<u8, Error> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let written = write(&mut out).and_then(|()| out.flush().map_err(Error::Stdout));
    match written {
        Err(Error::Stdout(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(exit::OK),
        Err(error) => Err(error),
        Ok(()) => Ok(exit::OK),
    }
}

/// A line on standard error; if even that is gone there is nobody left to tell.
fn complain(message: &str) {
    drop(writeln!(io::stderr(), "mdm-preflight: {message}"));
}
