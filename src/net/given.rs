//! Files that whoever starts the program names.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

/// A pipe that a shell has made is written to at once.
const PATIENCE: Duration = Duration::from_secs(5);

/// Opens and reads a file beside this thread: whoever gives a pipe that nobody writes to is told so.
///
/// # Errors
///
/// Why the file cannot be opened, or what `read` says; `TimedOut` if neither has ended after five seconds.
pub fn read<T: Send + 'static>(
    path: &Path,
    read: impl FnOnce(File) -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let (sender, receiver) = mpsc::channel();
    let path = path.to_owned();
    std::thread::spawn(move || {
        // If nobody waits any more, nobody needs it.
        drop(sender.send(File::open(path).and_then(read)));
    });
    let late = |_| {
        let why = format!("nothing came in {} s", PATIENCE.as_secs());
        Err(io::Error::new(io::ErrorKind::TimedOut, why))
    };
    receiver.recv_timeout(PATIENCE).unwrap_or_else(late)
}

/// The same for a file of so many bytes at most.
///
/// # Errors
///
/// As above, and a file that is longer.
pub fn bytes(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    read(path, move |file| {
        let mut bytes = Vec::new();
        file.take(most + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > most {
            let why = format!("it is longer than {most} bytes");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
        }
        Ok(bytes)
    })
}
