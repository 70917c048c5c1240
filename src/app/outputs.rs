//! Where reports go: standard output, and files that are opened before the first packet.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Seek, Write};
use std::path::PathBuf;

use super::Error;
use crate::cli::{Color, FormatName, Output, ReportArgs};
use crate::render::{Format, Look};
use crate::report::Report;

/// What is not a terminal has this many columns.
const PIPE_WIDTH: usize = 120;

pub(super) struct Outputs {
    files: Vec<(PathBuf, FormatName, File)>,
}

impl Outputs {
    /// Opens every file, and leaves none behind if one cannot be opened. What stands in a file is
    /// kept until the report replaces it.
    pub(super) fn open(wanted: &[Output]) -> Result<Self, Error> {
        let mut files = Vec::new();
        let mut created: Vec<&PathBuf> = Vec::new();
        for output in wanted {
            let existed = output.path.exists();
            let opened = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(false)
                .open(&output.path);
            let file = opened.map_err(|error| {
                for path in &created {
                    // It was made a moment ago and is empty; if it cannot be removed, the error
                    // that is reported matters more.
                    drop(std::fs::remove_file(path));
                }
                Error::Output {
                    path: output.path.display().to_string(),
                    error,
                }
            })?;
            if !existed {
                created.push(&output.path);
            }
            let format = output.format.unwrap_or(FormatName::Json);
            files.push((output.path.clone(), format, file));
        }
        Ok(Self { files })
    }

    /// Writes every file; the first that fails is returned, the others are still written.
    pub(super) fn write(self, report: &Report) -> Option<Error> {
        let mut failed = None;
        for (path, format, file) in self.files {
            let look = Look {
                width: PIPE_WIDTH,
                color: false,
                verbose: false,
            };
            if let Err(error) = replace(file, format_of(format, look), report) {
                failed.get_or_insert(Error::Output {
                    path: path.display().to_string(),
                    error,
                });
            }
        }
        failed
    }
}

fn replace(mut file: File, format: Format, report: &Report) -> io::Result<()> {
    let mut bytes = Vec::new();
    format.write(report, &mut bytes)?;
    // A device such as /dev/stderr has no length to cut.
    if file.metadata()?.is_file() {
        file.set_len(0)?;
        file.rewind()?;
    }
    file.write_all(&bytes)?;
    file.flush()
}

/// The format of standard output, at its width and with colour only where somebody sees it.
pub(super) fn on_stdout(args: &ReportArgs) -> Format {
    let stdout = io::stdout();
    let columns = terminal_size::terminal_size_of(&stdout).map(|(width, _)| usize::from(width.0));
    let width = columns
        .filter(|_| stdout.is_terminal())
        .unwrap_or(PIPE_WIDTH);
    let color = match args.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never,
    };
    let look = Look {
        width: width.max(60),
        color,
        verbose: args.verbose,
    };
    format_of(args.format, look)
}

fn format_of(name: FormatName, look: Look) -> Format {
    match name {
        FormatName::Table => Format::Table(look),
        FormatName::Json => Format::Json,
    }
}
