//! Where reports go: standard output, and files that are opened before the first packet.

mod file;
mod stream;

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use file::OpenFile;
pub(super) use file::give_up;

use super::{Error, signals};
use crate::cli::{Color, FailOn, FormatName, Output, ReportArgs};
use crate::render::{Format, Line, Look};
use crate::report::Report;

/// What is not a terminal has this many columns.
const PIPE_WIDTH: usize = 120;

pub(super) struct Outputs {
    files: Vec<Target>,
}

struct Target {
    path: PathBuf,
    format: Format,
    file: OpenFile,
}

impl Outputs {
    /// Opens every file, and leaves none behind if one cannot be opened. What stands in a file is
    /// kept until the report replaces it.
    pub(super) fn open(args: &ReportArgs) -> Result<Self, Error> {
        // Else a signal could leave behind what is made here.
        signals::listen();
        let mut files: Vec<Target> = Vec::new();
        for (number, output) in args.output.iter().enumerate() {
            let same = |other: &Output| identity(&other.path) == identity(&output.path);
            if args.output[..number].iter().any(same) {
                return Err(Error::SameOutput(output.path.display().to_string()));
            }
            let file = OpenFile::open(&output.path).map_err(|error| Error::Output {
                path: output.path.display().to_string(),
                error,
            })?;
            let look = Look {
                width: PIPE_WIDTH,
                color: false,
                verbose: false,
            };
            let name = output.format.unwrap_or(FormatName::Json);
            files.push(Target {
                path: output.path.clone(),
                format: format_of(name, look, args.fail_on),
                file,
            });
        }
        Ok(Self { files })
    }

    /// Writes every file, and in between what `print` has for standard output. The first file that fails is returned,
    /// the others are still written.
    ///
    /// What is to go where standard output goes comes after its own report: rows may stand there already, and a monitoring
    /// system reads the first line.
    pub(super) fn write(
        self,
        report: &Report,
        print: impl FnOnce() -> Result<u8, Error>,
    ) -> Result<Option<Error>, Error> {
        signals::reporting();
        let (after, before): (Vec<_>, Vec<_>) = self
            .files
            .into_iter()
            .partition(|target| target.file.is_stdout());
        let failed = write_all(before, report);
        print()?;
        Ok(failed.or(write_all(after, report)))
    }
}

fn write_all(files: Vec<Target>, report: &Report) -> Option<Error> {
    let mut failed = None;
    for target in files {
        let path = target.path.display().to_string();
        let mut bytes = Vec::new();
        let drawn = target.format.write(report, &mut bytes);
        if let Err(error) = drawn.and_then(|()| target.file.replace(&bytes)) {
            failed.get_or_insert(Error::Output { path, error });
        }
    }
    failed
}

/// The same for every spelling of a file that is there or could be.
fn identity(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| {
        let folder = path.parent().filter(|folder| *folder != Path::new(""));
        let folder = std::fs::canonicalize(folder.unwrap_or(Path::new("."))).unwrap_or_default();
        folder.join(path.file_name().unwrap_or_default())
    })
}

/// The format of standard output, at its width and with colour only where somebody sees it.
pub(super) fn on_stdout(args: &ReportArgs) -> Format {
    let look = look(args.color, args.verbose);
    format_of(args.format, look, args.fail_on)
}

pub(super) fn look(color: Color, verbose: bool) -> Look {
    let stdout = io::stdout();
    let columns = terminal_size::terminal_size_of(&stdout).map(|(width, _)| usize::from(width.0));
    let width = columns
        .filter(|_| stdout.is_terminal())
        .unwrap_or(PIPE_WIDTH);
    Look {
        width: width.max(60),
        color: is_colored(color, &stdout),
        verbose,
    }
}

pub(super) fn is_colored(wanted: Color, stream: &impl anstream::stream::RawStream) -> bool {
    match wanted {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => anstream::AutoStream::choice(stream) != anstream::ColorChoice::Never,
    }
}

fn format_of(name: FormatName, look: Look, fail_on: Option<FailOn>) -> Format {
    let line = match fail_on {
        None => Line::Usual,
        Some(FailOn::Never) => Line::Never,
        Some(FailOn::Verdict(verdict)) => Line::At(verdict),
    };
    match name {
        FormatName::Table => Format::Table(look),
        FormatName::Compact => Format::Compact(look),
        FormatName::Json => Format::Json,
        FormatName::Jsonl => Format::Jsonl,
        FormatName::Junit => Format::Junit(line),
        FormatName::Tap => Format::Tap(line),
        FormatName::Sarif => Format::Sarif(line),
        FormatName::Markdown => Format::Markdown,
        FormatName::Github => Format::Github(line),
        FormatName::Csv => Format::Csv,
        FormatName::Html => Format::Html,
        FormatName::Prometheus => Format::Prometheus,
        FormatName::Nagios => Format::Nagios,
        FormatName::JamfEa => Format::JamfEa { now: None },
        FormatName::OtlpJson => Format::OtlpJson,
    }
}

/// What a CI system would read, offered where one is seen and nothing was chosen.
pub(super) fn hint(args: &ReportArgs) -> Option<String> {
    if args.quiet || args.format != FormatName::Table || !args.output.is_empty() {
        return None;
    }
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let (system, offer) = if set("GITHUB_ACTIONS") {
        (
            "GitHub Actions",
            "--format github --output markdown:$GITHUB_STEP_SUMMARY",
        )
    } else if set("GITLAB_CI") {
        ("GitLab", "--output junit:preflight.xml")
    } else if set("TF_BUILD") {
        ("Azure Pipelines", "--output junit:preflight.xml")
    } else {
        return None;
    };
    Some(format!("hint: {system} shows results of `{offer}`"))
}
