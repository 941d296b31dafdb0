//! Who asks: the credential, what it proves, and that no other site caused the request.

use std::sync::Arc;

use http::request::Parts;

use crate::backend::{AuthBackend, Inner};
use crate::clock::ClockError;
use crate::credential::Carrier;
use crate::csrf;
use crate::rejection::RejectionReason;
use crate::token::{Token, TokenError};

impl<A: AuthBackend> Inner<A> {
    /// The token of a request, how it came, and its user. `now` is when the check begins.
    pub(super) async fn authenticate(
        &self,
        parts: &Parts,
        now: Result<u64, ClockError>,
    ) -> Result<(Token, Carrier, Arc<A::User>), RejectionReason> {
        let credential = self.sources.find(&parts.headers)?;
        let entry = self.verify(credential.token, now).await.map_err(|reason| match reason {
            RejectionReason::Token(TokenError::NotCompact) if !credential.is_well_formed() => {
                RejectionReason::MalformedHeader
            }
            reason => reason,
        })?;
        if credential.carrier == Carrier::Cookie {
            csrf::check(parts, &self.allowed_origins).map_err(|csrf::CrossSite| RejectionReason::CrossSite)?;
        }
        let user = self.accept(&entry, now, parts).await?;
        Ok((entry.token, credential.carrier, user))
    }
}
