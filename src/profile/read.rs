//! The texts of a profile: a built-in's or a file's, and those of everything that it includes.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::checks::problem;
use super::error::{ProfileError, Report, line_and_column};
use super::file;
use super::nearest::nearest;
use super::part::{Part, Take};
use super::{BUILTINS, Origin};
use crate::probe::fill::Problem;

/// Far more than a profile of any organisation needs.
const MOST_MIB: u64 = 16;
const MOST_BYTES: u64 = MOST_MIB * 1024 * 1024;
/// How far an include may be from the profile itself, and how many there may be.
const DEEPEST: usize = 32;
const MOST_INCLUDES: usize = 256;

/// A text and where it stands.
struct Text {
    origin: Origin,
    /// As errors name it.
    file: String,
    /// The same for every spelling of a file's path.
    identity: String,
    content: String,
}

/// A profile whose includes are being read.
struct Open {
    identity: String,
    name: String,
}

/// The texts of a profile and of all that it includes, those that are included first.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) parts: Vec<Part>,
    /// Files that are no profile at all.
    pub(super) broken: Vec<Report>,
    included: usize,
}

impl Gathered {
    /// A built-in's name, else a file.
    pub(super) fn named(name: &str) -> Result<Self, ProfileError> {
        let mut gathered = Self::default();
        let text = find(name, None)?;
        gathered.read(name, text, &mut Vec::new(), &Take::default());
        Ok(gathered)
    }

    /// A text that stands in no file of its own.
    pub(super) fn of_text(file: &str, text: &str) -> Self {
        let mut gathered = Self::default();
        let text = Text {
            origin: Origin::File(file.to_owned()),
            file: file.to_owned(),
            identity: file.to_owned(),
            content: text.to_owned(),
        };
        gathered.read(file, text, &mut Vec::new(), &Take::default());
        gathered
    }

    fn read(&mut self, name: &str, text: Text, above: &mut Vec<Open>, take: &Take) {
        let folder = match &text.origin {
            Origin::File(file) => Path::new(file).parent().map(Path::to_path_buf),
            _ => None,
        };
        above.push(Open {
            identity: text.identity.clone(),
            name: name.to_owned(),
        });
        if let Some(known) = self.known(&text.identity) {
            if !self.parts[known].gives_all_of(take) {
                let header = self.parts[known].content.profile.clone();
                // What is wrong with its includes was said when it was read first.
                drop(self.includes(&header, folder.as_deref(), above, take));
                self.parts[known].takes.push(take.clone());
            }
        } else {
            self.read_new(text, folder.as_deref(), above, take);
        }
        above.pop();
    }

    fn known(&self, identity: &str) -> Option<usize> {
        self.parts.iter().position(|part| part.identity == identity)
    }

    fn read_new(&mut self, text: Text, folder: Option<&Path>, above: &mut Vec<Open>, take: &Take) {
        let parsed = file::parse(&text.content);
        let Some(content) = parsed.file else {
            if self.broken.iter().all(|known| known.file != text.file) {
                self.broken.push(Report {
                    file: text.file,
                    text: text.content,
                    problems: parsed.problems,
                });
            }
            return;
        };
        let has_all_rows = parsed.problems.is_empty();
        let mut problems = parsed.problems;
        let missing = self.includes(&content.profile, folder, above, take);
        let has_includes = missing.is_empty();
        problems.extend(missing);
        self.parts.push(Part {
            origin: text.origin,
            file: text.file.into(),
            identity: text.identity,
            newlines: text.content.match_indices('\n').map(|(at, _)| at).collect(),
            text: text.content,
            content,
            takes: vec![take.clone()],
            problems,
            has_all_rows,
            has_includes,
        });
    }

    /// Reads what a header includes; an include that leads nowhere or back is wrong where it stands.
    fn includes(
        &mut self,
        header: &file::Header,
        folder: Option<&Path>,
        above: &mut Vec<Open>,
        take: &Take,
    ) -> Vec<Problem> {
        let mut problems = Vec::new();
        for include in &header.include {
            let share = take.of_include(include.get_ref(), header);
            if let Err(error) = self.include(include.get_ref(), folder, above, &share) {
                problems.push(problem(include, error.to_string()));
            }
        }
        problems
    }

