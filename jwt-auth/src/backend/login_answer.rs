//! The answer of a login: the token in a header, a cookie, a body.

use axum::body::Body;
use axum::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderValue, PRAGMA, SET_COOKIE};

use super::login_error::LoginError;
use super::{AuthBackend, CookieSpec, EndsSession, Kind, Login, set_cookie};
use crate::oauth2::TokenResponse;
use crate::token;

/// A login that is signed.
pub(super) struct Issued<A> {
    pub(super) token: String,
    headers: HeaderMap,
    login: Login<A>,
}

impl<A: AuthBackend> Issued<A> {
    /// A browser that had another cookie has this one now.
    fn replaces_a_session(&self) -> bool {
        self.headers.contains_key(SET_COOKIE) && !self.login.keeps_session
    }

    fn body(&mut self) -> Result<Option<Vec<u8>>, LoginError> {
        if let Some(body) = self.login.body.take() {
            return Ok(Some(body));
        }
        if !self.login.token_in_body {
            return Ok(None);
        }
        let body = match A::SPEC.kind {
            Kind::OAuth2 => serde_json::to_vec(&TokenResponse {
                access_token: std::mem::take(&mut self.token),
                token_type: "Bearer".to_owned(),
                expires_in: self.login.lifetime,
                scope: self.login.claims.scope.take(),
                refresh_token: self.login.refresh_token.take().map(|(token, _)| token),
            }),
            Kind::Bearer | Kind::Cookie => serde_json::to_vec(&serde_json::json!({ "token": self.token })),
        };
        body.map(Some).map_err(|error| LoginError::Body(error.to_string()))
    }
}

impl<A: AuthBackend> IntoResponse for Login<A> {
    fn into_response(self) -> Response {
        let (status, media_type) = (self.status, self.media_type.clone());
        let answer =
            self.issue().and_then(|mut issued| Ok((issued.body()?, issued.replaces_a_session(), issued.headers)));
        let (body, ends, headers) = match answer {
            Ok(answer) => answer,
            Err(error) => return error.into_response(),
        };
        let has_body = body.is_some();
        let mut response = Response::new(Body::from(body.unwrap_or_default()));
        *response.status_mut() = status;
        if ends {
            response.extensions_mut().insert(EndsSession::Replaced);
        }
        *response.headers_mut() = headers;
        if has_body {
            response.headers_mut().insert(CONTENT_TYPE, media_type);
        }
        response
    }
}

impl<A: AuthBackend> IntoResponseParts for Login<A> {
    type Error = LoginError;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, LoginError> {
        let issued = self.issue()?;
        if issued.replaces_a_session() {
            parts.extensions_mut().insert(EndsSession::Replaced);
        }
        for (name, value) in &issued.headers {
            if name == SET_COOKIE {
                parts.headers_mut().append(name, value.clone());
            } else {
                parts.headers_mut().insert(name, value.clone());
            }
        }
        Ok(parts)
    }
}

impl<A: AuthBackend> Login<A> {
    /// Signs. The `jti` is new for each login.
    pub(super) fn sign(&mut self) -> Result<String, LoginError> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        let now = self.now()?;
        let inner = &self.backend.inner;
        self.claims.iat = now;
        if self.lifetime > inner.policy.max_lifetime {
            return Err(LoginError::Lifetime);
        }
        self.claims.exp = now.checked_add(self.lifetime).ok_or(LoginError::Lifetime)?;
        if self.claims.jti.is_empty() {
            self.claims.jti = token::random_jwt_id()?;
        }
        if self.backend.is_cross_site && A::SPEC.kind == Kind::Cookie {
            return Err(LoginError::CrossSite);
        }
        let token = inner.sign(&self.claims)?;
        if self.cookie().is_some_and(|cookie| !set_cookie::is_kept(cookie.name, &token)) {
            return Err(LoginError::Cookie);
        }
        tracing::debug!(target: "jwt_auth", jti = %self.claims.jti, "issued");
        Ok(token)
    }

    fn issue(mut self) -> Result<Issued<A>, LoginError> {
        let token = self.sign()?;
        let headers = self.headers(&token)?;
        Ok(Issued { token, headers, login: self })
    }

    /// A page of another site may get a token for itself, but not sign the browser in.
    fn cookie(&self) -> Option<CookieSpec> {
        A::SPEC.cookie.filter(|_| !self.backend.is_cross_site)
    }

    fn headers(&self, token: &str) -> Result<HeaderMap, LoginError> {
        let inner = &self.backend.inner;
        let mut headers = HeaderMap::new();
        if let Some(name) = &inner.sources.header
            && A::SPEC.kind != Kind::Cookie
        {
            let mut value =
                HeaderValue::from_str(&self.backend.format_auth_header(token)).map_err(|_| LoginError::Token)?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        if let Some(cookie) = self.cookie() {
            let set = set_cookie::set(cookie.name, &cookie, token, self.lifetime).ok_or(LoginError::Cookie)?;
            headers.insert(SET_COOKIE, set);
        }
        if let (Some(cookie), Some((refresh_token, max_age))) = (&inner.refresh_cookie, &self.refresh_token) {
            headers.append(SET_COOKIE, cookie.set(refresh_token, *max_age).ok_or(LoginError::Cookie)?);
        }
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
        Ok(headers)
    }
}
