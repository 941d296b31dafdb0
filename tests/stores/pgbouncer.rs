//! PostgreSQL behind PgBouncer, in session mode and in transaction mode. In transaction mode each statement may run on another
//! connection of the server. PgBouncer 1.18, which Debian 12 has, knows no prepared statements of its clients there.

use std::sync::Arc;

use jwt_auth::passwords::{Attempt, PostgresThrottle, Throttle};
use jwt_auth::store::PostgresStore;
use jwt_auth_tests::call_with;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tokio::task::JoinSet;

use crate::load::Load;
use crate::servers::Server;
use crate::service::{PATIENT, backend, fresh_name, instance, log_out, protect, refresh, try_refresh, try_sign_in};

const NOW: u64 = 4_080_000_000;
const MODES: [&str; 2] = ["session", "transaction"];

async fn pool(pooler: &Server) -> PgPool {
    PgPoolOptions::new().max_connections(6).connect(&pooler.postgres_url()).await.expect("a database")
}

async fn process(pool: &mut sqlx::PgConnection) -> i32 {
    use sqlx::Row;
    let row = sqlx::raw_sql("SELECT pg_backend_pid()").fetch_one(pool).await.expect("a row");
    row.try_get(0).expect("a number")
}

/// PostgreSQL, and a PgBouncer in this mode.
async fn servers(mode: &str, size: usize) -> Option<(Server, Server)> {
    let database = Server::postgres().await?;
    let pooler = database.pgbouncer(mode, size).await?;
    // The mode is the one that the test is about.
    let pool = pool(&pooler).await;
    let (mut one, mut other) = (pool.acquire().await.expect("one"), pool.acquire().await.expect("another"));
    assert_eq!(process(&mut one).await == process(&mut other).await, mode == "transaction");
    Some((database, pooler))
}

// C5
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_users_sign_in_refresh_and_sign_out_behind_pgbouncer() {
    for mode in MODES {
        let Some((_database, pooler)) = servers(mode, 20).await else { return };
        let store = Arc::new(PostgresStore::new(pool(&pooler).await).migrate().await.expect("tables"));
        let backend = backend(Arc::clone(&store) as _, PATIENT);
        let (here, there) = (protect(&backend), instance(Arc::new(PostgresStore::new(pool(&pooler).await))));
        for n in 0..100 {
            let name = fresh_name();
            let (status, access, token) = try_sign_in(&here, &name).await;
            assert_eq!((status, call_with(&there, &access).await.0), (200, 200), "{mode} {n}");
            let (status, access, token) = match n % 2 {
                0 => try_refresh(&there, &token).await,
                _ => (status, access, token),
            };
            assert_eq!(status, 200, "{mode} {n}");
            match n % 3 {
                0 => assert_eq!(log_out(&here, &access).await, 204, "{mode} {n}"),
                1 => backend.revoke_user(&name).await.expect("it is revoked"),
                _ => continue,
            }
            assert_eq!((call_with(&there, &access).await.0, refresh(&there, &token).await), (401, 400), "{mode} {n}");
        }
        assert_eq!(store.sweep().await, Ok(0));
    }
}

// C5
#[tokio::test(flavor = "multi_thread")]
async fn parallel_clients_behind_pgbouncer_get_no_503() {
    for mode in MODES {
        // In transaction mode, twelve clients share three connections of the server.
        let Some((_database, pooler)) = servers(mode, if mode == "session" { 20 } else { 3 }).await else { return };
        let store = PostgresStore::new(pool(&pooler).await).migrate().await.expect("tables");
        let (here, there) = (instance(Arc::new(store)), instance(Arc::new(PostgresStore::new(pool(&pooler).await))));
        let loads = [Load::start(&here), Load::start(&there)];
        for load in &loads {
            load.promises.until(|[ended, used, ..]| ended >= 100 && used >= 100).await;
        }
        for load in loads {
            let promises = load.stop().await;
            assert_eq!(promises.counts()[2..], [0, 0], "{mode}");
            promises.are_kept(&there).await;
        }
    }
}

// C5
#[tokio::test(flavor = "multi_thread")]
async fn the_throttle_counts_exactly_behind_pgbouncer() {
    for mode in MODES {
        let Some((_database, pooler)) = servers(mode, if mode == "session" { 20 } else { 3 }).await else { return };
        let mut handles = Vec::new();
        for _ in 0..2 {
            let throttle = PostgresThrottle::new(pool(&pooler).await, "orders").migrate().await.expect("tables");
            handles.push(Arc::new(throttle));
        }
        let attempt = |throttle: Arc<PostgresThrottle>| async move {
            throttle.begin(Attempt { name: "alice", address: None }, NOW).await.expect("an answer").is_none()
        };
        let mut guesses = JoinSet::new();
        for n in 0..40 {
            guesses.spawn(attempt(Arc::clone(&handles[n % 2])));
        }
        let passed = guesses.join_all().await.into_iter().filter(|passed| *passed).count();
        assert_eq!(passed, 10, "{mode}");
        handles[0].take_back(Attempt { name: "alice", address: None }, NOW).await.expect("an answer");
        assert!(attempt(Arc::clone(&handles[1])).await && !attempt(Arc::clone(&handles[0])).await, "{mode}");
        assert_eq!(handles[0].sweep().await, Ok(0));
    }
}
