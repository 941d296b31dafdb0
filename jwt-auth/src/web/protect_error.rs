//! Why a router cannot be protected.

use std::fmt;

use crate::cause::Cause;

/// Why a router cannot be protected.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProtectError {
    /// The router has a route where the library answers: at `token_url` with `authenticate`, or at another endpoint's path.
    PathTaken {
        /// Such as `token_url`.
        key: &'static str,
        /// Such as `/token`.
        path: String,
    },
    /// The document has another security scheme of this name already.
    SchemeName(String),
    /// An operation's own `security(...)` names a scheme that its document does not have.
    UnknownScheme {
        /// Such as `GET /orders`.
        operation: String,
        /// The name.
        scheme: String,
    },
    /// An operation demands a scope that the backend does not declare with `scopes(...)`.
    UndeclaredScope {
        /// Such as `GET /orders`.
        operation: String,
        /// The scope.
        scope: String,
    },
    /// A handler or a router demands a scope that is another backend's, though this one may have a scope of the same name.
    ForeignScope {
        /// Such as `GET /orders`.
        operation: String,
        /// The scope.
        scope: String,
    },
    /// An operation demands a credential, by its handler's arguments, its router or its document, and `exclude` opens it.
    OpenButLocked {
        /// Such as `GET /orders`.
        operation: String,
    },
    /// An operation is open in its document (`security(())`), and the guard closes it.
    LockedButOpen {
        /// Such as `GET /orders`.
        operation: String,
    },
    /// The document has a path that no route of the router is written as, so the guard could not enforce what it says: it is
    /// answered by a service or a fallback, or its route is written in another way.
    NoRoute {
        /// Such as `/orders/{id}`.
        path: String,
    },
    /// A pattern of `exclude` covers no documented operation, and no other route that the router tells of. Most often
    /// the route was renamed.
    DeadPattern {
        /// As it is written.
        pattern: String,
        /// Routes that the pattern covers in part.
        near: Vec<String>,
    },
    /// The document does not serialize.
    Document(Cause),
}

impl fmt::Display for ProtectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PathTaken { key: "token_url", path } => write!(
                f,
                "the router has a route `{path}`, and `authenticate` has the library answer there; remove one of them"
            ),
            Self::PathTaken { key, path } => write!(
                f,
                "the router has a route `{path}`, and `{key}` has the library answer there; remove the route or name another path"
            ),
            Self::SchemeName(name) => {
                write!(
                    f,
                    "the document has another security scheme `{name}`; name this one with `scheme_name = \"...\"`"
                )
            }
            Self::UnknownScheme { operation, scheme } => write!(
                f,
                "`{operation}` names the security scheme `{scheme}` in its `#[utoipa::path]`, which is not this backend's; leave `security(...)` out, the guard writes it"
            ),
            Self::UndeclaredScope { operation, scope } => {
                write!(f, "`{operation}` demands the scope `{scope}`; add it to `scopes(...)` of `#[auth_backend]`")
            }
            Self::ForeignScope { operation, scope } => write!(
                f,
                "`{operation}` requires the scope `{scope}` of another backend; require a scope of the backend that protects it, or protect its router with the other backend"
            ),
            Self::OpenButLocked { operation } => write!(
                f,
                "`{operation}` demands a user, by an argument of its handler, by its router or by `security(...)`, and `exclude` opens it; ask for an optional user, or remove the pattern"
            ),
            Self::LockedButOpen { operation } => write!(
                f,
                "`{operation}` says `security(())` in its `#[utoipa::path]`, and no pattern opens it; open it in `exclude`, or remove `security(())`"
            ),
            Self::NoRoute { path } => write!(
                f,
                "the document has `{path}`, and no route of the router is written so; register the handler with `routes!`, with `{{*rest}}` for several segments, and `nest` instead of `nest_service`"
            ),
            Self::DeadPattern { pattern, near } => {
                write!(f, "the pattern `{pattern}` of `exclude` covers no route; ")?;
                match near.first() {
                    Some(route) => {
                        write!(f, "it covers a part of `{route}` only, cover all of that or remove the pattern")
                    }
                    None => f.write_str(
                        "write the route as the router has it, with the prefixes of its nests, or remove the pattern",
                    ),
                }
            }
            Self::Document(error) => write!(f, "the document does not serialize: {error}"),
        }
    }
}

/// The text, since this is what a `main` that returns the error prints.
impl fmt::Debug for ProtectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for ProtectError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Document(error) => Some(error.as_error()),
            _ => None,
        }
    }
}
