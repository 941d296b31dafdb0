//! Why a backend cannot be built.

use std::borrow::Cow;
use std::fmt;

/// A setting of the builder that cannot be served. The text names the setting and says what to write.
#[derive(Clone, PartialEq, Eq)]
pub struct BuildError(Cow<'static, str>);

impl From<&'static str> for BuildError {
    fn from(text: &'static str) -> Self {
        Self(text.into())
    }
}

impl From<String> for BuildError {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text, since this is what a `main` that returns the error prints.
impl fmt::Debug for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for BuildError {}
