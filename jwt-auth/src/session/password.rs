//! Checks a password, and reports a refusal.

use crate::backend::Stages;
use crate::events::not_granted::NotGranted;
use crate::hooks::AuthBackend;
use crate::passwords::check::{Checked, PresentedPassword};
use crate::passwords::error::PasswordError;
use crate::request_info::RequestInfo;

impl<A: AuthBackend> Stages<A> {
    /// The user, if the password is right. `None` if it is wrong, or if the user is not allowed in.
    pub(crate) async fn check_password(
        &self,
        presented: PresentedPassword<'_>,
        request: &RequestInfo,
    ) -> Result<Option<A::User>, PasswordError> {
        let now = self.authenticator.now();
        self.tell_refusal(self.passwords.check(&self.authenticator.hooks, presented, now).await, request)
    }

    /// Checks again a password that was right a moment ago.
    pub(crate) async fn check_password_again(
        &self,
        presented: PresentedPassword<'_>,
        request: &RequestInfo,
    ) -> Result<Option<A::User>, PasswordError> {
        self.tell_refusal(self.passwords.check_again(&self.authenticator.hooks, presented).await, request)
    }

    fn tell_refusal(
        &self,
        checked: Result<Checked<A::User>, PasswordError>,
        request: &RequestInfo,
    ) -> Result<Option<A::User>, PasswordError> {
        let (reason, answer) = match checked {
            Ok(Checked::Right(user)) => return Ok(Some(user)),
            Ok(Checked::Wrong) => (NotGranted::WrongPassword, Ok(None)),
            Ok(Checked::NotAllowed(reason)) => (NotGranted::NotAllowed(reason), Ok(None)),
            Err(error) => (NotGranted::from(&error), Err(error)),
        };
        self.events.sign_in_refused(&reason, request);
        answer
    }
}
