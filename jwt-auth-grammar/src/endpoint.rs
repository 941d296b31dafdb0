//! The endpoints that the library answers: their keys in the attribute, and the rules for their paths.

use std::borrow::Cow;

use crate::error::SyntaxError;
use crate::kind::Kind;
use crate::path::{is_dot_segment, is_literal_char};
use crate::text::first_that;

/// An endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Answers token requests (RFC 6749 sections 4.3 and 6).
    Token,
    /// Revokes a token (RFC 7009).
    Revoke,
    /// Answers a resource server's question about a token (RFC 7662).
    Introspect,
    /// Refreshes the session of a browser, which sends its refresh token in a cookie.
    Refresh,
    /// Publishes the metadata of the protected resource (RFC 9728).
    ResourceMetadata,
}

/// The path of the metadata of a resource, which the path of the resource follows (RFC 9728 section 3.1).
pub const RESOURCE_METADATA: &str = "/.well-known/oauth-protected-resource";

/// One row of the list of endpoints.
struct Row {
    key: &'static str,
    /// The key with a path, for messages and the documentation.
    example: &'static str,
    kinds: &'static [Kind],
}

impl Endpoint {
    /// Every endpoint, in the order of the documentation.
    pub const ALL: [Self; 5] = [Self::Token, Self::Revoke, Self::Introspect, Self::Refresh, Self::ResourceMetadata];

    const fn row(self) -> Row {
        match self {
            Self::Token => Row { key: "token_url", example: r#"token_url = "/login""#, kinds: &[Kind::OAuth2] },
            Self::Revoke => Row { key: "revoke_url", example: r#"revoke_url = "/revoke""#, kinds: &[Kind::OAuth2] },
            Self::Introspect => {
                Row { key: "introspect_url", example: r#"introspect_url = "/introspect""#, kinds: &[Kind::OAuth2] }
            }
            Self::Refresh => Row { key: "refresh_url", example: r#"refresh_url = "/refresh""#, kinds: &[Kind::Cookie] },
            Self::ResourceMetadata => {
                Row { key: "resource", example: r#"resource = "/mcp""#, kinds: &[Kind::Bearer, Kind::OAuth2] }
            }
        }
    }

    /// Its key in `#[auth_backend]`.
    pub const fn key(self) -> &'static str {
        self.row().key
    }

    /// How to write the key, such as `token_url = "/login"`.
    pub const fn example(self) -> &'static str {
        self.row().example
    }

    /// The kinds of backend that may have the endpoint.
    pub const fn kinds(self) -> &'static [Kind] {
        self.row().kinds
    }

    /// The endpoint of a key.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|endpoint| endpoint.key() == key)
    }

    /// The path in the example.
    pub fn example_path(self) -> &'static str {
        self.example().split('"').nth(1).unwrap_or_default()
    }

