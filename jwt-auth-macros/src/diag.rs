//! Collects the mistakes of one macro use, so that the user sees all of them at once.

use std::ops::Range;

use jwt_auth_grammar::SyntaxError;
use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::LitStr;

/// The mistakes found so far. Dropping it without [`finish`](Self::finish) is a bug and panics.
pub(crate) struct Diag {
    errors: Option<Vec<syn::Error>>,
}

impl Diag {
    pub(crate) fn new() -> Self {
        Self { errors: Some(Vec::new()) }
    }

    /// Reports a mistake in `tokens`. The message is one line in lower case: what is wrong, then `; ` and what to
    /// write.
    pub(crate) fn error(&mut self, tokens: impl ToTokens, message: impl std::fmt::Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    /// Reports a mistake in the text of a literal, at the part that must change if the compiler supports that.
    pub(crate) fn syntax_error(&mut self, literal: &LitStr, error: &SyntaxError) {
        match span_in(literal, error.at()) {
            Some(span) => self.push(syn::Error::new(span, error)),
            None => self.error(literal, error),
        }
    }

    pub(crate) fn push(&mut self, error: syn::Error) {
        self.errors.get_or_insert_default().push(error);
    }

    /// Returns the value if there are no mistakes. Otherwise returns every mistake as a `compile_error!`.
    pub(crate) fn finish<T>(mut self, value: Option<T>) -> Result<T, TokenStream> {
        let mut errors = self.errors.take().unwrap_or_default();
        // Sorts by the position in the source. Unit tests have no positions.
        if proc_macro::is_available() {
            errors.sort_by_cached_key(|error| {
                let place = error.span().unwrap();
                (place.line(), place.column())
            });
        }
        match value {
            Some(value) if errors.is_empty() => Ok(value),
            _ => Err(errors.iter().map(syn::Error::to_compile_error).collect()),
        }
    }
}

impl Diag {
    /// Returns the value and drops the mistakes, for a caller that has reported them before.
    pub(crate) fn discard<T>(mut self, value: T) -> T {
        self.errors = None;
        value
    }
}

/// The span of a part of a literal. `None` on a stable compiler, which has no such spans, or if the literal has
/// escapes, which move the part.
fn span_in(literal: &LitStr, part: Range<usize>) -> Option<Span> {
    let has_escapes = literal.token().to_string() != format!("\"{}\"", literal.value());
    let behind_the_quote = part.start + 1..part.end + 1;
    if has_escapes || part.is_empty() { None } else { literal.token().subspan(behind_the_quote) }
}

impl Drop for Diag {
    fn drop(&mut self) {
        assert!(
            self.errors.is_none() || std::thread::panicking(),
            "bug in jwt-auth-macros: mistakes were not reported"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "mistakes were not reported")]
    fn forgetting_to_report_is_loud() {
        let mut diag = Diag::new();
        diag.error(quote::quote!(x), "wrong");
    }
}
