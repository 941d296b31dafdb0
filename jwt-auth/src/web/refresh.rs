//! Uses a refresh token for a handler of the application.

use http::request::Parts;

use crate::backend::Backend;
use crate::hooks::AuthBackend;
use crate::session::errors::RefreshError;
use crate::session::login_builder::LoginBuilder;
use crate::session::purpose::Renewal;
use crate::session::refresh::RefreshRequest;
use crate::web::check_password::request_info;

impl<A: AuthBackend> Backend<A> {
    /// Starts a refresh: a new access token and a new refresh token for the user of this refresh token. Awaiting the
    /// [`LoginBuilder`] uses the refresh token and returns the answer. Settings of the sign-in, such as
    /// [`LoginBuilder::extra`], are not carried over. Set them again before you await.
    ///
    /// `client_id` is the client that sent the request; `None` stands for the builder's `client_id`. `scopes` may be fewer than
    /// were granted; `None` requests all of them that `scope_allowed` still allows. `request` is passed to `retrieve_user`,
    /// which looks the user up again. If its headers say that a page of another site sent it, the answer sets no cookies.
    ///
    /// ```
    /// # use axum::Json;
    /// # use jwt_auth::{auth_backend, Backend, JwtUser, Login, Parts, session::RefreshError};
    /// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
    /// # #[auth_backend(kind = "oauth2", user = User, token_url = "/token", exclude = ["/renew"])] struct Auth;
    /// async fn renew(auth: Backend<Auth>, parts: Parts, Json(token): Json<String>) -> Result<Login, RefreshError> {
    ///     auth.refresh(&token, None, None, &parts).await?.await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`RefreshError`], here and when the builder is awaited. The token stays unused, except that an unknown user or a second
    /// use ends the session. After [`RefreshError::Store`] (503) the client may send the same token again, even several times:
    /// it always gets the same new refresh token. After [`RefreshError::TryAgain`] (503) another request has used the token, and
    /// the client retries with the token that it got from that request.
    pub async fn refresh(
        &self,
        refresh_token: &str,
        client_id: Option<&str>,
        scopes: Option<&[&str]>,
        request: &Parts,
    ) -> Result<LoginBuilder<A, Renewal>, RefreshError> {
        let client_id = client_id.unwrap_or(&self.stages.issuance.client_id);
        let asked = RefreshRequest { client_id, scopes };
        self.renewal(refresh_token, asked, |_| true, (request, &request_info(request, &self.stages.proxies))).await
    }
}
