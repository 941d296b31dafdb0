//! `grant_type=password` and `grant_type=refresh_token`.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request};
use axum::response::{IntoResponse, Response};
use http::request::Parts;

use crate::backend::{Asked, AuthBackend, AuthSession, Backend, Inner, Login, RequestAuth};
use crate::catch::{Panicked, caught};
use crate::clock::ClockError;
use crate::oauth2::{Attempt, Caller, GrantError, TokenForm};
use crate::user::NotAllowed;

/// A longer password is not looked at: hashing costs what the text is long.
const MAX_PASSWORD: usize = 1_024;

pub(super) async fn answer<A: AuthBackend>(inner: Arc<Inner<A>>, request: Request) -> Response {
    match grant(inner, request).await {
        Ok(login) => login.into_response(),
        Err(error) => error.into_response(),
    }
}

async fn grant<A: AuthBackend>(inner: Arc<Inner<A>>, request: Request) -> Result<Login, GrantError> {
    let (parts, body) = request.into_parts();
    let form = TokenForm::read(&parts.headers, body).await?;
    let backend = Backend::<A>::new(inner);
    let caller = backend.inner.clients.authenticate(&parts.headers, &form)?;
    match form.required("grant_type")? {
        "password" => password(&backend, &form, caller, &parts).await,
        "refresh_token" => refresh(&backend, &form, caller, &parts).await,
        _ => Err(GrantError::UnsupportedGrantType),
    }
}

async fn password<A: AuthBackend>(
    backend: &Backend<A>,
    form: &TokenForm,
    caller: Caller<'_>,
    parts: &Parts,
) -> Result<Login, GrantError> {
    let (username, password) = (form.required("username")?, form.required("password")?);
    let inner = &backend.inner;
    let now = inner.now().map_err(|ClockError| GrantError::ServerError)?;
    let address = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
    let attempt = Attempt { username, address };
    if let Some(seconds) = inner.throttle.begin(attempt, now) {
        tracing::warn!(target: "jwt_auth", "too many wrong passwords for a name or from an address");
        return Err(GrantError::TooManyAttempts { retry_after: seconds });
    }
    let found = if password.len() > MAX_PASSWORD {
        None
    } else {
        match caught(async { inner.config.authenticate(username, password, parts).await }).await {
            Ok(Ok(found)) => found,
            // Answered like a wrong password, so that the caller does not learn that the user exists.
            Ok(Err(error)) if error.is::<NotAllowed>() => {
                tracing::info!(target: "jwt_auth", "no token granted: {error}");
                None
            }
            Ok(Err(error)) => {
                inner.throttle.undecided(attempt, now);
                tracing::error!(target: "jwt_auth", "`authenticate` failed: {error}");
                return Err(GrantError::ServerError);
            }
            Err(Panicked) => {
                inner.throttle.undecided(attempt, now);
                tracing::error!(target: "jwt_auth", "`authenticate` panicked");
                return Err(GrantError::ServerError);
            }
        }
    };
    let user = found.ok_or(GrantError::InvalidGrant)?;
    inner.throttle.succeeded(attempt, now);
    let asked: Vec<&str> = form.scopes()?;
    let may_have = |scope: &&str| client_may_have::<A>(&caller, scope) && inner.config.allows_scope(&user, scope);
    let allowed: Vec<&str> = asked.iter().copied().filter(may_have).collect();
    if !asked.is_empty() && allowed.is_empty() {
        return Err(GrantError::InvalidScope);
    }
    let session = AuthSession::new(backend.clone(), RequestAuth::of(inner, parts, None));
    let mut login = session.login(&user).issued_at(now).scopes(allowed);
    if let Some(client_id) = caller.id {
        login = login.client_id(client_id);
    }
    if inner.refresh.is_some() {
        login = login.with_refresh_token();
    }
    Ok(login.await?)
}

async fn refresh<A: AuthBackend>(
    backend: &Backend<A>,
    form: &TokenForm,
    caller: Caller<'_>,
    parts: &Parts,
) -> Result<Login, GrantError> {
    let refresh_token = form.required("refresh_token")?;
    let scopes = form.scopes()?;
    let client_id = caller.id.unwrap_or(&backend.inner.client_id);
    let asked = Asked { client_id, scopes: (!scopes.is_empty()).then_some(scopes.as_slice()) };
    let may_have = |scope: &str| client_may_have::<A>(&caller, scope);
    Ok(backend.renewal(refresh_token, asked, may_have, parts).await?.await?)
}

/// Whether a client may have a scope: it is one of the client's own, or one of those implies it.
fn client_may_have<A: AuthBackend>(caller: &Caller<'_>, scope: &str) -> bool {
    caller.scopes().is_none_or(|own| A::SPEC.is_granted(own, scope))
}
