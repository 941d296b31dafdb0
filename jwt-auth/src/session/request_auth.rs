//! What signing in and out needs from a request.

use std::sync::{Mutex, PoisonError};

use http::request::Parts;

use crate::backend::Stages;
use crate::clock::ClockError;
use crate::credential::sources::Carrier;
use crate::declaration::spec::Kind;
use crate::hooks::AuthBackend;
use crate::jose::error::TokenError;
use crate::jose::token::Token;
use crate::rejection::reason::RejectionReason;
use crate::store::error::StoreError;

/// What signing in and out needs from a request.
pub(crate) struct RequestAuth {
    /// When the request came to the guard, or the password to the token endpoint. The check of the user began later than this.
    pub(crate) received_at: Result<u64, ClockError>,
    /// The user that this request has signed out everywhere, and the second from which a check of that user counts.
    pub(crate) signed_out: Mutex<Option<(String, u64)>>,
    /// Whether a browser says that a page of another site caused the request.
    pub(crate) is_cross_site: bool,
    /// Whether the request has no cookie of ours, or proves that a page of ours sent it.
    cookie_is_proven: bool,
    pub(crate) in_header: Option<Presented>,
    /// More than one if the cookie is repeated.
    pub(crate) in_cookies: Vec<Presented>,
}

/// A credential of the request.
pub(crate) enum Presented {
    /// The guard or an extractor has verified it.
    Verified(Token),
    /// It is not verified yet.
    Unverified(Box<[u8]>),
}

impl RequestAuth {
    /// `verified` is the token that has already authenticated the request, and the carrier that it came in.
    pub(crate) fn of<A: AuthBackend>(
        stages: &Stages<A>,
        parts: &Parts,
        verified: Option<(&Token, Carrier)>,
        received_at: Result<u64, ClockError>,
    ) -> Self {
        // The guard verifies the one token that the carrier has.
        let presented = |carrier: Carrier, text: &[u8]| match verified {
            Some((token, known)) if known == carrier => Presented::Verified(token.clone()),
            _ => Presented::Unverified(text.into()),
        };
        let in_header =
            stages.authenticator.sources.header(&parts.headers).map(|text| presented(Carrier::Header, text));
        let cookies = stages.authenticator.sources.cookies(&parts.headers);
        let in_cookies: Vec<_> = cookies.map(|text| presented(Carrier::Cookie, text)).collect();
        let cookie_is_proven = in_cookies.is_empty() || stages.authenticator.sources.check_csrf(parts).is_ok();
        let is_cross_site = stages.authenticator.sources.is_cross_site(parts);
        Self { received_at, signed_out: Mutex::default(), is_cross_site, cookie_is_proven, in_header, in_cookies }
    }

    /// The second from which a check of the user counts, where this request has signed the user out everywhere.
    pub(crate) fn counts_from(&self, subject: &str) -> u64 {
        let signed_out = self.signed_out.lock().unwrap_or_else(PoisonError::into_inner);
        signed_out.as_ref().filter(|(of, _)| of == subject).map_or(0, |(_, before)| *before)
    }

    /// Whether the answer may remove the browser's cookies and end their session.
    pub(crate) fn may_change_cookies(&self) -> bool {
        self.cookie_is_proven && !self.is_cross_site
    }
}

impl Presented {
    /// `None` for a token that is not valid: it names no session.
    pub(crate) async fn token<A: AuthBackend>(&self, stages: &Stages<A>) -> Result<Option<Token>, StoreError> {
        match self {
            Self::Verified(token) => Ok(Some(token.clone())),
            Self::Unverified(text) => match stages.authenticator.verify(text, stages.authenticator.now()).await {
                Ok(entry) => Ok(Some(entry.token)),
                // A session outlives its access tokens.
                Err(RejectionReason::Token(TokenError::Expired)) => Ok(stages.authenticator.verify_expired(text)),
                Err(reason) if reason.status().is_server_error() => Err(StoreError::caused_by(reason)),
                Err(_) => Ok(None),
            },
        }
    }
}

impl RequestAuth {
    /// Whether the extractor refuses the request.
    pub(crate) fn is_refused<A: AuthBackend>(&self) -> bool {
        self.is_cross_site && A::SPEC.kind == Kind::Cookie
    }
}
