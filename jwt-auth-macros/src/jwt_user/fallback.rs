//! The code after a mistake: the traits are implemented anyway, so that one mistake gives one error.

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use super::expand::{bound_parameters, extractors};
use super::parse::Parsed;
use crate::lifetimes::{owned, static_arguments};

pub(super) fn fallback(item: &DeriveInput, parsed: &Parsed<'_>, errors: &TokenStream) -> TokenStream {
    let (krate, name) = (&parsed.krate, &item.ident);
    let mut generics = owned(&item.generics);
    bound_parameters(&mut generics);
    let (impl_generics, _, bounds) = generics.split_for_impl();
    let type_generics = static_arguments(&item.generics);
    let extractors = extractors(krate, &quote!(#name #type_generics), &generics);
    quote! {
        #errors
        #[automatically_derived]
        impl #impl_generics #krate::JwtUser for #name #type_generics #bounds {
            type Id = #krate::__private::NoId;
            fn id(&self) -> &Self::Id {
                &#krate::__private::NoId
            }
            fn write_claims(&self, _: &mut #krate::user::ClaimWriter<'_>) {}
        }
        #[automatically_derived]
        impl #impl_generics #krate::user::StatelessUser for #name #type_generics #bounds {
            fn from_token(__token: &#krate::Token) -> ::core::result::Result<Self, #krate::ClaimError> {
                #krate::__private::no_user(__token)
            }
        }
        #extractors
    }
}
