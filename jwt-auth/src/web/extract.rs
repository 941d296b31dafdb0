//! The extractors: the user (through the derive), the token, the backend, and scope guards.

use std::any::type_name;
use std::borrow::Cow;

use axum::body::Body;
use axum::body::Bytes;
use axum::extract::FromRequest;
use axum::extract::FromRequestParts;
use axum::extract::OptionalFromRequestParts;
use axum::extract::Request;
use http::HeaderMap;
use http::request::Parts;

use crate::access::decide::listed;
use crate::access::require::Require;
use crate::access::require::RequireAny;
use crate::access::require::RequiredScopes;
use crate::access::require::ScopeSet;
use crate::authenticate::Authenticated;
use crate::backend::Backend;
use crate::backend::Mode;
use crate::backend::Stages;
use crate::events::not_granted::NotGranted;
use crate::hooks::AuthBackend;
use crate::jose::token::Token;
use crate::oauth2::answer::GrantError;
use crate::oauth2::form::MAX_BODY;
use crate::oauth2::form::MAX_TIME;
use crate::oauth2::form::PasswordForm;
use crate::oauth2::form::is_form;
use crate::oauth2::form::is_json;
use crate::rejection::Rejection;
use crate::rejection::reason::RejectionReason;
use crate::session::auth_session::AuthSession;
use crate::session::request_auth::RequestAuth;
use crate::time_limit::Late;
use crate::time_limit::in_time;
use crate::user::JwtUser;
use crate::user::lookup::NotAllowed;
use crate::web::check_password::{request_facts, request_info};
use crate::web::request_state::RequestState;
use crate::web::request_state::requested;
use crate::web::request_state::route;

/// The user of the request. The extractor that `#[derive(JwtUser)]` generates calls this.
///
/// # Errors
///
/// 401 if the request has no valid token, 500 if no guard for this user type ran.
pub async fn user<U: JwtUser>(parts: &mut Parts) -> Result<U, Rejection> {
    if let Some(user) = RequestState::user_of(parts) {
        return Ok(U::clone(user));
    }
    let state = RequestState::of(parts, type_name::<U>())?;
    let authenticated = state.authenticated(parts).await?;
    downcast(&state, parts, &authenticated)
}

/// The user of the request, or `None` if the request has no token. The extractor for `Option<User>` calls this.
///
/// # Errors
///
/// 401 if the request has an invalid token, 500 if no guard for this user type ran.
pub async fn optional_user<U: JwtUser>(parts: &mut Parts) -> Result<Option<U>, Rejection> {
    let state = RequestState::of(parts, type_name::<U>())?;
    let authenticated = state.authenticated_if_any(parts).await?;
    authenticated.map(|authenticated| downcast(&state, parts, &authenticated)).transpose()
}

fn downcast<U: JwtUser>(state: &RequestState, parts: &Parts, authenticated: &Authenticated) -> Result<U, Rejection> {
    let user = authenticated.user.downcast_ref::<U>().cloned();
    user.ok_or_else(|| state.reject(parts, RejectionReason::NotGuarded(type_name::<U>())))
}

impl<S: Sync> FromRequestParts<S> for Token {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        if let Some(token) = RequestState::token_of(parts) {
            return Ok(token.clone());
        }
        let state = RequestState::of(parts, type_name::<Self>())?;
        Ok(state.authenticated(parts).await?.token)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Token {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Rejection> {
        let state = RequestState::of(parts, type_name::<Self>())?;
        Ok(state.authenticated_if_any(parts).await?.map(|authenticated| authenticated.token))
    }
}

impl<S: Sync, A: AuthBackend, M: Mode> FromRequestParts<S> for Backend<A, M> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        backend(&RequestState::of(parts, type_name::<Self>())?, parts, type_name::<Self>())
    }
}

/// The backend of the guard. Fails if the extractor names another backend.
fn backend<A: AuthBackend, M: Mode>(
    state: &RequestState,
    parts: &Parts,
    extractor: &'static str,
) -> Result<Backend<A, M>, Rejection> {
    let stages = state.backend().downcast::<Stages<A>>().ok().filter(|stages| stages.issuance.is_on == M::ISSUES);
    stages.map(Backend::new).ok_or_else(|| state.reject(parts, RejectionReason::NotGuarded(extractor)))
}

impl<S: Sync, A: AuthBackend, M: Mode> FromRequestParts<S> for AuthSession<A, M> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        let state = RequestState::of(parts, type_name::<Self>())?;
        let backend = backend::<A, M>(&state, parts, type_name::<Self>())?;
        let path = requested(parts, &backend.stages.public_prefix).path();
        let info = request_info(parts, &backend.stages.proxies);
        let request = RequestAuth::of(&backend.stages, (parts, path), info, state.verified(), state.received_at());
        if let Some(why) = request.refusal::<A>() {
            return Err(state.reject(parts, why));
        }
        Ok(Self::new(backend, request.keeping::<A>(parts)))
    }
}

/// Rejections for the application's own extractors and middleware. They answer like the guard of the request, with its
/// challenge, its body and its `rejection_response`. Each logs its reason when it is made.
///
/// ```
/// # use axum::extract::FromRequestParts;
/// # use jwt_auth::{JwtUser, Parts, Rejection};
/// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64, #[jwt_user(claim)] is_admin: bool }
/// struct Admin(User);
///
/// impl<S: Send + Sync> FromRequestParts<S> for Admin {
///     type Rejection = Rejection;
///
///     async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
///         let user = User::from_request_parts(parts, state).await?;
///         if user.is_admin { Ok(Self(user)) } else { Err(Rejection::forbidden(parts, "the user is no admin")) }
///     }
/// }
/// ```
impl Rejection {
    /// 403: the caller is known but may not do this. The reason is logged; the answer does not contain it.
    #[doc(alias = "permission")]
    pub fn forbidden(parts: &Parts, reason: impl Into<Cow<'static, str>>) -> Self {
        Self::for_request(parts, RejectionReason::NotAllowed(NotAllowed::because(reason)))
    }

