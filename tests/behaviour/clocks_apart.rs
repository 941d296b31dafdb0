//! `clocks_apart` is rounded up to whole seconds.

use std::time::Duration;

use axum::Router;
use axum::routing::post;
use jwt_auth::testing::FixedClock;
use jwt_auth::{AuthSession, Login, LoginError, auth_backend};
use jwt_auth_tests::call;

use crate::fixture::{NOW, User, alice, request, settings};

#[auth_backend(kind = "oauth2", user = User, token_url = "/token", exclude = ["/sign-in"])]
struct Auth;

async fn sign_in(session: AuthSession<Auth>) -> Result<Login, LoginError> {
    session.login(&alice()).await
}

// REV-07
#[tokio::test]
async fn a_part_of_a_second_counts_as_a_whole_one() {
    for (milliseconds, retry_after) in [(0, "1"), (1, "3"), (2_000, "5"), (2_001, "7"), (2_999, "7")] {
        let builder = settings(Auth.backend()).clock(FixedClock::at(NOW));
        let auth = builder.clocks_apart(Duration::from_millis(milliseconds)).build().unwrap();
        let app = auth.protect(Router::new().route("/sign-in", post(sign_in))).unwrap();
        auth.revoke_user(&7).await.unwrap();
        let answer = call(&app, request("POST", "/sign-in", &[])).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some(retry_after)), "{milliseconds}");
    }
}
