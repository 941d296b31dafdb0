//! `#[auth_backend]`.

mod check;
mod cookie;
mod exclude;
mod expand;
mod fallback;
mod model;
mod parse;
mod scopes;
mod token_url;

use proc_macro2::TokenStream;
use quote::quote;

use crate::diag::Diag;

pub(crate) fn attribute(arguments: TokenStream, item: &TokenStream) -> TokenStream {
    let mut diag = Diag::new();
    let item = &parse::applied_once(item, &mut diag);
    let input = parse::item(item, &mut diag);
    let parsed = parse::parse(arguments, &mut diag);
    let model = input.as_ref().and_then(|input| check::check(input, &parsed, &mut diag));
    let generated = match diag.finish(model) {
        Ok(model) => expand::expand(&model),
        Err(errors) => fallback::fallback(input.as_ref(), &parsed, errors),
    };
    quote!(#item #generated)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(arguments: TokenStream, item: &TokenStream) -> String {
        prettyplease::unparse(&syn::parse2(attribute(arguments, item)).unwrap())
    }

    #[test]
    fn the_expansion_is_at_most_40_lines_of_constants_and_calls() {
        let arguments = quote! {
            kind = "oauth2",
            user = User,
            retrieve_user = find_user,
            token_url = "/login",
            scopes(read = "Read orders", write = "Change orders"),
            exclude = ["/schema", "/docs/{*rest}", "GET /products/{id}"],
        };
        let item = quote!(
            struct Auth {
                db: SqlitePool,
            }
        );
        let item_lines = prettyplease::unparse(&syn::parse2(item.clone()).unwrap()).lines().count();
        let text = expanded(arguments, &item);
        expect_test::expect_file!["snapshots/oauth2.rs"].assert_eq(&text);
        let generated = text.lines().count() - item_lines;
        assert!(generated <= 40, "{generated} lines");
    }
}
