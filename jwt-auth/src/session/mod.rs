//! Signing users in and out: new tokens, sessions that refresh tokens continue, and revocation.
//!
//! A handler takes an [`AuthSession`] and returns the [`Login`] or [`Logout`] that it gets from it:
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
//! * Use `POST` for the sign-out route. A link on another site can send a `GET` with the user's cookie.
//! * Only `session.login(&user).with_refresh_token()` starts a session, and needs
//!   [`refresh_tokens`](crate::Builder::refresh_tokens) of the builder. Any other sign-in ends with its access token.
//! * A token has no scopes unless the sign-in grants some with [`LoginBuilder::scopes`].
//! * A backend that only verifies (`Backend<Auth, VerifyOnly>`) signs nobody in and knows no users: it has `revoke`, but neither
//!   `revoke_user` nor `sessions`.
//! * A refresh token can be used once; a second use ends the session. If a client may send the same token twice, for example
//!   from two tabs or after a lost answer, set [`RefreshTokens::grace`](crate::RefreshTokens::grace).
//! * Check the password in the request that signs the user in. Then a [`revoke_user`](crate::Backend::revoke_user) that comes
//!   in between also refuses this sign-in.

pub(crate) mod logout;
pub(crate) mod errors;
pub(crate) mod password;
pub(crate) mod request_auth;
pub(crate) mod purpose;
pub(crate) mod login;
pub(crate) mod login_builder;
pub(crate) mod auth_session;
pub(crate) mod session_claims;
pub(crate) mod refresh;
pub(crate) mod revoke;
pub(crate) mod sessions;
pub(crate) mod sign_in;
pub(crate) mod until_over;

pub use crate::backend::verify::Verified;
pub use crate::records::refresh_policy::RefreshTokens;
pub use auth_session::AuthSession;
pub use errors::LoginError;
pub use errors::RefreshError;
pub use login::Login;
pub use login_builder::LoginBuilder;
pub use logout::{Logout, LogoutError};
pub use purpose::{Answered, Renewal, SignIn, TokenOnly};
pub use sessions::UserSession;
pub use until_over::Over;
