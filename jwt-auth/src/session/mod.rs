//! Signing users in and out: new tokens, sessions with refresh tokens, and revocation.

pub(crate) mod answers;
pub(crate) mod auth_session;
pub(crate) mod issued;
pub(crate) mod login;
pub(crate) mod login_error;
pub(crate) mod logout;
pub(crate) mod purpose;
pub(crate) mod refresh;
pub(crate) mod refresh_error;
pub(crate) mod revoke;
pub(crate) mod session_claims;
pub(crate) mod sessions;
pub(crate) mod sign_in;

pub use crate::records::refresh_policy::RefreshTokens;
pub use auth_session::AuthSession;
pub use issued::Login;
pub use login::LoginBuilder;
pub use login_error::LoginError;
pub use logout::{Logout, LogoutError};
pub use purpose::{Answered, TokenOnly};
pub use refresh::Renewal;
pub use refresh_error::RefreshError;
pub use sessions::UserSession;
pub use sign_in::SignIn;
