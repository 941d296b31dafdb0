//! Why an issuer cannot be trusted.

use std::fmt;

/// Every mistake in the settings of an issuer. Each text says what to write.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct IssuerError {
    issuer: String,
    mistakes: Vec<String>,
}

impl IssuerError {
    pub(crate) fn new(issuer: &str, mistakes: Vec<String>) -> Self {
        Self { issuer: issuer.to_owned(), mistakes }
    }

    /// The mistakes, one sentence each.
    pub fn mistakes(&self) -> impl ExactSizeIterator<Item = &str> {
        self.mistakes.iter().map(String::as_str)
    }

    /// The mistakes with the name of the issuer in front of each.
    pub(crate) fn named(self) -> impl Iterator<Item = String> {
        let Self { issuer, mistakes } = self;
        mistakes.into_iter().map(move |mistake| format!("the issuer `{issuer}`: {mistake}"))
    }
}

impl fmt::Display for IssuerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the issuer `{}`: {}", self.issuer, self.mistakes.join("; "))
    }
}

/// Prints the text of `Display`, because a `main` that returns the error prints its `Debug` form.
impl fmt::Debug for IssuerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for IssuerError {}
