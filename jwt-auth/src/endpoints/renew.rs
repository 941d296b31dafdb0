//! The renewal of a browser's session: the request has the cookie with the refresh token, and the answer sets two
//! new cookies.

use std::borrow::Cow;

use http::StatusCode;
use http::request::Parts;

use crate::backend::{Backend, Stages};
use crate::credential::cookie;
use crate::endpoints::{Body, Description, EndpointAnswer, EndpointRequest, Errors};
use crate::events::not_granted::NotGranted;
use crate::hooks::AuthBackend;
use crate::rejection::Rejection;
use crate::rejection::reason::RejectionReason;
use crate::session::login::Login;
use crate::session::refresh::RefreshRequest;

/// The answers of the endpoint, which reads no form.
pub(crate) const DESCRIPTION: Description = Description {
    summary: "Renew the session",
    description: "Uses the cookie with the refresh token, which browsers send only to this path, and sets new cookies.",
    form: &[],
    success: ("204", "The answer sets new cookies"),
    body: Body::None,
    errors: Errors::Rejections,
    always_identifies: false,
};

/// An example of a refusal for each status that this endpoint can answer with.
#[cfg_attr(not(feature = "openapi"), allow(dead_code, reason = "only the document shows it"))]
pub(crate) fn refusals() -> [RejectionReason; 5] {
    [
        RejectionReason::RepeatedCookie,
        RejectionReason::SessionOver,
        RejectionReason::CrossSite(Cow::Borrowed("")),
        RejectionReason::Panicked(""),
        RejectionReason::IssuerUnavailable { reason: String::new(), retry_after: 1 },
    ]
}

/// Renews the session, and sets new cookies.
pub(crate) async fn answer<A: AuthBackend>(backend: &Backend<A>, request: &EndpointRequest<'_>) -> EndpointAnswer {
    let reason = match renew(backend, request).await {
        Ok(login) => return EndpointAnswer::Login(login),
        Err(reason) => reason,
    };
    let sources = &backend.stages.authenticator.sources;
    let removed = match &reason {
        RejectionReason::SessionOver => sources.cookies.remove(),
        // The browser holds the cookie with another path or domain too.
        RejectionReason::RepeatedCookie => {
            let places = sources.places(request.parts, request.path);
            let refresh = sources.cookies.refresh.iter();
            refresh.flat_map(|cookie| cookie.remove().into_iter().chain(cookie.remove_others(&places))).collect()
        }
        _ => Vec::new(),
    };
    // The reason is logged already.
    let mut rejection = Rejection::of(request.parts, reason, &backend.stages.presentation);
    rejection.remove(removed);
    EndpointAnswer::Rejected(rejection)
}

async fn renew<A: AuthBackend>(backend: &Backend<A>, request: &EndpointRequest<'_>) -> Result<Login, RejectionReason> {
    let (stages, EndpointRequest { parts, info, .. }) = (&backend.stages, request);
    let refresh_token = presented(stages, parts).inspect_err(|reason| {
        let reason = match reason {
            RejectionReason::CrossSite(_) => NotGranted::CrossSite,
            _ => NotGranted::NoRefreshToken,
        };
        stages.events.refresh_refused(&reason, info);
    })?;
    // Renews only sessions of the builder's own client: another session of this store may belong to a client that must prove
    // who it is.
    let asked = RefreshRequest { client_id: &stages.issuance.client_id, scopes: None };
    let renewal = backend.renewal(refresh_token, asked, |_| true, (parts, info)).await?;
    Ok(renewal.status(StatusCode::NO_CONTENT).await?)
}

/// The refresh token in the cookie, if a page of the service may have sent it.
fn presented<'r, A: AuthBackend>(stages: &Stages<A>, parts: &'r Parts) -> Result<&'r str, RejectionReason> {
    let sources = &stages.authenticator.sources;
    sources.check_csrf(parts).map_err(RejectionReason::from)?;
    let cookie = sources.cookies.refresh.as_ref().ok_or(RejectionReason::MissingCredential)?;
    cookie::value(&parts.headers, &cookie.name)?.ok_or(RejectionReason::MissingCredential)
}
