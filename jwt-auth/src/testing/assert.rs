//! A stranger's call through the real router.

use std::future::poll_fn;

use axum::body::Body;
use http::header::WWW_AUTHENTICATE;
use http::{Request, StatusCode};
use tower_service::Service;

use crate::guard::Protected;

/// Asserts that a call without a credential is refused with 401 and a challenge: `assert_protected!(app, "GET /me")`,
/// with any number of calls. A path may be a template, such as `GET /orders/{id}`.
///
/// Inside an `async` function; panics where the call is let through, and where no route of the router matches the path,
/// since every unknown path is refused too.
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
/// Inside an `async` function; panics where the call is answered 401, and where no route of the router matches the path.
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
        let (status, challenged) = answer.await;
        assert!(
            status == StatusCode::UNAUTHORIZED && challenged,
            "{caller}: `{call}` is not protected: a call without a credential is answered {status}"
        );
    }
}

/// One call of `assert_open!`.
#[track_caller]
pub fn assert_one_open(app: &Protected, call: &str) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    let answer = answered(app, call);
    async move {
        let (status, _) = answer.await;
        assert!(
            status != StatusCode::UNAUTHORIZED,
            "{caller}: `{call}` is not open: a call without a credential is answered {status}"
        );
    }
}

/// The status of a call without a credential, and whether there was a challenge.
async fn answered(app: &Protected, call: &str) -> (StatusCode, bool) {
    let Some((method, template)) = call.split_once(' ') else {
        panic!("`{call}` is no call; write it as \"GET /path\"")
    };
    let path = filled(template);
    assert!(app.knows(&path), "no route of the router matches `{call}`, so it says nothing");
    let request = match Request::builder().method(method).uri(&path).body(Body::empty()) {
        Ok(request) => request,
        Err(error) => panic!("`{call}` is no call: {error}"),
    };
    let mut app = app.clone();
    let ready = poll_fn(|context| Service::<Request<Body>>::poll_ready(&mut app, context)).await;
    let response = match (ready, app.call(request).await) {
        (Ok(()), Ok(response)) => response,
        (Err(never), _) | (_, Err(never)) => match never {},
    };
    (response.status(), response.headers().contains_key(WWW_AUTHENTICATE))
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
