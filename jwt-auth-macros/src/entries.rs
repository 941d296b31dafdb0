//! The arguments of an attribute as a list of entries: `key = value`, `key(...)` or `key`. Each entry is parsed by
//! itself, so a mistake in one hides none in another.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::Parse;

use crate::diag::Diag;

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
    /// Something else, which was reported.
    Broken,
}

impl ToTokens for Value {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::None | Self::Broken => {}
            Self::Assigned(value) => value.to_tokens(tokens),
            Self::List(group) => group.to_tokens(tokens),
        }
    }
}

/// Splits at the commas that stand in no bracket, `<...>` included, and where one is missing.
pub(crate) fn parse(tokens: TokenStream, diag: &mut Diag) -> Vec<Entry> {
    let tokens: Vec<TokenTree> = opened(tokens).into_iter().collect();
    let mut entries = Vec::new();
    let mut chunk: Vec<TokenTree> = Vec::new();
    let mut angles = 0_usize;
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '<' => angles += 1,
            TokenTree::Punct(punct) if punct.as_char() == '>' => angles = angles.saturating_sub(1),
            TokenTree::Punct(punct) if ",;".contains(punct.as_char()) && angles == 0 => {
                if punct.as_char() == ';' {
                    diag.error(token, "expected `,` between keys, not `;`");
                } else if chunk.is_empty() {
                    diag.error(token, "expected a key before this comma");
                }
                entries.extend(entry(std::mem::take(&mut chunk), diag));
                index += 1;
                continue;
            }
            // A closure has commas of its own; the entry ends where the next one begins.
            TokenTree::Punct(punct) if punct.as_char() == '|' && begins_a_value(&chunk) => {
                let key = chunk.first().map(ToString::to_string).unwrap_or_default();
                diag.error(token, format!("a closure cannot stand here; write `{key} = path_of_a_function`"));
                let ends = |at: &usize| is_comma(&tokens[*at]) && begins_an_entry(&tokens[*at + 1..]);
                index = (index..tokens.len()).find(ends).map_or(tokens.len(), |comma| comma + 1);
                entries.extend(chunk.drain(..).next().map(Entry::broken));
                continue;
            }
            // `kind = "bearer" user = User`: the next entry begins here.
            TokenTree::Ident(_) if angles == 0 && is_whole(&chunk) && tokens.get(index + 1).is_some_and(is_equals) => {
                diag.error(token, "expected `,`");
                entries.extend(entry(std::mem::take(&mut chunk), diag));
            }
            _ => {}
        }
        chunk.push(token.clone());
        index += 1;
    }
    entries.extend(entry(chunk, diag));
    entries
}

/// Without the invisible groups around what a `macro_rules!` macro hands over.
fn opened(tokens: TokenStream) -> TokenStream {
    tokens
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => opened(group.stream()),
            other => TokenStream::from(other),
        })
        .collect()
}

fn is_comma(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',')
}

/// Whether the tokens so far could be an entry: `key = value` or `key(...)`.
fn is_whole(chunk: &[TokenTree]) -> bool {
    match chunk {
        [_, TokenTree::Group(_)] => true,
        [_, equals, _, ..] => is_equals(equals),
        _ => false,
    }
}

fn is_equals(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == '=')
}

/// `key =` or `key = move`.
fn begins_a_value(chunk: &[TokenTree]) -> bool {
    match chunk {
        [_, equals] => is_equals(equals),
        [_, equals, TokenTree::Ident(word)] => is_equals(equals) && (word == "move" || word == "async"),
        _ => false,
    }
}

/// `key = ...`, `key(...)`, or nothing more.
fn begins_an_entry(tokens: &[TokenTree]) -> bool {
    match tokens {
        [] => true,
        [TokenTree::Ident(_), TokenTree::Group(group), ..] => group.delimiter() == Delimiter::Parenthesis,
        [TokenTree::Ident(_), equals, ..] => is_equals(equals),
        _ => false,
    }
}

/// An entry whose value is no value keeps its key, so that it is not called missing as well.
fn entry(chunk: Vec<TokenTree>, diag: &mut Diag) -> Option<Entry> {
    let mut tokens = chunk.into_iter();
    let key = tokens.next()?;
    if !matches!(key, TokenTree::Ident(_) | TokenTree::Literal(_)) {
        diag.error(key, "expected a key");
        return None;
    }
    let value = match tokens.next() {
        None => Value::None,
        Some(TokenTree::Punct(equals)) if equals.as_char() == '=' => {
            let value: TokenStream = tokens.by_ref().collect();
            if value.is_empty() {
                diag.error(&key, format!("key `{key}` has no value after `=`"));
                return Some(Entry::broken(key));
            }
            Value::Assigned(value)
        }
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => Value::List(group),
        Some(TokenTree::Punct(colon)) if colon.as_char() == ':' => {
            let last = tokens.clone().take_while(|token| !is_equals(token)).last();
            return match (last, colon.spacing()) {
                (Some(last @ TokenTree::Ident(_)), proc_macro2::Spacing::Joint) => {
                    diag.error(&key, format!("a key is one word; write `{last}`"));
                    Some(Entry::broken(last))
                }
                _ => {
                    diag.error(&colon, format!("expected `=` after `{key}`, not `:`"));
                    Some(Entry::broken(key))
                }
            };
        }
        Some(other) => {
            diag.error(other, format!("expected `=`, `(` or `,` after `{key}`"));
            return Some(Entry::broken(key));
        }
    };
    if let Some(extra) = tokens.next() {
        diag.error(extra, "expected `,`");
        return Some(Entry::broken(key));
    }
    Some(Entry { key, value })
}

impl Entry {
    fn broken(key: TokenTree) -> Self {
        Self { key, value: Value::Broken }
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
            Value::List(group) => (&TokenStream::new(), Some(group.to_token_stream())),
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
