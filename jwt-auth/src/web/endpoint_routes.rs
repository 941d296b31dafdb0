//! The routes of the endpoints that the library answers itself.

use std::sync::Arc;

use axum::extract::Request;
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::routing::{MethodRouter, post};
use http::StatusCode;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, PRAGMA, SET_COOKIE};

use crate::backend::{Backend, Stages};
use crate::declaration::endpoints::Endpoint;
use crate::endpoints::renew::{self, NotRenewed};
use crate::endpoints::{introspect, revoke, token};
use crate::hooks::AuthBackend;
use crate::oauth2::token_form::TokenForm;
use crate::web::client_address::client_address;
use crate::web::form::read_form;
use crate::web::request_state::route;

/// Answers POST, and every other method with 405.
pub(crate) fn endpoint_route<A: AuthBackend>(endpoint: Endpoint, stages: &Arc<Stages<A>>) -> MethodRouter {
    let stages = Arc::clone(stages);
    post(move |request: Request| answer(endpoint, Backend::new(Arc::clone(&stages)), request)).fallback(|| async {
        (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "POST"), (CACHE_CONTROL, "no-store"), (PRAGMA, "no-cache")])
    })
}

async fn answer<A: AuthBackend>(endpoint: Endpoint, backend: Backend<A>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if endpoint == Endpoint::Renew {
        return match renew::answer(&backend, &parts, route(&parts)).await {
            Ok(login) => login.into_response(),
            Err(NotRenewed { rejection, removed_cookies }) => {
                let removed = AppendHeaders(removed_cookies.into_iter().map(|cookie| (SET_COOKIE, cookie)));
                (removed, rejection).into_response()
            }
        };
    }
    let form = match read_form(&parts.headers, body).await.and_then(|body| TokenForm::parse(&body)) {
        Ok(form) => form,
        Err(error) => return error.into_response(),
    };
    match endpoint {
        Endpoint::Token => token::answer(&backend, &parts, &form, client_address(&parts)).await.into_response(),
        Endpoint::Revoke => {
            let revoked = revoke::answer(&backend, &parts, &form).await;
            revoked.map(|()| [(CACHE_CONTROL, "no-store"), (PRAGMA, "no-cache")]).into_response()
        }
        Endpoint::Introspect => {
            let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store"), (PRAGMA, "no-cache")];
            let answer = introspect::answer(&backend.stages, &parts, &form).await;
            answer.map(|answer| (headers, answer.to_string())).into_response()
        }
        Endpoint::Renew => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
