//! Files that are standard output or standard error as well, whatever name they were given.

use std::fs::{File, Metadata};

/// A stream that whoever started this program may have led to a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(
    not(unix),
    expect(dead_code, reason = "no file is known there to be one of them")
)]
pub(super) enum Stream {
    Output,
    Error,
}

/// The stream that a file is as well, with the stream's own descriptor: one of its own would begin at the file's start and
/// write over what the stream has there.
#[cfg(unix)]
pub(super) fn shared(about: &Metadata) -> Option<(Stream, File)> {
    use std::os::fd::{AsFd as _, BorrowedFd};
    use std::os::unix::fs::MetadataExt as _;
    let same = |stream: BorrowedFd<'_>| {
        let stream = File::from(stream.try_clone_to_owned().ok()?);
        let own = stream.metadata().ok()?;
        ((own.dev(), own.ino()) == (about.dev(), about.ino())).then_some(stream)
    };
    let output = same(std::io::stdout().as_fd()).map(|file| (Stream::Output, file));
    output.or_else(|| same(std::io::stderr().as_fd()).map(|file| (Stream::Error, file)))
}

/// Elsewhere a stream has no name among files, and the file that it was led to is not told from others.
#[cfg(not(unix))]
pub(super) const fn shared(_: &Metadata) -> Option<(Stream, File)> {
    None
}
