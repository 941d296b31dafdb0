//! Turns the attributes into a valid model. Each rule is one function.

use jwt_auth_grammar::claim;
use quote::ToTokens;
use syn::{Data, DeriveInput, Fields};

use super::model::{ClaimField, IdField, Model};
use super::parse::{Parsed, ParsedField};
use crate::diag::Diag;

/// Returns `None` only if a mistake has been reported.
pub(super) fn check<'i>(item: &'i DeriveInput, parsed: &'i Parsed<'i>, diag: &mut Diag) -> Option<Model<'i>> {
    no_lifetime(item, diag);
    let name_and_shape = is_struct_with_named_fields(item, diag);
    let id = exactly_one_id(item, parsed, diag).filter(|_| name_and_shape)?;
    let claims = claims(parsed, diag);
    Some(Model {
        krate: &parsed.krate,
        name: &item.ident,
        generics: &item.generics,
        is_stateless: parsed.fields.len() == claims.len() + 1,
        id,
        claims,
    })
}

/// Handlers own the user, so it cannot borrow.
fn no_lifetime(item: &DeriveInput, diag: &mut Diag) {
    if let Some(lifetime) = item.generics.lifetimes().next() {
        diag.error(lifetime, "a user cannot borrow, since the handler owns it; choose an owned type such as `String`");
    }
}

/// Only a struct with named fields has a field to mark.
fn is_struct_with_named_fields(item: &DeriveInput, diag: &mut Diag) -> bool {
    let advice = "#[derive(JwtUser)] supports structs with named fields";
    match &item.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(_) => true,
            Fields::Unnamed(_) => {
                diag.error(&item.ident, format!("{advice}; this is a tuple struct"));
                false
            }
            Fields::Unit => {
                diag.error(&item.ident, format!("{advice}; this is a unit struct"));
                false
            }
        },
        Data::Enum(data) => {
            diag.error(data.enum_token, format!("{advice}; this is an enum"));
            false
        }
        Data::Union(data) => {
            diag.error(data.union_token, format!("{advice}; this is a union"));
            false
        }
    }
}

/// Exactly one field is the id, and is marked once.
fn exactly_one_id<'i>(item: &'i DeriveInput, parsed: &'i Parsed<'i>, diag: &mut Diag) -> Option<IdField<'i>> {
    let mut marked = parsed.fields.iter().filter(|field| !field.id.is_empty());
    let Some(first) = marked.next() else {
        let has_fields = matches!(&item.data, Data::Struct(data) if matches!(data.fields, Fields::Named(_)));
        if has_fields && !parsed.id_is_meant {
            diag.error(&item.ident, "no field is the user id; mark one with `#[jwt_user(id)]`");
        }
        return None;
    };
    for again in first.id.iter().skip(1) {
        diag.error(again, "duplicate key `id`; it is already set above");
    }
    for second in marked {
        for key in &second.id {
            diag.error(key, format!("only one field can be the user id; `{}` is already marked", first.ident));
        }
    }
    Some(IdField { field: first.ident, ty: first.ty })
}

fn claims<'i>(parsed: &'i Parsed<'i>, diag: &mut Diag) -> Vec<ClaimField<'i>> {
    let mut claims: Vec<ClaimField<'i>> = Vec::new();
    for field in &parsed.fields {
        let Some(first) = field.claim.first() else { continue };
        for again in field.claim.iter().skip(1) {
            diag.error(&again.key, "duplicate key `claim`; it is already set above");
        }
        if let syn::Type::Reference(reference) = field.ty {
            diag.error(
                reference,
                "a claim cannot be a reference, since it is read from a token; choose an owned type such as `String`",
            );
            continue;
        }
        if !field.id.is_empty() {
            diag.error(&first.key, "the user id is already the `sub` claim; remove `claim`");
            continue;
        }
        let claim = first.name.as_ref().map_or_else(|| unraw(field), syn::LitStr::value);
        let place = first.name.as_ref().map_or_else(|| first.key.to_token_stream(), ToTokens::to_token_stream);
        is_not_registered(field, &claim, &place, diag);
        if claims.iter().any(|other| other.claim == claim) {
            diag.error(&place, format!("duplicate claim `{claim}`; rename one with `claim = \"...\"`"));
        }
        claims.push(ClaimField { field: field.ident, ty: field.ty, claim });
    }
    claims
}

/// The library sets the registered claims itself.
fn is_not_registered(field: &ParsedField<'_>, claim: &str, place: &impl ToTokens, diag: &mut Diag) {
    if let Some(registered) = claim::find(claim) {
        let message = format!(
            "the backend sets the claim `{claim}` itself ({}); write `claim = \"user_{}\"`",
            registered.meaning,
            unraw(field)
        );
        diag.error(place, message);
    }
}

fn unraw(field: &ParsedField<'_>) -> String {
    let name = field.ident.to_string();
    name.strip_prefix("r#").unwrap_or(&name).to_owned()
}
