//! The renewal of a browser's session: the cookie with the refresh token comes, and two new cookies go.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;

use crate::backend::{Backend, Inner};
use crate::credential::csrf;
use crate::hooks::AuthBackend;
use crate::rejection::Rejection;
use crate::rejection::reason::RejectionReason;
use crate::session::issued::Login;
use crate::session::refresh::Asked;

pub(crate) async fn answer<A: AuthBackend>(inner: Arc<Inner<A>>, request: Request) -> Response {
    let backend = Backend::<A>::new(inner);
    let (parts, _) = request.into_parts();
    let reason = match renew(&backend, &parts).await {
        Ok(login) => return login.into_response(),
        Err(reason) => reason,
    };
    let is_over = reason == RejectionReason::SessionOver;
    let rejection = Rejection::new(reason, Some(&backend.inner.presentation));
    rejection.log(&parts.method, parts.extensions.get::<MatchedPath>().map(MatchedPath::as_str));
    // Cookies that are of no more use are removed.
    if is_over { (backend.remove_cookies(), rejection).into_response() } else { rejection.into_response() }
}

async fn renew<A: AuthBackend>(backend: &Backend<A>, parts: &Parts) -> Result<Login, RejectionReason> {
    let inner = &backend.inner;
    csrf::check(parts, &inner.allowed_origins).map_err(|csrf::CrossSite| RejectionReason::CrossSite)?;
    let cookie = inner.refresh_cookie.as_ref().ok_or(RejectionReason::MissingCredential)?;
    let refresh_token = cookie.find(&parts.headers)?;
    // Not what another backend on the same store gave a client that proves who it is.
    let asked = Asked { client_id: &inner.client_id, scopes: None };
    let renewal = backend.renewal(refresh_token, asked, |_| true, parts).await?;
    Ok(renewal.status(StatusCode::NO_CONTENT).await?)
}
