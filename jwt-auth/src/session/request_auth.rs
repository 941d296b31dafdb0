//! The parts of a request that signing in and out needs.

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
use crate::request_info::RequestInfo;

/// The parts of a request that signing in and out needs.
pub(crate) struct RequestAuth {
    /// For the log and the events.
    pub(crate) info: RequestInfo,
    /// When the request reached the guard or the token endpoint. Every check of the user began later.
    pub(crate) received_at: Result<u64, ClockError>,
    /// The subject that this request has signed out everywhere, and the time from which a check of that user is accepted.
    pub(crate) signed_out: Mutex<Option<(String, u64)>>,
    /// Whether the headers say that a page of another site sent the request.
    pub(crate) is_cross_site: bool,
    /// Whether the request has no cookie of this backend, or its headers prove that a page of this service sent it.
    cookie_is_proven: bool,
    pub(crate) in_header: Option<Presented>,
    /// More than one if the cookie is repeated.
    pub(crate) in_cookies: Vec<Presented>,
}

/// A credential of the request.
pub(crate) enum Presented {
    /// The guard or an extractor has verified this one.
    Verified(Token),
    /// Not verified yet.
    Unverified(Box<[u8]>),
}

impl RequestAuth {
    /// `verified` is the token that authenticated the request, if any, and the carrier that it came in.
    pub(crate) fn of<A: AuthBackend>(
        stages: &Stages<A>,
        parts: &Parts,
        info: RequestInfo,
        verified: Option<(&Token, Carrier)>,
        received_at: Result<u64, ClockError>,
    ) -> Self {
        // The guard accepts a request only if this carrier has exactly one token, so this is the verified one.
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
        let signed_out = Mutex::default();
        Self { info, received_at, signed_out, is_cross_site, cookie_is_proven, in_header, in_cookies }
    }

    /// If this request has signed the user out everywhere, the time from which a check of the user is accepted; 0 otherwise.
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
    /// The verified token. `None` if it is not valid: such a token cannot end a session. An error if it cannot be checked now,
    /// because the keys of its issuer could not be fetched.
    pub(crate) async fn token<A: AuthBackend>(&self, stages: &Stages<A>) -> Result<Option<Token>, RejectionReason> {
        match self {
            Self::Verified(token) => Ok(Some(token.clone())),
            Self::Unverified(text) => match stages.authenticator.verify(text, stages.authenticator.now()).await {
                Ok(entry) => Ok(Some(entry.token)),
                // A session outlives its access tokens, so an expired token can still end it.
                Err(RejectionReason::Token(TokenError::Expired)) => Ok(stages.authenticator.verify_expired(text)),
                Err(reason) if reason.status().is_server_error() => Err(reason),
                Err(_) => Ok(None),
            },
        }
    }
}

impl RequestAuth {
    /// Whether the extractor `AuthSession` refuses the request as cross-site.
    pub(crate) fn is_refused<A: AuthBackend>(&self) -> bool {
        self.is_cross_site && A::SPEC.kind == Kind::Cookie
    }
}
