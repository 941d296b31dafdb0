//! An error of the application or of another crate, inside one of our errors. It is shared, so that our errors can be
//! cloned.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// Any error that the application returns.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// An error that the library did not make, such as one that `retrieve_user` or a database driver returned. It is the
/// [`source`](Error::source) of the error that holds it.
///
/// Cloning is cheap. Two causes are equal if their texts are.
#[derive(Clone)]
pub struct Cause(Arc<dyn Error + Send + Sync>);

impl Cause {
    pub(crate) fn new(error: impl Into<BoxError>) -> Self {
        Self(error.into().into())
    }

    /// The error itself, for example to downcast it.
    pub fn as_error(&self) -> &(dyn Error + 'static) {
        &*self.0
    }
}

/// An error with this text.
impl From<&'static str> for Cause {
    fn from(text: &'static str) -> Self {
        Self::new(text)
    }
}

impl PartialEq for Cause {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_string() == other.0.to_string()
    }
}

impl Eq for Cause {}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
