//! The routes of the endpoints that the library answers itself.

use std::sync::Arc;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW, CACHE_CONTROL,
    CONTENT_TYPE, HeaderValue,
};
use http::{Method, StatusCode};

use crate::backend::{Backend, Stages};
use crate::declaration::spec::Endpoint;
use crate::endpoints::denied::Denied;
use crate::endpoints::{EndpointAnswer, EndpointRequest, answer, description, method};
use crate::hooks::AuthBackend;
use crate::no_store::forbid_storing_tokens;
use crate::oauth2::answer::GrantError;
use crate::oauth2::form::TokenForm;
use crate::web::check_password::request_info;
use crate::web::extract::{Unread, read_form};
use crate::web::request_state::requested;
use crate::web::well_known::PUBLIC_MAX_AGE;

/// A route that answers the method of the endpoint. Every other method gets a 405.
pub(crate) fn endpoint_route<A: AuthBackend>(endpoint: Endpoint, stages: &Arc<Stages<A>>) -> MethodRouter {
    let stages = Arc::clone(stages);
    let handler = move |request: Request| {
        let backend = Backend::<A>::new(Arc::clone(&stages));
        async move { response(endpoint, &backend, request).await.into_response() }
    };
    if method(endpoint) == Method::GET {
        return get(handler).options(preflight).fallback(|| async { not_allowed("GET, HEAD, OPTIONS") });
    }
    post(handler).fallback(|| async { not_allowed("POST") })
}

fn not_allowed(allowed: &'static str) -> Response {
    let mut response = StatusCode::METHOD_NOT_ALLOWED.into_response();
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    forbid_storing_tokens(response.headers_mut());
    response
}

/// The answer to a CORS preflight of an endpoint that every page may read. A client may send any header, such as
/// `MCP-Protocol-Version`.
async fn preflight() -> impl IntoResponse {
    let allowed = [
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (ACCESS_CONTROL_ALLOW_METHODS, "GET"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "*"),
    ];
    (StatusCode::NO_CONTENT, allowed)
}

async fn response<A: AuthBackend>(
    endpoint: Endpoint,
    backend: &Backend<A>,
    request: Request,
) -> Result<EndpointAnswer, GrantError> {
    let (parts, body) = request.into_parts();
    let info = request_info(&parts, &backend.stages.proxies);
    let form = if description(endpoint).form.is_empty() {
        TokenForm::default()
    } else {
        let form = match read_form(&parts.headers, body).await {
            Ok(bytes) => TokenForm::parse(&bytes)
                .map_err(|_| Denied::Form("the form repeats a parameter, or is not UTF-8".into())),
            Err(Unread::Slow(why)) => Err(Denied::Slow(why)),
            Err(Unread::Wrong(why)) => Err(Denied::Form(why)),
        };
        form.map_err(|denied| match endpoint {
            Endpoint::Token => denied.tell(&backend.stages.events, false, &info),
            _ => denied.log(&info),
        })?
    };
    let path = requested(&parts, &backend.stages.public_prefix).path();
    let request = EndpointRequest { parts: &parts, path, form, info };
    Ok(answer(endpoint, backend, request).await)
}

impl IntoResponse for EndpointAnswer {
    fn into_response(self) -> Response {
        let mut response = match self {
            Self::Login(login) => return login.into_response(),
            Self::Error(error) => return error.into_response(),
            Self::Rejected(rejection) => return rejection.into_response(),
            Self::Done => StatusCode::OK.into_response(),
            Self::Public(json) => {
                let headers = [
                    (CONTENT_TYPE, "application/json"),
                    (CACHE_CONTROL, PUBLIC_MAX_AGE),
                    (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
                ];
                return (headers, json.to_string()).into_response();
            }
            Self::Json(json) => ([(CONTENT_TYPE, "application/json")], json.to_string()).into_response(),
        };
        forbid_storing_tokens(response.headers_mut());
        response
    }
}
