//! A store that panics while a failed sign-out is retried.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jwt_auth::StoreError;
use jwt_auth::testing::FixedClock;

use crate::fixture::{Bearer, NOW, settings, token};
use jwt_auth_tests::around::{Around, Call, go_on};

// REV-04, STO-02: "the sign-out is retried in the background".
#[tokio::test(start_paused = true)]
async fn a_panic_of_the_store_does_not_stop_the_retries_of_a_sign_out() {
    let replaced = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&replaced);
    let store = Around::before(&Arc::default(), move |call| match call {
        Call::Replace => match count.fetch_add(1, Ordering::SeqCst) {
            0 => Box::pin(async { Err(StoreError::new("no connection")) }),
            1 => Box::pin(async { panic!("a bug of the store") }),
            _ => go_on(),
        },
        _ => go_on(),
    });
    let clock = FixedClock::at(NOW);
    let auth = settings(Bearer.backend()).clock(clock).store(store).build().unwrap();
    let token = token(&auth);
    auth.revoke_user(&7).await.unwrap_err();
    assert!(auth.verify(&token).await.is_ok());
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert!(replaced.load(Ordering::SeqCst) >= 2);
    assert!(auth.verify(&token).await.is_err(), "tried {} times", replaced.load(Ordering::SeqCst));
}
