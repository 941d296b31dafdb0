//! `grant_type=password` and `grant_type=refresh_token`.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request};
use axum::response::{IntoResponse, Response};
use http::request::Parts;

use crate::backend::{Asked, AuthBackend, AuthSession, Backend, Inner, Login, LoginBuilder, LoginError, RequestAuth};
use crate::catch::{Panicked, caught};
use crate::clock::ClockError;
use crate::oauth2::{Attempt, Caller, GrantError, TokenForm};
use crate::user::NotAllowed;

/// A longer password is not looked at: hashing costs what the text is long.
const MAX_PASSWORD: usize = 1_024;
/// How often a password is checked once more because its user was signed out everywhere meanwhile.
const CHECKED_AGAIN: usize = 3;

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
    // Before the password is checked, so that a sign-out everywhere that comes meanwhile covers it.
    let session = AuthSession::new(backend.clone(), RequestAuth::of(inner, parts, None));
    let user = match check(inner, username, password, parts).await {
        Ok(found) => found.ok_or(GrantError::InvalidGrant)?,
        Err(error) => {
            inner.throttle.undecided(attempt, now);
            return Err(error);
        }
    };
    inner.throttle.succeeded(attempt, now);
    let mut signed_in = sign_in(&session, &user, form, &caller, 0)?.await;
    // The password may be another one now. A check that began after the sign-out counts.
    for _ in 0..CHECKED_AGAIN {
        let Err(LoginError::SignedOutMeanwhile { before, .. }) = signed_in else { break };
        let user = check(inner, username, password, parts).await?.ok_or(GrantError::InvalidGrant)?;
        signed_in = sign_in(&session, &user, form, &caller, before)?.await;
    }
    Ok(signed_in?)
}

/// The user of this name and password.
async fn check<A: AuthBackend>(
    inner: &Inner<A>,
    username: &str,
    password: &str,
    parts: &Parts,
) -> Result<Option<A::User>, GrantError> {
    if password.len() > MAX_PASSWORD {
        return Ok(None);
    }
    match caught(async { inner.config.authenticate(username, password, parts).await }).await {
        Ok(Ok(found)) => Ok(found),
        // Answered like a wrong password, so that the caller does not learn that the user exists.
        Ok(Err(error)) if error.is::<NotAllowed>() => {
            tracing::info!(target: "jwt_auth", "no token granted: {error}");
            Ok(None)
        }
        Ok(Err(error)) => {
            tracing::error!(target: "jwt_auth", "`authenticate` failed: {error}");
            Err(GrantError::ServerError)
        }
        Err(Panicked) => {
            tracing::error!(target: "jwt_auth", "`authenticate` panicked");
            Err(GrantError::ServerError)
        }
    }
}

/// `checked_again` is the second from which a check counts, where it was done once more.
fn sign_in<A: AuthBackend>(
    session: &AuthSession<A>,
    user: &A::User,
    form: &TokenForm,
    caller: &Caller<'_>,
    checked_again: u64,
) -> Result<LoginBuilder<A>, GrantError> {
    let inner = &session.backend().inner;
    let asked: Vec<&str> = form.scopes()?;
    let may_have = |scope: &&str| client_may_have::<A>(caller, scope) && inner.config.allows_scope(user, scope);
    let allowed: Vec<&str> = asked.iter().copied().filter(may_have).collect();
    if !asked.is_empty() && allowed.is_empty() {
        return Err(GrantError::InvalidScope);
    }
    let mut login = session.login(user).checked_again(checked_again).scopes(allowed);
    if let Some(client_id) = caller.id {
        login = login.client_id(client_id);
    }
    if inner.refresh.is_some() {
        login = login.with_refresh_token();
    }
    Ok(login)
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
