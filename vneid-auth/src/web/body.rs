//! Bodies of answers, as a type of our own.

use bytes::Bytes;

/// The body of an answer.
#[derive(Clone, Debug, Default)]
pub struct Body(Bytes);

impl Body {
    /// All of it.
    pub fn into_bytes(self) -> Bytes {
        self.0
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(bytes: T) -> Self {
        Self(bytes.into())
    }
}
