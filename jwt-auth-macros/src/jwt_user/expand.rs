//! Generates the implementations from a valid model. This cannot fail.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Generics, parse_quote};

use super::model::{ClaimField, IdField, Model};
use crate::crate_path::CratePath;

pub(super) fn expand(model: &Model<'_>) -> TokenStream {
    let Model { krate, name, generics, id, claims, .. } = model;
    let IdField { field: id_field, ty: id_type } = id;
    let generics = bounded(generics, krate, model);
    let (impl_generics, type_generics, bounds) = generics.split_for_impl();
    let names = claims.iter().map(|claim| &claim.claim);
    let fields = claims.iter().map(|claim| claim.field);
    let types = claims.iter().map(|claim| claim.ty);
    let stateless = model.is_stateless.then(|| stateless(model, &generics));
    let extractors = extractors(krate, &quote!(#name #type_generics), &generics);
    quote! {
        #[automatically_derived]
        impl #impl_generics #krate::JwtUser for #name #type_generics #bounds {
            type Id = #id_type;
            fn id(&self) -> &#id_type {
                &self.#id_field
            }
            fn write_claims(&self, __claims: &mut #krate::user::ClaimWriter<'_>) {
                #(<#types as #krate::user::ClaimValue>::write_claim(&self.#fields, #names, __claims);)*
            }
        }
        #stateless
        #extractors
    }
}

fn stateless(model: &Model<'_>, generics: &Generics) -> TokenStream {
    let Model { krate, name, id: IdField { field: id_field, .. }, claims, .. } = model;
    let (impl_generics, type_generics, bounds) = generics.split_for_impl();
    let fields = claims.iter().map(
        |ClaimField { field, ty, claim }| quote!(#field: <#ty as #krate::user::ClaimValue>::read_claim(__token, #claim)?),
    );
    quote! {
        #[automatically_derived]
        impl #impl_generics #krate::user::StatelessUser for #name #type_generics #bounds {
            fn from_token(__token: &#krate::Token) -> ::core::result::Result<Self, #krate::ClaimError> {
                ::core::result::Result::Ok(Self {
                    #id_field: #krate::__private::id::<Self>(__token)?,
                    #(#fields,)*
                })
            }
        }
    }
}

/// `User` and `Option<User>` as arguments of a handler.
pub(super) fn extractors(krate: &CratePath, user: &TokenStream, generics: &Generics) -> TokenStream {
    let mut with_state = generics.clone();
    with_state.params.push(parse_quote!(__S: ::core::marker::Send + ::core::marker::Sync));
    let (impl_generics, _, _) = with_state.split_for_impl();
    let (_, _, bounds) = generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impl_generics #krate::__private::FromRequestParts<__S> for #user #bounds {
            type Rejection = #krate::Rejection;
            async fn from_request_parts(
                __parts: &mut #krate::__private::Parts,
                _: &__S,
            ) -> ::core::result::Result<Self, Self::Rejection> {
                #krate::__private::user(__parts).await
            }
        }
        #[automatically_derived]
        impl #impl_generics #krate::__private::OptionalFromRequestParts<__S> for #user #bounds {
            type Rejection = #krate::Rejection;
            async fn from_request_parts(
                __parts: &mut #krate::__private::Parts,
                _: &__S,
            ) -> ::core::result::Result<::core::option::Option<Self>, Self::Rejection> {
                #krate::__private::optional_user(__parts).await
            }
        }
    }
}

/// Adds the bounds that the parameters of a generic user need: those of a user, of an id and of claims.
fn bounded(generics: &Generics, krate: &CratePath, model: &Model<'_>) -> Generics {
    let mut generics = generics.clone();
    if generics.type_params().next().is_none() {
        return generics;
    }
    bound_parameters(&mut generics);
    let IdField { ty: id_type, .. } = model.id;
    let where_clause = generics.make_where_clause();
    where_clause.predicates.push(parse_quote!(#id_type: #krate::user::UserId));
    for ClaimField { ty, .. } in &model.claims {
        where_clause.predicates.push(parse_quote!(#ty: #krate::user::ClaimValue));
    }
    generics
}

/// Parameters are cloned with the user and shared between threads.
pub(super) fn bound_parameters(generics: &mut Generics) {
    let parameters: Vec<_> = generics.type_params().map(|parameter| parameter.ident.clone()).collect();
    for parameter in parameters {
        generics.make_where_clause().predicates.push(parse_quote! {
            #parameter: ::core::clone::Clone + ::core::marker::Send + ::core::marker::Sync + 'static
        });
    }
}
