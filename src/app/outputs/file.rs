//! A file that others may read at any moment: the report is written beside it and put in its place when it is whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, Write};
use std::mem::forget;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use super::stream::{Stream, shared};

/// How long a full pipe is waited for, and how often it is tried.
const READER: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(10);

/// Opened before the first packet, so that a path that cannot be written is known in time.
pub(super) struct OpenFile {
    file: File,
    path: PathBuf,
    way: Way,
}

/// How a report comes to where it belongs.
enum Way {
    /// Written here until it is whole.
    Beside(Staged),
    InPlace,
    /// To a stream of this process, after what that has already.
    Stream(Stream),
}

/// The files that have not found their place yet, for whoever ends the process. Nobody makes, moves or removes one
/// without holding it.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn unfinished() -> MutexGuard<'static, Vec<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes what is not whole; none is made or finds its place any more, since the process ends.
pub(in crate::app) fn give_up() {
    // Whoever holds it may wait for a disk.
    for _ in 0..20 {
        match UNFINISHED.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            Err(TryLockError::Poisoned(held)) => return remove_all(held.into_inner()),
            Ok(held) => return remove_all(held),
        }
    }
}

fn remove_all(held: MutexGuard<'static, Vec<PathBuf>>) {
    for path in held.iter() {
        // Nobody could do more about one that stays.
        drop(fs::remove_file(path));
    }
    forget(held);
}

/// A file that is removed unless it has found its place.
struct Staged(PathBuf);

impl Staged {
    /// Puts it where it belongs; `otherwise` does if it cannot be moved there.
    fn moved_to(&self, path: &Path, otherwise: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let mut held = unfinished();
        match fs::rename(&self.0, path) {
            Ok(()) => {
                held.retain(|one| *one != self.0);
                Ok(())
            }
            // Where a single file is mounted into a container, it cannot be replaced.
            Err(_) if path.exists() => otherwise(),
            Err(error) => Err(error),
        }
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        let mut held = unfinished();
        // Once renamed it is not there any more.
        drop(fs::remove_file(&self.0));
        held.retain(|one| *one != self.0);
    }
}

impl OpenFile {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        // A link stays a link; what it leads to is replaced.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let known = fs::metadata(&path).ok();
        // If another file took its place, what the stream has written would be lost.
        if let Some(about) = &known
            && let Some((stream, file)) = shared(about)
        {
            // Of a pipe a descriptor of its own waits for no reader.
            let own = (!about.is_file()).then(|| in_place(&path));
            return Ok(Self {
                file: own.transpose()?.unwrap_or(file),
                path,
                way: Way::Stream(stream),
            });
        }
        // A device or a pipe cannot be replaced by a file.
        if known.as_ref().is_none_or(fs::Metadata::is_file)
            && let Ok((file, staged)) = stage(&path, known.as_ref())
        {
            return Ok(Self {
                file,
                path,
                way: Way::Beside(staged),
            });
        }
        // A file may be writable in a folder that is not.
        Ok(Self {
            file: in_place(&path)?,
            path,
            way: Way::InPlace,
        })
    }

    /// Whether this is where standard output goes.
    pub(super) fn is_stdout(&self) -> bool {
        matches!(self.way, Way::Stream(Stream::Output))
    }

    pub(super) fn replace(mut self, bytes: &[u8]) -> io::Result<()> {
        let stays = matches!(self.way, Way::Stream(_));
        // A device such as a terminal has no length to cut.
        if !stays && self.file.metadata()?.is_file() {
            self.file.set_len(0)?;
            self.file.rewind()?;
        }
        write_all(&mut self.file, bytes)?;
        let Way::Beside(staged) = self.way else {
            return Ok(());
        };
        // Else a machine that loses power might keep the name and lose the content.
        self.file.sync_all()?;
        staged.moved_to(&self.path, || fs::write(&self.path, bytes))
    }
}

/// Opens what is written in place, without waiting for whoever might read a named pipe.
fn in_place(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
        options.custom_flags(libc::O_NONBLOCK);
        let opened = options.open(path);
        let unread = |error: &io::Error| error.raw_os_error() == Some(libc::ENXIO);
        if opened.as_ref().is_err_and(unread)
            && fs::metadata(path).is_ok_and(|about| about.file_type().is_fifo())
        {
            return Err(io::Error::other("nobody reads this pipe"));
        }
        opened
    }
    #[cfg(not(unix))]
    options.open(path)
}

/// Writes everything; a reader that has stopped reading is waited for, but not for ever.
fn write_all(file: &mut File, mut bytes: &[u8]) -> io::Result<()> {
    let mut waited = Duration::ZERO;
    while !bytes.is_empty() {
        match file.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                bytes = &bytes[written..];
                waited = Duration::ZERO;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                if waited >= READER {
                    return Err(io::Error::other("its reader has stopped reading"));
                }
                std::thread::sleep(PAUSE);
                waited += PAUSE;
            }
            Err(error) => return Err(error),
        }
    }
    file.flush()
}

/// A new file in the same folder. Its name neither ends as the files do that a collector picks up, nor was it
/// there before: somebody might have put a link there.
fn stage(path: &Path, replaced: Option<&fs::Metadata>) -> io::Result<(File, Staged)> {
    // A file that may not be written to is not replaced either.
    if replaced.is_some() {
        OpenOptions::new().write(true).open(path)?;
    }
    let name = path.file_name().ok_or(io::ErrorKind::IsADirectory)?;
    let mut taken = io::Error::from(io::ErrorKind::AlreadyExists);
    for number in 0..100 {
        let mut staged = std::ffi::OsString::from(".");
        staged.push(name);
        staged.push(format!(".{}-{number}.tmp", std::process::id()));
        let staged = path.with_file_name(staged);
        let mut held = unfinished();
        match OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&staged)
        {
            Ok(file) => {
                held.push(staged.clone());
                drop(held);
                let staged = Staged(staged);
                if let Some(about) = replaced {
                    file.set_permissions(about.permissions())?;
                }
                return Ok((file, staged));
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => taken = error,
            Err(error) => return Err(error),
        }
    }
    Err(taken)
}
