//! Who asks: the credential, what it proves, and that no other site caused the request.

use http::request::Parts;

use crate::backend::Inner;
use crate::credential::csrf;
use crate::credential::sources::Carrier;
use crate::hooks::AuthBackend;
use crate::jose::error::TokenError;
use crate::rejection::reason::RejectionReason;
use crate::web::request_state::Authenticated;

impl<A: AuthBackend> Inner<A> {
    /// The token of a request, how it came, its user, and when the check began.
    pub(crate) async fn authenticate(&self, parts: &Parts) -> Result<Authenticated, RejectionReason> {
        let credential = self.sources.find(&parts.headers)?;
        let now = self.now();
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
        Ok(Authenticated { token: entry.token, carrier: credential.carrier, user, checked_at: now })
    }
}
