//! Generates constants and calls from a valid model. This cannot fail.

use jwt_auth_grammar::cookie::SameSite;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Generics, Path, parse_quote};

use super::model::{BackendKind, Cookie, Model, Scope, WrittenCookie};
use super::scopes::module_name;
use crate::crate_path::CratePath;

pub(super) fn expand(model: &Model<'_>) -> TokenStream {
    let Model { krate, item, user, .. } = model;
    let name = &item.ident;
    let generics = bounded(&item.generics);
    let (impl_generics, type_generics, bounds) = generics.split_for_impl();
    let spec = spec(model);
    let retrieve_user = retrieve_user(model);
    let revoked = model.revoked.map(|path| revoked(krate, path));
    let authenticate = model.authenticate.map(|path| authenticate(krate, user, path));
    let scope_allowed = model.scope_allowed.map(|path| scope_allowed(krate, user, path));
    let constructor = constructor(krate, item);
    let scopes = scopes_module(krate, item, &model.scopes);
    quote! {
        impl #impl_generics #krate::__private::Sealed for #name #type_generics #bounds {}

        impl #impl_generics #krate::AuthBackend for #name #type_generics #bounds {
            type User = #user;
            const SPEC: #krate::Spec = #spec;
            #retrieve_user
            #revoked
            #authenticate
            #scope_allowed
        }
        #constructor
        #scopes
    }
}

/// The call of `retrieve_user`. If the function does not fit, the compiler reports it once, at its path in the
/// attribute: everything that can be wrong has the span of that path. The arguments have the span of the macro for
/// the sake of hygiene, and their types follow from `Self`.
fn retrieve_user(model: &Model<'_>) -> TokenStream {
    let (krate, user) = (model.krate, model.user);
    let place = model.retrieve_user.map_or_else(Span::call_site, Spanned::span);
    let arguments = quote!(self, __token, __request);
    let here = krate.at(place);
    let call = match model.retrieve_user {
        Some(path) => quote_spanned!(place=> #here::__private::find::<Self, _, _>(#path, #arguments)),
        None => quote!(#krate::__private::stateless_user::<#user>(__token)),
    };
    let answer = quote_spanned!(place=> impl #here::user::Answer<::core::option::Option<#user>>);
    quote! {
        fn retrieve_user<'__a>(
            &'__a self,
            __token: &'__a #krate::Token,
            __request: &'__a #krate::Parts,
        ) -> #answer {
            #call
        }
    }
}

fn revoked(krate: &CratePath, path: &Path) -> TokenStream {
    let arguments = quote!(self, __token);
    let here = krate.at(path.span());
    let answer = quote_spanned!(path.span()=> impl #here::user::Answer<::core::primitive::bool>);
    let call = quote_spanned!(path.span()=> #here::__private::is_revoked::<Self, _, _>(#path, #arguments));
    quote! {
        fn revoked<'__a>(&'__a self, __token: &'__a #krate::Token) -> #answer {
            #call
        }
    }
}

fn authenticate(krate: &CratePath, user: &syn::Type, path: &Path) -> TokenStream {
    let arguments = quote!(self, __username, __password, __request);
    let here = krate.at(path.span());
    let answer = quote_spanned!(path.span()=> impl #here::user::Answer<::core::option::Option<#user>>);
    let call = quote_spanned!(path.span()=> #here::__private::check_password::<Self, _, _>(#path, #arguments));
    quote! {
        fn check_password<'__a>(
            &'__a self,
            __username: &'__a ::core::primitive::str,
            __password: &'__a ::core::primitive::str,
            __request: &'__a #krate::Parts,
        ) -> #answer {
            #call
        }
    }
}

fn scope_allowed(krate: &CratePath, user: &syn::Type, path: &Path) -> TokenStream {
    let arguments = quote!(self, __user, __scope);
    let here = krate.at(path.span());
    let call = quote_spanned!(path.span()=> #here::__private::is_scope_allowed::<Self, _>(#path, #arguments));
    quote! {
        fn allows_scope(&self, __user: &#user, __scope: &::core::primitive::str) -> ::core::primitive::bool {
            #call
        }
    }
}

/// `Auth { .. }.backend()`, as an inherent function, so that no trait must be imported.
pub(super) fn constructor(krate: &CratePath, item: &DeriveInput) -> TokenStream {
    let (name, visibility) = (&item.ident, &item.vis);
    let generics = bounded(&item.generics);
    let (impl_generics, type_generics, bounds) = generics.split_for_impl();
    quote! {
        impl #impl_generics #name #type_generics #bounds {
            #[doc = "The settings of one deployment of this backend."]
            #visibility fn backend(self) -> #krate::Builder<Self> {
                #krate::Builder::new(self)
            }
        }
    }
}

/// The module with one type for each scope.
pub(super) fn scopes_module(krate: &CratePath, item: &DeriveInput, scopes: &[Scope]) -> Option<TokenStream> {
    if scopes.is_empty() {
        return None;
    }
    let (module, visibility) = (module_name(&item.ident), &item.vis);
    let doc = format!("The scopes of `{}`.", item.ident);
    let types = scopes.iter().map(|Scope { ident, name, description, .. }| {
        quote! {
            #[doc = #description]
            pub enum #ident {}
            impl #krate::guard::Scope for #ident {
                const NAME: &'static ::core::primitive::str = #name;
            }
        }
    });
    Some(quote! {
        #[doc = #doc]
        #visibility mod #module {
            #(#types)*
        }
    })
}

