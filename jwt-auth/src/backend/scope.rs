//! Scopes as types, so that a misspelt one does not compile.

use std::any::TypeId;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use crate::token::Token;

/// A scope that a backend declares with `scopes(...)`. The macro makes one type for each.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no scope",
    label = "expected a type that `scopes(...)` of `#[auth_backend]` makes",
    note = "`scopes(read = \"Read orders\")` on `struct Auth` makes `auth::Read`"
)]
pub trait Scope: Send + Sync + 'static {
    /// The scope's name, as tokens carry it.
    const NAME: &'static str;
}

/// One entry of `scopes(...)`.
#[derive(Clone, Copy, Debug)]
pub struct ScopeSpec {
    pub(crate) name: &'static str,
    #[cfg_attr(not(feature = "openapi"), allow(dead_code, reason = "only the document shows it"))]
    pub(crate) description: &'static str,
    /// The type of [`Require`] for this scope, by which the document finds it among a handler's arguments.
    #[cfg_attr(not(feature = "openapi"), allow(dead_code, reason = "only the document looks for it"))]
    pub(crate) require: fn() -> TypeId,
}

impl ScopeSpec {
    /// One entry of `scopes(...)`.
    pub const fn of<S: Scope>(description: &'static str) -> Self {
        Self { name: S::NAME, description, require: TypeId::of::<Require<S>> }
    }
}

/// Lets a request pass only where its token has the scope `S`: 403 with `insufficient_scope` otherwise, 401 where no
/// valid token was presented. Dereferences to the [`Token`].
///
/// `#[auth_backend]` makes a type for every entry of `scopes(...)`, in a module named like the struct in snake case:
///
/// ```
/// # use jwt_auth::{auth_backend, JwtUser, Require};
/// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
/// #[auth_backend(kind = "bearer", user = User, scopes(read = "Read orders", "orders:write" = "Change orders"))]
/// struct Auth;
///
/// async fn order(_: Require<auth::Read>, user: User) {}
/// async fn change_order(_: Require<auth::OrdersWrite>, user: User) {}
/// ```
pub struct Require<S: Scope> {
    pub(crate) token: Token,
    pub(crate) scope: PhantomData<fn() -> S>,
}

impl<S: Scope> Require<S> {
    /// The token that has the scope.
    pub fn into_token(self) -> Token {
        self.token
    }
}

impl<S: Scope> Deref for Require<S> {
    type Target = Token;

    fn deref(&self) -> &Token {
        &self.token
    }
}

impl<S: Scope> fmt::Debug for Require<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Require").field("scope", &S::NAME).field("token", &self.token).finish()
    }
}
