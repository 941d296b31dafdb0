//! Many sign-outs everywhere in quick succession, with sign-ins between them.

use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use jwt_auth::testing::FixedClock;
use jwt_auth::{AuthSession, Backend, Builder, Parts, Protected, auth_backend};
use jwt_auth_tests::{Answer, call, call_with};

use crate::fixture::{NOW, User, alice, request, settings};

#[auth_backend(kind = "oauth2", user = User, token_url = "/token", authenticate = anyone, exclude = ["/sign-in"])]
struct Auth;

fn anyone(_: &Auth, _: &str, _: &str, _: &Parts) -> Option<User> {
    Some(alice())
}

fn service(set: impl FnOnce(Builder<Auth>) -> Builder<Auth>) -> (Backend<Auth>, Protected, FixedClock) {
    let clock = FixedClock::at(NOW);
    let auth = set(settings(Auth.backend()).clock(clock.clone())).build().unwrap();
    let sign_in = |session: AuthSession<Auth>| async move { session.login(&alice()).await };
    let router = Router::new().route("/me", get(|_: User| async {})).route("/sign-in", post(sign_in));
    let app = auth.protect(router).unwrap();
    (auth, app, clock)
}

async fn password(app: &Protected) -> Answer {
    let mut request = request("POST", "/token", &[("content-type", "application/x-www-form-urlencoded")]);
    *request.body_mut() = "grant_type=password&username=alice&password=x".into();
    call(app, request).await
}

fn seconds(answer: &Answer) -> Duration {
    Duration::from_secs(answer.header("retry-after").unwrap().parse().unwrap())
}

// REV-07: a client waits as long as `Retry-After` says.
#[tokio::test]
async fn after_many_sign_outs_everywhere_retry_after_is_long_enough() {
    let (auth, app, clock) = service(|builder| builder);
    for _ in 0..60 {
        auth.revoke_user(&7).await.unwrap();
    }
    let refused = call(&app, request("POST", "/sign-in", &[])).await;
    assert_eq!(refused.status, 503);
    clock.advance(seconds(&refused));
    let answer = call(&app, request("POST", "/sign-in", &[])).await;
    assert_eq!(answer.status, 200, "after {:?}: {answer:?}", seconds(&refused));
}

// ONE-07, REV-07: an issued token is accepted. A 503 would also be a correct answer.
#[tokio::test]
async fn a_token_that_is_issued_after_a_sign_out_everywhere_is_accepted() {
    let services = [
        ("signed out once, with a leeway of 1 second", service(|builder| builder.leeway(Duration::from_secs(1))), 1),
        ("signed out ten times", service(|builder| builder), 10),
    ];
    for (name, (auth, app, clock), times) in services {
        for _ in 0..times {
            auth.revoke_user(&7).await.unwrap();
        }
        let mut answer = password(&app).await;
        if answer.status == 503 {
            clock.advance(seconds(&answer));
            answer = password(&app).await;
        }
        assert_eq!(answer.status, 200, "{name}: {answer:?}");
        let token = answer.json()["access_token"].as_str().unwrap().to_owned();
        assert_eq!(call_with(&app, &token).await, (200, None), "{name}");
    }
}
