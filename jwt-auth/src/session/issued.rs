//! The answer that carries a new token. It is complete before the store is written, so nothing can fail after the write.

use std::fmt;

use http::StatusCode;
use http::header::{HeaderMap, HeaderValue, SET_COOKIE};

use crate::backend::Backend;
use crate::cause::Cause;
use crate::credential::set_cookie;
use crate::declaration::spec::Kind;
use crate::hooks::AuthBackend;
use crate::issuer::issue::{IssueError, random_jwt_id};
use crate::no_store::forbid_storing_tokens;
use crate::oauth2::token_response::TokenResponse;
use crate::session::login::LoginBuilder;
use crate::session::login_error::LoginError;
use crate::session::new_refresh_token::NewRefreshToken;

/// The answer to a sign-in or a refresh that has already happened. The backend's kind decides what carries the token: a
/// header, a cookie, an RFC 6749 body, or several of them.
///
/// As a response it has the status 200. The body is the [`TokenResponse`](crate::oauth2::TokenResponse) for `oauth2` and
/// empty for the other kinds, unless [`token_in_body`](LoginBuilder::token_in_body) or [`body`](LoginBuilder::body) is set.
/// As a part of a response it adds only the headers: `(session.login(&user).await?, Redirect::to("/"))`.
///
/// Status and body are set on the [`LoginBuilder`], before the `.await`:
/// `session.login(&user).status(StatusCode::CREATED).await`.
#[must_use = "the caller gets the token only if the handler returns this"]
#[doc(alias = "set_cookie")]
#[doc(alias = "sign_in")]
pub struct Login {
    token: String,
    refresh_token: Option<String>,
    lifetime: u64,
    pub(crate) code: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The body and its media type.
    pub(crate) body: Option<(Vec<u8>, HeaderValue)>,
}

impl Login {
    /// The access token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The refresh token, if one was requested.
    pub fn refresh_token(&self) -> Option<&str> {
        self.refresh_token.as_deref()
    }

    /// How long the access token is valid, in seconds.
    pub fn expires_in(&self) -> u64 {
        self.lifetime
    }
}

/// Does not print the tokens.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("expires_in", &self.lifetime).field("status", &self.code).finish_non_exhaustive()
    }
}

impl<A: AuthBackend> Backend<A> {
    /// The value that a caller sends in the backend's header: `Bearer <token>` for `Authorization`, the bare token for a header
    /// of another name.
    pub fn format_auth_header(&self, token: &str) -> String {
        let custom =
            self.stages.authenticator.sources.header.as_ref().is_some_and(|name| name != http::header::AUTHORIZATION);
        if custom { token.to_owned() } else { format!("Bearer {token}") }
    }
}

impl<A: AuthBackend, For> LoginBuilder<A, For> {
    /// Dates the token back to the arrival of the request, so that a revocation since then covers the token.
    pub(crate) fn issued_at(self, seconds: u64) -> Self {
        Self { issued_at: Some(seconds), ..self }
    }

    pub(crate) fn now(&self) -> Result<u64, IssueError> {
        self.issued_at.map_or_else(|| self.backend.stages.authenticator.now().map_err(IssueError::from), Ok)
    }

    /// Signs the token, with a random `jti` unless one was set.
    pub(crate) fn signed(&mut self) -> Result<String, LoginError> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        let now = self.now()?;
        let stages = &self.backend.stages;
        self.claims.iat = now;
        if self.lifetime > stages.authenticator.policy.max_lifetime {
            return Err(LoginError::Lifetime);
        }
        self.claims.exp = now.checked_add(self.lifetime).ok_or(LoginError::Lifetime)?;
        if self.claims.jti.is_empty() {
            self.claims.jti = random_jwt_id()?;
        }
        let token = stages.sign(&self.claims)?;
        if A::SPEC.cookie.is_some_and(|cookie| !set_cookie::is_kept(cookie.name, &token)) {
            return Err(LoginError::Cookie);
        }
        tracing::debug!(target: "jwt_auth", jti = %self.claims.jti, "issued");
        Ok(token)
    }

    /// The complete answer with a signed token. `sets_cookies` is false if a page of another site sent the request: that page
    /// may get a token for itself, but it must not sign the browser in.
    pub(crate) fn answer(
        &self,
        token: String,
        refresh_token: Option<NewRefreshToken>,
        sets_cookies: bool,
    ) -> Result<Login, LoginError> {
        if !sets_cookies && A::SPEC.kind == Kind::Cookie {
            return Err(LoginError::CrossSite);
        }
        let headers = self.headers(&token, refresh_token.as_ref().filter(|_| sets_cookies), sets_cookies)?;
        let refresh_token = refresh_token.map(|new| new.text);
        let body = self.written_body(&token, refresh_token.as_deref())?;
        let body = body.map(|body| (body, self.media_type.clone()));
        Ok(Login { token, refresh_token, lifetime: self.lifetime, code: self.status, headers, body })
    }

    fn headers(
        &self,
        token: &str,
        refresh_token: Option<&NewRefreshToken>,
        sets_cookies: bool,
    ) -> Result<HeaderMap, LoginError> {
        let stages = &self.backend.stages;
        let mut headers = HeaderMap::new();
        if let Some(name) = &stages.authenticator.sources.header
            && A::SPEC.kind != Kind::Cookie
        {
            let mut value =
                HeaderValue::from_str(&self.backend.format_auth_header(token)).map_err(|_| LoginError::Token)?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        if let Some(cookie) = A::SPEC.cookie.filter(|_| sets_cookies) {
            let set = set_cookie::set(cookie.name, &cookie, token, self.lifetime).ok_or(LoginError::Cookie)?;
            headers.append(SET_COOKIE, set);
        }
        if let (Some(cookie), Some(new)) = (&stages.issuance.refresh_cookie, refresh_token) {
            headers.append(SET_COOKIE, cookie.set(&new.text, new.max_age).ok_or(LoginError::Cookie)?);
        }
        forbid_storing_tokens(&mut headers);
        Ok(headers)
    }

    fn written_body(&self, token: &str, refresh_token: Option<&str>) -> Result<Option<Vec<u8>>, LoginError> {
        if self.body.is_some() {
            return Ok(self.body.clone());
        }
        if !self.token_in_body {
            return Ok(None);
        }
        let body = match A::SPEC.kind {
            Kind::OAuth2 => serde_json::to_vec(&TokenResponse {
                access_token: token.to_owned(),
                token_type: "Bearer".to_owned(),
                expires_in: self.lifetime,
                scope: self.claims.scope.clone(),
                refresh_token: refresh_token.map(str::to_owned),
            }),
            Kind::Bearer | Kind::Cookie => serde_json::to_vec(&serde_json::json!({ "token": token })),
        };
        body.map(Some).map_err(|error| LoginError::Body(Cause::new(error)))
    }
}
