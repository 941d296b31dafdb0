//! A valid declaration of a backend.

use jwt_auth_grammar::cookie::SameSite;
use jwt_auth_grammar::endpoint::Endpoint;
use proc_macro2::Ident;
use syn::{DeriveInput, Path, Type};

use crate::crate_path::CratePath;

pub(super) struct Model<'i> {
    pub(super) krate: &'i CratePath,
    pub(super) item: &'i DeriveInput,
    pub(super) kind: BackendKind,
    /// The endpoints that the kind does not require, with the paths that they answer.
    pub(super) optional_urls: Vec<(Endpoint, String)>,
    pub(super) user: &'i Type,
    pub(super) retrieve_user: Option<&'i Path>,
    pub(super) revoked: Option<&'i Path>,
    pub(super) authenticate: Option<&'i Path>,
    pub(super) scope_allowed: Option<&'i Path>,
    pub(super) exclude: Vec<String>,
    pub(super) header: Option<String>,
    pub(super) cookie: WrittenCookie,
    pub(super) scheme_name: String,
    pub(super) description: Option<String>,
    pub(super) scopes: Vec<Scope>,
}

pub(super) enum BackendKind {
    Bearer,
    Cookie,
    OAuth2 { token_url: String },
}

/// What the declaration says about the cookie.
pub(super) enum WrittenCookie {
    /// Nothing: the default of the kind.
    Default,
    /// `cookie = false`.
    Off,
    /// `cookie(...)`.
    Custom(Cookie),
}

/// The attributes that differ from the default.
#[derive(Default)]
pub(super) struct Cookie {
    pub(super) name: Option<String>,
    pub(super) path: Option<String>,
    pub(super) same_site: Option<SameSite>,
}

pub(super) struct Scope {
    /// The name of the generated type.
    pub(super) ident: Ident,
    pub(super) name: String,
    /// Every scope that it implies, directly or indirectly.
    pub(super) implies: Vec<String>,
    pub(super) description: String,
}
