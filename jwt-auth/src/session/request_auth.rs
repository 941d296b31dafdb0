//! The parts of a request that signing in and out needs.

use std::sync::{Mutex, PoisonError};

use http::HeaderValue;
use http::request::Parts;

use crate::backend::Stages;
use crate::clock::ClockError;
use crate::credential::cookie;
use crate::credential::cookie_places::CookiePlaces;
use crate::credential::cookies::Cookies;
use crate::credential::csrf::CrossSite;
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
    /// Why a sign-in sets no cookie: the headers say that a page of another site sent the request.
    cross_site: Option<CrossSite>,
    /// `Ok` if the request has no cookie of this backend, or its headers prove that a page of this service sent it.
    cookie_proof: Result<(), CrossSite>,
    pub(crate) in_header: Option<Presented>,
    /// More than one if the cookie is repeated.
    pub(crate) in_cookies: Vec<Presented>,
    /// Where the browser may hold other cookies of the backend's names. `None` if it has sent none.
    places: Option<CookiePlaces>,
    /// Whether the cookie with the refresh token is repeated.
    repeats_refresh_cookie: bool,
    /// The head of the request, for `check_password`. Only the extractor keeps it, and only if the declaration names an
    /// `authenticate` function.
    pub(crate) head: Option<Box<Parts>>,
}

/// A credential of the request.
pub(crate) enum Presented {
    /// The guard or an extractor has verified this one.
    Verified(Token),
    /// Not verified yet.
    Unverified(Box<[u8]>),
}

impl RequestAuth {
    /// `path` is the path that the client has requested. `verified` is the token that authenticated the request, if any, and the
    /// carrier that it came in.
    pub(crate) fn of<A: AuthBackend>(
        stages: &Stages<A>,
        (parts, path): (&Parts, &str),
        info: RequestInfo,
        verified: Option<(&Token, Carrier)>,
        received_at: Result<u64, ClockError>,
    ) -> Self {
        let sources = &stages.authenticator.sources;
        let cookies: Vec<&[u8]> = sources.cookies(&parts.headers).collect();
        // If this carrier has exactly one token, it is the verified one.
        let verified = verified.filter(|(_, carrier)| *carrier == Carrier::Header || cookies.len() == 1);
        let presented = |carrier: Carrier, text: &[u8]| match verified {
            Some((token, known)) if known == carrier => Presented::Verified(token.clone()),
            _ => Presented::Unverified(text.into()),
        };
        let in_header = sources.header(&parts.headers).map(|text| presented(Carrier::Header, text));
        let in_cookies: Vec<_> = cookies.into_iter().map(|text| presented(Carrier::Cookie, text)).collect();
        let refresh_cookie = sources.cookies.refresh.as_ref().map(|cookie| cookie.name.as_str());
        let repeats_refresh_cookie =
            refresh_cookie.is_some_and(|name| cookie::values(&parts.headers, name).nth(1).is_some());
        let has_cookies = !in_cookies.is_empty() || repeats_refresh_cookie;
        Self {
            info,
            received_at,
            signed_out: Mutex::default(),
            cross_site: sources.cross_site_sign_in(parts),
            cookie_proof: if in_cookies.is_empty() { Ok(()) } else { sources.check_csrf(parts) },
            places: has_cookies.then(|| sources.places(parts, path)),
            in_header,
            in_cookies,
            repeats_refresh_cookie,
            head: None,
        }
    }

    /// Keeps the head of the request for `check_password`, if the declaration names an `authenticate` function.
    pub(crate) fn keeping<A: AuthBackend>(self, head: &Parts) -> Self {
        Self { head: A::SPEC.authenticates.then(|| Box::new(head.clone())), ..self }
    }

    /// The headers that remove the cookies which the browser may hold besides those of this deployment, if it has sent any.
    pub(crate) fn remove_other_cookies(&self, cookies: &Cookies) -> Vec<HeaderValue> {
        let Some(places) = &self.places else { return Vec::new() };
        let session = cookies.session.iter().filter(|_| !self.in_cookies.is_empty());
        let refresh = cookies.refresh.iter().filter(|_| self.repeats_refresh_cookie);
        session.chain(refresh).flat_map(|cookie| cookie.remove_others(places)).collect()
    }

    /// If this request has signed the user out everywhere, the time from which a check of the user is accepted; 0 otherwise.
    pub(crate) fn counts_from(&self, subject: &str) -> u64 {
        let signed_out = self.signed_out.lock().unwrap_or_else(PoisonError::into_inner);
        signed_out.as_ref().filter(|(of, _)| of == subject).map_or(0, |(_, before)| *before)
    }

    /// Whether the answer may remove the browser's cookies and end their session. The error says why not.
    pub(crate) fn may_change_cookies(&self) -> Result<(), RejectionReason> {
        let proof = self.cookie_proof.as_ref().err().or(self.cross_site.as_ref());
        proof.map_or(Ok(()), |CrossSite(why)| Err(RejectionReason::CrossSite(why.clone())))
    }

    /// Whether a sign-in may set a cookie. If not, this logs why: the client gets a token all the same, unless it can only get a
    /// cookie.
    pub(crate) fn may_set_cookies<A: AuthBackend>(&self) -> bool {
        if let Some(CrossSite(why)) = self.cross_site.as_ref().filter(|_| A::SPEC.cookie.is_some()) {
            tracing::info!(target: "jwt_auth", "the answer to a sign-in sets no cookie, because a page of another site may have sent the request: {why}");
        }
        self.cross_site.is_none()
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
    /// Why the extractor `AuthSession` refuses the request as cross-site, if it does.
    pub(crate) fn refusal<A: AuthBackend>(&self) -> Option<RejectionReason> {
        let CrossSite(why) = self.cross_site.as_ref().filter(|_| A::SPEC.kind == Kind::Cookie)?;
        Some(RejectionReason::CrossSite(why.clone()))
    }
}