    /// The path that the endpoint answers, from the path in its key. They differ only for the metadata of a resource, whose key
    /// has the path of the resource.
    pub fn served_path(self, path: &str) -> Cow<'_, str> {
        match (self, path) {
            (Self::ResourceMetadata, "/") => Cow::Borrowed(RESOURCE_METADATA),
            (Self::ResourceMetadata, path) => Cow::Owned(format!("{RESOURCE_METADATA}{path}")),
            (_, path) => Cow::Borrowed(path),
        }
    }

    /// Whether a backend that only verifies tokens has the endpoint too.
    pub fn serves_verifiers(self) -> bool {
        self == Self::ResourceMetadata
    }

    /// What the endpoint is called in messages.
    pub fn subject(self) -> String {
        match self {
            Self::ResourceMetadata => format!("the metadata of `{}`", self.key()),
            _ => format!("`{}`", self.key()),
        }
    }

    /// Checks the path of this endpoint. It has no parameters, because clients send requests to exactly this path.
    ///
    /// # Errors
    ///
    /// If the path is not the path of a route, or has a parameter.
    pub fn check_path(self, path: &str) -> Result<(), SyntaxError> {
        let (key, example) = (self.key(), self.example_path());
        let write = |better: &str| {
            let is_valid = self.check_path(better).is_ok();
            format!("write `\"{}\"`", if is_valid { better } else { example })
        };
        let error = |part: &str, message: String| Err(SyntaxError::new(path, part, message));
        if self == Self::Refresh && path == "/" {
            let message = "the refresh token's cookie would be sent with every request; write `\"/refresh\"`";
            return error(path, message.into());
        }
        if let Some((_, rest)) = path.split_once("://") {
            let root = if self == Self::ResourceMetadata { "/" } else { example };
            let better = rest.find('/').and_then(|slash| rest.get(slash..)).unwrap_or(root);
            return error(
                path,
                format!("`{key}` must be a path on this server, without scheme and host; {}", write(better)),
            );
        }
        if let Some((method, rest)) = path.trim().split_once(char::is_whitespace)
            && !method.starts_with('/')
        {
            return error(method, format!("`{key}` is a path, without a method; {}", write(rest.trim())));
        }
        if let Some((before, _)) = path.split_once(['?', '#']) {
            let wrong = path.get(before.len()..).unwrap_or(path);
            return error(wrong, format!("`{key}` has no query and no fragment; {}", write(before)));
        }
        if let Some(wrong) = first_that(path, |character| "{}*".contains(character)) {
            return error(wrong, format!("`{key}` has no parameters; write `\"{example}\"`"));
        }
        if !path.starts_with('/') {
            return error(path, format!("`{key}` must start with `/`; {}", write(&format!("/{path}"))));
        }
        if let Some(wrong) = first_that(path, |character| character != '/' && !is_literal_char(character)) {
            let shown = wrong.escape_debug();
            return error(wrong, format!("`{key}` cannot contain `{shown}`; write `\"{example}\"`"));
        }
        // A path with a slash at the end is a different route, which is allowed.
        let inner = path.strip_suffix('/').unwrap_or(path);
        if inner.split('/').skip(1).any(str::is_empty) {
            return error(path, format!("`{key}` has an empty segment; write `\"{example}\"`"));
        }
        if let Some(wrong) = path.split('/').find(|segment| is_dot_segment(segment) || segment.starts_with(':')) {
            return error(wrong, format!("`{key}` has a segment that no route can have; write `\"{example}\"`"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_complete_and_its_example_is_valid() {
        for endpoint in Endpoint::ALL {
            assert_eq!(Endpoint::from_key(endpoint.key()), Some(endpoint));
            assert_eq!(endpoint.example(), format!("{} = \"{}\"", endpoint.key(), endpoint.example_path()));
            assert!(endpoint.check_path(endpoint.example_path()).is_ok() && !endpoint.kinds().is_empty());
        }
        assert_eq!(Endpoint::from_key("exclude"), None);
    }

    #[test]
    fn a_literal_path_is_valid_and_nothing_else() {
        for path in ["/", "/login", "/login/", "/api/v1/token", "/a:b"] {
            assert_eq!(Endpoint::Token.check_path(path), Ok(()), "{path}");
        }
        for (path, hint) in [
            ("login", "`\"/login\"`"),
            ("https://example.com/auth/token", "`\"/auth/token\"`"),
            ("http://example.com", "`\"/login\"`"),
            ("POST /token", "`\"/token\"`"),
            ("post  /token ", "`\"/token\"`"),
            ("/token?x=1", "`\"/token\"`"),
            ("/token#x", "`\"/token\"`"),
            ("?", "`\"/login\"`"),
            ("/{tenant}/token", "no parameters"),
            ("/a//b", "empty segment"),
            ("//", "empty segment"),
            ("/../a", "no route can have"),
            ("/:id", "no route can have"),
            ("/a b", "contain ` `"),
            ("/a%20b", "contain `%`"),
            ("/ü", "contain `ü`"),
        ] {
            let message = Endpoint::Token.check_path(path).unwrap_err().to_string();
            assert!(message.contains(hint), "{path}: {message}");
        }
        let message = |endpoint: Endpoint, path| endpoint.check_path(path).unwrap_err().to_string();
        assert!(message(Endpoint::Refresh, "/").contains("`\"/refresh\"`"));
        assert!(message(Endpoint::Revoke, "/{x}").contains("`\"/revoke\"`"));
        assert!(message(Endpoint::ResourceMetadata, "https://api.example.com/mcp").contains("write `\"/mcp\"`"));
        assert!(message(Endpoint::ResourceMetadata, "https://api.example.com").contains("write `\"/\"`"));
        assert_eq!(Endpoint::Token.check_path("/a b").unwrap_err().at(), 2..3);
    }

    // MCP-01: the path of the resource follows the well-known path (RFC 9728 section 3.1).
    #[test]
    fn the_metadata_of_a_resource_has_a_path_of_its_own() {
        let served = |path| Endpoint::ResourceMetadata.served_path(path).into_owned();
        assert_eq!(served("/"), "/.well-known/oauth-protected-resource");
        assert_eq!(served("/mcp"), "/.well-known/oauth-protected-resource/mcp");
        assert_eq!(served("/a/b/"), "/.well-known/oauth-protected-resource/a/b/");
        assert_eq!(Endpoint::Token.served_path("/login"), "/login");
    }

    proptest::proptest! {
        // REL-01
        #[test]
        fn a_path_is_valid_or_the_message_says_what_to_write(path in "[/a-z?#{}*:. %;|]{0,12}|\\PC{0,12}") {
            for endpoint in Endpoint::ALL {
                if let Err(error) = endpoint.check_path(&path) {
                    let (_, better) = error.to_string().rsplit_once("write `\"").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
                    proptest::prop_assert!(endpoint.check_path(better.trim_end_matches("\"`")).is_ok(), "{}", error);
                }
            }
        }
    }
}
