//! Sessions that an answer ends: a sign-out ends the one that was presented, and a sign-in the one whose cookie it replaces.

use http::request::Parts;

use super::session::Presented;
use crate::backend::{AuthBackend, EndsSession, Inner};
use crate::credential::{Carrier, CredentialError};
use crate::csrf;
use crate::store::StoreError;

/// What came with a request to an open route, where nobody may ever ask whose it is.
pub(super) struct Unread {
    token: Box<[u8]>,
    carrier: Carrier,
    /// No page of another site sent it.
    is_own: bool,
}

impl Unread {
    pub(super) fn of<A: AuthBackend>(backend: &Inner<A>, parts: &Parts) -> Option<Self> {
        // A header of another scheme, such as a client's own, says nothing of the session in the cookie.
        let credential = backend.sources.find(&parts.headers).or_else(|error| match error {
            CredentialError::OtherScheme => backend.sources.cookie(&parts.headers),
            error => Err(error),
        });
        let credential = credential.ok()?;
        let is_own = credential.carrier == Carrier::Header
            || csrf::check(&parts.method, &parts.headers, &backend.allowed_origins).is_ok();
        Some(Self { token: credential.token.into(), carrier: credential.carrier, is_own })
    }

    /// A token that is not valid ends nothing.
    async fn read<A: AuthBackend>(self, backend: &Inner<A>) -> Option<Presented> {
        let read = backend.verify(&self.token, backend.now()).await.ok()?;
        Some(Presented { token: read.token, carrier: self.carrier })
    }
}

/// Ends what the answer says.
pub(super) async fn end<A: AuthBackend>(
    backend: &Inner<A>,
    ends: EndsSession,
    presented: Option<&Presented>,
    unread: Option<Unread>,
) -> Result<(), StoreError> {
    let meant = |carrier: Carrier| ends == EndsSession::Presented || carrier == Carrier::Cookie;
    if let Some(presented) = presented {
        return if meant(presented.carrier) { backend.revoke(&presented.token).await } else { Ok(()) };
    }
    // A login sets no cookie for a page of another site, so it needs no second check here.
    let unread = unread.filter(|unread| meant(unread.carrier) && (unread.is_own || ends == EndsSession::Replaced));
    let Some(unread) = unread else { return Ok(()) };
    match unread.read(backend).await {
        Some(read) => backend.revoke(&read.token).await,
        None => Ok(()),
    }
}
