//! The renewal of a browser's session: the cookie with the refresh token comes, and two new cookies go.

use http::request::Parts;
use http::{HeaderValue, StatusCode};

use crate::backend::Backend;
use crate::credential::csrf;
use crate::hooks::AuthBackend;
use crate::rejection::Rejection;
use crate::rejection::reason::RejectionReason;
use crate::session::issued::Login;
use crate::session::refresh::Asked;

/// Why no new cookies are sent.
pub(crate) struct NotRenewed {
    pub(crate) rejection: Rejection,
    /// The `Set-Cookie` headers that remove cookies that are of no more use.
    pub(crate) removed_cookies: Vec<HeaderValue>,
}

/// New cookies. `route` is the template that the router matched, for the log.
pub(crate) async fn answer<A: AuthBackend>(
    backend: &Backend<A>,
    request: &Parts,
    route: Option<&str>,
) -> Result<Login, NotRenewed> {
    let reason = match renew(backend, request).await {
        Ok(login) => return Ok(login),
        Err(reason) => reason,
    };
    let is_over = reason == RejectionReason::SessionOver;
    let rejection = Rejection::new(reason, Some(&backend.stages.presentation));
    rejection.log(&request.method, route);
    Err(NotRenewed { rejection, removed_cookies: if is_over { backend.remove_cookies() } else { Vec::new() } })
}

async fn renew<A: AuthBackend>(backend: &Backend<A>, parts: &Parts) -> Result<Login, RejectionReason> {
    let stages = &backend.stages;
    stages.authenticator.sources.check_csrf(parts).map_err(|csrf::CrossSite| RejectionReason::CrossSite)?;
    let cookie = stages.issuance.refresh_cookie.as_ref().ok_or(RejectionReason::MissingCredential)?;
    let refresh_token = cookie.find(&parts.headers)?;
    // Not what another backend on the same store gave a client that proves who it is.
    let asked = Asked { client_id: &stages.issuance.client_id, scopes: None };
    let renewal = backend.renewal(refresh_token, asked, |_| true, parts).await?;
    Ok(renewal.status(StatusCode::NO_CONTENT).await?)
}
