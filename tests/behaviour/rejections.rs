//! What the answer to a refused request contains, and what only the log of the service contains.

use axum::Router;
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use http::StatusCode;
use jwt_auth::{ClaimError, Rejection, RejectionReason, Token, rejection::TokenError};
use jwt_auth_tests::call;
use serde_json::json;
use tower::ServiceExt;

use crate::fixture::{Bearer, INVALID_TOKEN, PLAIN, app, bearer, ready, request, settings, token};

#[tokio::test]
async fn the_body_is_a_problem_document() {
    let (app, _) = app(&ready(Bearer.backend()));
    let answer = call(&app, request("GET", "/me", &[])).await;
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let expected = json!({ "type": "about:blank", "title": "Unauthorized", "status": 401, "detail": "this route needs an access token" });
    assert_eq!(answer.json(), expected);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

// BRR-06, JWS-15
#[tokio::test]
async fn expired_forged_and_malformed_get_the_same_bytes() {
    let auth = ready(Bearer.backend());
    let (app, _) = app(&auth);
    let expired = settings(Bearer.backend()).clock(|| 1_000_000).build().unwrap();
    let mut answers = Vec::new();
    for token in [token(&expired), format!("{}x", token(&auth)), "garbage".into()] {
        answers.push(call(&app, request("GET", "/me", &[("authorization", &bearer(&token))])).await);
    }
    assert_eq!(answers[0].status, 401);
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
}

#[tokio::test]
async fn the_reason_is_in_the_extensions_of_the_response() {
    let (app, _) = app(&ready(Bearer.backend()));
    let reason = async |headers: &[(&str, &str)]| {
        let response = app.clone().oneshot(request("GET", "/me", headers)).await.unwrap();
        response.extensions().get::<RejectionReason>().cloned().unwrap()
    };
    assert_eq!(reason(&[]).await, RejectionReason::MissingCredential);
    assert_eq!(reason(&[("authorization", "Basic x")]).await, RejectionReason::OtherScheme);
    assert_eq!(reason(&[("authorization", "Bearer a.b")]).await, RejectionReason::Token(TokenError::NotCompact));
    let expired = settings(Bearer.backend()).clock(|| 1_000_000).build().unwrap();
    assert_eq!(
        reason(&[("authorization", &bearer(&token(&expired)))]).await,
        RejectionReason::Token(TokenError::Expired)
    );
}

#[tokio::test]
async fn a_body_of_the_application_keeps_status_and_challenge() {
    let auth =
        settings(Bearer.backend()).rejection_response(|rejection, _| (rejection.status(), "mine")).build().unwrap();
    let (app, _) = app(&auth);
    let answer = call(&app, request("GET", "/me", &[("authorization", "Bearer x")])).await;
    assert_eq!(
        (answer.status, answer.body.as_str(), answer.header("www-authenticate")),
        (401, "mine", Some(INVALID_TOKEN))
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn a_refusal_can_be_a_redirect() {
    let auth = settings(Bearer.backend())
        .rejection_response(|rejection, _| match rejection.status() {
            StatusCode::UNAUTHORIZED => Redirect::to("/sign-in").into_response(),
            status => status.into_response(),
        })
        .build()
        .unwrap();
    let (app, hits) = app(&auth);
    let answer = call(&app, request("GET", "/me", &[])).await;
    assert_eq!(
        (answer.status, answer.header("location"), answer.header("www-authenticate")),
        (303, Some("/sign-in"), None)
    );
    assert_eq!(hits.count(), 0);
}

#[tokio::test]
async fn the_realm_can_be_named() {
    let auth = settings(Bearer.backend()).realm("orders").build().unwrap();
    let (app, _) = app(&auth);
    let answer = call(&app, request("GET", "/me", &[])).await;
    assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"orders\""));
}

// BRR-10
#[tokio::test]
async fn an_answer_for_one_user_is_no_store_unless_the_handler_says_otherwise() {
    let auth = ready(Bearer.backend());
    let router = Router::new()
        .route("/me", get(|| async {}))
        .route("/cached", get(|| async { [("cache-control", "private, max-age=60")] }))
        .route("/open", get(|| async {}));
    let app = auth.protect(router).unwrap();
    let token = bearer(&token(&auth));
    let cache = async |path: &str| {
        let answer = call(&app, request("GET", path, &[("authorization", &token)])).await;
        answer.header("cache-control").map(str::to_owned)
    };
    assert_eq!(cache("/me").await.as_deref(), Some("no-store"));
    assert_eq!(cache("/cached").await.as_deref(), Some("private, max-age=60"));
    assert_eq!(cache("/open").await, None);
}

#[tokio::test]
async fn a_token_without_a_claim_that_the_handler_needs_is_a_401() {
    async fn handler(token: Token) -> Result<String, Rejection> {
        let tenant: String = token.claim("tenant")?;
        Ok(tenant)
    }
    let auth = ready(Bearer.backend());
    let app = auth.protect(Router::new().route("/me", get(handler))).unwrap();
    let user = crate::fixture::alice();
    let get = async |token: String| call(&app, request("GET", "/me", &[("authorization", &bearer(&token))])).await;
    let without = get(auth.create_token(&user).unwrap()).await;
    assert_eq!((without.status, without.header("www-authenticate")), (401, Some("Bearer error=\"invalid_token\"")));
    assert_eq!(get(auth.new_token(&user).extra("tenant", "t1").sign().unwrap()).await.body, "t1");
    assert_eq!(get(auth.new_token(&user).extra("tenant", &1).sign().unwrap()).await.status, 401);
}

#[tokio::test]
async fn claims_are_read_as_types() {
    async fn handler(token: Token) -> Result<String, ClaimError> {
        let absent: Option<u8> = token.claim("absent")?;
        let list: Vec<u8> = token.claim("list")?;
        Ok(format!("{absent:?} {list:?} {} {:?}", token.issuer(), token.not_before()))
    }
    let auth = ready(Bearer.backend());
    let router = Router::new()
        .route("/me", get(|token| async { handler(token).await.map_err(|error| error.claim().to_owned()) }));
    let app = auth.protect(router).unwrap();
    let token = auth.new_token(&crate::fixture::alice()).extra("list", &[1, 2]).sign().unwrap();
    let answer = call(&app, request("GET", "/me", &[("authorization", &bearer(&token))])).await;
    assert_eq!(answer.body, "None [1, 2] https://issuer.test None");
}

// BRR-08
#[tokio::test]
async fn every_401_has_one_challenge() {
    let (app, _) = app(&ready(Bearer.backend()));
    for headers in [&[][..], &[("authorization", "Bearer x")], &[("authorization", "Basic x")]] {
        let answer = call(&app, request("GET", "/me", headers)).await;
        let challenges: Vec<_> = answer.headers.iter().filter(|(name, _)| name == "www-authenticate").collect();
        assert_eq!((answer.status, challenges.len()), (401, 1));
        assert!(challenges[0].1.starts_with(PLAIN));
    }
}
