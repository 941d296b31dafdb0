//! Why an endpoint denies a request. Each refusal is logged once.

use std::borrow::Cow;

use crate::events::not_granted::NotGranted;
use crate::events::tell::Events;
use crate::oauth2::answer::GrantError;
use crate::passwords::error::PasswordError;
use crate::request_info::RequestInfo;
use crate::session::errors::{LoginError, RefreshError};

/// Why an endpoint denies a request.
pub(crate) enum Denied {
    /// The reason is already logged and reported.
    Told(GrantError),
    /// The error says why.
    Grant(GrantError),
    /// What is wrong with the form.
    Form(Cow<'static, str>),
    /// The form did not arrive in time.
    Slow(Cow<'static, str>),
}

impl Denied {
    /// Logs and reports a refused sign-in or refresh, unless that is already done.
    pub(crate) fn tell(self, events: &Events, is_refresh: bool, request: &RequestInfo) -> GrantError {
        let (error, reason) = self.untold();
        match reason {
            Some(reason) if is_refresh => events.refresh_refused(&reason, request),
            Some(reason) => events.sign_in_refused(&reason, request),
            None => {}
        }
        error
    }

    /// Logs a refused request that is neither a sign-in nor a refresh, unless that is already done.
    pub(crate) fn log(self, request: &RequestInfo) -> GrantError {
        let (error, reason) = self.untold();
        if let Some(reason) = reason {
            reason.log(Some(request.facts()));
        }
        error
    }

    fn untold(self) -> (GrantError, Option<NotGranted>) {
        let (error, reason) = match self {
            Self::Told(error) => return (error, None),
            Self::Form(why) => (GrantError::InvalidRequest, NotGranted::InvalidRequest(why)),
            Self::Slow(why) => (GrantError::Slow, NotGranted::InvalidRequest(why)),
            Self::Grant(error) => (error, reason(error)),
        };
        (error, Some(reason))
    }
}

fn reason(error: GrantError) -> NotGranted {
    match error {
        GrantError::InvalidRequest => {
            NotGranted::InvalidRequest("the `client_id` is malformed, or the client says in two ways who it is".into())
        }
        GrantError::UnsupportedGrantType => {
            NotGranted::InvalidRequest("the endpoint does not support this `grant_type`".into())
        }
        GrantError::InvalidClient => NotGranted::InvalidClient,
        GrantError::InvalidScope => NotGranted::InvalidScope,
        GrantError::InvalidGrant => NotGranted::OtherClient,
        other => NotGranted::Failed(other.to_string()),
    }
}

impl From<GrantError> for Denied {
    fn from(error: GrantError) -> Self {
        Self::Grant(error)
    }
}

impl From<PasswordError> for Denied {
    fn from(error: PasswordError) -> Self {
        Self::Told(error.into())
    }
}

impl From<LoginError> for Denied {
    fn from(error: LoginError) -> Self {
        Self::Told(error.into())
    }
}

impl From<RefreshError> for Denied {
    fn from(error: RefreshError) -> Self {
        Self::Told(error.into())
    }
}
