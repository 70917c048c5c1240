//! What standard output shows while a run still goes on: a line as each check ends, in the one format
//! that has lines of its own for that.

use std::io::{self, Write};

use crate::cli::{FormatName, ReportArgs};
use crate::engine::Event;
use crate::render::Format;
use crate::render::jsonl::Stream;
use crate::report::Report;

pub(super) struct Live {
    stream: Option<Stream>,
}

impl Live {
    /// Nothing is shown early of what is to be redacted: that needs the whole report.
    pub(super) fn of(args: &ReportArgs) -> Self {
        let wanted = args.format == FormatName::Jsonl && !args.redact;
        Self {
            stream: wanted.then(Stream::default),
        }
    }

    /// For a report whose rows are not those of the run that is going on.
    pub(super) const fn nothing() -> Self {
        Self { stream: None }
    }

    pub(super) const fn is_wanted(&self) -> bool {
        self.stream.is_some()
    }

    pub(super) fn event(&mut self, event: &Event) {
        let (Some(stream), Event::Ended { id, check }) = (&mut self.stream, event) else {
            return;
        };
        let mut line = Vec::new();
        let drawn = stream.row(id, check, &mut line);
        let mut out = io::stdout().lock();
        // A reader that has gone away misses nothing; other errors show again when the run ends.
        drop(
            drawn
                .and_then(|()| out.write_all(&line))
                .and_then(|()| out.flush()),
        );
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
