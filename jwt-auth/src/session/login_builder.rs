//! The settings of a new token, and of the answer that carries it.

use std::fmt;
use std::time::Duration;

use http::StatusCode;
use http::header::{HeaderMap, HeaderValue, SET_COOKIE};
use jwt_auth_grammar::claim::TextClaim;
use serde::Serialize;
use serde_json::Map;

use crate::backend::Backend;
use crate::cause::Cause;
use crate::declaration::spec::Kind;
use crate::events::not_granted::NotGranted;
use crate::hooks::AuthBackend;
use crate::issuer::issue::{IssueError, random_jwt_id};
use crate::jose::claims::{Claims, Texts};
use crate::no_store::forbid_storing_tokens;
use crate::oauth2::answer::TokenResponse;
use crate::records::refresh_policy::NewRefreshToken;
use crate::session::errors::LoginError;
use crate::session::login::Login;
use crate::session::purpose::{Answered, SignIn, TokenOnly};
use crate::user::{ClaimWriter, JwtUser, UserId};

impl<A: AuthBackend> Backend<A> {
    /// Starts a token for `user` that is not part of an answer, for a command line, another protocol, or a test.
    /// [`sign`](LoginBuilder::sign) returns its text. The store is neither read nor written, so the guard may refuse a token that
    /// is made within a few seconds after [`revoke_user`](Backend::revoke_user).
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # use jwt_auth::{auth_backend, JwtUser, Keys};
    /// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
    /// # #[auth_backend(kind = "bearer", user = User, scopes(read = "Read orders"))] struct Auth;
    /// # let auth = Auth.backend().keys(Keys::hs256_ephemeral()?).issuer("me").build()?;
    /// let token = auth.new_token(&User { id: 7 }).scopes(["read"]).expires_in(Duration::from_secs(60)).sign()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// A handler that signs a user in takes an [`AuthSession`](crate::AuthSession) instead.
    #[doc(alias = "login")]
    #[doc(alias = "encode")]
    pub fn new_token(&self, user: &A::User) -> LoginBuilder<A, TokenOnly> {
        LoginBuilder::new(self.clone(), user, TokenOnly(()))
    }

    /// A signed token for `user` with the builder's settings.
    ///
    /// # Errors
    ///
    /// The same as [`LoginBuilder::sign`].
    pub fn create_token(&self, user: &A::User) -> Result<String, LoginError> {
        self.new_token(user).sign()
    }
}

/// The settings of a new token and of the answer that carries it.
///
/// * [`AuthSession::login`](crate::AuthSession::login) makes a `LoginBuilder<A>`. Awaiting it signs the user in and returns the
///   answer, a [`Login`](crate::Login):
///
///   ```
///   # use axum::response::{IntoResponse, Redirect};
///   # use jwt_auth::{auth_backend, AuthSession, JwtUser, LoginError};
///   # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
///   # #[auth_backend(kind = "cookie", user = User, exclude = ["/sign-in"])] struct Auth;
///   async fn sign_in(session: AuthSession<Auth>) -> Result<impl IntoResponse, LoginError> {
///       Ok((session.login(&User { id: 7 }).await?, Redirect::to("/")))
///   }
///   ```
///
/// * [`Backend::refresh`] makes a `LoginBuilder<A, Renewal>`. Awaiting it uses the refresh token.
/// * [`Backend::new_token`] makes a `LoginBuilder<A, TokenOnly>`, which has only [`sign`](Self::sign).
///
/// If the compiler says ``expected `Result<Login, LoginError>`, found `LoginBuilder<Auth>` ``, or that a `LoginBuilder` is no
/// `IntoResponse`, the `.await` is missing.
#[must_use = "a `LoginBuilder` does nothing until it is awaited or signed"]
pub struct LoginBuilder<A, For = SignIn> {
    pub(crate) backend: Backend<A>,
    pub(crate) claims: Claims,
    /// Seconds.
    pub(crate) lifetime: u64,
    /// When the check of the user began, in seconds since 1970. `None` means now.
    pub(crate) issued_at: Option<u64>,
    /// The first setting that is wrong; signing fails with it.
    pub(crate) error: Option<LoginError>,
    pub(crate) status: StatusCode,
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) media_type: HeaderValue,
    pub(crate) token_in_body: bool,
    /// What happens to the token after it is signed.
    pub(crate) purpose: For,
}

