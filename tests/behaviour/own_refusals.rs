//! Refusals by an extractor of the application are answered like the guard's.

use axum::Router;
use axum::extract::FromRequestParts;
use axum::routing::get;
use http::StatusCode;
use jwt_auth::{Backend, NotAllowed, Parts, Protected, Rejection, RejectionReason, auth_backend};
use jwt_auth_tests::{Answer, call};
use tower::ServiceExt;

use crate::fixture::{INVALID_TOKEN, ISSUER, PLAIN, User, bearer, ready, request, settings, token};

#[auth_backend(kind = "bearer", user = User, exclude = ["/open/{refusal}"])]
struct Auth;

/// An extractor that refuses everybody, for the reason that the path names.
struct Nobody;

impl<S: Sync> FromRequestParts<S> for Nobody {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        let refusal = parts.uri.path().rsplit('/').next().unwrap_or_default();
        Err(match refusal {
            "forbidden" => Rejection::forbidden(parts, "no admin"),
            "scope" => Rejection::insufficient_scope(parts, "orders:write orders:read"),
            "line-break" => Rejection::insufficient_scope(parts, "a\nb"),
            "quote" => Rejection::insufficient_scope(parts, r#"a", error="invalid_token"#),
            _ => Rejection::unauthorized(parts, "the second factor is missing"),
        })
    }
}

fn router() -> Router {
    let handler = get(|_: Nobody| async {});
    Router::new().route("/in/{refusal}", handler.clone()).route("/open/{refusal}", handler)
}

fn app() -> (Backend<Auth>, Protected) {
    let auth = ready(Auth.backend());
    let app = auth.protect(router()).unwrap();
    (auth, app)
}

async fn get_with(app: &Protected, path: &str, token: Option<&str>) -> Answer {
    let header = token.map(bearer);
    let headers: Vec<_> = header.iter().map(|header| ("authorization", header.as_str())).collect();
    call(app, request("GET", path, &headers)).await
}

fn seen(answer: &Answer) -> (u16, Option<&str>, String) {
    let detail = answer.json()["detail"].as_str().unwrap_or_default().to_owned();
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    (answer.status, answer.header("www-authenticate"), detail)
}

// BRR-07, BRR-08
#[tokio::test]
async fn an_own_refusal_has_the_status_challenge_and_body_of_the_guard() {
    let (auth, app) = app();
    let token = token(&auth);
    let scope = format!("Bearer realm=\"{ISSUER}\", error=\"insufficient_scope\", scope=\"orders:write orders:read\"");
    for place in ["in", "open"] {
        let get = async |refusal: &str| get_with(&app, &format!("/{place}/{refusal}"), Some(&token)).await;
        assert_eq!(seen(&get("forbidden").await), (403, None, "the user may not do this".into()));
        assert_eq!(seen(&get("scope").await), (403, Some(&*scope), "the access token lacks a scope".into()));
        for illegal in ["line-break", "quote"] {
            assert_eq!(seen(&get(illegal).await), (403, None, "the access token lacks a scope".into()), "{illegal}");
        }
        let bad = (401, Some(INVALID_TOKEN), "the access token is not valid".into());
        assert_eq!(seen(&get("unauthorized").await), bad);
    }
    // Exactly the bytes with which the guard refuses a bad token, and a request without a token.
    let own = get_with(&app, "/in/unauthorized", Some(&token)).await;
    assert_eq!(own, get_with(&app, "/in/unauthorized", Some("x")).await);
    let own = get_with(&app, "/open/unauthorized", None).await;
    assert_eq!(own.header("www-authenticate"), Some(PLAIN));
    assert_eq!(own, get_with(&app, "/in/unauthorized", None).await);
}

#[tokio::test]
async fn the_reason_is_in_the_extensions_and_not_in_the_answer() {
    let (auth, app) = app();
    let header = bearer(&token(&auth));
    let not_authenticated = |has_credential| RejectionReason::NotAuthenticated {
        reason: "the second factor is missing".into(),
        has_credential,
    };
    for (refusal, reason) in [
        ("forbidden", RejectionReason::NotAllowed(NotAllowed::because("no admin"))),
        ("scope", RejectionReason::InsufficientScope("orders:write orders:read".into())),
        ("unauthorized", not_authenticated(true)),
    ] {
        let path = format!("/in/{refusal}");
        let response = app.clone().oneshot(request("GET", &path, &[("authorization", &header)])).await.unwrap();
        assert_eq!(response.extensions().get(), Some(&reason));
        let body = get_with(&app, &path, Some(&token(&auth))).await.body;
        assert!(!body.contains("admin") && !body.contains("factor"), "{body}");
    }
    let response = app.clone().oneshot(request("GET", "/open/unauthorized", &[])).await.unwrap();
    assert_eq!(response.extensions().get(), Some(&not_authenticated(false)));
}

#[tokio::test]
async fn an_own_refusal_is_rendered_by_the_services_own_rendering() {
    let auth = settings(Auth.backend())
        .rejection_response(|rejection, _| (rejection.status(), format!("mine: {}", rejection.detail())))
        .build()
        .unwrap();
    let app = auth.protect(router()).unwrap();
    let token = token(&auth);
    let rendered = get_with(&app, "/in/forbidden", Some(&token)).await;
    assert_eq!((rendered.status, rendered.body.as_str()), (403, "mine: the user may not do this"));
    let rendered = get_with(&app, "/in/unauthorized", Some(&token)).await;
    assert_eq!(rendered.body, "mine: the access token is not valid");
    assert_eq!(rendered.header("www-authenticate"), Some(INVALID_TOKEN));
}

// BRR-08: without a guard there is no realm, but the challenge still has the error of the refusal.
#[tokio::test]
async fn without_a_guard_the_status_and_the_error_are_the_same() {
    let router = router();
    for (path, status, challenge) in [
        ("/in/forbidden", StatusCode::FORBIDDEN, None),
        (
            "/in/scope",
            StatusCode::FORBIDDEN,
            Some("Bearer error=\"insufficient_scope\", scope=\"orders:write orders:read\""),
        ),
        ("/in/line-break", StatusCode::FORBIDDEN, None),
        ("/in/quote", StatusCode::FORBIDDEN, None),
        ("/in/unauthorized", StatusCode::UNAUTHORIZED, Some("Bearer realm=\"-\"")),
    ] {
        let answer = call(&router, request("GET", path, &[("authorization", "Bearer x")])).await;
        assert_eq!((answer.status, answer.header("www-authenticate")), (status.as_u16(), challenge), "{path}");
    }
}
