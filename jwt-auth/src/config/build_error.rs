//! Why a backend cannot be built.

use std::borrow::Cow;
use std::fmt;

/// Every mistake in the settings of a builder, in the order of the settings. Each text names the setting and says what to
/// write.
///
/// `Display` prints a single mistake as one sentence, and several as a list with one line each.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BuildError {
    mistakes: Vec<Cow<'static, str>>,
}

impl BuildError {
    /// The mistakes, one sentence each.
    pub fn mistakes(&self) -> impl ExactSizeIterator<Item = &str> {
        self.mistakes.iter().map(AsRef::as_ref)
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [only] = self.mistakes.as_slice() {
            return f.write_str(only);
        }
        write!(f, "{} settings of the backend are wrong:", self.mistakes.len())?;
        self.mistakes().try_for_each(|mistake| write!(f, "\n- {mistake}"))
    }
}

/// Prints the text of `Display`, because a `main` that returns the error prints its `Debug` form.
impl fmt::Debug for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for BuildError {}

/// Collects the mistakes while settings are checked, so that `build()` reports all of them at once.
#[must_use]
#[derive(Default)]
pub(crate) struct Mistakes(Vec<Cow<'static, str>>);

impl Mistakes {
    /// Adds the mistake that a rule found, if any.
    pub(crate) fn add(&mut self, mistake: Option<&'static str>) {
        self.0.extend(mistake.map(Cow::Borrowed));
    }

    /// Adds the mistakes of one setting. Each text begins with the setting's name.
    pub(crate) fn add_all(&mut self, setting: &str, mistakes: impl IntoIterator<Item = String>) {
        self.0.extend(mistakes.into_iter().map(|mistake| Cow::Owned(format!("`{setting}`: {mistake}"))));
    }

    /// Adds a mistake whose text was made for it.
    pub(crate) fn add_text(&mut self, mistake: String) {
        self.0.push(Cow::Owned(mistake));
    }

    /// Returns the value, or adds the error as a mistake of the setting and returns `None`.
    pub(crate) fn value<T, E: fmt::Display>(&mut self, setting: &str, made: Result<T, E>) -> Option<T> {
        made.map_err(|error| self.add_all(setting, [error.to_string()])).ok()
    }

    /// The error that lists all mistakes.
    pub(crate) fn into_error(self) -> BuildError {
        BuildError { mistakes: self.0 }
    }

    /// An error if there are mistakes.
    pub(crate) fn finish(self) -> Result<(), BuildError> {
        if self.0.is_empty() { Ok(()) } else { Err(self.into_error()) }
    }
}

impl From<&'static str> for BuildError {
    fn from(mistake: &'static str) -> Self {
        Self { mistakes: vec![mistake.into()] }
    }
}