impl<A: AuthBackend, For> LoginBuilder<A, For> {
    pub(crate) fn new(backend: Backend<A>, user: &A::User, purpose: For) -> Self {
        let stages = &backend.stages;
        let mut error = None;
        let mut extras = Map::new();
        user.write_claims(&mut ClaimWriter::new(&mut extras, &mut error));
        let aud = stages.issuance.policy.own_audience().map(str::to_owned).into_iter().collect();
        let claims = Claims {
            iss: stages.issuance.issuer.clone(),
            sub: user.id().to_subject(),
            aud,
            aud_is_single: true,
            exp: 0,
            iat: 0,
            nbf: None,
            jti: String::new(),
            texts: Texts::default().with(TextClaim::ClientId, stages.issuance.client_id.clone()),
            extras,
        };
        Self {
            lifetime: stages.issuance.lifetime,
            issued_at: None,
            claims,
            error: error.map(LoginError::Claims),
            status: StatusCode::OK,
            body: None,
            media_type: HeaderValue::from_static("application/json"),
            token_in_body: A::SPEC.kind == Kind::OAuth2,
            backend,
            purpose,
        }
    }

    /// Grants those of these scopes that the backend declares (RFC 6749 section 3.3). None by default. If the list is not empty
    /// and the backend declares none of it, the login fails with [`LoginError::Scope`]. Without an error, the client would
    /// assume that it got what it requested.
    pub fn scopes<I: IntoIterator<Item = S>, S: AsRef<str>>(mut self, names: I) -> Self {
        let mut granted: Vec<&str> = self.claims.texts.get(TextClaim::Scope).unwrap_or_default().split(' ').collect();
        granted.retain(|scope| !scope.is_empty());
        let mut is_asked_for = false;
        for name in names {
            is_asked_for = true;
            let declared = A::SPEC.scopes.iter().find(|scope| scope.name == name.as_ref());
            if let Some(scope) = declared.filter(|scope| !granted.contains(&scope.name)) {
                granted.push(scope.name);
            }
        }
        if is_asked_for && granted.is_empty() {
            self.error = Some(LoginError::Scope);
        }
        let granted = granted.join(" ");
        self.claims.texts.set(TextClaim::Scope, Some(granted).filter(|granted| !granted.is_empty()));
        self
    }

    /// How long this token is valid, in whole seconds. The builder's `lifetime` by default. Zero is an error.
    pub fn expires_in(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime.as_secs();
        if self.lifetime == 0 {
            self.error = Some(LoginError::Lifetime);
        }
        self
    }

    /// The time from which the token is valid, in seconds since 1970 (`nbf`). None by default.
    pub fn not_before(mut self, seconds: u64) -> Self {
        self.claims.nbf = Some(seconds);
        self
    }

    /// Sets the `iss` claim. The builder's issuer by default; this backend does not accept a token with another one.
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.claims.iss = issuer.into();
        self
    }

    /// Sets the `client_id` claim (RFC 9068 section 2.2), the client that the token is issued to. The builder's by default.
    pub fn client_id(mut self, client_id: impl Into<String>) -> Self {
        self.claims.texts.set(TextClaim::ClientId, Some(client_id.into()));
        self
    }

    /// Sets the `aud` claim: a string for one name, a list for several. The builder's audience by default.
    pub fn audience<I: IntoIterator<Item = S>, S: Into<String>>(mut self, audience: I) -> Self {
        self.claims.aud = audience.into_iter().map(Into::into).collect();
        self.claims.aud_is_single = self.claims.aud.len() == 1;
        self
    }

    /// Sets the `jti` claim, which must be unique within the issuer (RFC 7519 section 4.1.7). 128 random bits by default.
    pub fn jwt_id(mut self, id: impl Into<String>) -> Self {
        self.claims.jti = id.into();
        self
    }

    /// Adds a top-level claim. A registered name or a name that is already set is an error. A claim that is `null` is left out.
    pub fn extra<T: Serialize + ?Sized>(mut self, name: &str, value: &T) -> Self {
        let mut error = None;
        ClaimWriter::new(&mut self.claims.extras, &mut error).claim(name, value);
        if let Some(error) = error {
            self.error = Some(LoginError::Claims(error));
        }
        self
    }
}

