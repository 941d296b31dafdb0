//! The result of a `LoginBuilder`: only the token's text, or an answer.

use std::fmt;
use std::sync::Arc;

use http::HeaderValue;

use crate::events::event::SignInBy;
use crate::records::refresh::FoundSession;
use crate::records::refresh_policy::RefreshTokens;
use crate::records::refresh_token::RefreshToken;
use crate::request_info::RequestInfo;
use crate::session::request_auth::RequestAuth;

/// The purpose of a [`LoginBuilder`](crate::session::login_builder::LoginBuilder) that only returns the token's text.
#[derive(Debug)]
pub struct TokenOnly(pub(crate) ());

/// The purpose of a [`LoginBuilder`](crate::session::LoginBuilder) that signs the caller in.
pub struct SignIn {
    pub(crate) request: Arc<RequestAuth>,
    /// The `before` of the sign-out after which the user was checked again, in seconds since 1970; 0 if there was none.
    pub(crate) checked_again_at: u64,
    pub(crate) label: String,
    pub(crate) wants_refresh_token: bool,
    pub(crate) keeps_session: bool,
    pub(crate) by: SignInBy,
}

impl SignIn {
    pub(crate) fn by(request: Arc<RequestAuth>) -> Self {
        let (label, by) = (String::new(), SignInBy::Handler);
        Self { request, checked_again_at: 0, label, wants_refresh_token: false, keeps_session: false, by }
    }
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn").field("keeps_session", &self.keeps_session).finish_non_exhaustive()
    }
}

/// The purpose of a [`LoginBuilder`](crate::session::LoginBuilder) that uses a refresh token.
pub struct Renewal {
    pub(crate) presented: RefreshToken,
    pub(crate) found: FoundSession,
    pub(crate) policy: RefreshTokens,
    /// The headers that remove other cookies. `None` if the answer sets no cookies.
    pub(crate) removed_cookies: Option<Vec<HeaderValue>>,
    pub(crate) info: RequestInfo,
    /// Whether the refresh token was used before, so that its session has ended.
    pub(crate) is_reused: bool,
}

impl fmt::Debug for Renewal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renewal").field("session", &self.found.id).finish_non_exhaustive()
    }
}

mod sealed {
    pub trait Answered {}
}

/// The purpose of a [`LoginBuilder`](crate::session::login_builder::LoginBuilder) that returns an answer: [`SignIn`] or
/// [`Renewal`].
pub trait Answered: sealed::Answered {}

impl sealed::Answered for SignIn {}
impl Answered for SignIn {}
impl sealed::Answered for Renewal {}
impl Answered for Renewal {}
