//! The stream on which a peer is spoken to: a TCP connection, or what a TLS connection with a proxy carries.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::platform::{TcpInfo, tcp_info};
use super::tls::Secured;

#[derive(Debug)]
pub enum Pipe {
    Plain(TcpStream),
    /// What a proxy passes on to the peer.
    Tunnel(TcpStream),
    /// Inside TLS with a proxy.
    Inner(Box<Secured>),
}

impl Pipe {
    /// The same connection once the proxy at its other end has agreed to pass on what comes.
    pub(super) fn into_tunnel(self) -> Self {
        match self {
            Self::Plain(stream) => Self::Tunnel(stream),
            Self::Tunnel(_) | Self::Inner(_) => self,
        }
    }

    /// What the kernel counts of the way to the peer itself. To a proxy everything may get through that is lost behind it.
    pub(super) fn counters(&self) -> Option<TcpInfo> {
        match self {
            Self::Plain(stream) => tcp_info(stream),
            Self::Tunnel(_) | Self::Inner(_) => None,
        }
    }

    /// The connection below it all.
    pub fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) | Self::Tunnel(stream) => stream,
            Self::Inner(secured) => secured.get_ref().0.stream(),
        }
    }
}

impl From<TcpStream> for Pipe {
    fn from(stream: TcpStream) -> Self {
        Self::Plain(stream)
    }
}

impl AsyncRead for Pipe {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) | Self::Tunnel(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Inner(secured) => Pin::new(secured.as_mut()).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) | Self::Tunnel(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Inner(secured) => Pin::new(secured.as_mut()).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) | Self::Tunnel(stream) => Pin::new(stream).poll_flush(cx),
            Self::Inner(secured) => Pin::new(secured.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) | Self::Tunnel(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Inner(secured) => Pin::new(secured.as_mut()).poll_shutdown(cx),
        }
    }
}
