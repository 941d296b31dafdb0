//! The keys of the attributes, in one table that the parser, the messages and the test of the documentation read.

use jwt_auth_grammar::endpoint::Endpoint;
use jwt_auth_grammar::kind::Kind;

/// A key of `#[auth_backend]`.
pub(crate) struct Key {
    pub(crate) name: &'static str,
    /// How to write it, for messages.
    pub(crate) example: &'static str,
    /// The kinds that it applies to. Empty for all kinds.
    pub(crate) kinds: &'static [Kind],
}

impl Key {
    const fn endpoint(endpoint: Endpoint) -> Self {
        Self { name: endpoint.key(), example: endpoint.example(), kinds: endpoint.kinds() }
    }
}

pub(crate) const AUTH_BACKEND: &[Key] = &[
    Key { name: "kind", example: r#"kind = "bearer""#, kinds: &[] },
    Key { name: "user", example: "user = User", kinds: &[] },
    Key { name: "retrieve_user", example: "retrieve_user = find_user", kinds: &[] },
    Key { name: "revoked", example: "revoked = is_revoked", kinds: &[] },
    Key { name: "authenticate", example: "authenticate = check_password", kinds: &[] },
    Key { name: "scope_allowed", example: "scope_allowed = may_have", kinds: &[Kind::OAuth2] },
    Key::endpoint(Endpoint::Token),
    Key::endpoint(Endpoint::Revoke),
    Key::endpoint(Endpoint::Introspect),
    Key::endpoint(Endpoint::Refresh),
    Key::endpoint(Endpoint::ResourceMetadata),
    Key { name: "exclude", example: r#"exclude = ["/health"]"#, kinds: &[] },
    Key { name: "header", example: r#"header = "X-API-Key""#, kinds: &[Kind::Bearer, Kind::Cookie] },
    Key { name: "cookie", example: r#"cookie(name = "token")"#, kinds: &[Kind::Cookie, Kind::OAuth2] },
    Key { name: "scheme_name", example: r#"scheme_name = "Auth""#, kinds: &[] },
    Key { name: "description", example: r#"description = "Sign in at /login""#, kinds: &[] },
    Key { name: "scopes", example: r#"scopes(read = "Read orders")"#, kinds: &[] },
    Key { name: "crate", example: "crate = ::jwt_auth", kinds: &[] },
];

/// The keys inside `cookie(...)`.
pub(crate) const COOKIE: &[Key] = &[
    Key { name: "name", example: r#"name = "token""#, kinds: &[] },
    Key { name: "path", example: r#"path = "/""#, kinds: &[] },
    Key { name: "same_site", example: r#"same_site = "lax""#, kinds: &[] },
];

/// The keys of `#[jwt_user(...)]`, on a field or, for `crate`, on the struct.
pub(crate) const JWT_USER_FIELD: &[&str] = &["id", "claim"];
pub(crate) const JWT_USER_ITEM: &[&str] = &["crate"];

pub(crate) fn names(keys: &[Key]) -> Vec<&'static str> {
    keys.iter().map(|key| key.name).collect()
}

pub(crate) fn find(keys: &'static [Key], name: &str) -> Option<&'static Key> {
    keys.iter().find(|key| key.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cells of each row in the tables of keys on a page.
    fn rows(page: &str) -> Vec<Vec<String>> {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../jwt-auth/docs").join(page);
        let text = std::fs::read_to_string(path).unwrap();
        let rows = text.lines().filter(|line| line.starts_with("| `"));
        rows.map(|row| row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()).collect()
    }

    #[test]
    fn the_page_of_the_attribute_has_a_row_for_every_key_and_no_other() {
        let rows = rows("auth_backend.md");
        let keys: Vec<&Key> = AUTH_BACKEND.iter().chain(COOKIE).collect();
        assert_eq!(rows.len(), keys.len());
        for (row, key) in rows.iter().zip(keys) {
            let kinds: Vec<&str> = key.kinds.iter().map(|kind| kind.name()).collect();
            let kinds = if kinds.is_empty() { "all".to_owned() } else { jwt_auth_grammar::words::list(&kinds) };
            let [name, form, default, of, example] = &row[..] else { panic!("{row:?}") };
            assert_eq!((name, of, example), (&format!("`{}`", key.name), &kinds, &format!("`{}`", key.example)));
            assert!(!form.is_empty() && !default.is_empty(), "{row:?}");
        }
    }

    #[test]
    fn the_page_of_the_derive_has_a_row_for_every_key_and_no_other() {
        let names: Vec<String> = rows("jwt_user.md").into_iter().map(|row| row[0].replace('`', "")).collect();
        assert_eq!(names, [JWT_USER_FIELD, JWT_USER_ITEM].concat());
        assert!(rows("jwt_user.md").iter().all(|row| row.len() == 5));
    }
}
