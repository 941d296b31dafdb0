//! Reads the `#[jwt_user(...)]` attributes of the struct and its fields, without judging them.

use jwt_auth_grammar::words::{nearest, suggestion};
use proc_macro2::TokenTree;
use quote::ToTokens;
use syn::{Attribute, DeriveInput, Field, Ident, Type};

use crate::crate_path::CratePath;
use crate::diag::Diag;
use crate::entries::{self, Entry, Value};
use crate::keys;

pub(super) struct Parsed<'i> {
    pub(super) krate: CratePath,
    /// Whether an `id` is misspelt or misplaced, so that it is not reported as missing too.
    pub(super) id_is_meant: bool,
    pub(super) fields: Vec<ParsedField<'i>>,
}

pub(super) struct ParsedField<'i> {
    pub(super) ident: &'i Ident,
    pub(super) ty: &'i Type,
    /// The token of every `id`, for messages.
    pub(super) id: Vec<TokenTree>,
    pub(super) claim: Vec<ParsedClaim>,
}

pub(super) struct ParsedClaim {
    pub(super) key: TokenTree,
    /// `claim = "name"`
    pub(super) name: Option<syn::LitStr>,
}

pub(super) fn parse<'i>(item: &'i DeriveInput, diag: &mut Diag) -> Parsed<'i> {
    let mut krate = CratePath::DEFAULT;
    let mut id_is_meant = false;
    let mut has_crate = false;
    for entry in own_entries(&item.attrs, keys::JWT_USER_ITEM, &mut id_is_meant, diag) {
        if entry.name() == "crate" && has_crate {
            diag.error(&entry.key, "duplicate key `crate`; it is already set above");
        } else if entry.name() == "crate" {
            has_crate = true;
            krate = CratePath::parse(&entry, diag);
        } else {
            id_is_meant |= entry.name() == "id";
            unknown(&entry, keys::JWT_USER_ITEM, keys::JWT_USER_FIELD, "a field", diag);
        }
    }
    let fields = match &item.data {
        syn::Data::Struct(data) => {
            data.fields.iter().filter_map(|field| parse_field(field, &mut id_is_meant, diag)).collect()
        }
        syn::Data::Enum(_) | syn::Data::Union(_) => Vec::new(),
    };
    Parsed { krate, id_is_meant, fields }
}

/// Returns `None` for a field without a name. `check` refuses its struct.
fn parse_field<'i>(field: &'i Field, id_is_meant: &mut bool, diag: &mut Diag) -> Option<ParsedField<'i>> {
    let mut parsed = ParsedField { ident: field.ident.as_ref()?, ty: &field.ty, id: Vec::new(), claim: Vec::new() };
    for entry in own_entries(&field.attrs, keys::JWT_USER_FIELD, id_is_meant, diag) {
        match (entry.name().as_str(), &entry.value) {
            ("id", Value::None | Value::Broken) => parsed.id.push(entry.key),
            ("id", value) => {
                diag.error(value, "`id` takes no value; write `#[jwt_user(id)]`");
                parsed.id.push(entry.key);
            }
            ("claim", Value::None) => parsed.claim.push(ParsedClaim { key: entry.key, name: None }),
            ("claim", Value::Broken) => {}
            ("claim", _) => {
                let name = entry.string("claim = \"plan\"", diag);
                parsed.claim.push(ParsedClaim { key: entry.key, name });
            }
            (name, _) if is_another_word(&entry, name, diag) => *id_is_meant |= IDS.contains(&name),
            (name, _) => {
                // The name may stand for `id`, unless it is more similar to `claim`.
                *id_is_meant |= nearest(name, keys::JWT_USER_FIELD) != Some("claim");
                unknown(&entry, keys::JWT_USER_FIELD, keys::JWT_USER_ITEM, "the struct", diag);
            }
        }
    }
    Some(parsed)
}

/// The entries of all `#[jwt_user(...)]` attributes, which are read as one list.
fn own_entries(attrs: &[Attribute], known: &[&str], id_is_meant: &mut bool, diag: &mut Diag) -> Vec<Entry> {
    let example = format!("#[jwt_user({})]", known.first().copied().unwrap_or_default());
    let mut all = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("jwt_user")) {
        match &attr.meta {
            syn::Meta::List(list) => {
                let entries = entries::parse(list.tokens.clone(), diag);
                if entries.is_empty() && list.tokens.is_empty() {
                    *id_is_meant = true;
                    diag.error(&attr.meta, format!("`#[jwt_user()]` is empty; write `{example}`"));
                }
                all.extend(entries);
            }
            other => {
                *id_is_meant = true;
                diag.error(other, format!("`#[jwt_user]` needs a key in parentheses; write `{example}`"));
            }
        }
    }
    all
}

/// What other libraries call `id`.
const IDS: &[&str] = &["sub", "subject", "user_id", "primary_key"];

/// Reports a name that other libraries use for `id` or `claim`.
fn is_another_word(entry: &Entry, name: &str, diag: &mut Diag) -> bool {
    let unknown = format!("unknown key `{name}` in `#[jwt_user]`");
    match name {
        "rename" | "name" | "rename_claim" | "claim_name" => {
            let value = match &entry.value {
                Value::Assigned(value) => value.to_string(),
                _ => "\"plan\"".to_owned(),
            };
            diag.error(&entry.key, format!("{unknown}; write `claim = {value}`"));
        }
        "skip" | "ignore" => {
            diag.error(&entry.key, format!("{unknown}; a field without an attribute is in no token, so remove it"));
        }
        name if IDS.contains(&name) => diag.error(&entry.key, format!("{unknown}; write `#[jwt_user(id)]`")),
        _ => return false,
    }
    true
}

fn unknown(entry: &Entry, here: &[&str], elsewhere: &[&str], place: &str, diag: &mut Diag) {
    let name = entry.name();
    if entry.is_broken() {
        return;
    }
    if elsewhere.contains(&name.as_str()) {
        diag.error(&entry.key, format!("not expected here; `{name}` belongs on {place}"));
    } else {
        let suggestion = suggestion(&name, here);
        diag.error(entry.key.to_token_stream(), format!("unknown key `{name}` in `#[jwt_user]`{suggestion}"));
    }
}
