//! Removes a cookie together with the refusal that rests on it, so that the next request of the browser is not refused again.

use http::HeaderValue;
use http::request::Parts;

use crate::authenticate::Authenticator;
use crate::credential::sources::Carrier;
use crate::hooks::AuthBackend;
use crate::issuer::verify::unverified_issuer;
use crate::jose::error::TokenError;
use crate::rejection::reason::RejectionReason;

impl<A: AuthBackend> Authenticator<A> {
    /// The `Set-Cookie` headers that remove the cookie on which this refusal rests. Empty if the refusal has another cause, or if
    /// the cookie may still be of use, to this backend or to another service of the host. `path` is the path that the client has
    /// requested.
    pub(crate) fn remove_stale_cookie<'r>(
        &self,
        request: &'r Parts,
        path: impl FnOnce() -> &'r str,
        reason: &RejectionReason,
    ) -> Vec<HeaderValue> {
        if A::SPEC.cookie.is_none() {
            return Vec::new();
        }
        let sources = &self.sources;
        let Some(cookie) = sources.cookies.session.as_ref().filter(|_| is_stale::<A>(reason)) else {
            return Vec::new();
        };
        let rests_on_cookie = match reason {
            // One of the cookies may be good, and a page of another site must not remove it.
            RejectionReason::RepeatedCookie => {
                sources.check_csrf(request).is_ok() && !sources.is_from_elsewhere(request)
            }
            _ => sources.find(&request.headers).is_ok_and(|found| found.carrier == Carrier::Cookie),
        };
        if !rests_on_cookie || sources.cookies(&request.headers).any(|token| self.is_foreign(token)) {
            return Vec::new();
        }
        // A text that is no token may be the cookie of another service, at another path or domain.
        let is_unreadable = |token| std::str::from_utf8(token).ok().and_then(unverified_issuer).is_none();
        if *reason != RejectionReason::RepeatedCookie && sources.cookies(&request.headers).any(is_unreadable) {
            return cookie.remove().into_iter().collect();
        }
        let places = self.sources.places(request, path());
        cookie.remove().into_iter().chain(cookie.remove_others(&places)).collect()
    }

    /// Whether the token says that it is of an issuer which this backend does not know. Another service of the host may have a
    /// cookie of the same name.
    fn is_foreign(&self, token: &[u8]) -> bool {
        let issuer = std::str::from_utf8(token).ok().and_then(unverified_issuer);
        issuer.is_some_and(|issuer| !self.trust.names(&issuer))
    }
}

/// Whether a cookie that is refused for this reason will never be good again.
fn is_stale<A: AuthBackend>(reason: &RejectionReason) -> bool {
    match reason {
        // A sign-out ends the session with the expired token.
        RejectionReason::Token(TokenError::Expired) => A::SPEC.refresh_url.is_none(),
        // Good for another service, later, or once the clock is right.
        RejectionReason::Token(TokenError::Audience(_) | TokenError::NotYetValid | TokenError::Clock) => false,
        RejectionReason::Token(_)
        | RejectionReason::Revoked
        | RejectionReason::UnknownUser
        | RejectionReason::RepeatedCookie => true,
        _ => false,
    }
}
