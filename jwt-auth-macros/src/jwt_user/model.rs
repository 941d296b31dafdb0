//! A valid user struct.

use syn::{Generics, Ident, Type};

use crate::crate_path::CratePath;

pub(super) struct Model<'i> {
    pub(super) krate: &'i CratePath,
    pub(super) name: &'i Ident,
    pub(super) generics: &'i Generics,
    pub(super) id: IdField<'i>,
    pub(super) claims: Vec<ClaimField<'i>>,
    /// Whether every field is the id or a claim, so that the user can be rebuilt from a token.
    pub(super) is_stateless: bool,
}

pub(super) struct IdField<'i> {
    pub(super) field: &'i Ident,
    pub(super) ty: &'i Type,
}

pub(super) struct ClaimField<'i> {
    pub(super) field: &'i Ident,
    pub(super) ty: &'i Type,
    pub(super) claim: String,
}
