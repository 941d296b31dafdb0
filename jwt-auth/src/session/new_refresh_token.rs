//! A new refresh token, as the answer carries it.

use crate::records::refresh_policy::RefreshTokens;
use crate::records::refresh_token::RefreshToken;

/// A new refresh token, as the answer carries it.
pub(crate) struct NewRefreshToken {
    pub(crate) text: String,
    /// How long a browser keeps the cookie with the token, in seconds.
    pub(crate) max_age: u64,
}

impl RefreshTokens {
    /// The token for the answer. A browser keeps it until it can no longer be used.
    pub(crate) fn new_token(&self, token: &RefreshToken, ends_at: u64, now: u64) -> NewRefreshToken {
        let max_age = ends_at.saturating_sub(now).min(self.idle.as_secs());
        NewRefreshToken { text: token.text().to_string(), max_age }
    }
}
