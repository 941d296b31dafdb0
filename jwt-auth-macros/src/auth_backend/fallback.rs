//! The code after a mistake: the trait, the constructor and the scopes exist anyway, so that one mistake gives one
//! error.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::DeriveInput;

use super::expand::{bounded, constructor, scopes_module};
use super::parse::Parsed;
use super::scopes;
use crate::diag::Diag;
use crate::lifetimes::{owned, static_arguments};

pub(super) fn fallback(item: Option<&DeriveInput>, parsed: &Parsed, errors: TokenStream) -> TokenStream {
    let Some(item) = item else { return errors };
    let (krate, name) = (&parsed.krate, &item.ident);
    let user = match &parsed.user {
        Some(user) => user.to_token_stream(),
        None => quote!(#krate::__private::NoUser),
    };
    let generics = bounded(&owned(&item.generics));
    let (impl_generics, _, bounds) = generics.split_for_impl();
    let type_generics = static_arguments(&item.generics);
    let constructor = item.generics.lifetimes().next().is_none().then(|| constructor(krate, item));
    // The mistakes in the scopes are already in `errors`.
    let mut diag = Diag::new();
    let scopes = scopes::check(&parsed.scopes, &mut diag);
    let scopes = scopes_module(krate, item, &diag.discard(scopes));
    quote! {
        #errors
        impl #impl_generics #krate::__private::Sealed for #name #type_generics #bounds {}

        impl #impl_generics #krate::AuthBackend for #name #type_generics #bounds {
            type User = #user;
            const SPEC: #krate::Spec = #krate::Spec::bearer("");
            fn retrieve_user<'__a>(
                &'__a self,
                _: &'__a #krate::Token,
                _: &'__a #krate::Parts,
            ) -> impl #krate::user::Answer<::core::option::Option<Self::User>> {
                #krate::__private::no_lookup()
            }
        }
        #constructor
        #scopes
    }
}
