//! With any bytes in `Authorization` and `Cookie`, the answer is 400 or 401, never an error of the server.
#![no_main]

use std::sync::LazyLock;

use axum::body::Body;
use axum::routing::get;
use http::HeaderValue;
use jwt_auth::Protected;
use jwt_auth_fuzz::{User, backend};
use tower::ServiceExt;

static APP: LazyLock<Protected> = LazyLock::new(|| {
    backend().protect(axum::Router::new().route("/me", get(|_: User| async {}))).expect("a router")
});

libfuzzer_sys::fuzz_target!(|lines: Vec<(bool, Vec<u8>)>| {
    let mut request = http::Request::get("/me").body(Body::empty()).expect("a request");
    for (is_cookie, value) in lines {
        let name = if is_cookie { http::header::COOKIE } else { http::header::AUTHORIZATION };
        if let Ok(value) = HeaderValue::from_bytes(&value) {
            request.headers_mut().append(name, value);
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let status = match runtime.block_on(APP.clone().oneshot(request)) {
        Ok(response) => response.status().as_u16(),
        Err(never) => match never {},
    };
    assert!(matches!(status, 400 | 401), "{status}");
});
