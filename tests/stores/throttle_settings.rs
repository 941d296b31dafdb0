//! The settings of a throttle that instances share.

use std::time::Duration;

use jwt_auth::passwords::{Attempt, SqliteThrottle, Throttle, ThrottleLimits};
use jwt_auth_tests::database;

use crate::handles::sqlite_pool;

// THR-02
#[tokio::test]
async fn a_window_below_a_minute_is_a_mistake_of_a_shared_throttle() {
    let database = database();
    let pool = sqlite_pool(&database).await;
    let mistake = |seconds| {
        let limits = ThrottleLimits::new().window(Duration::from_secs(seconds));
        SqliteThrottle::new(pool.clone(), "orders").limits(limits).mistake()
    };
    assert_eq!((mistake(60), mistake(900)), (None, None));
    for seconds in [1, 59] {
        assert!(mistake(seconds).unwrap().starts_with("`throttle`: `window` is shorter than a minute"), "{seconds}");
    }
}

// REL-05
#[tokio::test]
async fn a_shared_throttle_does_not_print_its_secret() {
    let database = database();
    let pool = sqlite_pool(&database).await;
    let throttle = SqliteThrottle::new(pool.clone(), "orders").migrate().await.unwrap();
    let before = format!("{throttle:?}");
    throttle.begin(Attempt { name: "alice", address: None }, 1_800_000_000).await.unwrap();
    let kept: Vec<u8> =
        sqlx::query_scalar("SELECT secret FROM jwt_auth_throttle_secrets").fetch_one(&pool).await.unwrap();
    let printed = format!("{throttle:?}");
    assert!(!printed.contains(&format!("{kept:?}")) && !printed.contains("secret"), "{printed}");
    assert!(printed.contains("per_name") && before.contains("per_name"), "{printed}");
}
