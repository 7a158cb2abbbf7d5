//! Bodies of answers, as types of our own.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;

/// The body of an answer. An adapter hands both kinds on as its framework wants them.
#[derive(Debug)]
pub enum Body {
    /// All of it.
    Whole(Bytes),
    /// Pieces that come as time goes on; none of them may be held back.
    Stream(Chunks),
}

impl Default for Body {
    fn default() -> Self {
        Self::Whole(Bytes::new())
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(bytes: T) -> Self {
        Self::Whole(bytes.into())
    }
}

/// What gives one chunk after another.
pub(crate) trait Source: Send + Sized + 'static {
    /// The next chunk and what gives the one after it; nothing at the end.
    fn next(self) -> impl Future<Output = Option<(Bytes, Self)>> + Send;
}

type Step = Pin<Box<dyn Future<Output = Option<(Bytes, Chunks)>> + Send>>;

/// The pieces of a streamed body. Dropping it ends the stream.
pub struct Chunks(Option<Step>);

impl Chunks {
    pub(crate) fn of<S: Source>(source: S) -> Self {
        Self(Some(Box::pin(async {
            let (chunk, rest) = source.next().await?;
            Some((chunk, Self::of(rest)))
        })))
    }

    /// The next piece, or `None` at the end; as the `poll_next` of a stream.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let Some(step) = &mut self.0 else { return Poll::Ready(None) };
        match step.as_mut().poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some((chunk, rest))) => {
                *self = rest;
                Poll::Ready(Some(chunk))
            }
            Poll::Ready(None) => {
                self.0 = None;
                Poll::Ready(None)
            }
        }
    }
}

impl fmt::Debug for Chunks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Chunks")
    }
}