fn spec(model: &Model<'_>) -> TokenStream {
    let Model { krate, scheme_name, .. } = model;
    let start = match &model.kind {
        BackendKind::Bearer => quote!(bearer(#scheme_name)),
        BackendKind::Cookie => quote!(cookie_kind(#scheme_name)),
        BackendKind::OAuth2 { token_url } => quote!(oauth2(#scheme_name, #token_url)),
    };
    // `Spec` has a function for each of these keys, with the same name.
    let urls = model.optional_urls.iter().map(|(endpoint, path)| {
        let key = Ident::new(endpoint.key(), Span::call_site());
        quote!(.#key(#path))
    });
    let header = model.header.iter().map(|header| quote!(.header(#header)));
    let cookie = match &model.cookie {
        WrittenCookie::Default => None,
        WrittenCookie::Off => Some(quote!(.without_cookie())),
        WrittenCookie::Custom(cookie) => {
            let cookie = cookie_spec(krate, cookie);
            Some(quote!(.cookie(#cookie)))
        }
    };
    let description = model.description.iter().map(|text| quote!(.description(#text)));
    let scopes = (!model.scopes.is_empty()).then(|| {
        let module = module_name(&model.item.ident);
        let all = model.scopes.iter().map(|scope| scope_spec(krate, &module, scope));
        quote!(.scopes(const { &[#(#all),*] }))
    });
    let exclude = (!model.exclude.is_empty()).then(|| {
        let all = model.exclude.iter();
        quote!(.exclude(&[#(#all),*]))
    });
    let authenticates = model.authenticate.map(|_| quote!(.authenticates()));
    let asks_revoked = model.revoked.map(|_| quote!(.asks_revoked()));
    let looks_up = model.retrieve_user.map(|_| quote!(.looks_up()));
    quote!(#krate::Spec::#start #(#urls)* #looks_up #asks_revoked #authenticates #(#header)* #cookie #(#description)* #scopes #exclude)
}

fn scope_spec(krate: &CratePath, module: &Ident, scope: &Scope) -> TokenStream {
    let Scope { ident, description, implies, .. } = scope;
    let implying = (!implies.is_empty()).then(|| quote!(.implying(&[#(#implies),*])));
    quote!(#krate::__private::ScopeSpec::of::<#module::#ident>(#description) #implying)
}

fn cookie_spec(krate: &CratePath, cookie: &Cookie) -> TokenStream {
    let Cookie { name, path, same_site } = cookie;
    let name = name.iter().map(|name| quote!(.name(#name)));
    let path = path.iter().map(|path| quote!(.path(#path)));
    let same_site = same_site.iter().map(|value| {
        let value = Ident::new(same_site_variant(*value), Span::call_site());
        quote!(.same_site(#krate::__private::SameSite::#value))
    });
    quote!(#krate::__private::CookieSpec::new() #(#name)* #(#path)* #(#same_site)*)
}

fn same_site_variant(value: SameSite) -> &'static str {
    match value {
        SameSite::Strict => "Strict",
        SameSite::Lax => "Lax",
        SameSite::None => "None",
    }
}

/// Adds the bounds that type parameters need, since a backend is shared between threads and outlives every request.
pub(super) fn bounded(generics: &Generics) -> Generics {
    let mut generics = generics.clone();
    let parameters: Vec<_> = generics.type_params().map(|parameter| parameter.ident.clone()).collect();
    if !parameters.is_empty() {
        let where_clause = generics.make_where_clause();
        for parameter in parameters {
            where_clause
                .predicates
                .push(parse_quote!(#parameter: ::core::marker::Send + ::core::marker::Sync + 'static));
        }
    }
    generics
}
