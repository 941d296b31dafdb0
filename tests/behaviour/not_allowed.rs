//! `NotAllowed`: a user who is known but blocked.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use jwt_auth::{
    Backend, MemoryStore, NotAllowed, Parts, RefreshTokens, RejectionReason, Token, auth_backend, oauth2::Client,
    rejection::BoxError,
};
use jwt_auth_tests::{call, call_with};
use serde_json::json;

use crate::failing_service::{
    Api, Begun, LookUp, Member, Members, Web, app, begin, build, form, from_own_page, gives_nothing, is_renewed,
};
use crate::fixture::{bearer, request, settings};

fn banned() -> RejectionReason {
    RejectionReason::NotAllowed(NotAllowed::because("banned"))
}

#[tokio::test]
async fn the_guard_answers_403_without_a_challenge_or_the_reason() {
    let members = Members::default();
    let auth = build(Api(members.clone()).backend(), MemoryStore::new());
    let app = app(&auth);
    let Begun { access, .. } = begin(&app).await;
    members.set(LookUp::Refuses);
    let answer = call(&app, request("GET", "/me", &[("authorization", &bearer(&access))])).await;
    assert_eq!((answer.status, answer.header("www-authenticate")), (403, None));
    assert_eq!(answer.json()["detail"], "the user may not do this");
    assert!(!answer.body.contains("banned"), "the reason is for the log");
    assert_eq!(call_with(&app, &access).await, (403, Some(banned())));
    // An unknown user gets another answer.
    members.set(LookUp::FindsNobody);
    assert_eq!(call_with(&app, &access).await, (401, Some(RejectionReason::UnknownUser)));
}

// ONE-06, REF-02
#[tokio::test]
async fn a_refresh_is_refused_and_the_token_stays_unused() {
    let (store, members) = (Arc::new(MemoryStore::new()), Members::default());
    let auth = build(Api(members.clone()).backend(), Arc::clone(&store));
    let app = app(&auth);
    let session = begin(&app).await;
    let before = format!("{store:?}");
    members.set(LookUp::Refuses);
    for request in [
        form("/token", format_args!("grant_type=refresh_token&refresh_token={}", session.refresh)),
        from_own_page("/open/renew", &[session.refresh_header()]),
    ] {
        let answer = call(&app, request).await;
        assert_eq!((answer.status, answer.json()), (400, json!({ "error": "invalid_grant" })));
        assert_eq!(format!("{store:?}"), before);
    }
    members.set(LookUp::Finds);
    assert!(is_renewed(&auth, &session.refresh).await);
}

// ONE-06, CKE-10: the cookies stay, because the session may continue later.
#[tokio::test]
async fn a_browsers_refresh_is_answered_403_and_nothing_is_lost() {
    let (store, members) = (Arc::new(MemoryStore::new()), Members::default());
    let auth = build(Web(members.clone()).backend(), Arc::clone(&store));
    let app = app(&auth);
    let session = begin(&app).await;
    let before = format!("{store:?}");
    members.set(LookUp::Refuses);
    let answer = call(&app, from_own_page("/refresh", &[session.refresh_cookie()])).await;
    assert_eq!((answer.status, answer.header("www-authenticate")), (403, None));
    assert!(gives_nothing(&answer), "{answer:?}");
    assert_eq!(format!("{store:?}"), before);
    members.set(LookUp::Finds);
    assert_eq!(call(&app, from_own_page("/refresh", &[session.refresh_cookie()])).await.status, 204);
}

// TOK-08, TOK-09
#[tokio::test]
async fn a_sign_in_is_answered_like_a_wrong_password() {
    let members = Members::default();
    let app = app(&build(Api(members.clone()).backend(), MemoryStore::new()));
    let sign_in = async |password: &str| {
        call(&app, form("/token", format_args!("grant_type=password&username=alice&password={password}"))).await
    };
    let wrong = sign_in("x").await;
    assert_eq!((wrong.status, wrong.json()), (400, json!({ "error": "invalid_grant" })));
    members.set(LookUp::Refuses);
    assert_eq!(sign_in("wonderland").await, wrong);
    members.set(LookUp::Finds);
    assert_eq!(sign_in("wonderland").await.status, 200);
}

#[auth_backend(
    kind = "oauth2",
    user = Member,
    retrieve_user = find,
    token_url = "/token",
    introspect_url = "/introspect",
)]
struct Asked(Members);

fn find(asked: &Asked, _: &Token, _: &Parts) -> Result<Option<Member>, BoxError> {
    asked.0.find()
}

const SECRET: &str = "a-secret-of-22-characters";

// INT-01
#[tokio::test]
async fn introspection_says_that_the_token_is_not_active() {
    let members = Members::default();
    let builder = settings(Asked(members.clone()).backend()).refresh_tokens(RefreshTokens::new());
    let auth: Backend<Asked> = builder.client(Client::confidential("reports", SECRET)).build().unwrap();
    let app = auth.protect(Router::new().route("/me", get(|_: Member| async {}))).unwrap();
    let token = auth.create_token(&members.find().unwrap().unwrap()).unwrap();
    let introspect = async || {
        let by = format!("client_id=reports&client_secret={SECRET}");
        call(&app, form("/introspect", format_args!("token={token}&{by}"))).await
    };
    assert_eq!(introspect().await.json()["active"], json!(true));
    members.set(LookUp::Refuses);
    let answer = introspect().await;
    assert_eq!((answer.status, answer.json()), (200, json!({ "active": false })));
}
