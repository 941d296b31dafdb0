//! The macros of [jwt-auth](https://docs.rs/jwt-auth), which re-exports and documents them.
//!
//! Each runs in the same stages: `parse` (tokens to what was written), `check` (one function a rule), `model` (only
//! valid states), `expand` (cannot fail). Where `check` finds mistakes, all of them are reported, the item is emitted
//! unchanged, and `fallback` implements the traits so that no further error follows from the first.

// A module imports only from modules above it; a test reads this list and those of the folders.
mod diag;
mod entries;
mod crate_path;
mod keys;
mod lifetimes;
mod jwt_user;
mod auth_backend;

use proc_macro::TokenStream;

/// Makes a struct the user of a backend.
#[proc_macro_derive(JwtUser, attributes(jwt_user))]
pub fn derive_jwt_user(item: TokenStream) -> TokenStream {
    jwt_user::derive(item.into()).into()
}

/// Declares a backend on a config struct.
#[proc_macro_attribute]
pub fn auth_backend(arguments: TokenStream, item: TokenStream) -> TokenStream {
    auth_backend::attribute(arguments.into(), &item.into()).into()
}
