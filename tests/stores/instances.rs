//! Two instances of a service on one store.

use std::sync::Arc;
use std::time::Duration;

use jwt_auth::{Protected, Store};
use jwt_auth_tests::{call_with, database};

use crate::service::{instance, log_out, refresh, sign_in};

/// REF-02, REF-03, REF-05: on one store, or on two connections to one.
pub(crate) async fn agree(here: Arc<dyn Store>, there: Arc<dyn Store>, rounds: usize) {
    let (here, there) = (instance(here), instance(there));
    // A token that is revoked on one is refused on the other.
    let (access, token) = sign_in(&here).await;
    assert_eq!((call_with(&here, &access).await.0, call_with(&there, &access).await.0), (200, 200));
    assert_eq!(log_out(&here, &access).await, 204);
    assert_eq!((call_with(&there, &access).await.0, refresh(&there, &token).await), (401, 400));
    // Of 64 refreshes on both exactly one wins.
    for round in 0..rounds {
        let (_, token) = sign_in(&here).await;
        let all: Vec<_> = (0..64)
            .map(|n| {
                let app = if n % 2 == 0 { here.clone() } else { there.clone() };
                let token = token.clone();
                tokio::spawn(async move { refresh(&app, &token).await })
            })
            .collect();
        let mut won = 0;
        for one in all {
            let status = one.await.unwrap();
            assert!(matches!(status, 200 | 400), "round {round}: {status}");
            won += usize::from(status == 200);
        }
        assert_eq!(won, 1, "round {round}");
    }
    for round in 0..rounds {
        go_away(&here, &there, Duration::from_micros(round as u64 * 97 % 3_000)).await;
    }
}

/// REL-04: a client that goes away at some moment of a refresh leaves no token that can be used twice.
async fn go_away(here: &Protected, there: &Protected, after: Duration) {
    let (_, token) = sign_in(here).await;
    let (app, presented) = (there.clone(), token.clone());
    let running = tokio::spawn(async move { refresh(&app, &presented).await });
    tokio::time::sleep(after).await;
    running.abort();
    let first = running.await.ok();
    let (second, third) = (refresh(here, &token).await, refresh(here, &token).await);
    assert!(matches!(second, 200 | 400), "{second}");
    assert!(!(first == Some(200) && second == 200) && third == 400, "{first:?} {second} {third} after {after:?}");
}

pub(crate) fn rounds() -> usize {
    std::env::var("JWT_AUTH_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(20)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_agree_on_sqlite() {
    let path = database();
    let (here, there) = (crate::sqlite(&path).await, crate::sqlite(&path).await);
    agree(Arc::new(here), Arc::new(there), rounds()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_agree_on_postgres() {
    let (Some(here), Some(there)) = (crate::postgres().await, crate::postgres().await) else { return };
    agree(Arc::new(here), Arc::new(there), rounds()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_agree_on_redis() {
    let (Some(here), Some(there)) = (crate::redis().await, crate::redis().await) else { return };
    agree(Arc::new(here), Arc::new(there), rounds()).await;
}

// REF-03
#[tokio::test]
async fn what_sqlite_was_told_survives_a_restart() {
    let path = database();
    let (access, token) = {
        let app = instance(Arc::new(crate::sqlite(&path).await));
        let (access, token) = sign_in(&app).await;
        assert_eq!(log_out(&app, &access).await, 204);
        (access, token)
    };
    let app = instance(Arc::new(crate::sqlite(&path).await));
    assert_eq!((call_with(&app, &access).await.0, refresh(&app, &token).await), (401, 400));
}
