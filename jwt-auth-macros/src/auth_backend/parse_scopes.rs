//! Parses the entries of `scopes(...)`.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::LitStr;

use crate::diag::Diag;
use crate::entries::{Entry, Value, is_comma, opened};

/// One entry, such as `write(read) = "Change orders"`.
pub(super) struct ParsedScope {
    pub(super) key: TokenTree,
    pub(super) name: String,
    pub(super) implies: Vec<ImpliedScope>,
    pub(super) description: Option<LitStr>,
}

/// An implied scope: `read` in that entry.
pub(super) struct ImpliedScope {
    pub(super) key: TokenTree,
    pub(super) name: String,
}

pub(super) fn parse(entries: Vec<Entry>, diag: &mut Diag) -> Vec<ParsedScope> {
    let parse = |mut entry: Entry| {
        let list = match &entry.value {
            Value::List(list) => list.to_string(),
            _ => String::new(),
        };
        let example = format!("{}{list} = \"What it allows\"", entry.key);
        let implies = entry.take_list().map(|list| implied(&list, &example, diag)).unwrap_or_default();
        let description = entry.string(&example, diag);
        ParsedScope { name: entry.name(), key: entry.key, implies, description }
    };
    entries.into_iter().map(parse).collect()
}

/// The names in `(read, "orders:read")`.
fn implied(list: &Group, example: &str, diag: &mut Diag) -> Vec<ImpliedScope> {
    let tokens: Vec<TokenTree> = opened(list.stream()).into_iter().collect();
    if tokens.is_empty() {
        diag.error(list, format!("expected a scope between the parentheses; write `{example}`"));
        return Vec::new();
    }
    let tokens = match tokens.split_last() {
        Some((last, before)) if is_comma(last) => before,
        _ => &tokens,
    };
    let mut names = Vec::new();
    for name in tokens.split(is_comma) {
        match name {
            [key @ (TokenTree::Ident(_) | TokenTree::Literal(_))] => {
                let entry = Entry { key: key.clone(), value: Value::None };
                names.push(ImpliedScope { name: entry.name(), key: entry.key });
            }
            [] => diag.error(list, "expected the name of a scope between these commas"),
            [..] => {
                let tokens: TokenStream = name.iter().cloned().collect();
                diag.error(
                    tokens,
                    "expected the name of a scope; write `\"orders:read\"` in quotes if it is not an identifier",
                );
            }
        }
    }
    names
}

/// Used by messages that point at a whole `key(...)`.
impl ToTokens for ParsedScope {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.key.to_tokens(tokens);
    }
}