    fn include(
        &mut self,
        name: &str,
        folder: Option<&Path>,
        above: &mut Vec<Open>,
        share: &Take,
    ) -> Result<(), ProfileError> {
        let text = find(name, folder)?;
        if above.iter().any(|open| open.identity == text.identity) {
            let names = above.iter().map(|open| open.name.as_str());
            let chain: Vec<&str> = names.chain([name]).collect();
            return Err(ProfileError::Cycle(name.to_owned(), chain.join(" -> ")));
        }
        self.included += 1;
        if above.len() > DEEPEST || self.included > MOST_INCLUDES {
            return Err(ProfileError::Includes(name.to_owned()));
        }
        self.read(name, text, above, share);
        Ok(())
    }

    /// Whether every row of every file is known; if not, a name that is not known may be right.
    pub(super) fn has_all_rows(&self) -> bool {
        self.has_all_files() && self.parts.iter().all(|part| part.has_all_rows)
    }

    /// Whether every include could be read.
    pub(super) fn has_all_files(&self) -> bool {
        self.broken.is_empty() && self.parts.iter().all(|part| part.has_includes)
    }
}

/// A built-in, or a file (of an include: beside the including file).
fn find(name: &str, beside: Option<&Path>) -> Result<Text, ProfileError> {
    if let Some(builtin) = BUILTINS.iter().find(|builtin| builtin.name == name) {
        return Ok(Text {
            origin: Origin::BuiltIn,
            file: format!("profiles/{name}.toml"),
            identity: format!("built-in {name}"),
            content: builtin.text.to_owned(),
        });
    }
    let path = beside.map_or_else(|| PathBuf::from(name), |folder| folder.join(name));
    let file = path.display().to_string();
    let text = read_file(&path, &file).map_err(|error| match error {
        Unread::Io(error) if error.kind() == io::ErrorKind::NotFound => unknown(name, &error),
        Unread::Io(error) => ProfileError::Unreadable(format!("cannot read {file}: {error}")),
        Unread::Wrong(what) => ProfileError::Unreadable(what),
    })?;
    let identity = std::fs::canonicalize(&path).unwrap_or(path);
    Ok(Text {
        origin: Origin::File(file.clone()),
        identity: identity.display().to_string(),
        file,
        content: text,
    })
}

fn unknown(name: &str, error: &io::Error) -> ProfileError {
    let known: Vec<&str> = BUILTINS.iter().map(|builtin| builtin.name).collect();
    let hint = nearest(name, known.iter().copied())
        .map_or_else(String::new, |known| format!("; did you mean `{known}`?"));
    ProfileError::Unknown {
        name: name.to_owned(),
        known: known.join(", "),
        why: format!("{error}{hint}"),
    }
}

/// Why a file has no text.
enum Unread {
    Io(io::Error),
    Wrong(String),
}

/// The text of a regular file; what may never end, or never begin, is not read.
fn read_file(path: &Path, file: &str) -> Result<String, Unread> {
    let opened = open(path).map_err(Unread::Io)?;
    let about = opened.metadata().map_err(Unread::Io)?;
    if about.is_dir() {
        return Err(Unread::Wrong(format!(
            "{file} is a directory, not a profile"
        )));
    }
    if !about.is_file() {
        let what = format!("{file} is a pipe or a device; a profile has to be a file");
        return Err(Unread::Wrong(what));
    }
    let mut bytes = Vec::new();
    let read = opened.take(MOST_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(Unread::Io)?;
    if bytes.len() as u64 > MOST_BYTES {
        let what = format!("{file} is larger than {MOST_MIB} MiB, which no profile is");
        return Err(Unread::Wrong(what));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let bytes = error.into_bytes();
        let before = String::from_utf8_lossy(&bytes[..at]);
        let (line, column) = line_and_column(&before, before.len());
        Unread::Wrong(format!(
            "{file}:{line}:{column}: the byte 0x{:02x} is not UTF-8",
            bytes[at]
        ))
    })
}

/// Opens a file to read it, without waiting for whoever might write to it.
fn open(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(libc::O_NONBLOCK);
    }
    options.open(path)
}
