//! Verifies a token that did not come through the guard.

use http::request::Parts;

use crate::access::require::{Require, ScopeSet};
use crate::backend::Backend;
use crate::backend::Mode;
use crate::catch_panic::catch_panic_async;
use crate::hooks::AuthBackend;
use crate::jose::token::Token;
use crate::rejection::Rejection;
use crate::rejection::reason::RejectionReason;

/// A token that passed every check, and its user.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Verified<U> {
    /// The user that `retrieve_user` found, or that was rebuilt from the token.
    pub user: U,
    /// The token.
    pub token: Token,
}

impl<A: AuthBackend, M: Mode> Backend<A, M> {
    /// Checks a token as the guard does: signature, times, issuer, audience and type, revocation, and the user. Use it
    /// for tokens that do not arrive in the header or cookie of a request, for example in the first message of a
    /// WebSocket, a GraphQL subscription, or gRPC metadata.
    ///
    /// `retrieve_user` gets an empty request without headers. To pass a request of yours, use
    /// [`verify_for`](Self::verify_for).
    ///
    /// ```
    /// # use jwt_auth::{auth_backend, Backend, JwtUser, Rejection};
    /// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
    /// # #[auth_backend(kind = "bearer", user = User)] struct Auth;
    /// async fn first_message(auth: &Backend<Auth>, message: &str) -> Result<User, Rejection> {
    ///     Ok(auth.verify(message).await?.user)
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Rejection`] with the status and the reason that the guard would give. It is not logged: log its
    /// [`reason`](Rejection::reason) yourself.
    #[doc(alias("decode", "validate"))]
    pub async fn verify(&self, token: &str) -> Result<Verified<A::User>, Rejection> {
        self.verify_for(token, &http::Request::new(()).into_parts().0).await
    }

    /// Whether a token has the scope `S`, or every scope of a tuple, directly or through a scope that implies it, as
    /// for [`Require`](crate::Require). Use it for tokens that [`verify`](Self::verify) returned. False for a scope of
    /// another backend.
    pub fn grants<S: ScopeSet>(&self, token: &Token) -> bool {
        let required = Require::<S>::REQUIRED;
        required.scopes.iter().all(|scope| A::SPEC.declares(scope))
            && required.unmet(|scope| A::SPEC.is_granted(token.scopes(), scope)).is_none()
    }

    /// Like [`verify`](Self::verify), but passes `request` to `retrieve_user`, for example the request of the WebSocket
    /// upgrade.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify).
    pub async fn verify_for(&self, token: &str, request: &Parts) -> Result<Verified<A::User>, Rejection> {
        let stages = &self.stages;
        let checked = catch_panic_async(async {
            let now = stages.authenticator.now();
            let entry = stages.authenticator.verify(token.as_bytes(), now).await?;
            let user = stages.authenticator.user_unless_revoked(&entry, now, request).await?;
            Ok(Verified { user: A::User::clone(&user), token: entry.token })
        });
        let checked = checked.await.unwrap_or(Err(RejectionReason::Panicked("the clock or the store")));
        checked.map_err(|reason| Rejection::of(request, reason, &stages.presentation))
    }
}
