//! `#[auth_backend]`.

mod other_names;
mod parse_scopes;
mod parse;
mod model;
mod implications;
mod scopes;
mod cookie;
mod endpoint_urls;
mod exclude;
mod check;
mod expand;
mod fallback;

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

    /// The messages for a declaration, in no particular order.
    fn mistakes(arguments: &str) -> Vec<String> {
        let tokens = attribute(
            arguments.parse().unwrap(),
            &quote!(
                struct Auth;
            ),
        )
        .to_string();
        let texts = tokens.split("compile_error ! {").skip(1);
        let text = |rest: &str| syn::parse_str::<syn::LitStr>(rest.split(" }").next().unwrap()).unwrap().value();
        texts.map(text).collect()
    }

    #[test]
    fn the_exclude_list_is_checked_as_a_whole() {
        let of = |kind: &str, list: &str| mistakes(&format!("kind = {kind}, user = User, exclude = [{list}]"));
        let bearer = |list: &str| of("\"bearer\"", list);
        let oauth2 = |list: &str| of("\"oauth2\", token_url = \"/login\"", list);
        assert!(bearer(r#""/a", "/b/{c}", "GET /d", "POST /d", "/e/{*f}", "/e", "/login""#).is_empty());
        assert_eq!(bearer(r#""/a", "/a""#), ["duplicate pattern `/a`; remove one"]);
        assert_eq!(bearer(r#""/{a}", "/{b}""#), ["`/{b}` is already covered by `/{a}`; remove it"]);
        assert_eq!(bearer(r#""GET /a", "/a", "POST /b""#), ["`GET /a` is already covered by `/a`; remove it"]);
        assert_eq!(bearer(r#""/a/b", "/a/c", "/a/{*d}""#).len(), 2);
        assert_eq!(bearer(r#""/{a}", "/{b}/{*c}""#).len(), 1);
        assert_eq!(bearer(r#""a", "/{b", "/c""#).len(), 2);
        assert_eq!(oauth2(r#""/a", "POST /login""#), ["`token_url` is open already; remove this pattern"]);
        let misplaced = of("\"bearer\", token_url = \"/login\"", r#""POST /login""#);
        assert!(misplaced.len() == 1 && misplaced[0].contains("only applies to"), "{misplaced:?}");
        assert!(oauth2(r#""/a", "/login/{x}""#).is_empty());
    }

    #[test]
    fn the_token_url_belongs_to_oauth2() {
        let of = |arguments: &str| mistakes(&format!("user = User, {arguments}"));
        assert!(of(r#"kind = "oauth2", token_url = "/login/""#).is_empty());
        assert!(of(r#"kind = "bearer""#).is_empty() && of(r#"kind = "cookie""#).is_empty());
        assert_eq!(of(r#"kind = "oauth2""#), ["kind `oauth2` requires `token_url`; add `token_url = \"/login\"`"]);
        assert_eq!(of(r#"kind = "oauth2", tokn_url = "/login""#).len(), 1);
        assert_eq!(of(r#"kind = "oauth2", token_url = "login""#).len(), 1);
        assert_eq!(
            of(r#"kind = "oauth2", token_url = "/token", revoke_url = "/token""#),
            ["`revoke_url` has the same path as `token_url`; write `\"/revoke\"`"]
        );
        assert_eq!(
            of(r#"kind = "cookie", refresh_url = "/refresh", exclude = ["/refresh"]"#),
            ["`refresh_url` is open already; remove this pattern"]
        );
    }

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
            scopes(read = "Read orders", write(read) = "Change orders"),
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
