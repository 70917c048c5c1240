//! A connection that keeps the first bytes it received and the kernel's counters at its last word.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::net::pipe::Pipe;
use crate::net::platform::TcpInfo;

/// Enough to recognise a banner or the first line of a web server.
const FIRST: usize = 64;

/// What went over the wire during a handshake.
#[derive(Debug, Default)]
pub(super) struct Wire {
    pub(super) first: Vec<u8>,
    pub(super) received: u64,
    pub(super) before: Option<TcpInfo>,
    pub(super) after: Option<TcpInfo>,
}

/// Survives the stream, which a failed handshake drops.
pub(super) type Record = Arc<Mutex<Wire>>;

pub(super) fn look(record: &Record) -> MutexGuard<'_, Wire> {
    record.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A connection under observation.
#[derive(Debug)]
pub struct Recorder {
    stream: Pipe,
    record: Record,
    active: AtomicBool,
}

impl Recorder {
    pub(super) fn new(stream: Pipe) -> (Self, Record) {
        let wire = Wire {
            before: stream.counters(),
            ..Wire::default()
        };
        let record = Arc::new(Mutex::new(wire));
        let recorder = Self {
            stream,
            record: Arc::clone(&record),
            active: true.into(),
        };
        (recorder, record)
    }

    /// The connection itself, for what the kernel can tell of it.
    pub fn stream(&self) -> &TcpStream {
        self.stream.socket()
    }

    /// Takes the kernel's counters as they are now.
    pub(super) fn note(&self) {
        look(&self.record).after = self.stream.counters();
    }

    /// Ends the recording: what follows is encrypted and none of its business.
    pub(super) fn stop(&self) {
        self.active.store(false, Ordering::Relaxed);
    }

    fn recording(&self) -> bool {
        self.active.load(Ordering::Relaxed)
    }

    /// The last counters before the stream is dropped are those of the failure.
    fn watch<T>(&self, poll: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if poll.is_ready() && self.recording() {
            self.note();
        }
        poll
    }
}

impl AsyncRead for Recorder {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let poll = Pin::new(&mut self.stream).poll_read(cx, buf);
        if self.recording() {
            let new = &buf.filled()[before..];
            let mut wire = look(&self.record);
            wire.received += new.len() as u64;
            let room = FIRST - wire.first.len();
            wire.first.extend(new.iter().take(room));
            drop(wire);
        }
        self.watch(poll)
    }
}

impl AsyncWrite for Recorder {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.watch(poll)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
