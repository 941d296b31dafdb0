//! A stranger's call through the real router.

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

/// Asserts that the guard refuses a call without a credential, whatever the answer looks like: `assert_protected!(app, "GET /me")`,
/// with any number of calls. A path may be a template, such as `GET /orders/{id}`.
///
/// Inside an `async` function; panics where the call is let through, and where no route of the router has the path or is
/// written as the template, since every unknown path is refused too.
#[macro_export]
#[doc(hidden)]
macro_rules! __assert_protected {
    ($app:expr, $($call:expr),+ $(,)?) => {
        $($crate::testing::assert_one_protected(&$app, $call).await;)+
    };
}

/// Asserts that a call without a credential passes the guard: `assert_open!(app, "GET /health")`, with any number of
/// calls. A path may be a template.
///
/// Inside an `async` function; panics where the guard refuses the call, where its route has no handler for the method, and
/// where no route of the router has the path or is written as the template.
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
            "{caller}: `{call}` has no handler for this method, so it says nothing"
        );
    }
}

/// The status of a call without a credential, and why the guard refused it, if it did.
async fn answered(app: &Protected, call: &str) -> Result<(StatusCode, Option<RejectionReason>), String> {
    let no_call = || format!("`{call}` is no call; write it as \"GET /path\"");
    let (method, template) = call.split_once(' ').ok_or_else(no_call)?;
    // Any word is a method to HTTP, and a misspelt one reaches no handler.
    let method = METHODS.into_iter().find(|known| known.as_str() == method).ok_or_else(no_call)?;
    if !app.knows(template) {
        return Err(format!("no route of the router is `{call}`, so it says nothing"));
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

/// A path of a template: each parameter is `1`.
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
