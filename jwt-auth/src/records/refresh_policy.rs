//! The settings of refresh tokens.

use std::time::Duration;

use crate::records::refresh_token::RefreshToken;

/// How long refresh tokens and their sessions last. [`Builder::refresh_tokens`](crate::Builder::refresh_tokens)
/// switches them on.
///
/// ```
/// use std::time::Duration;
/// use jwt_auth::RefreshTokens;
/// let refresh = RefreshTokens::new().idle(Duration::from_secs(3_600)).absolute(Duration::from_secs(86_400));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshTokens {
    pub(crate) idle: Duration,
    pub(crate) absolute: Duration,
    pub(crate) grace: Duration,
}

impl RefreshTokens {
    /// A refresh token can be used for 14 days, a session lasts 90 days at most, and there is no grace.
    #[must_use]
    pub const fn new() -> Self {
        const DAY: u64 = 24 * 60 * 60;
        Self { idle: Duration::from_secs(14 * DAY), absolute: Duration::from_secs(90 * DAY), grace: Duration::ZERO }
    }

    /// How long a refresh token can be used, in whole seconds. Each refresh gives a new one.
    #[must_use]
    pub const fn idle(self, idle: Duration) -> Self {
        Self { idle, ..self }
    }

    /// How long a session lasts at most, in whole seconds. After that the user has to sign in again.
    #[must_use]
    pub const fn absolute(self, absolute: Duration) -> Self {
        Self { absolute, ..self }
    }

    /// How long a used token still gives the same successor, in whole seconds: for clients that lose their connection before they
    /// have read the answer. At most a minute. Zero by default, because during this time the use of a stolen token is not
    /// noticed.
    #[must_use]
    pub const fn grace(self, grace: Duration) -> Self {
        Self { grace, ..self }
    }

    /// What is wrong with the settings, if anything.
    pub(crate) fn mistakes(&self) -> [Option<&'static str>; 3] {
        [
            (self.idle.as_secs() == 0).then_some("`refresh_tokens`: `idle` is shorter than a second"),
            (self.absolute < self.idle).then_some("`refresh_tokens`: `absolute` is shorter than `idle`"),
            (self.grace > Duration::from_secs(60)).then_some("`refresh_tokens`: `grace` is longer than a minute"),
        ]
    }
}

impl Default for RefreshTokens {
    fn default() -> Self {
        Self::new()
    }
}

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