impl<A: AuthBackend, For: Answered> LoginBuilder<A, For> {
    /// The status of the answer. 200 by default (RFC 6749 section 5.1).
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Answers with this body, as JSON, instead of the body of the kind. `()` and `None` make a `null` body.
    pub fn body<T: Serialize + ?Sized>(mut self, body: &T) -> Self {
        match serde_json::to_vec(body) {
            Ok(json) => self.body = Some(json),
            Err(error) => self.error = Some(LoginError::Body(Cause::new(error))),
        }
        self
    }

    /// The `Content-Type` of the body. `application/json` by default.
    pub fn media_type(mut self, media_type: &str) -> Self {
        match HeaderValue::from_str(media_type) {
            Ok(value) => self.media_type = value,
            Err(_) => self.error = Some(LoginError::MediaType),
        }
        self
    }

    /// Whether the body contains the token: `{"token": ...}` for `bearer` and `cookie`, the
    /// [`TokenResponse`](crate::oauth2::TokenResponse) for `oauth2`. True for `oauth2` and false for the other kinds by default. A
    /// [`body`](Self::body) takes precedence.
    pub fn token_in_body(mut self, on: bool) -> Self {
        self.token_in_body = on;
        self
    }
}

impl<A: AuthBackend> LoginBuilder<A, TokenOnly> {
    /// Signs the token and returns its text.
    ///
    /// # Errors
    ///
    /// [`LoginError`] says which setting or claim cannot be issued, or that the key cannot sign.
    pub fn sign(mut self) -> Result<String, LoginError> {
        self.signed().inspect_err(|error| NotGranted::from(error).log(None))
    }
}

impl<A: AuthBackend, For> fmt::Debug for LoginBuilder<A, For> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginBuilder")
            .field("lifetime", &self.lifetime)
            .field("status", &self.status)
            .finish_non_exhaustive()
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
        if self.lifetime > stages.issuance.policy.max_lifetime {
            return Err(LoginError::Lifetime);
        }
        self.claims.exp = now.checked_add(self.lifetime).ok_or(LoginError::Lifetime)?;
        if self.claims.jti.is_empty() {
            self.claims.jti = random_jwt_id()?;
        }
        let token = stages.sign(&self.claims)?;
        let cookie = stages.authenticator.sources.cookies.session.as_ref();
        if cookie.is_some_and(|cookie| !cookie.is_kept(&token)) {
            return Err(LoginError::Cookie);
        }
        tracing::debug!(target: "jwt_auth", jti = %self.claims.jti, "issued");
        Ok(token)
    }

    /// The complete answer with a signed token. `removed` are the headers that remove other cookies before the new ones are set. It is
    /// `None` if a page of another site sent the request: that page may get a token for itself, but it must not sign the browser
    /// in.
    pub(crate) fn answer(
        &self,
        token: String,
        refresh_token: Option<NewRefreshToken>,
        removed: Option<&[HeaderValue]>,
    ) -> Result<Login, LoginError> {
        if removed.is_none() && A::SPEC.kind == Kind::Cookie {
            return Err(LoginError::CrossSite);
        }
        let headers = self.headers(&token, refresh_token.as_ref(), removed)?;
        let refresh_token = refresh_token.map(|new| new.text);
        let body = self.written_body(&token, refresh_token.as_deref())?;
        let body = body.map(|body| (body, self.media_type.clone()));
        Ok(Login { token, refresh_token, lifetime: self.lifetime, code: self.status, headers, body })
    }

    fn headers(
        &self,
        token: &str,
        refresh_token: Option<&NewRefreshToken>,
        removed: Option<&[HeaderValue]>,
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
        if let Some(removed) = removed {
            let cookies = &stages.authenticator.sources.cookies;
            // The new cookies come last: a browser may not tell a removed one from a new one.
            let session = cookies.session.as_ref().map(|cookie| cookie.set(token, self.lifetime));
            let refresh = cookies.refresh.as_ref().zip(refresh_token);
            let refresh = refresh.map(|(cookie, new)| cookie.set(&new.text, new.max_age));
            let removed = removed.iter().map(|header| Some(header.clone()));
            for header in removed.chain(session).chain(refresh) {
                headers.append(SET_COOKIE, header.ok_or(LoginError::Cookie)?);
            }
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
                scope: self.claims.texts.get(TextClaim::Scope).map(str::to_owned),
                refresh_token: refresh_token.map(str::to_owned),
            }),
            Kind::Bearer | Kind::Cookie => serde_json::to_vec(&serde_json::json!({ "token": token })),
        };
        body.map(Some).map_err(|error| LoginError::Body(Cause::new(error)))
    }
}
