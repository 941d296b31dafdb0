//! Several backends on one store: a refresh token gives no more at one backend than at the one that issued it.

use std::sync::Arc;

use axum::Router;
use jwt_auth::{AuthBackend, Backend, MemoryStore, Parts, Protected, RefreshTokens, auth_backend, oauth2::Client};
use jwt_auth_tests::{Answer, call};
use serde_json::json;

use crate::fixture::{User, request, settings};

#[auth_backend(kind = "oauth2", user = User, token_url = "/token", authenticate = of_before, scopes(read = "Read"))]
struct Before;

#[auth_backend(kind = "oauth2", user = User, token_url = "/token", authenticate = of_after, scopes(orders = "Read orders"))]
struct After;

#[auth_backend(kind = "cookie", user = User, refresh_url = "/refresh")]
struct Pages;

fn of_before(_: &Before, username: &str, _: &str, _: &Parts) -> Option<User> {
    Some(User { id: 7, name: username.to_owned() })
}

fn of_after(_: &After, username: &str, _: &str, _: &Parts) -> Option<User> {
    Some(User { id: 7, name: username.to_owned() })
}

const SECRET: &str = "a-secret-of-22-characters";

fn on<A: AuthBackend>(builder: jwt_auth::Builder<A>, store: &Arc<MemoryStore>) -> Protected {
    let auth: Backend<A> =
        settings(builder).store(Arc::clone(store)).refresh_tokens(RefreshTokens::new()).build().unwrap();
    auth.protect(Router::new()).unwrap()
}

async fn token(app: &Protected, form: &str) -> Answer {
    let mut request = request("POST", "/token", &[("content-type", "application/x-www-form-urlencoded")]);
    *request.body_mut() = form.to_owned().into();
    call(app, request).await
}

fn refresh_token(answer: &Answer) -> String {
    answer.json()["refresh_token"].as_str().unwrap().to_owned()
}

// REF-07, CKE-10
#[tokio::test]
async fn a_refresh_token_of_a_client_cannot_renew_a_browser_session() {
    let store = Arc::new(MemoryStore::new());
    let api = on(Before.backend().client(Client::confidential("reports", SECRET)), &store);
    let pages = on(Pages.backend(), &store);
    let by = format!("&client_id=reports&client_secret={SECRET}");
    let given = refresh_token(&token(&api, &format!("grant_type=password&username=alice&password=x{by}")).await);
    let cookie = format!("__Secure-token-refresh={given}");
    let stolen =
        call(&pages, request("POST", "/refresh", &[("cookie", &cookie), ("sec-fetch-site", "same-origin")])).await;
    assert_eq!(stolen.status, 401);
    let own = token(&api, &format!("grant_type=refresh_token&refresh_token={given}{by}")).await;
    assert_eq!(own.status, 200, "and it is unused");
}

// REF-07: a scope that a newer version of the service does not declare.
#[tokio::test]
async fn a_scope_that_is_no_longer_declared_is_not_granted_and_the_token_stays_unused() {
    let store = Arc::new(MemoryStore::new());
    let (before, after) = (on(Before.backend(), &store), on(After.backend(), &store));
    let answer = token(&before, "grant_type=password&username=alice&password=x&scope=read").await;
    let given = refresh_token(&answer);
    let asked = token(&after, &format!("grant_type=refresh_token&refresh_token={given}&scope=read")).await;
    assert_eq!((asked.status, asked.json()), (400, json!({ "error": "invalid_scope" })));
    let renewed = token(&after, &format!("grant_type=refresh_token&refresh_token={given}")).await;
    assert_eq!((renewed.status, renewed.json().get("scope")), (200, None), "it was unused");
}
