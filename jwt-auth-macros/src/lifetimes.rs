//! Structs with lifetimes are refused. Their fallback is implemented for the `'static` form of the struct, so that the
//! refusal is the only error.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{GenericParam, Generics};

/// The generics without the lifetimes.
pub(crate) fn owned(generics: &Generics) -> Generics {
    let mut owned = generics.clone();
    owned.params = generics.params.iter().filter(|param| !is_lifetime(param)).cloned().collect();
    if generics.lifetimes().next().is_some() {
        owned.where_clause = None;
    }
    owned
}

/// `<'static, T>` for `<'a, T>`.
pub(crate) fn static_arguments(generics: &Generics) -> TokenStream {
    let arguments = generics.params.iter().map(|param| match param {
        GenericParam::Lifetime(_) => quote!('static),
        GenericParam::Type(param) => {
            let name = &param.ident;
            quote!(#name)
        }
        GenericParam::Const(param) => {
            let name = &param.ident;
            quote!(#name)
        }
    });
    quote!(<#(#arguments),*>)
}

fn is_lifetime(param: &GenericParam) -> bool {
    matches!(param, GenericParam::Lifetime(_))
}
