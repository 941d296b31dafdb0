//! The path by which generated code names the runtime crate.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};

use crate::diag::Diag;
use crate::entries::Entry;

/// `::jwt_auth`, or the path of `crate = ...`.
pub(crate) struct CratePath(Option<syn::Path>);

impl CratePath {
    pub(crate) const DEFAULT: Self = Self(None);

    /// Refuses a relative path, because it would mean something else in the generated module of scopes.
    pub(crate) fn parse(entry: &Entry, diag: &mut Diag) -> Self {
        let Some(path) = entry.parsed::<syn::Path>("a path", "crate = ::jwt_auth", diag) else { return Self::DEFAULT };
        let is_absolute =
            path.leading_colon.is_some() || path.segments.first().is_some_and(|first| first.ident == "crate");
        if !is_absolute {
            diag.error(&path, "the path must be absolute; write `::jwt_auth` or `crate::...`");
        }
        Self(Some(path))
    }
}

impl CratePath {
    /// The path with the span of `place`, so that errors in the code point there.
    pub(crate) fn at(&self, place: Span) -> TokenStream {
        match &self.0 {
            Some(path) => path.to_token_stream(),
            None => quote_spanned!(place=> ::jwt_auth),
        }
    }
}

impl ToTokens for CratePath {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.at(Span::call_site()));
    }
}
