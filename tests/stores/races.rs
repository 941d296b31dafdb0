//! Sessions that are refreshed on one instance while they are ended on another.

use std::sync::Arc;
use std::time::Duration;

use jwt_auth::{MemoryStore, Protected, Store};
use jwt_auth_tests::{call_with, database};

use crate::instances::{agree, rounds};
use crate::service::{backend, fresh_name, log_out, protect, refresh, sign_in, try_refresh, try_sign_in};

const TIMEOUT: Duration = Duration::from_secs(5);
/// Users that are signed out everywhere at the same time, as each takes a second.
const TOGETHER: usize = 16;

/// Refreshes until it is refused; the access tokens that it got, and every refresh token.
async fn refresh_on(app: Protected, token: String) -> (Vec<String>, Vec<String>) {
    let (mut minted, mut tokens) = (Vec::new(), vec![token]);
    loop {
        match try_refresh(&app, &tokens[tokens.len() - 1]).await {
            (200, access, next) => {
                minted.push(access);
                tokens.push(next);
            }
            (status, ..) => {
                assert_eq!(status, 400);
                return (minted, tokens);
            }
        }
    }
}

/// REF-05: of the tokens that a session gave, none is live.
async fn are_over(here: &Protected, there: &Protected, (minted, tokens): &(Vec<String>, Vec<String>)) {
    for access in minted {
        assert_eq!((call_with(here, access).await.0, call_with(there, access).await.0), (401, 401));
    }
    for token in tokens.iter().rev() {
        assert_eq!((refresh(here, token).await, refresh(there, token).await), (400, 400));
    }
}

async fn revoking_wins(one: Arc<dyn Store>, other: Arc<dyn Store>) {
    let (auth, there) = (backend(one, TIMEOUT), protect(&backend(other, TIMEOUT)));
    let here = protect(&auth);
    let mut raced = 0;
    for round in 0..rounds() {
        let (access, token) = sign_in(&here).await;
        let running = tokio::spawn(refresh_on(there.clone(), token));
        tokio::time::sleep(Duration::from_micros(round as u64 * 397 % 9_000)).await;
        assert_eq!(log_out(&here, &access).await, 204);
        let given = running.await.expect("it ends once it is refused");
        assert_eq!(call_with(&there, &access).await.0, 401);
        are_over(&here, &there, &given).await;
        raced += given.0.len();
    }
    println!("{raced} tokens were minted meanwhile, {} sessions ended", rounds());
    for batch in 0..rounds().div_ceil(TOGETHER) {
        let all: Vec<_> = (0..TOGETHER)
            .map(|n| {
                let (auth, here, there) = (auth.clone(), here.clone(), there.clone());
                // They are spread over the second that a sign-out waits for.
                let after = Duration::from_millis((n * 61 + batch * 13) as u64 % 1_000);
                tokio::spawn(async move {
                    let name = fresh_name();
                    tokio::time::sleep(after).await;
                    let (_, _, token) = try_sign_in(&here, &name).await;
                    let running = tokio::spawn(refresh_on(there.clone(), token));
                    auth.revoke_user(&name).await.expect("the store answers");
                    let given = running.await.expect("it ends once it is refused");
                    are_over(&here, &there, &given).await;
                    let (_, access, _) = try_sign_in(&there, &name).await;
                    assert_eq!((call_with(&here, &access).await.0, call_with(&there, &access).await.0), (200, 200));
                })
            })
            .collect();
        for one in all {
            one.await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn revoking_wins_on_sqlite() {
    let path = database();
    let (here, there) = (crate::sqlite(&path).await, crate::sqlite(&path).await);
    revoking_wins(Arc::new(here), Arc::new(there)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn revoking_wins_on_postgres() {
    let (Some(here), Some(there)) = (crate::postgres().await, crate::postgres().await) else { return };
    revoking_wins(Arc::new(here), Arc::new(there)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn revoking_wins_on_redis() {
    let (Some(here), Some(there)) = (crate::redis().await, crate::redis().await) else { return };
    revoking_wins(Arc::new(here), Arc::new(there)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn revoking_wins_in_memory() {
    let store = Arc::new(MemoryStore::new());
    revoking_wins(Arc::clone(&store) as _, Arc::clone(&store) as _).await;
    agree(Arc::clone(&store) as _, store, rounds()).await;
}
