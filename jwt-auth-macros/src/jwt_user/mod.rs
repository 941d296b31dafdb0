//! `#[derive(JwtUser)]`.

mod parse;
mod model;
mod check;
mod expand;
mod fallback;

use proc_macro2::TokenStream;

use crate::diag::Diag;

pub(crate) fn derive(item: TokenStream) -> TokenStream {
    let item: syn::DeriveInput = match syn::parse2(item) {
        Ok(item) => item,
        Err(error) => return error.to_compile_error(),
    };
    let mut diag = Diag::new();
    let parsed = parse::parse(&item, &mut diag);
    let model = check::check(&item, &parsed, &mut diag);
    match diag.finish(model) {
        Ok(model) => expand::expand(&model),
        Err(errors) => fallback::fallback(&item, &parsed, &errors),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(item: TokenStream) -> String {
        prettyplease::unparse(&syn::parse2(derive(item)).unwrap())
    }

    #[test]
    fn the_expansion_is_constants_and_calls() {
        let text = expanded(quote::quote! {
            struct User {
                #[jwt_user(id)]
                id: Uuid,
                #[jwt_user(claim = "p")]
                plan: Plan,
            }
        });
        expect_test::expect_file!["snapshots/stateless_user.rs"].assert_eq(&text);
        assert!(text.lines().count() <= 45, "{} lines", text.lines().count());
    }
}
