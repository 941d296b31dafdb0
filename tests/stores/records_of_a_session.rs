//! A store keeps one record of a session, however often it is refreshed.

use std::sync::Arc;

use jwt_auth::{
    MemoryStore,
    store::{PostgresStore, RedisStore, Store},
};
use jwt_auth_tests::database;

use crate::cluster::Cluster;
use crate::handles::{sqlite, sqlite_pool};
use crate::servers::Server;
use crate::service::{Standing, instance, sign_in, standing, try_refresh};
use crate::sql_tables::Schema;
use crate::tally::rounds;

const MANY: usize = 10_000;

/// The number of refreshes: 10,000 with `JWT_AUTH_ROUNDS=200`.
fn many() -> usize {
    (rounds() * 50).min(MANY)
}

/// The number of refreshes on a store where each takes several round trips: 10,000 with `JWT_AUTH_ROUNDS=1000`.
fn over_a_network() -> usize {
    (rounds() * 10).min(MANY)
}

/// Refreshes a session on a store that holds nothing else.
async fn refreshes(store: Arc<dyn Store>, times: usize, count: impl AsyncFn() -> i64) {
    let app = instance(store);
    assert_eq!(count().await, 0);
    let (access, mut token) = sign_in(&app).await;
    for n in 0..times {
        let (status, _, next) = try_refresh(&app, &token).await;
        assert_eq!(status, 200);
        token = next;
        if n % 100 == 0 {
            assert_eq!(count().await, 1);
        }
    }
    assert_eq!(count().await, 1, "after {times} refreshes");
    assert!(
        matches!(standing(&app, &access, &token).await, Standing::Live(..)),
        "the first access token is good still"
    );
    println!("1 record after {times} refreshes");
}

// SES-02, STO-01: a store in memory with room for two documents accepts one account, and has no room for a second record.
#[tokio::test]
async fn in_memory() {
    let store = Arc::new(MemoryStore::with_capacity(2));
    let app = instance(Arc::clone(&store) as _);
    let (access, mut token) = sign_in(&app).await;
    for _ in 0..many() {
        let (status, _, next) = try_refresh(&app, &token).await;
        assert_eq!(status, 200);
        token = next;
    }
    assert!(matches!(standing(&app, &access, &token).await, Standing::Live(..)));
}

// SES-02, STO-01
#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite() {
    let path = database();
    let (store, pool) = (sqlite(&path).await, sqlite_pool(&path).await);
    let count =
        async || sqlx::query_scalar("SELECT count(*) FROM jwt_auth_documents").fetch_one(&pool).await.expect("a count");
    refreshes(Arc::new(store), many(), count).await;
}

// SES-02, STO-01
#[tokio::test(flavor = "multi_thread")]
async fn on_postgres() {
    let Some(schema) = Schema::new().await else { return };
    let pool = schema.pool();
    let store = PostgresStore::new(schema.pool()).migrate().await.expect("tables");
    let count =
        async || sqlx::query_scalar("SELECT count(*) FROM jwt_auth_documents").fetch_one(&pool).await.expect("a count");
    refreshes(Arc::new(store), over_a_network(), count).await;
    schema.end().await;
}

fn keys(nodes: &[Server]) -> i64 {
    nodes.iter().map(|node| node.cli(&["DBSIZE"]).trim().parse::<i64>().expect("a count")).sum()
}

// SES-02, STO-01
#[tokio::test(flavor = "multi_thread")]
async fn on_redis() {
    let Some(server) = Server::redis(&["--appendfsync", "no"]).await else { return };
    let store = RedisStore::connect(&server.redis_url(), "shop").await.expect("a server");
    refreshes(Arc::new(store), over_a_network(), async || keys(std::slice::from_ref(&server))).await;
}

// SES-02, STO-01
#[tokio::test(flavor = "multi_thread")]
async fn on_a_cluster() {
    let Some(cluster) = Cluster::start().await else { return };
    let store = cluster.store("shop").await;
    refreshes(Arc::new(store), over_a_network(), async || keys(&cluster.0)).await;
}
