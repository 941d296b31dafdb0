//! The extractors that demand scopes: `Require` demands all of them, `RequireAny` at least one.

use std::any::type_name;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use crate::declaration::scope::{Scope, ScopeType};
use crate::jose::token::Token;

/// The parameter of [`Require`] and [`RequireAny`]: one [`Scope`], or a tuple of 2 to 8 scopes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a scope",
    label = "expected a type made by `scopes(...)` of `#[auth_backend]`, or a tuple of 2 to 8 such types",
    note = "`scopes(read = \"Read orders\")` on `struct Auth` makes `auth::Read`"
)]
pub trait ScopeSet: Send + Sync + 'static {
    #[doc(hidden)]
    const SCOPES: &'static [ScopeType];
}

#[diagnostic::do_not_recommend]
impl<S: Scope> ScopeSet for S {
    const SCOPES: &'static [ScopeType] = &[ScopeType::of::<S>()];
}

macro_rules! scope_sets {
    ($(($($scope:ident)+))+) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($scope: Scope),+> ScopeSet for ($($scope,)+) {
            const SCOPES: &'static [ScopeType] = &[$(ScopeType::of::<$scope>()),+];
        }
    )+};
}

scope_sets!((A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H));

/// The demand of a [`Require`] or [`RequireAny`], as a value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequiredScopes {
    pub(crate) scopes: &'static [ScopeType],
    /// How many scopes in a row make one alternative: all of them, or 1.
    together: usize,
    type_name: fn() -> &'static str,
}

impl RequiredScopes {
    /// Every scope of the set, as [`Require`] demands it.
    pub(crate) const fn every<S: ScopeSet>() -> Self {
        Self { scopes: S::SCOPES, together: S::SCOPES.len(), type_name: type_name::<S> }
    }

    /// One scope of the set, as [`RequireAny`] demands it.
    pub(crate) const fn any<S: ScopeSet>() -> Self {
        Self { scopes: S::SCOPES, together: 1, type_name: type_name::<S> }
    }

    /// The alternatives. All scopes of at least one of them are demanded.
    pub(crate) fn alternatives(self) -> impl Iterator<Item = &'static [ScopeType]> + Clone {
        self.scopes.chunks(self.together.max(1))
    }

    /// The method of `RequireScopes` with the same demand for a whole router, as code.
    pub(crate) fn router_method(self) -> String {
        let method = if self.together == self.scopes.len() { "require" } else { "require_any" };
        format!("{method}::<{}>()", (self.type_name)())
    }
}

/// `read write`, or `read or write`.
impl fmt::Display for RequiredScopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.scopes.iter().map(|scope| scope.name).collect::<Vec<_>>();
        f.write_str(&names.join(if self.together == self.scopes.len() { " " } else { " or " }))
    }
}

/// Lets a request pass only if its token has the scope `S`, or every scope of a tuple `(A, B)`. Otherwise the answer is
/// 403 with `insufficient_scope`, or 401 if the request has no valid token. Dereferences to the [`Token`].
///
/// A token also has the scopes that its own scopes imply: with `write(read) = "..."` a token with `write` has `read`.
/// If the guard of the request belongs to a backend that does not declare the scope, the answer is 500.
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
/// async fn change_order(_: Require<(auth::Read, auth::OrdersWrite)>, user: User) {}
/// ```
#[doc(alias("permission", "permissions", "role", "guard", "has_permission"))]
pub struct Require<S: ScopeSet> {
    token: Token,
    scopes: PhantomData<fn() -> S>,
}

/// Lets a request pass only if its token has at least one scope of a tuple `(A, B)`. Otherwise like [`Require`].
///
/// ```
/// # use jwt_auth::{auth_backend, JwtUser, RequireAny};
/// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
/// # #[auth_backend(kind = "bearer", user = User, scopes(sales = "Sell", support = "Help customers"))] struct Auth;
/// async fn customer(_: RequireAny<(auth::Sales, auth::Support)>, user: User) {}
/// ```
#[doc(alias("permission", "role", "guard"))]
pub struct RequireAny<S: ScopeSet> {
    token: Token,
    scopes: PhantomData<fn() -> S>,
}

macro_rules! holds_the_token {
    ($extractor:ident, $name:literal, $required:ident) => {
        impl<S: ScopeSet> $extractor<S> {
            pub(crate) const REQUIRED: RequiredScopes = RequiredScopes::$required::<S>();

            /// Wraps a token that has the scopes.
            pub(crate) fn new(token: Token) -> Self {
                Self { token, scopes: PhantomData }
            }

            /// The token that has the scopes.
            pub fn into_token(self) -> Token {
                self.token
            }
        }

        impl<S: ScopeSet> Deref for $extractor<S> {
            type Target = Token;

            fn deref(&self) -> &Token {
                &self.token
            }
        }

        impl<S: ScopeSet> fmt::Debug for $extractor<S> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let scopes = Self::REQUIRED.to_string();
                f.debug_struct($name).field("scopes", &scopes).field("token", &self.token).finish()
            }
        }
    };
}

holds_the_token!(Require, "Require", every);
holds_the_token!(RequireAny, "RequireAny", any);
