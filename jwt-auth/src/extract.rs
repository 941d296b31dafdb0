//! The extractors: the user (through the derive), the token, the backend, and scope guards.

use std::any::type_name;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;

use crate::backend::{AuthBackend, Backend, Inner, Mode, Require, RequireAny, RequiredScopes, ScopeSet};
use crate::csrf::is_cross_site;
use crate::guard::{Authenticated, Session, listed, route};
use crate::rejection::{Rejection, RejectionReason};
use crate::token::Token;
use crate::user::JwtUser;

/// What the derive's extractor for a user calls.
///
/// # Errors
///
/// 401 where no valid token was presented, 500 where no guard for this user type ran.
pub async fn user<U: JwtUser>(parts: &mut Parts) -> Result<U, Rejection> {
    if let Some(user) = Session::user_of(parts) {
        return Ok(U::clone(user));
    }
    let session = Session::of(parts, type_name::<U>())?;
    let authenticated = session.authenticate(parts).await?;
    downcast(&session, parts, &authenticated)
}

/// What the derive's extractor for an optional user calls.
///
/// # Errors
///
/// 401 where an invalid token was presented; none at all is `None`.
pub async fn optional_user<U: JwtUser>(parts: &mut Parts) -> Result<Option<U>, Rejection> {
    let session = Session::of(parts, type_name::<U>())?;
    let authenticated = session.authenticate_optional(parts).await?;
    authenticated.map(|authenticated| downcast(&session, parts, &authenticated)).transpose()
}

fn downcast<U: JwtUser>(session: &Session, parts: &Parts, authenticated: &Authenticated) -> Result<U, Rejection> {
    let user = authenticated.user.downcast_ref::<U>().cloned();
    user.ok_or_else(|| session.reject(parts, RejectionReason::NotGuarded(type_name::<U>())))
}

impl<S: Sync> FromRequestParts<S> for Token {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        if let Some(token) = Session::token_of(parts) {
            return Ok(token.clone());
        }
        let session = Session::of(parts, type_name::<Self>())?;
        Ok(session.authenticate(parts).await?.token)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Token {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Rejection> {
        let session = Session::of(parts, type_name::<Self>())?;
        Ok(session.authenticate_optional(parts).await?.map(|authenticated| authenticated.token))
    }
}

impl<S: Sync, A: AuthBackend, M: Mode> FromRequestParts<S> for Backend<A, M> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        let session = Session::of(parts, type_name::<Self>())?;
        let inner = session.backend().downcast::<Inner<A>>().ok().filter(|inner| inner.issues == M::ISSUES);
        let Some(inner) = inner else {
            return Err(session.reject(parts, RejectionReason::NotGuarded(type_name::<Self>())));
        };
        let mut backend = Self::new(inner);
        backend.is_cross_site = is_cross_site(&parts.method, &parts.headers, &backend.inner.allowed_origins);
        Ok(backend)
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

/// The request's token, where it has what the extractor requires.
async fn token_with(required: RequiredScopes, extractor: &'static str, parts: &mut Parts) -> Result<Token, Rejection> {
    let session = Session::of(parts, extractor)?;
    let spec = session.spec();
    if !required.scopes.iter().all(|scope| spec.declares(scope)) {
        return Err(session.reject(parts, RejectionReason::NotGuarded(extractor)));
    }
    // The document must not promise less than is demanded.
    if let Some(operation) = session.operation(parts)
        && !operation.shows(required, spec)
    {
        if !operation.has_noted_arguments {
            return Err(session.reject(parts, RejectionReason::UndocumentedScope(required.to_string().into())));
        }
        operation.warn_of_undocumented(route(parts).unwrap_or_default(), extractor, required);
    }
    let token = session.authenticate(parts).await?.token;
    match required.missing(|scope| spec.is_granted(token.scopes(), scope)) {
        None => Ok(token),
        Some(missing) => Err(session.reject(parts, RejectionReason::InsufficientScope(listed(&missing)))),
    }
}
