//! Signing users in and out: new tokens, sessions that refresh tokens continue, and revocation.
//!
//! A handler takes [`AuthSession`] and returns what it gives:
//!
//! ```
//! use jwt_auth::{auth_backend, AuthSession, JwtUser, Login, LoginError, Logout, LogoutError};
//! # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
//! # #[auth_backend(kind = "cookie", user = User, exclude = ["/sign-in"])] struct Auth;
//!
//! async fn sign_in(session: AuthSession<Auth>) -> Result<Login, LoginError> {
//!     session.login(&User { id: 7 }).await
//! }
//!
//! async fn sign_out(session: AuthSession<Auth>) -> Result<Logout, LogoutError> {
//!     session.logout().await
//! }
//! ```
//!
//! [`Backend::revoke_user`](crate::Backend::revoke_user) signs a user out everywhere, and
//! [`Backend::sessions`](crate::Backend::sessions) lists where a user is signed in.
//!
//! Traps:
//!
//! * A [`LoginBuilder`] does nothing until it is awaited, and the browser gets the cookie only if the handler returns the
//!   [`Login`].
//! * Sign out by `POST`. A link on another site sends a `GET`.
//! * Without [`refresh_tokens`](crate::Builder::refresh_tokens) no session begins: a sign-in lasts as long as its token.
//! * A refresh token can be used once. A client that uses it twice at the same time needs
//!   [`RefreshTokens::grace`](crate::RefreshTokens::grace).

pub(crate) mod login_error;
pub(crate) mod logout;
pub(crate) mod refresh_error;
pub(crate) mod answers;
pub(crate) mod request_auth;
pub(crate) mod purpose;
pub(crate) mod login;
pub(crate) mod auth_session;
pub(crate) mod new_refresh_token;
pub(crate) mod issued;
pub(crate) mod session_claims;
pub(crate) mod refresh;
pub(crate) mod revoke;
pub(crate) mod sessions;
pub(crate) mod sign_in;

pub use crate::backend::verify::Verified;
pub use crate::records::refresh_policy::RefreshTokens;
pub use auth_session::AuthSession;
pub use issued::Login;
pub use login::LoginBuilder;
pub use login_error::LoginError;
pub use logout::{Logout, LogoutError};
pub use purpose::{Answered, Renewal, SignIn, TokenOnly};
pub use refresh_error::RefreshError;
pub use sessions::UserSession;
