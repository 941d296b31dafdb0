//! Why a router cannot be protected.

use std::fmt;

use crate::cause::Cause;

/// Why a router cannot be protected.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProtectError {
    /// The router has a route at a path that the library answers itself: `token_url` with `authenticate`, or another endpoint.
    PathTaken {
        /// Such as `token_url`.
        key: &'static str,
        /// Such as `/token`.
        path: String,
    },
    /// The document already has a different security scheme with this name.
    SchemeName(String),
    /// An operation's own `security(...)` names a scheme that is not this backend's.
    UnknownScheme {
        /// Such as `GET /orders`.
        operation: String,
        /// The name of the scheme.
        scheme: String,
    },
    /// An operation requires a scope that the backend does not declare with `scopes(...)`.
    UndeclaredScope {
        /// Such as `GET /orders`.
        operation: String,
        /// The scope.
        scope: String,
    },
    /// A handler or a router requires a scope type of another backend. It counts as different even if this backend declares a scope
    /// with the same name.
    ForeignScope {
        /// Such as `GET /orders`.
        operation: String,
        /// The scope.
        scope: String,
    },
    /// An operation needs a credential because of its handler's arguments, its router or its document, but `exclude` opens it.
    OpenButLocked {
        /// Such as `GET /orders`.
        operation: String,
    },
    /// An operation is open in its document (`security(())`), but no pattern of `exclude` opens it.
    LockedButOpen {
        /// Such as `GET /orders`.
        operation: String,
    },
    /// The document has a path, but the router has no route with this template, so the guard could not enforce the document. Either
    /// a service or a fallback answers the path, or the route is spelled differently.
    NoRoute {
        /// Such as `/orders/{id}`.
        path: String,
    },
    /// A pattern of `exclude` covers no documented operation and no route of the router. Most often the route was renamed.
    DeadPattern {
        /// The pattern, as it is written in `exclude`.
        pattern: String,
        /// Routes of which the pattern covers only a part.
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
                "the router has a route `{path}`, where the library answers because of `authenticate`; remove one of them"
            ),
            Self::PathTaken { key, path } => write!(
                f,
                "the router has a route `{path}`, where the library answers because of `{key}`; remove the route or change `{key}`"
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
                write!(f, "`{operation}` requires the scope `{scope}`; add it to `scopes(...)` of `#[auth_backend]`")
            }
            Self::ForeignScope { operation, scope } => write!(
                f,
                "`{operation}` requires the scope `{scope}` of another backend; require a scope of this backend, or protect the router with the other backend"
            ),
            Self::OpenButLocked { operation } => write!(
                f,
                "`exclude` opens `{operation}`, which needs a user because of an argument of its handler, its router or `security(...)`; take an optional user, or remove the pattern"
            ),
            Self::LockedButOpen { operation } => write!(
                f,
                "`{operation}` has `security(())` in its `#[utoipa::path]`, but no pattern of `exclude` opens it; add a pattern, or remove `security(())`"
            ),
            Self::NoRoute { path } => write!(
                f,
                "the document has `{path}`, but the router has no such route; register the handler with `routes!`, write `{{*rest}}` for several segments, and use `nest` instead of `nest_service`"
            ),
            Self::DeadPattern { pattern, near } => {
                write!(f, "the pattern `{pattern}` of `exclude` covers no route; ")?;
                match near.first() {
                    Some(route) => {
                        write!(f, "it covers only a part of `{route}`, so cover all of it or remove the pattern")
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

/// Prints the text of `Display`, because a `main` that returns the error prints its `Debug` form.
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
