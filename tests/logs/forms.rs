//! What a refused form logs.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes};
use jwt_auth::{Parts, auth_backend};
use jwt_auth_tests::call;

use crate::fixture::{User, alice, ready, request};
use crate::logged;

#[auth_backend(kind = "oauth2", user = User, token_url = "/token", authenticate = check_password)]
struct Tokens;

fn check_password(_: &Tokens, _: &str, _: &str, _: &Parts) -> Option<User> {
    Some(alice())
}

// REL-06: the client only gets `invalid_request`.
#[test]
fn a_refused_form_logs_what_is_wrong_with_it() {
    let app = ready(Tokens.backend()).protect(Router::new()).unwrap();
    let form = "application/x-www-form-urlencoded";
    for (content_type, body, expected) in [
        (form, "", "the form has no `grant_type`, or it is empty"),
        (form, "grant_type=password&password=hunter2", "the form has no `username`, or it is empty"),
        (form, "grant_type=password&username=alice&password=", "the form has no `password`, or it is empty"),
        (form, "grant_type=password&grant_type=password", "the form repeats a parameter, or is not UTF-8"),
        (form, "grant_type=%ff", "the form repeats a parameter, or is not UTF-8"),
        ("application/json", "{}", "the body is not a form"),
    ] {
        let text = logged(|| async {
            let mut request = request("POST", "/token", &[("content-type", content_type)]);
            *request.body_mut() = Body::from(body);
            assert_eq!(call(&app, request).await.status, 400);
        });
        assert!(text.contains(expected) && text.contains("no token granted: invalid_request"), "{body}: {text}");
        assert!(!text.contains("hunter2") && !text.contains("alice"), "{body}: {text}");
    }
}

/// A body of which nothing more arrives.
struct Silent;

impl http_body::Body for Silent {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}

#[test]
fn a_form_that_does_not_arrive_is_answered_and_logged() {
    let app = ready(Tokens.backend()).protect(Router::new()).unwrap();
    let text = logged(|| async {
        tokio::time::pause();
        let mut request = request("POST", "/token", &[("content-type", "application/x-www-form-urlencoded")]);
        *request.body_mut() = Body::new(Silent);
        let answer = call(&app, request).await;
        assert_eq!((answer.status, &answer.json()["error"]), (408, &"invalid_request".into()));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    });
    assert!(text.contains("the body did not arrive within 10 seconds"), "{text}");
}