    /// 403 with the challenge `insufficient_scope` (RFC 6750 section 3.1). `scopes` are the missing scopes, separated by spaces. If
    /// they hold a character that is not allowed in a challenge, the answer has no challenge.
    pub fn insufficient_scope(parts: &Parts, scopes: impl Into<Cow<'static, str>>) -> Self {
        Self::for_request(parts, RejectionReason::InsufficientScope(scopes.into()))
    }

    /// 401 with the challenge of RFC 6750 section 3, which has `error="invalid_token"` if the request has a credential. The reason
    /// is logged; the answer does not contain it.
    pub fn unauthorized(parts: &Parts, reason: impl Into<Cow<'static, str>>) -> Self {
        let has_credential = parts.extensions.get::<RequestState>().is_some_and(|state| state.has_credential(parts));
        Self::for_request(parts, RejectionReason::NotAuthenticated { reason: reason.into(), has_credential })
    }

    /// Logs the reason, and makes the answer like the guard of the request.
    fn for_request(parts: &Parts, reason: RejectionReason) -> Self {
        match parts.extensions.get::<RequestState>() {
            Some(state) => state.reject(parts, reason),
            None => {
                let rejection = Self::new(reason, None);
                rejection.log(request_facts(parts), None);
                rejection
            }
        }
    }
}

impl<R: Sync, S: ScopeSet> FromRequestParts<R> for Require<S> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &R) -> Result<Self, Rejection> {
        token_with(Self::REQUIRED, type_name::<Self>(), parts).await.map(Self::new)
    }
}

impl<R: Sync, S: ScopeSet> FromRequestParts<R> for RequireAny<S> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &R) -> Result<Self, Rejection> {
        token_with(Self::REQUIRED, type_name::<Self>(), parts).await.map(Self::new)
    }
}

/// The token of the request, if it has the scopes that the extractor requires.
async fn token_with(required: RequiredScopes, extractor: &'static str, parts: &mut Parts) -> Result<Token, Rejection> {
    let state = RequestState::of(parts, extractor)?;
    let spec = state.spec();
    if !required.scopes.iter().all(|scope| spec.declares(scope)) {
        return Err(state.reject(parts, RejectionReason::NotGuarded(extractor)));
    }
    // The document must not show fewer scopes than the handler requires.
    if let Some(operation) = state.operation(parts)
        && !operation.shows(required, spec)
    {
        if !operation.has_noted_arguments {
            return Err(state.reject(parts, RejectionReason::UndocumentedScope(required.to_string().into())));
        }
        operation.warn_of_undocumented(route(parts).unwrap_or_default(), extractor, required);
    }
    let wanted = || required.unmet(|_| false).map(|scopes| listed(&scopes));
    let token = match state.authenticated(parts).await {
        Ok(authenticated) => authenticated.token,
        Err(mut rejection) => {
            rejection.want(wanted);
            return Err(rejection);
        }
    };
    match required.unmet(|scope| spec.is_granted(token.scopes(), scope)) {
        None => Ok(token),
        Some(unmet) => Err(state.reject(parts, RejectionReason::InsufficientScope(listed(&unmet)))),
    }
}

/// Why the body of a request cannot be used, for the log: the client only gets the code of an error.
pub(crate) enum Unread {
    /// It did not arrive in time.
    Slow(Cow<'static, str>),
    /// It is not what the endpoint reads.
    Wrong(Cow<'static, str>),
}

/// The bytes of a form.
pub(crate) async fn read_form(headers: &HeaderMap, body: Body) -> Result<Bytes, Unread> {
    if !is_form(headers) {
        return Err(Unread::Wrong("the body is not a form (`application/x-www-form-urlencoded` in UTF-8)".into()));
    }
    read(body).await
}

async fn read(body: Body) -> Result<Bytes, Unread> {
    match in_time(MAX_TIME, axum::body::to_bytes(body, MAX_BODY)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) => {
            Err(Unread::Wrong(format!("the body cannot be read, or has more than {MAX_BODY} bytes: {error}").into()))
        }
        Err(Late) => Err(Unread::Slow(format!("the body did not arrive within {} seconds", MAX_TIME.as_secs()).into())),
    }
}

impl<S: Send + Sync> FromRequest<S> for PasswordForm {
    type Rejection = GrantError;

    async fn from_request(request: Request, _: &S) -> Result<Self, GrantError> {
        let (parts, body) = request.into_parts();
        let refused = |why| NotGranted::InvalidRequest(why).log(Some(request_facts(&parts)));
        let unread = |unread| match unread {
            Unread::Slow(why) => {
                refused(why);
                GrantError::Slow
            }
            Unread::Wrong(why) => {
                refused(why);
                GrantError::InvalidRequest
            }
        };
        if is_json(&parts.headers) {
            return Self::from_json(&read(body).await.map_err(unread)?);
        }
        let body = read_form(&parts.headers, body).await.map_err(unread)?;
        let wrong = "the form must have `grant_type=password`, `username` and `password`, each once and in UTF-8";
        Self::parse(&body).inspect_err(|_| refused(wrong.into()))
    }
}
