//! The macros of [jwt-auth](https://docs.rs/jwt-auth), which re-exports and documents them.
//!
//! Both run in the same stages: `parse` reads the tokens, `check` applies the rules (one function for each), `model`
//! holds the valid declaration, and `expand` generates the code, which cannot fail. If there are mistakes, the macro reports
//! all of them, emits the item unchanged, and `fallback` implements the traits, so that the mistakes cause no further
//! errors.

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
