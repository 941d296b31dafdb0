//! Helpers for the tests of an application: a clock that stands still, tokens without a sign-in, and assertions about which
//! routes are open. They need the feature `testing`, which belongs in `[dev-dependencies]`:
//!
//! ```toml
//! [dev-dependencies]
//! jwt-auth = { version = "0.1", features = ["testing"] }
//! ```
//!
//! # The access map as a snapshot
//!
//! [`Protected::access_map`](crate::Protected::access_map) lists who may call which route. Compare its text in a test: every
//! change of access then makes the test fail, and shows up in the review.
//!
//! ```
//! use axum::{Router, routing::get};
//! use jwt_auth::testing::{FixedClock, assert_open, assert_protected};
//! use jwt_auth::{JwtUser, Keys, auth_backend};
//!
//! #[derive(Clone, JwtUser)]
//! struct User {
//!     #[jwt_user(id)]
//!     id: u64,
//! }
//!
//! #[auth_backend(kind = "bearer", user = User, exclude = ["/health"])]
//! struct Auth;
//!
//! fn router() -> Router {
//!     Router::new().route("/health", get(|| async {})).route("/orders/{id}", get(|user: User| async {}))
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let clock = FixedClock::at(1_800_000_000);
//! let auth = Auth.backend().keys(Keys::hs256_ephemeral()?).issuer("test").clock(clock.clone()).build()?;
//! let app = auth.protect(router())?;
//!
//! // The access map as text. `insta` or `expect-test` can update it for you.
//! assert_eq!(
//!     app.access_map().to_string(),
//!     "METHOD  PATH         ACCESS\n\
//!      any     /health      open\n\
//!      any     (any other)  user\n"
//! );
//!
//! // Calls without a credential, through the real router.
//! assert_open!(app, "GET /health");
//! assert_protected!(app, "GET /orders/{id}", "HEAD /orders/7");
//!
//! // A token of a user.
//! let token = auth.token_for(&User { id: 7 });
//! assert_eq!(auth.verified(&token)?.subject(), "7");
//! clock.advance(std::time::Duration::from_secs(3600));
//! assert!(auth.verified(&token).is_err(), "it has expired");
//! # Ok(())
//! # }
//! ```
//!
//! # Panics
//!
//! Everything in this module is for tests and panics if an assertion fails.
#![allow(clippy::panic, clippy::arithmetic_side_effects, reason = "assertions")]

mod assert;
mod clock;
#[doc(hidden)]
pub mod conformance;
mod jws;

use crate::backend::Backend;
use crate::backend::Mode;
use crate::hooks::AuthBackend;
use crate::issuer::verify::Unverified;
use crate::jose::error::TokenError;
use crate::jose::token::Token;

#[doc(hidden)]
pub use crate::testing::assert::{assert_one_open, assert_one_protected};
pub use crate::testing::clock::FixedClock;

#[doc(inline)]
pub use crate::__assert_open as assert_open;
#[doc(inline)]
pub use crate::__assert_protected as assert_protected;
#[doc(inline)]
pub use crate::__store_conformance as store_conformance;

impl<A: AuthBackend> Backend<A> {
    /// A token for `user`, like one of a sign-in without further settings. For a token with scopes, write
    /// `auth.new_token(&user).scopes(["read"]).sign()`.
    ///
    /// # Panics
    ///
    /// Panics with the text of the [`LoginError`](crate::LoginError) if no token can be issued.
    #[must_use]
    pub fn token_for(&self, user: &A::User) -> String {
        self.create_token(user).unwrap_or_else(|error| panic!("no token for this user: {error}"))
    }
}

impl<A: AuthBackend, M: Mode> Backend<A, M> {
    /// Verifies a token as the guard does, so that a test can pass it to `retrieve_user`. It checks no revocation and looks up
    /// no user.
    ///
    /// # Errors
    ///
    /// [`TokenError`] says why the guard refuses the token.
    pub fn verified(&self, token: &str) -> Result<Token, TokenError> {
        let authenticator = &self.stages.authenticator;
        let verified = authenticator.trust.verify(token, authenticator.now());
        verified.map(|entry| entry.token).map_err(Unverified::without_waiting)
    }
}
