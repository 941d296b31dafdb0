//! One entry of an attribute's arguments.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::ToTokens;

/// `key = value`, `key(...)`, `key(...) = value` or `key`.
pub(crate) struct Entry {
    /// An identifier, or a string for names that are not identifiers.
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
    /// Anything else. The mistake has been reported.
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
    pub(super) fn broken(key: TokenTree) -> Self {
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
}
