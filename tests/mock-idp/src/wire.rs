//! The connection itself, so that a fault can cut, reset or slow it down.

use std::future::Future as _;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Sleep, sleep};

use crate::sync::lock;

/// How many bytes a dripping connection lets through at a time.
const DROP: usize = 16;

/// What is to happen to what is written next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Plan {
    /// Nothing.
    #[default]
    Normal,
    /// So many bytes more, then the end.
    CutAfter(usize),
    /// A reset at once.
    Reset,
    /// Sixteen bytes at a time with this pause between.
    Drip(Duration),
}

/// The other end of a connection, and the handle to spoil it.
#[derive(Clone)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    plan: Arc<Mutex<Plan>>,
}

impl Peer {
    /// Decides what happens to the next answer.
    pub(crate) fn plan(&self, plan: Plan) {
        *lock(&self.plan) = plan;
    }
}

/// A listener whose connections can be spoilt.
pub(crate) struct SpoilableListener(pub(crate) TcpListener);

/// A connection that does as planned.
pub(crate) struct Connection {
    stream: TcpStream,
    plan: Arc<Mutex<Plan>>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Listener for SpoilableListener {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        // Small answers on a kept-alive connection would wait for the other side's delayed acknowledgement.
        let _ = stream.set_nodelay(true);
        (Connection { stream, plan: Arc::default(), pause: None }, address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, SpoilableListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, SpoilableListener>) -> Self {
        Self { address: *stream.remote_addr(), plan: Arc::clone(&stream.io().plan) }
    }
}

impl AsyncRead for Connection {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let plan = *lock(&this.plan);
        match plan {
            Plan::Normal => Pin::new(&mut this.stream).poll_write(cx, bytes),
            Plan::CutAfter(0) => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
            Plan::CutAfter(left) => {
                let some = bytes.get(..left.min(bytes.len())).unwrap_or_default();
                let written = ready!(Pin::new(&mut this.stream).poll_write(cx, some))?;
                *lock(&this.plan) = Plan::CutAfter(left.saturating_sub(written));
                Poll::Ready(Ok(written))
            }
            Plan::Reset => {
                // Closing with a linger of zero sends a reset instead of an orderly end.
                let _ = this.stream.set_zero_linger();
                Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
            }
            Plan::Drip(pause) => {
                if let Some(sleeping) = &mut this.pause {
                    ready!(sleeping.as_mut().poll(cx));
                }
                let some = bytes.get(..DROP.min(bytes.len())).unwrap_or_default();
                let written = ready!(Pin::new(&mut this.stream).poll_write(cx, some))?;
                this.pause = Some(Box::pin(sleep(pause)));
                Poll::Ready(Ok(written))
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
