//! Reads the value of an entry as the type that its key requires.

use proc_macro2::{Delimiter, Group, TokenStream};
use quote::ToTokens;
use syn::parse::Parse;

use super::entry::{Entry, Value};
use super::split::{is_comma, opened, parse};
use crate::diag::Diag;

impl Entry {
    /// The value of `key = value` as a `T`. `what` is the name of that type in messages.
    pub(crate) fn parsed<T: Parse>(&self, what: &str, example: &str, diag: &mut Diag) -> Option<T> {
        let (tokens, misplaced) = match &self.value {
            Value::Assigned(tokens) => (tokens, None),
            Value::List(group) | Value::ListAssigned(group, _) => (&TokenStream::new(), Some(group.to_token_stream())),
            Value::None => (&TokenStream::new(), Some(self.key.to_token_stream())),
            Value::Broken => return None,
        };
        if let Some(misplaced) = misplaced {
            diag.error(misplaced, format!("expected {what}; write `{example}`"));
            return None;
        }
        if let Ok(value) = syn::parse2(tokens.clone()) {
            return Some(value);
        }
        // If more tokens follow a valid value, most likely a comma is missing.
        let mut rest = tokens.clone().into_iter();
        let first = rest.next();
        match rest.next() {
            Some(next) if first.is_some_and(|first| syn::parse2::<T>(first.to_token_stream()).is_ok()) => {
                diag.error(next, "expected `,`");
            }
            _ => diag.error(tokens, format!("expected {what}; write `{example}`")),
        }
        None
    }

    /// The value of `key = true` or `key = false`.
    pub(crate) fn boolean(&self) -> Option<syn::LitBool> {
        match &self.value {
            Value::Assigned(tokens) => syn::parse2(tokens.clone()).ok(),
            _ => None,
        }
    }

    /// The value of `key = "text"`, which must not be empty.
    pub(crate) fn string(&self, example: &str, diag: &mut Diag) -> Option<syn::LitStr> {
        let text: syn::LitStr = self.parsed("a string", example, diag)?;
        has_no_suffix(&text, diag);
        if text.value().is_empty() {
            diag.error(&text, format!("`{}` is empty; write `{example}`", self.name()));
            return None;
        }
        Some(text)
    }

    /// The entries of `key(...)`.
    pub(crate) fn list(&self, example: &str, diag: &mut Diag) -> Option<Vec<Entry>> {
        match &self.value {
            Value::List(group) if group.stream().is_empty() => {
                diag.error(group, format!("`{}()` is empty; write `{example}`", self.name()));
                None
            }
            Value::List(group) => Some(parse(group.stream(), diag)),
            Value::Assigned(tokens) => {
                diag.error(tokens, format!("expected a list in parentheses; write `{example}`"));
                None
            }
            Value::ListAssigned(_, tokens) => {
                diag.error(tokens, format!("expected nothing after the list; write `{example}`"));
                None
            }
            Value::None => {
                diag.error(&self.key, format!("expected a list in parentheses; write `{example}`"));
                None
            }
            Value::Broken => None,
        }
    }

    /// The strings of `key = ["a", "b"]`.
    pub(crate) fn strings(&self, example: &str, diag: &mut Diag) -> Vec<syn::LitStr> {
        let Some(group) = self.parsed::<Group>("a list of strings", example, diag) else { return Vec::new() };
        if group.delimiter() != Delimiter::Bracket {
            diag.error(group, format!("expected a list of strings; write `{example}`"));
            return Vec::new();
        }
        let mut strings = Vec::new();
        let mut tokens = opened(group.stream()).into_iter();
        while let Some(token) = tokens.next() {
            match syn::parse2::<syn::LitStr>(token.to_token_stream()) {
                Ok(text) => {
                    has_no_suffix(&text, diag);
                    strings.push(text);
                }
                Err(_) => {
                    diag.error(
                        &token,
                        "expected a string literal; patterns are checked at compile time, so they cannot be constants or macros",
                    );
                    // One error is enough for everything up to the next comma.
                    tokens.by_ref().take_while(|token| !is_comma(token)).for_each(drop);
                    continue;
                }
            }
            match tokens.next() {
                None => {}
                Some(comma) if is_comma(&comma) => {}
                Some(other) => {
                    diag.error(other, "expected `,`");
                    break;
                }
            }
        }
        strings
    }
}

/// `"bearer"x` is one token in Rust, a string with a suffix.
fn has_no_suffix(text: &syn::LitStr, diag: &mut Diag) {
    if !text.suffix().is_empty() {
        diag.error(text, format!("unexpected `{}` after the string; remove it", text.suffix()));
    }
}
