//! The extractors: the user (through the derive), the token, the backend, and scope guards.

use std::any::type_name;
use std::marker::PhantomData;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;

use crate::backend::{AuthBackend, Backend, Inner, Mode, Require, Scope};
use crate::csrf::is_cross_site;
use crate::guard::{Authenticated, Session};
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

impl<R: Sync, S: Scope> FromRequestParts<R> for Require<S> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &R) -> Result<Self, Rejection> {
        let session = Session::of(parts, type_name::<Self>())?;
        // The document must not promise less than the handler demands.
        if let Some(documented) = session.documented_scopes(parts)
            && !documented.iter().any(|scope| scope == S::NAME)
        {
            return Err(session.reject(parts, RejectionReason::UndocumentedScope(S::NAME)));
        }
        let token = session.authenticate(parts).await?.token;
        if token.has_scope(S::NAME) {
            Ok(Self { token, scope: PhantomData })
        } else {
            Err(session.reject(parts, RejectionReason::InsufficientScope(S::NAME.into())))
        }
    }
}
