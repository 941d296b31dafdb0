//! The rules of `scopes(...)`, and the names of the types that it makes.

use proc_macro2::{Ident, Span};

use super::implications;
use super::model::Scope;
use super::parse_scopes::ParsedScope;
use crate::diag::Diag;

pub(super) fn check(written: &[ParsedScope], diag: &mut Diag) -> Vec<Scope> {
    let implications = implications::check(written, diag);
    let mut scopes: Vec<Scope> = Vec::new();
    for (at, scope) in written.iter().enumerate() {
        let Some(description) = &scope.description else { continue };
        let name = scope.name.clone();
        if let Err(error) = jwt_auth_grammar::scope::check(&name) {
            diag.error(scope, error);
            continue;
        }
        let Some(ident) = type_name(&name, scope.key.span()) else {
            diag.error(scope, format!("the scope `{name}` cannot become a type name; start it with a letter"));
            continue;
        };
        if ident == "Self" {
            diag.error(scope, format!("the scope `{name}` would become the type `Self`, which is reserved; rename it"));
            continue;
        }
        if let Some(other) = scopes.iter().find(|other| other.ident == ident) {
            let message = if other.name == name {
                format!("duplicate scope `{name}`; remove one")
            } else {
                format!("the scopes `{}` and `{name}` both become the type `{ident}`; rename one", other.name)
            };
            diag.error(scope, message);
            continue;
        }
        let implies = implications.of(at).into_iter().map(|implied| written[implied].name.clone()).collect();
        scopes.push(Scope { ident, name, implies, description: description.value() });
    }
    scopes
}

/// `orders:read_all` gives `OrdersReadAll`.
fn type_name(scope: &str, span: Span) -> Option<Ident> {
    let words = scope.split(|character: char| !character.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let name: String = words
        .flat_map(|word| {
            let (first, rest) = word.split_at(1);
            [first.to_ascii_uppercase(), rest.to_owned()]
        })
        .collect();
    let starts_well = name.starts_with(|first: char| first.is_ascii_alphabetic());
    starts_well.then(|| Ident::new(&name, span))
}

/// `ApiAuth` gives `api_auth`: the module of a backend's scopes. `_scopes` is added if the module would have the name
/// of the struct, or a reserved one.
pub(super) fn module_name(backend: &Ident) -> Ident {
    let name = backend.to_string();
    let mut snake = String::new();
    let mut before_is_lower = false;
    for character in name.strip_prefix("r#").unwrap_or(&name).chars() {
        if character.is_uppercase() && before_is_lower {
            snake.push('_');
        }
        before_is_lower = character.is_lowercase() || character.is_ascii_digit();
        snake.extend(character.to_lowercase());
    }
    if snake == name || is_reserved(&snake) {
        snake.push_str("_scopes");
    }
    Ident::new(&snake, backend.span())
}

/// Whether a module cannot or should not have this name: it is a keyword of some edition, or it would hide a crate or a
/// primitive type.
fn is_reserved(name: &str) -> bool {
    let crates = ["jwt_auth", "axum", "std", "core", "alloc"];
    let types = ["bool", "char", "str", "f32", "f64"];
    let integers = ["8", "16", "32", "64", "128", "size"];
    let is_integer = name.strip_prefix(['i', 'u']).is_some_and(|width| integers.contains(&width));
    let is_keyword = name == "gen" || syn::parse_str::<Ident>(name).is_err();
    is_keyword || crates.contains(&name) || types.contains(&name) || is_integer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_as_a_person_would() {
        let type_name = |scope| type_name(scope, Span::call_site()).map(|name| name.to_string());
        assert_eq!(type_name("read").as_deref(), Some("Read"));
        assert_eq!(type_name("orders:read_all").as_deref(), Some("OrdersReadAll"));
        assert_eq!(type_name("1st"), None);
        assert_eq!(type_name("!"), None);
        let module_name = |name: &str| module_name(&Ident::new(name, Span::call_site())).to_string();
        assert_eq!(module_name("Auth"), "auth");
        assert_eq!(module_name("ApiAuth"), "api_auth");
        assert_eq!(module_name("OAuth2Api"), "oauth2_api");
        assert_eq!(module_name("auth"), "auth_scopes");
        for reserved in ["Type", "Gen", "Yield", "JwtAuth", "Axum", "Str", "U64", "Isize"] {
            assert!(module_name(reserved).ends_with("_scopes"), "{reserved}");
        }
        assert_eq!(module_name("Int"), "int");
    }
}
