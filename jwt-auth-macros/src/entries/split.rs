//! Splits tokens into entries.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::entry::{Entry, Value};
use crate::diag::Diag;

/// Splits at the commas outside of brackets and `<...>`, and at places where a comma is missing.
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
            // A closure can contain commas, so its entry ends at the beginning of the next one.
            TokenTree::Punct(punct) if punct.as_char() == '|' && begins_a_value(&chunk) => {
                let key = chunk.first().map(ToString::to_string).unwrap_or_default();
                diag.error(
                    token,
                    format!("expected the path of a function, not a closure; write `{key} = path_of_a_function`"),
                );
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

/// Opens the invisible groups that a `macro_rules!` macro puts around its arguments.
pub(crate) fn opened(tokens: TokenStream) -> TokenStream {
    tokens
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => opened(group.stream()),
            other => TokenStream::from(other),
        })
        .collect()
}

pub(crate) fn is_comma(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',')
}

/// Whether the tokens so far could be an entry: `key = value`, `key(...)` or `key(...) = value`.
fn is_whole(chunk: &[TokenTree]) -> bool {
    match chunk {
        [_, TokenTree::Group(_)] => true,
        [_, TokenTree::Group(_), equals, _, ..] | [_, equals, _, ..] => is_equals(equals),
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

/// The tokens after `=`.
fn assigned(key: &TokenTree, tokens: impl Iterator<Item = TokenTree>, diag: &mut Diag) -> Option<TokenStream> {
    let value: TokenStream = tokens.collect();
    if value.is_empty() {
        diag.error(key, format!("key `{key}` has no value after `=`"));
        return None;
    }
    Some(value)
}

/// Makes an entry of the tokens between two commas. If the value is wrong, the entry keeps its key, so that the key is not
/// reported as missing too.
fn entry(chunk: Vec<TokenTree>, diag: &mut Diag) -> Option<Entry> {
    let mut tokens = chunk.into_iter();
    let key = tokens.next()?;
    if !matches!(key, TokenTree::Ident(_) | TokenTree::Literal(_)) {
        diag.error(key, "expected a key");
        return None;
    }
    let value = match tokens.next() {
        None => Value::None,
        Some(equals) if is_equals(&equals) => match assigned(&key, tokens.by_ref(), diag) {
            Some(value) => Value::Assigned(value),
            None => return Some(Entry::broken(key)),
        },
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => {
            if tokens.clone().next().is_some_and(|next| is_equals(&next)) {
                match assigned(&key, tokens.by_ref().skip(1), diag) {
                    Some(value) => Value::ListAssigned(group, value),
                    None => return Some(Entry::broken(key)),
                }
            } else {
                Value::List(group)
            }
        }
        Some(TokenTree::Punct(colon)) if colon.as_char() == ':' => {
            let last = tokens.clone().take_while(|token| !is_equals(token)).last();
            return match (last, colon.spacing()) {
                (Some(last @ TokenTree::Ident(_)), proc_macro2::Spacing::Joint) => {
                    diag.error(&key, format!("a key is one word; write `{last}`"));
                    Some(Entry::broken(last))
                }
                (Some(last @ TokenTree::Ident(_)), _) if tokens.clone().any(|token| is_equals(&token)) => {
                    diag.error(&colon, format!("expected `=` after `{key}`, not `:`; a name that contains `:` must be in quotes: `\"{key}:{last}\"`"));
                    Some(Entry::broken(key))
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
