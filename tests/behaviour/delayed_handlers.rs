//! Handlers that run late: behind a layer that waits while the user is signed out everywhere, and after the request has ended.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::routing::{get, post};
use jwt_auth::testing::FixedClock;
use jwt_auth::{AuthSession, Backend, LoginError, MemoryStore, auth_backend};
use jwt_auth_tests::call;

use crate::fixture::{NOW, User, alice, bearer, request, settings, token};

#[auth_backend(kind = "bearer", user = User, exclude = ["/keep"])]
struct Auth;

/// The `AuthSession` that a handler kept.
type Kept = Arc<Mutex<Option<AuthSession<Auth>>>>;

fn auth(clock: &FixedClock) -> Backend<Auth> {
    settings(Auth.backend()).clock(clock.clone()).store(MemoryStore::new()).build().unwrap()
}

// STO-09: the guard has accepted a token, a queue or a buffering layer delays the request, and the handler issues a new
// token.
#[tokio::test]
async fn a_token_from_before_a_sign_out_everywhere_gets_no_new_token_after_it() {
    let clock = FixedClock::at(NOW);
    let auth = auth(&clock);
    let (signs_out, time) = (auth.clone(), clock.clone());
    let slow = from_fn(move |request: Request, next: Next| {
        let (auth, clock) = (signs_out.clone(), time.clone());
        async move {
            auth.revoke_user(&7).await.unwrap();
            clock.advance(Duration::from_secs(10));
            next.run(request).await
        }
    });
    let renew = |user: User, session: AuthSession<Auth>| async move { session.login(&user).await };
    let app = auth.protect(Router::new().route("/renew", post(renew)).layer(slow)).unwrap();
    let header = bearer(&token(&auth));
    let answer = call(&app, request("POST", "/renew", &[("authorization", &header)])).await;
    assert_eq!(
        (answer.status, answer.header("authorization")),
        (503, None),
        "the request is older than the sign-out everywhere"
    );
}

// ONE-07: an issued token is accepted.
#[tokio::test]
async fn an_auth_session_that_is_kept_issues_no_expired_token() {
    let (clock, kept) = (FixedClock::at(NOW), Kept::default());
    let auth = auth(&clock);
    let keep = {
        let kept = Arc::clone(&kept);
        move |session: AuthSession<Auth>| async move { *kept.lock().unwrap() = Some(session) }
    };
    let app = auth.protect(Router::new().route("/me", get(|_: User| async {})).route("/keep", post(keep))).unwrap();
    assert_eq!(call(&app, request("POST", "/keep", &[])).await.status, 200);
    let session = kept.lock().unwrap().take().unwrap();
    clock.advance(Duration::from_secs(2 * 60 * 60));
    let error = session.login(&alice()).await.unwrap_err();
    assert!(
        matches!(&error, LoginError::Claims(text) if text.contains("its token would already have expired")),
        "{error:?}"
    );
}
