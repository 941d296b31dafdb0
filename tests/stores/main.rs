//! Every store against the one suite, each on its real server. `JWT_AUTH_POSTGRES` and `JWT_AUTH_REDIS` are the URLs of
//! the servers; where one is not named its tests say that they were skipped, and with `JWT_AUTH_REQUIRE` set they fail. What
//! kills its server, or needs several, starts its own.

mod cluster;
mod instances;
mod load;
mod outages;
mod servers;
mod service;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jwt_auth::{PostgresStore, RedisStore, SqliteStore};
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};

/// The URL of a server.
pub(crate) fn url(variable: &str) -> Option<String> {
    let url = std::env::var(variable).ok();
    if url.is_none() {
        assert!(std::env::var_os("JWT_AUTH_REQUIRE").is_none(), "{variable} is required, and not set");
        println!("skipped: {variable} names no server");
    }
    url
}

/// A file that no other test has.
pub(crate) fn file() -> PathBuf {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    let number = MADE.fetch_add(1, Ordering::SeqCst);
    let path = std::env::temp_dir().join(format!("jwt-auth-{}-{number}.db", std::process::id()));
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{ending}", path.display()));
    }
    path
}

pub(crate) async fn sqlite(path: &std::path::Path) -> SqliteStore {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let options = options.journal_mode(SqliteJournalMode::Wal).busy_timeout(Duration::from_secs(10));
    let pool = SqlitePoolOptions::new().max_connections(4).connect_with(options).await.expect("a database");
    SqliteStore::new(pool).migrate().await.expect("tables")
}

pub(crate) async fn postgres() -> Option<PostgresStore> {
    let pool = PgPoolOptions::new().max_connections(8).connect(&url("JWT_AUTH_POSTGRES")?).await.expect("a database");
    Some(PostgresStore::new(pool).migrate().await.expect("tables"))
}

pub(crate) async fn redis() -> Option<RedisStore> {
    Some(RedisStore::connect(&url("JWT_AUTH_REDIS")?, "jwt-auth-test").await.expect("a server"))
}

mod on_sqlite {
    jwt_auth::testing::store_conformance!(async { super::sqlite(&super::file()).await });
}

mod on_postgres {
    jwt_auth::testing::store_conformance!(super::postgres());
}

mod on_redis {
    jwt_auth::testing::store_conformance!(super::redis());
}
