//! What standard output shows while a run still goes on: a line as each check ends, in the one format
//! that has lines of its own for that.

use std::io::{self, IsTerminal as _, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, JoinHandle};

use crate::cli::{FormatName, ReportArgs};
use crate::engine::Event;
use crate::render::Format;
use crate::render::jsonl::Stream;
use crate::report::Report;

pub(super) struct Live {
    stream: Option<Stream>,
    writer: Option<Writer>,
}

/// Beside the run, whose clock must not stand still for a reader that does not read.
struct Writer {
    /// As many lines as there are rows at most wait to be read.
    lines: Sender<Vec<u8>>,
    thread: JoinHandle<io::Result<()>>,
}

impl Live {
    /// Nothing is shown early of what is to be redacted: that needs the whole report.
    pub(super) fn of(args: &ReportArgs) -> Self {
        let wanted = args.format == FormatName::Jsonl && !args.redact;
        // A terminal reads, and what shows how far the run is must not write at the same time.
        let beside = wanted && !io::stdout().is_terminal();
        Self {
            stream: wanted.then(Stream::default),
            writer: beside.then(Writer::start).flatten(),
        }
    }

    /// For a report whose rows are not those of the run that is going on.
    pub(super) const fn nothing() -> Self {
        Self {
            stream: None,
            writer: None,
        }
    }

    pub(super) const fn is_wanted(&self) -> bool {
        self.stream.is_some()
    }

    pub(super) fn event(&mut self, event: &Event) {
        let (Some(stream), Event::Ended { id, check }) = (&mut self.stream, event) else {
            return;
        };
        let mut line = Vec::new();
        // What cannot be drawn shows again when the run ends, and so does what cannot be written.
        if stream.row(id, check, &mut line).is_err() {
            return;
        }
        match &self.writer {
            Some(writer) => writer.lines.send(line).ok(),
            None => write(&line).ok(),
        };
    }

    /// Waits until all lines of rows are written. Nobody else may hold standard output meanwhile.
    pub(super) fn written(&mut self) -> io::Result<()> {
        match self.writer.take() {
            Some(writer) => writer.end(),
            None => Ok(()),
        }
    }

    pub(super) fn finish(
        self,
        format: Format,
        report: &Report,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        match self.stream {
            Some(mut stream) => stream.finish(report, out),
            None => format.write(report, out),
        }
    }
}

impl Writer {
    /// None: there can be no more threads.
    fn start() -> Option<Self> {
        let (lines, receiver) = channel();
        let thread = Builder::new().spawn(move || write_all(&receiver));
        Some(Self {
            lines,
            thread: thread.ok()?,
        })
    }

    fn end(self) -> io::Result<()> {
        drop(self.lines);
        let died = |_| Err(io::Error::other("its writer died"));
        self.thread.join().unwrap_or_else(died)
    }
}

/// After the first line that cannot be written nothing is: a gap would not be seen.
fn write_all(lines: &Receiver<Vec<u8>>) -> io::Result<()> {
    lines.iter().try_for_each(|line| write(&line))
}

fn write(line: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(line)?;
    out.flush()
}
