//! The scopes of clients that ask the token endpoint for none.

use axum::Router;
use jwt_auth::{Builder, Parts, RefreshTokens, auth_backend, oauth2::Client};
use jwt_auth_tests::{Answer, call};
use serde_json::{Value, json};

use crate::fixture::{Bearer, OAuth2, User, alice, request, settings};

#[auth_backend(
    kind = "oauth2",
    user = User,
    authenticate = check_password,
    scope_allowed = may_have,
    token_url = "/token",
    scopes(read = "Read", write = "Write", admin = "Administer"),
)]
struct Auth;

fn check_password(_: &Auth, username: &str, password: &str, _: &Parts) -> Option<User> {
    (username == "alice" && password == "wonderland").then(alice)
}

fn may_have(_: &Auth, _: &User, scope: &str) -> bool {
    scope != "admin"
}

async fn sign_in(set: impl FnOnce(Builder<Auth>) -> Builder<Auth>, more: &str) -> Answer {
    let auth = set(settings(Auth.backend())).build().unwrap();
    let app = auth.protect(Router::new()).unwrap();
    let mut request = request("POST", "/token", &[("content-type", "application/x-www-form-urlencoded")]);
    *request.body_mut() = format!("grant_type=password&username=alice&password=wonderland{more}").into();
    call(&app, request).await
}

async fn granted(set: impl FnOnce(Builder<Auth>) -> Builder<Auth>, more: &str) -> Value {
    let answer = sign_in(set, more).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["scope"].clone()
}

// TOK-06
#[tokio::test]
async fn a_client_that_asks_for_no_scope_gets_the_default_and_learns_so() {
    assert_eq!(granted(|builder| builder, "").await, Value::Null);
    assert_eq!(granted(|builder| builder.default_scopes(["read", "write"]), "").await, json!("read write"));
    assert_eq!(granted(|builder| builder.default_scopes(["read"]), "&scope=").await, json!("read"));
    // A client that asks gets what it asks for.
    assert_eq!(granted(|builder| builder.default_scopes(["read"]), "&scope=write").await, json!("write"));
    // `scope_allowed` decides about the default too. Without any, there is still a token.
    assert_eq!(granted(|builder| builder.default_scopes(["read", "admin"]), "").await, json!("read"));
    assert_eq!(granted(|builder| builder.default_scopes(["admin"]), "").await, Value::Null);
    let renewed = |builder: Builder<Auth>| builder.default_scopes(["read"]).refresh_tokens(RefreshTokens::new());
    assert_eq!(granted(renewed, "").await, json!("read"));
}

// TOK-06
#[tokio::test]
async fn a_client_has_a_default_of_its_own() {
    let set = |builder: Builder<Auth>| {
        builder
            .default_scopes(["read", "write"])
            .client(Client::public("pages"))
            .client(Client::public("limited").scopes(["read"]))
            .client(Client::public("writer").default_scopes(["write"]))
            .client(Client::public("none").default_scopes([""; 0]))
            .client(Client::public("narrow").scopes(["read"]).default_scopes(["read", "write"]))
    };
    for (client, scope) in [
        ("pages", json!("read write")),
        ("limited", json!("read")),
        ("writer", json!("write")),
        ("none", Value::Null),
        ("narrow", json!("read")),
    ] {
        assert_eq!(granted(set, &format!("&client_id={client}")).await, scope, "{client}");
    }
}

// No id: an operator learns of a mistake before the first request.
#[test]
fn a_default_that_cannot_be_granted_is_an_error_of_build() {
    let error = settings(Auth.backend()).default_scopes(["read", "rea"]).build().unwrap_err().to_string();
    assert_eq!(error, "`default_scopes`: `rea` is not declared with `scopes(...)`");
    let client = Client::public("pages").default_scopes(["rea"]);
    let error = settings(Auth.backend()).client(client).build().unwrap_err().to_string();
    assert!(error.contains("`client`: `pages` may have the scope `rea`"), "{error}");
    for error in [
        settings(Bearer.backend()).default_scopes(["read"]).build().map(drop).unwrap_err(),
        settings(OAuth2.backend()).default_scopes(["read"]).build().map(drop).unwrap_err(),
    ] {
        assert!(error.to_string().starts_with("`default_scopes`: only the token endpoint that"), "{error}");
    }
}
