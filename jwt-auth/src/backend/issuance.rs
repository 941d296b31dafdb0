//! The settings for issuing tokens, besides the keys.

use crate::credential::refresh_cookie::RefreshCookie;
use crate::records::refresh_policy::RefreshTokens;

/// The settings of the tokens and sessions that the backend issues.
pub(crate) struct Issuance {
    /// Whether the backend issues tokens; otherwise it only verifies them.
    pub(crate) is_on: bool,
    /// The `iss` claim. For a backend that only verifies, the first trusted issuer.
    pub(crate) issuer: String,
    /// The default of the `client_id` claim. A token that an OAuth client requests names that client instead.
    pub(crate) client_id: String,
    /// The lifetime of an access token, in seconds.
    pub(crate) lifetime: u64,
    /// `None` if no refresh tokens are issued.
    pub(crate) refresh: Option<RefreshTokens>,
    /// The cookie of a refresh token, if the declaration has a `refresh_url`.
    pub(crate) refresh_cookie: Option<RefreshCookie>,
}
