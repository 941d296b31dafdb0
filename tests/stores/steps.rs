//! A step of a store that fails half-way leaves nothing behind, and what it leaves stays as long as it must.

use jwt_auth::{RedisStore, Refresh, RefreshHash, Revocation, SqliteStore, Store, Successor, TokenRef};
use jwt_auth_tests::database;

use crate::servers::Server;

const NOW: u64 = 1_800_000_000;
/// Seconds.
const MARGIN: u64 = 300;

fn record(hash: u8, session: &str) -> Refresh {
    Refresh {
        hash: RefreshHash([hash; 32]),
        session: session.into(),
        issuer: "i".into(),
        subject: "u".into(),
        client_id: "c".into(),
        scope: String::new(),
        claims: "{}".into(),
        began_at: NOW,
        expires_at: NOW + 100,
        ends_at: NOW + 1_000,
    }
}

fn successor(hash: u8) -> Successor {
    Successor { hash: RefreshHash([hash; 32]), sealed: [7; 32], grace: 0, idle: 100, margin: MARGIN }
}

async fn sqlite_and_its_pool() -> (SqliteStore, sqlx::SqlitePool) {
    let path = database();
    let store = crate::sqlite(&path).await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    (store, sqlx::SqlitePool::connect_with(options).await.expect("a database"))
}

// ONE-06
#[tokio::test]
async fn sqlite_takes_back_a_step_that_fails_half_way() {
    let (store, pool) = sqlite_and_its_pool().await;
    store.begin(record(1, "old"), &[], NOW).await.expect("a session");
    // The second revocation of each step fails.
    let fails = "CREATE TRIGGER fails BEFORE INSERT ON jwt_auth_revoked_sessions BEGIN SELECT RAISE(ABORT, 'no'); END";
    sqlx::raw_sql(fails).execute(&pool).await.expect("a trigger");
    let all = [
        Revocation::Token { issuer: "i", jwt_id: "j", until: NOW + 10 },
        Revocation::Session { issuer: "i", session: "old", until: NOW + 10 },
    ];
    let token = TokenRef { issuer: "i", jwt_id: "j", session: Some("old"), subject: "u", issued_at: NOW };
    store.revoke(&all, NOW).await.expect_err("the trigger fails it");
    assert_eq!(store.is_revoked(token, NOW).await, Ok(false));
    store.begin(record(2, "new"), &all, NOW).await.expect_err("the trigger fails it");
    assert_eq!(store.is_revoked(token, NOW).await, Ok(false));
    assert_eq!(store.find(RefreshHash([2; 32]), NOW).await, Ok(None), "no session has begun");
    sqlx::raw_sql("DROP TRIGGER fails").execute(&pool).await.expect("it goes");
    store.begin(record(2, "new"), &all, NOW).await.expect("a session");
    assert_eq!(store.is_revoked(token, NOW).await, Ok(true));
}

// REF-01
#[tokio::test]
async fn sqlite_keeps_the_revocation_of_a_reuse_for_the_margin() {
    let (store, pool) = sqlite_and_its_pool().await;
    store.begin(record(1, "s"), &[], NOW).await.expect("a session");
    for next in [2, 3] {
        store.consume(RefreshHash([1; 32]), successor(next), NOW).await.expect("an answer");
    }
    let until: i64 = sqlx::query_scalar("SELECT until FROM jwt_auth_revoked_sessions WHERE session = 's'")
        .fetch_one(&pool)
        .await
        .expect("a row");
    assert_eq!(until, i64::try_from(NOW + 1_000 + MARGIN).expect("a time"));
}

// REF-01: a key lives by the server's clock, so no more than a moment of it has passed.
#[tokio::test(flavor = "multi_thread")]
async fn redis_keeps_the_revocation_of_a_reuse_for_the_margin() {
    let Some(server) = Server::redis(&[]).await else { return };
    let url = format!("redis://127.0.0.1:{}", server.port);
    let store = RedisStore::connect(&url, "margin").await.expect("a server");
    store.begin(record(1, "s"), &[], NOW).await.expect("a session");
    for next in [2, 3] {
        store.consume(RefreshHash([1; 32]), successor(next), NOW).await.expect("an answer");
    }
    let keys = server.cli(&["KEYS", "{margin}:s:*"]);
    let end: u64 = server.cli(&["EXPIRETIME", keys.trim()]).trim().parse().expect("a time");
    let now: u64 = server.cli(&["TIME"]).lines().next().expect("a time").parse().expect("a time");
    assert!(end - now > 1_000 + MARGIN / 2, "{end} is hardly later than {now} and the session's own end");
}
