//! The arguments of an attribute as a list of entries: `key = value`, `key(...)`, `key(...) = value` or `key`. Each
//! entry is parsed by itself, so a mistake in one hides none in another.

mod split;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::Parse;

use crate::diag::Diag;

pub(crate) use split::{is_comma, opened, parse};

/// One entry.
pub(crate) struct Entry {
    /// An identifier, or a string where names need not be identifiers.
    pub(crate) key: TokenTree,
    pub(crate) value: Value,
}

pub(crate) enum Value {
    /// `key`
    None,
    /// `key = tokens`
    Assigned(TokenStream),
    /// `key(tokens)`
    List(Group),
    /// `key(tokens) = tokens`
    ListAssigned(Group, TokenStream),
    /// Something else, which was reported.
    Broken,
}

impl ToTokens for Value {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::None | Self::Broken => {}
            Self::Assigned(value) => value.to_tokens(tokens),
            Self::List(group) | Self::ListAssigned(group, _) => group.to_tokens(tokens),
        }
    }
}

impl Entry {
    fn broken(key: TokenTree) -> Self {
        Self { key, value: Value::Broken }
    }

    /// Takes the list out of `key(list) = value`, which leaves `key = value`.
    pub(crate) fn take_list(&mut self) -> Option<Group> {
        match std::mem::replace(&mut self.value, Value::Broken) {
            Value::ListAssigned(group, value) => {
                self.value = Value::Assigned(value);
                Some(group)
            }
            other => {
                self.value = other;
                None
            }
        }
    }

    pub(crate) fn is_broken(&self) -> bool {
        matches!(self.value, Value::Broken)
    }

    /// The key as text, without the quotes of a string or the `r#` of a raw identifier.
    pub(crate) fn name(&self) -> String {
        match syn::parse2::<syn::LitStr>(self.key.to_token_stream()) {
            Ok(text) => text.value(),
            Err(_) => {
                let name = self.key.to_string();
                name.strip_prefix("r#").unwrap_or(&name).to_owned()
            }
        }
    }

    /// The value of `key = value`, as what it must be.
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
        // A good value with something behind it most often lacks a comma.
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

    /// A string that is not empty.
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
                diag.error(group, format!("`{}()` says nothing; write `{example}`", self.name()));
                None
            }
            Value::List(group) => Some(parse(group.stream(), diag)),
            Value::Assigned(tokens) => {
                diag.error(tokens, format!("expected a list in parentheses; write `{example}`"));
                None
            }
            Value::ListAssigned(_, tokens) => {
                diag.error(tokens, format!("expected nothing behind the list; write `{example}`"));
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
                        "expected a string; a pattern is written as a literal, so that it can be checked here",
                    );
                    // The rest of what stands here says nothing more.
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

/// `"bearer"x` is one token to Rust.
fn has_no_suffix(text: &syn::LitStr, diag: &mut Diag) {
    if !text.suffix().is_empty() {
        diag.error(text, format!("unexpected `{}` behind the string; remove it", text.suffix()));
    }
}
