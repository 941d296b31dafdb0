//! Calls without a credential, through the real router.

use std::future::poll_fn;

use axum::body::Body;
use http::header::HOST;
use http::{Method, Request, StatusCode};
use tower_service::Service;

use crate::rejection::reason::RejectionReason;
use crate::web::protected::Protected;

const METHODS: [Method; 9] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::OPTIONS,
    Method::TRACE,
    Method::CONNECT,
];

/// Asserts that the guard refuses each of these calls if it has no credential: `assert_protected!(app, "GET /me", "POST /me")`.
/// A path may be a template, such as `GET /orders/{id}`. Works also with a `rejection_response` of your own.
///
/// Use it inside an `async` function. Panics if the guard lets a call pass. Also panics if no route of the router has the path
/// or the template: the guard refuses unknown paths too, so the assertion would prove nothing.
#[macro_export]
#[doc(hidden)]
macro_rules! __assert_protected {
    ($app:expr, $($call:expr),+ $(,)?) => {
        $($crate::testing::assert_one_protected(&$app, $call).await;)+
    };
}

/// Asserts that each of these calls passes the guard without a credential: `assert_open!(app, "GET /health")`. A path may be a
/// template.
///
/// Use it inside an `async` function. Panics if the guard refuses a call, if the route has no handler for the method, or if no
/// route of the router has the path or the template.
#[macro_export]
#[doc(hidden)]
macro_rules! __assert_open {
    ($app:expr, $($call:expr),+ $(,)?) => {
        $($crate::testing::assert_one_open(&$app, $call).await;)+
    };
}

/// One call of `assert_protected!`.
#[track_caller]
pub fn assert_one_protected(app: &Protected, call: &str) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    let answer = answered(app, call);
    async move {
        let (status, reason) = answer.await.unwrap_or_else(|mistake| panic!("{caller}: {mistake}"));
        assert!(
            matches!(reason, Some(RejectionReason::MissingCredential)),
            "{caller}: `{call}` is not protected: a call without a credential is answered {status} by the application"
        );
    }
}

/// One call of `assert_open!`.
#[track_caller]
pub fn assert_one_open(app: &Protected, call: &str) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    let answer = answered(app, call);
    async move {
        let (status, reason) = answer.await.unwrap_or_else(|mistake| panic!("{caller}: {mistake}"));
        assert!(reason.is_none(), "{caller}: `{call}` is not open: the guard answers {status} without a credential");
        assert!(
            status != StatusCode::METHOD_NOT_ALLOWED,
            "{caller}: `{call}` has no handler for this method, so the assertion would prove nothing"
        );
    }
}

/// Makes a call without a credential. Returns the status, and the reason if the guard refused it.
async fn answered(app: &Protected, call: &str) -> Result<(StatusCode, Option<RejectionReason>), String> {
    let no_call = || format!("`{call}` is not a call; write it as \"GET /path\"");
    let (method, template) = call.split_once(' ').ok_or_else(no_call)?;
    // HTTP accepts any word as a method, so a spelling mistake would not be noticed.
    let method = METHODS.into_iter().find(|known| known.as_str() == method).ok_or_else(no_call)?;
    if !app.knows(template) {
        return Err(format!("the router has no route for `{call}`, so the assertion would prove nothing"));
    }
    let request = Request::builder().method(method).uri(filled(template)).header(HOST, "localhost");
    let request = request.body(Body::empty()).map_err(|_| no_call())?;
    let mut app = app.clone();
    let ready = poll_fn(|context| Service::<Request<Body>>::poll_ready(&mut app, context)).await;
    let response = match (ready, app.call(request).await) {
        (Ok(()), Ok(response)) => response,
        (Err(never), _) | (_, Err(never)) => match never {},
    };
    Ok((response.status(), response.extensions().get::<RejectionReason>().cloned()))
}

/// A path for a template, with `1` for each parameter.
fn filled(template: &str) -> String {
    let mut path = String::new();
    let mut rest = template;
    while let Some((before, parameter)) = rest.split_once('{') {
        path.push_str(before);
        path.push('1');
        rest = parameter.split_once('}').map_or("", |(_, after)| after);
    }
    path + rest
}
